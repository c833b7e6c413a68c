package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pseudoTerminal returns both ends of a terminal: what is written to the second is read from the first.
func pseudoTerminal(t *testing.T) (reader, terminal *os.File) {
	t.Helper()
	reader, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = reader.Close() })
	if err := unix.IoctlSetPointerInt(int(reader.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(reader.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = terminal.Close() })
	if err := unix.IoctlSetWinsize(int(terminal.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 20}); err != nil {
		t.Fatal(err)
	}
	return reader, terminal
}

// TestProgress holds that the line is cut at the terminal's width, goes before other output, and is gone in the end.
func TestProgress(t *testing.T) {
	reader, terminal := pseudoTerminal(t)
	p := startProgress(terminal, func() string { return strings.Repeat("x", 30) })
	if p == nil {
		t.Fatal("a terminal has no progress")
	}
	want := clearLine + strings.Repeat("x", 19)
	first := make([]byte, len(want))
	if _, err := io.ReadFull(reader, first); err != nil || string(first) != want {
		t.Fatalf("%q, %v, want %q", first, err, want)
	}
	if _, err := io.WriteString(p.over(terminal), "out"); err != nil {
		t.Fatal(err)
	}
	p.stop()
	if _, err := io.WriteString(terminal, "end"); err != nil {
		t.Fatal(err)
	}
	var all []byte
	b := make([]byte, 256)
	for !bytes.HasSuffix(all, []byte("end")) {
		n, err := reader.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b[:n]...)
	}
	text := string(all)
	if !strings.HasPrefix(text, clearLine) || !strings.Contains(text, clearLine+"out") ||
		strings.Count(text, "out") != 1 {
		t.Errorf("%q", text)
	}
	last := text[strings.LastIndex(text, "out"):]
	if last != "outend" && !strings.HasSuffix(last, clearLine+"end") {
		t.Errorf("the line is not gone: %q", last)
	}
}

// TestNoProgressInAPipe holds that a pipe, which is a file too, has no progress.
func TestNoProgressInAPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if p := startProgress(w, func() string { return "x" }); p != nil {
		p.stop()
		t.Error("a pipe has a progress")
	}
}

// TestProgressOfCommands holds that long work has a progress on a terminal and none in a pipe.
func TestProgressOfCommands(t *testing.T) {
	reader, terminal := pseudoTerminal(t)
	seen := make(chan string, 1)
	go func() {
		var all []byte
		b := make([]byte, 4096)
		for !bytes.HasSuffix(all, []byte("end")) {
			n, err := reader.Read(b)
			if err != nil {
				break
			}
			all = append(all, b[:n]...)
		}
		seen <- string(all)
	}()
	for _, errs := range []io.Writer{terminal, new(bytes.Buffer)} {
		var out bytes.Buffer
		if code := run(t.Context(), []string{"prove", "--seeds=1"}, stdio{nil, &out, errs}); code != exitOK {
			t.Fatalf("exit %d: %s", code, &out)
		}
		if strings.Contains(out.String(), clearLine) {
			t.Errorf("the progress is in the output: %q", &out)
		}
		if b, ok := errs.(*bytes.Buffer); ok && b.Len() > 0 {
			t.Errorf("a pipe has a progress: %q", b)
		}
	}
	if _, err := io.WriteString(terminal, "end"); err != nil {
		t.Fatal(err)
	}
	if text := <-seen; !strings.Contains(text, "prove: 0 of 1 ") {
		t.Errorf("%q", text)
	}
	if progressEvery < 100*time.Millisecond {
		t.Error("the line is written so often that a slow terminal delays the work")
	}
}

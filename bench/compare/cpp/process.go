package cpp

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/smk-go/smk/bench/internal/fixture"
)

// answerBytesMax is the most that one answer carries.
const answerBytesMax = 1 << 24

// Kind is what the process can repeat.
type Kind string

// Kinds.
const (
	Reused Kind = "reused" // decode into one message that is used again
	Arena  Kind = "arena"  // decode into messages of an arena that is emptied each time
	Encode Kind = "encode" // set sequence and reference, write the frame's length and the payload
	Copy   Kind = "copy"   // memcpy of the payload
	Sum    Kind = "sum"    // a loop that adds up the payload's bytes
)

// Process is the running program. It serves one goroutine.
type Process struct {
	// Version is libprotobuf's, such as 3.21.12.
	Version string

	dir    string
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	loaded map[string]bool
}

// Start compiles the program with the given flags and runs it. The error is ErrUnavailable if this
// machine cannot build it. The caller closes the process; the context ends it at once.
func Start(ctx context.Context, flags []string) (p *Process, err error) {
	dir, err := os.MkdirTemp("", "smk-cpp-")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}()
	program, err := build(ctx, dir, flags)
	if err != nil {
		return nil, err
	}
	p = &Process{dir: dir, loaded: make(map[string]bool)}
	p.cmd = exec.CommandContext(ctx, program)
	p.cmd.Stderr = os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	number, err := p.answer()
	if err == nil {
		p.Version, err = version(number)
	}
	if err != nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		return nil, err
	}
	return p, nil
}

// version writes a number such as 3021012 as people do.
func version(number string) (string, error) {
	n, err := strconv.ParseUint(number, 10, 32)
	return fmt.Sprintf("%d.%d.%d", n/1_000_000, n/1000%1000, n%1000), err
}

// Close ends the process and removes what was built.
func (p *Process) Close() error {
	_ = p.in.Close()
	err := p.cmd.Wait()
	if e := os.RemoveAll(p.dir); err == nil {
		err = e
	}
	return err
}

// Loop hands over the feed, unless it was before, and returns what repeats the work and says how
// long that took.
func (p *Process) Loop(kind Kind, feed fixture.Feed) (func(n int) (time.Duration, error), error) {
	if err := p.load(feed); err != nil {
		return nil, err
	}
	return func(n int) (time.Duration, error) {
		if err := p.command("%s %s %d\n", kind, feed.Name, n); err != nil {
			return 0, err
		}
		text, err := p.answer()
		if err != nil {
			return 0, err
		}
		ns, err := strconv.ParseInt(text, 10, 64)
		return time.Duration(ns), err
	}, nil
}

// Check reports whether every payload of the feed comes back as the same bytes once it has been
// decoded and encoded again.
func (p *Process) Check(feed fixture.Feed) error {
	if err := p.load(feed); err != nil {
		return err
	}
	if err := p.command("bytes %s\n", feed.Name); err != nil {
		return err
	}
	again, err := p.bytes()
	if err != nil {
		return err
	}
	for i, payload := range feed.Payloads {
		if len(again) < 4 {
			return fmt.Errorf("%s %d: no bytes", feed.Name, i)
		}
		n := binary.LittleEndian.Uint32(again)
		if again = again[4:]; uint64(n) > uint64(len(again)) {
			return fmt.Errorf("%s %d: half of it", feed.Name, i)
		}
		if !bytes.Equal(again[:n], payload) {
			return fmt.Errorf("%s %d: comes back as %x, want %x", feed.Name, i, again[:n], payload)
		}
		again = again[n:]
	}
	return nil
}

// Frame is the feed's first payload, an order, as the kind Encode writes it with this sequence and
// reference.
func (p *Process) Frame(feed fixture.Feed, seq, reference uint64) ([]byte, error) {
	if err := p.load(feed); err != nil {
		return nil, err
	}
	if err := p.command("frame %s %d %d\n", feed.Name, seq, reference); err != nil {
		return nil, err
	}
	return p.bytes()
}

func (p *Process) load(feed fixture.Feed) error {
	if p.loaded[feed.Name] {
		return nil
	}
	message := fmt.Appendf(nil, "load %s %d\n", feed.Name, len(feed.Payloads))
	for _, payload := range feed.Payloads {
		message = binary.LittleEndian.AppendUint32(message, uint32(len(payload)))
		message = append(message, payload...)
	}
	if _, err := p.in.Write(message); err != nil {
		return err
	}
	_, err := p.answer()
	p.loaded[feed.Name] = err == nil
	return err
}

func (p *Process) command(format string, args ...any) error {
	_, err := fmt.Fprintf(p.in, format, args...)
	return err
}

// bytes reads an answer that carries some.
func (p *Process) bytes() ([]byte, error) {
	text, err := p.answer()
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > answerBytesMax {
		return nil, fmt.Errorf("the C++ process answers with %q bytes", text)
	}
	b := make([]byte, n)
	_, err = io.ReadFull(p.out, b)
	return b, err
}

// answer reads the line that ends a command and returns what stands behind its ok.
func (p *Process) answer() (string, error) {
	line, err := p.out.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("the C++ process ended: %w", err)
	}
	line = strings.TrimSpace(line)
	if text, ok := strings.CutPrefix(line, "ok"); ok {
		return strings.TrimSpace(text), nil
	}
	return "", fmt.Errorf("the C++ process answers %q", line)
}

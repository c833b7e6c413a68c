package journal

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
)

// Of the child that TestKill starts.
const (
	childEnv = "SMK_JOURNAL_CHILD" // folder
	killsEnv = "SMK_JOURNAL_KILLS" // how many; else killsUsual
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		child(dir)
	}
	os.Exit(m.Run())
}

// child writes until it is killed, and says which record is durable.
func child(dir string) {
	j, err := Open(Config{
		Dir: dir, SegmentBytes: 256 << 10, RingBytes: 64 << 10, Durability: SyncGroup, OnFull: FullWait,
		KeepBytes: 4 << 20,
	})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	r := j.Recorder()
	for said := uint64(0); ; {
		add(r, 10)
		r.Commit()
		if s := r.Synced(); s != said {
			said = s
			fmt.Println(s)
		}
	}
}

// TestKill kills a writer at random moments: each time all that it said was durable is read again, and the next
// writer goes on behind it.
func TestKill(t *testing.T) {
	kills := killsUsual
	if s := os.Getenv(killsEnv); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	last := uint64(0)
	torn, total := 0, 0
	for range kills {
		said := max(killChild(t, dir, rand.IntN(30)), last) // what was read once is there, durable or not
		r, err := OpenDir(dir, ReaderConfig{})
		got := readAll(t, r, err)
		if got.err != nil || got.last < said || got.lost != 0 {
			t.Fatalf("%d was durable: up to %d, %d lost, %v", said, got.last, got.lost, got.err)
		}
		if got.torn > 0 {
			torn++
		}
		total += len(got.records)
		last = got.last
	}
	t.Logf("%d kills, %d torn, up to record %d, %d read", kills, torn, last, total)
}

// killChild starts a writer and kills it after it has said so many numbers. It returns the last.
func killChild(t *testing.T, dir string, after int) (said uint64) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for n := 0; ; n++ {
		if n == after {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
		line, err := lines.ReadString('\n')
		if err == io.EOF { // a line without its end may be the beginning of a number
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if said, err = strconv.ParseUint(line[:len(line)-1], 10, 64); err != nil {
			t.Fatalf("the child says %q", line)
		}
	}
	if cmd.Wait() == nil {
		t.Fatal("the child ended by itself")
	}
	return said
}

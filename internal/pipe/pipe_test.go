package pipe_test

import (
	"testing"

	"github.com/smk-go/smk/internal/pipe"
)

// TestPipe: bytes arrive in order, at their clock reading or later, and as many at a time as there is room for.
func TestPipe(t *testing.T) {
	var p pipe.Pipe
	if p.Due() != pipe.Never || p.Size() != 0 || p.Holds() {
		t.Error("an empty pipe has something")
	}
	take := func(now int64, room int, want string) {
		t.Helper()
		to := make([]byte, room)
		if got := string(to[:p.Take(now, to)]); got != want {
			t.Errorf("at %d: %q, want %q", now, got, want)
		}
	}
	sent := []byte("ab")
	p.Push(5, sent)
	p.Push(3, []byte("cd")) // it cannot overtake
	p.Push(9, nil)
	p.Push(7, []byte("e"))
	copy(sent, "xx") // the pipe has a copy
	if p.Due() != 5 || p.Last() != 7 || p.Size() != 5 {
		t.Errorf("due %d, last %d, %d bytes", p.Due(), p.Last(), p.Size())
	}
	take(4, 9, "")
	take(5, 3, "abc")
	take(6, 9, "d")
	take(7, 9, "e")
	if p.Due() != pipe.Never || p.Size() != 0 {
		t.Errorf("due %d, %d bytes are left", p.Due(), p.Size())
	}
}

// TestHold: pieces that wait arrive one by one.
func TestHold(t *testing.T) {
	var p pipe.Pipe
	p.Hold([]byte("ab"))
	p.Hold([]byte("c"))
	to := make([]byte, 9)
	for _, want := range []string{"ab", "c"} {
		if n := p.Take(pipe.Never-1, to); n != 0 || !p.Holds() {
			t.Errorf("%q arrives before it is released", to[:n])
		}
		p.Release(8)
		if got := string(to[:p.Take(8, to)]); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if p.Holds() || p.Size() != 0 {
		t.Error("something is left")
	}
}

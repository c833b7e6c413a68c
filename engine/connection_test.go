package engine

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/smk-go/smk/engine/internal/transport"
)

// closeCounter is a transport that counts calls of Close.
type closeCounter struct {
	transport.Conn
	closed int
}

func (c *closeCounter) Close() error {
	c.closed++
	return io.ErrClosedPipe
}

// TestConnection opens, fails and closes connections: the first failure counts, and the next connection knows
// nothing of the last.
func TestConnection(t *testing.T) {
	var c connection
	first, second := errors.New("first"), errors.New("second")
	c.fail(first, 1)
	if c.writable() || c.failure.cause != nil {
		t.Error("a write failed without a connection")
	}
	c.close()
	socket := new(closeCounter)
	c.open(socket)
	if !c.writable() || c.stalled() {
		t.Errorf("opened: %+v", c)
	}
	_ = c.stall(5, time.Second)
	c.fail(first, 7)
	c.fail(second, 8)
	want := writeFailure{first, true, unreadBytesMax, 7 + int64(unreadTime)}
	if c.writable() || c.failure != want {
		t.Errorf("failed: %+v, want %+v", c.failure, want)
	}
	c.close()
	c.close()
	if socket.closed != 1 || c.socket != nil {
		t.Errorf("closed %d times", socket.closed)
	}
	if c.open(socket); !c.writable() || c.stalled() || c.failure != (writeFailure{}) {
		t.Errorf("opened again: %+v", c)
	}
}

// TestConnectionStalls until the timeout, counted from the first write that was not accepted.
func TestConnectionStalls(t *testing.T) {
	var c connection
	for _, at := range []int64{10, 50, 109} {
		if err := c.stall(at, 100); err != nil || c.stalledSince != 10 {
			t.Errorf("at %d: %v, since %d", at, err, c.stalledSince)
		}
	}
	if err := c.stall(110, 100); !errors.Is(err, ErrSendStalled) {
		t.Errorf("after the timeout: %v", err)
	}
}

// TestReadAfterFailure reads until nothing is there, an error, the limit of bytes or that of time.
func TestReadAfterFailure(t *testing.T) {
	for _, c := range []struct {
		n    int
		err  error
		now  int64
		want bool
	}{
		{1, nil, 99, true},
		{999, nil, 99, true},
		{1000, nil, 99, false},
		{1, nil, 100, false},
		{1, io.EOF, 0, false},
		{0, nil, 0, false},
	} {
		f := writeFailure{cause: io.EOF, unread: true, bytes: 1000, until: 100}
		if f.read(c.n, c.err, c.now); f.unread != c.want {
			t.Errorf("%+v: unread %t", c, f.unread)
		}
	}
}

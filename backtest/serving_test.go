package backtest

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"
)

// begunContext says that a function which was given it has begun to wait for its end.
type begunContext struct {
	context.Context
	begun chan struct{}
}

// Done implements context.Context.
func (c begunContext) Done() <-chan struct{} {
	select {
	case <-c.begun:
	default:
		close(c.begun)
	}
	return c.Context.Done()
}

// TestServerClosed closes a server before it serves, while it waits for a client, and while a client is connected:
// Serve has returned when Close does, and connections are closed.
func TestServerClosed(t *testing.T) {
	d := record(t, dayConfig{seed: 3, duration: 100 * time.Millisecond, rate: 100, turn: proofTurn, most: 30_000})
	rec, err := Open(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name           string
		serves, client bool
	}{{"before Serve", false, false}, {"without a client", true, false}, {"with a client", true, true}} {
		s, err := Listen(ServerConfig{Config: Config{Recording: rec}, Speed: 1})
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		if c.serves {
			ctx := begunContext{t.Context(), make(chan struct{})}
			go func() {
				_, err := s.Serve(ctx, nil)
				served <- err
			}()
			<-ctx.begun
		}
		left := make(chan struct{})
		if c.client {
			socket, err := net.Dial("tcp", s.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				defer close(left)
				_, _ = socket.Read(make([]byte, 1))
				_ = socket.Close()
			}()
		} else {
			close(left)
		}
		closed := make(chan error, 2)
		for range cap(closed) { // by several goroutines
			go func() { closed <- s.Close() }()
		}
		for range cap(closed) {
			if err := <-closed; err != nil {
				t.Errorf("%s: Close: %v", c.name, err)
			}
		}
		<-left
		if c.serves {
			if err := <-served; !errors.Is(err, ErrServerClosed) {
				t.Errorf("%s: Serve: %v", c.name, err)
			}
		}
		if _, err := s.Serve(t.Context(), nil); !errors.Is(err, ErrServerClosed) {
			t.Errorf("%s: Serve after Close: %v", c.name, err)
		}
	}
}

// TestServingInterrupts closes while a client takes nothing of what is written to it, and when its context ends. What
// is released is not used any more.
func TestServingInterrupts(t *testing.T) {
	for _, byClose := range []bool{true, false} {
		var s serving
		parent, cancel := context.WithCancel(t.Context())
		ctx, end, err := s.begin(parent)
		if err != nil {
			t.Fatal(err)
		}
		socket, client := net.Pipe()
		s.add(socket)
		writing := make(chan error, 1)
		serves := true
		go func() {
			_, err := socket.Write([]byte("not read"))
			s.remove(socket)
			writing <- err
			serves = false
			end()
		}()
		if !byClose {
			cancel()
			if err := <-writing; err == nil {
				t.Error("a write that nobody reads succeeded")
			}
			<-s.done
		}
		released := 0
		for range 2 {
			if err := s.close(func() error { released++; return nil }); err != nil || serves || released != 1 {
				t.Errorf("close: %v, serves %t, released %d times", err, serves, released)
			}
		}
		if cause := context.Cause(ctx); byClose != errors.Is(cause, ErrServerClosed) {
			t.Errorf("by close %t: the cause is %v", byClose, cause)
		}
		late, other := net.Pipe()
		if s.add(late); byClose {
			if _, err := other.Read(make([]byte, 1)); err == nil {
				t.Error("a connection after the end is open")
			}
		}
		cancel()
		_ = client.Close()
		_ = other.Close()
	}
}

package roundtrip

import (
	"context"
	"errors"
	"net"
	"time"

	"golang.org/x/sys/unix"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
)

// target is an engine that is logged in, and the other end of its connection.
type target struct {
	engine *engine.Engine
	far    *busyConn
	ended  chan error // nil if the loop is the caller's
	sink   []byte
}

// runTarget returns an engine that is logged in and runs until it is closed.
func runTarget(wait engine.Wait, core int) (*target, error) {
	t, err := openTarget(func(c *engine.Config) { c.Wait, c.Pin, c.Core = wait, true, core })
	if err != nil {
		return nil, err
	}
	ready := make(chan struct{})
	t.engine.OnThrottleLimitsChanged(func(*engine.Event, *msg.ThrottleLimitsChanged) { close(ready) })
	t.ended = make(chan error, 1)
	go func() { t.ended <- t.engine.Run(context.Background()) }()
	select {
	case <-ready:
		return t, nil
	case err := <-t.ended:
		return nil, errors.Join(errors.New("the engine ended before it was logged in"), err)
	}
}

// openTarget returns an engine whose login is answered as soon as it runs.
func openTarget(set func(*engine.Config)) (*target, error) {
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	defer func() { _ = listener.Close() }()
	near, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return nil, err
	}
	t := &target{sink: make([]byte, 64<<10)}
	accepted, err := listener.AcceptTCP()
	if err == nil {
		t.far, err = newBusyConn(accepted)
	}
	if err == nil {
		// The answer to the login is sent before the login: it does not depend on it.
		_, err = t.far.Write(newScript(0)[0].reply)
	}
	config := engine.Config{
		Session: session.Config{
			Username: username, Password: password, UnansweredMax: 1 << 20, AnswerTimeout: time.Hour,
		},
		Address:          "127.0.0.1:1",
		DisableTLS:       true,
		Dial:             func(context.Context, string, string) (net.Conn, error) { return near, nil },
		ReconnectBackoff: []time.Duration{time.Hour},
		State:            engine.StateConfig{Disable: true},
	}
	set(&config)
	if err == nil {
		t.engine, err = engine.New(config)
	}
	return t, err
}

// drain reads what the engine has sent, without waiting for more.
func (t *target) drain() error {
	if _, err := unix.Read(t.far.fd, t.sink); err != nil && !temporary(err) {
		return err
	}
	return nil
}

func (t *target) close() error {
	err := t.engine.Close()
	if t.ended != nil {
		if ended := <-t.ended; !errors.Is(ended, engine.ErrClosed) {
			err = errors.Join(err, ended)
		}
	}
	return errors.Join(err, t.far.Close())
}

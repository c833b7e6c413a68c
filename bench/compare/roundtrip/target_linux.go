package roundtrip

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
)

// target is an engine that is logged in, and the other end of its connection.
type target struct {
	engine *engine.Engine
	peer   *busyConn
	ended  chan error // nil if the loop is the caller's
	sink   []byte
}

// newTarget makes an engine and runs it until it is logged in, on and on.
func newTarget(set func(*engine.Config)) (*target, error) {
	t, err := openTarget(set)
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

// openTarget makes an engine whose login is answered as soon as it runs.
func openTarget(set func(*engine.Config)) (*target, error) {
	script, err := newScript(0)
	if err != nil {
		return nil, err
	}
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, err
	}
	defer func() { _ = listener.Close() }()
	near, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return nil, err
	}
	far, err := listener.AcceptTCP()
	if err != nil {
		_ = near.Close()
		return nil, err
	}
	t := &target{sink: make([]byte, 64<<10)}
	if t.peer, err = newBusyConn(far); err != nil {
		_ = near.Close()
		return nil, err
	}
	// The answer lies ready: it is the login's whatever that says.
	_, err = t.peer.Write(script[0].reply)
	config := engine.Config{
		Session: session.Config{Username: username, Password: password, UnansweredMax: 1 << 20, AnswerTimeout: time.Hour},
		Address: "127.0.0.1:1",
		Plain:   true,
		Dial:    func(context.Context, string, string) (net.Conn, error) { return near, nil },
		Pauses:  []time.Duration{time.Hour},
	}
	set(&config)
	if err == nil {
		t.engine, err = engine.New(config)
	}
	if err != nil {
		_, _ = near.Close(), t.peer.Close()
		return nil, err
	}
	return t, nil
}

// drain reads what the engine has sent, and does not wait for more.
func (t *target) drain() error {
	_, _, errno := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(t.peer.fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(t.sink))), uintptr(len(t.sink)), unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 && errno != unix.EAGAIN {
		return errno
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
	return errors.Join(err, t.peer.Close())
}

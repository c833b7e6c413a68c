package engine_test

import (
	"context"
	"net"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/smk-go/smk/engine"
)

// TestDialTCPSetsOptions reads the options of a connection of the default
// dialer.
func TestDialTCPSetsOptions(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := engine.DialTCP(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	for _, option := range []struct {
		name             string
		level, opt, want int
	}{
		{"TCP_NODELAY", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1},
		{"SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1},
		{"TCP_KEEPIDLE", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, int(engine.KeepAlive.Seconds())},
		{"TCP_KEEPINTVL", unix.IPPROTO_TCP, unix.TCP_KEEPINTVL, int(engine.KeepAlive.Seconds())},
	} {
		var got int
		var getErr error
		if err := raw.Control(func(fd uintptr) {
			got, getErr = unix.GetsockoptInt(int(fd), option.level,
				option.opt)
		}); err != nil || getErr != nil {
			t.Fatal(err, getErr)
		}
		if got != option.want {
			t.Errorf("%s is %d, want %d", option.name, got, option.want)
		}
	}
}

// TestNoDelay sets TCP_NODELAY on what a dialer of the user's returns.
func TestNoDelay(t *testing.T) {
	n := newNetwork(t, "tcp", false, loopback(t))
	set := make(chan bool, 1)
	open := n.dial
	config := n.config()
	config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := open(ctx, network, address)
		return delayed{conn, set}, err
	}
	start(t, config, nil)
	if !<-set {
		t.Error("TCP_NODELAY is switched off")
	}
	n.accept(t).login()
}

// delayed is a connection that tells whether its delay is switched off.
type delayed struct {
	net.Conn
	set chan bool
}

func (d delayed) SetNoDelay(noDelay bool) error {
	d.set <- noDelay
	return nil
}

package engine

import (
	"context"
	"errors"
	"net"
)

// dialed is what became of an attempt to open a connection.
type dialed struct {
	conn transport
	err  error // a *DialError
}

// dial opens a connection on a goroutine of its own, since a TLS handshake and a
// user's dialer sleep as they like. The result comes by e.dialed; there is one
// attempt at a time.
func (e *Engine) dial() {
	ctx, cancel := context.WithTimeout(context.Background(), e.config.DialTimeout)
	e.cancelDial = cancel
	go func() {
		defer cancel()
		conn, err := e.open(ctx)
		if err != nil {
			err = &DialError{Address: e.config.Address, Err: err}
		}
		e.dialed <- dialed{conn, err}
		e.wake()
	}()
}

// open opens one connection, TLS included.
func (e *Engine) open(ctx context.Context) (transport, error) {
	conn, err := e.config.Dial(ctx, "tcp", e.config.Address)
	if err != nil {
		return nil, err
	}
	if conn == nil {
		return nil, errNoConnection
	}
	if tcp, ok := conn.(interface{ SetNoDelay(noDelay bool) error }); ok {
		if err := tcp.SetNoDelay(true); err != nil {
			_ = conn.Close()
			return nil, err
		}
	}
	if e.config.Plain {
		s, err := newSocket(conn, e.clock)
		if err != nil {
			return nil, err
		}
		return plain{s}, nil
	}
	return openSecure(ctx, conn, e.config.TLS, e.clock)
}

var errNoConnection = errors.New("the dialer returned neither a connection nor an error")

// dialTCP is the dialer of those who bring none.
func dialTCP(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{KeepAlive: KeepAlive}
	return d.DialContext(ctx, network, address)
}

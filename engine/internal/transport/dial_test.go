package transport

import (
	"context"
	"errors"
	"net"
	"testing"
)

var errRefused = errors.New("refused, for the test")

// optionConn is a connection that notes what it is asked to do.
type optionConn struct {
	net.Conn
	err     error // of SetNoDelay
	noDelay bool
	closed  bool
}

func (c *optionConn) SetNoDelay(noDelay bool) error { c.noDelay = noDelay; return c.err }
func (c *optionConn) Close() error                  { c.closed = true; return nil }

// TestDial sets TCP_NODELAY, closes what cannot be used, and returns the dialer's error.
func TestDial(t *testing.T) {
	for _, c := range []struct {
		name    string
		conn    net.Conn
		err     error // the dialer's
		want    error
		noDelay bool
		closed  bool
	}{
		{name: "TCP", conn: new(optionConn), noDelay: true},
		{name: "without delay", conn: struct{ net.Conn }{}},
		{name: "delay stays", conn: &optionConn{err: errRefused}, want: errRefused, noDelay: true, closed: true},
		{name: "dialer fails", err: errRefused, want: errRefused},
		{name: "dialer returns nothing", want: errNoConnection},
	} {
		t.Run(c.name, func(t *testing.T) {
			dial := func(ctx context.Context, network, address string) (net.Conn, error) {
				if ctx != t.Context() || network != "tcp" || address != "exchange.test:3801" {
					t.Errorf("dialed %s %s", network, address)
				}
				return c.conn, c.err
			}
			conn, err := Dial(t.Context(), dial, "exchange.test:3801")
			if err != c.want || c.want == nil && conn != c.conn || c.want != nil && conn != nil {
				t.Errorf("returned %v, %v, want error %v", conn, err, c.want)
			}
			if o, ok := c.conn.(*optionConn); ok && (o.noDelay != c.noDelay || o.closed != c.closed) {
				t.Errorf("no delay %t, closed %t, want %t, %t", o.noDelay, o.closed, c.noDelay, c.closed)
			}
		})
	}
}

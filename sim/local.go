package sim

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"
)

// localListener accepts connections from inside of the process.
type localListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newLocalListener() *localListener {
	return &localListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

// Accept implements net.Listener.
func (l *localListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (l *localListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr implements net.Listener.
func (l *localListener) Addr() net.Addr { return localAddr{} }

func (l *localListener) dial(ctx context.Context) (net.Conn, error) {
	client, server := pair()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pair returns the two ends of a connection.
func pair() (a, b *localConn) {
	aw, br := net.Pipe()
	bw, ar := net.Pipe()
	return &localConn{r: ar, w: aw}, &localConn{r: br, w: bw}
}

// localConn is one end of a connection without a socket: one pipe per direction, so that one can be closed
// while the other stays open, as with TCP. A write returns when all of it is read.
type localConn struct{ r, w net.Conn }

func (c *localConn) Read(b []byte) (int, error)         { return c.r.Read(b) }
func (c *localConn) Write(b []byte) (int, error)        { return c.w.Write(b) }
func (c *localConn) Close() error                       { return errors.Join(c.w.Close(), c.r.Close()) }
func (c *localConn) CloseWrite() error                  { return c.w.Close() }
func (c *localConn) LocalAddr() net.Addr                { return localAddr{} }
func (c *localConn) RemoteAddr() net.Addr               { return localAddr{} }
func (c *localConn) SetReadDeadline(t time.Time) error  { return c.r.SetReadDeadline(t) }
func (c *localConn) SetWriteDeadline(t time.Time) error { return c.w.SetWriteDeadline(t) }

func (c *localConn) SetDeadline(t time.Time) error {
	return errors.Join(c.r.SetReadDeadline(t), c.w.SetWriteDeadline(t))
}

// localAddr is the address of a localConn.
type localAddr struct{}

func (localAddr) Network() string { return "local" }
func (localAddr) String() string  { return "local" }

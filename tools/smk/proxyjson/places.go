package proxyjson

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
)

// Places is a listener with a limit of connections. At the limit the oldest one that is nobody's login makes room for
// the next, so that those who connect and say nothing, or have no token, take no place from clients.
type Places struct {
	net.Listener

	mu     sync.Mutex
	max    int
	conns  map[*place]struct{}
	serial uint64
}

// NewPlaces returns a listener on another one, with at most so many connections at a time.
func NewPlaces(l net.Listener, most int) *Places {
	return &Places{Listener: l, max: most, conns: map[*place]struct{}{}}
}

// place is a connection of it.
type place struct {
	net.Conn
	of     *Places
	serial uint64
	logins int // that it has now
}

// Accept implements net.Listener. A connection for which there is no place is closed.
func (l *Places) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c, evicted := l.take(conn)
		if evicted != nil {
			_ = evicted.Close() // a client that is gone
		}
		if c != nil {
			return c, nil
		}
		_ = conn.Close()
	}
}

// take gives a connection a place, and returns the one that it has to be taken from.
func (l *Places) take(conn net.Conn) (c, evicted *place) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.conns) >= l.max {
		for other := range l.conns {
			if other.logins == 0 && (evicted == nil || other.serial < evicted.serial) {
				evicted = other
			}
		}
		if evicted == nil {
			return nil, nil
		}
		delete(l.conns, evicted)
	}
	l.serial++
	c = &place{Conn: conn, of: l, serial: l.serial}
	l.conns[c] = struct{}{}
	return c, evicted
}

// Close implements net.Conn.
func (c *place) Close() error {
	c.of.mu.Lock()
	delete(c.of.conns, c)
	c.of.mu.Unlock()
	return c.Conn.Close()
}

type placeKey struct{}

// ConnContext is for http.Server: handlers find the connection of a request by it.
func (l *Places) ConnContext(ctx context.Context, conn net.Conn) context.Context {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	if c, ok := conn.(*place); ok {
		return context.WithValue(ctx, placeKey{}, c)
	}
	return ctx
}

// hold says that a request's connection has so many logins more.
func hold(ctx context.Context, n int) {
	if c, ok := ctx.Value(placeKey{}).(*place); ok {
		c.of.mu.Lock()
		c.logins += n
		c.of.mu.Unlock()
	}
}

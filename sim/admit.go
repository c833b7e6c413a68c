package sim

import (
	"errors"
	"net"
	"net/netip"

	"github.com/smk-go/smk/sim/internal/gateway"
)

// ErrEvicted is why a server that was full ended a connection on which nobody had logged
// in: another one came.
var ErrEvicted = errors.New("sim: made room for a new connection, for it had not logged in")

// admit takes a connection. As long as there are as many as may be, it makes room: of those
// on which nobody is logged in, the oldest of the address with the most goes. So silent
// connections, however many, cost a client that logs in nothing but their own places. If
// everybody is logged in, the new one is closed.
//
// What makes room is gone when its goroutines are. Until then the new connection waits in
// v.waiting, and no other is accepted.
func (s *Server) admit(socket net.Conn) {
	if len(s.conns) < s.sim.gateway.Connections() {
		s.startConn(socket)
		return
	}
	if !s.evict() {
		s.reject(socket, gateway.ErrTooManyConnections)
		return
	}
	s.pending = socket
	s.admitPending()
}

// admitPending takes the connection that waits, if there is room now.
func (s *Server) admitPending() {
	if s.pending != nil && len(s.conns) < s.sim.gateway.Connections() {
		socket := s.pending
		s.pending = nil
		s.startConn(socket)
	}
}

// evict cuts one connection, unless there is one that ends already. It reports false if
// none may be cut.
func (s *Server) evict() bool {
	var at *source // of the connection before: in a flood it is that of the next one, too
	sources := make(map[netip.Addr]*source)
	for c := range s.conns {
		if c.closed {
			return true
		}
		if !c.evictable() {
			continue
		}
		if at == nil || at.oldest.source != c.source {
			if at = sources[c.source]; at == nil {
				at = &source{oldest: c}
				sources[c.source] = at
			}
		}
		if at.n++; c.serial < at.oldest.serial {
			at.oldest = c
		}
	}
	most := source{}
	for _, src := range sources {
		if src.n > most.n || src.n == most.n && src.oldest.serial < most.oldest.serial {
			most = *src
		}
	}
	victim := most.oldest
	if victim == nil {
		return false
	}
	if !victim.linger {
		victim.cause = ErrEvicted
	}
	victim.closeSocket()
	return true
}

// source is what an address has of connections that may have to make room.
type source struct {
	n      int
	oldest *conn
}

// idle reports whether a connection may have to make room: nobody is logged in, or all is
// said.
func (c *conn) evictable() bool { return c.line.Username() == "" || c.linger }

// refuse closes a connection that was not taken.
func (s *Server) reject(socket net.Conn, cause error) {
	addr := socket.RemoteAddr()
	_ = socket.Close() // nothing can be done about a socket that does not close
	if s.onClose != nil {
		s.onClose(addr, "", cause)
	}
}

// sourceBits is how much of an IPv6 address tells one client from another: whoever has one
// has 2^64.
const sourceBits = 64

// sourceOf returns the address that a client counts under, the zero value if it has none.
func sourceOf(a net.Addr) netip.Addr {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	addr := tcp.AddrPort().Addr().Unmap()
	if addr.Is4() {
		return addr
	}
	prefix, err := addr.WithZone("").Prefix(sourceBits)
	if err != nil {
		return addr
	}
	return prefix.Addr()
}

package sim

import (
	"errors"
	"net"
	"net/netip"

	"github.com/smk-go/smk/sim/gateway"
)

// ErrEvicted is why a server ended a connection without a login: it was full, and another one came.
var ErrEvicted = errors.New("sim: evicted without a login for a new connection")

// admit admits a connection. At the limit of connections it evicts one: of those without a login, the
// oldest of the address with the most. So silent connections, however many, take no slot from a client
// that logs in. If every connection is logged in, the new one is closed.
//
// The evicted connection's slot is free when its goroutines have ended. Until then the new connection
// waits in s.pending, and no other is accepted.
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

// admitPending admits the pending connection if there is room now.
func (s *Server) admitPending() {
	if s.pending != nil && len(s.conns) < s.sim.gateway.Connections() {
		socket := s.pending
		s.pending = nil
		s.startConn(socket)
	}
}

// evict closes one connection, unless one is closing already. It reports false if none may be evicted.
func (s *Server) evict() bool {
	var at *source // of the previous connection, which in a flood is often that of the next
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
	evicted := most.oldest
	if evicted == nil {
		return false
	}
	if !evicted.linger {
		evicted.cause = ErrEvicted
	}
	evicted.closeSocket()
	return true
}

// source counts the evictable connections of an address.
type source struct {
	n      int
	oldest *conn
}

// evictable reports whether a connection may be evicted: it is not logged in, or it lingers.
func (c *conn) evictable() bool { return c.stream.Username() == "" || c.linger }

// reject closes a connection that was not admitted.
func (s *Server) reject(socket net.Conn, cause error) {
	addr := socket.RemoteAddr()
	_ = socket.Close() // a socket that fails to close cannot be helped
	if s.onClose != nil {
		s.onClose(addr, "", cause)
	}
}

// sourceBits is the prefix of an IPv6 address that identifies a client, which usually has all 2^64
// addresses of it.
const sourceBits = 64

// sourceOf returns the address that a client is counted by, the zero value if it has none.
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

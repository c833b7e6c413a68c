package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"github.com/smk-go/smk/sim/gateway"
)

// conn is a client's connection. A goroutine reads into the gateway's memory and another one writes out of it; each has
// at most one slice, which the loop does not touch meanwhile.
type conn struct {
	server  *server
	socket  net.Conn // below TLS
	raw     net.Conn // the socket, or TLS over it
	gateway *gateway.Conn
	serial  uint64
	toRead  chan []byte   // capacity 1
	toWrite chan []byte   // capacity 1
	over    chan struct{} // closed with the socket
	reading bool
	writing bool

	finishing bool // the last message is sent: wait a moment for the client to close
	draining  bool // a deadline for the last message is set
	closed    bool
	reported  bool
	cause     error // why the proxy ended it, if that is not the gateway's reason
}

func newConn(s *server, socket net.Conn, g *gateway.Conn) *conn {
	c := &conn{
		server: s, socket: socket, raw: socket, gateway: g, serial: s.serial,
		toRead: make(chan []byte, 1), toWrite: make(chan []byte, 1),
		over: make(chan struct{}),
	}
	if s.proxy.config.TLS != nil {
		c.raw = tls.Server(socket, s.proxy.config.TLS)
	}
	s.workers.Add(2)
	go c.read(s.proxy.config.InputRate)
	go c.write()
	return c
}

// read reads, at most rate bytes per second: who sends more is read later, and finds its socket full.
func (c *conn) read(rate int) {
	defer c.server.workers.Done()
	free := time.Now() // when what was read so far is paid for
	err := c.handshake()
	for b := range c.toRead {
		if err != nil {
			c.server.post(completion{kind: readDone, conn: c, err: err})
			continue
		}
		if wait := time.Until(free) - time.Second; wait > 0 {
			select {
			case <-time.After(wait):
			case <-c.over:
			}
		}
		var n int
		n, err = c.raw.Read(b[:min(len(b), readBytes)])
		if now := time.Now(); free.Before(now) {
			free = now
		}
		free = free.Add(time.Duration(n) * time.Second / time.Duration(rate))
		c.server.post(completion{kind: readDone, conn: c, n: n, err: err})
	}
}

// handshake makes the TLS handshake, which may not take longer than a login.
func (c *conn) handshake() error {
	secure, ok := c.raw.(*tls.Conn)
	if !ok {
		return nil
	}
	ctx, stop := context.WithTimeout(context.Background(), c.server.proxy.gateway.LoginTimeout())
	defer stop()
	return secure.HandshakeContext(ctx)
}

const (
	readBytes    = 8 << 10 // of one read: what the loop handles in one go
	discardBytes = 1 << 10
)

func (c *conn) write() {
	defer c.server.workers.Done()
	for b := range c.toWrite {
		var n int
		var err error
		if len(b) > 0 {
			n, err = c.raw.Write(b)
		} else if half, ok := c.raw.(interface{ CloseWrite() error }); ok {
			err = half.CloseWrite()
		} else {
			err = errors.ErrUnsupported
		}
		c.server.post(completion{kind: writeDone, conn: c, n: n, err: err})
	}
}

// readNext has the next bytes read.
func (c *conn) readNext() {
	if c.reading || c.closed {
		return
	}
	b := c.gateway.Free()
	switch {
	case b == nil:
		b = make([]byte, discardBytes) // nothing is handled any more
	case len(b) == 0:
		return // it waits for the session's old connection to end
	}
	c.reading = true
	c.toRead <- b
}

func (c *conn) onRead(now int64, n int, err error) {
	if c.closed {
		c.release()
		return
	}
	if n > 0 {
		c.gateway.Filled(now, n)
	}
	if err != nil {
		c.closeSocket()
		return
	}
	c.readNext()
}

func (c *conn) onWritten(n int, err error) {
	if c.closed {
		c.release()
		return
	}
	if !c.finishing {
		c.gateway.Written(n)
	}
	switch {
	case err != nil:
		c.closeSocket()
	case c.finishing:
		_ = c.socket.SetReadDeadline(time.Now().Add(lingerTimeout))
		c.readNext()
	default:
		c.writeNext()
	}
}

// writeNext has the next bytes written, or ends the connection after the last ones.
func (c *conn) writeNext() {
	if c.closed {
		return
	}
	if c.gateway.Err() != nil {
		c.closeSocket()
		return
	}
	if c.gateway.Draining() && !c.draining {
		c.draining = true
		_ = c.socket.SetWriteDeadline(time.Now().Add(lastWriteTimeout))
	}
	c.readNext()
	if c.writing {
		return
	}
	c.server.proxy.syncState()
	switch b := c.gateway.Pending(); {
	case len(b) > 0:
		c.writing = true
		c.toWrite <- b
	case c.gateway.Closing() && !c.finishing:
		c.finishing, c.writing = true, true
		c.toWrite <- nil
	}
}

// end ends a connection at once.
func (c *conn) end(cause error) {
	c.cause = cause
	c.closeSocket()
}

func (c *conn) closeSocket() {
	if c.closed {
		return
	}
	c.closed = true
	c.report()
	close(c.over)
	_ = c.socket.Close() // at once: closing TLS first could wait for the client
	c.release()
}

// report reports why the proxy ended the connection, if that was because of the client.
func (c *conn) report() {
	cause := c.cause
	if cause == nil {
		cause = c.gateway.Err()
	}
	if reason, _, ok := c.gateway.LogoutCause(); ok && cause == nil {
		cause = &LogoutError{reason}
	}
	if cause != nil && !c.reported {
		c.reported = true
		c.server.report(c.socket.RemoteAddr(), c.gateway.Username(), cause)
	}
}

// release releases a closed connection once both goroutines have returned their slices.
func (c *conn) release() {
	if c.reading || c.writing {
		return
	}
	close(c.toRead)
	close(c.toWrite)
	delete(c.server.conns, c)
	delete(c.server.byGateway, c.gateway)
	c.gateway.Disconnected(c.server.proxy.now())
	c.server.admitWaiting()
	c.server.signal()
}

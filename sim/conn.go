package sim

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/smk-go/smk/sim/fault"
	"github.com/smk-go/smk/sim/internal/gateway"
)

// conn is a connection of a server. Its fields belong to the owner of the
// exchange; the two goroutines know the socket and their channel only.
//
//	owner --- where to read to --> reader --- how much ---> owner
//	owner --- what to write ----> writer --- how much ---> owner
//
// While a slice is with one of them the owner does not touch its memory, and
// each has at most one. An empty slice has the writer close our direction. With
// TLS the reader begins with the handshake, unasked.
type conn struct {
	server  *Server
	socket  net.Conn
	raw     net.Conn // the socket, or TLS over it
	line    *fault.Conn
	serial  uint64      // in the order of accepting
	source  netip.Addr  // of the client; the zero value if it has none
	toRead  chan []byte // capacity 1
	toWrite chan []byte // capacity 1
	reading bool        // the reader has a slice
	writing bool        // the writer has one

	handshaking  bool  // the TLS handshake has not ended: nothing is read or written yet
	cause        error // why the server ended the connection, as far as it is not the line's to say
	reported     bool  // of the cause
	lastDeadline bool  // only the last message is still to be sent
	eof          bool  // the client ended TLS
	linger       bool  // all is sent: wait for the client to close
	closed       bool  // the socket is closed
	discard      []byte
}

func newConn(s *Server, socket net.Conn, p *fault.Conn) *conn {
	c := &conn{
		server: s, socket: socket, raw: socket, line: p, source: sourceOf(socket.RemoteAddr()),
		toRead: make(chan []byte, 1), toWrite: make(chan []byte, 1),
	}
	var secure *tls.Conn
	if s.tls != nil {
		secure = tlsServer(socket, s.tls)
		c.raw, c.handshaking, c.reading = secure, true, true
	}
	s.workers.Add(2)
	go c.reader(secure)
	go c.writer()
	return c
}

func (c *conn) reader(secure *tls.Conn) {
	defer c.server.workers.Done()
	if secure != nil {
		err := secure.Handshake() // ends at the latest when the owner closes the socket
		c.server.post(completion{kind: handshakeDone, conn: c, err: err})
	}
	for b := range c.toRead {
		n, err := c.raw.Read(b)
		c.server.post(completion{kind: readDone, conn: c, n: n, err: err})
	}
}

func (c *conn) writer() {
	defer c.server.workers.Done()
	for b := range c.toWrite {
		var n int
		var err error
		if len(b) > 0 {
			n, err = c.raw.Write(b)
		} else {
			err = c.closeWrite()
		}
		c.server.post(completion{kind: writeDone, conn: c, n: n, err: err})
	}
}

// closeWrite ends our direction. It may wait for the socket to take TLS's last record.
func (c *conn) closeWrite() error {
	half, ok := c.raw.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// shaken takes the end of the TLS handshake.
func (c *conn) onHandshake(err error) {
	switch {
	case c.closed:
		c.release()
		return
	case err != nil:
		c.cause = handshakeCause(err)
		c.closeSocket()
		return
	}
	c.handshaking = false
	c.readNext()
}

// readNext hands the reader where to read to.
func (c *conn) readNext() {
	if c.reading || c.closed || c.eof && !c.linger {
		return
	}
	b := c.line.Free()
	if c.linger || b == nil {
		if c.discard == nil {
			c.discard = make([]byte, discardBytes)
		}
		b = c.discard
	}
	if len(b) == 0 {
		return // the line is stalled; flush goes on when it moves
	}
	c.reading = true
	c.toRead <- b
}

// read takes what the reader got.
func (c *conn) onRead(now int64, n int, err error) {
	if c.closed {
		c.release()
		return
	}
	if n > 0 && c.discard == nil {
		c.line.Filled(now, n)
	}
	switch {
	case err == io.EOF && c.raw != c.socket && !c.linger: // a client that ends TLS is answered
		c.eof = true
		_ = c.raw.SetWriteDeadline(time.Now().Add(lastWriteTimeout))
		if !c.writing {
			c.finish()
		}
	case err != nil:
		c.closeSocket()
	default:
		c.readNext()
	}
}

// wrote takes what the writer did.
func (c *conn) onWritten(n int, err error) {
	if c.closed {
		c.release()
		return
	}
	if !c.linger {
		c.line.Written(n)
	}
	switch {
	case err != nil:
		c.closeSocket()
	case c.linger: // our direction is closed
		_ = c.raw.SetReadDeadline(time.Now().Add(lingerTimeout))
		c.readNext()
	case c.eof:
		c.finish()
	default:
		c.writeNext()
	}
}

// push hands the writer what there is to write, or ends the connection if that
// was the last.
func (c *conn) writeNext() {
	switch {
	case c.closed:
	case c.line.Err() != nil:
		c.closeSocket()
	case c.handshaking:
		if c.line.Draining() { // there is nothing yet to send the last message through
			if logoutError(c.line.Gateway()) != nil {
				c.cause = &HandshakeError{Waited: c.server.sim.gateway.LoginTimeout()}
			}
			c.closeSocket()
		}
	case c.writing:
	default:
		if b := c.line.Pending(); len(b) > 0 {
			c.writing = true
			c.toWrite <- b
		} else if c.line.Closing() && !c.linger {
			c.finish()
		}
	}
}

// flush is push for a peer that got something to send, or a reason to end.
func (c *conn) flush() {
	if !c.closed && !c.handshaking && c.line.Draining() {
		c.limitLastWrite()
	}
	c.writeNext()
}

// hurry limits the time that the last message may take.
func (c *conn) limitLastWrite() {
	if !c.lastDeadline {
		c.lastDeadline = true
		c.reportClose()
		_ = c.raw.SetWriteDeadline(time.Now().Add(lastWriteTimeout))
	}
}

// finish ends our direction and waits a moment for the client to end its own, so
// that closing a socket with unread input does not take the last message with
// it.
func (c *conn) finish() {
	c.linger, c.writing = true, true
	c.toWrite <- nil
}

// cut closes the socket at once. It does not end TLS first, which could wait for the
// client to read.
func (c *conn) closeSocket() {
	if c.closed {
		return
	}
	c.closed = true
	c.reportClose()
	_ = c.socket.Close() // nothing can be done about a socket that does not close
	c.release()
}

// tell says why the server ended the connection, if it did so for a reason of the
// client's. It says so once.
func (c *conn) reportClose() {
	cause := c.cause
	if cause == nil {
		cause = c.line.Err()
	}
	if cause == nil {
		cause = logoutError(c.line.Gateway())
	}
	if cause == nil || c.reported || c.server.onClose == nil {
		return
	}
	c.reported = true
	c.server.onClose(c.raw.RemoteAddr(), c.line.Username(), cause)
}

// settle lets go of a closed connection when both goroutines have given back what
// they had.
func (c *conn) release() {
	if c.reading || c.writing {
		return
	}
	close(c.toRead)
	close(c.toWrite)
	delete(c.server.conns, c)
	delete(c.server.byGateway, c.line.Gateway())
	c.line.Disconnected(c.server.now())
	c.server.countEnded()
}

// flush sees to every peer that the exchange did something for, and to every line
// on which something is due.
func (s *Server) flush() {
	s.sim.gateway.Dirty(func(p *gateway.Conn) {
		if c := s.byGateway[p]; c != nil {
			c.flush()
		}
	})
	s.sim.Faults.Dirty(func(l *fault.Conn) {
		if c := s.byGateway[l.Gateway()]; c != nil {
			c.flush()
			c.readNext()
		}
	})
}

package sim

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/smk-go/smk/sim/fault"
	"github.com/smk-go/smk/sim/gateway"
)

// conn is a connection of a server. Its fields belong to the owner, the goroutine of Serve. The reader and
// the writer use only the socket and their channel.
//
//	owner --- slice to read into --> reader --- bytes read -----> owner
//	owner --- bytes to write ------> writer --- bytes written --> owner
//
// Each of them has at most one slice, which the owner does not touch meanwhile. An empty slice tells the
// writer to close its direction. With TLS the reader starts with the handshake.
type conn struct {
	server  *Server
	socket  net.Conn
	raw     net.Conn    // the socket, or TLS over it
	stream  *fault.Conn // the exchange's end of the byte stream
	serial  uint64      // in the order of accepting
	source  netip.Addr  // the client's address; the zero value if it has none
	toRead  chan []byte // capacity 1
	toWrite chan []byte // capacity 1
	reading bool        // the reader has a slice
	writing bool        // the writer has one

	handshaking  bool  // the TLS handshake is in progress: nothing is read or written yet
	cause        error // why the server ended the connection, if not for a reason of the stream
	reported     bool  // onClose was called
	lastDeadline bool  // a write deadline for the last message is set
	eof          bool  // the client closed TLS
	linger       bool  // everything is sent: wait for the client to close
	closed       bool  // the socket is closed
	discard      []byte
}

func newConn(s *Server, socket net.Conn, stream *fault.Conn) *conn {
	c := &conn{
		server: s, socket: socket, raw: socket, stream: stream, source: sourceOf(socket.RemoteAddr()),
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

// closeWrite closes the server's direction. It may wait for the socket to take TLS's last record.
func (c *conn) closeWrite() error {
	half, ok := c.raw.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// onHandshake handles the end of the TLS handshake.
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

// readNext passes the reader a slice to read into.
func (c *conn) readNext() {
	if c.reading || c.closed || c.eof && !c.linger {
		return
	}
	b := c.stream.Free()
	if c.linger || b == nil {
		if c.discard == nil {
			c.discard = make([]byte, discardBytes)
		}
		b = c.discard
	}
	if len(b) == 0 {
		return // stalled by a fault; flush continues when that ends
	}
	c.reading = true
	c.toRead <- b
}

// onRead handles the end of a read.
func (c *conn) onRead(now int64, n int, err error) {
	if c.closed {
		c.release()
		return
	}
	if n > 0 && c.discard == nil {
		c.stream.Filled(now, n)
	}
	switch {
	case err == io.EOF && c.raw != c.socket && !c.linger: // answer the client's close of TLS
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

// onWritten handles the end of a write.
func (c *conn) onWritten(n int, err error) {
	if c.closed {
		c.release()
		return
	}
	if !c.linger {
		c.stream.Written(n)
	}
	switch {
	case err != nil:
		c.closeSocket()
	case c.linger: // the server's direction is closed
		_ = c.raw.SetReadDeadline(time.Now().Add(lingerTimeout))
		c.readNext()
	case c.eof:
		c.finish()
	default:
		c.writeNext()
	}
}

// writeNext passes the writer the bytes to write, or finishes the connection after the last ones.
func (c *conn) writeNext() {
	switch {
	case c.closed:
	case c.stream.Err() != nil:
		c.closeSocket()
	case c.handshaking:
		if c.stream.Draining() { // there is no way yet to send the last message
			if logoutError(c.stream.Gateway()) != nil {
				c.cause = &HandshakeError{Waited: c.server.sim.gateway.LoginTimeout()}
			}
			c.closeSocket()
		}
	case c.writing:
	case c.server.holds:
		c.server.held = append(c.server.held, c)
	default:
		if b := c.stream.Pending(); len(b) > 0 {
			c.writing = true
			c.toWrite <- b
		} else if c.stream.Closing() && !c.linger {
			c.finish()
		}
	}
}

// flush is writeNext for a connection that got something to send, or is to be closed.
func (c *conn) flush() {
	if !c.closed && !c.handshaking && c.stream.Draining() {
		c.limitLastWrite()
	}
	c.writeNext()
}

// limitLastWrite limits the time for the last message.
func (c *conn) limitLastWrite() {
	if !c.lastDeadline {
		c.lastDeadline = true
		c.reportClose()
		_ = c.raw.SetWriteDeadline(time.Now().Add(lastWriteTimeout))
	}
}

// finish closes the server's direction and waits a moment for the client to close its own: closing a
// socket with unread input could discard the last message.
func (c *conn) finish() {
	c.linger, c.writing = true, true
	c.toWrite <- nil
}

// closeSocket closes the socket at once. It does not close TLS first, which could wait for the client to
// read.
func (c *conn) closeSocket() {
	if c.closed {
		return
	}
	c.closed = true
	c.reportClose()
	_ = c.socket.Close() // a socket that fails to close cannot be helped
	c.release()
}

// reportClose calls onClose, once, if the server ended the connection because of the client.
func (c *conn) reportClose() {
	cause := c.cause
	if cause == nil {
		cause = c.stream.Err()
	}
	if cause == nil {
		cause = logoutError(c.stream.Gateway())
	}
	if cause == nil || c.reported || c.server.onClose == nil {
		return
	}
	c.reported = true
	c.server.onClose(c.raw.RemoteAddr(), c.stream.Username(), cause)
}

// release releases a closed connection once both goroutines have returned their slices.
func (c *conn) release() {
	if c.reading || c.writing {
		return
	}
	close(c.toRead)
	close(c.toWrite)
	delete(c.server.conns, c)
	delete(c.server.byGateway, c.stream.Gateway())
	c.stream.Disconnected(c.server.clock.now())
	c.server.countEnded()
}

// flush writes the state if that is due, and flushes every connection that the gateway or the fault injector has
// marked. The error is that of writing the state; then nothing is sent that has to wait for it.
func (s *Server) flush() error {
	if err := s.store.writeDue(s.sim); err != nil {
		return err
	}
	s.holds = false
	for i, c := range s.held {
		s.held[i] = nil
		c.writeNext()
	}
	s.held = s.held[:0]
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
	return nil
}

package sim

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"time"

	"github.com/smk-go/smk/sim/fault"
	"github.com/smk-go/smk/sim/peer"
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
	v       *Server
	socket  net.Conn
	raw     net.Conn // the socket, or TLS over it
	p       *fault.Line
	serial  uint64      // in the order of accepting
	source  netip.Addr  // of the client; the zero value if it has none
	toRead  chan []byte // capacity 1
	toWrite chan []byte // capacity 1
	reading bool        // the reader has a slice
	writing bool        // the writer has one

	shaking bool  // the TLS handshake has not ended: nothing is read or written yet
	cause   error // why the server ended the connection, as far as it is not the line's to say
	told    bool  // of the cause
	last    bool  // only the last message is still to be sent
	eof     bool  // the client ended TLS
	linger  bool  // all is sent: wait for the client to close
	dead    bool  // the socket is closed
	discard []byte
}

func newConn(v *Server, socket net.Conn, p *fault.Line) *conn {
	c := &conn{
		v: v, socket: socket, raw: socket, p: p, source: sourceOf(socket.RemoteAddr()),
		toRead: make(chan []byte, 1), toWrite: make(chan []byte, 1),
	}
	var secure *tls.Conn
	if v.tls != nil {
		secure = secured(socket, v.tls)
		c.raw, c.shaking, c.reading = secure, true, true
	}
	v.workers.Add(2)
	go c.reader(secure)
	go c.writer()
	return c
}

func (c *conn) reader(secure *tls.Conn) {
	defer c.v.workers.Done()
	if secure != nil {
		err := secure.Handshake() // ends at the latest when the owner closes the socket
		c.v.post(notice{kind: haveShaken, conn: c, err: err})
	}
	for b := range c.toRead {
		n, err := c.raw.Read(b)
		c.v.post(notice{kind: haveRead, conn: c, n: n, err: err})
	}
}

func (c *conn) writer() {
	defer c.v.workers.Done()
	for b := range c.toWrite {
		var n int
		var err error
		if len(b) > 0 {
			n, err = c.raw.Write(b)
		} else {
			err = c.closeWrite()
		}
		c.v.post(notice{kind: haveWritten, conn: c, n: n, err: err})
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
func (c *conn) shaken(err error) {
	switch {
	case c.dead:
		c.settle()
		return
	case err != nil:
		c.cause = handshakeCause(err)
		c.cut()
		return
	}
	c.shaking = false
	c.readNext()
}

// readNext hands the reader where to read to.
func (c *conn) readNext() {
	if c.reading || c.dead || c.eof && !c.linger {
		return
	}
	b := c.p.Free()
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
func (c *conn) read(now int64, n int, err error) {
	if c.dead {
		c.settle()
		return
	}
	if n > 0 && c.discard == nil {
		c.p.Filled(now, n)
	}
	switch {
	case err == io.EOF && c.raw != c.socket && !c.linger: // a client that ends TLS is answered
		c.eof = true
		_ = c.raw.SetWriteDeadline(time.Now().Add(lastTimeout))
		if !c.writing {
			c.hangUp()
		}
	case err != nil:
		c.cut()
	default:
		c.readNext()
	}
}

// wrote takes what the writer did.
func (c *conn) wrote(n int, err error) {
	if c.dead {
		c.settle()
		return
	}
	if !c.linger {
		c.p.Written(n)
	}
	switch {
	case err != nil:
		c.cut()
	case c.linger: // our direction is closed
		_ = c.raw.SetReadDeadline(time.Now().Add(lingerTimeout))
		c.readNext()
	case c.eof:
		c.hangUp()
	default:
		c.push()
	}
}

// push hands the writer what there is to write, or ends the connection if that
// was the last.
func (c *conn) push() {
	switch {
	case c.dead:
	case c.p.Err() != nil:
		c.cut()
	case c.shaking:
		if c.p.Ending() { // there is nothing yet to send the last message through
			if c.p.Peer().LoggedOut() != nil {
				c.cause = &HandshakeError{Waited: c.v.sim.Host.LoginTimeout()}
			}
			c.cut()
		}
	case c.writing:
	default:
		if b := c.p.Pending(); len(b) > 0 {
			c.writing = true
			c.toWrite <- b
		} else if c.p.Closing() && !c.linger {
			c.hangUp()
		}
	}
}

// flush is push for a peer that got something to send, or a reason to end.
func (c *conn) flush() {
	if !c.dead && !c.shaking && c.p.Ending() {
		c.hurry()
	}
	c.push()
}

// hurry limits the time that the last message may take.
func (c *conn) hurry() {
	if !c.last {
		c.last = true
		c.tell()
		_ = c.raw.SetWriteDeadline(time.Now().Add(lastTimeout))
	}
}

// hangUp ends our direction and waits a moment for the client to end its own, so
// that closing a socket with unread input does not take the last message with
// it.
func (c *conn) hangUp() {
	c.linger, c.writing = true, true
	c.toWrite <- nil
}

// cut closes the socket at once. It does not end TLS first, which could wait for the
// client to read.
func (c *conn) cut() {
	if c.dead {
		return
	}
	c.dead = true
	c.tell()
	_ = c.socket.Close() // nothing can be done about a socket that does not close
	c.settle()
}

// tell says why the server ended the connection, if it did so for a reason of the
// client's. It says so once.
func (c *conn) tell() {
	cause := c.cause
	if cause == nil {
		cause = c.p.Err()
	}
	if cause == nil {
		cause = c.p.Peer().LoggedOut()
	}
	if cause == nil || c.told || c.v.onClosed == nil {
		return
	}
	c.told = true
	c.v.onClosed(c.raw.RemoteAddr(), c.p.Username(), cause)
}

// settle lets go of a closed connection when both goroutines have given back what
// they had.
func (c *conn) settle() {
	if c.reading || c.writing {
		return
	}
	close(c.toRead)
	close(c.toWrite)
	delete(c.v.conns, c)
	delete(c.v.byPeer, c.p.Peer())
	c.p.Lost(c.v.now())
	c.v.ended()
}

// flush sees to every peer that the exchange did something for, and to every line
// on which something is due.
func (v *Server) flush() {
	v.sim.Host.Dirty(func(p *peer.Peer) {
		if c := v.byPeer[p]; c != nil {
			c.flush()
		}
	})
	v.sim.Faults.Dirty(func(l *fault.Line) {
		if c := v.byPeer[l.Peer()]; c != nil {
			c.flush()
			c.readNext()
		}
	})
}

package sim

import (
	"net"
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
// each has at most one.
type conn struct {
	v       *Server
	raw     net.Conn
	p       *fault.Line
	toRead  chan []byte // capacity 1
	toWrite chan []byte // capacity 1
	reading bool        // the reader has a slice
	writing bool        // the writer has one

	last    bool // only the last message is still to be sent
	linger  bool // all is sent: wait for the client to close
	dead    bool // the socket is closed
	discard []byte
}

func newConn(v *Server, raw net.Conn, p *fault.Line) *conn {
	c := &conn{v: v, raw: raw, p: p, toRead: make(chan []byte, 1), toWrite: make(chan []byte, 1)}
	v.workers.Add(2)
	go c.reader()
	go c.writer()
	return c
}

func (c *conn) reader() {
	defer c.v.workers.Done()
	for b := range c.toRead {
		n, err := c.raw.Read(b)
		c.v.post(notice{kind: haveRead, conn: c, n: n, err: err})
	}
}

func (c *conn) writer() {
	defer c.v.workers.Done()
	for b := range c.toWrite {
		n, err := c.raw.Write(b)
		c.v.post(notice{kind: haveWritten, conn: c, n: n, err: err})
	}
}

// readNext hands the reader where to read to.
func (c *conn) readNext() {
	if c.reading || c.dead {
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
	if err != nil {
		c.cut()
		return
	}
	c.readNext()
}

// wrote takes what the writer did.
func (c *conn) wrote(n int, err error) {
	if c.dead {
		c.settle()
		return
	}
	c.p.Written(n)
	if err != nil {
		c.cut()
		return
	}
	c.push()
}

// push hands the writer what there is to write, or ends the connection if that
// was the last.
func (c *conn) push() {
	switch {
	case c.dead:
	case c.p.Err() != nil:
		if told := c.v.onClosed; told != nil {
			told(c.raw.RemoteAddr(), c.p.Username(), c.p.Err())
		}
		c.cut()
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
	if !c.dead && c.p.Ending() {
		c.hurry()
	}
	c.push()
}

// hurry limits the time that the last message may take.
func (c *conn) hurry() {
	if !c.last {
		c.last = true
		_ = c.raw.SetWriteDeadline(time.Now().Add(lastTimeout))
	}
}

// hangUp ends our direction and waits a moment for the client to end its own, so
// that closing a socket with unread input does not take the last message with
// it.
func (c *conn) hangUp() {
	c.linger = true
	half, ok := c.raw.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		c.cut()
		return
	}
	_ = c.raw.SetReadDeadline(time.Now().Add(lingerTimeout))
	c.readNext()
}

// cut closes the socket at once.
func (c *conn) cut() {
	if c.dead {
		return
	}
	c.dead = true
	_ = c.raw.Close() // nothing can be done about a socket that does not close
	c.settle()
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

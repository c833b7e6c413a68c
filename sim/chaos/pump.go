package chaos

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"time"

	"github.com/smk-go/smk/sim/fault"
	"github.com/smk-go/smk/wire"
)

// Limits of a pump.
const (
	bufBytes    = 64 << 10 // a longer message passes without a fault
	heldMax     = 64       // messages that are held back; then others pass
	dripBytes   = 8
	splitBytes  = 6 // the most bytes of a piece
	reorderTime = 100 * time.Millisecond

	recordHeader = 5 // of TLS: type, version, length
	recordBytes  = 1<<14 + 2048
	tlsHandshake = 22 // the first byte of a client that speaks TLS
)

// pump passes the bytes of one direction on.
type pump struct {
	conn   *conn
	from   net.Conn
	to     net.Conn
	in     bool // from the client
	random *rand.Rand
	buf    []byte // read and not passed on
	held   []held
	queued []byte // waits for more, to be sent at once
	sendAt time.Time
	known  bool // whether the connection speaks TLS is known
	lost   bool // the bytes are not messages: they pass
}

// held is a message that is held back.
type held struct {
	bytes []byte
	due   time.Time
	after int // passed on after so many others; 0 means only by time
}

// run passes bytes on until the connection ends.
func (p *pump) run() {
	for {
		if !p.release(time.Now()) || !p.messages() {
			return
		}
		_ = p.from.SetReadDeadline(p.wakeAt())
		n, err := p.from.Read(p.buf[len(p.buf):cap(p.buf)])
		p.buf = p.buf[:len(p.buf)+n]
		switch {
		case err == nil || n > 0:
		case errors.Is(err, os.ErrDeadlineExceeded):
		case err == io.EOF:
			p.finish()
			return
		default:
			p.conn.end(true)
			return
		}
	}
}

// wakeAt returns when something that is held back is due, the zero time if nothing is.
func (p *pump) wakeAt() (at time.Time) {
	if len(p.queued) > 0 {
		at = p.sendAt
	}
	for i := range p.held {
		if at.IsZero() || p.held[i].due.Before(at) {
			at = p.held[i].due
		}
	}
	return at
}

// finish passes on what is left and the end of the stream.
func (p *pump) finish() {
	for i := range p.held {
		if !p.send(p.held[i].bytes) {
			return
		}
	}
	if !p.flush() || !p.write(p.buf) {
		return
	}
	if half, ok := p.to.(*net.TCPConn); ok {
		_ = half.CloseWrite()
	}
}

// messages passes the messages on that are complete. It reports false if the connection has ended.
func (p *pump) messages() bool {
	at := 0
	for {
		n := p.message(p.buf[at:])
		if n == 0 {
			break
		}
		if !p.pass(p.buf[at : at+n]) {
			return false
		}
		at += n
	}
	p.buf = p.buf[:copy(p.buf, p.buf[at:])]
	if len(p.buf) == cap(p.buf) { // longer than the buffer: where the next one begins is not known any more
		p.lost = true
		return p.messages()
	}
	return true
}

// message returns the length of the message in front, 0 if it is incomplete.
func (p *pump) message(b []byte) int {
	if !p.known && len(b) > 0 {
		if p.in {
			p.conn.tls.Store(b[0] == tlsHandshake)
		}
		p.known = true
	}
	switch {
	case p.lost:
		return len(b)
	case p.conn.tls.Load():
		if len(b) < recordHeader {
			return 0
		}
		n := recordHeader + int(b[3])<<8 + int(b[4])
		if n > recordHeader+recordBytes {
			p.lost = true
			return len(b)
		}
		if n > len(b) {
			return 0
		}
		return n
	}
	_, n, err := wire.Scan(b, wire.Limits{})
	if err != nil {
		p.lost = true
		return len(b)
	}
	return n
}

func (p *pump) inject(k fault.Kind) bool { return p.conn.proxy.inject(p.random, k) }

// either is a kind of the direction.
func (p *pump) either(out, in fault.Kind) bool {
	if p.conn.tls.Load() {
		return false // TLS notices: what is left is a connection that breaks
	}
	if p.in {
		return p.inject(in)
	}
	return p.inject(out)
}

// pass passes one message on, with faults.
func (p *pump) pass(b []byte) bool {
	plan := p.conn.proxy.plan.Load()
	if p.lost {
		return p.send(b)
	}
	switch {
	case p.inject(fault.HalfOpen):
		p.conn.black.Store(time.Now().Add(plan.HalfOpenFor).UnixNano())
		return p.conn.waitStalled()
	case p.inject(fault.Cut):
		p.cut(b)
		return false
	case p.either(fault.Drop, fault.DropIn):
		return p.others()
	case len(p.held) < heldMax && p.either(fault.Delay, fault.DelayIn):
		late := time.Duration(1 + p.random.Int64N(int64(plan.DelayMax)))
		p.held = append(p.held, held{bytes.Clone(b), time.Now().Add(late), 0})
		return true
	case len(p.held) < heldMax && p.either(fault.Reorder, fault.ReorderIn):
		p.held = append(p.held, held{bytes.Clone(b), time.Now().Add(reorderTime), 1})
		return true
	}
	if p.inject(fault.Stall) {
		until := time.Now().Add(time.Duration(1 + p.random.Int64N(int64(plan.StallMax)))).UnixNano()
		p.conn.stalled.Store(max(p.conn.stalled.Load(), until))
	}
	corrupt := fault.Corrupt
	if p.in {
		corrupt = fault.CorruptIn
	}
	if p.inject(corrupt) {
		b = bytes.Clone(b)
		b[p.random.IntN(len(b))] ^= 1 << p.random.IntN(8)
	}
	if !p.pieces(b, plan) || p.either(fault.Duplicate, fault.DuplicateIn) && !p.pieces(b, plan) {
		return false
	}
	return p.others()
}

// cut ends the connection inside of a message, in front of it or behind it, with a reset or with an end.
func (p *pump) cut(b []byte) {
	if p.flush() {
		p.write(b[:p.random.IntN(len(b)+1)])
	}
	p.conn.end(p.random.IntN(2) == 0)
}

// pieces sends a message whole or in pieces.
func (p *pump) pieces(b []byte, plan *fault.Plan) bool {
	switch {
	case p.inject(fault.Drip):
		for len(b) > 0 {
			n := min(dripBytes, len(b))
			if !p.send(b[:n]) || !p.conn.sleep(plan.DripEvery) {
				return false
			}
			b = b[n:]
		}
		return true
	case p.inject(fault.Split):
		for len(b) > 0 {
			n := min(1+p.random.IntN(splitBytes), len(b))
			if !p.send(b[:n]) {
				return false
			}
			b = b[n:]
		}
		return true
	case p.inject(fault.Coalesce) && len(p.queued)+len(b) <= bufBytes:
		if len(p.queued) == 0 {
			p.sendAt = time.Now().Add(plan.CoalesceFor)
		}
		p.queued = append(p.queued, b...)
		return true
	}
	return p.send(b)
}

// others passes the messages on that waited for another one.
func (p *pump) others() bool {
	for i := 0; i < len(p.held); i++ {
		h := p.held[i]
		if h.after == 0 {
			continue
		}
		if p.held[i].after--; p.held[i].after > 0 {
			continue
		}
		p.held = append(p.held[:i], p.held[i+1:]...)
		i--
		if !p.send(h.bytes) {
			return false
		}
	}
	return true
}

// release passes on what is due.
func (p *pump) release(now time.Time) bool {
	for i := 0; i < len(p.held); i++ {
		h := p.held[i]
		if h.due.After(now) {
			continue
		}
		p.held = append(p.held[:i], p.held[i+1:]...)
		i--
		if !p.send(h.bytes) {
			return false
		}
	}
	return len(p.queued) == 0 || p.sendAt.After(now) || p.flush()
}

// send writes bytes after those that wait.
func (p *pump) send(b []byte) bool { return p.flush() && p.write(b) }

// flush writes what waits to be sent at once.
func (p *pump) flush() bool {
	ok := p.write(p.queued)
	p.queued = p.queued[:0]
	return ok
}

// write writes bytes, once the connection does not stall. It reports false if the connection has ended.
func (p *pump) write(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	if !p.conn.waitStalled() {
		return false
	}
	if _, err := p.to.Write(b); err != nil {
		p.conn.end(true)
		return false
	}
	return true
}

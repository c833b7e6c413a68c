package fault

import (
	"bytes"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// chunk is a part of the queue that is sent in one piece.
type chunk struct {
	n     int
	due   int64 // not before; 0 means at once
	alone bool  // nothing is appended to it
}

// heldFrame is a frame or payload that is held back.
type heldFrame struct {
	bytes []byte
	due   int64
	after int // released after so many others; 0 means only by time
}

// processOut takes frames from the gateway and applies faults to them.
func (c *Conn) processOut() {
	if c.gateway.Draining() {
		c.flushHeld()
	}
	for len(c.out.queue) < queueBytes && !c.cut {
		b := c.gateway.Pending()
		if len(b) == 0 {
			break
		}
		n := 0
		if c.out.partial > 0 { // the rest of a frame that was partly passed through
			n = min(c.out.partial, len(b))
			c.out.partial -= n
			c.enqueue(b[:n])
		}
		for n < len(b) && len(c.out.queue) < queueBytes && !c.cut {
			_, size, err := wire.Scan(b[n:], wire.Limits{})
			if size == 0 || err != nil {
				panic("BUG: sim: the exchange sent half a frame")
			}
			c.processFrame(b[n : n+size])
			n += size
		}
		c.gateway.Written(n)
	}
	if c.gateway.Draining() {
		c.flushHeld()
	}
}

// flushHeld queues the frames that are held back, before the connection closes.
func (c *Conn) flushHeld() {
	for i := range c.out.held {
		c.enqueue(c.out.held[i].bytes)
	}
	c.out.held = nil
}

// processFrame applies faults to one frame.
func (c *Conn) processFrame(frame []byte) {
	switch {
	case c.halfOpen || c.takeSkipped(frame):
		return
	case c.inject(HalfOpen):
		c.halfOpen, c.halfOpenUntil = true, c.injector.now+int64(c.plan.HalfOpenFor)
		c.out.queue, c.out.chunks, c.out.held = nil, nil, nil
		c.schedule(c.halfOpenUntil)
		return
	case c.inject(Cut):
		c.enqueue(frame[:1+c.random.IntN(len(frame)-1)])
		c.cut, c.out.held = true, nil
		return
	case c.inject(Drop):
		c.releaseOut()
		return
	case len(c.out.held) < heldMax && len(frame) <= heldBytes && c.inject(Delay):
		c.holdOut(heldFrame{bytes.Clone(frame), c.randomTime(int64(c.plan.DelayMax)), 0})
		return
	case len(c.out.held) < heldMax && len(frame) <= heldBytes && c.inject(Reorder):
		c.holdOut(heldFrame{bytes.Clone(frame), c.injector.now + reorderTimeout, 1})
		return
	}
	if c.inject(Stall) {
		c.stalledUntil = c.randomTime(int64(c.plan.StallMax))
		c.schedule(c.stalledUntil)
	}
	c.enqueueFrame(frame)
	if c.inject(Duplicate) {
		c.enqueueFrame(frame)
	}
	c.releaseOut()
}

func (c *Conn) holdOut(h heldFrame) {
	c.out.held = append(c.out.held, h)
	c.schedule(h.due)
}

// releaseOut releases the frames that waited for another one to pass.
func (c *Conn) releaseOut() {
	for i := 0; i < len(c.out.held); i++ {
		if h := &c.out.held[i]; h.after > 0 {
			if h.after--; h.after == 0 {
				c.enqueue(h.bytes)
				c.out.held = append(c.out.held[:i], c.out.held[i+1:]...)
				i--
			}
		}
	}
}

// enqueueFrame queues a frame: whole, corrupted or in pieces.
func (c *Conn) enqueueFrame(frame []byte) {
	at := len(c.out.queue)
	switch {
	case c.inject(Drip):
		due := c.injector.now
		for len(frame) > 0 {
			n := min(dripBytes, len(frame))
			c.appendChunk(frame[:n], chunk{n, due, true})
			frame = frame[n:]
			due += int64(c.plan.DripEvery)
		}
	case c.inject(Split):
		for len(frame) > 0 {
			n := min(1+c.random.IntN(splitBytes), len(frame))
			c.appendChunk(frame[:n], chunk{n, 0, true})
			frame = frame[n:]
		}
	case c.inject(Coalesce):
		c.appendChunk(frame, chunk{len(frame), c.injector.now + int64(c.plan.CoalesceFor), false})
	default:
		c.enqueue(frame)
	}
	if c.inject(Corrupt) {
		i := at + c.random.IntN(len(c.out.queue)-at)
		c.out.queue[i] ^= 1 << c.random.IntN(8)
	}
}

// enqueue queues bytes in the latest chunk if they may be appended to it.
func (c *Conn) enqueue(b []byte) {
	if n := len(c.out.chunks); n > 0 && !c.out.chunks[n-1].alone {
		c.out.chunks[n-1].n += len(b)
		c.out.queue = append(c.out.queue, b...)
		return
	}
	c.appendChunk(b, chunk{len(b), 0, false})
}

func (c *Conn) appendChunk(b []byte, ch chunk) {
	c.out.queue = append(c.out.queue, b...)
	c.out.chunks = append(c.out.chunks, ch)
}

// nextChunk returns the chunk to send next. If it is not due yet, it schedules a tick and returns nil.
func (c *Conn) nextChunk() []byte {
	if len(c.out.chunks) == 0 {
		return nil
	}
	if due := c.out.chunks[0].due; due > c.injector.now && !c.Draining() {
		c.schedule(due)
		return nil
	}
	return c.out.queue[:c.out.chunks[0].n]
}

// consume removes n bytes that were sent from the queue.
func (c *Conn) consume(n int) {
	if n > len(c.out.queue) {
		return // the queue was dropped meanwhile
	}
	c.out.queue = c.out.queue[:copy(c.out.queue, c.out.queue[n:])]
	for n > 0 {
		ch := &c.out.chunks[0]
		took := min(n, ch.n)
		ch.n -= took
		n -= took
		if ch.n == 0 {
			c.out.chunks = c.out.chunks[:copy(c.out.chunks, c.out.chunks[1:])]
		}
	}
}

// tickOut sends the frames that are due.
func (c *Conn) tickOut() {
	for i := 0; i < len(c.out.held); i++ {
		if h := &c.out.held[i]; h.due <= c.injector.now {
			c.enqueue(h.bytes)
			c.out.held = append(c.out.held[:i], c.out.held[i+1:]...)
			i--
		} else {
			c.schedule(h.due)
		}
	}
}

// takeSkipped reports whether a frame's sequence is skipped. It does so once: a replay sends a gapfill for it.
func (c *Conn) takeSkipped(frame []byte) bool {
	if len(c.out.skipped) == 0 {
		return false
	}
	payload, _, _ := wire.Scan(frame, wire.Limits{})
	var m msg.Payload
	if err := m.Decode(payload, nil); err != nil {
		panic("BUG: sim: the exchange sent what it cannot read")
	}
	for i, seq := range c.out.skipped {
		if seq == m.GetEtoPayload().GetSeq() {
			c.out.skipped = append(c.out.skipped[:i], c.out.skipped[i+1:]...)
			return true
		}
	}
	return false
}

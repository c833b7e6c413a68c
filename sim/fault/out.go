package fault

import (
	"bytes"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// chunk is a part of the queue that is handed out together.
type chunk struct {
	n     int
	due   int64 // not before; 0 means at once
	alone bool  // nothing is added to it
}

// held is a message that was held back.
type heldFrame struct {
	bytes []byte
	due   int64
	after int // comes at the latest when so many others have passed; 0 means that only time counts
}

// pull takes frames from the peer and sees what becomes of them.
func (c *Conn) processOut() {
	if c.gateway.Draining() {
		c.flushHeld()
	}
	for len(c.queue) < queueBytes && !c.cut {
		b := c.gateway.Pending()
		if len(b) == 0 {
			break
		}
		n := 0
		if c.partial > 0 { // of a frame whose start was handed out directly
			n = min(c.partial, len(b))
			c.partial -= n
			c.enqueue(b[:n])
		}
		for n < len(b) && len(c.queue) < queueBytes && !c.cut {
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

// hurry lets go of what is held back: nothing is worth waiting for.
func (c *Conn) flushHeld() {
	for i := range c.heldOut {
		c.enqueue(c.heldOut[i].bytes)
	}
	c.heldOut = nil
}

// frame sees what becomes of one frame.
func (c *Conn) processFrame(frame []byte) {
	switch {
	case c.halfOpen || c.takeSkipped(frame):
		return
	case c.inject(HalfOpen):
		c.halfOpen, c.halfOpenUntil = true, c.injector.now+int64(c.plan.HalfOpenFor)
		c.queue, c.chunks, c.heldOut = nil, nil, nil
		c.schedule(c.halfOpenUntil)
		return
	case c.inject(Cut):
		c.enqueue(frame[:1+c.random.IntN(len(frame)-1)])
		c.cut, c.heldOut = true, nil
		return
	case c.inject(Drop):
		c.releaseOut()
		return
	case len(c.heldOut) < heldMax && len(frame) <= heldBytes && c.inject(Delay):
		c.holdOut(heldFrame{bytes.Clone(frame), c.randomTime(int64(c.plan.DelayMax)), 0})
		return
	case len(c.heldOut) < heldMax && len(frame) <= heldBytes && c.inject(Reorder):
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
	c.heldOut = append(c.heldOut, h)
	c.schedule(h.due)
}

// passed lets those follow that waited for a frame to pass.
func (c *Conn) releaseOut() {
	for i := 0; i < len(c.heldOut); i++ {
		if h := &c.heldOut[i]; h.after > 0 {
			if h.after--; h.after == 0 {
				c.enqueue(h.bytes)
				c.heldOut = append(c.heldOut[:i], c.heldOut[i+1:]...)
				i--
			}
		}
	}
}

// pass queues a frame, whole, broken or in pieces.
func (c *Conn) enqueueFrame(frame []byte) {
	at := len(c.queue)
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
		i := at + c.random.IntN(len(c.queue)-at)
		c.queue[i] ^= 1 << c.random.IntN(8)
	}
}

// enqueue queues bytes together with what is before them.
func (c *Conn) enqueue(b []byte) {
	if n := len(c.chunks); n > 0 && !c.chunks[n-1].alone {
		c.chunks[n-1].n += len(b)
		c.queue = append(c.queue, b...)
		return
	}
	c.appendChunk(b, chunk{len(b), 0, false})
}

func (c *Conn) appendChunk(b []byte, ch chunk) {
	c.queue = append(c.queue, b...)
	c.chunks = append(c.chunks, ch)
}

// front returns what is to be handed out next, or sees to it that the line asks for its turn when
// that is due.
func (c *Conn) nextChunk() []byte {
	if len(c.chunks) == 0 {
		return nil
	}
	if due := c.chunks[0].due; due > c.injector.now && !c.Draining() {
		c.schedule(due)
		return nil
	}
	return c.queue[:c.chunks[0].n]
}

// shift takes what was handed out off the queue.
func (c *Conn) consume(n int) {
	if n > len(c.queue) {
		return // the queue was dropped meanwhile
	}
	c.queue = c.queue[:copy(c.queue, c.queue[n:])]
	for n > 0 {
		ch := &c.chunks[0]
		took := min(n, ch.n)
		ch.n -= took
		n -= took
		if ch.n == 0 {
			c.chunks = c.chunks[:copy(c.chunks, c.chunks[1:])]
		}
	}
}

// tickOut sends what was held back long enough.
func (c *Conn) tickOut() {
	for i := 0; i < len(c.heldOut); i++ {
		if h := &c.heldOut[i]; h.due <= c.injector.now {
			c.enqueue(h.bytes)
			c.heldOut = append(c.heldOut[:i], c.heldOut[i+1:]...)
			i--
		} else {
			c.schedule(h.due)
		}
	}
}

// skips reports whether a frame is one whose sequence was skipped, once: sent again as a
// gapfill, it is not.
func (c *Conn) takeSkipped(frame []byte) bool {
	if len(c.skipped) == 0 {
		return false
	}
	payload, _, _ := wire.Scan(frame, wire.Limits{})
	var m msg.Payload
	if err := m.Decode(payload, nil); err != nil {
		panic("BUG: sim: the exchange sent what it cannot read")
	}
	for i, seq := range c.skipped {
		if seq == m.GetEtoPayload().GetSeq() {
			c.skipped = append(c.skipped[:i], c.skipped[i+1:]...)
			return true
		}
	}
	return false
}

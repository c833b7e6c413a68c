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
func (l *Conn) processOut() {
	if l.gateway.Draining() {
		l.flushHeld()
	}
	for len(l.queue) < queueBytes && !l.cut {
		b := l.gateway.Pending()
		if len(b) == 0 {
			break
		}
		n := 0
		if l.partial > 0 { // of a frame whose start was handed out directly
			n = min(l.partial, len(b))
			l.partial -= n
			l.enqueue(b[:n])
		}
		for n < len(b) && len(l.queue) < queueBytes && !l.cut {
			_, size, err := wire.Scan(b[n:], wire.Limits{})
			if size == 0 || err != nil {
				panic("BUG: sim: the exchange sent half a frame")
			}
			l.processFrame(b[n : n+size])
			n += size
		}
		l.gateway.Written(n)
	}
	if l.gateway.Draining() {
		l.flushHeld()
	}
}

// hurry lets go of what is held back: nothing is worth waiting for.
func (l *Conn) flushHeld() {
	for i := range l.heldOut {
		l.enqueue(l.heldOut[i].bytes)
	}
	l.heldOut = nil
}

// frame sees what becomes of one frame.
func (l *Conn) processFrame(frame []byte) {
	switch {
	case l.halfOpen || l.takeSkipped(frame):
		return
	case l.inject(HalfOpen):
		l.halfOpen, l.halfOpenUntil = true, l.injector.now+int64(l.plan.HalfOpenFor)
		l.queue, l.chunks, l.heldOut = nil, nil, nil
		l.schedule(l.halfOpenUntil)
		return
	case l.inject(Cut):
		l.enqueue(frame[:1+l.random.IntN(len(frame)-1)])
		l.cut, l.heldOut = true, nil
		return
	case l.inject(Drop):
		l.releaseOut()
		return
	case len(l.heldOut) < heldMax && len(frame) <= heldBytes && l.inject(Delay):
		l.holdOut(heldFrame{bytes.Clone(frame), l.randomTime(int64(l.plan.DelayMax)), 0})
		return
	case len(l.heldOut) < heldMax && len(frame) <= heldBytes && l.inject(Reorder):
		l.holdOut(heldFrame{bytes.Clone(frame), l.injector.now + reorderTimeout, 1})
		return
	}
	if l.inject(Stall) {
		l.stalledUntil = l.randomTime(int64(l.plan.StallMax))
		l.schedule(l.stalledUntil)
	}
	l.enqueueFrame(frame)
	if l.inject(Duplicate) {
		l.enqueueFrame(frame)
	}
	l.releaseOut()
}

func (l *Conn) holdOut(h heldFrame) {
	l.heldOut = append(l.heldOut, h)
	l.schedule(h.due)
}

// passed lets those follow that waited for a frame to pass.
func (l *Conn) releaseOut() {
	for i := 0; i < len(l.heldOut); i++ {
		if h := &l.heldOut[i]; h.after > 0 {
			if h.after--; h.after == 0 {
				l.enqueue(h.bytes)
				l.heldOut = append(l.heldOut[:i], l.heldOut[i+1:]...)
				i--
			}
		}
	}
}

// pass queues a frame, whole, broken or in pieces.
func (l *Conn) enqueueFrame(frame []byte) {
	at := len(l.queue)
	switch {
	case l.inject(Drip):
		due := l.injector.now
		for len(frame) > 0 {
			n := min(dripBytes, len(frame))
			l.appendChunk(frame[:n], chunk{n, due, true})
			frame = frame[n:]
			due += int64(l.plan.DripEvery)
		}
	case l.inject(Split):
		for len(frame) > 0 {
			n := min(1+l.random.IntN(splitBytes), len(frame))
			l.appendChunk(frame[:n], chunk{n, 0, true})
			frame = frame[n:]
		}
	case l.inject(Coalesce):
		l.appendChunk(frame, chunk{len(frame), l.injector.now + int64(l.plan.CoalesceFor), false})
	default:
		l.enqueue(frame)
	}
	if l.inject(Corrupt) {
		i := at + l.random.IntN(len(l.queue)-at)
		l.queue[i] ^= 1 << l.random.IntN(8)
	}
}

// enqueue queues bytes together with what is before them.
func (l *Conn) enqueue(b []byte) {
	if n := len(l.chunks); n > 0 && !l.chunks[n-1].alone {
		l.chunks[n-1].n += len(b)
		l.queue = append(l.queue, b...)
		return
	}
	l.appendChunk(b, chunk{len(b), 0, false})
}

func (l *Conn) appendChunk(b []byte, c chunk) {
	l.queue = append(l.queue, b...)
	l.chunks = append(l.chunks, c)
}

// front returns what is to be handed out next, or sees to it that the line asks for its turn when
// that is due.
func (l *Conn) nextChunk() []byte {
	if len(l.chunks) == 0 {
		return nil
	}
	if due := l.chunks[0].due; due > l.injector.now && !l.Draining() {
		l.schedule(due)
		return nil
	}
	return l.queue[:l.chunks[0].n]
}

// shift takes what was handed out off the queue.
func (l *Conn) consume(n int) {
	if n > len(l.queue) {
		return // the queue was dropped meanwhile
	}
	l.queue = l.queue[:copy(l.queue, l.queue[n:])]
	for n > 0 {
		c := &l.chunks[0]
		took := min(n, c.n)
		c.n -= took
		n -= took
		if c.n == 0 {
			l.chunks = l.chunks[:copy(l.chunks, l.chunks[1:])]
		}
	}
}

// tickOut sends what was held back long enough.
func (l *Conn) tickOut() {
	for i := 0; i < len(l.heldOut); i++ {
		if h := &l.heldOut[i]; h.due <= l.injector.now {
			l.enqueue(h.bytes)
			l.heldOut = append(l.heldOut[:i], l.heldOut[i+1:]...)
			i--
		} else {
			l.schedule(h.due)
		}
	}
}

// skips reports whether a frame is one whose sequence was skipped, once: sent again as a
// gapfill, it is not.
func (l *Conn) takeSkipped(frame []byte) bool {
	if len(l.skipped) == 0 {
		return false
	}
	payload, _, _ := wire.Scan(frame, wire.Limits{})
	var m msg.Payload
	if err := m.Decode(payload, nil); err != nil {
		panic("BUG: sim: the exchange sent what it cannot read")
	}
	for i, seq := range l.skipped {
		if seq == m.GetEtoPayload().GetSeq() {
			l.skipped = append(l.skipped[:i], l.skipped[i+1:]...)
			return true
		}
	}
	return false
}

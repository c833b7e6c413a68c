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
type held struct {
	bytes []byte
	due   int64
	after int // comes at the latest when so many others have passed; 0 means that only time counts
}

// pull takes frames from the peer and sees what becomes of them.
func (l *Line) pull() {
	if l.p.Ending() {
		l.hurry()
	}
	for len(l.queue) < queueBytes && !l.cutting {
		b := l.p.Pending()
		if len(b) == 0 {
			break
		}
		n := 0
		if l.partial > 0 { // of a frame whose start was handed out directly
			n = min(l.partial, len(b))
			l.partial -= n
			l.enqueue(b[:n])
		}
		for n < len(b) && len(l.queue) < queueBytes && !l.cutting {
			_, size, err := wire.Scan(b[n:], wire.Limits{})
			if size == 0 || err != nil {
				panic("BUG: sim: the exchange sent half a frame")
			}
			l.frame(b[n : n+size])
			n += size
		}
		l.p.Written(n)
	}
	if l.p.Ending() {
		l.hurry()
	}
}

// hurry lets go of what is held back: nothing is worth waiting for.
func (l *Line) hurry() {
	for i := range l.late {
		l.enqueue(l.late[i].bytes)
	}
	l.late = nil
}

// frame sees what becomes of one frame.
func (l *Line) frame(frame []byte) {
	switch {
	case l.deaf || l.skips(frame):
		return
	case l.hit(HalfOpen):
		l.deaf, l.deafEnd = true, l.f.now+int64(l.plan.HalfOpenFor)
		l.queue, l.chunks, l.late = nil, nil, nil
		l.at(l.deafEnd)
		return
	case l.hit(Cut):
		l.enqueue(frame[:1+l.random.IntN(len(frame)-1)])
		l.cutting, l.late = true, nil
		return
	case l.hit(Drop):
		l.passed()
		return
	case len(l.late) < heldMax && len(frame) <= heldBytes && l.hit(Delay):
		l.hold(held{bytes.Clone(frame), l.upTo(int64(l.plan.DelayMax)), 0})
		return
	case len(l.late) < heldMax && len(frame) <= heldBytes && l.hit(Reorder):
		l.hold(held{bytes.Clone(frame), l.f.now + patience, 1})
		return
	}
	if l.hit(Stall) {
		l.stalled = l.upTo(int64(l.plan.StallMax))
		l.at(l.stalled)
	}
	l.pass(frame)
	if l.hit(Duplicate) {
		l.pass(frame)
	}
	l.passed()
}

func (l *Line) hold(h held) {
	l.late = append(l.late, h)
	l.at(h.due)
}

// passed lets those follow that waited for a frame to pass.
func (l *Line) passed() {
	for i := 0; i < len(l.late); i++ {
		if h := &l.late[i]; h.after > 0 {
			if h.after--; h.after == 0 {
				l.enqueue(h.bytes)
				l.late = append(l.late[:i], l.late[i+1:]...)
				i--
			}
		}
	}
}

// pass queues a frame, whole, broken or in pieces.
func (l *Line) pass(frame []byte) {
	at := len(l.queue)
	switch {
	case l.hit(Drip):
		due := l.f.now
		for len(frame) > 0 {
			n := min(dripBytes, len(frame))
			l.piece(frame[:n], chunk{n, due, true})
			frame = frame[n:]
			due += int64(l.plan.DripEvery)
		}
	case l.hit(Split):
		for len(frame) > 0 {
			n := min(1+l.random.IntN(splitBytes), len(frame))
			l.piece(frame[:n], chunk{n, 0, true})
			frame = frame[n:]
		}
	case l.hit(Coalesce):
		l.piece(frame, chunk{len(frame), l.f.now + int64(l.plan.CoalesceFor), false})
	default:
		l.enqueue(frame)
	}
	if l.hit(Corrupt) {
		i := at + l.random.IntN(len(l.queue)-at)
		l.queue[i] ^= 1 << l.random.IntN(8)
	}
}

// enqueue queues bytes together with what is before them.
func (l *Line) enqueue(b []byte) {
	if n := len(l.chunks); n > 0 && !l.chunks[n-1].alone {
		l.chunks[n-1].n += len(b)
		l.queue = append(l.queue, b...)
		return
	}
	l.piece(b, chunk{len(b), 0, false})
}

func (l *Line) piece(b []byte, c chunk) {
	l.queue = append(l.queue, b...)
	l.chunks = append(l.chunks, c)
}

// front returns what is to be handed out next, or sees to it that the line asks for its turn when
// that is due.
func (l *Line) front() []byte {
	if len(l.chunks) == 0 {
		return nil
	}
	if due := l.chunks[0].due; due > l.f.now && !l.Ending() {
		l.at(due)
		return nil
	}
	return l.queue[:l.chunks[0].n]
}

// shift takes what was handed out off the queue.
func (l *Line) shift(n int) {
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

// tickLate sends what was held back long enough.
func (l *Line) tickLate() {
	for i := 0; i < len(l.late); i++ {
		if h := &l.late[i]; h.due <= l.f.now {
			l.enqueue(h.bytes)
			l.late = append(l.late[:i], l.late[i+1:]...)
			i--
		} else {
			l.at(h.due)
		}
	}
}

// skips reports whether a frame is one whose sequence was skipped, once: sent again as a
// gapfill, it is not.
func (l *Line) skips(frame []byte) bool {
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

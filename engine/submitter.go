package engine

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// Submitter is the engine as other goroutines see it: the same sends, encoded by the caller and submitted
// through a queue to the loop, which gives them their sequence. It is a small value; get it from
// [Engine.Submitter]. Every method may be called from any goroutine at any time.
type Submitter struct{ engine *Engine }

// Submitter returns the engine as other goroutines see it.
func (e *Engine) Submitter() Submitter { return Submitter{e} }

// Send encodes a message into the submit queue and wakes the loop if that is asleep. m may be changed once
// Send has returned.
//
// An error means that nothing was submitted: [ErrSubmitFull], [ErrSubmitTooLarge], [ErrSubmissionBusy],
// [ErrClosed], or what encoding m failed with. Otherwise result says what became of it: the sequence that
// the message took, or the error that [Engine.Send] would have returned. result may be nil if nobody wants
// to know.
func (s Submitter) Send(m Message, result *Submission) error {
	n := m.SizeVT()
	switch {
	case n < 0:
		return &wire.MarshalError{Size: n}
	case n > s.engine.config.SubmitBytes:
		return ErrSubmitTooLarge
	}
	keys, known := keysOf(m)
	typ := keys.Type
	if !known {
		typ = m.PayloadType()
	}
	kept := s.engine.submitKept
	if lowersRisk(typ) {
		kept = 0
	}
	return s.engine.submit(result, kept, func(work *submitted) (err error) {
		if work.keys = keys; !known {
			work.keys, err = work.encode(m)
			return err
		}
		written, err := m.MarshalToSizedBufferVT(work.buffer[:n])
		if err == nil && written != n {
			err = &wire.MarshalError{Size: n, Wrote: written}
		}
		work.size = n
		return err
	})
}

// Do submits a function for the loop to call, between two events. It is how another goroutine registers a
// handler or reads what belongs to the loop. The errors are those of Send. A panic in f is treated like one
// in a handler.
func (s Submitter) Do(f func(), result *Submission) error {
	return s.engine.submit(result, s.engine.submitKept, func(work *submitted) error {
		work.do = f
		return nil
	})
}

// submitted is one slot of the submit queue. Its buffer is claimed once and stays with the slot. With the
// queue's own word it fills two cache lines: what is submitted goes from core to core in these, and the
// encoded message behind them.
type submitted struct {
	encodedMessage
	keys   msg.Keys
	do     func()      // called instead of a send, if not nil
	result *Submission // nil if nobody waits
	full   bool        // there is something in the slot
	_      [23]byte
}

func (work *submitted) clear() {
	work.size, work.do, work.result, work.full = 0, nil, nil, false
}

// newSubmitQueue claims the queue and gives each slot its buffer.
func newSubmitQueue(slots, bytes int) (*ring.MPSC[submitted], error) {
	q, err := ring.NewMPSC[submitted](slots)
	if err != nil {
		return nil, err
	}
	room := make([]byte, q.Cap()*bytes)
	for range q.Cap() {
		ticket, _ := q.Claim()
		ticket.Value().buffer, room = room[:bytes:bytes], room[bytes:]
		ticket.Publish()
	}
	for q.Peek() != nil {
		q.Release()
	}
	return q, nil
}

// submit claims a slot if others are left, fills it, publishes it and wakes the loop. A claimed slot
// holds up all later ones until it is published, so a slot that could not be
// filled is published empty, also when fill panics.
//
// The loop may end meanwhile. It first says so in ended and then refuses what is
// in the queue. If ended is not set after the slot was published, the loop will
// still come to the slot, unless an earlier one, claimed and not yet published,
// stands before it; that one's producer publishes later, finds ended set and
// refuses all that is there in the loop's place.
func (e *Engine) submit(s *Submission, others int, fill func(*submitted) error) (err error) {
	if e.ended.Load() {
		return ErrClosed
	}
	if !s.start() {
		return ErrSubmissionBusy
	}
	ticket, ok := e.submitted.ClaimLeaving(others)
	if !ok {
		s.abandon()
		return ErrSubmitFull
	}
	work := ticket.Value()
	filled := false
	defer func() {
		if filled {
			work.result, work.full = s, true
		} else {
			work.clear()
			s.abandon()
		}
		ticket.Publish()
		e.wake()
		if e.ended.Load() {
			e.refuseSubmitted()
		}
	}()
	err = fill(work)
	filled = err == nil
	return err
}

// takeSubmitted does what other goroutines handed over: sliceMessages of it, and no more
// once the slice is over, but at least one.
func (e *Engine) takeSubmitted() {
	for left := sliceMessages; ; left-- {
		// Whether there is anything at all is not asked before: who hands over
		// would have to fetch the line that answers it back.
		work := e.submitted.Peek()
		if work == nil {
			e.pace.taken = 0
			return
		}
		if left == 0 || left < sliceMessages && e.now >= e.pace.until {
			return
		}
		e.idleLooks = 0
		e.pace.taken++
		e.stats.HandedOverPeak = max(e.stats.HandedOverPeak, e.pace.taken)
		if work.full {
			var seq, reference uint64
			var err error
			switch {
			case e.muted:
				err = ErrClosed
			case work.do != nil:
				e.timeHandlers() // it is timed alone
				e.timing.starts("a function submitted by Submitter.Do")
				work.do()
				e.handled()
				e.timeHandlers()
			default:
				if seq, err = e.send(&work.encodedMessage, &work.keys, fromBot); err == nil {
					reference, _ = e.session.Reference(seq)
				}
			}
			work.result.resolve(seq, reference, err)
		}
		work.clear()
		e.submitted.Release()
	}
}

// refuseSubmitted answers everything in the queue once the loop has ended. The
// loop's place as the queue's consumer is then taken by whoever holds the lock.
func (e *Engine) refuseSubmitted() {
	e.refusing.Lock()
	defer e.refusing.Unlock()
	for work := e.submitted.Peek(); work != nil; work = e.submitted.Peek() {
		if work.full {
			work.result.resolve(0, 0, ErrClosed)
		}
		work.clear()
		e.submitted.Release()
	}
}

package engine

import (
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
	case n > s.engine.submitted.slotBytes:
		return ErrSubmitTooLarge
	}
	keys, known := keysOf(m)
	typ := keys.Type
	if !known {
		typ = m.PayloadType()
	}
	others := s.engine.submitted.reserved
	if lowersRisk(typ) {
		others = 0
	}
	return s.engine.submitted.put(result, others, func(work *submitted) (err error) {
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
	}, &s.engine.parking)
}

// Do submits a function for the loop to call, between two events. It is how another goroutine registers a
// handler or reads what belongs to the loop. The errors are those of Send. A panic in f is treated like one
// in a handler.
func (s Submitter) Do(f func(), result *Submission) error {
	q := &s.engine.submitted
	return q.put(result, q.reserved, func(work *submitted) error {
		work.do = f
		return nil
	}, &s.engine.parking)
}

// takeSubmitted does what other goroutines submitted: sliceMessages of it, and no more once the slice is over,
// but at least one.
func (e *Engine) takeSubmitted() {
	for left := sliceMessages; ; left-- {
		// No check before that there is anything: the producer would have to fetch the cache line with the
		// answer back.
		work := e.submitted.ring.Peek()
		if work == nil {
			e.pace.taken = 0
			return
		}
		if left == 0 || left < sliceMessages && e.now >= e.pace.until {
			return
		}
		e.spin.idlePolls = 0
		e.pace.taken++
		e.stats.SubmittedPeak = max(e.stats.SubmittedPeak, e.pace.taken)
		if work.full {
			var seq, reference uint64
			var err error
			switch {
			case e.gate.has(gateMuted):
				err = ErrClosed
			case work.do != nil:
				e.timeHandlers() // the function is timed alone
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
		e.submitted.ring.Release()
	}
}

package engine

import (
	"github.com/smk-go/smk/wire"
)

// Submitter sends from other goroutines than the loop's: it has the same sends, which encode the message and
// submit it through a queue to the loop, which gives it its sequence. It is a small value; get it from
// [Engine.Submitter]. Every method may be called from any goroutine at any time.
type Submitter struct{ engine *Engine }

// Submitter returns the sends for other goroutines. Any goroutine.
func (e *Engine) Submitter() Submitter { return Submitter{e} }

// Send encodes a message into the submit queue and wakes the loop if it sleeps. m may be changed when Send has
// returned.
//
// An error means that nothing was submitted: [ErrSubmitFull], [ErrSubmitTooLarge], [ErrSubmissionBusy],
// [ErrClosed], or the error of encoding m. Otherwise result has the outcome once it is done: the sequence that
// the message took, or the error that [Engine.Send] would have returned. result may be nil.
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

// Do submits a function for the loop to call between two events, for example to register a handler or to read
// state that belongs to the loop. The errors are those of Send. A panic in f is treated like one in a handler.
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
		work := e.nextSubmitted()
		if work == nil {
			e.pace.taken = 0
			return
		}
		if left == 0 || left < sliceMessages && e.now >= e.pace.sliceEnd {
			return
		}
		e.spin.idlePolls = 0
		e.pace.taken++
		e.stats.SubmittedPeak = max(e.stats.SubmittedPeak, e.pace.taken)
		if work.at != 0 {
			e.measured.Submit.Record(e.now - work.at)
		}
		if work.full {
			var seq, reference uint64
			var err error
			switch {
			case e.gate.has(gateMuted):
				err = ErrClosed
			case work.do != nil:
				e.timeHandlers() // the function is timed alone
				e.timing.startHandler("a function submitted by Submitter.Do")
				work.do()
				e.endHandler()
				e.timeHandlers()
			default:
				if seq, err = e.send(&work.encodedMessage, &work.keys, fromBot); err == nil {
					reference, _ = e.session.Reference(seq)
				}
			}
			work.result.resolve(seq, reference, err)
		}
		if work.clear(); !e.tape.replaying() {
			e.submitted.ring.Release()
		}
	}
}

// submissionPending reports whether something is in the submit queue.
func (e *Engine) submissionPending() bool {
	return e.tape.flag(tapePending, e.submitted.ring.Peek() != nil)
}

// nextSubmitted returns what is at the front of the submit queue, nil if it is empty.
func (e *Engine) nextSubmitted() *submitted {
	if e.tape == nil {
		return e.submitted.ring.Peek()
	}
	return e.tape.submitted(e.submitted.ring.Peek())
}

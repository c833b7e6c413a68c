package engine

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// Remote is the engine as other goroutines see it: the same sends, encoded by the
// caller and handed over to the loop, which gives them their sequence. It is a
// small value; get it from [Engine.Remote]. Every method may be called from any
// goroutine at any time.
type Remote struct{ engine *Engine }

// Remote returns the engine as other goroutines see it.
func (e *Engine) Remote() Remote { return Remote{e} }

// Send encodes a message of the application layer into the hand-over queue and
// wakes the loop if that is asleep. m may be changed once Send has returned.
//
// An error means that nothing was handed over: [ErrSubmitFull],
// [ErrSubmitTooLarge], [ErrSubmissionBusy], [ErrClosed], or what encoding m
// failed with. Otherwise s tells what became of it: the sequence that the message
// took, or the error that [Engine.Send] would have returned. s may be nil if nobody wants
// to know.
func (r Remote) Send(typ msg.PayloadType, m wire.Marshaler, s *Submission) error {
	n := m.SizeVT()
	switch {
	case n < 0:
		return &wire.MarshalError{Size: n}
	case n > r.engine.config.SubmitBytes:
		return ErrSubmitTooLarge
	}
	kept := r.engine.submitKept
	if lowersRisk(typ) {
		kept = 0
	}
	return r.engine.handOver(s, kept, func(work *handedOver) error {
		written, err := m.MarshalToSizedBufferVT(work.room[:n])
		if err == nil && written != n {
			err = &wire.MarshalError{Size: n, Wrote: written}
		}
		work.typ, work.size = typ, int32(n)
		return err
	})
}

// Do hands over a function for the loop to call, between two events. It is how
// another goroutine registers a handler or reads what belongs to the loop. The
// errors are those of Send. A panic in f is treated like one in a handler.
func (r Remote) Do(f func(), s *Submission) error {
	return r.engine.handOver(s, r.engine.submitKept, func(work *handedOver) error {
		work.do = f
		return nil
	})
}

// handedOver is one slot of the hand-over queue. Its room is claimed once and
// stays with the slot. With the queue's own word it fills a cache line: what is
// handed over goes from core to core in one, and an encoded message behind it.
type handedOver struct {
	room       []byte
	size       int32 // of the encoded message, at the start of room
	typ        msg.PayloadType
	do         func()      // called instead of a send, if not nil
	submission *Submission // nil if nobody waits
	full       bool        // there is something in the slot
	_          [7]byte
}

func (work *handedOver) clear() { *work = handedOver{room: work.room} }

// SizeVT and MarshalToSizedBufferVT make the slot a message that is encoded
// already.
func (work *handedOver) SizeVT() int { return int(work.size) }

func (work *handedOver) MarshalToSizedBufferVT(b []byte) (int, error) {
	return copy(b[len(b)-int(work.size):], work.room[:work.size]), nil
}

// newHandOver claims the queue and gives each slot its room.
func newHandOver(slots, bytes int) (*ring.MPSC[handedOver], error) {
	q, err := ring.NewMPSC[handedOver](slots)
	if err != nil {
		return nil, err
	}
	room := make([]byte, q.Cap()*bytes)
	for range q.Cap() {
		ticket, _ := q.Claim()
		ticket.Value().room, room = room[:bytes:bytes], room[bytes:]
		ticket.Publish()
	}
	for q.Peek() != nil {
		q.Release()
	}
	return q, nil
}

// handOver claims a slot if others are left, fills it, publishes it and wakes the loop. A claimed slot
// holds up all later ones until it is published, so a slot that could not be
// filled is published empty, also when fill panics.
//
// The loop may end meanwhile. It first says so in ended and then refuses what is
// in the queue. If ended is not set after the slot was published, the loop will
// still come to the slot, unless an earlier one, claimed and not yet published,
// stands before it; that one's producer publishes later, finds ended set and
// refuses all that is there in the loop's place.
func (e *Engine) handOver(s *Submission, others int, fill func(*handedOver) error) (err error) {
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
			work.submission, work.full = s, true
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
				e.timing.starts("a function handed over by Remote.Do")
				work.do()
				e.handled()
				e.timeHandlers()
			default:
				if seq, err = e.Send(work.typ, work); err == nil {
					reference, _ = e.session.Reference(seq)
				}
			}
			work.submission.resolve(seq, reference, err)
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
			work.submission.resolve(0, 0, ErrClosed)
		}
		work.clear()
		e.submitted.Release()
	}
}

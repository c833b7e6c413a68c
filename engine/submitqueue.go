package engine

import (
	"sync"
	"sync/atomic"

	"github.com/smk-go/smk/engine/internal/transport"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
)

// submitQueue passes messages and functions of other goroutines to the loop. Any goroutine may put; the loop
// takes, through ring.
type submitQueue struct {
	ring      *ring.MPSC[submitted]
	slotBytes int // largest encoded message; immutable
	reserved  int // slots for messages that can only lower the risk; immutable
	closed    atomic.Bool
	refusing  sync.Mutex // its holder is the consumer once closed is set
	timed     bool       // submissions are timed, by clock; immutable
	clock     transport.Clock
}

// submitted is one slot of the submit queue. Its buffer is claimed once and stays with the slot. With the
// queue's own word it fills two cache lines: what is submitted goes from core to core in these, and the
// encoded message behind them.
type submitted struct {
	encodedMessage
	keys   msg.Keys
	do     func()      // called instead of a send, if not nil
	result *Submission // may be nil
	full   bool        // the slot is in use
	_      [15]byte
	at     int64 // clock reading of the submission, 0 if it is not timed
}

func (work *submitted) clear() {
	work.size, work.do, work.result, work.full, work.at = 0, nil, nil, false, 0
}

// init claims the queue and gives each slot its buffer.
func (q *submitQueue) init(slots, slotBytes int) error {
	r, err := ring.NewMPSC[submitted](slots)
	if err != nil {
		return err
	}
	room := make([]byte, r.Cap()*slotBytes)
	for range r.Cap() {
		ticket, _ := r.Claim()
		ticket.Value().buffer, room = room[:slotBytes:slotBytes], room[slotBytes:]
		ticket.Publish()
	}
	for r.Peek() != nil {
		r.Release()
	}
	q.ring, q.slotBytes, q.reserved = r, slotBytes, min(r.Cap()/submitReservedShare, submitReservedMax)
	return nil
}

// put claims a slot if more than others are free, fills it, publishes it and wakes the loop. A claimed slot holds
// up all later ones until it is published, so a slot that could not be filled is published empty, also when
// fill panics. The error is ErrClosed, ErrSubmissionBusy, ErrSubmitFull, or fill's.
//
// The loop may end meanwhile. It first sets closed and then refuses what is in the queue. If closed is not
// set after the slot was published, the loop will still take the slot, unless an earlier one, claimed and not
// yet published, is before it; the producer of that one publishes later, finds closed set and refuses all that
// is in the queue.
func (q *submitQueue) put(s *Submission, others int, fill func(*submitted) error, loop *parking) (err error) {
	if q.closed.Load() {
		return ErrClosed
	}
	if !s.start() {
		return ErrSubmissionBusy
	}
	ticket, ok := q.ring.ClaimLeaving(others)
	if !ok {
		s.abandon()
		return ErrSubmitFull
	}
	work := ticket.Value()
	filled := false
	defer func() {
		if filled {
			if work.result, work.full = s, true; q.timed {
				work.at = q.clock.Now()
			}
		} else {
			work.clear()
			s.abandon()
		}
		ticket.Publish()
		loop.wake()
		if q.closed.Load() {
			q.refuse()
		}
	}()
	err = fill(work)
	filled = err == nil
	return err
}

// close refuses everything in the queue, and everything that is put from now on.
func (q *submitQueue) close() {
	q.closed.Store(true)
	q.refuse()
}

// refuse resolves everything in the queue with ErrClosed. The queue is closed.
func (q *submitQueue) refuse() {
	q.refusing.Lock()
	defer q.refusing.Unlock()
	for work := q.ring.Peek(); work != nil; work = q.ring.Peek() {
		if work.full {
			work.result.resolve(0, 0, ErrClosed)
		}
		work.clear()
		q.ring.Release()
	}
}

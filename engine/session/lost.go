package session

import "github.com/smk-go/smk/ring"

// lost is the telling of what became of the messages that were sent on a
// connection that ended.
type lost struct {
	telling bool
	cause   error
	seq     uint64 // next of the ring to look at
}

// markLost begins the telling, unless the session may be resumed: then what was
// sent may still be answered, or asked for again.
func (s *Session) markLost(cause error) {
	s.lost = lost{telling: !s.keep, cause: cause}
	if !s.keep {
		s.forget()
	}
}

// nextFate makes the next fate the event, oldest message first: order entry that
// was not answered, then other application messages that did not leave.
func (s *Session) nextFate() bool {
	if !s.lost.telling {
		return false
	}
	if e := s.open.first(); e != nil {
		fate := InDoubt
		if e.withheld {
			fate = NotDelivered
		}
		s.frames.Range(e.seq, func(rec ring.Record, state ring.SentState) bool {
			if rec.Seq == e.seq && !e.withheld && !e.pending {
				fate = s.fate(rec.Seq, state)
			}
			return false
		})
		s.resolve(e, fate, s.lost.cause)
		return true
	}
	told := false
	s.frames.Range(s.lost.seq, func(rec ring.Record, state ring.SentState) bool {
		s.lost.seq = rec.Seq + 1
		typ, application := ofKind(rec.Kind)
		if !application || classOf(typ).orderEntry() || state == ring.Sent {
			return true
		}
		s.event = Event{
			Kind: SendResolved, Epoch: s.epoch, Received: s.now, Seq: rec.Seq, Type: typ,
			Fate: s.fate(rec.Seq, state), Cause: s.lost.cause,
		}
		told = true
		return false
	})
	s.lost.telling = told
	return told
}

// fate is what the state of a frame says about its message. A frame in the ring
// does not know of its copies.
func (s *Session) fate(seq uint64, state ring.SentState) Fate {
	if state == ring.NotSent && seq < s.copied {
		return NotSent
	}
	return InDoubt
}

// resolve ends the wait for an answer and makes its fate the event.
func (s *Session) resolve(e *entry, fate Fate, cause error) {
	s.event = Event{
		Kind: SendResolved, Epoch: s.epoch, Received: s.now, Fate: fate, Cause: cause,
		Seq: e.seq, Type: e.payloadType(), Reference: e.reference(),
	}
	if fate == InDoubt {
		s.doubt(e)
	}
	s.release(e)
	s.stats.Unanswered++
}

// release ends the wait for an answer.
func (s *Session) release(e *entry) { s.unlink(e, s.open.link(e)) }

// unlink is release for whoever knows what links to e.
func (s *Session) unlink(e *entry, link *int32) {
	if e.withheld {
		s.withheld--
	}
	s.open.remove(e, link)
}

package session

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/internal/marks"
)

// ackLast counts the message of the last event: it has been handled.
func (s *Session) ackLast() {
	if s.sequence.delivered {
		s.sequence.delivered = false
		if s.sequence.next++; s.sequence.gap.open {
			s.gapProgress()
		}
	}
}

// advance counts the next message as done.
func (s *Session) advance() {
	if s.sequence.next++; s.sequence.gap.open {
		s.gapProgress()
	}
}

// gapProgress follows the progress in a gap.
func (s *Session) gapProgress() {
	from, to := s.sequence.progress(s.clock.fair() + int64(s.config.ReplayTimeout))
	if to == 0 {
		return
	}
	s.queue.push(Event{Kind: Recovered, Epoch: s.epoch, Received: s.clock.now, From: from, To: to})
	marks.Hit(marks.GapFilled)
	if s.state == Recovering {
		s.setState(Established, nil)
	}
	s.catchUp.recovered()
}

// miss notes that seq arrived and could not be used, and asks for what is missing.
func (s *Session) miss(seq uint64) {
	if !s.sequence.miss(seq, s.clock.fair()+int64(s.config.ReplayTimeout)) {
		return
	}
	s.stats.Gaps++
	marks.Hit(marks.GapBegins)
	from := s.sequence.next
	s.queue.push(Event{Kind: Gap, Epoch: s.epoch, Received: s.clock.now, From: from, To: max(seq-1, from)})
	if s.state == Established {
		s.setState(Recovering, nil)
	}
	s.requestReplay()
}

// requestReplay asks for everything from the next expected message on, now or when there is room.
func (s *Session) requestReplay() {
	p := &s.outbox.control
	p.Reset()
	p.SetType(msg.PayloadEto)
	p.MutableEtoPayload().MutableReplay().SetSeq(s.sequence.next)
	s.sequence.gap.deferred = s.outbox.sendControl(s.clock.now, envelope.EtoReplay) != nil
	if !s.sequence.gap.deferred {
		s.stats.ReplaysAsked++
	}
}

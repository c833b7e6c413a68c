package session

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
)

// gap is what is missing of the inbound sequence. One request is outstanding at a
// time: it is for everything from the first missing message on, so that what
// arrives and cannot be used meanwhile comes again with it.
type gap struct {
	open     bool
	owed     bool   // the request found no room yet
	from     uint64 // first missing
	high     uint64 // highest sequence seen; the gap is filled when in passes it
	deadline int64  // for the next progress
	failures int    // deadlines missed in a row
}

// miss notes that seq arrived and could not be used. Usually in is missing before it;
// before the answer to the login it may have been in itself.
func (s *Session) miss(seq uint64) {
	if s.gap.open {
		s.gap.high = max(s.gap.high, seq)
		return
	}
	s.gap = gap{open: true, from: s.in, high: seq, deadline: s.fair() + int64(s.config.ReplayTimeout)}
	s.stats.Gaps++
	s.queue.push(Event{Kind: Gap, Epoch: s.epoch, Received: s.now, From: s.in, To: max(seq-1, s.in)})
	if s.state == Established {
		s.move(Recovering, nil)
	}
	s.askReplay()
}

// askReplay asks for everything from the next expected message on.
func (s *Session) askReplay() {
	p := &s.control
	p.Reset()
	p.SetType(msg.PayloadEto)
	p.MutableEtoPayload().MutableReplay().SetSeq(s.in)
	s.gap.owed = s.sendControl(envelope.EtoReplay) != nil
	if !s.gap.owed {
		s.stats.ReplaysAsked++
	}
}

// filled notes that the gap has become smaller.
func (s *Session) filled() {
	s.gap.deadline, s.gap.failures = s.fair()+int64(s.config.ReplayTimeout), 0
	if s.in <= s.gap.high {
		return
	}
	s.queue.push(Event{Kind: Recovered, Epoch: s.epoch, Received: s.now, From: s.gap.from, To: s.gap.high})
	s.gap = gap{}
	if s.state == Recovering {
		s.move(Established, nil)
	}
	if s.resuming && s.catchUp.waiting {
		s.passBarrier()
	}
}

// tickGap asks once more when nothing came, and then gives up.
func (s *Session) tickGap() {
	if !s.gap.open || s.fair() < s.gap.deadline {
		return
	}
	s.gap.failures++
	if s.gap.failures >= replayFailuresMax {
		s.fail(ErrReplayTimeout)
		return
	}
	s.gap.deadline = s.fair() + int64(s.config.ReplayTimeout)
	s.askReplay()
}

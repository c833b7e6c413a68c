package session

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
)

// serveReplay answers a replay request of the exchange.
func (s *Session) serveReplay(request *msg.EtoReplay) {
	if !request.HasSeq() {
		marks.Hit(marks.ReplayWithoutSequence)
		s.stats.Ignored++
		return
	}
	s.startReplay(max(request.GetSeq(), 1))
}

// startReplay begins to send again from a sequence on.
func (s *Session) startReplay(from uint64) {
	verdict := s.resender.request(from, s.outbox.next, s.outbox.frames.Oldest(), s.clock.fair())
	switch verdict {
	case replayNothing:
		marks.Hit(marks.ReplayOfNothing)
		s.stats.Ignored++
		return
	case replayBeyondKept:
		marks.Hit(marks.ReplayBeyondKept)
		s.violation(from, ErrReplayRange)
		return
	}
	s.checkUnresponsive()
	switch verdict {
	case replayStuck:
		marks.Hit(marks.ReplayStuck)
		s.fail(ErrUnresponsive)
	case replayServed:
		marks.Hit(marks.ReplayServed)
		s.requests.suppressUntil(from, s.resender.kept)
		s.resender.resume(&s.outbox, &s.requests, s.clock.now)
	}
}

// checkUnresponsive gives the exchange up if it takes no notice of us.
func (s *Session) checkUnresponsive() {
	if s.liveness.unresponsive(s.clock.fair(), int64(s.config.PeerTimeout)) {
		marks.Hit(marks.Unresponsive)
		s.fail(ErrUnresponsive)
	}
}

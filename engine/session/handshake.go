package session

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/internal/marks"
)

// beforeLogin is any message in the state LoginSent. Only an answer to the login
// counts. What else arrives cannot be answered yet, so that a replay of it is requested
// after the login.
func (s *Session) beforeLogin(env envelope.Envelope, payload []byte) {
	switch {
	case env.EtoType == envelope.EtoLogout && !env.IsReplay:
		s.loggedOut(env, payload) // also below the next sequence: a refused resume starts at 1
		return
	case env.EtoType == envelope.EtoLoginResponse && !env.IsReplay:
		s.loggedIn(env, payload)
		return
	case !s.plausible(env.Seq):
		return
	case env.EtoType == envelope.EtoReplay:
		if !s.decode(env, payload) {
			return
		}
		s.resender.requestEarly(max(s.payload.GetEtoPayload().GetReplay().GetSeq(), 1))
		marks.Hit(marks.ReplayRequestBeforeLogin)
	}
	s.stats.Discarded++
	marks.Hit(marks.DiscardedBeforeLogin)
	s.sequence.early = max(s.sequence.early, env.Seq)
}

// plausible reports whether a message before or with the answer to the login has a sequence that is not
// below the next one, and not too far above.
func (s *Session) plausible(seq uint64) bool {
	switch s.sequence.position(seq) {
	case duplicate:
		s.stats.Duplicates++
		return false
	case beyondGapMax:
		s.violation(seq, ErrGapTooLarge)
		return false
	}
	return true
}

// loggedIn is the answer to the login.
func (s *Session) loggedIn(env envelope.Envelope, payload []byte) {
	if !s.decode(env, payload) {
		return
	}
	response := s.payload.GetEtoPayload().GetLoginResponse()
	next, ok := s.login.response(response)
	switch {
	case !ok:
		s.fail(ErrSessionReplaced)
		marks.Hit(marks.SessionReplaced)
		return
	case !s.plausible(env.Seq):
		return
	case next > sequenceMax:
		s.violation(env.Seq, ErrSequenceSpent)
		return
	}
	s.login.accepted(response.GetSession())
	if next != s.outbox.next {
		s.outbox.rebase(next)
		marks.Hit(marks.OutboxRebased)
	}
	s.stats.Logins++
	s.setState(Established, nil)
	e := s.decoded(LoggedIn, env, payload)
	e.Resumed = s.login.resuming
	if s.catchUp.requested {
		e.AccountSequence = s.catchUp.from
	}
	s.queue.push(e)
	if env.Seq == s.sequence.next {
		s.sequence.next++
	}
	if s.resender.early {
		s.startReplay(s.resender.next)
	}
	if high := max(s.sequence.early, env.Seq); high >= s.sequence.next {
		s.miss(high)
		marks.Hit(marks.GapAtLogin)
	}
	if s.login.settings.announced {
		s.sendSettings()
	}
	deadline := s.clock.fair() + int64(s.config.AnswerTimeout)
	if s.catchUp.begin(s.login.resuming, s.sequence.gap.open, deadline) {
		s.sendCatchUpPing()
	}
}

// loggedOut is a logout by the exchange: the last message of the connection.
func (s *Session) loggedOut(env envelope.Envelope, payload []byte) {
	if !s.decode(env, payload) {
		return
	}
	reason := s.payload.GetEtoPayload().GetLogout().GetReason()
	if env.Seq == s.sequence.next && s.state != LoginSent {
		s.advance()
	}
	s.fail(s.login.refused.classify(reason, s.login.logout, s.login.resuming && s.state == LoginSent, s.clock.now))
	e := s.decoded(LoggedOut, env, payload)
	e.Reason = reason
	s.queue.push(e) // behind what it may have completed
}

// Logout asks the exchange to end the session; LoggedOut and an error from Next
// follow. The error is ErrNotLoggedIn, ErrFull or ErrClosed; a second logout is
// ErrState.
func (s *Session) Logout(now int64) error {
	s.setClock(now)
	switch {
	case s.state == LogoutSent:
		return ErrState
	case !s.canSend():
		return s.refusal()
	}
	p := &s.outbox.control
	p.Reset()
	p.SetType(msg.PayloadEto)
	p.MutableEtoPayload().MutableLogout().SetReason(msg.EtoLogoutNone)
	if err := s.outbox.sendControl(s.clock.now, envelope.EtoLogout); err != nil {
		return err
	}
	s.login.logout, s.login.since = true, s.clock.fair()
	s.setState(LogoutSent, nil)
	return nil
}

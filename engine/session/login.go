package session

import (
	"bytes"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
)

// login queues the login: the first message of a fresh session, or the next one of
// a session that is resumed.
func (s *Session) login() error {
	p := &s.control
	p.Reset()
	m := p.MutableLogin()
	m.Reset()
	if len(s.token) > 0 {
		m.SetCookie(s.token)
	} else {
		m.SetUsernameString(s.config.Username)
		m.SetPasswordString(s.config.Password)
	}
	if s.resuming {
		p.MutableEtoPayload().MutableLogin().SetSession(s.id)
	} else if s.config.Resume != ResumeNone && (s.account.known || s.entered || s.config.AccountFromStart) {
		// The 64-bit field counts; a zero keeps a wide number out of the old one. Numbers
		// begin at 1: to ask from there is to ask for all that there is, which an absent
		// field does not.
		s.catchUp.asked, s.catchUp.from = true, max(s.account.resume, 1)
		s.account.ask()
		m.SetAccountSequence(0)
		m.SetAccountSequence_64(s.catchUp.from)
	}
	s.loginSeq = s.out
	return s.sendControl(envelope.EtoLogin)
}

// beforeLogin is any message in the state LoginSent. Only an answer to the login
// counts. What else arrives cannot be answered yet, so it is asked for again after
// the login.
func (s *Session) beforeLogin(env envelope.Envelope, payload []byte) {
	switch {
	case env.EtoType == envelope.EtoLogout && !env.IsReplay:
		s.loggedOut(env, payload) // also below in: a refused resume starts at 1
		return
	case env.EtoType == envelope.EtoLoginResponse && !env.IsReplay:
		s.loggedIn(env, payload)
		return
	case env.Seq < s.in:
		s.stats.Duplicates++
		return
	case env.Seq-s.in > GapMax:
		s.violation(env.Seq, ErrGapTooLarge)
		return
	case env.EtoType == envelope.EtoReplay:
		if !s.decode(env, payload) {
			return
		}
		s.serving.ask(s.payload.GetEtoPayload().GetReplay())
	}
	s.stats.Discarded++
	s.early = max(s.early, env.Seq)
}

// loggedIn is the answer to the login.
func (s *Session) loggedIn(env envelope.Envelope, payload []byte) {
	if !s.decode(env, payload) {
		return
	}
	response := s.payload.GetEtoPayload().GetLoginResponse()
	reset := response.GetReset()
	if reset == 0 {
		reset = s.loginSeq + 1 // not said
	}
	switch {
	case s.resuming && !bytes.Equal(response.GetSession(), s.id), s.resuming && reset <= s.loginSeq:
		// Another session, or one that forgot what we sent.
		s.fail(ErrSessionReplaced)
		return
	case env.Seq < s.in:
		s.stats.Duplicates++
		return
	case env.Seq-s.in > GapMax:
		s.violation(env.Seq, ErrGapTooLarge)
		return
	case reset > sequenceMax:
		s.violation(env.Seq, ErrSequenceSpent)
		return
	}
	if id := response.GetSession(); len(id) <= SessionBytesMax {
		s.id = append(s.id[:0], id...)
	} else {
		s.id = s.id[:0]
	}
	if reset != s.out {
		s.out = reset
		s.frames.Rebase(reset)
	}
	s.refused.loggedIn()
	s.stats.Logins++
	s.move(Established, nil)
	e := s.decoded(LoggedIn, env, payload)
	e.Resumed = s.resuming
	if s.catchUp.asked {
		e.AccountSequence = s.catchUp.from
	}
	s.queue.push(e)
	if env.Seq == s.in {
		s.in++
	}
	if s.serving.asked {
		s.startServing(s.serving.next)
	}
	if high := max(s.early, env.Seq); high >= s.in {
		s.miss(high)
	}
	if s.announces {
		s.sendSettings()
	}
	s.beginCatchUp()
}

// SetCancelAllOnFailure replaces Config.CancelAllOnFailure for the logins to come,
// whether they begin a session or resume one: each is followed by settings that say
// so. It is for a driver whose user has sent settings of his own.
func (s *Session) SetCancelAllOnFailure(on bool) { s.config.CancelAllOnFailure, s.announces = on, true }

// sendSettings says whether the exchange is to cancel the orders if we fall silent. It
// holds for one session, so each login is followed by it.
func (s *Session) sendSettings() {
	settings := s.control.MutableSettings()
	settings.Reset()
	settings.SetCancelAllOnFailure(s.config.CancelAllOnFailure)
	_, err := s.frame(msg.PayloadSettings, settings)
	s.settings = err != nil
}

// Logout asks the exchange to end the session; LoggedOut and an error from Next
// follow. The error is ErrNotLoggedIn, ErrFull or ErrClosed; a second logout is
// ErrState.
func (s *Session) Logout(now int64) error {
	s.clock(now)
	switch {
	case s.state == LogoutSent:
		return ErrState
	case s.state != Established && s.state != Recovering || s.err != nil:
		return s.refusal()
	}
	p := &s.control
	p.Reset()
	p.SetType(msg.PayloadEto)
	p.MutableEtoPayload().MutableLogout().SetReason(msg.EtoLogoutNone)
	if err := s.sendControl(envelope.EtoLogout); err != nil {
		return err
	}
	s.asked, s.since = true, s.fair()
	s.move(LogoutSent, nil)
	return nil
}

// loggedOut is a logout by the exchange: the last message of the connection.
func (s *Session) loggedOut(env envelope.Envelope, payload []byte) {
	if !s.decode(env, payload) {
		return
	}
	reason := s.payload.GetEtoPayload().GetLogout().GetReason()
	if env.Seq == s.in && s.state != LoginSent {
		s.advance()
	}
	s.fail(s.refused.judge(reason, s.asked, s.resuming && s.state == LoginSent, s.now))
	e := s.decoded(LoggedOut, env, payload)
	e.Reason = reason
	s.queue.push(e) // behind what it may have completed
}

package session

import (
	"math"

	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/internal/marks"
)

// Connecting says that the driver has begun to open a transport. It is optional:
// Open may follow Lost directly.
func (s *Session) Connecting(now int64) error {
	if err := s.checkConnect(); err != nil {
		return err
	}
	if s.state != Disconnected {
		return ErrState
	}
	s.setClock(now)
	s.setState(Connecting, nil)
	return nil
}

// checkConnect reports what stands against a new connection.
func (s *Session) checkConnect() error {
	switch {
	case s.closed:
		return ErrClosed
	case s.login.refusedForGood != nil:
		return s.login.refusedForGood
	case s.fates.open || s.state == Disconnected && s.queue.n > 0:
		return ErrUndrained
	}
	return nil
}

// Open says that the transport is up: a new epoch begins, and the login is
// queued. The error is ErrState if there is a connection already, ErrUndrained
// if Next has not returned all events of the last one, ErrClosed, ErrNoCredentials,
// or the refusal after which no login with the same credentials may be tried.
func (s *Session) Open(now int64) error {
	if err := s.checkConnect(); err != nil {
		return err
	}
	if s.state != Disconnected && s.state != Connecting {
		return ErrState
	}
	if s.epoch == math.MaxUint32 {
		return ErrSequenceSpent
	}
	if !s.login.hasCredentials() {
		return ErrNoCredentials
	}
	s.setClock(now)
	s.epoch++
	s.buffer.Reset()
	if s.recorder != nil {
		s.recorder.open(s.epoch)
	}
	s.arrived, s.drained = 0, false
	fair := s.clock.fair()
	s.login.open(fair)
	resuming := s.login.resuming
	s.liveness.open(fair, resuming)
	s.sequence.open(resuming)
	s.resender.open(resuming)
	s.catchUp.open(s.config.RequireCaughtUp, resuming)
	s.outbox.open(s.clock.now, s.epoch)
	if !resuming {
		s.requests.detachDoubts()
		s.outbox.rebase(1)
	}
	s.setState(LoginSent, nil)
	if err := s.sendLogin(); err != nil {
		panic("BUG: session: no room for the login: " + err.Error()) // nothing is unsent
	}
	return nil
}

// sendLogin queues the login: the first message of a fresh session, or the next one of a session that is
// resumed. A fresh one asks for the account's messages that are missing. Numbers begin at 1: to ask from
// there is to ask for all that there is, which an absent field does not.
func (s *Session) sendLogin() error {
	from := uint64(0)
	if !s.login.resuming && s.config.Resume != ResumeNone &&
		(s.account.known || s.requests.peak > 0 || s.config.AccountFromStart) {
		from = max(s.account.resume, 1)
		s.account.request()
		s.catchUp.request(from)
	}
	s.login.write(&s.outbox.control, from)
	s.login.seq = s.outbox.next
	return s.outbox.sendControl(s.clock.now, envelope.EtoLogin)
}

// Lost says that the transport is closed, or could not be opened, and why: what Next,
// Tick or the transport returned. It drops what was received and not taken, so
// take everything before. The events that follow report the new state and the fate
// of unanswered messages. Without a connection it does nothing.
func (s *Session) Lost(now int64, cause error) {
	if s.state == Disconnected {
		return
	}
	s.setClock(now)
	s.RecordNow()
	s.ackLast()
	s.outbox.frames.Drop()
	resumable := s.config.Resume == ResumeSession && !s.sequence.spent() && !s.outbox.spent()
	kept := s.login.lost(resumable, cause)
	s.err = nil
	s.setState(Disconnected, cause)
	s.fates = fates{cause: cause}
	if !kept {
		s.abandon(cause)
	}
}

// abandon begins the report of the fates of what was sent: the session is not resumed, so that nothing of it
// can be answered or requested any more.
func (s *Session) abandon(cause error) {
	s.fates.begin(cause)
	s.login.forget()
	s.liveness.pings = pings{}
}

// Forget gives up resuming the session that was lost, so that Next reports the fates
// of what was sent and the next login is a fresh one. It is for a driver
// that gives up, or wants a fresh start; while there is a connection it returns
// ErrState, and ErrClosed after Close.
func (s *Session) Forget() error {
	if s.closed {
		return ErrClosed
	}
	if s.state != Disconnected && s.state != Connecting {
		return ErrState
	}
	if s.login.keep {
		marks.Hit(marks.SessionForgotten)
		s.login.keep = false
		s.abandon(s.fates.cause)
	}
	s.login.forget()
	s.liveness.pings = pings{}
	return nil
}

// SetCredentials replaces the credentials for the logins to come. The error is a
// *[ConfigError] if no login can be made of them, which leaves the old ones in force,
// ErrState from Open until Lost, and ErrClosed.
func (s *Session) SetCredentials(c Credentials) error {
	switch {
	case s.closed:
		return ErrClosed
	case s.state != Disconnected && s.state != Connecting:
		return ErrState
	}
	if err := c.Check(); err != nil {
		return err
	}
	s.login.set(c)
	return nil
}

// SetCancelAllOnFailure replaces Config.CancelAllOnFailure for the logins to come,
// whether they begin a session or resume one: each is followed by settings that say
// so. It is for a driver whose user has sent other settings.
func (s *Session) SetCancelAllOnFailure(on bool) {
	s.login.settings.cancelAllOnFailure, s.login.settings.announced = on, true
}

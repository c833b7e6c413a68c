package session

import (
	"bytes"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
)

// login holds what logs in: the credentials, the identifier of the session that is resumed, and what the
// exchange said of earlier logins.
type login struct {
	username       string
	password       string
	token          []byte // used alone, if there is one
	id             []byte // of the session, for resuming; capacity SessionBytesMax
	keep           bool   // the next login resumes it
	resuming       bool   // this login does
	seq            uint64 // of the login
	since          int64  // fair reading at which the login or the logout was queued
	logout         bool   // we sent a logout
	refusedForGood error  // why no login may be tried again
	refused        refusals
	settings       loginSettings
}

// loginSettings say whether the exchange is to cancel the orders if it receives nothing from the client any
// more. That holds for one connection, so each login is followed by them.
type loginSettings struct {
	cancelAllOnFailure bool
	announced          bool // after each login
	deferred           bool // they found no room in the send ring yet
}

// init takes the credentials, the settings and the session to be resumed.
func (l *login) init(config *Config) {
	l.id = make([]byte, 0, SessionBytesMax)
	l.set(Credentials{config.Username, config.Password, config.Token})
	l.settings = loginSettings{cancelAllOnFailure: config.CancelAllOnFailure, announced: config.CancelAllOnFailure}
	if config.ResumeFrom.ID != "" {
		l.id, l.keep = append(l.id, config.ResumeFrom.ID...), true
	}
}

// set replaces the credentials.
func (l *login) set(c Credentials) {
	l.username, l.password = c.Username, c.Password
	clear(l.token)
	l.token = append(l.token[:0], c.Token...)
}

// hasCredentials reports whether there is anything to log in with.
func (l *login) hasCredentials() bool { return len(l.token) > 0 || l.username != "" }

// open begins a connection, which resumes the session if that was kept.
func (l *login) open(fair int64) {
	l.since, l.logout, l.settings.deferred = fair, false, false
	if l.resuming, l.keep = l.keep, false; !l.resuming {
		l.forget()
	}
}

// forget drops what would resume the session.
func (l *login) forget() {
	clear(l.id[:cap(l.id)])
	l.id = l.id[:0]
}

// write makes p the login. from is the account sequence to resume from, 0 for none.
func (l *login) write(p *msg.Payload, from uint64) {
	p.Reset()
	m := p.MutableLogin()
	m.Reset()
	if len(l.token) > 0 {
		m.SetCookie(l.token)
	} else {
		m.SetUsernameString(l.username)
		m.SetPasswordString(l.password)
	}
	if l.resuming {
		p.MutableEtoPayload().MutableLogin().SetSession(l.id)
	} else if from != 0 {
		// The 64-bit field counts; a zero keeps a wide number out of the old one.
		m.SetAccountSequence(0)
		m.SetAccountSequence_64(from)
	}
}

// response reads the answer to the login: the sequence to go on with, and false if the session that was to
// be resumed is another one, or one that forgot what we sent.
func (l *login) response(m *msg.EtoLoginResponse) (next uint64, ok bool) {
	if next = m.GetReset(); next == 0 {
		next = l.seq + 1 // not said
	}
	return next, !l.resuming || bytes.Equal(m.GetSession(), l.id) && next > l.seq
}

// accepted notes that we are logged in to a session.
func (l *login) accepted(id []byte) {
	l.id = l.id[:0]
	if len(id) <= SessionBytesMax {
		l.id = append(l.id, id...)
	}
	l.refused.loggedIn()
}

// lost notes the end of a connection, and keeps the session if it may be resumed.
func (l *login) lost(resumable bool, cause error) (kept bool) {
	policy := PolicyOf(cause)
	l.keep = resumable && policy.KeepSession && len(l.id) > 0 && !l.logout
	if policy.Retry == RetryNever && !l.logout {
		l.refusedForGood = cause
		marks.Hit(marks.LoginRefusedForGood)
	}
	return l.keep
}

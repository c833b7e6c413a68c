package session

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

func newLogin(config Config) *login {
	l := new(login)
	l.init(&config)
	return l
}

// TestLoginInit takes what it needs of the settings, and of a session to be resumed.
func TestLoginInit(t *testing.T) {
	l := newLogin(Config{Username: "u", Password: "p"})
	if l.keep || len(l.id) != 0 || cap(l.id) < SessionBytesMax ||
		l.settings != (loginSettings{}) || !l.hasCredentials() {
		t.Errorf("%+v", l)
	}
	l = newLogin(Config{Token: "t", CancelAllOnFailure: true, ResumeFrom: Resumption{ID: "A", In: 5, Out: 6}})
	if !l.keep || string(l.id) != "A" || !l.settings.announced ||
		!l.settings.cancelAllOnFailure || !l.hasCredentials() {
		t.Errorf("%+v", l)
	}
	if l := newLogin(Config{}); l.hasCredentials() {
		t.Error("credentials out of nothing")
	}
}

// TestLoginSet replaces credentials of every kind by others, and leaves nothing of a token in memory.
func TestLoginSet(t *testing.T) {
	l := newLogin(Config{Token: "secret"})
	memory := l.token
	l.set(Credentials{Username: "u", Password: "p"})
	if !bytes.Equal(memory, make([]byte, len(memory))) {
		t.Errorf("the old token stays in memory: %q", memory)
	}
	var p msg.Payload
	l.write(&p, 0)
	if m := p.GetLogin(); string(m.GetUsername()) != "u" || string(m.GetPassword()) != "p" || m.HasCookie() {
		t.Errorf("logs in as %q with a cookie %t", m.GetUsername(), m.HasCookie())
	}
	l.set(Credentials{Username: "u", Password: "p", Token: "t"})
	l.write(&p, 0)
	if m := p.GetLogin(); string(m.GetCookie()) != "t" || m.HasUsername() || m.HasPassword() {
		t.Errorf("logs in with %q, username %t, password %t", m.GetCookie(), m.HasUsername(), m.HasPassword())
	}
}

// TestLoginWrite writes the account sequence of a fresh session and the identifier of one that is resumed, and
// nothing of a message that was there before.
func TestLoginWrite(t *testing.T) {
	for _, c := range []struct {
		resuming bool
		from     uint64
		session  string
		account  uint64
		has      bool
	}{
		{false, 0, "", 0, false},
		{false, 1, "", 1, true},
		{false, 1 << 40, "", 1 << 40, true},
		{true, 0, "A", 0, false},
		{true, 5, "A", 0, false},
	} {
		l := newLogin(Config{Username: "u", Password: "p", ResumeFrom: Resumption{ID: "A"}})
		l.keep = c.resuming
		l.open(100)
		var p msg.Payload
		p.MutableEtoPayload().MutableReplay().SetSeq(9)
		p.MutableLogin().SetAccountSequence_64(99)
		l.write(&p, c.from)
		m, eto := p.GetLogin(), p.GetEtoPayload()
		if eto.HasLogin() != c.resuming || string(eto.GetLogin().GetSession()) != c.session || eto.HasReplay() {
			t.Errorf("%+v: session %q, replay %t", c, eto.GetLogin().GetSession(), eto.HasReplay())
		}
		if m.HasAccountSequence_64() != c.has || m.HasAccountSequence() != c.has || m.GetAccountSequence() != 0 ||
			m.GetAccountSequence_64() != c.account || string(m.GetUsername()) != "u" {
			t.Errorf("%+v: %v", c, m)
		}
	}
}

// TestLoginOpen resumes a session that was kept, once.
func TestLoginOpen(t *testing.T) {
	l := newLogin(Config{Token: "t", ResumeFrom: Resumption{ID: "A"}})
	l.logout, l.settings.deferred = true, true
	if l.open(100); !l.resuming || l.keep || string(l.id) != "A" || l.since != 100 || l.logout || l.settings.deferred {
		t.Errorf("%+v", l)
	}
	memory := l.id
	if l.open(200); l.resuming || len(l.id) != 0 || l.since != 200 || memory[0] != 0 {
		t.Errorf("%+v, memory %q", l, memory)
	}
}

// TestLoginResponse goes on with the sequence that the exchange names, and refuses another session than the one
// to resume.
func TestLoginResponse(t *testing.T) {
	for _, c := range []struct {
		resuming bool
		id       string
		reset    uint64
		next     uint64
		ok       bool
	}{
		{false, "B", 0, 8, true},
		{false, "B", 2, 2, true},
		{false, "", 1 << 40, 1 << 40, true},
		{true, "A", 0, 8, true},
		{true, "A", 8, 8, true},
		{true, "A", 900, 900, true},
		{true, "A", 7, 7, false},
		{true, "A", 1, 1, false},
		{true, "B", 8, 8, false},
		{true, "", 8, 8, false},
	} {
		l := newLogin(Config{Token: "t", ResumeFrom: Resumption{ID: "A"}})
		l.resuming, l.seq = c.resuming, 7
		var m msg.EtoLoginResponse
		m.SetSessionString(c.id)
		if c.reset != 0 {
			m.SetReset(c.reset)
		}
		if next, ok := l.response(&m); next != c.next || ok != c.ok {
			t.Errorf("%+v: %d, %t", c, next, ok)
		}
	}
}

// TestLoginAccepted keeps an identifier as long as it may be, and ends the rows of refusals.
func TestLoginAccepted(t *testing.T) {
	l := newLogin(Config{Token: "t"})
	l.refused.loginTimeouts, l.refused.notFirst, l.refused.heartbeatTimeout = 3, 2, true
	for _, c := range []struct{ id, want string }{
		{"A", "A"},
		{strings.Repeat("x", SessionBytesMax), strings.Repeat("x", SessionBytesMax)},
		{strings.Repeat("x", SessionBytesMax+1), ""},
		{"", ""},
	} {
		l.id = append(l.id[:0], "old"...)
		if l.accepted([]byte(c.id)); string(l.id) != c.want {
			t.Errorf("%d bytes: %d are kept", len(c.id), len(l.id))
		}
	}
	if l.refused != (refusals{heartbeatTimeout: true}) {
		t.Errorf("%+v", l.refused)
	}
}

// TestLoginLost keeps the session unless something stands against that, and bars further logins after what
// must not be tried again.
func TestLoginLost(t *testing.T) {
	fatal := &LogoutError{Reason: msg.EtoLogoutUnauthorised, policy: Policy{Retry: RetryNever, KeepSession: true}}
	for name, c := range map[string]struct {
		resumable, logout bool
		id                string
		cause             error
		kept, barred      bool
	}{
		"kept":                    {true, false, "A", io.EOF, true, false},
		"not resumable":           {false, false, "A", io.EOF, false, false},
		"no identifier":           {true, false, "", io.EOF, false, false},
		"our logout":              {true, true, "A", io.EOF, false, false},
		"policy":                  {true, false, "A", ErrSessionReplaced, false, false},
		"refused":                 {true, false, "A", fatal, true, true},
		"refused amid our logout": {true, true, "A", fatal, false, false},
	} {
		l := newLogin(Config{Token: "t"})
		l.id, l.logout = append(l.id, c.id...), c.logout
		kept := l.lost(c.resumable, c.cause)
		if kept != c.kept || l.keep != c.kept || (l.refusedForGood != nil) != c.barred {
			t.Errorf("%s: kept %t, %v", name, kept, l.refusedForGood)
		}
		if c.barred && !errors.Is(l.refusedForGood, c.cause) {
			t.Errorf("%s: %v", name, l.refusedForGood)
		}
	}
}

package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// sentLogin reads the login that waits to be sent.
func (k *kit) sentLogin() *msg.Login {
	k.t.Helper()
	payload, _, err := wire.Scan(k.sent(), wire.Limits{})
	if err != nil {
		k.t.Fatal(err)
	}
	p := new(msg.Payload)
	if err := p.Decode(payload, nil); err != nil {
		k.t.Fatal(err)
	}
	return p.GetLogin()
}

// TestSetCredentials logs in with what was set last, whichever kind it is, and refuses
// what no login can be made of.
func TestSetCredentials(t *testing.T) {
	s, err := New(Config{LateCredentials: true, Resume: ResumeSession})
	if err != nil {
		t.Fatal(err)
	}
	k := &kit{t: t, s: s, now: second, server: 1}
	wantErr(t, s.Open(k.now), ErrNoCredentials)
	token := strings.Repeat("t", CredentialBytesMax)
	for _, c := range []Credentials{
		{Token: token},
		{Username: strings.Repeat("u", CredentialBytesMax), Password: strings.Repeat("p", CredentialBytesMax)},
		{Username: "u", Password: "p", Token: "short"},
		{Username: "u", Password: "p"},
	} {
		if err := s.SetCredentials(c); err != nil {
			t.Fatal(err)
		}
		for _, wrong := range []Credentials{
			{},
			{Username: "u"},
			{Password: "p"},
			{Token: token + "t"},
			{Username: token + "t", Password: "p"},
			{Username: "u", Password: token + "t"},
		} {
			var refused *ConfigError
			if err := s.SetCredentials(wrong); !errors.As(err, &refused) || strings.Contains(err.Error(), "tt") {
				t.Errorf("%v: %v", wrong, err)
			}
		}
		if err := s.Connecting(k.now); err != nil {
			t.Fatal(err)
		}
		if err := s.SetCredentials(c); err != nil {
			t.Error(err)
		}
		k.open()
		m := k.sentLogin()
		want := c
		if c.Token != "" {
			want.Username, want.Password = "", ""
		}
		if got := (Credentials{string(m.GetUsername()), string(m.GetPassword()), string(m.GetCookie())}); got != want {
			t.Errorf("logs in with another than was set: token of %d bytes, %q", len(got.Token), got.Username)
		}
		wantErr(t, s.SetCredentials(c), ErrState)
		k.login()
		k.events()
		wantErr(t, s.SetCredentials(c), ErrState)
		s.Lost(k.now, io.EOF)
		k.events()
		if err := s.Forget(); err != nil {
			t.Fatal(err)
		}
		k.events()
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	wantErr(t, s.SetCredentials(Credentials{Token: "t"}), ErrClosed)
	var refused *ConfigError
	for _, c := range []Config{{Username: "u"}, {Password: "p"}, {Token: "t"}} {
		c.LateCredentials = true
		if _, err := New(c); !errors.As(err, &refused) || refused.Field != "LateCredentials" {
			t.Errorf("%v: %v", c, err)
		}
	}
}

// TestCredentialsAreSecret prints them by every verb.
func TestCredentialsAreSecret(t *testing.T) {
	c := Credentials{Username: "hunter1", Password: "hunter2", Token: "hunter3"}
	var texts []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		texts = append(texts, fmt.Sprintf(verb, c), fmt.Sprintf(verb, &c), fmt.Sprintf(verb, []Credentials{c}))
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", c)
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range append(texts, log.String(), string(b)) {
		if strings.Contains(text, "hunter") || strings.Contains(text, fmt.Sprintf("%x", "hunter")) {
			t.Errorf("shows a credential: %s", text)
		}
	}
	if s := (Credentials{Token: "t"}).String(); s != "{Username:unset Password:unset Token:set}" {
		t.Error(s)
	}
}

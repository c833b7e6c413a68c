package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

func TestConfigRefused(t *testing.T) {
	long := strings.Repeat("x", CredentialBytesMax+1)
	for name, change := range map[string]func(*Config){
		"Token":           func(c *Config) { c.Username, c.Password = "", "" },
		"Username":        func(c *Config) { c.Username = long },
		"Username ":       func(c *Config) { c.Password = "" },
		"Password ":       func(c *Config) { c.Username = "" },
		"Password":        func(c *Config) { c.Password = long },
		"Token ":          func(c *Config) { c.Token = long },
		"Resume":          func(c *Config) { c.Resume = 3 },
		"AccountSequence": func(c *Config) { c.Resume, c.AccountSequence = ResumeNone, 1 },
		"ResumeFrom":      func(c *Config) { c.ResumeFrom = Resumption{"A", 1, 1} },
		"ResumeFrom.ID": func(c *Config) {
			c.Resume, c.ResumeFrom = ResumeSession, Resumption{strings.Repeat("x", SessionBytesMax+1), 1, 1}
		},
		"ResumeFrom ":    func(c *Config) { c.Resume, c.ResumeFrom = ResumeSession, Resumption{"A", 0, 1} },
		"ResumeFrom  ":   func(c *Config) { c.Resume, c.ResumeFrom = ResumeSession, Resumption{"A", 1, 0} },
		"ResumeFrom   ":  func(c *Config) { c.Resume, c.ResumeFrom = ResumeSession, Resumption{"A", 1, 1<<64 - 1} },
		"ResumeFrom    ": func(c *Config) { c.Resume, c.ResumeFrom = ResumeSession, Resumption{"A", 1<<64 - 1, 1} },
		"LoginTimeout":   func(c *Config) { c.LoginTimeout = -1 },
		"LogoutTimeout":  func(c *Config) { c.LogoutTimeout = timeMax + 1 },
		"HeartbeatAfter": func(c *Config) { c.HeartbeatAfter = -1 },
		"PeerTimeout":    func(c *Config) { c.PeerTimeout = -1 },
		"ReplayTimeout":  func(c *Config) { c.ReplayTimeout = -1 },
		"StaleAfter":     func(c *Config) { c.StaleAfter = -1 },
		"AnswerTimeout":  func(c *Config) { c.AnswerTimeout = -1 },
		"UnansweredMax":  func(c *Config) { c.UnansweredMax = -1 },
		"UnansweredMax ": func(c *Config) { c.UnansweredMax = unansweredMax + 1 },
		"Send.Bytes":     func(c *Config) { c.Send.Bytes = ringBytesMin - 1 },
		"Send.Records":   func(c *Config) { c.Send.Records = ringRecordsMin - 1 },
	} {
		config := Config{Username: "u", Password: "p"}
		change(&config)
		s, err := New(config)
		var refused *ConfigError
		if s != nil || !errors.As(err, &refused) || refused.Field != strings.TrimSpace(name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var ours *ring.LimitError
	if _, err := New(Config{Token: "t", Send: ring.SendRingConfig{Bytes: 1<<31 - 1}}); !errors.As(err, &ours) {
		t.Errorf("ring: %v", err)
	}
	var theirs *wire.LimitError
	if _, err := New(Config{Token: "t", ReceiveBytes: 1}); !errors.As(err, &theirs) {
		t.Errorf("buffer: %v", err)
	}
}

// TestLongestLogin shows that every login that is allowed can be sent.
func TestLongestLogin(t *testing.T) {
	text := strings.Repeat("x", CredentialBytesMax)
	for _, config := range []Config{{Username: text, Password: text}, {Token: text}} {
		config.Resume, config.Send.Bytes = ResumeSession, ringBytesMin
		config.ResumeFrom = Resumption{strings.Repeat("s", SessionBytesMax), 1 << 60, 1 << 60}
		k := newKit(t, config)
		k.open()
		if n := len(k.sent()); n < CredentialBytesMax+SessionBytesMax {
			t.Errorf("a login of %d bytes", n)
		}
	}
}

// TestSecrets looks for credentials in everything that can be printed.
func TestSecrets(t *testing.T) {
	config := Config{
		Username: "hunter1", Password: "hunter2", Token: "hunter3", Resume: ResumeSession,
		ResumeFrom: Resumption{ID: "hunter4", In: 5, Out: 6},
	}
	k := newKit(t, config)
	k.open()
	values := []any{
		config, &config, config.ResumeFrom, &config.ResumeFrom, k.s, []Config{config}, struct{ C Config }{config},
	}
	for _, v := range values {
		var texts []string
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%e", "%c"} {
			texts = append(texts, fmt.Sprintf(verb, v))
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		texts = append(texts, log.String())
		if _, ok := v.(*Session); !ok {
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(b))
		}
		for _, text := range texts {
			if strings.Contains(text, "hunter") || strings.Contains(text, fmt.Sprintf("%x", "hunter")) {
				t.Errorf("%T shows a credential: %s", v, text)
			}
		}
	}
	if s := config.String(); !strings.Contains(s, "Password:set") || !strings.Contains(s, "In:5") {
		t.Error(s)
	}
	if s := (Config{Token: "t"}).String(); !strings.Contains(s, "Username:unset") || !strings.Contains(s, "Token:set") {
		t.Error(s)
	}
	if s := k.s.String(); s != "session login sent, epoch 1, in 5, out 7" {
		t.Error(s)
	}
	_, err := New(Config{Username: "hunter1", Password: strings.Repeat("hunter2", 1000)})
	if strings.Contains(err.Error(), "hunter") {
		t.Error(err)
	}
}

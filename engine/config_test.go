package engine_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
)

// TestConfigIsChecked names the field that cannot be used.
func TestConfigIsChecked(t *testing.T) {
	for _, c := range []struct {
		field string
		set   func(*engine.Config)
	}{
		{"Address", func(c *engine.Config) { c.Address = "exchange.test" }},
		{"Address", func(c *engine.Config) { c.Address = "exchange.test:" }},
		{"Address", func(c *engine.Config) { c.Address = "exchange.test:0" }},
		{"Address", func(c *engine.Config) { c.Address = "exchange.test:65536" }},
		{"Address", func(c *engine.Config) { c.Address = "exchange.test:https" }},
		{"Address", func(c *engine.Config) { c.Address = ":3801" }},
		{"Address", func(c *engine.Config) { c.Address, c.DisableTLS = ":3801", true }},
		{"DisableTLS", func(c *engine.Config) {
			c.Address, c.DisableTLS, c.TLS = "exchange.test:3801", true,
				new(tls.Config)
		}},
		{"DisableTLS", func(c *engine.Config) { c.DisableTLS = true }},
		{"DialTimeout", func(c *engine.Config) { c.DialTimeout = -1 }},
		{"SendTimeout", func(c *engine.Config) { c.SendTimeout = 25 * time.Hour }},
		{"ReconnectBackoff", func(c *engine.Config) { c.ReconnectBackoff = []time.Duration{time.Second, 0} }},
		{"ReconnectBackoff", func(c *engine.Config) { c.ReconnectBackoff = []time.Duration{-1, time.Second} }},
		{"ReconnectBackoff", func(c *engine.Config) {
			c.ReconnectBackoff = make([]time.Duration, 33)
			c.ReconnectBackoff[32] = time.Second
		}},
		{"Wait", func(c *engine.Config) { c.Wait = 3 }},
		{"Clock", func(c *engine.Config) {
			c.Clock, c.DisableTLS, c.Address = func() int64 { return 1 }, true, "exchange.test:3801"
			c.TimeSubmissions = true
		}},
		{"SpinRounds", func(c *engine.Config) { c.SpinRounds = -1 }},
		{"Core", func(c *engine.Config) { c.Core = 1 }},
		{"Core", func(c *engine.Config) { c.Pin, c.Core = true, 1024 }},
		{"State.OnUnresolved", func(c *engine.Config) { c.State.OnUnresolved = engine.HaltUnresolved + 1 }},
		{"SubscriptionsMax", func(c *engine.Config) { c.SubscriptionsMax = -1 }},
		{"SubmitSlots", func(c *engine.Config) { c.SubmitSlots = 1 << 17 }},
		{"SubmitBytes", func(c *engine.Config) { c.SubmitBytes = 1 << 17 }},
	} {
		config := engine.Config{Session: session.Config{Username: "user", Password: "secret"}}
		c.set(&config)
		_, err := engine.New(config)
		var wrong *engine.ConfigError
		if !errors.As(err, &wrong) || wrong.Field != c.field || !strings.Contains(err.Error(), c.field) {
			t.Errorf("%v, want a ConfigError about %s", err, c.field)
		}
	}
	for field, config := range map[string]session.Config{
		"Token": {}, "Username": {Username: "user"}, "Password": {Password: "secret"},
	} {
		var wrong *session.ConfigError
		if _, err := engine.New(engine.Config{Session: config}); !errors.As(err, &wrong) || wrong.Field != field {
			t.Errorf("%v, want a session.ConfigError about %s", err, field)
		}
	}
}

// TestConfigIsCopied changes nothing of an engine by changing its settings later.
func TestConfigIsCopied(t *testing.T) {
	inBubble(t, func(t *testing.T, n *network) {
		config := n.config()
		config.ReconnectBackoff = []time.Duration{time.Millisecond}
		e, err := engine.New(config)
		if err != nil {
			t.Fatal(err)
		}
		config.ReconnectBackoff[0] = time.Hour
		_ = e.Close()
		config.ReconnectBackoff[0] = time.Millisecond
		r := startInBubble(t, config, nil)
		config.ReconnectBackoff[0] = time.Hour
		n.accept(t).close()
		began := time.Now()
		n.accept(t)
		if took := time.Since(began); took > time.Second {
			t.Errorf("came back after %v", took)
		}
		_ = r.Close()
	})
}

// TestConfigHidesCredentials prints the settings in every way.
func TestConfigHidesCredentials(t *testing.T) {
	config := engine.Config{Session: session.Config{Username: "user-name", Password: "pass-word", Token: "to-ken"}}
	for _, text := range printed(config) {
		for _, secret := range []string{"user-name", "pass-word", "to-ken"} {
			if strings.Contains(text, secret) {
				t.Errorf("%q shows %q", text, secret)
			}
		}
	}
}

// printed is a value in the formats that people log with.
func printed(v any) []string {
	return []string{fmt.Sprint(v), fmt.Sprintf("%v", v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v)}
}

package smknats

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
)

// TestOldRequests has requests arrive late and out of their order: a resume that was made before a halt, because it
// waited for a publisher that was stopped, and one that the publisher's run before took, which somebody repeats.
func TestOldRequests(t *testing.T) {
	const second = int64(1e9)
	request := func(at int64) *nats.Msg {
		m := &nats.Msg{Subject: "smk.test.ctl.demo.x", Header: nats.Header{}}
		sign([]byte(controlKey), m, at)
		return m
	}
	g := guard{began: 100 * second}
	now := 120 * second
	for _, test := range []struct {
		name string
		at   int64
		want string
	}{
		{"resume", 99 * second, "publisher's run"},
		{"flatten", 99 * second, "publisher's run"},
		{"halt", 99 * second, ""},
		{"mode", 99 * second, ""},
		{"resume", 101 * second, ""},
		{"halt", 110 * second, ""},
		{"resume", 109 * second, "older than a halt"},
		{"halt", 105 * second, ""},
		{"resume", 109 * second, "older than a halt"},
		{"resume", 111 * second, ""},
	} {
		got := g.check([]byte(controlKey), test.name, request(test.at), now)
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s of %d s: %q, want %q", test.name, test.at/second, got, test.want)
		}
	}
}

// TestHaltBehindOthers has as many requests come as are remembered: a halt is let in beside them, once.
func TestHaltBehindOthers(t *testing.T) {
	const at = int64(1e9)
	request := func() *nats.Msg {
		m := &nats.Msg{Subject: "smk.test.ctl.demo.x", Header: nats.Header{}}
		sign([]byte(controlKey), m, at)
		return m
	}
	g := guard{nonces: map[string]int64{}}
	fill := func(most int) {
		for n := len(g.nonces); n < most; n++ {
			g.nonces[strconv.Itoa(n)] = at
		}
	}
	check := func(name string, m *nats.Msg, want string) {
		t.Helper()
		got := g.check([]byte(controlKey), name, m, at)
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s beside %d: %q, want %q", name, len(g.nonces), got, want)
		}
	}
	fill(noncesMax - 1)
	check("mode", request(), "")
	check("mode", request(), "too many")
	halt := request()
	check("halt", halt, "")
	check("halt", halt, "there before")
	fill(2 * noncesMax)
	check("halt", request(), "too many")
}

// TestRequestBeforeRun has a publisher get a command that was made before it began: what its run before took is not
// known.
func TestRequestBeforeRun(t *testing.T) {
	s := natstest.Start(t, nil)
	c := config(t.TempDir())
	c.Control = &ControlConfig{"http://127.0.0.1:1", controlToken, controlKey}
	now := time.Unix(1000, 0)
	c.Wall = func() int64 { return now.UnixNano() }
	p, err := New(s.Connect(), c)
	if err != nil {
		t.Fatal(err)
	}
	m := &nats.Msg{Subject: p.names.Control(c.Account, "resume"), Header: nats.Header{}}
	sign([]byte(controlKey), m, now.Add(-time.Second).UnixNano())
	if reason := p.refuse("resume", m); !strings.Contains(reason, "publisher's run") {
		t.Error(reason)
	}
}

// TestForgedRequests has requests that their operator did not make for this publisher, or not now: each is refused,
// says why, and is noted without anything of it.
func TestForgedRequests(t *testing.T) {
	s := natstest.Start(t, nil)
	c := config(t.TempDir())
	c.Control = &ControlConfig{"http://127.0.0.1:1", controlToken, controlKey}
	now := time.Unix(1_000_000, 0).UnixNano()
	c.Wall = func() int64 { return now }
	p, err := New(s.Connect(), c)
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewNames("another")
	if err != nil {
		t.Fatal(err)
	}
	const at = int64(1_000_000e9)
	subject := func(name string) string { return p.names.Control(c.Account, name) }
	signed := func(subject string, at int64, key string) *nats.Msg {
		m := &nats.Msg{Subject: subject, Header: nats.Header{}, Data: []byte(`{"reason":"SECRET"}`)}
		sign([]byte(key), m, at)
		return m
	}
	moved := func(from, name string) *nats.Msg {
		m := signed(from, at, controlKey)
		m.Subject = subject(name)
		return m
	}
	auth := func(value string) *nats.Msg {
		m := signed(subject("halt"), at, controlKey)
		m.Header.Set(headerAuth, value)
		return m
	}
	of := signed(subject("halt"), at, controlKey).Header.Get(headerAuth)
	for what, test := range map[string]struct {
		m    *nats.Msg
		want string
	}{
		"another account":      {moved(p.names.Control("other", "halt"), "halt"), "another key"},
		"another environment":  {moved(other.Control(c.Account, "halt"), "halt"), "another key"},
		"another command":      {moved(subject("mode"), "halt"), "another key"},
		"another key":          {signed(subject("halt"), at, controlKey+"x"), "another key"},
		"no key":               {signed(subject("halt"), at, ""), "another key"},
		"31 s old":             {signed(subject("halt"), at-31e9, controlKey), "older than 30 s"},
		"a clock 31 s ahead":   {signed(subject("halt"), at+31e9, controlKey), "older than 30 s"},
		"before 1970":          {signed(subject("halt"), -at, controlKey), "older than 30 s"},
		"the end of time":      {signed(subject("halt"), 1<<63-1, controlKey), "older than 30 s"},
		"no header":            {&nats.Msg{Subject: subject("halt")}, "not signed"},
		"an empty header":      {auth(""), "not signed"},
		"another version":      {auth("v2" + of[2:]), "not signed"},
		"a short signature":    {auth(of[:len(of)-2]), "another key"},
		"no hexadecimal":       {auth(of[:len(of)-2] + "zz"), "another key"},
		"a signature and more": {auth(of + " x"), "not signed"},
		"a long header":        {auth("v1 " + strings.Repeat("1", authBytes) + of[2:]), "not signed"},
		"a long body":          {&nats.Msg{Subject: subject("halt"), Data: make([]byte, commandBytes+1)}, "4 KiB"},
	} {
		before := p.Stats().Refused
		if reason := p.refuse("halt", test.m); !strings.Contains(reason, test.want) {
			t.Errorf("%s: %q, want %q", what, reason, test.want)
		}
		stats := p.Stats()
		if stats.Refused != before+1 || !strings.Contains(stats.Refusal, test.want) {
			t.Errorf("%s is not noted: %+v", what, stats)
		}
		for _, secret := range []string{controlKey, controlToken, "SECRET", of} {
			if strings.Contains(stats.Refusal, secret) {
				t.Errorf("%s: %s", what, stats.Refusal)
			}
		}
	}
	for _, name := range []string{"halt", "mode", "flatten", "resume"} { // the same bytes twice
		m := signed(subject(name), at+int64(len(name)), controlKey)
		if reason := p.refuse(name, m); reason != "" {
			t.Errorf("%s: %s", name, reason)
		}
		if reason := p.refuse(name, m); !strings.Contains(reason, "there before") && !strings.Contains(reason, "halt") {
			t.Errorf("%s again: %q", name, reason)
		}
	}
}

// TestClockSetBack has the clock go ahead for a while, so that what was taken is forgotten, and be set back: what was
// there cannot be repeated then.
func TestClockSetBack(t *testing.T) {
	const second = int64(1e9)
	request := func(at int64) *nats.Msg {
		m := &nats.Msg{Subject: "smk.test.ctl.demo.resume", Header: nats.Header{}}
		sign([]byte(controlKey), m, at)
		return m
	}
	var g guard
	first := request(100 * second)
	for _, test := range []struct {
		m    *nats.Msg
		now  int64
		want string
	}{
		{first, 100 * second, ""},
		{request(400 * second), 400 * second, ""},
		{first, 101 * second, "set back"},
		{request(101 * second), 101 * second, ""},
	} {
		got := g.check([]byte(controlKey), "resume", test.m, test.now)
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("at %d s: %q, want %q", test.now/second, got, test.want)
		}
	}
}

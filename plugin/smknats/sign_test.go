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
	if a := p.command(t.Context(), "resume", m); !strings.Contains(a.Error, "publisher's run") {
		t.Errorf("%+v", a)
	}
}

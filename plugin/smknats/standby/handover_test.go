package standby

import (
	"errors"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
	"github.com/smk-go/smk/plugin/smknats/lease"
)

// TestTwoHandovers asks a holder twice at the same time: the first one that asked gets the lease, the other one is told
// so, and the holder goes on as a standby.
func TestTwoHandovers(t *testing.T) {
	for ttl := 200 * time.Millisecond; !twoHandovers(t, ttl); ttl *= 4 { // on a machine that was too busy
		if ttl > patience {
			t.Fatal("the lease is lost each time")
		}
	}
}

// patience is how long a test waits for what does not come.
const patience = time.Minute

// twoHandovers reports false if the lease, or what its release says, was there for no longer than its TTL.
func twoHandovers(t *testing.T, ttl time.Duration) bool {
	server := natstest.Start(t, nil)
	js := server.JetStream()
	c := Config{
		Lease: lease.Config{
			JetStream: js, Environment: "test", Account: "demo", Name: "a", TTL: ttl,
		},
		Start: func(*engine.Engine, Term) error { return nil },
	}
	if err := c.complete(); err != nil {
		t.Fatal(err)
	}
	s := &standby{c: c}
	var err error
	if s.contender, err = lease.New(t.Context(), c.Lease); err != nil {
		t.Fatal(err)
	}
	defer s.contender.Close()
	s.store = storeOf(t, js)
	l, err := s.contender.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	run := s.newTerm(l)
	v := newSaver(s.store, func() bool { return true }, func(error) {})
	e, err := engine.New(engine.Config{
		Fence: l.Fence(), Session: session.Config{Username: "demo", Password: "secret"},
		State: engine.StateConfig{File: stateFile, Files: newFiles(nil, v.image)},
	})
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]chan error{"b": make(chan error, 1), "c": make(chan error, 1)}
	ask := func(to string) {
		_, _, err := lease.RequestHandover(t.Context(), js.Conn(), "test", "demo", to)
		answers[to] <- err
	}
	wait := func(ready func() bool) {
		for began := time.Now(); !ready() && l.Err() == nil && time.Since(began) < patience; {
			<-time.After(time.Millisecond)
		}
	}
	go run.handOver(e)
	go ask("b")
	wait(func() bool { return len(run.handed) > 0 })
	go ask("c")
	wait(func() bool { return len(l.Handovers()) > 0 })
	_ = e.Close() // it has no loop that would leave
	if err := run.end(e, v, nil, nil); !errors.Is(l.Err(), lease.ErrReleased) {
		return false
	} else if err != nil || !run.released {
		t.Errorf("%v, released %t", err, run.released)
	}
	status, err := lease.ReadStatus(t.Context(), js, "test", "demo")
	if err == nil && status.Holder == "" && status.Next == "" {
		return false
	}
	if err != nil || status.Next != "b" {
		t.Errorf("%+v, %v", status, err)
	}
	var refused *lease.HandoverError
	for to, answer := range answers {
		select {
		case err := <-answer:
			if to == "b" && err != nil || to == "c" && !errors.As(err, &refused) {
				t.Errorf("%s: %v", to, err)
			}
		case <-time.After(patience):
			t.Errorf("%s is not answered", to)
		}
	}
	return true
}

package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
	"github.com/smk-go/smk/plugin/smknats/lease"
)

// TestCommands asks who has a lease before, while and after somebody has it, and has it handed over.
func TestCommands(t *testing.T) {
	server := natstest.Start(t, nil)
	command := func(args ...string) (string, error) {
		var out strings.Builder
		err := run(t.Context(), append([]string{"-nats", server.URL(), "-env", "test", "-account", "demo"}, args...),
			&out)
		return out.String(), err
	}
	if _, err := command("status"); !errors.Is(err, jetstream.ErrBucketNotFound) {
		t.Errorf("before anybody has contended: %v", err)
	}
	c, err := lease.New(t.Context(), lease.Config{
		JetStream: server.JetStream(), Environment: "test", Account: "demo", Name: "a", TTL: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := command("status"); !errors.Is(err, errNobody) || out != "nobody\n" {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := command("handover"); !errors.Is(err, errNobody) {
		t.Errorf("handover by nobody: %v", err)
	}
	l, err := c.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if out, err := command("status"); err != nil || !strings.HasPrefix(out, "a since term ") {
		t.Errorf("%q, %v", out, err)
	}
	if out, err := command("-json", "status"); err != nil || !strings.HasPrefix(out, `{"holder":"a","term":`) {
		t.Errorf("%q, %v", out, err)
	}
	go func() {
		h := <-l.Handovers()
		l.Answer(h, l.Release(context.Background(), h.To))
	}()
	if out, err := command("-json", "handover", "b"); err != nil || !strings.HasSuffix(out, `"to":"b"}`+"\n") {
		t.Errorf("%q, %v", out, err)
	}
	if out, err := command("-json", "status"); !errors.Is(err, errNobody) || !strings.Contains(out, `"next":"b"`) {
		t.Errorf("%q, %v", out, err)
	}
	for _, args := range [][]string{{}, {"status", "b"}, {"other"}, {"-x"}, {"handover", "b", "c"}} {
		if _, err := command(args...); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

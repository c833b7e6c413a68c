package standby

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/plugin/smknats"
	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
	"github.com/smk-go/smk/plugin/smknats/lease"
)

// TestClaim: who takes over has all of the log, and what a publisher before publishes then is refused, although the
// next one has not published anything yet.
func TestClaim(t *testing.T) {
	js := natstest.Start(t, nil).JetStream()
	dir := t.TempDir()
	write := func(j *journal.Journal) {
		t.Helper()
		j.Recorder().Append(journal.KindLog, 0, 1, 1, []byte("something"))
		j.Recorder().Commit()
		if err := j.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	publisher := func(dir string) (*smknats.Publisher, <-chan error) {
		t.Helper()
		p, err := smknats.New(js.Conn(), smknats.Config{
			Environment: "test", Account: "demo", Dir: dir, DisableBooks: true, DisableOrders: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { ended <- p.Run(ctx) }()
		t.Cleanup(cancel)
		return p, ended
	}
	first := filepath.Join(dir, "first")
	j, err := journal.Open(journal.Config{Dir: first})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	write(j)
	before, ended := publisher(first)
	for before.Stats().Record < j.Stats().Written {
		<-time.After(time.Millisecond)
	}

	c := lease.Config{JetStream: js, Environment: "test", Account: "demo", TTL: time.Second}
	x, err := lease.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	l, err := x.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Release(context.Background(), "") }()
	c.Logger = slog.New(slog.DiscardHandler)
	next := &term{standby: &standby{c: Config{Lease: c}, contender: x}, lease: l}
	next.c.Engine.Journal.Dir = filepath.Join(dir, "next")
	if err := next.restoreLog(t.Context()); err != nil {
		t.Fatal(err)
	}

	write(j) // a zombie
	select {
	case err := <-ended:
		if !errors.Is(err, smknats.ErrSecondWriter) {
			t.Errorf("the publisher before: %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the publisher before is not refused")
	}
	j2, err := journal.Open(journal.Config{Dir: next.c.Engine.Journal.Dir})
	if err != nil {
		t.Fatal(err)
	}
	write(j2)
	after, _ := publisher(next.c.Engine.Journal.Dir)
	for after.Stats().Record < j2.Stats().Written {
		<-time.After(time.Millisecond)
	}
	if err := j2.Close(); err != nil {
		t.Fatal(err)
	}

	// The zombie's folder has something else: it is moved aside when that machine takes over again.
	_ = j.Close()
	next.c.Engine.Journal.Dir = first
	if err := next.restoreLog(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(first + ".term-*"); err != nil || len(left) != 1 {
		t.Errorf("aside: %v, %v", left, err)
	}
	names, err := filepath.Glob(filepath.Join(first, "*.smkj"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		a, errA := os.ReadFile(name)
		b, errB := os.ReadFile(filepath.Join(dir, "next", filepath.Base(name)))
		if errA != nil || errB != nil || len(a) > len(b) || string(a) != string(b[:len(a)]) {
			t.Errorf("%s: %v, %v, %d and %d bytes", name, errA, errB, len(a), len(b))
		}
	}
}

// TestLogPurged has all of the log purged before a standby takes over, and then the rest of a segment published: it
// says that history is missing, and does not begin without. When a person has removed the log it does.
func TestLogPurged(t *testing.T) {
	js := natstest.Start(t, nil).JetStream()
	dir := t.TempDir()
	j, err := journal.Open(journal.Config{Dir: filepath.Join(dir, "first")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	p, err := smknats.New(js.Conn(), smknats.Config{
		Environment: "test", Account: "demo", Dir: filepath.Join(dir, "first"), DisableBooks: true, DisableOrders: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	defer func() {
		cancel()
		<-ended
	}()
	publish := func() {
		t.Helper()
		j.Recorder().Append(journal.KindLog, 0, 1, 1, []byte("something"))
		j.Recorder().Commit()
		if err := j.Sync(); err != nil {
			t.Fatal(err)
		}
		for began := time.Now(); p.Stats().Record < j.Stats().Written; <-time.After(time.Millisecond) {
			if time.Since(began) > patience {
				t.Fatalf("%+v", p.Stats())
			}
		}
	}
	publish()
	c := lease.Config{JetStream: js, Environment: "test", Account: "demo", TTL: time.Second}
	c.Logger = slog.New(slog.DiscardHandler)
	next := &term{standby: &standby{c: Config{Lease: c}}}
	next.c.Engine.Journal.Dir = filepath.Join(dir, "next")
	names, err := smknats.NewNames("test")
	if err != nil {
		t.Fatal(err)
	}
	stream, err := js.Stream(t.Context(), names.LogStream("demo"))
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"nothing", "the rest of a segment"} {
		if err := next.restoreLog(t.Context()); !errors.Is(err, smknats.ErrGap) || !final(err) {
			t.Errorf("a log with %s: %v", what, err)
		}
		publish()
	}
	if err := js.DeleteStream(t.Context(), names.LogStream("demo")); err != nil {
		t.Fatal(err)
	}
	if err := next.restoreLog(t.Context()); err != nil {
		t.Errorf("no log: %v", err)
	}
}

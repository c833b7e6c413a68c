package smknats

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
	"github.com/smk-go/smk/sim"
)

// killed returns the journal of a day's engine as a power cut would leave it, without its end.
func (d *day) killed() string {
	d.t.Helper()
	to := filepath.Join(d.t.TempDir(), "journal")
	if err := os.Mkdir(to, 0o700); err != nil {
		d.t.Fatal(err)
	}
	written := func() bool {
		stats, _ := d.engine.JournalStats()
		return stats.LagRecords == 0
	}
	eventually(d.t, written, func() { d.t.Fatal("the journal is not written") })
	first, last, err := segments(d.dir)
	if err != nil {
		d.t.Fatal(err)
	}
	for n := first; n <= last; n++ {
		b, err := os.ReadFile(segmentPath(d.dir, n))
		if err != nil {
			d.t.Fatal(err)
		}
		if err := os.WriteFile(segmentPath(to, n), b, 0o600); err != nil {
			d.t.Fatal(err)
		}
	}
	return to
}

func live(f *Follower) (n int) {
	for _, b := range f.Books() {
		if b.Live {
			n++
		}
	}
	return n
}

// TestBooksOfAnEarlierRun kills an engine and begins another one that does not subscribe to the market: the books are
// not live any more.
func TestBooksOfAnEarlierRun(t *testing.T) {
	d := newDay(t)
	d.still()
	dir := d.killed()
	s := natstest.Start(t, nil)
	c := dayConfig(d)
	c.Dir = dir
	run(t, s, c, nil)
	f := follow(t, s, FollowConfig{})
	until(t, f, "live books", func(Event) bool { return live(f) == 3 })
	beginAnother(t, dir)
	until(t, f, "no live book", func(Event) bool { return live(f) == 0 })
}

// beginAnother begins another run of a journal, which reaches no exchange.
func beginAnother(t *testing.T, dir string) {
	t.Helper()
	e, err := engine.New(engine.Config{
		Address: "127.0.0.1:1", DisableTLS: true, StopTimeout: ms,
		Session: session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword},
		Journal: journal.Config{Dir: dir, Name: "day", Durability: journal.SyncNone},
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- e.Run(t.Context()) }()
	t.Cleanup(func() {
		e.Stop()
		<-ended // it cannot log out
	})
}

// TestBooksOfAnEarlierRunRefused has the stream take nothing when another run begins: as soon as it does, the books of
// the run before are not live any more.
func TestBooksOfAnEarlierRunRefused(t *testing.T) {
	d := newDay(t)
	d.still()
	s := natstest.Start(t, nil)
	c := dayConfig(d)
	c.DisableLog, c.DisableOrders, c.Dir = true, true, d.killed()
	p := run(t, s, c, nil)
	f := follow(t, s, FollowConfig{})
	until(t, f, "live books", func(Event) bool { return live(f) == 3 })
	before := p.Stats().Failures
	s.LimitAccount(1)
	beginAnother(t, c.Dir)
	p.until("refusals", func(s Stats) bool { return s.Failures >= before+3 })
	s.LimitAccount(-1)
	until(t, f, "no live book", func(Event) bool { return live(f) == 0 })
}

// TestBooksOfALostBeginning has a publisher begin on a journal whose oldest segments were removed, with the run's
// beginning: what the stream has of its books is not said to be live any more.
func TestBooksOfALostBeginning(t *testing.T) {
	d := newDay(t)
	s := natstest.Start(t, nil)
	first := run(t, s, dayConfig(d), nil)
	f := follow(t, s, FollowConfig{})
	until(t, f, "live books", func(Event) bool { return live(f) == 3 })
	eventually(t, func() bool { return first.Stats().Segment > 2 }, func() { t.Fatalf("%+v", first.Stats()) })
	_ = first.end()
	c := dayConfig(d)
	c.DisableLog, c.Dir = true, d.killed()
	if err := os.Remove(segmentPath(c.Dir, 1)); err != nil {
		t.Fatal(err)
	}
	run(t, s, c, nil)
	until(t, f, "no live book", func(Event) bool { return live(f) == 0 })
}

// TestStaleRefused has the books' stream take nothing any more: the publisher goes on, but says that what is known is
// of the past, until the stream takes books again.
func TestStaleRefused(t *testing.T) {
	d := newDay(t)
	s := natstest.Start(t, nil)
	js := s.JetStream()
	p := run(t, s, dayConfig(d), nil)
	f := follow(t, s, FollowConfig{})
	until(t, f, "fresh", func(Event) bool { return live(f) == 3 && !f.Stale("demo") })
	stream, err := js.Stream(t.Context(), p.names.BookStream())
	if err != nil {
		t.Fatal(err)
	}
	usual := stream.CachedInfo().Config
	full := usual
	full.MaxMsgSize = 16 // as full as it can be: nothing is taken
	full.Discard = jetstream.DiscardNew
	full.MaxBytes, full.MaxMsgSize = 1, -1
	if _, err := js.UpdateStream(t.Context(), full); err != nil {
		t.Fatal(err)
	}
	until(t, f, "stale", func(e Event) bool {
		return e.Kind == Stale && e.Account == "demo" && strings.Contains(e.Text, "behind") && f.Stale("demo")
	})
	if !p.Stats().Behind {
		t.Errorf("%+v", p.Stats())
	}
	if _, err := js.UpdateStream(t.Context(), usual); err != nil {
		t.Fatal(err)
	}
	until(t, f, "fresh again", func(e Event) bool { return e.Kind == Fresh && !f.Stale("demo") })
	d.still()
	books := d.books()
	until(t, f, "the books", func(Event) bool { return slices.Equal(booksOf(f), books) })
}

// TestStaleEngine has an engine that writes nothing any more, as one that was killed, while its publisher goes on.
func TestStaleEngine(t *testing.T) {
	d := newDay(t)
	d.still()
	s := natstest.Start(t, nil)
	c := dayConfig(d)
	c.Dir = d.killed()
	first := run(t, s, c, nil)
	f := follow(t, s, FollowConfig{})
	until(t, f, "fresh", func(Event) bool { return live(f) == 3 && !f.Stale("demo") })
	silent := func(e Event) bool { return e.Kind == Stale && strings.Contains(e.Text, "the engine writes nothing") }
	_ = first.end()
	late := c // as if it began an hour later
	late.Wall = func() int64 { return time.Now().Add(time.Hour).UnixNano() }
	second := run(t, s, late, nil)
	until(t, f, "the engine is silent", silent)
	_ = second.end()
	// One that was there finds out while it waits.
	third := run(t, s, c, nil)
	until(t, f, "fresh again", func(e Event) bool { return e.Kind == Fresh && !f.Stale("demo") })
	third.mu.Lock()
	third.silent = ms
	third.mu.Unlock()
	until(t, f, "the engine is silent again", silent)
}

// TestStaleClock has the wall clock go ahead of the one that records have, as after a machine was suspended: an engine
// that writes is not taken for one that does not.
func TestStaleClock(t *testing.T) {
	d := newDay(t)
	s := natstest.Start(t, nil)
	c := dayConfig(d)
	c.Wall = func() int64 { return time.Now().Add(time.Hour).UnixNano() }
	run(t, s, c, nil)
	f := follow(t, s, FollowConfig{})
	until(t, f, "fresh", func(Event) bool { return live(f) == 3 && !f.Stale("demo") })
}

// TestFollowStreamAnew has the books' stream removed and made anew by the next publisher: a follower takes the books
// from it although its messages have lower numbers.
func TestFollowStreamAnew(t *testing.T) {
	t.Parallel() // it waits for a stream that is asked now and then
	d := newDay(t)
	s := natstest.Start(t, nil)
	p := run(t, s, dayConfig(d), nil)
	f := follow(t, s, FollowConfig{})
	until(t, f, "books", func(Event) bool { return live(f) == 3 })
	eventually(t, func() bool { return p.Stats().Books > 50 }, func() { t.Fatalf("%+v", p.Stats()) })
	_ = p.end()
	if err := s.JetStream().DeleteStream(t.Context(), p.names.BookStream()); err != nil {
		t.Fatal(err)
	}
	d.still()
	run(t, s, dayConfig(d), nil)
	books := d.books()
	until(t, f, "the books", func(Event) bool { return slices.Equal(booksOf(f), books) })
}

// TestJournalRemoved removes a journal while it is published: the publisher ends and says so, whatever it publishes.
func TestJournalRemoved(t *testing.T) {
	for _, log := range []bool{true, false} {
		d := newDay(t)
		d.still()
		s := natstest.Start(t, nil)
		c := dayConfig(d)
		c.Dir = d.killed()
		c.DisableLog, c.DisableBooks, c.DisableOrders = !log, log, log
		p := run(t, s, c, nil)
		p.until("read", func(s Stats) bool { return s.Read > 0 || s.Record > 0 })
		if err := os.RemoveAll(c.Dir); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		select {
		case err := <-p.err:
			p.err <- err
			wantError(t, err, ErrMismatch)
		case <-ctx.Done():
			t.Fatalf("log %t: %+v", log, p.Stats())
		}
	}
}

// TestAccountFull has the storage of the account be used up for a while: the publisher tries again, and goes on when
// there is room.
func TestAccountFull(t *testing.T) {
	s := natstest.Start(t, nil)
	w := newWriter(t, 1)
	w.add(20, 1000)
	p := run(t, s, config(w.dir), nil)
	p.until("the log", func(s Stats) bool { return s.Record == w.last() })
	s.LimitAccount(1)
	w.add(20, 1000)
	p.until("a failure", func(s Stats) bool {
		return s.Failures > 2 && strings.Contains(s.Failure, "limits exceeded")
	})
	s.LimitAccount(-1)
	p.until("the rest", func(s Stats) bool { return s.Record == w.last() })
	restore(t, s, w.dir, filepath.Join(t.TempDir(), "restored"))
}

// TestBehindBySession: an engine that is silent is behind, unless it said that there is nothing to say any more.
func TestBehindBySession(t *testing.T) {
	for session, want := range map[string]bool{
		"": false, "starting": true, "connecting": true, "established": true, "disconnected": false, "ended": false,
	} {
		p := &Publisher{feeds: true, silent: silentAfter, current: time.Now()}
		p.stats.Session, p.lastRecord = session, time.Now().Add(-2*silentAfter)
		if behind, why := p.behind(); behind != want {
			t.Errorf("session %q: behind %t %s", session, behind, why)
		}
		p.feeds = false
		if p.Stats().Behind {
			t.Errorf("session %q: behind with what is not published", session)
		}
	}
}

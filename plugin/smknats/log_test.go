package smknats

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
)

// TestLog publishes a journal that grows over many segments and restores it while it does.
func TestLog(t *testing.T) {
	s := natstest.Start(t, nil)
	w := newWriter(t, 1)
	p := run(t, s, config(w.dir), nil)
	to := t.TempDir()
	for range 5 {
		w.add(200, 900)
		p.until("log", func(s Stats) bool { return s.Record == w.last() })
		restore(t, s, w.dir, to)
		verify(t, to, w.last())
	}
	w.close()
	first, last, err := segments(w.dir)
	if err != nil || last-first < 10 {
		t.Fatalf("segments %d to %d, %v: too few", first, last, err)
	}
	p.until("end", func(s Stats) bool { return s.Segment == last && s.Offset == sizeOf(t, w.dir, last) })
	if r := restore(t, s, w.dir, to); r.Offset != sizeOf(t, w.dir, last) || r.Segment != last {
		t.Fatalf("%+v is not all", r)
	}
	if r := restore(t, s, w.dir, t.TempDir()); r.Bytes < 400_000 {
		t.Fatalf("%+v", r)
	}
	// The restored journal is written on.
	c := w.c
	c.Dir = to
	j, err := journal.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	j.Recorder().Append(journal.KindTape, 0, 1, 1, []byte("more"))
	j.Recorder().Commit()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	verify(t, to, w.last()+1)
}

func sizeOf(t *testing.T, dir string, segment uint64) int64 {
	t.Helper()
	i, err := os.Stat(segmentPath(dir, segment))
	if err != nil {
		t.Fatal(err)
	}
	return i.Size()
}

// TestLongRecords publishes records that are longer than blocks.
func TestLongRecords(t *testing.T) {
	s := natstest.Start(t, nil)
	w := newWriter(t, 2)
	c := config(w.dir)
	c.BlockBytes = 1 << 10
	w.add(100, 12_000)
	p := run(t, s, c, nil)
	p.until("log", func(s Stats) bool { return s.Record == w.last() })
	restore(t, s, w.dir, t.TempDir())
}

// TestPublisherIsCut ends publishers at random messages, and expects that the next goes on where the stream ends.
func TestPublisherIsCut(t *testing.T) {
	s := natstest.Start(t, nil)
	w := newWriter(t, 3)
	c := config(w.dir)
	to := t.TempDir()
	for round := range 20 {
		w.add(60, 900)
		limit, sent := 1+w.r.IntN(12), 0
		cut := make(chan struct{})
		last := w.last()
		p := run(t, s, c, func(what string) {
			if what != "block" {
				return
			}
			if sent++; sent == limit {
				close(cut)
				<-t.Context().Done() // it never sends again
			}
		})
		eventually(t, func() bool {
			select {
			case <-cut:
				return true
			default:
				return p.Stats().Record == last
			}
		}, func() { t.Fatalf("%+v", p.Stats()) })
		p.stop()
		if round%5 == 4 {
			restore(t, s, w.dir, to)
		}
	}
	p := run(t, s, c, nil)
	p.until("log", func(s Stats) bool { return s.Record == w.last() })
	restore(t, s, w.dir, to)
	verify(t, to, w.last())
}

// TestSecondWriter has two publishers of a journal at once: one of them is refused for good, and the log is whole.
func TestSecondWriter(t *testing.T) {
	s := natstest.Start(t, nil)
	w := newWriter(t, 4)
	a, b := run(t, s, config(w.dir), nil), run(t, s, config(w.dir), nil)
	var err error
	for ended := false; !ended; {
		w.add(50, 900)
		select {
		case err = <-a.err:
			a.err <- err
			a, b, ended = b, a, true
		case err = <-b.err:
			b.err <- err
			ended = true
		default:
		}
	}
	wantError(t, err, ErrSecondWriter)
	var second *SecondWriterError
	if !errors.As(err, &second) || second.Publisher != a.number {
		t.Fatalf("%v does not name %s", err, a.number)
	}
	w.add(50, 900)
	a.until("log", func(s Stats) bool { return s.Record == w.last() })
	to := t.TempDir()
	restore(t, s, w.dir, to)
	verify(t, to, w.last())
}

// TestChain has somebody write before a block of a publisher is sent: one that follows on blocks that are under way,
// and one that does not. Nothing of the publisher follows, neither that one nor what was under way.
func TestChain(t *testing.T) {
	for _, alone := range []bool{false, true} {
		s := natstest.Start(t, nil)
		w := newWriter(t, 12)
		w.add(300, 900)
		var p *running
		var other, sent uint64
		ready := make(chan struct{})
		p = run(t, s, config(w.dir), func(what string) {
			<-ready
			if what != "block" {
				return
			}
			sent++
			if first := sent-1 == p.Stats().Blocks; other == 0 && sent >= 20 && first == alone {
				other = intrude(t, s, p.Publisher)
			}
		})
		close(ready)
		eventually(t, func() bool {
			select {
			case err := <-p.err:
				p.err <- err
				var second *SecondWriterError
				if !errors.As(err, &second) || second.Sequence != other || other == 0 {
					t.Fatalf("alone %v: %v, want the other's message %d", alone, err, other)
				}
				return true
			default:
			}
			if w.add(1, 900); !alone { // a block of its own, in the end, or more than one
				w.add(30, 900)
			}
			return false
		}, func() { t.Fatalf("alone %v: the publisher goes on: %+v", alone, p.Stats()) })
		stream, err := s.JetStream().Stream(t.Context(), p.names.LogStream("an.account"))
		if err != nil {
			t.Fatal(err)
		}
		if last := stream.CachedInfo().State.LastSeq; last != other {
			t.Errorf("alone %v: messages up to %d follow on the other's, %d", alone, last, other)
		}
	}
}

// intrude has somebody publish the last block of a publisher again, and returns its sequence.
func intrude(t *testing.T, s *natstest.Server, p *Publisher) uint64 {
	js := s.JetStream()
	stream, err := js.Stream(t.Context(), p.names.LogStream("an.account"))
	if err != nil {
		t.Error(err)
		return 0
	}
	last, err := stream.GetLastMsgForSubject(t.Context(), p.names.Log("an.account"))
	if err != nil {
		t.Error(err)
		return 0
	}
	last.Header.Set(headerPublisher, "0123456789abcdef")
	for _, name := range []string{
		jetstream.MsgIDHeader, jetstream.ExpectedLastMsgIDHeader, jetstream.ExpectedLastSubjSeqHeader,
	} {
		last.Header.Del(name)
	}
	ack, err := js.PublishMsg(t.Context(), &nats.Msg{Subject: last.Subject, Header: last.Header, Data: last.Data})
	if err != nil {
		t.Error(err)
		return 0
	}
	return ack.Sequence
}

// TestServerRestarts restarts the server while a journal is published.
func TestServerRestarts(t *testing.T) {
	s := natstest.Start(t, nil)
	w := newWriter(t, 5)
	p := run(t, s, config(w.dir), nil)
	for range 3 {
		w.add(100, 900)
		s.Restart()
		w.add(100, 900)
		p.until("log", func(s Stats) bool { return s.Record == w.last() })
	}
	restore(t, s, w.dir, t.TempDir())
}

// TestExpired has a stream without messages any more, as after LogAge, while a publisher waits and while there is none.
func TestExpired(t *testing.T) {
	s := natstest.Start(t, nil)
	w := newWriter(t, 14)
	c := config(w.dir)
	empty := func(p *Publisher) {
		t.Helper()
		stream, err := s.JetStream().Stream(t.Context(), p.names.LogStream(c.Account))
		if err == nil {
			err = stream.Purge(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	w.add(50, 900)
	p := run(t, s, c, nil)
	p.until("log", func(s Stats) bool { return s.Record == w.last() })
	empty(p.Publisher)
	blocks := p.Stats().Blocks
	w.add(1, 900)
	p.until("more", func(s Stats) bool { return s.Record == w.last() })
	if n := p.Stats().Blocks - blocks; n > 2 {
		t.Errorf("%d blocks of one record: what has expired is published again", n)
	}
	failures := p.Stats().Failures
	w.add(1, 900)
	p.until("and more", func(s Stats) bool { return s.Record == w.last() })
	if n := p.Stats().Failures; n != failures {
		t.Errorf("%d failures, %d before", n, failures)
	}
	p.end()
	empty(p.Publisher)
	w.add(1, 900)
	p = run(t, s, c, nil)
	p.until("again", func(s Stats) bool { return s.Record == w.last() })
}

// TestRetention has a journal whose oldest segments are removed: after they were published, and before.
func TestRetention(t *testing.T) {
	s := natstest.Start(t, nil)
	w := newWriter(t, 6)
	w.add(300, 900)
	p := run(t, s, config(w.dir), nil)
	p.until("log", func(s Stats) bool { return s.Record == w.last() })
	p.end()
	first, _, err := segments(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	last := p.Stats().Segment // the next is there, too, without records
	for n := first; n < last; n++ {
		if err := os.Remove(segmentPath(w.dir, n)); err != nil {
			t.Fatal(err)
		}
	}
	w.add(300, 900)
	p = run(t, s, config(w.dir), nil)
	p.until("log", func(s Stats) bool { return s.Record == w.last() })
	p.end()
	w.add(300, 900)
	_, now, err := segments(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	for n := last; n < now; n++ {
		if err := os.Remove(segmentPath(w.dir, n)); err != nil {
			t.Fatal(err)
		}
	}
	wantError(t, Publish(t.Context(), s.Connect(), config(w.dir)), ErrGap)
}

// TestOtherJournal refuses a journal that is not the stream's.
func TestOtherJournal(t *testing.T) {
	s := natstest.Start(t, nil)
	w := newWriter(t, 7)
	w.add(50, 900)
	p := run(t, s, config(w.dir), nil)
	p.until("log", func(s Stats) bool { return s.Record == w.last() })
	p.end()
	to := t.TempDir()
	restore(t, s, w.dir, to)
	other := newWriter(t, 8)
	other.add(100, 900)
	wantError(t, Publish(t.Context(), s.Connect(), config(other.dir)), ErrMismatch)
	_, err := Restore(t.Context(), s.JetStream(), "test", "an.account", other.dir)
	wantError(t, err, journal.ErrInUse)
	other.close()
	_, err = Restore(t.Context(), s.JetStream(), "test", "an.account", other.dir)
	wantError(t, err, ErrMismatch)
	empty := newWriter(t, 9)
	wantError(t, Publish(t.Context(), s.Connect(), config(empty.dir)), ErrMismatch)
}

// TestEmptyJournal publishes a folder in which a journal begins later, and restores nothing of it before.
func TestEmptyJournal(t *testing.T) {
	s := natstest.Start(t, nil)
	_, err := Restore(t.Context(), s.JetStream(), "test", "an.account", t.TempDir())
	wantError(t, err, jetstream.ErrStreamNotFound)
	dir := t.TempDir()
	p := run(t, s, config(dir), nil)
	eventually(t, func() bool {
		_, err := s.JetStream().Stream(context.Background(), p.names.LogStream("an.account"))
		return err == nil
	}, func() { t.Fatal("no stream") })
	if r := restore(t, s, dir, t.TempDir()); r != (Restored{}) {
		t.Fatalf("%+v of nothing", r)
	}
	w := newWriter(t, 10)
	w.close()
	w.dir, w.c.Dir = dir, dir
	w.open()
	w.add(10, 900)
	p.until("log", func(s Stats) bool { return s.Record == w.last() })
	restore(t, s, dir, t.TempDir())
}

// TestTornTail publishes a journal whose last record is torn, and goes on after it was cut off.
func TestTornTail(t *testing.T) {
	s := natstest.Start(t, nil)
	w := newWriter(t, 11)
	w.add(20, 900)
	p := run(t, s, config(w.dir), nil)
	p.until("log", func(s Stats) bool { return s.Record == w.last() })
	p.end()
	offset := p.Stats().Offset
	w.close()
	// As if the process had been killed within a write.
	if err := os.Truncate(segmentPath(w.dir, 1), offset); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(segmentPath(w.dir, 1), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(strings.Repeat("torn", 30)); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	w.open()
	w.at = 1000
	w.add(20, 900)
	p.end()
	p = run(t, s, config(w.dir), nil)
	p.until("log", func(s Stats) bool { return s.Record == w.last() })
	to := t.TempDir()
	restore(t, s, w.dir, to)
	verify(t, to, w.last())
}

// TestNames escapes what a subject may not have, one to one.
func TestNames(t *testing.T) {
	n, err := NewNames("a b")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ got, want string }{
		{n.Log("x.y>*"), "smk.a=20b.log.x=2Ey=3E=2A"},
		{n.LogStream("x_y"), "SMK_a=20b_LOG_x=5Fy"},
		{n.Book(7, 8), "smk.a=20b.md.7.8"},
		{n.Books(7), "smk.a=20b.md.7.*"},
		{n.Control("x", "halt"), "smk.a=20b.ctl.x.halt"},
		{n.OrderPicture("é"), "smk.a=20b.ord.=C3=A9.picture"},
	} {
		if test.got != test.want {
			t.Errorf("%s, want %s", test.got, test.want)
		}
	}
	for _, bad := range []string{"", strings.Repeat("x", 65)} {
		_, err := NewNames(bad)
		wantError(t, err, ErrName)
	}
}

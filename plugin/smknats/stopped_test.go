package smknats

import (
	"errors"
	"sync"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
)

// keepAll makes the stream of books one that keeps every message, and returns what expects that no book in it is older
// than the one before of its contract.
func keepAll(t *testing.T, s *natstest.Server) (ordered func()) {
	t.Helper()
	js := s.JetStream()
	p, err := New(js.Conn(), Config{Environment: "test", Account: "a", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	c := p.bookStream()
	c.MaxMsgsPerSubject = -1
	if _, err := openStream(t.Context(), js, c, p.names.Books(0)); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		stream, err := js.Stream(t.Context(), c.Name)
		if err != nil {
			t.Fatal(err)
		}
		last := stream.CachedInfo().State.LastSeq
		newest, publisher := map[string]uint64{}, map[string]string{}
		err = each(t.Context(), js, c.Name, jetstream.OrderedConsumerConfig{}, func(m jetstream.Msg, n uint64) error {
			e, err := parseEnvelope(m.Subject(), n, m.Data())
			if err != nil {
				return err
			}
			record := e.GetCursor().GetRecord()
			if before := newest[m.Subject()]; record < before {
				t.Errorf("%s, message %d of %s: record %d over %d of %s", m.Subject(), n, e.GetPublisher(), record,
					before, publisher[m.Subject()])
			}
			newest[m.Subject()], publisher[m.Subject()] = record, e.GetPublisher()
			if n == last {
				return errSeen
			}
			return nil
		})
		wantError(t, err, errSeen)
	}
}

// TestBooksOfAStoppedPublisher has a publisher stopped right before it publishes a book, as by SIGSTOP, another one of
// its account take over, and the first one go on: what it has of books is not published over what is newer, whether it
// had just begun or ran for long.
func TestBooksOfAStoppedPublisher(t *testing.T) {
	for _, books := range []int{1, 7, contractsMarket + 1} { // that it had begun to publish
		s := natstest.Start(t, nil)
		ordered := keepAll(t, s)
		m := newMany(t, contractsMarket)
		m.flush()
		c := Config{
			Environment: "test", Account: "a", Dir: m.dir, DisableLog: true, DisableOrders: true,
			Poll: ms, Conflate: ms,
		}
		sent := 0
		stopped, wake := make(chan struct{}), make(chan struct{})
		var once sync.Once
		t.Cleanup(func() { once.Do(func() { close(wake) }) })
		a := run(t, s, c, func(what string) {
			if what != "book" {
				return
			}
			if sent++; sent == books {
				close(stopped)
				<-wake
			}
		})
		eventually(t, func() bool {
			select {
			case <-stopped:
				return true
			default:
				m.change()
				m.flush()
				return false
			}
		}, func() { t.Fatalf("%+v", a.Stats()) })
		b := run(t, s, c, nil)
		for range 10 {
			for range 1000 {
				m.change()
			}
			m.flush()
			read := m.j.Recorder().Seq()
			b.until("what is newer", func(s Stats) bool { return s.Read == read })
		}
		f := follow(t, s, FollowConfig{})
		until(t, f, "all books", func(Event) bool { return m.differs(f) == "" })
		once.Do(func() { close(wake) })
		ended := one(t, s, m, a, b, false)
		ordered()
		if ended == b && books > contractsMarket {
			t.Error("the one that took over ended")
		}
	}
}

// one has books change until one of two publishers has ended for the other, which goes on and has the books of the
// journal, unless both may end. It returns the one that ended.
func one(t *testing.T, s *natstest.Server, m *many, a, b *running, both bool) (ended *running) {
	t.Helper()
	var err error
	eventually(t, func() bool {
		m.change()
		m.flush()
		select {
		case err = <-a.err:
			a.err <- err
			ended = a
		case err = <-b.err:
			b.err <- err
			ended = b
		default:
		}
		return ended != nil
	}, func() { t.Fatalf("nobody ended: %+v, %+v", a.Stats(), b.Stats()) })
	wantError(t, err, ErrSecondWriter)
	left := a
	if ended == a {
		left = b
	}
	var second *SecondWriterError
	if !errors.As(err, &second) || second.Publisher != left.number {
		t.Errorf("%v does not name %s", err, left.number)
	}
	if both {
		return ended
	}
	f := follow(t, s, FollowConfig{})
	for range 3 {
		for range 10 * contractsMarket {
			m.change()
		}
		m.flush()
		read := m.j.Recorder().Seq()
		left.until("the rest", func(s Stats) bool { return s.Read == read })
		until(t, f, "the books of the one that goes on", func(Event) bool { return m.differs(f) == "" })
	}
	return ended
}

// TestTwoBegunAtOnce has two publishers of an account begin at the same moment: one of them ends, the other one goes
// on, and no book is published over a newer one. Where neither log nor orders decide, both may end.
func TestTwoBegunAtOnce(t *testing.T) {
	for what, c := range map[string]Config{
		"all": {}, "no log": {DisableLog: true}, "books": {DisableLog: true, DisableOrders: true},
	} {
		for range 5 {
			s := natstest.Start(t, nil)
			ordered := keepAll(t, s)
			m := newMany(t, contractsMarket)
			m.flush()
			c.Environment, c.Account, c.Dir, c.Poll, c.Conflate, c.Beat = "test", "a", m.dir, ms, ms, 20*ms
			a, b := run(t, s, c, nil), run(t, s, c, nil)
			one(t, s, m, a, b, c.DisableOrders)
			ordered()
			if t.Failed() {
				t.Fatal(what)
			}
		}
	}
}

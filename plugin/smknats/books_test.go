package smknats

import (
	"context"
	"testing"

	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
)

// TestBooksOfTwoAccounts has the publisher that began last have the books of a market, and the other leave them to it.
func TestBooksOfTwoAccounts(t *testing.T) {
	s := natstest.Start(t, nil)
	m := newMany(t, contractsMarket)
	m.flush()
	c := Config{
		Environment: "test", Account: "a", Dir: m.dir, DisableLog: true, DisableOrders: true, Poll: ms, Conflate: ms,
	}
	a := run(t, s, c, nil)
	a.until("books", func(s Stats) bool { return s.Books >= contractsMarket })
	c.Account = "b"
	b := run(t, s, c, nil)
	b.until("books", func(s Stats) bool { return s.Books >= contractsMarket })
	f := follow(t, s, FollowConfig{})
	a.until("taken", func(s Stats) bool {
		m.change()
		m.flush()
		return s.Taken == contractsMarket
	})
	if taken := b.Stats().Taken; taken != 0 {
		t.Errorf("%d books are taken from the one that began last", taken)
	}
	until(t, f, "books of b", func(e Event) bool {
		return e.Kind == BookChanged && e.Account == "b" && m.differs(f) == ""
	})
}

// TestBooksOfALatePublisher has a publisher end that has been replaced by another one of its account: what it publishes
// of a book is refused.
func TestBooksOfALatePublisher(t *testing.T) {
	s := natstest.Start(t, nil)
	m := newMany(t, contractsMarket)
	m.flush()
	c := Config{
		Environment: "test", Account: "a", Dir: m.dir, DisableLog: true, DisableOrders: true, Poll: ms, Conflate: ms,
	}
	a := run(t, s, c, nil)
	a.until("books", func(s Stats) bool { return s.Books >= contractsMarket })
	b := run(t, s, c, nil)
	b.until("books", func(s Stats) bool { return s.Books >= contractsMarket })
	var err error
	eventually(t, func() bool {
		m.change()
		m.flush()
		select {
		case err = <-a.err:
			a.err <- err
			return true
		default:
			return false
		}
	}, func() { t.Fatalf("%+v", a.Stats()) })
	wantError(t, err, ErrSecondWriter)
	f := follow(t, s, FollowConfig{})
	until(t, f, "books of the other", func(Event) bool { return m.differs(f) == "" })
}

// TestBookRemovedUnread has a book that was there when the books were listed removed before it was read: it is not
// waited for without a limit.
func TestBookRemovedUnread(t *testing.T) {
	t.Parallel() // it waits for a book for a while
	s := natstest.Start(t, nil)
	h := newHostile(t, s)
	h.books(1, 2)
	f := &Follower{js: s.JetStream(), names: h.p.names, items: make(chan item, followAhead)}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	subjects, complete, failures := []string{f.names.Books(0)}, false, 0
	missing := map[string]bool{f.names.Book(1, 1): true, f.names.Book(1, 2): true, f.names.Book(1, 3): true}
	err := f.eachBook(ctx, subjects, missing, &complete, &failures)
	if ctx.Err() != nil || !transient(err) || complete || len(missing) != 1 {
		t.Errorf("%v, %v; complete %v, missing %v", err, ctx.Err(), complete, missing)
	}
}

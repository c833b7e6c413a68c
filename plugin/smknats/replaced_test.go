package smknats

import (
	"slices"
	"testing"

	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
)

// TestJournalReplacedBetweenRuns has a publisher of books and orders alone begin on a journal that another one has
// taken the place of, shorter or longer than what was published of that one: consumers that were there find a gap, then
// a picture, and have nothing of the one before any more.
func TestJournalReplacedBetweenRuns(t *testing.T) {
	for _, rounds := range []int{1, 12} {
		before := newDay(t)
		before.trade(6)
		before.still()
		s := natstest.Start(t, nil)
		c := dayConfig(before)
		c.DisableLog = true
		p := run(t, s, c, nil)
		f := follow(t, s, FollowConfig{Account: "demo"})
		books, orders := before.books(), before.orders()
		until(t, f, "the journal before", func(Event) bool {
			return slices.Equal(booksOf(f), books) && slices.Equal(ordersOf(f.Orders()), orders)
		})
		state := f.State()
		_ = p.end()
		now := newDay(t)
		now.trade(rounds)
		now.still()
		c.Dir = now.dir
		run(t, s, c, nil)
		books, orders = now.books(), now.orders()
		late := follow(t, s, FollowConfig{Account: "demo", From: &state})
		for _, f := range []*Follower{f, late} {
			gap, picture := false, false
			until(t, f, "the journal that took its place", func(e Event) bool {
				switch e.Kind {
				case Gap:
					gap, picture = true, false
				case OrdersPicture:
					picture = true
				case OrderChanged:
					if e.Order.Number > state.Number && !picture {
						t.Errorf("%d rounds: event %d without a gap and a picture", rounds, e.Order.Number)
					}
				default:
				}
				return gap && picture && slices.Equal(booksOf(f), books) && slices.Equal(ordersOf(f.Orders()), orders)
			})
		}
	}
}

// TestJournalWithoutItsEnd has a publisher begin on a journal that lacks the end of what was published of it, as a
// machine that takes over has: it is not taken for another one, and its events are not published again.
func TestJournalWithoutItsEnd(t *testing.T) {
	d := newDay(t)
	d.trade(1)
	d.still()
	dir := d.killed()
	d.trade(6)
	d.still()
	s := natstest.Start(t, nil)
	c := dayConfig(d)
	c.DisableLog, c.DisableBooks = true, true
	p := run(t, s, c, nil)
	f := follow(t, s, FollowConfig{Account: "demo", NoBooks: true})
	orders := d.orders()
	until(t, f, "orders", func(Event) bool { return slices.Equal(ordersOf(f.Orders()), orders) })
	_ = p.end()
	c.Dir = dir
	p = run(t, s, c, nil)
	beginAnother(t, dir)
	until(t, f, "the next run", func(e Event) bool {
		if e.Kind == Gap {
			t.Fatal(e.Text)
		}
		return e.Kind == OrderChanged && e.Order.Kind == KindRunBegan
	})
	if n := p.Stats(); n.Events > 2 {
		t.Errorf("%+v: events were published again", n)
	}
}

package smknats

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
	"github.com/smk-go/smk/sim"
)

// dayConfig publishes everything of a day.
func dayConfig(d *day) Config {
	return Config{
		Environment: "test", Account: "demo", Dir: d.dir, Poll: time.Millisecond, Conflate: 2 * time.Millisecond,
		Beat: 20 * time.Millisecond,
	}
}

func follow(t *testing.T, s *natstest.Server, c FollowConfig) *Follower {
	t.Helper()
	c.Environment = "test"
	f, err := Follow(context.Background(), s.Connect(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// until takes events until a condition holds.
func until(t *testing.T, f *Follower, what string, holds func(e Event) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		e, err := f.Next(ctx)
		if err != nil {
			t.Fatalf("%s: %v; %d books, %d orders", what, err, len(f.Books()), len(f.Orders()))
		}
		if holds(e) {
			return
		}
	}
}

// TestFollow follows books and orders of a bot that trades, over a connection that breaks and runs that end, and
// compares them with the exchange's; a follower that joins late has the same.
func TestFollow(t *testing.T) {
	d := newDay(t)
	s := natstest.Start(t, nil)
	p := run(t, s, dayConfig(d), nil)
	f := follow(t, s, FollowConfig{Account: "demo"})
	numbers := uint64(0)
	compare := func(f *Follower, numbers *uint64) {
		t.Helper()
		books, orders := d.books(), d.orders()
		until(t, f, fmt.Sprintf("want books %v, orders %v", books, orders), func(e Event) bool {
			switch e.Kind {
			case OrdersPicture:
				if numbers != nil {
					*numbers = f.State().Number
				}
			case OrderChanged:
				if numbers != nil {
					if e.Order.Number != *numbers+1 {
						t.Fatalf("event %d after %d", e.Order.Number, *numbers)
					}
					*numbers = e.Order.Number
				}
			case Gap:
				t.Fatalf("%+v", e)
			}
			return slices.Equal(booksOf(f), books) && slices.Equal(ordersOf(f.Orders()), orders)
		})
		if len(books) < 5 || len(orders) == 0 {
			t.Fatalf("books %v, orders %v: nothing to compare", books, orders)
		}
	}
	for round := range 3 {
		d.agents(1000)
		d.trade(6)
		d.still()
		compare(f, &numbers)
		late := follow(t, s, FollowConfig{Account: "demo", Markets: []uint32{1, d.market()}})
		compare(late, nil)
		switch round {
		case 0:
			d.cut()
		case 1:
			d.end()
			d.begin()
		}
	}
	stats := p.Stats()
	if stats.Number < numbers || stats.Failures != 0 || stats.Taken != 0 || stats.Session != "established" {
		t.Fatalf("%+v, the follower had events up to %d", stats, numbers)
	}
}

func (d *day) market() uint32 { return sim.DemoMarket }

// TestExactlyOnce ends publishers and followers at random while a bot trades. All events that a consumer has taken,
// each kept with the state in one write, are the stream's, once each.
func TestExactlyOnce(t *testing.T) {
	d := newDay(t)
	s := natstest.Start(t, nil)
	r := rand.New(rand.NewPCG(1, 2))
	c := dayConfig(d)
	c.DisableLog, c.DisableBooks = true, true
	var state *State
	var numbers []uint64
	for range 10 {
		limit, sent, cut := 1+r.IntN(2), 0, make(chan struct{}) // it has events to send, and a picture
		p := run(t, s, c, func(what string) {
			if what != "orders" {
				return
			}
			if sent++; sent == limit {
				close(cut)
				<-t.Context().Done()
			}
		})
		f := follow(t, s, FollowConfig{Account: "demo", NoBooks: true, From: state})
		d.trade(4)
		<-cut
		p.stop()
		for range r.IntN(30) {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			e, err := f.Next(ctx)
			cancel()
			if err != nil {
				break
			}
			switch e.Kind {
			case OrderChanged:
				numbers = append(numbers, e.Order.Number)
			case OrdersPicture:
				if len(numbers) > 0 || state != nil {
					t.Fatalf("a picture after %d events", len(numbers))
				}
				numbers = append(numbers, f.State().Number)
			case Gap:
				t.Fatalf("%+v", e)
			default:
				continue
			}
			now := f.State()
			state = &now
		}
		f.Close()
	}
	d.still()
	run(t, s, c, nil)
	f := follow(t, s, FollowConfig{Account: "demo", NoBooks: true, From: state})
	orders := d.orders()
	if state == nil || !slices.Equal(ordersOf(state.Orders), orders) {
		until(t, f, "end", func(e Event) bool {
			if e.Kind == OrderChanged {
				numbers = append(numbers, e.Order.Number)
			}
			return slices.Equal(ordersOf(f.Orders()), orders)
		})
	}
	for i, n := range numbers {
		if n != numbers[0]+uint64(i) {
			t.Fatalf("event %d after %d: %v", n, numbers[i-1], numbers)
		}
	}
	if len(numbers) < 20 {
		t.Fatalf("events %v: too few", numbers)
	}
}

// TestStale says that a publisher has died, and that another one has taken over.
func TestStale(t *testing.T) {
	d := newDay(t)
	s := natstest.Start(t, nil)
	f := follow(t, s, FollowConfig{Account: "demo", StaleAfter: 200 * time.Millisecond})
	if !f.Stale("demo") {
		t.Error("not stale before anything was heard")
	}
	until(t, f, "never heard", func(e Event) bool { return e.Kind == Stale && e.Account == "demo" })
	p := run(t, s, dayConfig(d), nil)
	until(t, f, "heard", func(e Event) bool { return e.Kind == Fresh && e.Account == "demo" })
	until(t, f, "books", func(e Event) bool { return len(f.Books()) == 3 && f.Books()[0].Live })
	p.end()
	until(t, f, "died", func(e Event) bool { return e.Kind == Stale })
	if !f.Stale("demo") || !f.Books()[0].Live {
		t.Error("not stale, or the book is not the last one")
	}
	other := run(t, s, dayConfig(d), nil)
	until(t, f, "another", func(e Event) bool { return e.Kind == Restarted && e.Text == other.number })
	until(t, f, "heard again", func(e Event) bool { return e.Kind == Fresh })
	if f.Stale("demo") {
		t.Error("stale")
	}
}

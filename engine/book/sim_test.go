package book_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/exchange"
)

// Books are what the exchange shows, after each update, while levels leave the window and come back.
func TestBooksEqualTheExchangesWindow(t *testing.T) {
	left := operations
	updates := uint64(0)
	for seed := uint64(0); left > 0; seed++ {
		depth := 1 + int(seed%9)
		w := newWorld(t, seed, depth)
		tr := newTrader(t, w.x, "bot", book.Config{Markets: 4, Contracts: 16, Depth: depth})
		tr.check = func(c book.Contract) { sameAsExchange(t, w.x, c, depth) }
		for m := uint32(1); m <= worldMarkets; m++ {
			tr.subscribe(m)
		}
		for k := range min(left, 20_000) {
			switch {
			case k%1000 == 999:
				w.halt()
			case k%5000 == 4999:
				tr.subscribe(1 + w.r.Uint32N(worldMarkets))
			default:
				w.step()
			}
			if k%500 == 0 {
				everyContract(w, tr, func(c book.Contract) { sameAsExchange(t, w.x, c, depth) })
			}
		}
		if s := tr.b.Stats(); s.Ignored+s.Invalid > 0 {
			t.Fatalf("%+v", s)
		}
		updates += tr.b.Stats().Updates
		left -= 20_000
	}
	t.Logf("%d operations, %d updates", operations, updates)
}

func everyContract(w *world, tr *trader, f func(book.Contract)) {
	for m := uint32(1); m <= worldMarkets; m++ {
		for id := uint32(1); id <= worldContracts; id++ {
			c, ok := tr.b.Contract(m, id)
			if !ok {
				tr.t.Fatalf("no market %d", m)
			}
			f(c)
		}
	}
}

// An exchange that shows more than it is taken to is understood, at last after new snapshots.
func TestDepthIsLearned(t *testing.T) {
	for depth := 6; depth <= 12; depth++ {
		w := newWorld(t, uint64(depth), depth)
		tr := newTrader(t, w.x, "bot", book.Config{DepthMax: 12})
		for m := uint32(1); m <= worldMarkets; m++ {
			tr.subscribe(m)
		}
		for k := range 20_000 {
			w.step()
			tr.heal()
			if k > 15_000 && k%20 == 0 {
				everyContract(w, tr, func(c book.Contract) { sameAsExchange(t, w.x, c, depth) })
			}
		}
		if tr.b.Depth() != depth {
			t.Errorf("depth %d is taken for %d", depth, tr.b.Depth())
		}
		if s := tr.b.Stats(); s.Healed == 0 && depth > 8 {
			t.Errorf("depth %d: nothing was healed: %+v", depth, s)
		}
	}
}

// What was traded is what the exchange says in a new snapshot.
func TestTradesEqualTheExchanges(t *testing.T) {
	w := newWorld(t, 5, 5)
	tr := newTrader(t, w.x, "bot", book.Config{})
	late := newTrader(t, w.x, "bot", book.Config{})
	for m := uint32(1); m <= worldMarkets; m++ {
		tr.subscribe(m)
	}
	for range 50 {
		for range 200 {
			w.step()
		}
		late.login.Logout()
		late = newTrader(t, w.x, "bot", book.Config{})
		for m := uint32(1); m <= worldMarkets; m++ {
			late.subscribe(m)
			a, _ := tr.b.Market(m)
			b, _ := late.b.Market(m)
			if a.Volume() != b.Volume() || a.Volume() == 0 {
				t.Fatalf("market %d: volume %v, the snapshot says %v", m, a.Volume(), b.Volume())
			}
			if a.ExchangeState() != msg.MarketStateLive {
				t.Fatal(a.ExchangeState())
			}
			for id := uint32(1); id <= worldContracts; id++ {
				a, _ := tr.b.Contract(m, id)
				b, _ := late.b.Contract(m, id)
				la, _ := a.Last()
				lb, _ := b.Last()
				if la != lb || a.High() != b.High() || a.Low() != b.Low() {
					t.Fatalf("contract %d: %+v %v %v, the snapshot says %+v %v %v", id, la, a.High(), a.Low(), lb,
						b.High(), b.Low())
				}
			}
		}
	}
}

// act takes one random action of the bot.
func (tr *trader) act(w *world) {
	r := w.r
	id := tr.live(r)
	market, contract := 1+r.Uint32N(worldMarkets), 1+r.Uint32N(worldContracts)
	price, quantity := 4985+r.Uint32N(30), 1000*(1+r.Uint64N(5))
	switch k := r.IntN(100); {
	case k < 50:
		side := odds.Buy + odds.Side(r.IntN(2))
		if r.IntN(4) > 0 {
			price = min(price, 4999)
			if side == odds.Sell {
				price = 9999 - price
			}
		}
		tr.create(market, contract, side, price, quantity, msg.TimeInForceType(1+r.IntN(4)))
	case k < 65:
		tr.login.Cancel(&exchange.Cancel{OrderID: id})
	case k < 80:
		if o, _ := tr.x.Order(id); o.Available > 1 {
			tr.reduce(id, 1+r.Uint64N(o.Available-1))
		}
	case k < 95:
		o, _ := tr.x.Order(id)
		if r.IntN(3) == 0 {
			price = o.Price
		}
		if o.Price != 0 {
			tr.replace(id, price, max(quantity, 1000))
		}
	case k < 96:
		tr.login.CancelAll(&exchange.CancelAll{Market: market})
	}
}

// The book without own orders is what the others have there.
func TestBookWithoutOwnOrders(t *testing.T) {
	for seed := range uint64(8) {
		w := newWorld(t, seed, 5)
		w.moves = true
		tr := newTrader(t, w.x, "bot", book.Config{})
		tr.check = func(c book.Contract) { neverTooMuch(t, w.x, c) }
		for m := uint32(1); m <= worldMarkets; m++ {
			tr.subscribe(m)
		}
		for k := range operations / 200 {
			if k%3 == 0 {
				tr.act(w)
			} else {
				w.step()
			}
			if k%997 == 0 {
				w.halt()
			}
			if k%10 == 0 {
				orders := w.x.Orders("bot")
				everyContract(w, tr, func(c book.Contract) { exactlyOthers(t, w.x, c, orders) })
			}
		}
	}
}

// othersAt returns what others than the bot have in the window, levels without anything left out.
func othersAt(x *exchange.Exchange, c book.Contract, side odds.Side, orders []exchange.OrderTruth) []book.Level {
	own := map[odds.Price]odds.Quantity{}
	for _, o := range orders {
		if o.State != exchange.OrderLive {
			break // those that ended follow
		}
		if o.Market == c.Market() && o.Contract == c.ID() && odds.Side(o.Side) == side {
			own[odds.Price(o.Price)] += odds.Quantity(o.Available)
		}
	}
	levels := visible(x, c.Market(), c.ID(), side, 5)
	for i := range levels {
		levels[i].Quantity -= own[levels[i].Price]
	}
	return slices.DeleteFunc(levels, func(l book.Level) bool { return l.Quantity == 0 })
}

func exactlyOthers(t *testing.T, x *exchange.Exchange, c book.Contract, orders []exchange.OrderTruth) {
	sameAsExchange(t, x, c, 5)
	c = c.WithoutOwn()
	for _, side := range []odds.Side{odds.Buy, odds.Sell} {
		want := othersAt(x, c, side, orders)
		if got := c.Levels(nil, side); !slices.Equal(got, want) {
			t.Fatalf("without own orders the book is %v, others have %v", got, want)
		}
		best, ok := c.Best(side)
		if ok != (len(want) > 0) || ok && best != want[0] || c.Depth(side) != len(want) {
			t.Fatalf("best is %v %v of %d, want %v", best, ok, c.Depth(side), want)
		}
	}
}

// neverTooMuch holds while reports are under way.
func neverTooMuch(t *testing.T, x *exchange.Exchange, c book.Contract) {
	orders := x.Orders("bot")
	for _, side := range []odds.Side{odds.Buy, odds.Sell} {
		want := othersAt(x, c, side, orders)
		for _, l := range c.WithoutOwn().Levels(nil, side) {
			if i := slices.IndexFunc(want, func(w book.Level) bool { return w.Price == l.Price }); i < 0 ||
				want[i].Quantity < l.Quantity {
				t.Fatalf("%v is more than others have: %v", l, want)
			}
		}
	}
}

// aheadOf returns what is queued ahead of an order: orders of its level with lower ids, which count up.
func aheadOf(orders []exchange.OrderTruth, o exchange.OrderTruth) (ahead odds.Quantity) {
	for _, p := range orders {
		if p.State == exchange.OrderLive && p.Market == o.Market && p.Contract == o.Contract && p.Side == o.Side &&
			p.Price == o.Price && p.ID < o.ID {
			ahead += odds.Quantity(p.Available)
		}
	}
	return ahead
}

func liveOrders(x *exchange.Exchange) (orders []exchange.OrderTruth) {
	x.EachOrder(func(_ string, o exchange.OrderTruth) {
		if o.State == exchange.OrderLive {
			orders = append(orders, o)
		}
	})
	return orders
}

// queueCount counts how good the bounds are.
type queueCount struct{ all, exact, unknown int }

func (q queueCount) String() string {
	return fmt.Sprintf("%d bounds, %.1f %% exact, %.1f %% unknown", q.all,
		100*float64(q.exact)/float64(q.all), 100*float64(q.unknown)/float64(q.all))
}

// compare compares the bounds of all own orders with the truth.
func (q *queueCount) compare(t testing.TB, tr *trader, orders []exchange.OrderTruth, last string) {
	for _, o := range orders {
		ref, own := tr.refs[o.ID]
		if !own || o.State != exchange.OrderLive {
			continue
		}
		got, ok := tr.b.Queue(ref)
		ahead := aheadOf(orders, o)
		if !ok || ahead < got.Lower || ahead > got.Upper {
			t.Fatalf("after %s: order %+v has %d ahead, bounds %+v", last, o, ahead, got)
		}
		q.all++
		if got.Exact() {
			q.exact++
		}
		if got.Upper == odds.QuantityMax {
			q.unknown++
		}
	}
}

// The bounds of the queue hold, whatever happens in the book.
func TestQueueBoundsHold(t *testing.T) {
	for _, moves := range []bool{false, true} {
		var count queueCount
		for seed := range uint64(20) {
			w := newWorld(t, seed, 5)
			w.moves = moves
			tr := newTrader(t, w.x, "bot", book.Config{InPlaceReplaces: moves})
			for m := uint32(1); m <= worldMarkets; m++ {
				tr.subscribe(m)
			}
			updates := 0
			tr.check = func(c book.Contract) { // the reports of the same change are yet to come
				if updates++; updates%8 == 0 {
					orders := slices.DeleteFunc(liveOrders(w.x), func(o exchange.OrderTruth) bool {
						return o.Market != c.Market() || o.Contract != c.ID()
					})
					new(queueCount).compare(t, tr, orders, "an update")
				}
			}
			for k := range operations / 400 {
				last := "own action"
				switch {
				case k%997 == 996:
					w.halt()
				case k%1499 == 1498:
					tr.subscribe(1 + w.r.Uint32N(worldMarkets))
				case k%5 == 0:
					tr.act(w)
				default:
					last = w.step()
				}
				count.compare(t, tr, liveOrders(w.x), last)
			}
		}
		t.Logf("others replace orders: %v: %v", moves, count)
		if count.all < 1000 || !moves && count.exact*2 < count.all {
			t.Error("the bounds say little")
		}
	}
}

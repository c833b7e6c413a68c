package book_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/exchange"
)

// trader is an account's login that keeps books, and tells them of its orders as an engine does.
type trader struct {
	t     testing.TB
	x     *exchange.Exchange
	b     *book.Books
	login *exchange.Login
	name  string
	now   int64

	next  uint64            // the last reference
	refs  map[uint64]uint64 // references of live orders by order id
	open  map[uint64]uint64 // open quantities by reference
	check func(book.Contract)
}

func newTrader(t testing.TB, x *exchange.Exchange, name string, c book.Config) *trader {
	b, err := book.New(c)
	if err != nil {
		t.Fatal(err)
	}
	tr := &trader{t: t, x: x, b: b, name: name, refs: map[uint64]uint64{}, open: map[uint64]uint64{}}
	tr.login = x.Login(name, tr)
	return tr
}

// subscribe subscribes to a market, or does so again.
func (tr *trader) subscribe(market uint32) {
	tr.must(tr.b.Subscribed(market, tr.now))
	tr.login.Unsubscribe(market)
	tr.login.Subscribe(market)
}

func (tr *trader) must(err error) {
	if err != nil {
		tr.t.Helper()
		tr.t.Fatal(err)
	}
}

// Publish takes market data.
func (tr *trader) Publish(m exchange.Message) {
	tr.now++
	switch m := m.(type) {
	case *msg.ContractQuotes:
		c, err := tr.b.ApplyUpdate(m, tr.now)
		if err == book.ErrClosed {
			return
		}
		tr.must(err)
		if tr.check != nil {
			tr.check(c)
		}
	case *msg.MarketQuotes:
		tr.must(tr.b.ApplySnapshot(m, tr.now))
	case *msg.MarketState:
		tr.must(tr.b.ApplyState(m, tr.now))
	}
}

// heal sends the resubscriptions that the last call asked for, and those that are due.
func (tr *trader) heal() {
	for _, e := range slices.Clone(tr.b.Advance(tr.now)) {
		if e.Kind == book.Resubscribe {
			tr.subscribe(e.Market)
		}
	}
}

// Report takes reports of own orders.
func (tr *trader) Report(r *exchange.Report, _ bool) {
	tr.now++
	ref := r.Reference
	switch r.Type {
	case msg.PayloadOrderAccepted:
		tr.refs[r.OrderID], tr.open[ref] = ref, r.Quantity
		tr.must(tr.b.OwnAccepted(ref, odds.Quantity(r.Quantity)))
	case msg.PayloadOrderRejected, msg.PayloadOrderInvalid:
		tr.must(tr.b.OwnRemoved(ref))
	case msg.PayloadOrderExecuted:
		ref = tr.refs[r.OrderID]
		tr.open[ref] -= r.Quantity
		tr.must(tr.b.OwnFilled(ref, odds.Quantity(tr.open[ref])))
		if tr.open[ref] == 0 {
			tr.end(r.OrderID)
		}
	case msg.PayloadOrderCancelled:
		tr.end(r.OrderID)
	case msg.PayloadOrderQuantityReduced:
		ref = tr.refs[r.OrderID]
		tr.open[ref] = r.NewQuantity
		tr.must(tr.b.OwnChanged(ref, odds.Quantity(r.NewQuantity)))
	case msg.PayloadOrderQuantityReduceRejected:
		if ref, live := tr.refs[r.OrderID]; live {
			tr.must(tr.b.OwnReducing(ref, false))
		}
	case msg.PayloadOrderCancelReplaceAccepted:
		tr.end(r.OrigOrderID)
		tr.refs[r.OrderID], tr.open[ref] = ref, r.AvailableQuantity
		tr.must(tr.b.OwnAccepted(ref, odds.Quantity(r.AvailableQuantity)))
	case msg.PayloadOrderCancelReplaceRejected, msg.PayloadOrderCancelRejected:
		if _, err := tr.b.OwnOpen(ref); err == nil && r.OrigOrderID != 0 { // the replacement is not to be
			tr.must(tr.b.OwnRemoved(ref))
		}
	case msg.PayloadOrderVoided:
		if _, live := tr.refs[r.OrderID]; live {
			tr.end(r.OrderID)
		}
	}
}

func (tr *trader) end(id uint64) {
	tr.must(tr.b.OwnRemoved(tr.refs[id]))
	delete(tr.open, tr.refs[id])
	delete(tr.refs, id)
}

// create sends an order and returns its id, 0 if it was rejected.
func (tr *trader) create(market, contract uint32, side odds.Side, price uint32, quantity uint64,
	tif msg.TimeInForceType,
) uint64 {
	tr.next++
	tr.must(tr.b.OwnAdded(book.Own{
		ID: tr.next, Market: market, Contract: contract, Side: side, Price: odds.Price(price),
		Open: odds.Quantity(quantity), Pending: true,
	}))
	id, _ := tr.login.Create(&exchange.Create{
		Market: market, Contract: contract, Side: msg.Side(side), Price: price, Quantity: quantity, TIF: tif,
		Reference: tr.next, HasReference: true,
	})
	return id
}

func (tr *trader) reduce(id, quantity uint64) {
	if ref, live := tr.refs[id]; live {
		tr.must(tr.b.OwnReducing(ref, true))
	}
	tr.login.Reduce(&exchange.Reduce{OrderID: id, NewQuantity: quantity})
}

func (tr *trader) replace(id uint64, price uint32, quantity uint64) uint64 {
	o, ok := tr.x.Order(id)
	if !ok || o.State != exchange.OrderLive || quantity <= o.Executed {
		return 0
	}
	tr.next++
	tr.must(tr.b.OwnAdded(book.Own{
		ID: tr.next, Market: o.Market, Contract: o.Contract, Side: odds.Side(o.Side), Price: odds.Price(price),
		Open: odds.Quantity(quantity - o.Executed), Pending: true, Replaces: tr.refs[id],
	}))
	n, _ := tr.login.Replace(&exchange.Replace{
		OrigOrderID: id, Price: price, Quantity: quantity, Reference: tr.next, HasReference: true,
	})
	return n
}

// live returns an own live order at random, or 0.
func (tr *trader) live(r *rand.Rand) uint64 {
	if len(tr.refs) == 0 {
		return 0
	}
	ids := make([]uint64, 0, len(tr.refs))
	for id := range tr.refs {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids[r.IntN(len(ids))]
}

// visible returns the levels of a side that the exchange shows.
func visible(x *exchange.Exchange, market, contract uint32, side odds.Side, depth int) []book.Level {
	bids, offers := x.Book(market, contract)
	list := bids
	if side == odds.Sell {
		list = offers
	}
	levels := []book.Level{}
	for _, l := range list[:min(depth, len(list))] {
		levels = append(levels, book.Level{Price: odds.Price(l.Price), Quantity: odds.Quantity(l.Quantity)})
	}
	return levels
}

// sameAsExchange compares a contract's book with what the exchange shows.
func sameAsExchange(t testing.TB, x *exchange.Exchange, c book.Contract, depth int) {
	for _, side := range []odds.Side{odds.Buy, odds.Sell} {
		want := visible(x, c.Market(), c.ID(), side, depth)
		got := c.Levels([]book.Level{}, side)
		if !slices.Equal(got, want) {
			s, causes := c.State()
			t.Helper()
			t.Fatalf("contract %d of market %d, %v side, %v (%v):\nbook     %v\nexchange %v", c.ID(), c.Market(), side,
				s, causes, got, want)
		}
	}
}

// others are the orders of everybody in a world.
type world struct {
	x     *exchange.Exchange
	r     *rand.Rand
	names []string
	ids   []uint64 // of the others' orders, some of them ended
	moves bool     // the others replace orders
}

const (
	worldMarkets   = 3
	worldContracts = 3
)

func newWorld(t testing.TB, seed uint64, depth int) *world {
	c := exchange.Config{Depth: depth, OrdersMax: 2048, HistoryMax: 16}
	names := []string{"a", "b", "c"}
	for _, name := range append(slices.Clone(names), "bot") {
		c.Accounts = append(c.Accounts, exchange.Account{Username: name, Balance: 1e17})
	}
	for id := uint32(1); id <= worldMarkets; id++ {
		m := exchange.Market{ID: id, State: msg.MarketStateLive}
		for ct := uint32(1); ct <= worldContracts; ct++ {
			m.Contracts = append(m.Contracts, exchange.Contract{ID: ct})
		}
		c.Markets = append(c.Markets, m)
	}
	x, err := exchange.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return &world{x: x, r: rand.New(rand.NewPCG(seed, 12)), names: names}
}

// step takes one random action of somebody else.
func (w *world) step() string {
	r := w.r
	market, contract := 1+r.Uint32N(worldMarkets), 1+r.Uint32N(worldContracts)
	price, quantity := 4985+r.Uint32N(30), 1000*(1+r.Uint64N(5))
	at := 0
	if len(w.ids) > 0 {
		at = r.IntN(len(w.ids))
	}
	switch k := r.IntN(100); {
	case k < 60 || len(w.ids) == 0:
		side := msg.SideBuy + msg.Side(r.IntN(2))
		if r.IntN(4) > 0 { // mostly on its own side of the middle
			price = min(price, 4999)
			if side == msg.SideSell {
				price = 9999 - price
			}
		}
		id, _ := w.x.Submit(w.names[r.IntN(len(w.names))], exchange.Create{
			Market: market, Contract: contract, Side: side, Price: price, Quantity: quantity,
			TIF: msg.TimeInForceType(1 + r.IntN(4)),
		})
		if id != 0 {
			w.ids = append(w.ids, id)
		}
		return fmt.Sprintf("create %v", id)
	case k < 85:
		w.forEach(w.ids[at], func(l *exchange.Login) { l.Cancel(&exchange.Cancel{OrderID: w.ids[at]}) })
		w.ids[at] = w.ids[len(w.ids)-1]
		w.ids = w.ids[:len(w.ids)-1]
		return "cancel"
	case k < 95:
		o, _ := w.x.Order(w.ids[at])
		if o.Available > 1 {
			w.forEach(w.ids[at], func(l *exchange.Login) {
				l.Reduce(&exchange.Reduce{OrderID: o.ID, NewQuantity: 1 + r.Uint64N(o.Available-1)})
			})
		}
		return "reduce"
	case w.moves:
		w.forEach(w.ids[at], func(l *exchange.Login) {
			o, _ := w.x.Order(w.ids[at])
			if r.IntN(2) == 0 {
				price, quantity = o.Price, max(o.Quantity, 1000)
			}
			id, _ := l.Replace(&exchange.Replace{OrigOrderID: o.ID, Price: price, Quantity: quantity})
			if id != 0 {
				w.ids = append(w.ids, id)
			}
		})
		return "replace"
	}
	return "nothing"
}

// forEach calls f with a login of the account that has an order.
func (w *world) forEach(id uint64, f func(*exchange.Login)) {
	if _, ok := w.x.Order(id); !ok {
		return
	}
	for _, name := range w.names {
		l := w.x.Login(name, nil)
		f(l)
		l.Logout()
	}
}

// halt halts a market and opens it again.
func (w *world) halt() {
	market := 1 + w.r.Uint32N(worldMarkets)
	if w.x.State(market) == msg.MarketStateHalted {
		_ = w.x.SetState(market, msg.MarketStateLive, "")
	} else {
		_ = w.x.Halt(market, "")
	}
}

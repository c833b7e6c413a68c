package exchange

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"sort"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"

	"github.com/smk-go/smk/gen/msg"
)

// reference is a second implementation of the matching, slow and simple: a list of orders, sorted for every
// match. It shares no code with the exchange.
type reference struct {
	resting []*twinOrder
	serial  int
}

type twinOrder struct {
	serial    int
	account   string
	side      msg.Side
	price     uint32
	left      uint64
	executed  uint64
	paid      uint64 // sum of quantity x price
	cancelled bool
}

// step is one random command.
type step struct {
	Account  int
	Sell     bool
	Price    int
	Quantity int
	Kind     int // of the order's time in force; or a cancel
	Maq      int
	Target   int // of a cancel
}

var names = [...]string{"a", "b", "c"}

// match returns the orders that o would match, in order, and whether o's own account is among them.
func (w *reference) match(o *twinOrder) (meets []*twinOrder, self bool) {
	for _, r := range w.resting {
		if r.side != o.side && (o.side == msg.SideBuy && r.price <= o.price || o.side == msg.SideSell &&
			r.price >= o.price) {
			meets = append(meets, r)
		}
	}
	sort.SliceStable(meets, func(i, j int) bool {
		if meets[i].price != meets[j].price {
			return (meets[i].price < meets[j].price) == (o.side == msg.SideBuy)
		}
		return meets[i].serial < meets[j].serial
	})
	left := o.left
	for i, r := range meets {
		if left == 0 {
			return meets[:i], false
		}
		if r.account == o.account {
			return nil, true
		}
		left -= min(left, r.left)
	}
	return meets, false
}

// create returns the order, or nil if it crosses its own account's.
func (w *reference) create(s step) *twinOrder {
	o := &twinOrder{account: names[s.Account], side: msg.SideBuy, price: uint32(s.Price), left: uint64(s.Quantity)}
	if s.Sell {
		o.side = msg.SideSell
	}
	meets, self := w.match(o)
	if self {
		return nil
	}
	w.serial++
	o.serial = w.serial
	var sum uint64
	for _, r := range meets {
		sum += r.left
	}
	if uint64(s.Maq) > min(sum, o.left) {
		o.cancelled = true
		return o
	}
	for _, r := range meets {
		q := min(o.left, r.left)
		for _, both := range []*twinOrder{o, r} {
			both.left -= q
			both.executed += q
			both.paid += q * uint64(r.price)
		}
	}
	switch {
	case o.left == 0:
	case s.Kind == 1:
		o.cancelled = true
	default:
		w.resting = append(w.resting, o)
	}
	w.tidy()
	return o
}

func (w *reference) tidy() {
	left := w.resting[:0]
	for _, r := range w.resting {
		if r.left > 0 && !r.cancelled {
			left = append(left, r)
		}
	}
	w.resting = left
}

func referenceExchange(t testing.TB) *Exchange {
	x, err := New(Config{
		Accounts: []Account{
			{Username: "a", Balance: 1e15},
			{Username: "b", Balance: 1e15},
			{Username: "c", Balance: 1e15},
		},
		Markets:     []Market{{ID: 1, Contracts: []Contract{{ID: 1}, {ID: 2}}, WinnerTakesAll: true}},
		QuantityMin: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// compare runs steps on both, audits the exchange after every so many steps, and returns the first
// difference, or "".
func compare(t testing.TB, steps []step, every int) string {
	x, w := referenceExchange(t), new(reference)
	ids := map[*twinOrder]uint64{}
	var all []*twinOrder
	for i, s := range steps {
		if s.Kind == 2 && len(all) > 0 {
			o := all[s.Target%len(all)]
			live := o.left > 0 && !o.cancelled
			r := x.SubmitCancel(o.account, ids[o])
			if live != r.OK() {
				return fmt.Sprintf("step %d: cancel of a live=%v order: %v", i, live, r)
			}
			if live {
				o.cancelled = true
				w.tidy()
			}
			continue
		}
		side := msg.SideBuy
		if s.Sell {
			side = msg.SideSell
		}
		tif := msg.GoodTilCancelled
		if s.Kind == 1 {
			tif = msg.ImmediateOrCancel
		}
		id, r := x.Submit(names[s.Account], Create{
			Market: 1, Contract: 1, Side: side, Price: uint32(s.Price), Quantity: uint64(s.Quantity),
			Maq: uint32(s.Maq),
			TIF: tif,
		})
		o := w.create(s)
		if (o == nil) != (r.Reason == int32(msg.OrderRejectedCrossedSelf)) || (o != nil) != r.OK() {
			return fmt.Sprintf("step %d: %+v gave %v, twin %v", i, s, r, o)
		}
		if o != nil {
			ids[o] = id
			all = append(all, o)
		}
		if i%every > 0 {
			continue
		}
		if d := x.Audit(); d != "" {
			return fmt.Sprintf("step %d: %s", i, d)
		}
	}
	for _, o := range all {
		got, ok := x.Order(ids[o])
		want := OrderTruth{
			ID: ids[o], Market: 1, Contract: 1, Side: o.side, TIF: got.TIF, Price: o.price, Quantity: got.Quantity,
			Executed: o.executed, Available: o.left, AveragePrice: average(o.paid, o.executed),
		}
		switch {
		case o.cancelled:
			want.State, want.Available = OrderCancelled, 0
		case o.left == 0:
			want.State = OrderFilled
		}
		if !ok || got != want {
			return fmt.Sprintf("order %d: %+v, twin %+v", o.serial, got, want)
		}
	}
	return compareBook(x, w)
}

func compareBook(x *Exchange, w *reference) string {
	var want [2][]Level
	for side, s := range []msg.Side{msg.SideBuy, msg.SideSell} {
		byPrice := map[uint32]*Level{}
		var list []*Level
		for _, o := range w.resting {
			if o.side != s {
				continue
			}
			if byPrice[o.price] == nil {
				byPrice[o.price] = &Level{Price: o.price}
				list = append(list, byPrice[o.price])
			}
			byPrice[o.price].Quantity += o.left
			byPrice[o.price].Orders++
		}
		sort.Slice(list, func(i, j int) bool { return (list[i].Price > list[j].Price) == (s == msg.SideBuy) })
		for _, l := range list {
			want[side] = append(want[side], *l)
		}
	}
	bids, offers := x.Book(1, 1)
	if !reflect.DeepEqual([2][]Level{bids, offers}, want) {
		return fmt.Sprintf("book %v %v, twin %v", bids, offers, want)
	}
	return ""
}

// randomSteps returns n commands from a seed. There are few prices, so that levels are shared and books cross
// often.
func randomSteps(seed uint64, n int) []step {
	r := rand.New(rand.NewPCG(seed, 0))
	steps := make([]step, n)
	for i := range steps {
		s := step{
			Account: r.IntN(len(names)), Sell: r.IntN(2) == 0, Price: 4990 + r.IntN(21),
			Quantity: 1 + r.IntN(1000), Kind: r.IntN(3), Target: r.IntN(1000),
		}
		if r.IntN(10) == 0 {
			s.Price = PriceMin + r.IntN(PriceMax)
		}
		if r.IntN(6) == 0 {
			s.Maq = 1 + r.IntN(500)
		}
		steps[i] = s
	}
	return steps
}

func TestMatchingAgreesWithReference(t *testing.T) {
	p := gopter.DefaultTestParametersWithSeed(1)
	p.MinSuccessfulTests = 300
	props := gopter.NewProperties(p)
	props.Property("same orders, same book, sound money", prop.ForAll(func(seed uint64, n int) string {
		return compare(t, randomSteps(seed, n), 1)
	}, gen.UInt64(), gen.IntRange(1, 400)))
	props.TestingRun(t)
}

// The same for many days of many orders, audited now and then.
func TestMatchingAgreesWithReferenceAtLength(t *testing.T) {
	const day = 2000
	for seed := range uint64(referenceSteps / day) {
		if d := compare(t, randomSteps(seed, day), 200); d != "" {
			t.Fatalf("seed %d: %s", seed, d)
		}
	}
}

package quote

import (
	"errors"
	"reflect"
	"testing"

	"github.com/smk-go/smk/odds"
)

// TestConfig expects values out of range to be refused, and defaults for zeros.
func TestConfig(t *testing.T) {
	for i, c := range []Config{
		{Contracts: -1},
		{Contracts: ContractsMax + 1},
		{Levels: LevelsMax + 1},
		{Levels: -1},
		{Orders: -1},
		{Orders: OrdersMax + 1},
		{Actions: ActionsMax + 1},
		{AttemptsMax: 256},
		{RetryMin: -1},
		{RetryMin: 10, RetryMax: 9},
		{RetryMax: 25 * 3600 * 1e9},
		{ResumeAfter: -1},
		{Ignore: 1 << 15},
	} {
		if _, err := New(c); !errors.Is(err, ErrConfig) {
			t.Errorf("%d: %+v: %v", i, c, err)
		}
	}
	q, err := New(Config{RetryMin: 60e9})
	if err != nil {
		t.Fatal(err)
	}
	if c := q.config; c.Contracts != 1024 || c.Orders != 8192 || c.RetryMax != 60e9 || c.Actions != 256 {
		t.Errorf("%+v", c)
	}
}

// TestWishErrors expects a wish that makes no sense to be refused and to change nothing.
func TestWishErrors(t *testing.T) {
	d := newDesk(t, Config{Levels: 2, Contracts: 1})
	d.quoted(0)
	l := func(prices ...odds.Price) (levels []Level) {
		for _, p := range prices {
			levels = append(levels, Level{p, 10})
		}
		return levels
	}
	for i, c := range []struct {
		bids, asks []Level
		tol        Tolerance
		want       error
	}{
		{l(1, 2, 3), nil, Tolerance{}, ErrLevels},
		{nil, l(1, 2, 3), Tolerance{}, ErrLevels},
		{l(5, 5), nil, Tolerance{}, ErrLevels},
		{l(0), nil, Tolerance{}, ErrPrice},
		{nil, l(10000), Tolerance{}, ErrPrice},
		{l(5000), l(5000), Tolerance{}, ErrCrossed},
		{l(4000, 5001), l(6000, 5000), Tolerance{}, ErrCrossed},
		{[]Level{{5000, 0}}, nil, Tolerance{}, ErrQuantity},
		{[]Level{{5000, -1}}, nil, Tolerance{}, ErrQuantity},
		{nil, []Level{{5000, odds.QuantityMax + 1}}, Tolerance{}, ErrQuantity},
		{l(5000), nil, Tolerance{Size: -1}, ErrQuantity},
		{l(5000), nil, Tolerance{Price: 10000}, ErrPrice},
	} {
		if err := d.q.SetLevels(one, c.bids, c.asks, c.tol); !errors.Is(err, c.want) {
			t.Errorf("%d: %v, want %v", i, err, c.want)
		}
	}
	for i, c := range []struct {
		two  Two
		want error
	}{
		{Two{Bid: 10000, Size: 1}, ErrPrice},
		{Two{Ask: 10000, Size: 1}, ErrPrice},
		{Two{Bid: 1, Size: 1, Tolerance: 10000}, ErrPrice},
		{Two{Bid: 1}, ErrQuantity},
		{Two{Ask: 1}, ErrQuantity},
		{Two{Ask: 1, Size: -1}, ErrQuantity},
		{Two{Ask: 1, Size: odds.QuantityMax + 1}, ErrQuantity},
		{Two{Ask: 1, Size: 1, SizeTolerance: -1}, ErrQuantity},
		{Two{Bid: 2, Ask: 2, Size: 1}, ErrCrossed},
		{Two{Bid: 3, Ask: 2, Size: 1}, ErrCrossed},
	} {
		if err := d.q.Set(one, c.two); !errors.Is(err, c.want) {
			t.Errorf("%d: %v, want %v", i, err, c.want)
		}
	}
	if err := d.q.Set(Contract{1, 2}, Two{Bid: 1, Size: 1}); !errors.Is(err, ErrContractsFull) {
		t.Error(err)
	}
	if err := d.q.Set(Contract{1, 0}, Two{Bid: 1, Size: 1}); !errors.Is(err, ErrContract) {
		t.Error(err)
	}
	d.send()
	if err := d.q.SetLevels(one, l(9998), l(9999), Tolerance{9999, odds.QuantityMax}); err != nil {
		t.Error(err)
	}
}

// TestOrderErrors expects orders that make no sense to be refused.
func TestOrderErrors(t *testing.T) {
	d := newDesk(t, Config{})
	d.quoted(0)
	good := Order{Contract: one, Key: 1, State: Live, Side: odds.Buy, Open: 100, Price: 5000}
	for i, change := range []func(o *Order){
		func(o *Order) { o.Key = 0 },
		func(o *Order) { o.Side = 0 },
		func(o *Order) { o.Side = 3 },
		func(o *Order) { o.Side = odds.Sell },
		func(o *Order) { o.State = 0 },
		func(o *Order) { o.State = Closed + 1 },
		func(o *Order) { o.Contract.ID = 2 },
		func(o *Order) { o.Contract.Market = 2 },
		func(o *Order) { o.Price = 0 },
		func(o *Order) { o.Price = 10000 },
		func(o *Order) { o.Key, o.Price = 50, 0 },
		func(o *Order) { o.Key, o.Contract.ID = 50, 0 },
	} {
		o := good
		change(&o)
		if err := d.q.Apply(&o); err == nil {
			t.Errorf("%d: taken", i)
		}
	}
	d.send()
	if s := d.q.Stats(); s.Orders != 2 || s.Contracts != 1 {
		t.Errorf("%+v", s)
	}
	d.order(99, Closed, odds.Buy, 0, 5000) // not known, and over
	if s := d.q.Stats(); s.Orders != 2 {
		t.Errorf("%+v", s)
	}
}

// TestRoom fills every table.
func TestRoom(t *testing.T) {
	t.Run("orders of others", func(t *testing.T) {
		d := newDesk(t, Config{Orders: 2})
		d.quoted(0)
		o := Order{Contract: one, Key: 7, State: Live, Side: odds.Sell, Open: 1, Price: 9000}
		if err := d.q.Apply(&o); !errors.Is(err, ErrOrdersFull) {
			t.Fatal(err)
		}
		d.send("cancel 1", "cancel 2") // it cannot be known what would cross
		d.order(1, Closed, odds.Buy, 0, 5000)
		d.order(2, Closed, odds.Sell, 0, 5100)
		d.send()
		d.apply(o)
		if err := d.q.HoldContract(one, Untracked, false); err != nil {
			t.Fatal(err)
		}
		d.send("create buy 100@5000")
		if n := d.q.Stats().NoRoom; n != 1 {
			t.Errorf("%d waited", n)
		}
		d.send()
		d.order(7, Closed, odds.Sell, 0, 9000)
		d.send("create sell 100@5100")
	})
	t.Run("no room for a replace", func(t *testing.T) {
		d := newDesk(t, Config{Orders: 2, RetryMin: 10})
		d.quoted(0)
		d.set(Two{Bid: 5010, Ask: 5100, Size: 100})
		d.send()
		if at, ok := d.q.NextWake(); !ok || at != d.now+10 {
			t.Errorf("wakes at %d", at)
		}
		d.set(Two{Bid: 5010, Size: 100})
		d.send("cancel 2")
		d.order(2, Closed, odds.Sell, 0, 5100)
		d.send("replace 1 by 100@5010 total 100")
	})
	t.Run("contracts", func(t *testing.T) {
		d := newDesk(t, Config{Contracts: 2})
		d.quoted(0)
		o := Order{Contract: Contract{1, 2}, Key: 7, State: Live, Side: odds.Sell, Open: 1, Price: 9000}
		d.apply(o)
		o.Contract.ID, o.Key = 3, 8
		if err := d.q.Apply(&o); !errors.Is(err, ErrContractsFull) {
			t.Fatal(err)
		}
		d.apply(Order{Contract: Contract{1, 2}, Key: 7, State: Closed, Side: odds.Sell})
		d.send()
		// There is room again, but the order is not known.
		if err := d.q.Set(o.Contract, Two{Bid: 9000, Size: 1}); !errors.Is(err, ErrContractsFull) {
			t.Fatal(err)
		}
		d.q.Tracked()
		d.apply(o)
		if err := d.q.Set(o.Contract, Two{Bid: 9000, Size: 1}); err != nil {
			t.Fatal(err)
		}
		d.send()
	})
	t.Run("markets", func(t *testing.T) {
		d := newDesk(t, Config{Contracts: 2})
		for id := uint32(1); id <= 2; id++ {
			if err := d.q.HoldMarket(id, MarketHalted, true); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.q.HoldMarket(3, MarketHalted, true); !errors.Is(err, ErrContractsFull) {
			t.Fatal(err)
		}
		if err := d.q.Set(Contract{3, 1}, Two{}); !errors.Is(err, ErrContractsFull) {
			t.Fatal(err)
		}
		if err := d.q.HoldMarket(1, MarketHalted, false); err != nil {
			t.Fatal(err)
		}
		if err := d.q.HoldMarket(3, MarketHalted, true); err != nil {
			t.Fatal(err)
		}
	})
}

// TestBudget expects steps to stay within it, cancels of all contracts first, and the rest to come later.
func TestBudget(t *testing.T) {
	d := newDesk(t, Config{Actions: 5})
	second := Contract{2, 2}
	d.quoted(0)
	if err := d.q.Set(second, Two{Bid: 3000, Ask: 3100, Size: 10}); err != nil {
		t.Fatal(err)
	}
	d.all = Budget{0, 10}
	d.send()
	d.all = Budget{-1, -1}
	d.send()
	d.all = Budget{10, 0}
	d.send()
	d.q.Pull(one)
	d.all = Budget{1, 1}
	d.send("cancel 1")
	d.send("cancel 2")
	d.all = Budget{10, 1}
	d.send("create buy 10@3000")
	if !d.q.Pending() {
		t.Error("nothing pending")
	}
	d.send("create sell 10@3100")
	d.send()
	if d.q.Pending() {
		t.Error("something pending")
	}
	d.all = Budget{100, 100}
	for id := uint32(10); id < 18; id++ {
		if err := d.q.Set(Contract{3, id}, Two{Bid: 3000, Size: 10}); err != nil {
			t.Fatal(err)
		}
	}
	b := "create buy 10@3000"
	d.send(b, b, b, b, b)
	d.send(b, b, b)
	d.send()
}

// TestMisuse expects the caller's own mistakes to be named.
func TestMisuse(t *testing.T) {
	for name, f := range map[string]func(d *desk){
		"step without reports": func(d *desk) { d.step("create buy 100@5000"); d.q.Step(d.now, d.all) },
		"reported twice":       func(d *desk) { d.send("create buy 100@5000"); d.sent(0) },
		"no key":               func(d *desk) { d.step("create buy 100@5000"); d.q.Sent(&d.last[0], 0) },
		"made up": func(d *desk) {
			d.step("create buy 100@5000")
			d.q.Sent(&Action{Kind: Cancel, order: -1}, 1)
		},
		"key of another": func(d *desk) {
			d.order(5, Live, odds.Sell, 1, 9000)
			d.step("create buy 100@5000")
			d.q.Sent(&d.last[0], 5)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, Config{})
			d.set(Two{Bid: 5000, Size: 100})
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f(d)
		})
	}
}

// TestEndBeforeReport lets an order end, become in doubt, or be as it was, between a step and the report of what the
// step wants to do with it.
func TestEndBeforeReport(t *testing.T) {
	for _, c := range []struct {
		action string
		wish   Two
	}{
		{"cancel 1", Two{Size: 1}},
		{"reduce 1 to 60", Two{Bid: 5000, Size: 60}},
		{"replace 1 by 100@5010 total 100", Two{Bid: 5010, Size: 100}},
	} {
		for _, sent := range []bool{true, false} {
			for _, s := range []State{Closed, InDoubt, Live} {
				d := newDesk(t, Config{})
				d.set(Two{Bid: 5000, Size: 100})
				d.send("create buy 100@5000")
				d.order(1, Live, odds.Buy, 100, 5000)
				d.set(c.wish)
				d.step(c.action)
				d.order(1, s, odds.Buy, 100, 5000)
				want := 0
				if s != Closed {
					want++
				}
				if sent {
					d.sent(0)
					if d.last[0].Kind == Replace {
						want++
					}
				} else {
					d.q.Refused(&d.last[0], Throttled, 0)
				}
				d.q.verify(t)
				if n := d.q.Stats().Orders; n != want {
					t.Errorf("%s, sent %v, %v: %d orders, want %d", c.action, sent, s, n, want)
				}
				if s == Live && sent {
					d.step() // it is under way
				}
				if s == InDoubt && !d.q.Status(one).Bid.InDoubt {
					t.Errorf("%s, sent %v: not in doubt any more", c.action, sent)
				}
				if s == InDoubt {
					d.step()
				}
			}
		}
	}
}

// TestNoPointers expects nothing that grows with what is traded to hold pointers.
func TestNoPointers(t *testing.T) {
	var pointers func(typ reflect.Type) bool
	pointers = func(typ reflect.Type) bool {
		switch typ.Kind() {
		case reflect.Array:
			return pointers(typ.Elem())
		case reflect.Struct:
			for i := range typ.NumField() {
				if pointers(typ.Field(i).Type) {
					return true
				}
			}
			return false
		case reflect.Pointer, reflect.Slice, reflect.Map, reflect.String, reflect.Interface, reflect.Func, reflect.Chan:
			return true
		}
		return false
	}
	for _, typ := range []reflect.Type{
		reflect.TypeFor[contract](), reflect.TypeFor[order](), reflect.TypeFor[market](), reflect.TypeFor[Level](),
		reflect.TypeFor[cell](), reflect.TypeFor[Action](), reflect.TypeFor[Event](),
	} {
		if pointers(typ) {
			t.Errorf("%v holds pointers", typ)
		}
	}
}

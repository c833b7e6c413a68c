package risk

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// limitCase is one request at an edge of one limit.
type limitCase struct {
	name   string
	config Config
	keys   msg.Keys
	change func(*Snapshot)
	want   Refusal // the zero value if it passes
}

const whole = odds.Whole

// TestLimitEdges asks at both sides of each edge of each limit that depends on no earlier request.
func TestLimitEdges(t *testing.T) {
	cases := orderCases()
	cases = append(cases, collarCases()...)
	cases = append(cases, stateCases()...)
	seen := make(map[Limit]int)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g := newGate(t, c.config)
			s := quiet()
			if c.change != nil {
				c.change(&s)
			}
			err := g.Admit(1, &c.keys, &s)
			if got := refusalOf(t, err); got != c.want {
				t.Errorf("got %+v (%v), want %+v", got, err, c.want)
			}
			if last := g.LastRefusal(); last != c.want {
				t.Errorf("the last refusal is %+v", last)
			}
			if n := g.Stats().Refused[c.want.Limit]; (n == 1) != (err != nil) {
				t.Errorf("counted %d", n)
			}
		})
		seen[c.want.Limit]++
	}
	for l := range Limits {
		switch l {
		case LimitHalted, LimitReducing, LimitDuplicate, LimitDuplicateOrders, LimitRate: // have tests of their own
		default:
			if seen[l] == 0 {
				t.Errorf("%v: no case", l)
			}
		}
	}
}

func orderCases() []limitCase {
	quantity := Config{OrderQuantityMax: 400_000}
	stake := Config{OrderStakeMax: 10 * whole}
	liability := Config{OrderLiabilityMax: 10 * whole}
	markets := Config{Markets: []uint32{1, 7}}
	elsewhere := create(odds.Buy, 2500, 1)
	elsewhere.Market = 3
	nowhere := create(odds.Buy, 2500, 1)
	nowhere.Market = 0
	sideless := create(0, 2500, 5)
	priced := func(price uint32) msg.Keys {
		k := create(odds.Buy, 2500, 5)
		k.Price = price
		return k
	}
	sized := func(quantity uint64) msg.Keys {
		k := create(odds.Sell, 2500, 5)
		k.Quantity = quantity
		return k
	}
	moved := replace(2500, 1)
	moved.Market = 0
	away := replace(2500, 1)
	away.Market = 3
	return []limitCase{
		{name: "nothing is set", keys: create(odds.Buy, 2500, 400_000)},
		{name: "nothing is set and nothing is right", keys: msg.Keys{Type: msg.PayloadOrderCreate}},
		{name: "replace, nothing is set", keys: replace(2500, 1), change: func(s *Snapshot) { s.Known = 0 }},

		{"quantity", quantity, create(odds.Buy, 2500, 400_000), nil, Refusal{}},
		{
			"quantity + 1", quantity, create(odds.Sell, 2500, 400_001), nil,
			Refusal{Limit: LimitQuantity, Max: 400_000, Value: 400_001, Allowed: 400_000},
		},
		{"quantity of replace", quantity, replace(2500, 400_000), nil, Refusal{}},
		{
			"quantity of replace + 1", quantity, replace(2500, 400_001), nil,
			Refusal{Limit: LimitQuantity, Max: 400_000, Value: 400_001, Allowed: 400_000},
		},
		{
			"quantity, largest", quantity, create(odds.Buy, 9999, odds.QuantityMax), nil,
			Refusal{Limit: LimitQuantity, Max: 400_000, Value: int64(odds.QuantityMax), Allowed: 400_000},
		},

		{"stake", stake, create(odds.Buy, 2500, 400_000), nil, Refusal{}},
		{"stake of seller", stake, create(odds.Sell, 2500, 400_000), nil, Refusal{}},
		{
			"stake + 1", stake, create(odds.Buy, 2500, 400_001), nil,
			Refusal{Limit: LimitStake, Max: 10e8, Value: 10e8 + 2500, Allowed: 400_000},
		},
		{
			"stake of seller + 1", stake, create(odds.Sell, 2500, 400_001), nil,
			Refusal{Limit: LimitStake, Max: 10e8, Value: 10e8 + 2500, Allowed: 400_000},
		},
		{
			"stake, largest", stake, create(odds.Buy, 9999, odds.QuantityMax), nil,
			Refusal{Limit: LimitStake, Max: 10e8, Value: int64(odds.QuantityMax) * 9999, Allowed: 100_010},
		},

		{"liability", liability, create(odds.Buy, 2500, 400_000), nil, Refusal{}},
		{
			"liability + 1", liability, create(odds.Buy, 2500, 400_001), nil,
			Refusal{Limit: LimitLiability, Max: 10e8, Value: 10e8 + 2500, Allowed: 400_000},
		},
		{"liability of seller", liability, create(odds.Sell, 7500, 400_000), nil, Refusal{}},
		{
			"liability of seller + 1", liability, create(odds.Sell, 7500, 400_001), nil,
			Refusal{Limit: LimitLiability, Max: 10e8, Value: 10e8 + 2500, Allowed: 400_000},
		},
		{
			"replaced, with what was executed", quantity, replace(2500, 500_000),
			func(s *Snapshot) { s.Original.Executed = 100_000 },
			Refusal{},
		},
		{
			"replaced, with too little executed", quantity, replace(2500, 500_000),
			func(s *Snapshot) { s.Original.Executed = 99_999 },
			Refusal{Limit: LimitQuantity, Max: 400_000, Value: 400_001, Allowed: 400_000},
		},
		{
			"replaced by less than was executed", quantity, replace(2500, 500_000),
			func(s *Snapshot) { s.Original.Executed = 600_000 },
			Refusal{},
		},
		{
			"liability of replaced seller", liability, replace(7500, 400_001),
			func(s *Snapshot) { s.Original.Side = odds.Sell },
			Refusal{Limit: LimitLiability, Max: 10e8, Value: 10e8 + 2500, Allowed: 400_000},
		},
		{
			"liability, largest", liability, create(odds.Sell, 1, odds.QuantityMax), nil,
			Refusal{Limit: LimitLiability, Max: 10e8, Value: int64(odds.QuantityMax) * 9999, Allowed: 100_010},
		},
		{
			"liability, largest limit",
			Config{OrderLiabilityMax: odds.MoneyMax},
			create(odds.Buy, 9999, odds.QuantityMax), nil,
			Refusal{},
		},

		{"market", markets, create(odds.Buy, 2500, 1), nil, Refusal{}},
		{"other market", markets, elsewhere, nil, Refusal{Limit: LimitMarket, Value: 3}},
		{"no market", markets, nowhere, nil, Refusal{Limit: LimitMarket}},
		{"market of replace", markets, moved, nil, Refusal{}},
		{
			"market of original", markets, moved, func(s *Snapshot) { s.Original.Market = 8 },
			Refusal{Limit: LimitMarket, Value: 8},
		},
		{"replace names other market", markets, away, nil, Refusal{Limit: LimitMarket, Value: 3}},
		{
			"market of original unknown", markets, moved, func(s *Snapshot) { s.Known = 0 },
			Refusal{Limit: LimitUnknown, Max: int64(PartOriginal), Value: int64(PartOriginal)},
		},

		{"price 0", quantity, priced(0), nil, Refusal{Limit: LimitRequest}},
		{"price 1", quantity, priced(1), nil, Refusal{}},
		{"price 9999", quantity, priced(9999), nil, Refusal{}},
		{"price 10000", quantity, priced(10000), nil, Refusal{Limit: LimitRequest, Value: 10000}},
		{"price 65537", quantity, priced(65537), nil, Refusal{Limit: LimitRequest, Value: 65537}},
		{"quantity 0", liability, sized(0), nil, Refusal{Limit: LimitRequest}},
		{"quantity 1", liability, sized(1), nil, Refusal{}},
		{
			"quantity too large", liability, sized(uint64(odds.QuantityMax) + 1), nil,
			Refusal{Limit: LimitRequest, Value: int64(odds.QuantityMax) + 1},
		},
		{
			"quantity of 64 bits", liability, sized(math.MaxUint64), nil,
			Refusal{Limit: LimitRequest, Value: math.MaxInt64},
		},
		{"side 0", liability, sideless, nil, Refusal{Limit: LimitRequest, Value: 5}},
		{
			"side of original 0", liability, replace(2500, 6), func(s *Snapshot) { s.Original.Side = 0 },
			Refusal{Limit: LimitRequest, Value: 6},
		},
	}
}

func collarCases() []limitCase {
	ticks := Config{Collar: Collar{Ticks: 2}}
	fraction := Config{Collar: Collar{Fraction: 500}}
	both := Config{Collar: Collar{Ticks: 2, Fraction: 100}}
	micro := Config{Collar: Collar{Ticks: 1, Micro: true}}
	aged := Config{Collar: Collar{Ticks: 2, MaxAge: time.Second}}
	up2, _ := odds.Price(5102).MoveTicks(2)
	down2, _ := odds.Price(4902).MoveTicks(-2)
	up1, _ := odds.Price(5000).MoveTicks(1)
	down1, _ := odds.Price(5000).MoveTicks(-1)
	book := func(b Book) func(*Snapshot) { return func(s *Snapshot) { s.Book = b } }
	policies := Config{Collar: Collar{Ticks: 2, OnAbsent: SkipCollar, OnSuspect: UseBook, OnEmpty: SkipCollar}}
	skips := Config{Collar: Collar{Ticks: 2, OnSuspect: SkipCollar}}
	far := create(odds.Buy, 9999, 1)
	collar := func(reference, price, bound odds.Price) Refusal {
		return Refusal{Limit: LimitCollar, Max: int64(reference), Value: int64(price), Allowed: int64(bound)}
	}
	noPrice := func(s BookState) Refusal { return Refusal{Limit: LimitNoPrice, Value: int64(s)} }
	return []limitCase{
		{"buy 2 ticks", ticks, create(odds.Buy, up2, 1), nil, Refusal{}},
		{"buy beyond", ticks, create(odds.Buy, up2+1, 1), nil, collar(5102, up2+1, up2)},
		{"sell 2 ticks", ticks, create(odds.Sell, down2, 1), nil, Refusal{}},
		{"sell beyond", ticks, create(odds.Sell, down2-1, 1), nil, collar(4902, down2-1, down2)},
		{"buy far below", ticks, create(odds.Buy, 1, 1), nil, Refusal{}},
		{"sell far above", ticks, create(odds.Sell, 9999, 1), nil, Refusal{}},
		{"replace", ticks, replace(up2, 1), nil, Refusal{}},
		{"replace beyond", ticks, replace(up2+1, 1), nil, collar(5102, up2+1, up2)},
		{"buy fraction", fraction, create(odds.Buy, 5102+255, 1), nil, Refusal{}},
		{"buy beyond fraction", fraction, create(odds.Buy, 5102+256, 1), nil, collar(5102, 5358, 5357)},
		{"sell fraction", fraction, create(odds.Sell, 4902-245, 1), nil, Refusal{}},
		{"sell beyond fraction", fraction, create(odds.Sell, 4902-246, 1), nil, collar(4902, 4656, 4657)},
		{"tighter is fraction", both, create(odds.Buy, 5102+51, 1), nil, Refusal{}},
		{"beyond tighter", both, create(odds.Buy, 5102+52, 1), nil, collar(5102, 5154, 5153)},
		{"sell beyond tighter", both, create(odds.Sell, 4902-50, 1), nil, collar(4902, 4852, 4853)},
		{"micro buy", micro, create(odds.Buy, up1, 1), nil, Refusal{}},
		{"micro buy beyond", micro, create(odds.Buy, up1+1, 1), nil, collar(5000, up1+1, up1)},
		{"micro sell", micro, create(odds.Sell, down1, 1), nil, Refusal{}},
		{"micro sell beyond", micro, create(odds.Sell, down1-1, 1), nil, collar(5000, down1-1, down1)},
		{
			"no micro", micro, create(odds.Sell, 5000, 1), book(Book{State: BookLive, Bid: 4902, Offer: 5102}),
			noPrice(BookLive),
		},
		{
			"own side only", ticks, create(odds.Buy, down2, 1), book(Book{State: BookLive, Bid: 4902}),
			Refusal{},
		},
		{
			"own side only, beyond", ticks, create(odds.Sell, down2-1, 1), book(Book{State: BookLive, Offer: 4902}),
			collar(4902, down2-1, down2),
		},
		{"end of ladder", ticks, create(odds.Buy, 9999, 1), book(Book{State: BookLive, Offer: 9999}), Refusal{}},
		{"other end of ladder", ticks, create(odds.Sell, 1, 1), book(Book{State: BookLive, Bid: 1}), Refusal{}},
		{
			"fraction at the top",
			Config{Collar: Collar{Fraction: FractionMax}},
			create(odds.Buy, 9999, 1),
			book(Book{State: BookLive, Offer: 9000}),
			Refusal{},
		},
		{
			"fraction of everything",
			Config{Collar: Collar{Fraction: FractionMax}},
			create(odds.Sell, 1, 1),
			book(Book{State: BookLive, Bid: 9000}),
			Refusal{},
		},
		{
			"fraction rounds down",
			Config{Collar: Collar{Fraction: 999}},
			create(odds.Buy, 11, 1),
			book(Book{State: BookLive, Offer: 10}), collar(10, 11, 10),
		},
		{"age", aged, create(odds.Buy, up2, 1), func(s *Snapshot) { s.Book.Age = time.Second }, Refusal{}},
		{
			"too old", aged, create(odds.Buy, up2, 1), func(s *Snapshot) { s.Book.Age = time.Second + 1 },
			noPrice(BookLive),
		},
		{"any age", ticks, create(odds.Buy, up2, 1), func(s *Snapshot) { s.Book.Age = math.MaxInt64 }, Refusal{}},
		{"absent", ticks, far, book(Book{}), noPrice(BookAbsent)},
		{"absent, prices do not count", ticks, far, book(Book{Bid: 9998, Offer: 9999}), noPrice(BookAbsent)},
		{"empty", ticks, far, book(Book{State: BookLive}), noPrice(BookLive)},
		{"suspect", ticks, far, book(Book{State: BookSuspect, Offer: 9999}), noPrice(BookSuspect)},
		{"unknown state", ticks, far, book(Book{State: 9, Offer: 9999}), noPrice(9)},
		{"absent, skipped", policies, far, book(Book{}), Refusal{}},
		{"empty, skipped", policies, far, book(Book{State: BookLive}), Refusal{}},
		{"suspect, used", policies, far, book(Book{State: BookSuspect, Offer: 9999}), Refusal{}},
		{
			"suspect, used and beyond", policies, far, book(Book{State: BookSuspect, Offer: 5102}),
			collar(5102, 9999, up2),
		},
		{"suspect and empty, skipped", policies, far, book(Book{State: BookSuspect}), Refusal{}},
		{"suspect, skipped", skips, far, book(Book{State: BookSuspect, Offer: 5102}), Refusal{}},
		{"empty, not skipped", skips, far, book(Book{State: BookLive}), noPrice(BookLive)},
	}
}

func stateCases() []limitCase {
	cross := Config{RefuseSelfCross: true}
	own := func(bid, offer odds.Price) func(*Snapshot) {
		return func(s *Snapshot) { s.Own = Own{Bid: bid, Offer: offer} }
	}
	crossed := func(own, price, allowed odds.Price) Refusal {
		return Refusal{Limit: LimitSelfCross, Max: int64(own), Value: int64(price), Allowed: int64(allowed)}
	}
	perContract := Config{ContractOrdersMax: 3, OrdersMax: 100}
	perAccount := Config{OrdersMax: 5}
	orders := func(contract, all int) func(*Snapshot) {
		return func(s *Snapshot) { s.ContractOrders, s.Orders = contract, all }
	}
	loss := Config{LossMax: 5 * whole, OnLoss: RespondReport}
	profit := func(p odds.Money, market Exposure) func(*Snapshot) {
		return func(s *Snapshot) { s.Profit, s.Market = p, market }
	}
	lower := Exposure{Before: 9, After: 9, Filled: 8}
	cases := []limitCase{
		{"buy below own offer", cross, create(odds.Buy, 5101, 1), own(4000, 5102), Refusal{}},
		{"buy at own offer", cross, create(odds.Buy, 5102, 1), own(4000, 5102), crossed(5102, 5102, 5101)},
		{"sell above own bid", cross, create(odds.Sell, 4001, 1), own(4000, 5102), Refusal{}},
		{"sell at own bid", cross, create(odds.Sell, 4000, 1), own(4000, 5102), crossed(4000, 4000, 4001)},
		{"sell below own bid", cross, create(odds.Sell, 1, 1), own(4000, 5102), crossed(4000, 1, 4001)},
		{"no own orders", cross, create(odds.Sell, 1, 1), own(0, 0), Refusal{}},
		{"own bid at the top", cross, create(odds.Sell, 9999, 1), own(9999, 0), crossed(9999, 9999, 0)},
		{"own offer at the bottom", cross, create(odds.Buy, 1, 1), own(0, 1), crossed(1, 1, 0)},
		{"replace across", cross, replace(5102, 1), own(4000, 5102), crossed(5102, 5102, 5101)},
		{"replace beside own side", cross, replace(4000, 1), own(4000, 5102), Refusal{}},

		{"orders of contract", perContract, create(odds.Buy, 1, 1), orders(2, 99), Refusal{}},
		{
			"orders of contract + 1", perContract, create(odds.Buy, 1, 1), orders(3, 99),
			Refusal{Limit: LimitContractOrders, Max: 3, Value: 4},
		},
		{"replace at orders of contract", perContract, replace(1, 1), orders(3, 100), Refusal{}},
		{"orders", perAccount, create(odds.Buy, 1, 1), orders(4, 4), Refusal{}},
		{"orders + 1", perAccount, create(odds.Buy, 1, 1), orders(0, 5), Refusal{Limit: LimitOrders, Max: 5, Value: 6}},
		{
			"orders, largest", perAccount, create(odds.Buy, 1, 1), orders(0, math.MaxInt),
			Refusal{Limit: LimitOrders, Max: 5, Value: math.MaxInt64},
		},

		{"loss", loss, create(odds.Buy, 1, 1), profit(-5*whole+1, raising(0, 9)), Refusal{}},
		{
			"loss reached", loss, create(odds.Buy, 1, 1), profit(-5*whole, raising(0, 9)),
			Refusal{Limit: LimitLoss, Max: 5e8, Value: 5e8},
		},
		{
			"loss, largest", loss, create(odds.Buy, 1, 1), profit(math.MinInt64, raising(0, 9)),
			Refusal{Limit: LimitLoss, Max: 5e8, Value: math.MaxInt64},
		},
		{"loss reached, lowers the worst case", loss, create(odds.Buy, 1, 1), profit(-5*whole, lower), Refusal{}},
		{
			"loss reached, same worst case", loss, create(odds.Buy, 1, 1), profit(-5*whole, raising(9, 9)),
			Refusal{Limit: LimitLoss, Max: 5e8, Value: 5e8},
		},
		{"profit", loss, create(odds.Buy, 1, 1), profit(math.MaxInt64, raising(0, 9)), Refusal{}},
	}
	for _, part := range []struct {
		config Config
		part   Parts
	}{
		{ticksOnly, PartBook},
		{cross, PartOwn},
		{perAccount, PartOrders},
		{Config{ContractOrdersMax: 3}, PartOrders},
		{Config{ContractExposureMax: 3}, PartContract},
		{Config{MarketExposureMax: 3}, PartMarket},
		{Config{AccountExposureMax: 3}, PartAccount},
		{loss, PartMarket | PartProfit},
	} {
		only := func(known Parts) func(*Snapshot) { return func(s *Snapshot) { s.Known = known } }
		cases = append(cases,
			limitCase{
				"needs " + part.part.String(), part.config, create(odds.Buy, 5000, 1), only(part.part),
				Refusal{},
			},
			limitCase{
				"misses " + part.part.String(), part.config, create(odds.Buy, 5000, 1), only(partsAll &^ part.part),
				Refusal{Limit: LimitUnknown, Max: int64(part.part), Value: int64(part.part)},
			},
			limitCase{
				"misses original with " + part.part.String(), part.config, replace(5000, 1), only(part.part),
				Refusal{Limit: LimitUnknown, Max: int64(part.part | PartOriginal), Value: int64(PartOriginal)},
			},
		)
	}
	return append(cases, exposureCases()...)
}

var ticksOnly = Config{Collar: Collar{Ticks: 2}}

func exposureCases() (cases []limitCase) {
	for _, level := range []struct {
		limit  Limit
		config Config
		set    func(*Snapshot, Exposure)
	}{
		{LimitContractExposure, Config{ContractExposureMax: 100 * whole}, func(s *Snapshot,
			e Exposure,
		) {
			s.Contract = e
		}},
		{LimitMarketExposure, Config{MarketExposureMax: 100 * whole}, func(s *Snapshot, e Exposure) { s.Market = e }},
		{LimitAccountExposure, Config{AccountExposureMax: 100 * whole}, func(s *Snapshot,
			e Exposure,
		) {
			s.Account = e
		}},
	} {
		refused := func(after, allowed int64) Refusal {
			return Refusal{Limit: level.limit, Max: 100e8, Value: after, Allowed: allowed}
		}
		for _, c := range []struct {
			name string
			e    Exposure
			keys msg.Keys
			want Refusal
		}{
			{"reached", raising(90e8, 100e8), create(odds.Buy, 2500, 400_000), Refusal{}},
			{"beyond", raising(90e8, 100e8+1), create(odds.Buy, 2500, 400_001), refused(100e8+1, 400_000)},
			{"beyond, seller", raising(90e8, 101e8), create(odds.Sell, 7500, 800_000), refused(101e8, 400_000)},
			{
				"beyond before, same",
				Exposure{Before: 200e8, After: 200e8, Filled: 200e8},
				create(odds.Buy, 2500, 1),
				Refusal{},
			},
			{
				"beyond before, lower",
				Exposure{Before: 200e8, After: 150e8, Filled: 150e8},
				create(odds.Buy, 2500, 1),
				Refusal{},
			},
			{"beyond before, higher", raising(200e8, 200e8+1), create(odds.Buy, 2500, 1), refused(200e8+1, 0)},
			{
				"beyond before, for another outcome",
				Exposure{Before: 200e8, After: 200e8, Filled: 190e8, BeforeSpare: 110e8, AfterSpare: 99e8},
				create(odds.Buy, 2500, 1), refused(200e8, 0),
			},
			{
				"worsens an outcome within the limit",
				Exposure{Before: 200e8, After: 200e8, Filled: 190e8, BeforeSpare: 110e8, AfterSpare: 100e8},
				create(odds.Buy, 2500, 1),
				Refusal{},
			},
			{
				"spare below all amounts",
				Exposure{Before: -odds.MoneyMax, After: 101e8, BeforeSpare: 10e8},
				create(odds.Buy, 2500, 1), refused(101e8, int64(odds.QuantityMax)),
			},
			{"replace, lower", Exposure{Before: 200e8, After: 150e8, Filled: 150e8}, replace(2500, 1), Refusal{}},
			{"replace, higher", raising(90e8, 101e8), replace(2500, 900_000), refused(101e8, 400_000)},
			{"certain profit", raising(-10e8, 100e8), create(odds.Buy, 2500, 1), Refusal{}},
			{"certain profit, beyond", raising(-10e8, 110e8), create(odds.Buy, 2500, 1), refused(110e8, 4_400_000)},
			{
				"huge profit", raising(-odds.MoneyMax, odds.MoneyMax), create(odds.Buy, 1, 1),
				refused(math.MaxInt64, int64(odds.QuantityMax)),
			},
			{"largest", raising(0, odds.MoneyMax), create(odds.Buy, 9999, odds.QuantityMax), refused(math.MaxInt64,
				1_000_100)},
		} {
			set := func(s *Snapshot) { level.set(s, c.e) }
			cases = append(cases, limitCase{level.limit.String() + " " + c.name, level.config, c.keys, set, c.want})
		}
	}
	return cases
}

// TestExposureAdd expects an upper bound that does not wrap around.
func TestExposureAdd(t *testing.T) {
	for _, c := range []struct{ before, liability, want odds.Money }{
		{0, 0, 0},
		{5, 7, 12},
		{-5, 7, 2},
		{odds.MoneyMax - 7, 7, odds.MoneyMax},
		{odds.MoneyMax - 6, 7, odds.MoneyMax},
		{odds.MoneyMax, odds.MoneyMax, odds.MoneyMax},
	} {
		got := Exposure{Before: c.before}.Add(c.liability)
		if got != (Exposure{Before: c.before, After: c.want, Filled: c.want}) {
			t.Errorf("%v + %v: %+v", c.before, c.liability, got)
		}
	}
}

// TestPassiveMessagesPass expects cancels, reductions and what is no order entry to pass in the strictest of gates.
func TestPassiveMessagesPass(t *testing.T) {
	g := newGate(t, strict())
	for _, mode := range []Mode{Active, Reducing, Halted} {
		switch mode {
		case Reducing:
			g.Reduce(1, Cause{})
		case Halted:
			g.Halt(1, Cause{})
		}
		for _, typ := range passive {
			for range 100 {
				keys := msg.Keys{Type: typ, Market: 99, Price: 1 << 20, Quantity: math.MaxUint64}
				if err := g.Admit(1, &keys, nil); err != nil {
					t.Fatalf("%v: type %v is refused: %v", mode, typ, err)
				}
				if needs := g.Needs(typ); needs != 0 {
					t.Fatalf("%v: type %v needs %v", mode, typ, needs)
				}
				g.Sent(1, &keys)
			}
		}
	}
}

// strict has every limit.
func strict() Config {
	return Config{
		OrderQuantityMax: 1_000_000, OrderStakeMax: 100 * whole, OrderLiabilityMax: 100 * whole,
		Collar: Collar{Ticks: 10, Fraction: 2000, MaxAge: time.Minute}, RefuseSelfCross: true,
		ContractOrdersMax: 100, OrdersMax: 1000,
		ContractExposureMax: 1000 * whole, MarketExposureMax: 2000 * whole, AccountExposureMax: 10_000 * whole,
		LossMax: 500 * whole, OnLoss: RespondReport, DriftMax: whole, Rate: 100, Burst: 200,
		DuplicateWindow: time.Second, Markets: []uint32{1, 2, 3}, Watchdog: time.Hour,
	}
}

// TestNilSnapshot expects a gate that needs something to refuse without it.
func TestNilSnapshot(t *testing.T) {
	keys := create(odds.Buy, 2500, 1)
	if err := newGate(t, Config{OrderQuantityMax: 1}).Admit(1, &keys, nil); err != nil {
		t.Errorf("needs nothing: %v", err)
	}
	moved := replace(2500, 1)
	g := newGate(t, Config{Rate: 5})
	if err := g.Admit(1, &moved, nil); err != nil || g.Needs(moved.Type) != 0 {
		t.Errorf("a replace that is only counted needs %v: %v", g.Needs(moved.Type), err)
	}
	g = newGate(t, Config{Rate: 5, Markets: []uint32{1}})
	if err := g.Admit(1, &moved, nil); !errors.Is(err, LimitUnknown) || g.Needs(moved.Type) != PartOriginal {
		t.Errorf("a replace in a list of markets needs %v: %v", g.Needs(moved.Type), err)
	}
	err := newGate(t, strict()).Admit(1, &keys, nil)
	if !errors.Is(err, LimitUnknown) {
		t.Errorf("needs much: %v", err)
	}
}

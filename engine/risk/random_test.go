package risk

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// pick returns one of some values.
func pick[T any](random *rand.Rand, values ...T) T { return values[random.IntN(len(values))] }

// randomConfig has some of the limits.
func randomConfig(random *rand.Rand) (c Config) {
	maybe := func() bool { return random.IntN(4) == 0 }
	money := func() odds.Money {
		return pick(random, 1, 10*whole, odds.Money(1+random.Int64N(int64(100*whole))), odds.MoneyMax)
	}
	if maybe() {
		c.OrderQuantityMax = pick(random, 1, 500_000, odds.QuantityMax-1, odds.QuantityMax)
	}
	if maybe() {
		c.OrderStakeMax = money()
	}
	if maybe() {
		c.OrderLiabilityMax = money()
	}
	if maybe() {
		c.Collar = Collar{
			Ticks: pick(random, 1, 2, 10, odds.TickCount), Fraction: pick(random, 0, 1, 500, FractionMax),
			Micro:    maybe(),
			OnAbsent: pick(random, RefuseOrder, SkipCollar), OnSuspect: pick(random, RefuseOrder, SkipCollar, UseBook),
			OnEmpty: pick(random, RefuseOrder, SkipCollar), MaxAge: pick(random, 0, time.Second),
		}
		if c.Collar.Fraction > 0 && random.IntN(2) == 0 {
			c.Collar.Ticks = 0
		}
	}
	c.RefuseSelfCross = maybe()
	if maybe() {
		c.ContractOrdersMax = 1 + random.IntN(4)
	}
	if maybe() {
		c.OrdersMax = 1 + random.IntN(6)
	}
	if maybe() {
		c.ContractExposureMax = money()
	}
	if maybe() {
		c.MarketExposureMax = money()
	}
	if maybe() {
		c.AccountExposureMax = money()
	}
	if random.IntN(8) == 0 {
		c.LossMax = pick(random, 1, 20*whole, odds.MoneyMax)
		c.OnLoss = pick(random, RespondHalt, RespondReduce, RespondReport)
	}
	if maybe() {
		c.Rate = pick(random, 1, 3, 1000, RateMax)
		c.Burst = pick(random, 0, 1, 7)
	}
	if maybe() {
		c.DuplicateWindow = pick(random, 1, time.Second, time.Hour)
		c.DuplicateOrders = pick(random, 0, 1, 2, 5)
	}
	if random.IntN(8) == 0 {
		c.Markets = []uint32{1, 1 + random.Uint32N(2), math.MaxUint32}
	}
	return c
}

// randomRequest is a create or a replace of few contracts and prices, so that many are the same, or an extreme one.
func randomRequest(random *rand.Rand) msg.Keys {
	k := msg.Keys{
		Type:   pick(random, msg.PayloadOrderCreate, msg.PayloadOrderCreate, msg.PayloadOrderCancelReplace),
		Market: pick[uint32](random, 1, 1, 1, 2), Contract: 1 + random.Uint32N(2),
		Side: msg.Side(1 + random.IntN(2)), Price: pick(random, 4900, 5000, 1+random.Uint32N(9999)),
		Quantity: pick(random, 10_000, 400_000, 1+random.Uint64N(1_000_000),
			1+random.Uint64N(uint64(odds.QuantityMax))),
	}
	switch random.IntN(40) {
	case 0:
		k.Price = pick[uint32](random, 0, 1, 9999, 10_000, math.MaxUint32)
	case 1:
		k.Quantity = pick[uint64](random, 0, 1, uint64(odds.QuantityMax), uint64(odds.QuantityMax)+1, math.MaxUint64)
	case 2:
		k.Side = pick[msg.Side](random, 0, 3, -1)
	case 3:
		k.Market = pick[uint32](random, 0, 9, math.MaxUint32)
	}
	return k
}

// randomSnapshot knows nearly everything.
func randomSnapshot(random *rand.Rand) Snapshot {
	price := func() odds.Price {
		return pick(random, 0, 1, 9999, odds.Price(4800+random.IntN(400)), odds.Price(1+random.IntN(9999)))
	}
	exposure := func() Exposure {
		e := Exposure{Before: odds.Money(random.Int64N(int64(120 * whole)))}
		e.After, e.Filled = e.Before, e.Before
		switch random.IntN(4) {
		case 0:
			e.Filled -= odds.Money(random.Int64N(int64(20 * whole)))
		case 1:
			e.After += odds.Money(random.Int64N(int64(20 * whole)))
		case 2:
			e = e.Add(odds.Money(random.Int64N(int64(20 * whole))))
		}
		if random.IntN(10) == 0 {
			e = pick(random, Exposure{}, Exposure{-odds.MoneyMax, odds.MoneyMax, 0, 0, 0},
				Exposure{odds.MoneyMax, -5, -5, 0, 0}, Exposure{0, odds.MoneyMax, odds.MoneyMax, 0, 0},
				Exposure{odds.MoneyMax, odds.MoneyMax, 0, 0, 0})
		}
		if random.IntN(3) == 0 {
			e.BeforeSpare = odds.Money(random.Int64N(int64(20 * whole)))
			e.AfterSpare = odds.Money(random.Int64N(int64(20 * whole)))
		}
		return e
	}
	s := Snapshot{
		Known: partsAll,
		Book: Book{
			State: pick(random, BookLive, BookLive, BookLive, BookSuspect, BookAbsent), Bid: price(), Offer: price(),
			Micro: price(),
			Age:   pick(random, 0, time.Second, time.Second+1),
		},
		Own: Own{Bid: price(), Offer: price()},
		Original: Original{
			Market: 1 + random.Uint32N(2), Contract: 1 + random.Uint32N(2),
			Side: odds.Side(1 + random.IntN(2)), Executed: pick(random, 0, 0, 1, odds.Quantity(random.Int64N(500_000))),
		},
		Contract: exposure(), Market: exposure(), Account: exposure(),
		ContractOrders: random.IntN(5), Orders: random.IntN(7),
		Profit: pick(random, 0, -odds.Money(random.Int64N(int64(40*whole))), math.MinInt64, math.MaxInt64),
	}
	if random.IntN(30) == 0 {
		s.Known = Parts(random.IntN(int(partsAll) + 1))
	}
	return s
}

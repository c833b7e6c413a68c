package risk

import (
	"math"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/odds"
)

// priceWhole is the whole payoff as a price.
const priceWhole = 10_000

// request is what a message asks for, with what a replace takes from its original.
type request struct {
	quantity odds.Quantity
	market   uint32
	contract uint32
	price    odds.Price
	side     odds.Side
}

// liability returns what a side loses at worst, which cannot overflow: price and quantity are valid.
func (q *request) liability(side odds.Side) odds.Money {
	share := odds.Money(q.price)
	if side == odds.Sell {
		share = priceWhole - share
	}
	return odds.Money(q.quantity) * share
}

// most returns the largest quantity at the request's price with which a side loses at most room.
func (q *request) most(side odds.Side, room odds.Money) int64 {
	if room <= 0 {
		return 0
	}
	n, err := side.QuantityForLiability(room, q.price)
	if err != nil {
		n = odds.QuantityMax // more than there can be
	}
	return int64(n)
}

// checks are what a gate has to look at.
type checks uint8

const (
	checkMarkets    checks = 1 << iota // the markets allowed
	checkOrder                         // side, price and quantity
	checkLoss                          // the realised profit
	checkReducing                      // the mode Reducing
	checkCollar                        // the book
	checkCross                         // the own orders
	checkDuplicates                    // the orders of the window
	checkRate                          // the bucket
)

// judge checks a create or replace in the order of the limits.
func (g *Gate) judge(now int64, keys *msg.Keys, s *Snapshot) error {
	l, q, c := &g.limits, &g.request, g.checks
	replaces := keys.Type == msg.PayloadOrderCancelReplace
	needs, side := g.needs, uint32(keys.Side)
	q.market, q.contract = keys.Market, keys.Contract
	if replaces {
		needs = g.replace
		q.market, q.contract, side = s.Original.Market, s.Original.Contract, uint32(s.Original.Side)
	}
	if c&checkMarkets != 0 && (replaces || !g.markets.allowed(q.market)) {
		if err := g.judgeMarket(keys, s); err != nil {
			return err
		}
	}
	if missing := needs &^ s.Known; missing != 0 {
		marks.Hit(marks.RefusedUnknown)
		return g.refusals.refuse(LimitUnknown, int64(needs), int64(missing), 0)
	}
	if c&checkOrder != 0 {
		if keys.Price-1 >= uint32(odds.PriceMax) {
			marks.Hit(marks.RefusedPrice)
			return g.refusals.refuse(LimitRequest, 0, int64(keys.Price), 0)
		}
		if keys.Quantity-1 >= uint64(odds.QuantityMax) || side-uint32(odds.Buy) > uint32(odds.Sell-odds.Buy) {
			marks.Hit(marks.RefusedQuantityOrSide)
			return g.refusals.refuse(LimitRequest, 0, int64(min(keys.Quantity, math.MaxInt64)), 0)
		}
		q.price, q.quantity, q.side = odds.Price(keys.Price), odds.Quantity(keys.Quantity), odds.Side(side)
		if replaces { // what was executed is not at risk any more, and the quantity includes it
			q.quantity -= min(max(s.Original.Executed, 0), q.quantity)
		}
	}
	if c&(checkLoss|checkReducing) != 0 {
		if g.lossExceeded(s.Profit) != g.lossReported || g.lossReported || c&checkReducing != 0 {
			if err := g.judgeState(now, s); err != nil {
				return err
			}
		}
	}
	if c&checkOrder == 0 {
		if !replaces && (s.ContractOrders > l.contractOrders || s.Orders > l.orders) {
			return g.refuseOrders(s)
		}
	} else if err := g.judgeOrder(now, s, replaces); err != nil {
		return err
	}
	if c&checkRate != 0 {
		if g.rate.fill(now); g.rate.tokens < messageTokens {
			marks.Hit(marks.RefusedRate)
			return g.refusals.refuse(LimitRate, int64(g.rate.rate), 0, g.rate.wait())
		}
	}
	g.remember = c&checkDuplicates != 0
	return nil
}

// judgeOrder checks what depends on side, price and quantity.
func (g *Gate) judgeOrder(now int64, s *Snapshot, replaces bool) error {
	l, q, c := &g.limits, &g.request, g.checks
	stake := odds.Money(q.quantity) * odds.Money(q.price)
	liability, touch := stake, s.Book.Offer
	if q.side == odds.Sell {
		liability, touch = odds.Money(q.quantity)*priceWhole-stake, s.Book.Bid
	}
	if q.quantity > l.quantity || stake > l.stake || liability > l.liability {
		return g.refuseSize(q)
	}
	if c&checkCollar != 0 {
		// The usual case is a live book, and a price that does not go beyond the other side's.
		if s.Book.State != BookLive || s.Book.Age > l.age || g.config.Collar.Micro ||
			!touch.Valid() || beyond(q, touch) {
			if err := g.judgePrice(q, &s.Book); err != nil {
				return err
			}
		}
	}
	if c&checkCross != 0 {
		if q.side == odds.Sell && q.price <= s.Own.Bid ||
			q.side == odds.Buy && q.price >= s.Own.Offer && s.Own.Offer != 0 {
			return g.refuseSelfCross(q, &s.Own)
		}
	}
	if !replaces && (s.ContractOrders > l.contractOrders || s.Orders > l.orders) {
		return g.refuseOrders(s)
	}
	// Most requests pass at the first comparison, and those that lower the worst case at the second.
	if s.Contract.raises(l.contract) {
		marks.Hit(marks.RefusedContractExposure)
		return g.refuseExposure(LimitContractExposure, l.contract, &s.Contract)
	}
	if s.Market.raises(l.market) {
		marks.Hit(marks.RefusedMarketExposure)
		return g.refuseExposure(LimitMarketExposure, l.market, &s.Market)
	}
	if s.Account.raises(l.account) {
		marks.Hit(marks.RefusedAccountExposure)
		return g.refuseExposure(LimitAccountExposure, l.account, &s.Account)
	}
	if c&checkDuplicates != 0 {
		d := &g.duplicates
		if ago, ok := d.find(now, keyOf(q)); ok {
			marks.Hit(marks.RefusedDuplicate)
			return g.refusals.refuse(LimitDuplicate, d.window, ago, d.window-ago)
		}
		if d.full() {
			marks.Hit(marks.RefusedDuplicateOrders)
			return g.refusals.refuse(LimitDuplicateOrders, int64(d.max), int64(d.max)+1, d.wait(now))
		}
	}
	return nil
}

// judgeMarket refuses a message about a market that is not allowed. A replace is about the market of its original,
// and about the one that it names if it names one.
func (g *Gate) judgeMarket(keys *msg.Keys, s *Snapshot) error {
	market := keys.Market
	if keys.Type == msg.PayloadOrderCancelReplace && (market == 0 || g.markets.allowed(market)) {
		if s.Known&PartOriginal == 0 {
			return nil // refused as unknown
		}
		market = s.Original.Market
	}
	if g.markets.allowed(market) {
		return nil
	}
	marks.Hit(marks.RefusedMarket)
	return g.refusals.refuse(LimitMarket, 0, int64(market), 0)
}

// judgeState checks the loss, to which it may respond, and the mode Reducing.
func (g *Gate) judgeState(now int64, s *Snapshot) error {
	if g.checks&checkLoss != 0 {
		g.Profit(now, s.Profit)
		if g.lossReported && !s.Market.reduces() {
			marks.Hit(marks.RefusedLoss)
			return g.refusals.refuse(LimitLoss, int64(g.config.LossMax), int64(lossOf(s.Profit)), 0)
		}
		if g.mode == Halted {
			marks.Hit(marks.HaltedByLossAtOnce)
			return g.refusals.refuse(LimitHalted, 0, 0, 0)
		}
	}
	if g.mode == Reducing && !s.Market.reduces() {
		marks.Hit(marks.RefusedReducing)
		return g.refusals.refuse(LimitReducing, int64(s.Market.Before), int64(max(s.Market.After, s.Market.Filled)), 0)
	}
	return nil
}

// refuseSize refuses an order that is too large, by the first limit that it breaks.
func (g *Gate) refuseSize(q *request) error {
	l := &g.limits
	if q.quantity > l.quantity {
		marks.Hit(marks.RefusedQuantity)
		return g.refusals.refuse(LimitQuantity, int64(l.quantity), int64(q.quantity), int64(l.quantity))
	}
	if n := q.liability(odds.Buy); n > l.stake {
		marks.Hit(marks.RefusedStake)
		return g.refusals.refuse(LimitStake, int64(l.stake), int64(n), q.most(odds.Buy, l.stake))
	}
	n := q.liability(q.side)
	marks.Hit(marks.RefusedLiability)
	return g.refusals.refuse(LimitLiability, int64(l.liability), int64(n), q.most(q.side, l.liability))
}

// judgePrice refuses a price that is too far beyond the book's.
func (g *Gate) judgePrice(q *request, b *Book) error {
	c := &g.config.Collar
	reference := c.reference(q.side, b)
	switch c.usable(b, reference) {
	case RefuseOrder:
		marks.Hit(marks.RefusedNoPrice)
		return g.refusals.refuse(LimitNoPrice, 0, int64(b.State), 0)
	case SkipCollar:
		marks.Hit(marks.CollarSkipped)
		return nil
	}
	if bound := c.bound(q.side, reference); beyond(q, reference) && beyond(q, bound) {
		marks.Hit(marks.RefusedCollar)
		return g.refusals.refuse(LimitCollar, int64(reference), int64(q.price), int64(bound))
	}
	return nil
}

// beyond reports whether a request's price is worse for its own side than another.
func beyond(q *request, p odds.Price) bool {
	if q.side == odds.Buy {
		return q.price > p
	}
	return q.price < p
}

// refuseSelfCross refuses a price at which an own order of the other side would trade.
func (g *Gate) refuseSelfCross(q *request, own *Own) error {
	if q.side == odds.Buy {
		marks.Hit(marks.RefusedSelfCrossBuy)
		return g.refusals.refuse(LimitSelfCross, int64(own.Offer), int64(q.price), int64(own.Offer-1))
	}
	allowed := own.Bid + 1
	marks.Hit(marks.RefusedSelfCrossSell)
	if !allowed.Valid() {
		allowed = 0
	}
	return g.refusals.refuse(LimitSelfCross, int64(own.Bid), int64(q.price), int64(allowed))
}

// refuseOrders refuses an order too many.
func (g *Gate) refuseOrders(s *Snapshot) error {
	l := &g.limits
	if s.ContractOrders > l.contractOrders {
		marks.Hit(marks.RefusedContractOrders)
		return g.refusals.refuse(LimitContractOrders, oneMore(l.contractOrders), oneMore(s.ContractOrders), 0)
	}
	marks.Hit(marks.RefusedOrders)
	return g.refusals.refuse(LimitOrders, oneMore(l.orders), oneMore(s.Orders), 0)
}

func oneMore(n int) int64 { return int64(min(n, math.MaxInt-1)) + 1 }

// refuseExposure refuses what raises a worst case beyond its limit.
func (g *Gate) refuseExposure(limit Limit, most odds.Money, e *Exposure) error {
	room, err := most.Sub(e.Before)
	if err != nil {
		room = odds.MoneyMax // Before is a huge profit
	}
	q := &g.request
	return g.refusals.refuse(limit, int64(most), int64(e.After), q.most(q.side, room))
}

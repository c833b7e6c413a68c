package risk

import (
	"math"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// checkMarket refuses a message about a market that is not allowed. A replace is about the market of its original,
// and about the one that it names if it names one.
func (g *Gate) checkMarket(keys *msg.Keys, s *Snapshot) error {
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
	return g.refusals.refuse(LimitMarket, 0, int64(market), 0)
}

// checkOrder checks what a request is by itself, against the book and against the own orders.
func (g *Gate) checkOrder(q *request, s *Snapshot) error {
	c := &g.config
	if c.OrderQuantityMax > 0 && q.quantity > c.OrderQuantityMax {
		return g.refusals.refuse(LimitQuantity, int64(c.OrderQuantityMax), int64(q.quantity), int64(c.OrderQuantityMax))
	}
	if c.OrderStakeMax > 0 {
		if n := q.liability(odds.Buy); n > c.OrderStakeMax {
			return g.refusals.refuse(LimitStake, int64(c.OrderStakeMax), int64(n), q.most(odds.Buy, c.OrderStakeMax))
		}
	}
	if c.OrderLiabilityMax > 0 {
		if n := q.liability(q.side); n > c.OrderLiabilityMax {
			return g.refusals.refuse(LimitLiability, int64(c.OrderLiabilityMax), int64(n), q.most(q.side, c.OrderLiabilityMax))
		}
	}
	if c.Collar.on() {
		if err := g.checkCollar(q, &s.Book); err != nil {
			return err
		}
	}
	if c.RefuseSelfCross {
		return g.checkSelfCross(q, &s.Own)
	}
	return nil
}

// checkCollar refuses a price that is too far beyond the book's.
func (g *Gate) checkCollar(q *request, b *Book) error {
	c := &g.config.Collar
	reference := c.reference(q.side, b)
	switch c.usable(b, reference) {
	case RefuseOrder:
		return g.refusals.refuse(LimitNoPrice, 0, int64(b.State), 0)
	case SkipCollar:
		return nil
	}
	bound := c.bound(q.side, reference)
	if q.side == odds.Buy && q.price > bound || q.side == odds.Sell && q.price < bound {
		return g.refusals.refuse(LimitCollar, int64(reference), int64(q.price), int64(bound))
	}
	return nil
}

// checkSelfCross refuses a price at which an own order of the other side would trade.
func (g *Gate) checkSelfCross(q *request, own *Own) error {
	switch {
	case q.side == odds.Buy && own.Offer != 0 && q.price >= own.Offer:
		return g.refusals.refuse(LimitSelfCross, int64(own.Offer), int64(q.price), int64(own.Offer-1))
	case q.side == odds.Sell && own.Bid != 0 && q.price <= own.Bid:
		allowed := own.Bid + 1
		if !allowed.Valid() {
			allowed = 0
		}
		return g.refusals.refuse(LimitSelfCross, int64(own.Bid), int64(q.price), int64(allowed))
	}
	return nil
}

// checkOrders refuses an order too many; a replace is none more.
func (g *Gate) checkOrders(q *request, s *Snapshot) error {
	c := &g.config
	switch {
	case q.replace:
	case c.ContractOrdersMax > 0 && s.ContractOrders >= c.ContractOrdersMax:
		return g.refusals.refuse(LimitContractOrders, int64(c.ContractOrdersMax), oneMore(s.ContractOrders), 0)
	case c.OrdersMax > 0 && s.Orders >= c.OrdersMax:
		return g.refusals.refuse(LimitOrders, int64(c.OrdersMax), oneMore(s.Orders), 0)
	}
	return nil
}

func oneMore(n int) int64 { return int64(min(n, math.MaxInt-1)) + 1 }

// checkExposure refuses what raises a worst case beyond its limit.
func (g *Gate) checkExposure(q *request, s *Snapshot) error {
	c := &g.config
	if err := g.checkWorst(LimitContractExposure, c.ContractExposureMax, &s.Contract, q); err != nil {
		return err
	}
	if err := g.checkWorst(LimitMarketExposure, c.MarketExposureMax, &s.Market, q); err != nil {
		return err
	}
	return g.checkWorst(LimitAccountExposure, c.AccountExposureMax, &s.Account, q)
}

func (g *Gate) checkWorst(limit Limit, most odds.Money, e *Exposure, q *request) error {
	if most == 0 || e.After <= most || e.After <= e.Before {
		return nil
	}
	room, err := most.Sub(e.Before)
	if err != nil {
		room = odds.MoneyMax // Before is a huge profit
	}
	return g.refusals.refuse(limit, int64(most), int64(e.After), q.most(q.side, room))
}

// checkDuplicate refuses what was sent a moment ago.
func (g *Gate) checkDuplicate(now int64, q *request) error {
	d := &g.duplicates
	if ago, ok := d.find(now, q); ok {
		return g.refusals.refuse(LimitDuplicate, d.window, ago, d.window-ago)
	}
	if wait := d.full(now); wait > 0 {
		return g.refusals.refuse(LimitDuplicateOrders, int64(d.max), int64(d.max)+1, wait)
	}
	return nil
}

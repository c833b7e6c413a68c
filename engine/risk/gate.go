package risk

import (
	"math"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// Gate decides which messages may leave. One goroutine owns it.
type Gate struct {
	config Config
	mode   Mode
	needs  Parts // of a create in this mode
	judged bool  // a limit reads side, price or quantity
	now    int64 // the latest clock reading

	since int64
	cause Cause

	kill       killSwitch
	watchdog   watchdog
	rate       bucket
	duplicates duplicates
	markets    markets
	refusals   refusals
	events     events

	lossTold bool // the loss is as large as its limit, and the response was made
	admitted uint64
}

// New makes a gate in the mode Active. The error is a *[ConfigError].
func New(config Config) (*Gate, error) {
	c, err := config.resolve()
	if err != nil {
		return nil, err
	}
	g := &Gate{config: c, now: math.MinInt64, needs: c.needs(Active), judged: c.judges()}
	g.kill.init(c.CancelAllRetry, c.CancelAllTries)
	g.watchdog.init(int64(c.Watchdog))
	g.rate.init(c.Rate, c.Burst)
	g.duplicates.init(int64(c.DuplicateWindow), c.DuplicateOrders)
	g.markets.init(c.Markets, c.MarketsMax)
	g.refusals.init(c.Refusals, c.limits())
	g.events.init()
	g.config.Markets = nil
	return g, nil
}

// limits returns the limits that a setting is.
func (c *Config) limits() [Limits]int64 {
	return [Limits]int64{
		LimitLoss:             int64(c.LossMax),
		LimitQuantity:         int64(c.OrderQuantityMax),
		LimitStake:            int64(c.OrderStakeMax),
		LimitLiability:        int64(c.OrderLiabilityMax),
		LimitContractOrders:   int64(c.ContractOrdersMax),
		LimitOrders:           int64(c.OrdersMax),
		LimitContractExposure: int64(c.ContractExposureMax),
		LimitMarketExposure:   int64(c.MarketExposureMax),
		LimitAccountExposure:  int64(c.AccountExposureMax),
		LimitDuplicate:        int64(c.DuplicateWindow),
		LimitDuplicateOrders:  int64(c.DuplicateOrders),
		LimitRate:             int64(c.Rate),
	}
}

// needs returns the parts of a snapshot that a create is judged by in a mode.
func (c *Config) needs(m Mode) (p Parts) {
	for _, n := range []struct {
		needed bool
		part   Parts
	}{
		{c.Collar.on(), PartBook},
		{c.RefuseSelfCross, PartOwn},
		{c.ContractOrdersMax > 0 || c.OrdersMax > 0, PartOrders},
		{c.ContractExposureMax > 0, PartContract},
		{c.MarketExposureMax > 0 || c.LossMax > 0 || m == Reducing, PartMarket},
		{c.AccountExposureMax > 0, PartAccount},
		{c.LossMax > 0, PartProfit},
	} {
		if n.needed {
			p |= n.part
		}
	}
	return p
}

// judges reports whether a limit reads the side, price or quantity of a request.
func (c *Config) judges() bool {
	return c.OrderQuantityMax > 0 || c.OrderStakeMax > 0 || c.OrderLiabilityMax > 0 ||
		c.Collar.on() || c.RefuseSelfCross ||
		c.ContractExposureMax > 0 || c.MarketExposureMax > 0 || c.AccountExposureMax > 0 || c.DuplicateWindow > 0
}

// Needs returns the parts of a snapshot that a message is judged by now, none for one that always passes.
func (g *Gate) Needs(typ msg.PayloadType) Parts {
	switch typ {
	case msg.PayloadOrderCreate:
		return g.needs
	case msg.PayloadOrderCancelReplace:
		return g.needsOfReplace()
	}
	return 0
}

// needsOfReplace returns what a replace is judged by.
func (g *Gate) needsOfReplace() Parts {
	if g.needs != 0 || g.judged || g.markets.slots != nil {
		return g.needs | PartOriginal
	}
	return 0
}

// request is what a message asks for.
type request struct {
	quantity odds.Quantity
	market   uint32
	contract uint32
	price    odds.Price
	side     odds.Side
	replace  bool
}

// read takes the request from a message, its side and contract from the original if it is a replace. It returns
// false if one of its values is absent or out of range; bad is that value.
func (q *request) read(keys *msg.Keys, s *Snapshot) (bad uint64, ok bool) {
	q.market, q.contract = keys.Market, keys.Contract
	side := int32(keys.Side)
	if keys.Type == msg.PayloadOrderCancelReplace {
		q.replace = true
		q.market, q.contract, side = s.Original.Market, s.Original.Contract, int32(s.Original.Side)
	}
	var err error
	if q.price, err = odds.NewPrice(keys.Price); err != nil {
		return uint64(keys.Price), false
	}
	if q.quantity, err = odds.NewQuantity(keys.Quantity); err != nil || q.quantity == 0 {
		return min(keys.Quantity, math.MaxInt64), false
	}
	q.side, err = odds.NewSide(side)
	return keys.Quantity, err == nil
}

// liability returns what a side loses at worst, which cannot overflow: both were checked.
func (q *request) liability(side odds.Side) odds.Money {
	if side == odds.Buy {
		return odds.Money(q.quantity) * odds.Money(q.price)
	}
	return odds.Money(q.quantity) * odds.Money(q.price.Complement())
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

// Admit returns nil if a message may be sent, or a *[Refusal]. keys are those of the message, and s what is known as
// of now; nothing of either is kept, and s may be nil if Needs returns nothing. It uses nothing up: Sent does.
//
// A refusal for a loss or a missed Beat changes the mode as it is made.
func (g *Gate) Admit(now int64, keys *msg.Keys, s *Snapshot) error {
	if keys.Type != msg.PayloadOrderCreate && keys.Type != msg.PayloadOrderCancelReplace {
		return nil
	}
	now = g.advance(now)
	if g.mode == Halted {
		return g.refusals.refuse(LimitHalted, 0, 0, 0)
	}
	if s == nil {
		s = &unknown
	}
	if err := g.judge(now, keys, s); err != nil {
		return err
	}
	g.admitted++
	return nil
}

// unknown is the snapshot of a caller that has none.
var unknown Snapshot

// judge checks a create or replace in the order of the limits.
func (g *Gate) judge(now int64, keys *msg.Keys, s *Snapshot) error {
	c := &g.config
	needs := g.needs
	if keys.Type == msg.PayloadOrderCancelReplace {
		needs = g.needsOfReplace()
	}
	if g.markets.slots != nil {
		if err := g.checkMarket(keys, s); err != nil {
			return err
		}
	}
	if missing := needs &^ s.Known; missing != 0 {
		return g.refusals.refuse(LimitUnknown, int64(needs), int64(missing), 0)
	}
	var q request
	if g.judged {
		if bad, ok := q.read(keys, s); !ok {
			return g.refusals.refuse(LimitRequest, 0, int64(bad), 0)
		}
	} else {
		q.replace = keys.Type == msg.PayloadOrderCancelReplace
	}
	if c.LossMax > 0 {
		g.Profit(now, s.Profit)
		if g.lossTold && !s.Market.reduces() {
			return g.refusals.refuse(LimitLoss, int64(c.LossMax), int64(lossOf(s.Profit)), 0)
		}
		if g.mode == Halted {
			return g.refusals.refuse(LimitHalted, 0, 0, 0)
		}
	}
	if g.mode == Reducing && !s.Market.reduces() {
		return g.refusals.refuse(LimitReducing, int64(s.Market.Before), int64(max(s.Market.After, s.Market.Filled)), 0)
	}
	if g.judged {
		if err := g.checkOrder(&q, s); err != nil {
			return err
		}
	}
	if err := g.checkOrders(&q, s); err != nil {
		return err
	}
	if g.judged {
		if err := g.checkExposure(&q, s); err != nil {
			return err
		}
		if c.DuplicateWindow > 0 {
			if err := g.checkDuplicate(now, &q); err != nil {
				return err
			}
		}
	}
	if wait := g.rate.wait(now); wait > 0 {
		return g.refusals.refuse(LimitRate, int64(c.Rate), 0, wait)
	}
	return nil
}

// Sent notes that a message left. It is called for every message of the application layer that was sent, admitted or
// not, at the reading and with the snapshot that Admit had.
func (g *Gate) Sent(now int64, keys *msg.Keys, s *Snapshot) {
	switch keys.Type {
	case msg.PayloadOrderCreate, msg.PayloadOrderCancelReplace:
		now = g.advance(now)
		if g.duplicates.window > 0 {
			if s == nil {
				s = &unknown
			}
			var q request
			if _, ok := q.read(keys, s); ok {
				g.duplicates.add(now, &q)
			}
		}
	case msg.PayloadOrderCancel, msg.PayloadOrderCancelAll, msg.PayloadOrderQuantityReduce:
		now = g.advance(now)
	default:
		return
	}
	g.rate.take(now)
}

// advance returns the clock reading, or the latest one if it is behind that, and halts if Beat is overdue.
func (g *Gate) advance(now int64) int64 {
	now = max(now, g.now)
	g.now = now
	if now >= g.watchdog.due {
		g.expire(now)
	}
	return now
}

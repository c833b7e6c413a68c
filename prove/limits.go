package prove

import (
	"math/rand/v2"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/ring"
)

// quoteOrdersLeast is how many orders quotes know at least, with the usual settings and few contracts.
const quoteOrdersLeast = 128

// limits are those of a bot's risk checks, and what its requests have used of them.
type limits struct {
	on     bool
	levels int // of a quote
	// orders that quotes know at most, 0 for the usual number
	quoteOrders int
	// requests about orders that are followed at most, 0 for the usual number
	requests int
	roomy    bool // the bytes that wait for the socket are full before the messages are too many
	config   risk.Config
	tokens   float64
	filled   int64
	last     order.Limit         // that the bot placed
	orders   map[sentOrder]int64 // when the same was sent last
}

// sentOrder is what two orders have in common of which the second is a duplicate.
type sentOrder struct {
	market, contract, price uint32
	side                    msg.Side
	quantity                uint64
}

// limit gives some of the bots limits, which are the same after each start.
func (b *bot) limit(c *engine.Config) {
	r := rand.New(rand.NewPCG(b.world.schedule.Seed, 0x300+uint64(b.index)))
	b.limits = limits{filled: b.world.now, orders: make(map[sentOrder]int64)}
	l := &b.limits.config
	l.RefuseSelfCross = r.IntN(2) == 0
	b.limits.levels = max(r.IntN(5)-1, 1)
	c.State.Quotes.Levels = b.limits.levels
	small := r.IntN(3) == 0 // tables
	if small {
		c.Session.UnansweredMax = 16 + r.IntN(64)
		c.State.Orders.Requests, c.State.Orders.Orders = 16+r.IntN(64), 64+r.IntN(64)
		c.Session.Send = ring.SendRingConfig{Bytes: 16 << 10, Records: 128}
		if r.IntN(2) == 0 { // the bytes of the ring are full before its records
			c.Session.UnansweredMax, c.State.Orders.Requests, c.State.Orders.Orders = 0, 0, 1024
			c.Session.Send.Records, b.limits.roomy = 4096, true
		}
		b.limits.requests = c.State.Orders.Requests
		c.State.Quotes.Orders = 64 + r.IntN(64)
		b.limits.quoteOrders = c.State.Quotes.Orders
	}
	if b.limits.on = b.role != Maker && b.role != Second && r.IntN(3) > 0; b.limits.on {
		if r.IntN(2) == 0 {
			l.OrderQuantityMax = 200_000
		}
		if r.IntN(2) == 0 {
			l.OrderLiabilityMax = odds.Money(600_000_000 + r.IntN(600_000_000))
		}
		if r.IntN(2) == 0 {
			l.ContractOrdersMax = 1 + r.IntN(6)
		}
		if r.IntN(2) == 0 {
			l.OrdersMax = 1 + r.IntN(30)
		}
		if r.IntN(4) > 0 {
			l.MarketExposureMax = odds.Money(1_500_000_000 * (1 + r.IntN(8)))
			l.AccountExposureMax = 3 * l.MarketExposureMax
		}
		if r.IntN(2) == 0 {
			l.Rate = 5 + r.IntN(40)
			l.Burst = 1 + r.IntN(20)
		}
		if r.IntN(3) == 0 {
			l.DuplicateWindow = time.Second
		}
	}
	b.limits.tokens = float64(l.Burst)
	c.State.Quotes.DisableReplace = r.IntN(4) == 0
	if r.IntN(4) == 0 {
		c.Session.Resume = session.ResumeSession
	}
	if b.hasty() {
		c.Session.AnswerTimeout = time.Duration(50+r.IntN(500)) * time.Millisecond
		c.Session.StaleAfter = time.Duration(1+r.IntN(100)) * time.Millisecond
	}
	c.State.Risk = *l
}

// hasty reports whether the bot soon gives up the wait for answers.
func (b *bot) hasty() bool { return b.world.schedule.Settings == 0 && b.some(drawHasty, 3) == 0 }

// leaves checks a request that leaves at a clock reading, which is not the world's while a handler takes long.
func (b *bot) leaves(p *msg.Payload, at int64) {
	if p.GetEtoPayload().GetIsReplay() {
		return
	}
	b.checkQuoteSent(p)
	b.checkRoom(p)
	if !b.world.strict {
		return
	}
	w, l := b.world, &b.limits
	reference, typ := uint64(0), p.GetType()
	switch typ {
	case msg.PayloadOrderCreate:
		m := p.GetOrderCreate()
		if reference = m.GetReference(); !b.stream.caught {
			w.fail("early", b, "an order leaves before the account is caught up with")
		}
		b.checkPlaced(m)
	case msg.PayloadOrderCancel:
		reference = p.GetOrderCancel().GetReference()
	case msg.PayloadOrderCancelAll:
		reference = p.GetOrderCancelAll().GetReference()
	case msg.PayloadOrderQuantityReduce:
		m := p.GetOrderQuantityReduce()
		reference = m.GetReference()
		b.checkQuoted(m.GetOrderId(), m.GetNewQuantity(), false)
	case msg.PayloadOrderCancelReplace:
		m := p.GetOrderCancelReplace()
		reference = m.GetReference()
		b.checkQuoted(m.GetOrigOrderId(), m.GetQuantity(), true)
	}
	if reference != 0 {
		if r := b.checks.request(reference, typ); r.left {
			w.fail("references", b, "%v with reference %d leaves twice", typ, reference)
		} else {
			r.left = true
		}
	}
	if b.link != nil && b.link.clogged {
		b.checks.waited++
	}
	if l.config.Rate == 0 {
		return
	}
	l.tokens += float64(at-l.filled) * float64(l.config.Rate) / 1e9
	l.tokens, l.filled = min(l.tokens, float64(l.config.Burst)), at
	places := typ == msg.PayloadOrderCreate || typ == msg.PayloadOrderCancelReplace
	if l.tokens < 0.999 && places {
		w.fail("limits", b, "%v leaves with %f tokens of %d, %d a second", typ, l.tokens, l.config.Burst, l.config.Rate)
	}
	l.tokens = max(l.tokens-1, 0)
}

// checkQuoted checks that what a maker asks for is what it wants. The total of a replace includes what was executed.
func (b *bot) checkQuoted(id, quantity uint64, total bool) {
	if b.role != Maker || b.world.probing || b.quoting.direct {
		return
	}
	for o := range b.engine.Orders() {
		if o.ID != id {
			continue
		}
		want := b.wanted[quoteKey{o.Market, o.Contract}].Size
		if total {
			want += o.Executed
		}
		if quantity != uint64(want) {
			b.world.fail("quoted", b, "%d is asked for instead of %d, of %+v", quantity, want, *o)
		}
	}
}

// checkPlaced checks an order that leaves.
func (b *bot) checkPlaced(m *msg.OrderCreate) {
	w, c := b.world, &b.limits.config
	q, price := odds.Quantity(m.GetQuantity()), odds.Price(m.GetPrice())
	if c.OrderQuantityMax != 0 && q > c.OrderQuantityMax {
		w.fail("limits", b, "an order of %v leaves", q)
	}
	liability := odds.Money(q) * odds.Money(price)
	if m.GetSide() == msg.SideSell {
		liability = odds.Money(q)*10_000 - liability
	}
	if c.OrderLiabilityMax != 0 && liability > c.OrderLiabilityMax {
		w.fail("limits", b, "an order that may lose %v of %v leaves", liability, c.OrderLiabilityMax)
	}
	if c.DuplicateWindow == 0 {
		return
	}
	key := sentOrder{m.GetMarketId(), m.GetContractId(), m.GetPrice(), m.GetSide(), m.GetQuantity()}
	if at, ok := b.limits.orders[key]; ok && w.now-at < int64(c.DuplicateWindow) {
		w.fail("limits", b, "the same order leaves twice within %v", c.DuplicateWindow)
	}
	b.limits.orders[key] = w.now
}

// rejected checks that an order was not refused for what the bot should have known.
func (b *bot) rejected(reason msg.OrderRejectedReason) {
	if !b.world.strict {
		return
	}
	w := b.world
	switch {
	case reason == msg.OrderRejectedCrossedSelf && !b.shared() && !b.uncertain() && b.starts == 1 &&
		(b.limits.config.RefuseSelfCross || b.role == Maker && !b.quoting.mixed):
		w.fail("self cross", b, "an order crosses an own one")
	case reason == msg.OrderRejectedThrottleExceeded && !w.throttled && w.schedule.Jitter == 0 &&
		!w.schedule.Partial && w.schedule.Faults.Inactive():
		// The ticks of the exchange's bucket and of ours are not the same ones: what one of them brings may come early.
		// What waits while a connection is clogged comes at once: of that the exchange may refuse all.
		t := simConfig(&w.schedule).Throttle
		tick := int(time.Duration(t.Rate) * t.Tick / time.Second)
		if b.checks.tooFast++; b.checks.tooFast > 5+tick+len(b.checks.sent)/50+b.checks.waited {
			w.fail("throttle", b, "%d of %d requests are refused: too fast", b.checks.tooFast, len(b.checks.sent))
		}
	}
}

// checkLimits compares what the exchange has of a bot with its limits.
func (b *bot) checkLimits() {
	w, c := b.world, &b.limits.config
	if !b.limits.on || b.uncertain() || b.starts > 1 {
		return
	}
	truth, _ := w.sim.Exchange.Truth(b.account)
	if c.OrdersMax != 0 && truth.Live > c.OrdersMax {
		w.fail("limits", b, "%d orders are live, %d may be", truth.Live, c.OrdersMax)
	}
	type outcome struct{ orders, wins, loses int64 }
	all := make(map[quoteKey]*outcome)
	at := func(market, contract uint32) *outcome {
		key := quoteKey{market, contract}
		if all[key] == nil {
			all[key] = new(outcome)
		}
		return all[key]
	}
	for o := range b.engine.Orders() {
		have, ok := w.sim.Exchange.Order(o.ID)
		if !ok || have.Available == 0 {
			continue
		}
		k := at(o.Market, o.Contract)
		k.orders++
		if c.OrderQuantityMax != 0 && have.Available > uint64(c.OrderQuantityMax) {
			w.fail("limits", b, "more is live than may be: %+v", have)
		}
		risk := int64(have.Available) * int64(have.Price)
		if have.Side == msg.SideSell {
			k.wins -= int64(have.Available)*10_000 - risk
		} else {
			k.loses -= risk
		}
	}
	for _, p := range truth.Positions {
		k := at(p.Market, p.Contract)
		k.wins += p.Net*10_000 + int64(p.Flow)
		k.loses += int64(p.Flow)
	}
	for _, market := range markets {
		for _, contract := range contracts[market] {
			if k := at(market, contract); c.ContractOrdersMax != 0 && k.orders > int64(c.ContractOrdersMax) {
				w.fail("limits", b, "%d orders of %d are live", k.orders, contract)
			}
		}
		if c.MarketExposureMax == 0 || w.disposed[market] {
			continue
		}
		loss := int64(0)
		for _, winner := range contracts[market] {
			sum := int64(0)
			for _, contract := range contracts[market] {
				if k := at(market, contract); contract == winner {
					sum += k.wins
				} else {
					sum += k.loses
				}
			}
			loss = max(loss, -sum)
		}
		if loss > int64(c.MarketExposureMax) {
			w.fail("limits", b, "market %d may lose %v, %v is allowed", market, odds.Money(loss), c.MarketExposureMax)
		}
	}
}

// checkTimer checks that the bot's timer fires.
func (b *bot) checkTimer() {
	w := b.world
	if w.now < b.stoppedUntil {
		b.actedAt = w.now
	}
	if b.engine != nil && !b.checks.ended && w.now-b.actedAt > int64(b.period)+int64(5*time.Second) {
		w.fail("timer", b, "it has not fired since %v ago", time.Duration(w.now-b.actedAt))
	}
}

// checkSides checks that a maker has at most one order for each level on each side of a contract.
func (b *bot) checkSides() {
	w := b.world
	if b.role != Maker || b.shared() || b.uncertain() || b.starts > 1 || w.failed() {
		return
	}
	type side struct {
		contract uint32
		side     odds.Side
	}
	seen := make(map[side]int)
	for o := range b.engine.Orders() {
		have, ok := w.sim.Exchange.Order(o.ID)
		if ok && have.Available > 0 && !b.quoting.others[o.Reference] {
			at := side{o.Contract, o.Side}
			if seen[at]++; seen[at] > b.limits.levels {
				w.fail("sides", b, "%d orders are live on one side, the last is %d", seen[at], o.ID)
			}
		}
	}
}

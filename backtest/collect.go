package backtest

import (
	"encoding/binary"
	"hash"
	"hash/fnv"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// horizons are when the market is looked at again after a fill.
var horizons = [3]time.Duration{time.Second, 10 * time.Second, time.Minute}

// collector follows the bot's account in the exchange. It is a Sink of the account.
type collector struct {
	x       *exchange.Exchange
	model   Model
	account string
	cash    exchange.Money // at the beginning
	every   int64          // between points of the path
	pathAt  int64
	due     int64 // when before has something to do
	final   bool  // the holdings' last prices are the recording's

	orders   map[uint64]int // by id, in model.Orders
	holdings map[bookID]*holding
	list     []*holding // in the order in which they were first traded
	reason   map[uint64][]exchange.RecordedFill
	markouts [3][]markout // by horizon, in the order of their times
	sums     [3]Adverse
	exposure exchange.Money
	peak     exchange.Money
	peaked   bool
	waited   time.Duration
	second   int64 // of the requests that are counted
	inSecond uint64
	digest   hash.Hash64
	line     []byte
}

// holding is what the bot has of a contract.
type holding struct {
	id           bookID
	bought, sold uint64
	net          int64
	flow         exchange.Money
	last         int64                  // bid plus offer when both were there; in the end lastOf the recording
	before       exchange.PositionTruth // the market's settlement
}

// markout is a fill whose market is looked at again.
type markout struct {
	at   int64
	fill int
}

func newCollector(begin, end int64, cash exchange.Money) *collector {
	c := &collector{
		cash: cash, account: accountName, every: max(1, (end-begin)/equityMax*2), pathAt: begin,
		orders: make(map[uint64]int), holdings: make(map[bookID]*holding),
		reason: make(map[uint64][]exchange.RecordedFill), digest: fnv.New64a(),
	}
	c.model.Figures.Reasons = make(map[string]uint64)
	return c
}

// filled notes why an order is about to be reported as filled.
func (c *collector) filled(f exchange.RecordedFill) {
	c.reason[f.OrderID] = append(c.reason[f.OrderID], f)
}

// Publish implements exchange.Sink.
func (c *collector) Publish(exchange.Message) {}

// Report implements exchange.Sink.
func (c *collector) Report(r *exchange.Report, _ bool) {
	now := c.x.Now()
	c.note(now, r)
	if -r.Exposure > c.exposure {
		c.exposure = -r.Exposure
	}
	switch r.Type {
	case msg.PayloadOrderAccepted:
		c.request(now)
		c.accepted(now, r, r.Quantity)
	case msg.PayloadOrderCancelReplaceAccepted:
		c.ended(now, r.OrigOrderID)
		c.accepted(now, r, r.AvailableQuantity)
	case msg.PayloadOrderExecuted:
		c.executed(now, r)
	case msg.PayloadOrderExecuteVoided:
		c.voidFill(now, r)
	case msg.PayloadOrderCancelled:
		if r.HasReference {
			c.request(now)
		}
		c.ended(now, r.OrderID)
	case msg.PayloadOrderRejected:
		c.rejected(now, r.Reason == int32(msg.OrderRejectedThrottleExceeded))
	case msg.PayloadOrderCancelRejected:
		c.rejected(now, r.Reason == int32(msg.OrderCancelRejectedThrottleExceeded))
	case msg.PayloadOrderQuantityReduceRejected:
		c.rejected(now, r.Reason == int32(msg.OrderQuantityReduceRejectedThrottleExceeded))
	case msg.PayloadOrderInvalid, msg.PayloadOrderCancelAllRejected, msg.PayloadOrderCancelReplaceRejected:
		c.rejected(now, false)
	case msg.PayloadOrderQuantityReduced, msg.PayloadOrderCancelAllAccepted, msg.PayloadOrderPendingReplace:
		c.request(now)
	}
}

// note adds a report to the digest.
func (c *collector) note(now int64, r *exchange.Report) {
	b := c.line[:0]
	for _, n := range [...]uint64{
		uint64(now), uint64(r.Type), r.AccountSequence, r.OrderID, r.Reference, uint64(r.Price), r.Quantity,
		r.ExecutedQuantity, r.AvailableQuantity, uint64(r.AvailableBalance), uint64(uint32(r.Reason)),
	} {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	c.line = b
	_, _ = c.digest.Write(b)
}

// request counts a request in its second.
func (c *collector) request(now int64) {
	f := &c.model.Figures
	f.Requests++
	if s := now / int64(time.Second); s != c.second {
		c.second, c.inSecond = s, 0
	}
	c.inSecond++
	f.ThrottlePeak = max(f.ThrottlePeak, c.inSecond)
}

func (c *collector) rejected(now int64, throttled bool) {
	c.request(now)
	c.model.Figures.Rejected++
	if throttled {
		c.model.Figures.Throttled++
	}
}

func (c *collector) accepted(now int64, r *exchange.Report, quantity uint64) {
	f := &c.model.Figures
	f.Orders++
	f.Ordered += quantity
	if len(c.model.Orders) >= fillsMax {
		f.OrdersForgotten++
		return
	}
	ahead, known := c.x.Ahead(r.OrderID)
	c.orders[r.OrderID] = len(c.model.Orders)
	c.model.Orders = append(c.model.Orders, OrderResult{
		Order: r.OrderID, Reference: r.Reference, Market: r.Market, Contract: r.Contract, Side: sideText(r.Side),
		Price: r.Price, Quantity: quantity, Accepted: now, Ahead: ahead, Hidden: !known,
	})
}

func sideText(s msg.Side) string {
	if s == msg.SideSell {
		return "sell"
	}
	return "buy"
}

func (c *collector) ended(now int64, id uint64) {
	if i, ok := c.orders[id]; ok && c.model.Orders[i].Ended == 0 {
		c.model.Orders[i].Ended = now
	}
}

// holding returns what the bot has of a contract.
func (c *collector) holding(id bookID) *holding {
	h := c.holdings[id]
	if h == nil {
		h = &holding{id: id}
		c.holdings[id] = h
		c.list = append(c.list, h)
	}
	return h
}

func (c *collector) executed(now int64, r *exchange.Report) {
	f := &c.model.Figures
	f.Fills++
	fill := FillResult{
		At: now, Order: r.OrderID, Market: r.Market, Contract: r.Contract, Side: sideText(r.Side),
		Price: r.Price, Quantity: r.Quantity,
	}
	if why := c.reason[r.OrderID]; len(why) > 0 {
		fill.Reason = why[0].Reason.String()
		if c.reason[r.OrderID] = why[1:]; len(why) == 1 {
			delete(c.reason, r.OrderID)
		}
	}
	f.Reasons[fill.Reason] += r.Quantity
	if i, ok := c.orders[r.OrderID]; ok {
		o := &c.model.Orders[i]
		o.Filled += r.Quantity
		fill.Reference, fill.Waited = o.Reference, time.Duration(now-o.Accepted)
		if r.AvailableQuantity == 0 {
			c.ended(now, r.OrderID)
		}
	}
	c.waited += fill.Waited
	f.QueueTimeMost = max(f.QueueTimeMost, fill.Waited)
	c.trade(r, 1)
	if len(c.model.Fills) < fillsMax {
		for i, d := range horizons {
			c.markouts[i] = append(c.markouts[i], markout{now + int64(d), len(c.model.Fills)})
			c.due = min(c.due, now+int64(d)+1)
		}
		c.model.Fills = append(c.model.Fills, fill)
	}
	c.point(now)
}

// trade adds a fill to what is held, or takes it back.
func (c *collector) trade(r *exchange.Report, sign int64) {
	h := c.holding(bookID{r.Market, r.Contract})
	cost := exchange.Money(r.Quantity * uint64(r.Price))
	amount := uint64(sign) * r.Quantity
	if r.Side == msg.SideSell {
		h.net -= sign * int64(r.Quantity)
		h.flow += exchange.Money(sign) * cost
		h.sold += amount
		c.model.Figures.Sold += amount
	} else {
		h.net += sign * int64(r.Quantity)
		h.flow -= exchange.Money(sign) * cost
		h.bought += amount
		c.model.Figures.Bought += amount
	}
}

// voidFill takes back the oldest provisional fill of an order with this price and quantity.
func (c *collector) voidFill(now int64, r *exchange.Report) {
	for i := range c.model.Fills {
		f := &c.model.Fills[i]
		if f.Order == r.OrderID && f.Price == r.Price && f.Quantity == r.Quantity && !f.Voided {
			f.Voided = true
			break
		}
	}
	if i, ok := c.orders[r.OrderID]; ok {
		o := &c.model.Orders[i]
		o.Filled -= min(o.Filled, r.Quantity)
	}
	c.model.Figures.Voided += r.Quantity
	c.trade(r, -1)
	c.point(now)
}

// before is called before the exchange gets to a later moment: it looks at the markets as they are at times in between.
func (c *collector) before(at int64) {
	if at < c.due {
		return
	}
	for i := range c.markouts {
		for len(c.markouts[i]) > 0 && c.markouts[i][0].at < at {
			c.markout(i, c.markouts[i][0].fill)
			c.markouts[i] = c.markouts[i][1:]
		}
	}
	if at >= c.pathAt {
		c.point(at)
		c.pathAt = at + c.every
	}
	c.due = c.pathAt
	for i := range c.markouts {
		if len(c.markouts[i]) > 0 {
			c.due = min(c.due, c.markouts[i][0].at+1)
		}
	}
}

// markout values a fill at the middle price of now.
func (c *collector) markout(horizon, fill int) {
	f := &c.model.Fills[fill]
	bid, offer := c.x.RecordedBest(f.Market, f.Contract)
	if bid == 0 || offer == 0 || f.Voided {
		return
	}
	better := int64(bid+offer) - 2*int64(f.Price)
	if f.Side == "sell" {
		better = -better
	}
	f.After[horizon] = exchange.Money(int64(f.Quantity) * better / 2)
	f.Known[horizon] = true
	s := &c.sums[horizon]
	s.Fills++
	s.Quantity += f.Quantity
	s.Money += f.After[horizon]
}

// middle returns bid plus offer of a contract, or what they were when both were there last.
func (c *collector) middle(market, contract uint32) int64 {
	h := c.holding(bookID{market, contract})
	if bid, offer := c.x.RecordedBest(market, contract); !c.final && bid != 0 && offer != 0 {
		h.last = int64(bid + offer)
	}
	return h.last
}

// point adds a point to the path.
func (c *collector) point(now int64) {
	t, _ := c.x.Truth(c.account)
	p := Point{At: now, Equity: t.Cash - c.cash, Exposure: t.Resting + t.Matched + t.Pending}
	for i := range t.Positions {
		pos := &t.Positions[i]
		net := pos.Net + pos.PendingNet
		if net == 0 && pos.Flow == 0 && pos.PendingFlow == 0 {
			continue
		}
		p.Equity += pos.Flow + pos.PendingFlow + exchange.Money(net*c.middle(pos.Market, pos.Contract)/2)
		p.Position += net
	}
	if !c.peaked || p.Equity > c.peak {
		c.peak, c.peaked = p.Equity, true
	}
	c.model.Figures.Drawdown = max(c.model.Figures.Drawdown, c.peak-p.Equity)
	path := c.model.Path
	if n := len(path); n > 0 && path[n-1].At == now {
		path[n-1] = p
		return
	}
	if c.model.Path = append(path, p); len(c.model.Path) > 2*equityMax {
		c.thin()
	}
}

// thin keeps every other point, and doubles the time between them.
func (c *collector) thin() {
	path := c.model.Path
	n := 0
	for i := 0; i < len(path); i += 2 {
		path[n] = path[i]
		n++
	}
	c.model.Path = path[:n]
	c.every *= 2
}

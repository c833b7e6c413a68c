package main

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// What the bot quotes with.
const (
	quoteSpread               = 10     // hundredths of a percent between the middle and each of our prices
	quoteSize   odds.Quantity = 20_000 // payoff of each quote, 2.00
	quoteSkew                 = 4      // hundredths of a percent for each size that is held
	holdMax                   = 100    // sizes held beyond which a quote that would add to them is not made
	priceLow                  = 500    // we do not quote beyond
	priceHigh                 = 9500
	lossMax     odds.Money    = 1000 * odds.Money(odds.Whole) // worst case of the market
)

// serveMax is how long the exchange may take to serve what it has received of a connection that ended.
const serveMax = time.Second

// checkEvery is how often the bot checks whether it has ended flat.
const checkEvery = 2 * time.Millisecond

// bot quotes both sides of every contract of a market and moves each quote whenever it was placed, so that replaces
// are always under way. It has its connection cut in the middle of them, lets its quotes rest half way until a goal
// has halted the market, goes on when the market is live again, and throws the kill switch when it has created enough
// orders. Orders, books, positions and money are the engine's; the bot counts events and measures.
type bot struct {
	*engine.Engine
	market    uint32
	contracts []wish
	target    int           // orders to create
	exchange  demonstration // what the exchange does when the bot asks

	sent       msg.Payload // reused: the last message that was sent
	received   msg.Payload // reused
	sentSeq    uint64
	halted     bool
	asked      bool // the exchange was asked for a goal
	goal       bool // the market was halted and is live again
	cutting    bool // the exchange was asked to cut the connection
	connected  bool
	paced      bool // quotes are moved now and then, and not at once
	enough     bool
	ended      bool
	failure    error
	disconnect time.Time
	unanswered []uint64 // references of orders of which the exchange said nothing after the cut

	started, finished int64
	allocated         allocations

	report    summary
	roundTrip *hdrhistogram.Histogram // nanoseconds
}

// demonstration is what the exchange does when the bot asks.
type demonstration interface {
	kickOff() error // starts the match
	goal() error    // has a goal fall, which halts the market
	cut() error     // breaks the connection in the middle of the next message to the bot
}

// wish is what the bot wants of a contract.
type wish struct {
	id     uint32
	middle odds.Price // of the book without our quotes; 0 before it is known
	step   [2]odds.Price
}

func newBot(e *engine.Engine, h hello, target int, exchange demonstration) (*bot, error) {
	b := &bot{
		Engine: e, market: h.Market, target: target, exchange: exchange,
		roundTrip: hdrhistogram.New(100, 60e9, 3),
	}
	for _, c := range h.Contracts {
		b.contracts = append(b.contracts, wish{id: c.ID})
	}
	e.OnPayload(b.payload)
	e.OnLoggedIn(b.loggedIn)
	e.OnCaughtUp(b.caughtUp)
	e.OnState(b.state)
	e.OnMarketState(b.marketState)
	e.OnBook(b.book)
	e.OnOrder(b.order)
	e.OnSendResolved(b.resolved)
	e.OnSendUnresolved(b.unresolved)
	_, err := e.Every(checkEvery, b.check)
	return b, err
}

// fail ends the demo: a bot that does not understand what happens must not trade on.
func (b *bot) fail(err error) {
	if b.failure == nil && err != nil {
		b.failure = err
		b.Stop()
	}
}

// payload counts messages of both directions, and the orders that ours create.
func (b *bot) payload(r *engine.TapRecord) {
	if r.Direction == session.Inbound {
		b.report.Messages.In++
		if len(b.unanswered) > 0 && b.received.Decode(r.Payload, nil) == nil {
			of := answered(&b.received)
			b.unanswered = slices.DeleteFunc(b.unanswered, func(ref uint64) bool { return ref == of })
		}
		return
	}
	b.report.Messages.Out++
	if b.sent.Decode(r.Payload, nil) != nil {
		return
	}
	eto := b.sent.GetEtoPayload()
	switch typ := b.sent.GetType(); {
	case typ == msg.PayloadLogin:
		b.sentSeq = eto.GetSeq()
	case eto.GetSeq() <= b.sentSeq: // sent again
	case typ == msg.PayloadOrderCreate, typ == msg.PayloadOrderCancelReplace:
		b.report.Orders.Created++
		fallthrough
	default:
		b.sentSeq = eto.GetSeq()
	}
}

// loggedIn subscribes, once: after a reconnect the engine does.
func (b *bot) loggedIn(ev *engine.Event) {
	if ev.Epoch > 1 {
		return
	}
	var m msg.MarketSubscribe
	m.SetMarketId(b.market)
	_, err := b.SendMarketSubscribe(&m)
	b.fail(err)
}

// state notes that the connection was cut, and how many replaces were under way.
func (b *bot) state(ev *engine.Event) {
	if ev.State != session.Disconnected || !b.connected || b.ended {
		return
	}
	b.connected = false
	if !b.cutting {
		b.fail(fmt.Errorf("connection lost while trading: %w", ev.Cause))
		return
	}
	b.measure(false)
	b.cutting, b.disconnect = false, time.Now()
	c := &b.report.Cut
	c.Count++
	for o := range b.Orders() {
		if o.Overlay&order.PendingReplace != 0 {
			c.Replaces++
		}
	}
}

// caughtUp goes on after a cut: the engine quotes by itself again.
func (b *bot) caughtUp(ev *engine.Event) {
	b.connected = true
	if ev.Epoch == 1 {
		return
	}
	b.report.Cut.Seconds = time.Since(b.disconnect).Seconds()
	if b.started != 0 {
		b.measure(true)
	}
}

// measure switches the count of allocations on or off; what a reconnect takes is not counted.
func (b *bot) measure(on bool) {
	b.allocated.measure(on, b.report.Messages.In+b.report.Messages.Out)
}

// book quotes around the price of the others. The first price starts the match.
func (b *bot) book(c book.Contract) {
	w := b.wish(c.ID())
	if w == nil || c.Market() != b.market {
		return
	}
	middle, ok := c.WithoutOwn().Mid()
	if !ok {
		return
	}
	if b.started == 0 {
		b.fail(b.exchange.kickOff())
		b.started = time.Now().UnixNano()
		b.measure(true)
	}
	first := w.middle == 0
	if w.middle = odds.Price(middle / 10_000); first {
		b.quote(w)
	}
}

func (b *bot) wish(contract uint32) *wish {
	for i := range b.contracts {
		if b.contracts[i].id == contract {
			return &b.contracts[i]
		}
	}
	return nil
}

// rests reports whether quotes are left as they are: until the goal is over.
func (b *bot) rests() bool {
	return b.halted || !b.goal && b.report.Cut.Replaces > 0 && b.report.Orders.Created >= b.target/2
}

// quote says what is wanted of a contract: quotes around the middle, moved against what is held.
func (b *bot) quote(w *wish) {
	if b.enough || w.middle == 0 || b.rests() {
		return
	}
	p := b.Position(b.market, w.id)
	held := int((p.Final + p.Provisional) / quoteSize)
	fair := int(w.middle) - held*quoteSkew
	q := quote.Two{Size: quoteSize}
	if bid := fair - quoteSpread - int(w.step[0]); held < holdMax && bid >= priceLow {
		q.Bid = odds.Price(min(bid, priceHigh))
	}
	if ask := fair + quoteSpread + int(w.step[1]); held > -holdMax && ask <= priceHigh {
		q.Ask = odds.Price(max(ask, priceLow, int(q.Bid)+1))
	}
	b.fail(b.Quote(b.market, w.id, q))
}

// order counts what becomes of the orders. A quote that was placed is moved at once.
func (b *bot) order(o *order.Order, ev *order.Event) {
	n, f := &b.report.Orders, &b.report.Fills
	switch ev.Kind {
	case order.OrderAccepted:
		n.Accepted++
		b.placed(o, ev)
	case order.OrderReplaced:
		n.Accepted++
		n.Replaced++
		b.placed(o, ev)
	case order.OrderEnded:
		if ev.State != order.NotPlaced {
			n.Rejected++
		}
	case order.ReplaceRejected:
		n.Rejected++
	case order.OrderCancelled:
		n.Cancelled++
	case order.OrderFilled:
		f.Count++
		f.add(ev.Side, ev.Fill.Quantity)
		if ev.State == order.Filled {
			n.Filled++
		}
	case order.FillVoided:
		f.Voided++
		f.add(ev.Side, -ev.Fill.Quantity)
	case order.DoubtBegan:
		b.report.Cut.InDoubt++
	case order.Anomaly, order.Overflow:
		b.Halt(ev.Kind.String())
		b.fail(fmt.Errorf("order %d: %v %d", ev.OrderID, ev.Kind, ev.Anomaly))
	}
	b.cut()
}

// placed measures the time of an order's answer and moves the quote by a tick.
func (b *bot) placed(o *order.Order, ev *order.Event) {
	if o.Quantity == 0 {
		b.fail(fmt.Errorf("order %d is not kept", ev.OrderID))
		return
	}
	if !ev.Replayed && o.Sent != 0 {
		b.fail(b.roundTrip.RecordValue(ev.Now - o.Sent))
	}
	if b.report.Orders.Created >= b.target && (b.report.Cut.Replaces > 0) && b.goal {
		b.stopTrading()
		return
	}
	if b.paced && !b.cutting { // the cut is to find replaces under way
		return
	}
	w := b.wish(o.Contract)
	if w == nil {
		b.fail(fmt.Errorf("order %d is of contract %d", o.ID, o.Contract))
		return
	}
	step := &w.step[o.Side-odds.Buy]
	*step = 1 - *step
	b.quote(w)
}

// pace has all quotes move together, so often that rate orders are created in a second.
func (b *bot) pace(rate int) error {
	b.paced = true
	moved := 2 * len(b.contracts)
	_, err := b.Every(time.Duration(moved)*time.Second/time.Duration(rate), func() {
		for i := range b.contracts {
			w := &b.contracts[i]
			w.step[0], w.step[1] = 1-w.step[0], 1-w.step[1]
			b.quote(w)
		}
		b.cut()
	})
	return err
}

// cut asks for the connection to be cut once a quarter of the orders was created and replaces are under way. If none
// was when it happened, it asks again.
func (b *bot) cut() {
	if b.cutting || !b.connected || b.halted || b.report.Cut.Replaces > 0 || b.report.Orders.Created < b.target/4 {
		return
	}
	for o := range b.Orders() {
		if o.Overlay&order.PendingReplace != 0 {
			b.cutting = true
			b.fail(b.exchange.cut())
			return
		}
	}
}

// resolved counts orders that the cut kept from the exchange.
func (b *bot) resolved(ev *engine.Event) {
	if ev.Fate != session.InDoubt && creates(ev.Type) {
		b.report.Orders.Lost++
	}
}

// unresolved notes an order of which the exchange has said nothing by the end of catching up. It may serve the old
// connection later than the new one; what it has said nothing of after a while was never placed.
func (b *bot) unresolved(ev *engine.Event) {
	if !creates(ev.Type) {
		return
	}
	if b.unanswered = append(b.unanswered, ev.Reference); len(b.unanswered) == 1 {
		_, err := b.After(serveMax, b.neverPlaced)
		b.fail(err)
	}
}

func (b *bot) neverPlaced() {
	for _, reference := range b.unanswered {
		b.report.Orders.Lost++
		b.ResolveOrder(reference, order.Outcome{})
	}
	b.unanswered = b.unanswered[:0]
}

// answered returns the reference of the create or replace that a message answers, or 0.
func answered(p *msg.Payload) uint64 {
	switch p.GetType() {
	case msg.PayloadOrderAccepted:
		return p.GetOrderAccepted().GetReference()
	case msg.PayloadOrderRejected:
		return p.GetOrderRejected().GetReference()
	case msg.PayloadOrderInvalid:
		return p.GetOrderInvalid().GetReference()
	case msg.PayloadOrderPendingReplace:
		return p.GetOrderPendingReplace().GetReference()
	case msg.PayloadOrderCancelRejected: // of a cancel, too, which has another reference
		return p.GetOrderCancelRejected().GetReference()
	}
	return 0
}

func creates(t msg.PayloadType) bool {
	return t == msg.PayloadOrderCreate || t == msg.PayloadOrderCancelReplace
}

// marketState follows the market through the goal.
func (b *bot) marketState(_ *engine.Event, m *msg.MarketState) {
	if m.GetMarketId() != b.market {
		return
	}
	was := b.halted
	b.halted = m.GetState() == msg.MarketStateHalted
	if was && !b.halted {
		b.goal = true
	}
	for i := range b.contracts {
		b.quote(&b.contracts[i])
	}
}

// stopTrading throws the kill switch: no order leaves any more, and all are cancelled.
func (b *bot) stopTrading() {
	if !b.enough {
		b.enough = true
		b.Halt("enough orders")
	}
}

// askGoal asks for the goal when half of the orders were created and the cut is over: a bot that has no connection does
// not see that the market was halted.
func (b *bot) askGoal() {
	if !b.asked && b.connected && b.report.Cut.Replaces > 0 && b.report.Orders.Created >= b.target/2 {
		b.asked = true
		b.fail(b.exchange.goal())
	}
}

// check ends the demo when the kill switch has done its work and no fill is provisional any more.
func (b *bot) check() {
	b.askGoal()
	if b.started != 0 && !b.enough && b.goal && b.report.Orders.Created >= b.target && b.report.Cut.Replaces > 0 {
		b.stopTrading()
	}
	m := b.Mode()
	if b.ended || !b.enough || !m.Kill.Done() || b.Account().Provision != 0 || len(b.unanswered) > 0 {
		return
	}
	if m.Kill != risk.KillFlat {
		b.fail(fmt.Errorf("kill switch: %v, %d open, %d in doubt", m.Kill, m.Open, m.InDoubt))
		return
	}
	b.ended = true
	b.finished = time.Now().UnixNano()
	b.measure(false)
	b.Stop()
}

// summary is the bot's account of what happened. It is an error if the trade has not ended.
func (b *bot) summary(names map[uint32]string) (*summary, error) {
	if b.failure != nil {
		return nil, b.failure
	}
	if b.finished == 0 {
		return nil, errors.New("the trade did not end")
	}
	s := &b.report
	s.Units = units{Payoff: "1/10000 of the currency", Cash: "1/100000000 of the currency"}
	s.Seconds = float64(b.finished-b.started) / 1e9
	for i := range b.contracts {
		id := b.contracts[i].id
		p := b.Position(b.market, id)
		held := holding{
			Contract: id, Name: names[id], Net: int64(p.Final + p.Provisional),
			Cash: int64(p.FinalFlow + p.ProvisionalFlow),
		}
		s.Positions = append(s.Positions, held)
		s.Position.Net += held.Net
		s.Position.Cash += held.Cash
	}
	s.Outcomes = outcomes(s.Positions, b.Outcomes(b.market))
	a := b.Account()
	s.Money = money{int64(a.Cash), int64(a.Available), int64(a.WorstCase)}
	s.RoundTrip = percentiles{
		Count: b.roundTrip.TotalCount(),
		P50:   float64(b.roundTrip.ValueAtQuantile(50)) / 1e3,
		P99:   float64(b.roundTrip.ValueAtQuantile(99)) / 1e3,
		P999:  float64(b.roundTrip.ValueAtQuantile(99.9)) / 1e3,
		Max:   float64(b.roundTrip.Max()) / 1e3,
	}
	s.GarbageCollections = b.allocated.collections
	s.Messages.PerSecond = float64(s.Messages.In+s.Messages.Out) / s.Seconds
	s.AllocationsPerMessage = b.allocated.perMessage()
	return s, nil
}

// outcomes is the profit if each of the contracts held wins; a contract that was not traded has that of any other.
func outcomes(positions []holding, profits iter.Seq[order.Profit]) (all []outcome) {
	net := map[uint32]int64{}
	for p := range profits {
		net[p.Contract] = int64(p.Net)
	}
	for _, held := range positions {
		profit, traded := net[held.Contract]
		if !traded {
			profit = net[0]
		}
		all = append(all, outcome{held.Contract, held.Name, profit})
	}
	return all
}

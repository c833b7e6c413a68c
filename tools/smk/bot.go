package main

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
)

// What the bot quotes with.
const (
	quoteSpread   = 10     // hundredths of a percent between the middle and each of our prices
	quoteQuantity = 20_000 // payoff of each quote, 2.00
	quotesASide   = 4      // quotes that rest on each side before the oldest is renewed
	priceLow      = 500    // we do not quote beyond
	priceHigh     = 9500
)

// bot quotes both sides of one contract and renews its quotes. Half way it lets them rest until a goal
// has halted the market, which cancels them and voids the newest fills; when the market is live again
// it goes on until it has created enough orders, cancels what is left and stops. It runs on the engine's loop, so it
// needs no locks, and it
// claims its memory at the start, so that it does not allocate while it trades.
type bot struct {
	engine           *engine.Engine
	market, contract uint32
	target           int          // orders to create
	kickOff          func() error // called when the trading starts

	// Values to send are reused: a send encodes at once.
	create msg.OrderCreate
	cancel msg.OrderCancel

	sent   []int64 // clock reading when the order of a reference was sent; 0 once it is answered
	sides  []msg.Side
	live   []quote // on the book, oldest first
	middle uint32  // price of the newest trade, around which we quote
	owed   [3]int  // quotes that were kept back, by side
	halted bool
	goal   bool // the market was halted and is live again
	ending bool

	provisional int // fills that are neither confirmed nor voided

	started, finished int64
	before, after     runtime.MemStats
	orders            orderCounts
	fills             fillCounts
	position          position
	messages          messages
	roundTrip         *hdrhistogram.Histogram // nanoseconds
	failure           error
}

type quote struct {
	id         uint64
	side       msg.Side
	price      uint32
	cancelling bool
}

func newBot(e *engine.Engine, market, contract uint32, target int, kickOff func() error) *bot {
	b := &bot{
		engine: e, market: market, contract: contract, target: target, kickOff: kickOff,
		sent:      make([]int64, target+1),
		sides:     make([]msg.Side, target+1),
		live:      make([]quote, 0, 4*quotesASide),
		roundTrip: hdrhistogram.New(100, 60e9, 3),
	}
	e.OnPayload(func(r *engine.TapRecord) {
		if r.Direction == session.Inbound {
			b.messages.In++
		}
	})
	e.OnMessage(b.payOwed)
	e.OnLoggedIn(b.loggedIn)
	e.OnState(b.state)
	e.OnMarketQuotes(b.snapshot)
	e.OnContractQuotes(b.quotes)
	e.OnOrderAccepted(b.accepted)
	e.OnOrderRejected(func(ev *engine.Event, m *msg.OrderRejected) { b.refused(ev, m.GetReference()) })
	e.OnOrderInvalid(func(ev *engine.Event, m *msg.OrderInvalid) { b.refused(ev, m.GetReference()) })
	e.OnOrderExecuted(b.executed)
	e.OnOrderCancelled(b.cancelled)
	e.OnOrderCancelRejected(b.cancelRejected)
	e.OnOrderExecuteConfirmed(b.confirmed)
	e.OnOrderExecuteVoided(b.voided)
	e.OnMarketState(b.marketState)
	return b
}

// fail ends the demo: a bot that does not understand what happens must not trade on.
func (b *bot) fail(err error) {
	if b.failure == nil && err != nil {
		b.failure = err
		b.engine.Stop()
	}
}

// took notes that a send took a sequence, which counts our messages.
func (b *bot) took(seq uint64, err error) bool {
	if err != nil {
		b.fail(err)
		return false
	}
	b.messages.Out = seq
	return true
}

func (b *bot) loggedIn(*engine.Event) {
	var m msg.MarketSubscribe
	m.SetMarketId(b.market)
	b.took(b.engine.SendMarketSubscribe(&m))
}

func (b *bot) state(ev *engine.Event) {
	if ev.State == session.Disconnected && !b.ending {
		b.fail(fmt.Errorf("connection lost while trading: %w", ev.Cause))
	}
}

// snapshot starts the trading if somebody has traded before us; else the first trade does.
func (b *bot) snapshot(ev *engine.Event, m *msg.MarketQuotes) {
	all := m.GetContractQuotes()
	for i := range all {
		if all[i].GetContractId() == b.contract && all[i].HasLastExecution() {
			b.traded(ev, all[i].GetLastExecution().GetPrice())
		}
	}
}

func (b *bot) quotes(ev *engine.Event, m *msg.ContractQuotes) {
	if trades := m.GetExecutions(); len(trades) > 0 && m.GetContractId() == b.contract {
		b.traded(ev, trades[len(trades)-1].GetPrice())
	}
}

// traded takes the price of the newest trade for the middle of our quotes, and places the first
// ones when it is the first.
func (b *bot) traded(ev *engine.Event, price uint32) {
	b.middle = price
	if b.started != 0 {
		return
	}
	b.fail(b.kickOff())
	runtime.ReadMemStats(&b.before)
	b.started = ev.Received
	for range quotesASide {
		b.place(ev, msg.SideBuy)
		b.place(ev, msg.SideSell)
	}
}

// place creates one order, unless enough were created.
func (b *bot) place(ev *engine.Event, side msg.Side) {
	if b.orders.Created == b.target || b.failure != nil {
		b.end(ev)
		return
	}
	if b.waits() {
		b.owed[side]++
		return
	}
	b.orders.Created++
	reference := b.orders.Created
	b.create.Reset()
	b.create.SetMarketId(b.market)
	b.create.SetContractId(b.contract)
	b.create.SetSide(side)
	b.create.SetQuantity(quoteQuantity)
	b.create.SetPrice(b.price(side))
	b.create.SetReference(uint64(reference))
	seq, err := b.engine.SendOrderCreate(&b.create)
	if errors.Is(err, session.ErrThrottled) {
		b.orders.Created--
		b.owed[side]++
		return
	}
	if b.took(seq, err) {
		b.sent[reference] = ev.Received
		b.sides[reference] = side
	}
}

// waits reports whether nothing is to be placed before the goal is over.
func (b *bot) waits() bool {
	return b.halted || !b.goal && b.orders.Created >= b.target/2
}

// marketState follows the market through the goal.
func (b *bot) marketState(ev *engine.Event, m *msg.MarketState) {
	if m.GetMarketId() != b.market {
		return
	}
	was := b.halted
	b.halted = m.GetState() == msg.MarketStateHalted
	b.goal = b.goal || was && !b.halted
	b.payOwed(ev)
}

// payOwed tries again to place what the throttle or the halt kept back.
func (b *bot) payOwed(ev *engine.Event) {
	if b.waits() {
		return
	}
	for side, n := range b.owed {
		b.owed[side] = 0
		for range n {
			b.place(ev, msg.Side(side))
		}
	}
}

// price is the middle less our spread, but never a price that our own quotes on the
// other side would meet.
func (b *bot) price(side msg.Side) uint32 {
	price := b.middle - quoteSpread
	if side == msg.SideSell {
		price = b.middle + quoteSpread
	}
	price = min(max(price, priceLow), priceHigh)
	for _, q := range b.live {
		switch {
		case q.side == side:
		case side == msg.SideBuy:
			price = min(price, q.price-1)
		default:
			price = max(price, q.price+1)
		}
	}
	return price
}

// answered ends the wait for the answer to a create and returns its side.
func (b *bot) answered(reference uint64) (side msg.Side, sent int64) {
	if reference == 0 || reference >= uint64(len(b.sent)) || b.sent[reference] == 0 {
		b.fail(fmt.Errorf("answer with reference %d, which was not asked", reference))
		return msg.SideBuy, 0
	}
	sent = b.sent[reference]
	b.sent[reference] = 0
	return b.sides[reference], sent
}

func (b *bot) accepted(ev *engine.Event, m *msg.OrderAccepted) {
	side, sent := b.answered(m.GetReference())
	if sent == 0 {
		return
	}
	b.orders.Accepted++
	if err := b.roundTrip.RecordValue(ev.Received - sent); err != nil {
		b.fail(err)
	}
	b.live = append(b.live, quote{id: m.GetOrderId(), side: side, price: m.GetPrice()})
	b.renew(ev, side)
}

// renew cancels the oldest quote of a side if the side is full, or every quote once we are done.
func (b *bot) renew(ev *engine.Event, side msg.Side) {
	if b.orders.Created == b.target {
		b.end(ev)
		return
	}
	n := 0
	for i := range b.live {
		if b.live[i].side == side {
			n++
		}
	}
	if b.waits() {
		return
	}
	for i := range b.live {
		if q := &b.live[i]; n >= quotesASide && q.side == side && !q.cancelling {
			b.cancelQuote(q)
			return
		}
	}
}

func (b *bot) cancelQuote(q *quote) {
	b.cancel.Reset()
	b.cancel.SetOrderId(q.id)
	seq, err := b.engine.SendOrderCancel(&b.cancel)
	if errors.Is(err, session.ErrThrottled) {
		return // the next answer or the end tries again
	}
	q.cancelling = b.took(seq, err)
}

func (b *bot) refused(ev *engine.Event, reference uint64) {
	side, _ := b.answered(reference)
	b.orders.Rejected++
	b.place(ev, side)
}

func (b *bot) executed(ev *engine.Event, m *msg.OrderExecuted) {
	b.fills.Count++
	if m.GetPendingTimeout() > 0 {
		b.provisional++
	}
	b.apply(m.GetSide(), int64(m.GetQuantity()), m.GetPrice())
	if m.GetAvailableQuantity() == 0 {
		b.orders.Filled++
		b.place(ev, b.remove(m.GetOrderId()))
	}
}

// apply adds a fill to the position, or takes it back if the quantity is negative.
func (b *bot) apply(side msg.Side, quantity int64, price uint32) {
	if side == msg.SideBuy {
		b.fills.Bought += uint64(quantity)
		b.position.Net += quantity
		b.position.Cash -= quantity * int64(price)
		return
	}
	b.fills.Sold += uint64(quantity)
	b.position.Net -= quantity
	b.position.Cash += quantity * int64(price)
}

func (b *bot) confirmed(ev *engine.Event, _ *msg.OrderExecuteConfirmed) {
	b.provisional--
	if b.orders.Created == b.target {
		b.end(ev)
	}
}

func (b *bot) voided(ev *engine.Event, m *msg.OrderExecutedVoid) {
	if !m.HasSide() {
		b.fail(fmt.Errorf("void of a fill of order %d without a side", m.GetOrderId()))
		return
	}
	b.provisional--
	b.fills.Voided++
	b.apply(m.GetSide(), -int64(m.GetQuantity()), m.GetPrice())
}

func (b *bot) cancelled(ev *engine.Event, m *msg.OrderCancelled) {
	b.orders.Cancelled++
	b.place(ev, b.remove(m.GetOrderId()))
}

// cancelRejected is the loser's side of a race: the order was filled before the cancel arrived.
func (b *bot) cancelRejected(ev *engine.Event, m *msg.OrderCancelRejected) {
	if m.GetReason() != msg.OrderCancelRejectedNotLive {
		b.fail(fmt.Errorf("cancel of order %d refused: %v", m.GetOrderId(), m.GetReason()))
	}
}

// remove takes an order off the list of live ones and returns its side.
func (b *bot) remove(id uint64) msg.Side {
	for i, q := range b.live {
		if q.id == id {
			b.live = append(b.live[:i], b.live[i+1:]...)
			return q.side
		}
	}
	b.fail(fmt.Errorf("order %d ended, but was not live", id))
	return msg.SideBuy
}

// end cancels what is live and, when nothing is and every create is answered, stops the engine.
func (b *bot) end(ev *engine.Event) {
	for i := range b.live {
		if !b.live[i].cancelling {
			b.cancelQuote(&b.live[i])
		}
	}
	if b.ending || len(b.live) > 0 || b.provisional > 0 || b.orders.Accepted+b.orders.Rejected < b.orders.Created {
		return
	}
	b.ending = true
	b.finished = ev.Received
	runtime.ReadMemStats(&b.after)
	b.engine.Stop()
}

// summary is the bot's account of what happened. It says nothing before the trade has ended.
func (b *bot) summary() (*summary, error) {
	if b.failure != nil {
		return nil, b.failure
	}
	if b.finished == 0 {
		return nil, errors.New("the trade did not end")
	}
	s := &summary{
		Units:   units{Payoff: "1/10000 of the currency", Cash: "1/100000000 of the currency"},
		Seconds: float64(b.finished-b.started) / 1e9,
		Orders:  b.orders, Fills: b.fills, Position: b.position, Messages: b.messages,
		RoundTrip: percentiles{
			Count: b.roundTrip.TotalCount(),
			P50:   float64(b.roundTrip.ValueAtQuantile(50)) / 1e3,
			P99:   float64(b.roundTrip.ValueAtQuantile(99)) / 1e3,
			P999:  float64(b.roundTrip.ValueAtQuantile(99.9)) / 1e3,
			Max:   float64(b.roundTrip.Max()) / 1e3,
		},
		GarbageCollections: b.after.NumGC - b.before.NumGC,
	}
	total := float64(s.Messages.In + s.Messages.Out)
	s.Messages.PerSecond = total / s.Seconds
	s.AllocationsPerMessage = float64(b.after.Mallocs-b.before.Mallocs) / total
	return s, nil
}

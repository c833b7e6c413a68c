package prove

import (
	"cmp"
	"errors"
	"math"
	"time"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/exchange"
)

// checkAnswers checks, at rest, that the fate of every request is known.
func (b *bot) checkAnswers() {
	first := uint64(math.MaxUint64)
	for reference, r := range b.checks.sent {
		if r.left && !r.earlier && r.answered == 0 && r.resolved == 0 ||
			r.doubt != 0 && r.doubt < b.checks.fresh && r.answered == 0 && r.ended == 0 {
			first = min(first, reference)
		}
	}
	if r := b.checks.sent[first]; r != nil {
		b.world.fail("fate", b, "%v with reference %d has no fate: %+v", r.typ, first, *r)
	}
	for _, o := range b.world.sim.Exchange.Orders(b.account) {
		if r := b.checks.sent[o.Reference]; r != nil && r.absent && o.HasReference && r.typ == msg.PayloadOrderCreate {
			b.world.fail("not sent", b, "the exchange has %+v of a request that it did not get", o)
			return
		}
	}
	if n := b.world.skipped[b.account]; n != 0 && b.engine != nil && !b.uncertain() &&
		!b.checks.lost && b.starts == 1 &&
		b.engine.AccountSequence() >= n {
		b.world.fail("account holes", b, "%d is never sent, %d was received", n, b.engine.AccountSequence())
	}
}

// checkEarlier checks, at rest, that the fate of each request of an earlier process is known that was without one.
func (b *bot) checkEarlier() {
	if b.engine == nil || b.checks.fresh == 0 || b.world.failed() ||
		b.world.schedule.Settings.has(smallTables|FewUnanswered|ResumeNothing) {
		return
	}
	first := uint64(math.MaxUint64)
	for reference, r := range b.checks.sent {
		if r.earlier && r.answered == 0 && r.resolved == 0 && r.ended == 0 {
			first = min(first, reference)
		}
	}
	if r := b.checks.sent[first]; r != nil {
		b.world.fail("fate", b, "%v with reference %d of an earlier process has no fate: %+v", r.typ, first, *r)
	}
}

// checkFills checks, at rest, that the fills of an order, each of which a handler was called with once, add up to
// what the exchange executed. Fills of which some were voided or reduced are left out.
func (b *bot) checkFills() {
	w := b.world
	if w.failed() || b.uncertain() || b.engine == nil || !b.handlesReplayed() ||
		b.starts > 1 && b.disk != nil { // what an earlier process was called with is not repeated
		return
	}
	if why := b.engine.Completeness().Why &^ reported; why != 0 {
		return
	}
	for _, o := range w.sim.Exchange.Orders(b.account) {
		if w.disposed[o.Market] {
			continue
		}
		if got := b.checks.fills[o.ID]; uint64(got) != o.Executed {
			w.fail("fills", b, "handlers were called with %v of order %+v", got, o)
			return
		}
	}
}

// checkEnds checks, at rest, that the end of each order that ended was reported once.
func (b *bot) checkEnds() {
	w := b.world
	if w.failed() || b.uncertain() || b.engine == nil || !b.handlesReplayed() || b.starts > 1 {
		return
	}
	for _, o := range w.sim.Exchange.Orders(b.account) {
		want := 1
		if o.State == exchange.OrderLive {
			want = 0
		}
		if got := b.checks.terminal[o.ID]; got > want || got < want && !w.disposed[o.Market] && !b.shared() {
			w.fail("ends", b, "%d events ended %+v", got, o)
			return
		}
	}
}

// handlesReplayed reports whether handlers are called for what is repeated, too.
func (b *bot) handlesReplayed() bool { return b.world.schedule.Seed%4 != 0 }

// checkQuotes checks, at rest, that what is wanted is quoted, and nothing else.
func (b *bot) checkQuotes() {
	w := b.world
	if w.failed() || b.role != Maker || b.shared() || b.engine == nil || b.starts > 1 {
		return
	}
	if why := b.engine.Completeness().Why &^ reported; why != 0 && !b.uncertain() {
		return
	}
	live, all := make(map[quoteKey][]exchange.OrderTruth), 0
	for _, o := range w.sim.Exchange.Orders(b.account) {
		if o.State != exchange.OrderLive {
			continue
		}
		if all++; !b.quoting.others[o.Reference] {
			key := quoteKey{o.Market, o.Contract}
			live[key] = append(live[key], o)
		}
	}
	if all >= cmp.Or(b.limits.quoteOrders, quoteOrdersLeast)-1 {
		return // its own orders leave the quotes no room for one more
	}
	for _, market := range markets {
		for _, contract := range contracts[market] {
			b.checkQuote(quoteKey{market, contract}, live[quoteKey{market, contract}])
		}
	}
}

func (b *bot) checkQuote(key quoteKey, live []exchange.OrderTruth) {
	w := b.world
	s := b.engine.QuoteStatus(key.market, key.contract)
	two, wanted := b.wanted[key]
	if !wanted {
		if len(live) > 0 {
			w.fail("quotes", b, "%+v: %+v are live, nothing is wanted, status %+v", key, live, s)
		}
		return
	}
	if b.barred(key, two) || s.Reasons&quote.Untracked != 0 { // orders of its own, or too many of them
		return
	}
	c, ok := b.engine.Book(key.market, key.contract)
	trades := w.sim.Exchange.State(key.market) == msg.MarketStateLive &&
		c.ExchangeState() == msg.ContractStateType(msg.MarketStateLive)
	if !ok || !trades || !c.Live() {
		return
	}
	if s.Reasons != 0 {
		if state, causes := c.State(); state == book.Live {
			w.fail("quotes", b, "%+v: held for %v, the book is %v %v", key, s.Reasons, state, causes)
		}
		return
	}
	bids, asks := b.levels(two)
	for i, side := range [...]msg.Side{msg.SideBuy, msg.SideSell} {
		levels, status := bids, s.Bid
		if i == 1 {
			levels, status = asks, s.Ask
		}
		if status.GaveUp || status.RetryAt > b.clock() {
			continue
		}
		n, served := 0, 0
		for _, o := range live {
			if o.Side != side {
				continue
			}
			n++
			for _, l := range levels {
				if distance(odds.Price(o.Price), l.Price) <= two.Tolerance && o.Available == uint64(l.Size) {
					served++
				}
			}
		}
		if served != len(levels) || n != served {
			w.fail("quotes", b, "%+v %v: %+v is wanted, %+v are live, status %+v", key, side, levels, live, s)
			return
		}
	}
}

func distance(a, b odds.Price) odds.Price { return max(a, b) - min(a, b) }

// probeTime is how long the answer to a probe may take.
const probeTime = int64(20 * time.Second)

// probe has every bot place an order and cancel it, after everything has come to rest: a day must not use up what the
// next one needs.
func (w *World) probe() {
	if w.failed() {
		return
	}
	w.probing = true
	for _, b := range w.bots {
		if b.uncertain() || b.engine == nil || b.shared() {
			continue
		}
		b.probe()
	}
}

func (b *bot) probe() {
	w := b.world
	market := uint32(0)
	for _, id := range markets {
		if w.sim.Exchange.State(id) == msg.MarketStateLive {
			market = id
		}
	}
	if market == 0 {
		return
	}
	contract := contracts[market][0]
	var p placed
	var err error
	for limit := w.now + probeTime; ; w.round(w.now + int64(100*time.Millisecond)) {
		p, err = b.engine.Place(order.Limit{
			Market: market, Contract: contract, Side: odds.Buy, Price: odds.PriceMin, Quantity: 10_000,
		})
		if err == nil || w.now > limit || w.failed() || !errors.Is(err, session.ErrThrottled) {
			break
		}
	}
	if refusal := (*risk.Refusal)(nil); errors.As(err, &refusal) {
		b.checkRefusal(refusal, contract)
		return
	}
	if full := (*order.FullError)(nil); errors.As(err, &full) && full.What == "orders" {
		if truth, _ := w.sim.Exchange.Truth(b.account); int64(truth.Live) >= full.Capacity {
			return
		}
	}
	if err != nil {
		w.fail("probe", b, "an order is refused: %v", err)
		return
	}
	if b.role == Submitter {
		b.probeQueue()
	}
	replaced, cancelled := false, false
	for limit := w.now + probeTime; !w.failed(); w.round(w.now + int64(100*time.Millisecond)) {
		o := p.Order()
		switch {
		case o == nil && replaced && w.now <= limit:
			continue // it is under way
		case o == nil || o.State.Terminal():
			return
		case o.ID == 0 || o.State == order.PendingNew:
		case !replaced:
			next, err := p.Replace(odds.PriceMin, 20_000)
			// Who has doubts has them for a while.
			if full := (*order.FullError)(nil); errors.As(err, &full) && !b.hasty() &&
				b.checks.doubts < int(full.Capacity) {
				w.fail("probe", b, "a replace is refused: %v", err)
			}
			if replaced = true; err == nil {
				p = next
			}
		case !cancelled:
			cancelled = p.Cancel() == nil
		}
		if w.now > limit {
			w.fail("probe", b, "an order does not end: %+v", *o)
		}
	}
}

// probeQueue submits something that changes nothing.
func (b *bot) probeQueue() {
	w := b.world
	done := false
	if err := b.engine.submit(func() { done = true }); err != nil {
		w.fail("probe", b, "nothing can be submitted: %v", err)
	}
	for limit := w.now + probeTime; !done && !w.failed(); w.round(w.now + int64(100*time.Millisecond)) {
		if w.now > limit {
			w.fail("probe", b, "what is submitted is not done")
		}
	}
}

// checkRefusal checks that the bot has as many orders as the refusal of another one says.
func (b *bot) checkRefusal(r *risk.Refusal, contract uint32) {
	w, c := b.world, &b.limits.config
	all, here := 0, 0
	for _, o := range w.sim.Exchange.Orders(b.account) {
		if o.State == exchange.OrderLive {
			if all++; o.Contract == contract {
				here++
			}
		}
	}
	if r.Limit == risk.LimitOrders && all < c.OrdersMax ||
		r.Limit == risk.LimitContractOrders && here < c.ContractOrdersMax {
		w.fail("probe", b, "an order is refused: %v; %d are live, %d of them in the contract", r, all, here)
	}
}

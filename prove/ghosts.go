package prove

import (
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/exchange"
)

// How many replaces that failed are looked after: that were refused, and in all.
const (
	refusedMax = 4
	ghostsMax  = 40
)

// ghost is an order that a replace would have made, and that there is not.
type ghost struct {
	key   quoteKey
	side  odds.Side
	price odds.Price
}

// asks notes what a replace asks for.
func (b *bot) asks(m *msg.OrderCancelReplace) {
	for o := range b.engine.Orders() {
		if o.ID == m.GetOrigOrderId() {
			b.checks.asked[m.GetReference()] = ghost{
				quoteKey{o.Market, o.Contract}, o.Side, odds.Price(m.GetPrice()),
			}
		}
	}
}

// failed notes that a replace was refused, or did not reach the exchange.
func (b *bot) failed(reference uint64, most int) {
	if g, ok := b.checks.asked[reference]; ok && len(b.checks.ghosts) < most {
		b.checks.ghosts = append(b.checks.ghosts, g)
	}
	delete(b.checks.asked, reference)
}

// seekGhosts has somebody else place orders, at rest, where failed replaces would have placed theirs: a bot must not
// take them for its own.
func (w *World) seekGhosts() {
	if w.failed() || len(w.bots) == 3 { // whose accounts are all in use
		return
	}
	x := w.sim.Exchange
	laid := false
	for _, b := range w.bots {
		if b.engine == nil {
			continue
		}
		for _, g := range b.checks.ghosts {
			bid, offer := x.Best(g.key.market, g.key.contract)
			side := msg.Side(g.side)
			if x.State(g.key.market) != msg.MarketStateLive ||
				side == msg.SideBuy && offer != 0 && uint32(g.price) >= offer ||
				side == msg.SideSell && bid != 0 && uint32(g.price) <= bid {
				continue
			}
			laid = true
			x.Submit("bot2", exchange.Create{
				Market: g.key.market, Contract: g.key.contract, Side: side, Price: uint32(g.price), Quantity: 10_000,
			})
		}
	}
	for until := w.now + int64(2*time.Second); laid && w.now < until && !w.failed(); {
		w.round(until)
	}
	for _, b := range w.bots {
		if laid && b.informed() {
			b.compareOwnBooks()
		}
	}
}

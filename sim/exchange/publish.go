package exchange

import "github.com/smk-go/smk/gen/msg"

// publish tells subscribers what changed in the books that the command touched:
// per contract one message with the changed levels of the window and the
// executions, or none if the public sees no change.
//
// The window is the best levels of a side. A level that a better one pushes out
// is not mentioned, nor what happens to it outside; when it comes back it is sent
// with what it then has.
func (x *Exchange) publish() {
	for i, c := range x.changed {
		x.changed[i] = nil
		c.changed = false
		x.publishContract(c)
		c.executions = c.executions[:0]
	}
	x.changed = x.changed[:0]
}

func (x *Exchange) publishContract(c *contract) {
	q := &x.quotes
	q.Reset()
	for side := range c.sides {
		x.window(c, side)
		x.diff(c, side)
		c.shown[side], x.windows[side] = x.windows[side], c.shown[side]
	}
	if len(q.GetBids())+len(q.GetOffers())+len(c.executions) == 0 {
		return
	}
	m := c.market
	if len(m.subscribers)+len(x.feeds.prices) == 0 {
		return
	}
	for i := range c.executions {
		c.executions[i].fill(q.AddExecutions())
	}
	if len(c.executions) > 0 {
		q.SetHighPrice(c.high)
		q.SetLowPrice(c.low)
	}
	q.SetMarketId(m.id)
	q.SetContractId(c.id)
	for _, s := range m.subscribers {
		if !s.awaitsSnapshot(m) {
			s.sink.Publish(q)
		}
	}
	for _, s := range x.feeds.prices {
		if m.index < s.priceSnapshotsSent && !s.awaitsSnapshot(m) && !s.subscribes(m) {
			s.sink.Publish(q)
		}
	}
}

// put writes an execution into a message.
func (f *execution) fill(e *msg.Execution) {
	e.SetPrice(f.price)
	e.SetQuantity(f.quantity)
	e.SetLiquidity(sideOf(int(f.liquidity)))
	e.SetMicroseconds(f.microseconds)
}

// window reads a side's best levels into x.wanted.
func (x *Exchange) window(c *contract, side int) {
	book := &c.sides[side]
	w := x.windows[side][:0]
	for key := book.best(); key > 0 && len(w) < x.depth; key = book.below(key) {
		w = append(w, shownLevel{price: keyOf(side, key), quantity: book.quantity(key)})
	}
	x.windows[side] = w
}

// diff adds to x.quotes what brings a reader from the window it was shown to the
// wanted one, best level first.
func (x *Exchange) diff(c *contract, side int) {
	old, now := c.shown[side], x.windows[side]
	for len(old) > 0 || len(now) > 0 {
		switch {
		case len(now) == 0 || len(old) > 0 && keyOf(side, old[0].price) > keyOf(side, now[0].price):
			// Not in the window any more: gone, or only pushed out.
			if c.sides[side].quantity(keyOf(side, old[0].price)) == 0 {
				x.addQuote(side, old[0].price, 0)
			}
			old = old[1:]
		case len(old) == 0 || old[0].price != now[0].price:
			x.addQuote(side, now[0].price, now[0].quantity)
			now = now[1:]
		default:
			if old[0].quantity != now[0].quantity {
				x.addQuote(side, now[0].price, now[0].quantity)
			}
			old, now = old[1:], now[1:]
		}
	}
}

func (x *Exchange) addQuote(side int, price uint32, quantity uint64) {
	var l *msg.Quote
	if side == buy {
		l = x.quotes.AddBids()
	} else {
		l = x.quotes.AddOffers()
	}
	l.SetPrice(price)
	l.SetQuantity(quantity)
}

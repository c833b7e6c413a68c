package exchange

import "github.com/smk-go/smk/gen/msg"

// publish sends subscribers the changes of the books that the command changed: per contract one message
// with the changed visible levels and the executions, or none if nothing visible changed.
//
// Only the best levels of a side are visible. A level that a better one pushes out is not mentioned, nor
// is what happens to it while it is out; when it returns it is sent with its quantity of then.
func (x *Exchange) publish() {
	for i, c := range x.buf.changed {
		x.buf.changed[i] = nil
		c.changed = false
		x.publishContract(c)
		c.unchanged, c.updated = [2]bool{}, [2]uint32{}
		c.executions = c.executions[:0]
	}
	x.buf.changed = x.buf.changed[:0]
}

func (x *Exchange) publishContract(c *contract) {
	m := c.market
	if len(m.subscribers)+len(x.feeds.prices) == 0 {
		c.stale = true
		return
	}
	if c.stale {
		x.show(c) // for those who await a snapshot
		return
	}
	q := &x.buf.quotes
	q.Reset()
	for side := range c.sides {
		switch {
		case c.unchanged[side]:
		case c.updated[side] != 0:
			x.diffLevel(c, side, c.updated[side])
		default:
			x.window(c, side)
			x.diff(c, side)
			c.shown[side], x.buf.windows[side] = x.buf.windows[side], c.shown[side]
		}
	}
	if len(q.GetBids())+len(q.GetOffers())+len(c.executions) == 0 {
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
	for _, l := range m.subscribers {
		if !l.awaitsSnapshot(m) {
			l.sink.Publish(q)
		}
	}
	for _, l := range x.feeds.prices {
		if m.index < l.priceSnapshotsSent && !l.awaitsSnapshot(m) && !l.subscribes(m) {
			l.sink.Publish(q)
		}
	}
}

// fill copies an execution into a message.
func (f *execution) fill(e *msg.Execution) {
	e.SetPrice(f.price)
	e.SetQuantity(f.quantity)
	e.SetLiquidity(sideOf(int(f.liquidity)))
	e.SetMicroseconds(f.microseconds)
}

// show makes what is shown of a contract what is visible of it.
func (x *Exchange) show(c *contract) {
	c.stale = false
	for side := range c.sides {
		x.window(c, side)
		c.shown[side], x.buf.windows[side] = x.buf.windows[side], c.shown[side]
	}
}

// window copies a side's best levels into buf.windows.
func (x *Exchange) window(c *contract, side int) {
	if c.recorded != nil {
		x.recordedWindow(c, side)
		return
	}
	book := &c.sides[side]
	w := x.buf.windows[side][:0]
	for key := book.best(); key > 0 && len(w) < x.depth; key = book.below(key) {
		w = append(w, shownLevel{key: key, quantity: book.quantity(key)})
	}
	x.buf.windows[side] = w
}

// diff adds to buf.quotes the changes from the levels last shown to the current ones, best level first.
func (x *Exchange) diff(c *contract, side int) {
	old, now := c.shown[side], x.buf.windows[side]
	for i := range now {
		n := &now[i]
		for len(old) > 0 && old[0].key > n.key {
			x.hideLevel(c, side, old[0].key)
			old = old[1:]
		}
		same := false
		if len(old) > 0 && old[0].key == n.key {
			same, old = old[0].quantity == n.quantity, old[1:]
		}
		if !same {
			x.addQuote(side, n.key, n.quantity)
		}
	}
	for i := range old {
		x.hideLevel(c, side, old[i].key)
	}
}

// diffLevel is diff for a level that had a quantity and has another one, when nothing else of its side has changed.
func (x *Exchange) diffLevel(c *contract, side int, key uint32) {
	shown := c.shown[side]
	for i := range shown {
		if l := &shown[i]; l.key <= key {
			if n := c.total(side, key); l.key == key && l.quantity != n {
				l.quantity = n
				x.addQuote(side, key, n)
			}
			return
		}
	}
}

// hideLevel adds to buf.quotes that a level is gone, unless it was only pushed out.
func (x *Exchange) hideLevel(c *contract, side int, key uint32) {
	if c.total(side, key) == 0 {
		x.addQuote(side, key, 0)
	}
}

func (x *Exchange) addQuote(side int, key uint32, quantity uint64) {
	var l *msg.Quote
	if side == buy {
		l = x.buf.quotes.AddBids()
	} else {
		l = x.buf.quotes.AddOffers()
	}
	l.SetPrice(keyOf(side, key))
	l.SetQuantity(quantity)
}

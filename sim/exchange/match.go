package exchange

import "github.com/smk-go/smk/gen/msg"

// fill is one match of the incoming order with a resting one, and their quantities afterwards: an order may be filled
// several times before any of it is reported.
type fill struct {
	taker    *order
	maker    *order
	price    uint32
	timeout  uint32 // of a provisional fill
	quantity uint64
	of       [2]filled // the incoming order, and the resting one
}

// filled is what is filled of an order, and what is not.
type filled struct{ executed, available, cost uint64 }

func (o *order) filled() filled { return filled{o.executed, o.available, o.cost} }

// report adds to a report what was filled.
func (f *filled) report(r *Report) {
	r.ExecutedQuantity, r.AvailableQuantity = f.executed, f.available
	r.AveragePrice = average(f.cost, f.executed)
}

// match fills an order against the other side while their prices cross, best price first, oldest order
// first, at the resting order's price.
func (x *Exchange) match(o *order) {
	if x.recording != nil {
		x.matchRecorded(o)
		return
	}
	other := 1 - int(o.side)
	book := &o.contract.sides[other]
	for limit := PriceSum - o.key(); o.available > 0; {
		key := book.best()
		if key < limit || key == 0 {
			return
		}
		maker := book.head(key)
		x.fill(o, maker, min(o.available, maker.available))
	}
}

// fill executes a quantity between an incoming and a resting order.
func (x *Exchange) fill(o, maker *order, quantity uint64) {
	c := o.contract
	price := maker.price
	maker.ladder().reduce(maker.key(), quantity)
	x.execute(o, quantity, price)
	x.execute(maker, quantity, price)
	if maker.available == 0 {
		maker.ladder().remove(maker.key(), maker)
		x.closeOrder(maker, OrderFilled)
	}
	if o.available == 0 {
		x.closeOrder(o, OrderFilled)
	}
	timeout := x.bookFill(o, maker, quantity, price)
	x.buf.fills = append(x.buf.fills, fill{
		taker: o, maker: maker, price: price, timeout: timeout, quantity: quantity,
		of: [2]filled{o.filled(), maker.filled()},
	})
	c.market.volume += quantity
	c.lastExecution = execution{
		price: price, liquidity: maker.side, quantity: quantity,
		microseconds: uint64(x.now / 1000),
	}
	c.high = max(c.high, price)
	if c.low == 0 || price < c.low {
		c.low = price
	}
	c.executions = append(c.executions, c.lastExecution)
	x.markChanged(c)
}

// execute moves a quantity of an order from available to executed.
func (x *Exchange) execute(o *order, quantity uint64, price uint32) {
	o.account.resting -= Liability(sideOf(int(o.side)), quantity, o.price)
	o.available -= quantity
	o.executed += quantity
	o.cost += quantity * uint64(price)
}

// bookFill books a fill to both parties' positions, or holds it as a provisional one, and returns its
// timeout.
func (x *Exchange) bookFill(o, maker *order, quantity uint64, price uint32) uint32 {
	m := o.contract.market
	if m.managed && m.state == msg.MarketStateLive {
		return x.holdProvisional(o, maker, quantity, price)
	}
	x.bookPosition(o, quantity, price)
	x.bookPosition(maker, quantity, price)
	x.recordFill(fillRecord{taker: o, maker: maker, quantity: quantity, price: price})
	return 0
}

// bookPosition books a final fill to the position of an order's account.
func (x *Exchange) bookPosition(o *order, quantity uint64, price uint32) {
	o.contract.ensurePosition(o.account).add(int(o.side), quantity, price)
	o.contract.market.updateReserve(o.account)
}

// addToBook adds what is available of an order to the book.
func (x *Exchange) addToBook(o *order) {
	if x.recording != nil {
		o.ahead = newQueueAhead(o)
	}
	o.ladder().push(o.key(), o)
	x.markChanged(o.contract)
}

// closeOrder ends a live order that is not on the book and releases its reserve.
func (x *Exchange) closeOrder(o *order, state OrderState) {
	o.account.resting -= o.liability()
	o.available = 0
	o.state = state
	o.account.removeLive(o)
	o.contract.positionOf(o.account).live[o.side]--
}

// removeOrder removes a resting order from the book and ends it.
func (x *Exchange) removeOrder(o *order, state OrderState) {
	o.ladder().remove(o.key(), o)
	x.markChanged(o.contract)
	x.closeOrder(o, state)
}

// reportFills reports every fill of the command to both parties.
func (x *Exchange) reportFills() {
	for i := range x.buf.fills {
		f := &x.buf.fills[i]
		r := x.newReport(msg.PayloadOrderExecuted, f.taker)
		f.of[0].report(r)
		r.Price, r.Quantity, r.PendingTimeout = f.price, f.quantity, f.timeout
		x.report(f.taker.account, nil, r)
		if f.maker.account.config.House {
			f.maker.account.sequence++
			continue
		}
		r = x.newReport(msg.PayloadOrderExecuted, f.maker)
		f.of[1].report(r)
		r.Price, r.Quantity, r.PendingTimeout = f.price, f.quantity, f.timeout
		x.report(f.maker.account, nil, r)
	}
}

// retireFills retires the orders that ended in the command, after all reports.
func (x *Exchange) retireFills(o *order) {
	for i := range x.buf.fills {
		if maker := x.buf.fills[i].maker; maker.state != OrderLive {
			x.retire(maker)
		}
		x.buf.fills[i].taker, x.buf.fills[i].maker = nil, nil
	}
	x.buf.fills = x.buf.fills[:0]
	if o.state != OrderLive {
		x.retire(o)
	}
}

// retire keeps an ended order while there is room, or releases it if no account can ask for it.
func (x *Exchange) retire(o *order) { x.orders.retire(o, !o.account.config.House) }

// markChanged records that a contract's book changed.
func (x *Exchange) markChanged(c *contract) {
	c.unchanged, c.updated = [2]bool{}, [2]uint32{}
	if !c.changed {
		c.changed = true
		x.buf.changed = append(x.buf.changed, c)
	}
}

// crossesSelf reports whether a quantity of an account, matched at a price, would match the account's
// own resting order.
func (x *Exchange) crossesSelf(c *contract, a *account, side int, price uint32, quantity uint64) bool {
	if !c.hasOpposite(a, side) {
		return false
	}
	book := &c.sides[1-side]
	limit := PriceSum - keyOf(side, price)
	if c.recorded != nil {
		return x.crossesSelfRecorded(c, a, side, limit, quantity)
	}
	for key := book.best(); key >= limit && key > 0; key = book.below(key) {
		for o := book.head(key); o != nil; o = o.next {
			if o.account == a {
				return true
			}
			if o.available >= quantity {
				return false
			}
			quantity -= o.available
		}
	}
	return false
}

// matchable returns how much of a quantity would match at once at a price; it may return more than
// quantity.
func (x *Exchange) matchable(c *contract, side int, price uint32, quantity uint64) uint64 {
	book := &c.sides[1-side]
	limit := PriceSum - keyOf(side, price)
	if c.recorded != nil {
		return c.matchableRecorded(side, limit, quantity)
	}
	var sum uint64
	for key := book.best(); key >= limit && key > 0 && sum < quantity; key = book.below(key) {
		sum += book.quantity(key)
	}
	return sum
}

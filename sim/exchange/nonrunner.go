package exchange

import "github.com/smk-go/smk/gen/msg"

// recordFill keeps a final fill of a market whose fills a removed runner may reduce.
func (x *Exchange) recordFill(t fillRecord) {
	if m := t.taker.contract.market; m.config.NonRunners {
		m.final.push(t)
	}
}

// removeContract drops the fills of a contract and keeps the order of the others.
func (q *fillQueue) removeContract(c *contract) {
	for range q.len() {
		t := q.list[q.head]
		q.drop()
		if t.taker.contract != c {
			q.push(t)
		}
	}
}

// RemoveRunner removes a contract from a market with NonRunners: the market is halted, every order is
// cancelled, KEEP_IN_PLAY ones too, the contract is voided, and the fills of the others are reduced by
// factor, in hundredths of a percent, 1 to 9999. The error is a [*CommandError].
//
// REDUCE_TYPE_QUANTITY reduces every fill's quantity. REDUCE_TYPE_PRICE reduces what the buyer of a fill
// can win and keeps what the buyer pays: the payoff gets smaller and the price higher. Quantities and
// prices are rounded down per fill, alike for both parties.
func (x *Exchange) RemoveRunner(id, contractID uint32, t msg.ReduceType, factor uint32, reason string) error {
	out, err := x.openContract(id, contractID)
	if err != nil {
		return err
	}
	m := out.market
	switch {
	case !m.config.NonRunners:
		return commandErrorf("market %d has no NonRunners", id)
	case factor < 1 || factor > 9999:
		return commandErrorf("a factor of %d is not 1 to 9999 hundredths of a percent", factor)
	case t != msg.ReduceTypeQuantity && t != msg.ReduceTypePrice:
		return commandErrorf("%v is not a reduce type", t)
	}
	x.takeProvisional(m, nil, x.confirmFill)
	m.state = msg.MarketStateHalted
	for _, c := range m.contracts {
		if !c.settled {
			c.state, c.reduceType, c.reduceFactor = msg.ContractStateReduced, t, factor
		}
	}
	out.state = msg.ContractStateVoided
	x.publishState(m, reason)
	x.removeOrders(m, nil, everyOrder)
	x.publish()
	x.reportRemoved(msg.OrderCancelledMarketHalted)
	x.voidContract(out)
	x.reduceAll(m, t, factor)
	x.bookBalances(m, reason)
	return nil
}

// reduceAll reduces the recorded fills of a market and reports every order concerned, once.
func (x *Exchange) reduceAll(m *market, t msg.ReduceType, factor uint32) {
	fills := m.final.list[m.final.head:]
	for i := range fills {
		f := &fills[i]
		if f.quantity == 0 {
			continue
		}
		quantity, price := ReduceFill(f.quantity, f.price, t, factor)
		for _, o := range [2]*order{f.taker, f.maker} {
			if o.reducedFrom == 0 {
				o.reducedFrom = o.executed
				x.buf.removed = append(x.buf.removed, o)
			}
			p := o.contract.positionOf(o.account)
			p.add(1-int(o.side), f.quantity, f.price)
			p.add(int(o.side), quantity, price)
			p.changed = true
			o.executed -= f.quantity - quantity
			o.cost = o.cost - f.quantity*uint64(f.price) + quantity*uint64(price)
		}
		f.quantity, f.price = quantity, price
	}
	for i, o := range x.buf.removed {
		r := x.newReport(msg.PayloadOrderReduced, o)
		r.Price, r.Quantity, r.SourceQuantity = r.AveragePrice, o.executed, o.reducedFrom
		x.report(o.account, nil, r)
		o.reducedFrom = 0
		x.buf.removed[i] = nil
	}
	x.buf.removed = x.buf.removed[:0]
}

// ReduceFill returns the quantity and price of a fill after a reduction by a factor in hundredths of a percent, as
// [Exchange.RemoveRunner] reduces it.
func ReduceFill(quantity uint64, price uint32, t msg.ReduceType, factor uint32) (uint64, uint32) {
	remaining := uint64(PriceSum - factor)
	if t == msg.ReduceTypeQuantity {
		return mulDiv(quantity, remaining, PriceSum), price
	}
	// The buyer's payment, q x p, stays; the buyer's winnings, q x (1-p), are reduced.
	paid := quantity * uint64(price)
	win := mulDiv(quantity*uint64(PriceSum-price), remaining, PriceSum)
	q := (paid + win) / PriceSum
	if q == 0 {
		return 0, price
	}
	p := paid / q
	if p > PriceMax || q*(PriceSum-p) > quantity*uint64(PriceSum-price) {
		return quantity, price // too small for a whole price
	}
	return q, uint32(p)
}

package exchange

// matchRecorded fills an incoming order from the visible levels of the other side, best first.
func (x *Exchange) matchRecorded(o *order) {
	other := 1 - int(o.side)
	recorded := &o.contract.recorded[other]
	limit := max(PriceSum-o.key(), recorded.floor, 1)
	for i := range recorded.levels {
		l := &recorded.levels[i]
		if l.key < limit || o.available == 0 {
			return
		}
		if n := min(o.available, l.free()); n > 0 {
			x.takeLevel(o, l, n)
		}
	}
}

// takeLevel fills an order from a recorded level.
func (x *Exchange) takeLevel(o *order, l *recordedLevel, n uint64) {
	side := 1 - int(o.side)
	l.consumed += n
	book := &o.contract.sides[side]
	if book.quantity(l.key) > 0 {
		for own := book.head(l.key); own != nil; own = own.next { // behind what was taken
			own.ahead.take(n)
		}
	}
	h := x.houseOrder(o.contract, side, n, keyOf(side, l.key))
	h.ladder().push(h.key(), h)
	x.fill(o, h, n)
	x.noteFill(o, FillTook)
}

// houseOrder returns a new order of the account that stands for the others.
func (x *Exchange) houseOrder(c *contract, side int, quantity uint64, price uint32) *order {
	h := x.orders.newOrder()
	for h == nil && x.forgetFills() {
		h = x.orders.newOrder()
	}
	if h == nil {
		panic("BUG: sim: an order was accepted without room for its other party")
	}
	h.account, h.contract = x.recording.house, c
	h.quantity, h.available, h.price, h.side = quantity, quantity, price, uint8(side)
	h.account.addLive(h)
	c.ensurePosition(h.account).live[side]++
	return h
}

// fillsForgotten is how many fills are forgotten at a time.
const fillsForgotten = 1024

// forgetFills forgets the oldest fills of the market of which the most are kept for a runner that is removed later, and
// reports false if there are none.
func (x *Exchange) forgetFills() bool {
	most := x.markets[0]
	for _, m := range x.markets {
		if m.final.len() > most.final.len() {
			most = m
		}
	}
	n := min(most.final.len(), fillsForgotten)
	for range n {
		most.final.drop()
	}
	x.recording.forgotten += uint64(n)
	return n > 0
}

// Forgotten returns how many fills of recorded markets with NonRunners no removed runner reduces any more: more are not
// kept than there is room for orders.
func (x *Exchange) Forgotten() uint64 { return x.recording.forgotten }

// playTrade fills resting orders from a recorded trade, which is counted once over all of them: first those at better
// prices, then those at its price as far as it gets in the queue.
func (x *Exchange) playTrade(ct *contract, t *Trade) {
	side := sideIndex(t.Side)
	key, left := keyOf(side, t.Price), t.Quantity
	if ct.market.tradable() {
		book := &ct.sides[side]
		for k := book.best(); k > key && left > 0; k = book.below(k) {
			for o := book.head(k); o != nil && left > 0; {
				next := o.next
				left -= x.fillResting(o, left, FillTradedThrough)
				o = next
			}
		}
		if book.orders > 0 && book.quantity(key) > 0 {
			left = x.tradeLevel(ct, side, key, left)
		}
	}
	others := left
	ct.market.volume += others
	if others == 0 {
		return
	}
	ct.lastExecution = execution{
		price: t.Price, liquidity: uint8(side), quantity: others, microseconds: t.Microseconds,
	}
	ct.high = max(ct.high, t.Price)
	if ct.low == 0 || t.Price < ct.low {
		ct.low = t.Price
	}
	ct.executions = append(ct.executions, ct.lastExecution)
}

// tradeLevel fills the orders of a level from a trade there and returns what others got.
func (x *Exchange) tradeLevel(ct *contract, side int, key uint32, e uint64) (others uint64) {
	book, q := &ct.sides[side], x.recording.queue
	head, left := book.head(key), e
	parts := x.buf.parts[:0]
	for o := head; o != nil && left > 0; o = o.next {
		if ahead := o.ahead[q]; ahead > others {
			n := min(ahead-others, left)
			others, left = others+n, left-n
		}
		n := min(left, o.available)
		parts = append(parts, n)
		left -= n
	}
	others += left
	x.tradeQueues(head, e, others)
	for o, i := head, 0; i < len(parts); i++ {
		next := o.next
		if parts[i] > 0 {
			x.fillResting(o, parts[i], FillQueueReached)
		}
		o = next
	}
	x.buf.parts = parts
	return others
}

// fillResting fills a resting order from an incoming one of at least n that stands for others, and returns how much.
func (x *Exchange) fillResting(o *order, n uint64, reason FillReason) uint64 {
	n = min(n, o.available)
	h := x.houseOrder(o.contract, 1-int(o.side), n, o.price)
	x.fill(h, o, n)
	x.noteFill(o, reason)
	return n
}

// fillCrossed fills orders that others' visible quantity has come to: the other side would have matched them.
func (x *Exchange) fillCrossed(ct *contract) {
	if ct.sides[buy].orders+ct.sides[sell].orders == 0 || !ct.market.tradable() {
		return
	}
	for side := range ct.sides {
		recorded := &ct.recorded[1-side]
		for i := range recorded.levels {
			l := &recorded.levels[i]
			best := ct.sides[side].best()
			if best == 0 || best+l.key < PriceSum || l.key < recorded.floor {
				break
			}
			for n := l.free(); n > 0; n = l.free() {
				if best = ct.sides[side].best(); best == 0 || best+l.key < PriceSum {
					break
				}
				l.consumed += x.fillResting(ct.sides[side].head(best), n, FillCrossed)
			}
		}
	}
}

// noteFill tells the observer of the newest fill.
func (x *Exchange) noteFill(o *order, reason FillReason) {
	if f := &x.buf.fills[len(x.buf.fills)-1]; x.recording.onFill != nil {
		x.recording.onFill(RecordedFill{OrderID: o.id, Price: f.price, Quantity: f.quantity, Reason: reason})
	}
}

// crossesSelfRecorded is crossesSelf where others are recorded levels.
func (x *Exchange) crossesSelfRecorded(c *contract, a *account, side int, limit uint32, quantity uint64) bool {
	book, recorded := &c.sides[1-side], &c.recorded[1-side]
	for key := book.best(); key >= limit && key > 0; key = book.below(key) {
		for o := book.head(key); o != nil; o = o.next {
			if o.account != a {
				continue
			}
			var before uint64
			for i := range recorded.levels {
				l := &recorded.levels[i]
				if l.key < key || l.key < recorded.floor {
					break
				}
				if l.key > key {
					before += l.free()
				} else {
					before += min(l.free(), o.ahead[x.recording.queue])
				}
			}
			return before < quantity
		}
	}
	return false
}

// matchableRecorded is matchable where others are recorded levels.
func (c *contract) matchableRecorded(side int, limit uint32, quantity uint64) (sum uint64) {
	recorded := &c.recorded[1-side]
	for i := range recorded.levels {
		if l := &recorded.levels[i]; l.key >= max(limit, recorded.floor) && sum < quantity {
			sum += l.free()
		}
	}
	return sum
}

// retirePlayed retires the orders that ended in a recorded change, after all reports. One may have been filled by
// several trades.
func (x *Exchange) retirePlayed() {
	fills := x.buf.fills
	for i := range fills {
		maker, again := fills[i].maker, false
		for j := i + 1; j < len(fills) && !again; j++ {
			again = fills[j].maker == maker
		}
		if !again && maker.state != OrderLive {
			x.retire(maker)
		}
		x.retire(fills[i].taker)
		fills[i].taker, fills[i].maker = nil, nil
	}
	x.buf.fills = fills[:0]
}

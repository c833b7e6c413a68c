package exchange

// queueAhead is how much of others is ahead of an order, under each assumption about the queue: what the exchange
// cannot be told is between the last and the first. Each run keeps track of all three, because of several orders at a
// level: what bounds one of them depends on what was filled of those before it at most, and at least.
type queueAhead [QueueOptimistic + 1]uint64

// take subtracts what is known to have left the front of the queue.
func (a *queueAhead) take(n uint64) {
	for i := range a {
		a.sub(Queue(i), n)
	}
}

func (a *queueAhead) sub(q Queue, n uint64) {
	if a[q] != aheadUnknown {
		a[q] -= min(a[q], n)
	}
}

// cancelled moves the queue of a level that had a quantity after the trades and has another one now. What was added is
// behind.
func (a *queueAhead) cancelled(had, now uint64) {
	off := had - min(had, now)
	if a[QueueProportional] != aheadUnknown && off > 0 {
		a[QueueProportional] = mulDiv(a[QueueProportional], now, had)
	}
	a.sub(QueueOptimistic, off)
	a.limit(now)
}

// limit says that no more than n is at the level.
func (a *queueAhead) limit(n uint64) {
	for i := range a {
		a[i] = min(a[i], n)
	}
}

// revealed says that a level becomes visible with a quantity, when it was last seen with another one, or never.
func (a *queueAhead) revealed(last, quantity uint64) {
	switch a[QueueOptimistic] = 0; {
	case a[QueueProportional] == aheadUnknown:
		a[QueueProportional] = quantity / 2
	case quantity < last:
		a[QueueProportional] = mulDiv(a[QueueProportional], quantity, last)
	}
	a.limit(quantity)
}

// newQueueAhead returns what is ahead of an order that is added to the book.
func newQueueAhead(o *order) queueAhead {
	recorded := &o.contract.recorded[o.side]
	if key := o.key(); key >= recorded.floor {
		n := recorded.free(key)
		return queueAhead{n, n, n}
	}
	return queueAhead{aheadUnknown, aheadUnknown, 0}
}

// revealQueues bounds the queues of orders at levels that were not visible before a change and are named in it: what is
// there now, with what was traded there, is the most that can be ahead of them.
func (x *Exchange) revealQueues(ct *contract, side int, c *Change) {
	book, recorded := &ct.sides[side], &ct.recorded[side]
	if !c.Reset && (recorded.floor == 0 || book.low >= recorded.floor) {
		return
	}
	key := book.best()
	if !c.Reset && key >= recorded.floor {
		key = book.below(recorded.floor)
	}
	floor := worstKey(side, c.Worst[side])
	for least := c.lowest(side, floor); key > 0 && key >= least; key = book.below(key) {
		quantity, named := c.quantity(side, key)
		traded := c.traded(side, key)
		if !named && traded == 0 && key < floor {
			continue // still not visible
		}
		quantity += traded
		last := uint64(0)
		if l := recorded.find(key); l != nil {
			last = l.quantity
		}
		if c.Reset && key >= recorded.floor && last == quantity {
			continue // nothing has happened, it seems
		}
		for o := book.head(key); o != nil; o = o.next {
			o.ahead.revealed(last, quantity)
		}
		recorded.set(key, quantity, true)
	}
}

// tradeQueues moves the queues of a level for a trade of e there, of which used was taken from others, before the
// orders are filled from it.
func (x *Exchange) tradeQueues(head *order, e, used uint64) {
	var most, least, sizes uint64 // of what the orders before one were filled
	for o := head; o != nil; o = o.next {
		low, high := o.ahead[QueueOptimistic], o.ahead[QueuePessimistic]
		size, left := o.quantity, o.available
		o.ahead.sub(QueueProportional, used)
		switch x.recording.queue {
		case QueuePessimistic: // what is left of the order is the most that is left of it
			o.ahead.sub(QueuePessimistic, e-min(e, most))
			o.ahead.sub(QueueOptimistic, e)
			most += min(left, e-min(e, low))
		case QueueOptimistic: // what is left of it is the least
			o.ahead.sub(QueuePessimistic, e-min(e, most))
			o.ahead.sub(QueueOptimistic, e-min(e, least))
			most += min(size, e-min(e, low))
			if high != aheadUnknown {
				least += min(left, e-min(e, high+sizes))
			}
			sizes += size
		case QueueProportional:
		}
	}
}

// playLevels applies the levels of a change. It returns by side the key of the only one that it names, 0 if there is
// none, or several, or if it was not visible before or is not any more.
func (x *Exchange) playLevels(ct *contract, c *Change) (updated [2]uint32) {
	if c.Reset {
		x.clearSide(ct, buy, c)
		x.clearSide(ct, sell, c)
	}
	var named [2]int
	for i := range c.Levels {
		l := &c.Levels[i]
		side := sideIndex(l.Side)
		if uint(side) > sell {
			continue
		}
		key, recorded := keyOf(side, l.Price), &ct.recorded[side]
		before, visible := recorded.set(key, l.Quantity, c.Reset)
		if named[side]++; named[side] > 1 {
			updated[side] = 0
		} else if visible && l.Quantity > 0 && key >= recorded.floor {
			updated[side] = key
		}
		if book := &ct.sides[side]; book.orders > 0 && book.quantity(key) > 0 {
			had := before - min(before, c.traded(side, key))
			for o := book.head(key); o != nil; o = o.next {
				o.ahead.cancelled(had, l.Quantity)
			}
		}
	}
	for side := range ct.recorded {
		if now := worstKey(side, c.Worst[side]); now|ct.recorded[side].floor != 0 {
			x.moveFloor(ct, side, now, c)
		}
	}
	return updated
}

// moveFloor takes note of which levels are visible: those from key now on. A level that was not and is now, and is not
// named, is empty; of one that is not any more the quantity matters only to orders there.
func (x *Exchange) moveFloor(ct *contract, side int, now uint32, c *Change) {
	recorded := &ct.recorded[side]
	was := recorded.floor
	recorded.floor = now
	if n := len(recorded.levels); n == 0 || recorded.levels[n-1].key >= max(was, now) {
		return
	}
	recorded.forget(max(was, now), func(key uint32) bool {
		if key < now {
			return ct.sides[side].quantity(key) > 0
		}
		_, named := c.quantity(side, key)
		return named
	})
}

// lowest returns the lowest key that a change names on a side, in a level or a trade, or a key if that is lower.
func (c *Change) lowest(side int, key uint32) uint32 {
	for i := range c.Levels {
		if l := &c.Levels[i]; sideIndex(l.Side) == side {
			key = min(key, keyOf(side, l.Price))
		}
	}
	for i := range c.Trades {
		if t := &c.Trades[i]; sideIndex(t.Side) == side {
			key = min(key, keyOf(side, t.Price))
		}
	}
	return key
}

// clearSide removes the levels that a complete change does not name.
func (x *Exchange) clearSide(ct *contract, side int, c *Change) {
	recorded := &ct.recorded[side]
	kept := recorded.levels[:0]
	for _, l := range recorded.levels {
		if _, named := c.quantity(side, l.key); named {
			kept = append(kept, l)
		}
	}
	recorded.levels = kept
}

// quantity returns what a change says of a level.
func (c *Change) quantity(side int, key uint32) (n uint64, named bool) {
	for i := range c.Levels {
		if l := &c.Levels[i]; sideIndex(l.Side) == side && keyOf(side, l.Price) == key {
			return l.Quantity, true
		}
	}
	return 0, false
}

// traded returns what was traded of others at a key in a change.
func (c *Change) traded(side int, key uint32) (n uint64) {
	for i := range c.Trades {
		if t := &c.Trades[i]; sideIndex(t.Side) == side && keyOf(side, t.Price) == key {
			n += t.Others
		}
	}
	return n
}

// worstKey returns the lowest visible key, 0 if all are visible.
func worstKey(side int, price uint32) uint32 {
	if price == 0 {
		return 0
	}
	return keyOf(side, price)
}

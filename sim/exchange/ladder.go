package exchange

import "math/bits"

// level is one price level of one side: a queue of orders, oldest first.
type level struct {
	head, tail *order
	quantity   uint64 // sum of the orders' available quantities
}

const (
	chunkLevels = 64
	chunks      = (PriceSum + chunkLevels - 1) / chunkLevels
	topWords    = (chunks + 63) / 64
)

// ladder is one side of a contract's book. Levels are addressed by a key; a higher key is a better
// price: the price for bids, 10000 minus the price for offers. A bid and an offer cross if their keys
// sum to at least 10000.
//
//	top    one bit per chunk: it has a level
//	words  one bit per key: it has orders
//	chunks the levels, 64 at a time, allocated when first used
//
// Every operation takes constant time in the number of orders.
type ladder struct {
	orders int
	high   uint32 // the highest key with orders, or 0
	low    uint32 // no key with orders is lower; of no use without orders
	top    [topWords]uint64
	words  [chunks]uint64
	chunks [chunks]*[chunkLevels]level
}

// keyOf converts a price to a key of its side's ladder, and a key to a price.
func keyOf(side int, price uint32) uint32 {
	if side == sell {
		return PriceSum - price
	}
	return price
}

// best returns the highest key with orders, or 0.
func (l *ladder) best() uint32 { return l.high }

// below returns the highest key with orders that is lower than key, or 0.
func (l *ladder) below(key uint32) uint32 {
	if key == 0 {
		return 0
	}
	key--
	w := key / chunkLevels
	if word := l.words[w] & (1<<(key%chunkLevels+1) - 1); word != 0 {
		return w*chunkLevels + uint32(bits.Len64(word)) - 1
	}
	t := w / 64
	word := l.top[t] & (1<<(w%64) - 1)
	for word == 0 {
		if t == 0 {
			return 0
		}
		t--
		word = l.top[t]
	}
	w = t*64 + uint32(bits.Len64(word)) - 1
	return w*chunkLevels + uint32(bits.Len64(l.words[w])) - 1
}

// quantity returns the available quantity at key.
func (l *ladder) quantity(key uint32) uint64 {
	if c := l.chunks[key/chunkLevels]; c != nil {
		return c[key%chunkLevels].quantity
	}
	return 0
}

// head returns the oldest order at a key that best or below returned.
func (l *ladder) head(key uint32) *order { return l.chunks[key/chunkLevels][key%chunkLevels].head }

// push appends an order to its level's queue.
func (l *ladder) push(key uint32, o *order) {
	w, bit := key/chunkLevels, key%chunkLevels
	if l.chunks[w] == nil {
		l.chunks[w] = new([chunkLevels]level)
	}
	lv := &l.chunks[w][bit]
	o.prev, o.next = lv.tail, nil
	if lv.tail == nil {
		lv.head = o
		l.words[w] |= 1 << bit
		l.top[w/64] |= 1 << (w % 64)
	} else {
		lv.tail.next = o
	}
	lv.tail = o
	lv.quantity += o.available
	if l.high = max(l.high, key); l.orders == 0 {
		l.low = key
	}
	l.low = min(l.low, key)
	l.orders++
}

// reduce subtracts a quantity from a level. An order of the level must have at least as much available.
func (l *ladder) reduce(key uint32, quantity uint64) {
	l.chunks[key/chunkLevels][key%chunkLevels].quantity -= quantity
}

// remove removes an order from its level, with its available quantity.
func (l *ladder) remove(key uint32, o *order) {
	w, bit := key/chunkLevels, key%chunkLevels
	lv := &l.chunks[w][bit]
	if o.prev == nil {
		lv.head = o.next
	} else {
		o.prev.next = o.next
	}
	if o.next == nil {
		lv.tail = o.prev
	} else {
		o.next.prev = o.prev
	}
	o.prev, o.next = nil, nil
	lv.quantity -= o.available
	l.orders--
	if lv.head == nil {
		l.words[w] &^= 1 << bit
		if l.words[w] == 0 {
			l.top[w/64] &^= 1 << (w % 64)
		}
		if key == l.high {
			l.high = l.below(key)
		}
	}
}

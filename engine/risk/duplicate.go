package risk

import (
	"math/bits"

	"github.com/smk-go/smk/odds"
)

// sentOrder is an order that was sent, and where the one before it is that has the same hash.
type sentOrder struct {
	at       int64
	before   uint64 // its number, 0 if none
	quantity odds.Quantity
	market   uint32
	contract uint32
	price    odds.Price
	side     odds.Side
}

// same reports whether a request is that order once more.
func (o *sentOrder) same(q *request) bool {
	return o.quantity == q.quantity && o.price == q.price && o.side == q.side &&
		o.contract == q.contract && o.market == q.market
}

// duplicates remembers the orders of a window in a ring. Orders are numbered from 1 on; those of one hash form a chain
// from the latest to the earliest, which ends at the first that the ring has forgotten. So nothing is ever removed.
type duplicates struct {
	window int64 // 0 if it is off
	max    int
	orders []sentOrder // of order n at n & mask
	heads  []uint64    // number of the latest order by hash
	mask   uint64
	oldest uint64 // number of the oldest within the window
	next   uint64 // number of the next order
}

func (d *duplicates) init(window int64, most int) {
	d.window, d.max, d.oldest, d.next = window, most, 1, 1
	if window == 0 {
		return
	}
	size := 1 << bits.Len(uint(most-1)) // of 1 one
	d.orders = make([]sentOrder, size)
	d.heads = make([]uint64, size)
	d.mask = uint64(size - 1)
}

// hash returns the place in heads of what q asks for.
func (d *duplicates) hash(q *request) uint64 {
	const odd = 0x9e3779b97f4a7c15
	h := (uint64(q.market)<<32 | uint64(q.contract)) * odd
	h ^= uint64(q.quantity)<<16 ^ uint64(q.price)<<2 ^ uint64(q.side)
	high, low := bits.Mul64(h, odd)
	return (high ^ low) & d.mask
}

// expire forgets what is behind the window.
func (d *duplicates) expire(now int64) {
	for d.oldest < d.next && !d.within(now, d.orders[d.oldest&d.mask].at) {
		d.oldest++
	}
}

// within reports whether an order sent at that reading, which is not after now, is in the window.
func (d *duplicates) within(now, at int64) bool { return uint64(now)-uint64(at) < uint64(d.window) }

// find returns how long ago the same order was sent. ok is false if it was not within the window. It sets q.hash.
func (d *duplicates) find(now int64, q *request) (ago int64, ok bool) {
	d.expire(now)
	q.hash = d.hash(q)
	for n := d.heads[q.hash]; n >= d.oldest; {
		o := &d.orders[n&d.mask]
		if o.same(q) {
			return now - o.at, true
		}
		n = o.before
	}
	return 0, false
}

// full returns how long there is no place for another order, 0 if there is one.
func (d *duplicates) full(now int64) int64 {
	if d.next-d.oldest < uint64(d.max) {
		return 0
	}
	return d.window - (now - d.orders[d.oldest&d.mask].at)
}

// add remembers an order that find was asked for. Without a place it forgets the oldest.
func (d *duplicates) add(now int64, q *request) {
	if d.next-d.oldest >= uint64(d.max) {
		d.oldest++
	}
	head := &d.heads[q.hash]
	d.orders[d.next&d.mask] = sentOrder{
		at: now, before: *head, quantity: q.quantity, market: q.market, contract: q.contract, price: q.price, side: q.side,
	}
	*head = d.next
	d.next++
}

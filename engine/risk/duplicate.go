package risk

import (
	"math"
	"math/bits"

	"github.com/smk-go/smk/odds"
)

// orderKey is what two orders have in common that are duplicates: nothing is lost in it.
type orderKey struct {
	contract uint64 // market and contract
	terms    uint64 // quantity, price and side
}

// termsOfQuantity is how many prices and sides there are for a quantity.
const termsOfQuantity = uint64(odds.PriceMax-odds.PriceMin+1) * 2

const _ = math.MaxUint64 - (uint64(odds.QuantityMax)*termsOfQuantity + termsOfQuantity - 1) // the largest terms fit

// keyOf returns the key of a valid order.
func keyOf(q *request) orderKey {
	return orderKey{
		contract: uint64(q.market)<<32 | uint64(q.contract),
		terms:    uint64(q.quantity)*termsOfQuantity + uint64(q.price-odds.PriceMin)*2 + uint64(q.side-odds.Buy),
	}
}

// sentOrder is an order that was sent, and the number of the one before it that has the same hash, 0 if none.
type sentOrder struct {
	key    orderKey
	at     int64
	before uint64
}

// duplicates remembers the orders of a window in a ring. Orders are numbered from 1 on; those of one hash form a
// chain from the latest to the earliest, which ends at the first that the ring has forgotten. So nothing is removed.
type duplicates struct {
	window int64 // 0 if it is off
	max    uint64
	orders []sentOrder // order n is at n & (len-1)
	heads  []uint64    // number of the latest order by hash
	shift  uint8       // makes a hash an index of heads
	oldest uint64      // number of the oldest within the window
	next   uint64      // number of the next order
	asked  orderKey    // what find was asked for last
}

func (d *duplicates) init(window int64, most int) {
	d.window, d.max, d.oldest, d.next = window, uint64(most), 1, 1
	if window == 0 {
		return
	}
	log := max(bits.Len(uint(most-1)), 1)
	d.orders = make([]sentOrder, 1<<log)
	d.heads = make([]uint64, 1<<log)
	d.shift = uint8(64 - log)
}

// home returns the index in heads of a key.
func (d *duplicates) home(k orderKey) uint64 {
	const odd = 0x9e3779b97f4a7c15
	return (k.contract*odd ^ k.terms) * odd >> (d.shift & 63)
}

// order returns the place of an order of the ring.
func (d *duplicates) order(n uint64) *sentOrder { return &d.orders[n&uint64(len(d.orders)-1)] }

// find returns how long ago the same order was sent. ok is false if it was not within the window.
func (d *duplicates) find(now int64, k orderKey) (ago int64, ok bool) {
	for d.oldest < d.next && uint64(now)-uint64(d.order(d.oldest).at) >= uint64(d.window) {
		d.oldest++
	}
	d.asked = k
	for n := d.heads[d.home(k)]; n >= d.oldest; {
		o := d.order(n)
		if o.key == k {
			return now - o.at, true
		}
		n = o.before
	}
	return 0, false
}

// full reports whether there is no place for another order.
func (d *duplicates) full() bool { return d.next-d.oldest >= d.max }

// wait returns how long the oldest is in the window from now on.
func (d *duplicates) wait(now int64) int64 { return d.window - (now - d.order(d.oldest).at) }

// add remembers the order that find was asked for last. Without a place it forgets the oldest.
func (d *duplicates) add(now int64) {
	if d.full() {
		d.oldest++
	}
	head := &d.heads[d.home(d.asked)]
	o := d.order(d.next)
	o.key, o.at, o.before = d.asked, now, *head
	*head = d.next
	d.next++
}

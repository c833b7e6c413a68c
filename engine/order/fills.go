package order

import (
	"math/bits"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/odds"
)

// fillKind says what a record of a fill stands for.
type fillKind uint8

const (
	finalFill       fillKind = iota + 1
	provisionalFill          // neither confirmed nor voided
	earlyConfirm             // a confirmation whose fill was not seen yet
	earlyVoid                // a void whose fill was not seen yet
)

// fill is one fill of an order, kept because a reduction rounds each by itself.
type fill struct {
	quantity int64
	next     int32
	price    uint16
	kind     fillKind
}

// fills is the pool of them.
type fills struct {
	list []fill
	free int32
}

func (f *fills) init(n int) {
	f.list = make([]fill, n)
	f.reset()
}

func (f *fills) reset() {
	for i := range f.list {
		f.list[i] = fill{next: int32(i + 1)}
	}
	f.list[len(f.list)-1].next = none
	f.free = 0
}

// release frees the fills of an order.
func (f *fills) release(e *entry) {
	for i := e.links.fills; i != none; {
		next := f.list[i].next
		f.list[i].next, f.free = f.free, i
		i = next
	}
	e.links.fills = none
}

// add records a fill. Without room the order's fills are kept as sums only.
func (f *fills) add(e *entry, kind fillKind, quantity int64, price odds.Price) {
	if e.is(flagFolded) || quantity == 0 {
		return
	}
	i := f.free
	if i == none {
		f.release(e)
		e.flags |= flagFolded
		marks.Hit(marks.FillsFolded)
		return
	}
	f.free = f.list[i].next
	f.list[i] = fill{quantity: quantity, next: e.links.fills, price: uint16(price), kind: kind}
	e.links.fills = i
}

// has reports whether there is a record of a kind with the very quantity and price. Of an order without records the
// sums decide.
func (f *fills) has(e *entry, kind fillKind, quantity int64, price odds.Price) bool {
	for i := e.links.fills; i != none; i = f.list[i].next {
		if r := &f.list[i]; r.kind == kind && r.quantity == quantity && r.price == uint16(price) {
			return true
		}
	}
	return e.is(flagFolded) && e.figures.pending == 0
}

// take takes up to a quantity out of the records of a kind at a price, and returns how much: of one with the very
// quantity, or else of any. Those with the same quantity are alike.
func (f *fills) take(e *entry, kind fillKind, quantity int64, price odds.Price) (taken int64) {
	for at := &e.links.fills; *at != none; at = &f.list[*at].next {
		if r := &f.list[*at]; r.kind == kind && r.price == uint16(price) && r.quantity == quantity {
			f.drop(at)
			return quantity
		}
	}
	for at := &e.links.fills; *at != none && taken < quantity; {
		r := &f.list[*at]
		if r.kind != kind || r.price != uint16(price) {
			at = &r.next
			continue
		}
		n := min(quantity-taken, r.quantity)
		taken += n
		if r.quantity -= n; r.quantity > 0 {
			marks.Hit(marks.FillTakenInPart)
			at = &r.next
			continue
		}
		f.drop(at)
	}
	return taken
}

// drop frees the record that a link leads to.
func (f *fills) drop(link *int32) {
	i := *link
	*link = f.list[i].next
	f.list[i].next, f.free = f.free, i
}

// sums are what the fills of an order add up to.
type sums struct{ seen, cost, pending, pendingCost int64 }

// reduce reduces every record of an order.
func (f *fills) reduce(e *entry, t msg.ReduceType, factor uint16) {
	for i := e.links.fills; i != none; i = f.list[i].next {
		r := &f.list[i]
		q, p := reduceFill(uint64(r.quantity), uint32(r.price), t, uint32(factor))
		r.quantity, r.price = int64(q), uint16(p)
	}
}

// reduced returns what the records of an order would add up to after a reduction.
func (f *fills) reduced(e *entry, t msg.ReduceType, factor uint16) (s sums) {
	for i := e.links.fills; i != none; i = f.list[i].next {
		r := &f.list[i]
		q, p := reduceFill(uint64(r.quantity), uint32(r.price), t, uint32(factor))
		n, c := int64(q), int64(q)*int64(p)
		switch r.kind {
		case finalFill:
			s.seen, s.cost = s.seen+n, s.cost+c
		case provisionalFill:
			s.seen, s.cost = s.seen+n, s.cost+c
			s.pending, s.pendingCost = s.pending+n, s.pendingCost+c
		case earlyConfirm:
			s.pending, s.pendingCost = s.pending-n, s.pendingCost-c
		case earlyVoid:
			s.seen, s.cost = s.seen-n, s.cost-c
			s.pending, s.pendingCost = s.pending-n, s.pendingCost-c
		}
	}
	return s
}

// reduceFill returns the quantity and price of a fill after a reduction by factor hundredths of a percent.
// Quantities and prices are rounded down.
func reduceFill(quantity uint64, price uint32, t msg.ReduceType, factor uint32) (uint64, uint32) {
	const whole = moneyPerUnit
	remaining := uint64(whole - min(factor, whole))
	if t == msg.ReduceTypeQuantity {
		return mulDiv(quantity, remaining, whole), price
	}
	// What the buyer pays, q x p, stays; what the buyer can win, q x (1-p), is reduced.
	paid := quantity * uint64(price)
	win := mulDiv(quantity*uint64(whole-price), remaining, whole)
	q := (paid + win) / whole
	if q == 0 {
		return 0, price
	}
	p := paid / q
	if p > uint64(odds.PriceMax) || q*(whole-p) > quantity*uint64(whole-price) {
		marks.Hit(marks.FillTooSmall)
		return quantity, price // too small for a whole price
	}
	return q, uint32(p)
}

// mulDiv returns a x b / c, rounded down. b <= c.
func mulDiv(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	q, _ := bits.Div64(hi, lo, c)
	return q
}

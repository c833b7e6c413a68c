package proxy

import (
	"slices"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// OrderState is what is known of a client's order.
type OrderState uint8

// The states. From Ended on nothing of the order can be matched any more.
const (
	Sent     OrderState = iota + 1 // without an answer
	InDoubt                        // it may have reached the exchange, and no answer came
	Live                           // on the book
	Ended                          // filled, cancelled, replaced or voided
	Refused                        // rejected or invalid
	NotThere                       // it did not reach the exchange
)

var orderStates = [...]string{"", "sent", "in_doubt", "live", "ended", "refused", "not_placed"}

// String returns the state's name.
func (s OrderState) String() string {
	if int(s) < len(orderStates) {
		return orderStates[s]
	}
	return "unknown"
}

// Order is a client's order. Prices are in 1/100 % of the payoff, quantities in 1/10000 of the currency as payoff.
type Order struct {
	ID        uint64 // the exchange's; 0 before it is known
	Original  uint64 // the order that it replaced, 0 if none
	Reference uint64 // the client's, if HasReference
	Label     string // the client's
	Market    uint32
	Contract  uint32
	Side      msg.Side
	Price     uint32
	Average   uint32 // of the fills; 0 if there are none
	Quantity  uint64 // of a replacement with what the orders before it had executed
	Available uint64 // on the book
	Executed  uint64 // of this order alone
	State     OrderState

	HasReference bool
}

// order is an Order with whose it is and what the proxy is about to do with it.
type order struct {
	Order
	client     *client
	upstream   uint64 // reference of the request that created it
	wantCancel bool   // cancel it as soon as that is possible, until it has ended
	cancelling bool   // a cancel of the proxy's own is without an answer
	cancelAt   int64  // when that was sent, or refused
	counted    odds.Money
	stamps     stamps
	rest       uint64 // of the quantity: voided, or executed by the orders before
}

// exported returns the part of an order that others may read, nil of none.
func (o *order) exported() *Order {
	if o == nil {
		return nil
	}
	return &o.Order
}

// stake returns what an order can lose by itself. What no order can have counts as the most that one can.
func stake(side msg.Side, price uint32, quantity uint64) odds.Money {
	price, quantity = min(price, 10_000), min(quantity, quantityMax)
	if side == msg.SideSell {
		price = 10_000 - price
	}
	// A quantity in 1/10000 of the currency times a price in 1/10000 is money in 1/100000000.
	return odds.Money(quantity * uint64(price))
}

// quantityMax is the largest quantity whose stake fits a odds.Money.
const quantityMax = 1 << 49

func (o *order) stake() odds.Money {
	switch o.State {
	case Sent, InDoubt:
		return stake(o.Side, o.Price, o.Quantity)
	case Live:
		return stake(o.Side, o.Price, o.Available)
	}
	return 0
}

// open reports whether an order counts for the client's limits.
func (o *order) open() bool { return o.State == Sent || o.State == InDoubt || o.State == Live }

// request is a request that was sent, or is about to be, under a reference of the proxy's.
type request struct {
	client       *client
	login        *login // that sent it; nil if it is gone, or an earlier process was
	seq          uint64 // of the request there
	typ          msg.PayloadType
	upstream     uint64 // reference upstream
	reference    uint64 // the client's
	hasReference bool
	order        *order // that it creates, or is about; nil if that is not known
	orderID      uint64 // that it is about
	newQuantity  uint64 // of an order_quantity_reduce
	own          bool   // of the proxy: nobody waits for its answer
	doubt        bool   // in doubt
	done         bool   // it has its last answer, or will have none that is waited for
}

// creates reports whether the request creates its order, and is not about one that there is.
func (q *request) creates() bool { return q.order != nil && q.order.upstream == q.upstream }

// orders are the orders of all clients and the requests about them.
type orders struct {
	byID        map[uint64]*order
	byReference map[uint64]*request // by the reference upstream
	ended       []*order            // oldest first; the last endedMax are kept for what may follow
	early       []earlyReport       // oldest first
}

// Limits of what is kept.
const (
	endedMax   = 1 << 16
	requestMax = 1 << 16 // requests without an answer, of all clients
)

func newOrders() orders {
	return orders{byID: map[uint64]*order{}, byReference: map[uint64]*request{}}
}

// named gives an order its id.
func (t *orders) named(o *order, id uint64) {
	if o.ID == 0 && id != 0 {
		o.ID = id
		t.byID[id] = o
	}
}

// unanswered reports whether the exchange has not said what became of an order.
func (o *order) unanswered() bool {
	return o.State == Sent || o.State == InDoubt || o.State == NotThere
}

// set changes an order's state and the client's counts.
func (t *orders) set(o *order, s OrderState, available uint64) {
	was := o.open()
	o.State, o.Available = s, available
	c := o.client
	c.stake += o.stake() - o.counted
	o.counted = o.stake()
	switch is := o.open(); {
	case was && !is:
		c.open--
		delete(c.orders, o)
		t.ended = append(t.ended, o)
		if len(t.ended) > endedMax {
			t.forget(t.ended[0])
			t.ended[0] = nil
			t.ended = t.ended[1:]
		}
	case is && !was:
		if i := slices.Index(t.ended, o); i >= 0 { // it turned up after all
			t.ended = slices.Delete(t.ended, i, i+1)
		}
		c.open++
		c.orders[o] = struct{}{}
	}
}

// forget removes an ended order.
func (t *orders) forget(o *order) {
	if t.byID[o.ID] == o {
		delete(t.byID, o.ID)
	}
	if q := t.byReference[o.upstream]; q != nil && q.order == o {
		delete(t.byReference, o.upstream)
	}
}

// release removes a request that is answered. The one that created an order stays with it.
func (t *orders) release(q *request) {
	q.doubt, q.login = false, nil
	if q.creates() && q.order.State != NotThere && q.order.State != Refused {
		return
	}
	delete(t.byReference, q.upstream)
}

// replacedBy returns the open order that a report ends besides the one that it is about, nil if there is none.
func (t *orders) replacedBy(r report) *order {
	if r.typ != msg.PayloadOrderCancelReplaceAccepted {
		return nil
	}
	if old := t.byID[r.original()]; old != nil && old.open() {
		return old
	}
	return nil
}

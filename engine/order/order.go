package order

import "github.com/smk-go/smk/odds"

// Order is what is known of one order. A pointer to it that a [Manager] returns is valid, and must not be
// written through, until the next call that changes the Manager; copy what is to be kept.
//
// Executed + Available <= Quantity, but for executions that were reported before what they belong to.
type Order struct {
	ID        uint64 // the exchange's; 0 before it is known
	Reference uint64 // ours; 0 if it has none, or for an order of another session
	Original  uint64 // the id of the order that it replaces, or was to replace

	Market   uint32
	Contract uint32
	Side     odds.Side
	State    State
	Overlay  Overlay
	Foreign  bool // no request of ours made it
	Price    odds.Price
	Reason   Reason // of a terminal state

	Quantity    odds.Quantity // ordered, less reductions
	Executed    odds.Quantity // as the exchange counts, provisional fills included
	Provisional odds.Quantity // of that, what may still be voided
	Missed      odds.Quantity // of that, what no fill was seen for; negative if a void was missed
	Available   odds.Quantity // on the book
	Inherited   odds.Quantity // executed by the orders that it replaced

	Cost     odds.Money // sum of quantity times price of the fills seen, provisional ones included
	Sent     int64      // clock reading of the create or replace; 0 for an order of another session
	Updated  int64      // clock reading of the last change
	Sequence uint64     // newest account sequence that is applied to it
}

// Average returns the exact average price of the fills seen, rounded by r. ok is false if there are none.
func (o *Order) Average(r odds.Rounding) (p odds.Price, ok bool) {
	n := o.Executed - o.Missed
	if n <= 0 || o.Cost <= 0 {
		return 0, false
	}
	m, err := o.Cost.Round(odds.Money(n), r)
	if err != nil {
		return 0, false
	}
	p = odds.Price(m / odds.Money(n))
	return p, p.Valid()
}

// Liability returns what the available quantity can lose.
func (o *Order) Liability() odds.Money { return liability(o.Side, o.Available, o.Price) }

// flags of an entry.
type flags uint16

const (
	flagUsed         flags = 1 << iota
	flagAcknowledged       // the exchange reported it
	flagVoided             // by order_voided
	flagFolded             // fills are kept as sums only, so that a reduction cannot be exact
	flagUnbooked           // not part of any position: its figures would overflow
	flagGone               // cancel rejected as not live: in doubt unless it ends soon
	flagListedLive         // in the list of live orders, otherwise in that of ended ones
	flagUncertain          // a replace failed after its first stage: it may have ended
	flagForgotten          // its fills changed, which were not seen or are forgotten
	flagInexact            // of a reduction of its fills only the average is known, as yet
)

// entry is a slot of the table of orders.
type entry struct {
	Order
	figures
	stamps
	underWay
	links

	flags      flags
	closed     State  // terminal state that was reported, 0 while there is none
	reduceType uint8  // of the last reduction of a runner
	factor     uint16 // likewise
	deadline   int64  // of flagGone
	sent       uint64 // sequence that the request took
	booked     booked // in its contract
}

// figures are what reports say about an order's quantities.
type figures struct {
	seen        int64 // executed by the fills seen, less the voids seen
	seenCost    int64 // quantity times price of these
	pending     int64 // provisional by the fills seen
	pendingCost int64
	total       int64 // executed as the newest report says
	totalCost   int64 // of a voided or inexactly reduced order: total times its average price
	available   int64 // as the newest report says
	voided      int64 // sum of voided fills
	reserved    int64 // what a replacement reserves between its stages beyond the original
}

// stamps say which reports total, available, Quantity, closed and the last reduction come from.
type stamps struct {
	atTotal    uint64
	atQuantity uint64
	atOpen     uint64
	atClose    uint64
	atReduced  uint64
}

// underWay counts the requests about an order.
type underWay struct {
	cancels     uint8
	reduces     uint8
	replaces    uint8 // until their second stage
	asks        uint8 // replaces that were sent and not answered
	askPrice    odds.Price
	askQuantity int64 // the worst of these
}

// links are slots of other entries and of tables.
type links struct {
	contract     int32 // none before it is known
	fills        int32 // first of its fills
	byID         int32 // next in the hash chains
	byRef        int32
	prev, next   int32 // live or ended orders, oldest first
	cprev, cnext int32 // orders of the contract
}

func (e *entry) is(f flags) bool { return e.flags&f != 0 }

// derive returns the state that follows from what is known.
func (e *entry) derive() State {
	some := e.Executed+e.Inherited > 0
	switch {
	case e.is(flagVoided):
		return Voided
	case e.closed == Cancelled && some:
		return PartiallyCancelled
	case e.closed != 0:
		return e.closed
	case !e.is(flagAcknowledged):
		return PendingNew
	case some:
		return PartiallyFilled
	}
	return Live
}

// close notes a terminal state. Of several the earliest counts.
func (e *entry) close(s State, r Reason, stamp uint64) {
	if e.closed == 0 || stamp < e.atClose {
		e.closed, e.Reason, e.atClose = s, r, stamp
	}
}

// update brings the public figures and the state up to date.
func (e *entry) update(now int64) {
	e.Executed = odds.Quantity(e.total)
	e.Missed = odds.Quantity(e.total - e.seen)
	e.Provisional = odds.Quantity(max(e.pending, 0))
	e.Cost = odds.Money(e.seenCost)
	if e.is(flagVoided | flagInexact) {
		e.Missed, e.Provisional, e.Cost = 0, 0, odds.Money(e.totalCost)
	}
	if e.is(flagVoided) {
		e.Reason = Reason{}
	}
	e.Available = odds.Quantity(e.available)
	if e.closed != 0 || e.is(flagVoided) || !e.is(flagAcknowledged) {
		e.Available = 0
	}
	if e.atQuantity == 0 && e.is(flagAcknowledged) { // an order whose acceptance was not seen
		e.Quantity = max(e.Quantity, e.Executed+e.Available)
	}
	e.State = e.derive()
	e.Overlay &^= PendingCancel | PendingReduce | PendingReplace
	if e.State.Terminal() {
		e.Overlay = 0
		e.flags &^= flagGone | flagUncertain
	} else {
		if e.cancels > 0 {
			e.Overlay |= PendingCancel
		}
		if e.reduces > 0 {
			e.Overlay |= PendingReduce
		}
		if e.replaces > 0 {
			e.Overlay |= PendingReplace
		}
	}
	e.Updated = now
}

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
	flagPlain              // the fast path may change it; not kept by AppendState
)

// entry is a slot of the table of orders: two cache lines that the user reads, two of what they follow from, two of
// what is booked and one that few orders need.
type entry struct {
	Order Order

	figures  figures
	stamps   stamps
	links    links
	requests underWay
	flags    flags
	closed   State      // terminal state that was reported, 0 while there is none
	doubted  bool       // counted in Manager.inDoubt
	shown    odds.Price // counted among the best of its contract; 0 if it is not

	created   bool   // what it can lose is that of a create without an answer
	uncounted bool   // it is in Manager.uncounted
	sent      uint64 // sequence that the request took
	stake     int64  // what it can lose, in the sums of its contract
	_         [8]byte

	booked booked // in its contract
	_      [24]byte
	rare   rare
}

// figures are what reports say about an order's quantities.
type figures struct {
	seen        int64 // executed by the fills seen, less the voids seen
	seenCost    int64 // quantity times price of these
	pending     int64 // provisional by the fills seen
	pendingCost int64
	total       int64 // executed as the newest report says
	available   int64 // as the newest report says
}

// stamps say which reports the total, what is available, the quantity and the end come from.
type stamps struct {
	total    uint64
	open     uint64
	quantity uint64
	close    uint64
}

// underWay counts the requests about an order.
type underWay struct {
	cancels  uint8
	reduces  uint8
	replaces uint8 // until their second stage
	asks     uint8 // replaces that were sent and not answered
}

// links are slots of other tables.
type links struct {
	contract int32 // none before it is known
	fills    int32 // first of its fills
}

// rare is what few orders have.
type rare struct {
	totalCost   int64 // of a voided or inexactly reduced order: total times its average price
	voided      int64 // sum of voided fills
	reserved    int64 // what a replacement reserves between its stages beyond the original
	askQuantity int64 // the worst of the replaces that were sent and not answered
	askPrice    odds.Price
	factor      uint16 // of the last reduction of a runner
	reduceType  uint8  // likewise
	atReduced   uint64 // stamp of it
	deadline    int64  // of flagGone
	_           [8]byte
}

func (e *entry) is(f flags) bool { return e.flags&f != 0 }

// derive returns the state that follows from what is known.
func (e *entry) derive() State {
	some := e.Order.Executed+e.Order.Inherited > 0
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
	if e.closed == 0 || stamp < e.stamps.close {
		e.closed, e.Order.Reason, e.stamps.close = s, r, stamp
	}
}

// update brings the public figures and the state up to date.
func (e *entry) update(now int64) {
	e.Order.Executed = odds.Quantity(e.figures.total)
	e.Order.Missed = odds.Quantity(e.figures.total - e.figures.seen)
	e.Order.Provisional = odds.Quantity(max(e.figures.pending, 0))
	e.Order.Cost = odds.Money(e.figures.seenCost)
	if e.is(flagVoided | flagInexact) {
		e.Order.Missed, e.Order.Provisional, e.Order.Cost = 0, 0, odds.Money(e.rare.totalCost)
	}
	if e.is(flagVoided) {
		e.Order.Reason = Reason{}
	}
	e.Order.Available = odds.Quantity(e.figures.available)
	if e.closed != 0 || e.is(flagVoided) || !e.is(flagAcknowledged) {
		e.Order.Available = 0
	}
	if e.stamps.quantity == 0 && e.is(flagAcknowledged) { // an order whose acceptance was not seen
		e.Order.Quantity = max(e.Order.Quantity, e.Order.Executed+e.Order.Available)
	}
	e.Order.State = e.derive()
	e.Order.Overlay &^= PendingCancel | PendingReduce | PendingReplace
	if e.Order.State.Terminal() {
		e.Order.Overlay = 0
		e.flags &^= flagGone | flagUncertain
	} else {
		if e.requests.cancels > 0 {
			e.Order.Overlay |= PendingCancel
		}
		if e.requests.reduces > 0 {
			e.Order.Overlay |= PendingReduce
		}
		if e.requests.replaces > 0 {
			e.Order.Overlay |= PendingReplace
		}
	}
	e.Order.Updated = now
}

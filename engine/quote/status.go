package quote

import "github.com/smk-go/smk/odds"

// EventKind is what an event tells.
type EventKind uint8

// The kinds of events.
const (
	Held    EventKind = iota + 1 // a wanted quote is pulled, or stays so for other Reasons
	Resumed                      // a wanted quote is back
	GaveUp                       // a Side of a wanted quote has been refused Config.AttemptsMax times
)

// String returns the kind's name.
func (k EventKind) String() string {
	switch k {
	case Held:
		return "held"
	case Resumed:
		return "resumed"
	case GaveUp:
		return "gave up"
	}
	return "unknown event"
}

// Event is what a step found out.
type Event struct {
	Contract Contract
	Reasons  Reasons // of Held
	Kind     EventKind
	Side     odds.Side // of GaveUp
}

// String returns what an event says, for people.
func (e Event) String() string {
	text := e.Contract.String() + " " + e.Kind.String()
	switch {
	case e.Kind == Held:
		text += ": " + e.Reasons.String()
	case e.Side != 0:
		text += ": " + e.Side.String()
	}
	return text
}

// eventsEach is how many events a contract has in one step.
const eventsEach = 3

// Events returns what the last step found out. The slice is valid until the next step.
func (q *Quoter) Events() []Event { return q.events }

// reportHeld appends the events of a contract, which is planned to the end once a step.
func (q *Quoter) reportHeld(c *contract, r Reasons) {
	if !c.wanted {
		c.reported = 0
		return
	}
	if r != c.reported && r != Resuming {
		e := Event{Contract: c.id, Kind: Held, Reasons: r}
		if r == 0 {
			e.Kind = Resumed
		}
		c.reported = r
		q.events = append(q.events, e)
	}
	for s := range c.sides {
		if side := &c.sides[s]; side.gaveUpUntil > q.now && side.reported != side.gaveUpUntil {
			side.reported = side.gaveUpUntil
			q.events = append(q.events, Event{Contract: c.id, Kind: GaveUp, Side: odds.Buy + odds.Side(s)})
		}
	}
}

// Status is how a contract is quoted.
type Status struct {
	Bid, Ask SideStatus
	Reasons  Reasons // why it is not quoted, 0 if it is
}

// SideStatus is how one side of a contract is quoted.
type SideStatus struct {
	Orders  int   // of the quoter's that may be on the book, a replace counting once
	RetryAt int64 // nothing is added before this clock reading; 0 if nothing was refused
	InDoubt bool  // an order of this side, the quoter's or not, is in doubt
	GaveUp  bool
	Done    bool // what is live is what is wanted, and nothing is in flight
}

// Status returns how a contract is quoted, as of the last step's clock reading.
func (q *Quoter) Status(id Contract) Status {
	slot := q.byContract.find(id.tableKey())
	if slot == none {
		return Status{Bid: SideStatus{Done: true}, Ask: SideStatus{Done: true}, Reasons: Pulled}
	}
	c := &q.contracts[slot]
	st := Status{Reasons: q.reasons(c)}
	for s, to := range [2]*SideStatus{&st.Bid, &st.Ask} {
		side := &c.sides[s]
		p := q.planSide(slot, s, st.Reasons == 0)
		to.Orders, to.GaveUp = p.count, side.gaveUpUntil > q.now
		to.RetryAt = max(side.retryAt, side.pausedUntil)
		to.Done = p.count == len(p.levels) && p.n == len(p.levels)
		for w := range p.levels {
			j := p.match[w]
			to.Done = to.Done && j >= 0 && p.changes[w][j] == keep && q.resolved(&q.orders[p.orders[j]])
		}
		for i := side.first; i != none; i = q.orders[i].next {
			to.InDoubt = to.InDoubt || q.orders[i].state == InDoubt && !q.orders[i].offBook
		}
	}
	return st
}

// Stats are counts since New.
type Stats struct {
	Sent      [Create + 1]uint64 // by ActionKind
	Throttled uint64             // requests refused before they were sent
	Denied    uint64
	Rejected  uint64 // requests refused by the exchange
	Unasked   uint64 // orders that the exchange cancelled by itself
	NoRoom    uint64 // creates and replaces that waited for Config.Orders
	Planned   uint64 // sides of contracts that were compared
	Contracts int    // in use now
	Orders    int    // known now
}

// Stats returns the counts.
func (q *Quoter) Stats() Stats {
	s := q.stats
	s.Contracts, s.Orders = q.contractCount, q.orderCount
	return s
}

package order

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
)

// Manager keeps the orders, positions and money of one account. It belongs to one goroutine.
type Manager struct {
	config    Config
	orders    table
	requests  requests
	untracked request // for Untracked
	markets   markets
	fills     fills
	window    window

	account    account
	drift      drift
	complete   completeness
	inDoubt    int // live orders
	uncounted  int // live orders that are too large for the sums of what they can lose
	gone       goneQueue
	together   together
	events     [eventsMax]Event
	more       bool // events had no room
	eventCount int
	last       [lastMax]Message // newest messages about orders or money, a ring
	lastNext   int

	now      int64
	replayed bool   // the message being applied
	sequence uint64 // of it
	report   report // likewise
	parent   report // names the original of a replace that is not known
	stats    Stats

	own References

	general bool    // without the fast path, for tests
	index   []int32 // of AppendState and LoadState: from slots to positions, or back
	loaded  int
}

// account is the sums over all contracts.
type account struct {
	matched  int64 // worst case of final fills, market by market
	openRisk int64
	provRisk int64
	asked    int64
	extra    int64
	gross    int64
	realised int64
	cash     int64
	hasCash  bool
}

// reserved returns what the exchange reserves, as far as it is known.
func (a *account) reserved() int64 { return a.matched + a.openRisk + a.provRisk + a.extra }

// Stats counts what a Manager has seen.
type Stats struct {
	Messages  uint64 // about orders or money
	Repeated  uint64 // of these, account sequences that were applied before
	Anomalies uint64
	Evicted   uint64 // terminal orders that were forgotten
	Unknown   uint64 // messages about fills of orders that are not kept
}

// Input is what a message comes with.
type Input struct {
	Now             int64  // clock reading
	AccountSequence uint64 // as the session made it out; 0 means as in the message
	RequestSeq      uint64 // sequence of the request that the message answers; 0 if that is not known
	Replayed        bool   // the exchange sent it again
}

// Message names a message, in a [Manager.LastMessages].
type Message struct {
	Type     msg.PayloadType
	Sequence uint64 // account sequence; 0 if it has none
	OrderID  uint64
	Now      int64
}

// New returns a Manager without orders. The error is a [*ConfigError].
func New(c Config) (*Manager, error) {
	if err := c.resolve(); err != nil {
		return nil, err
	}
	m := &Manager{config: c}
	m.orders.init(c.Orders, c.Retained)
	m.requests.init(c.Requests)
	m.markets.init(c.Contracts, c.IndependentContracts)
	m.fills.init(c.Fills)
	m.gone.init(c.Orders + c.Retained)
	m.index = make([]int32, c.Orders+c.Retained)
	m.complete.why = NotCaughtUp
	return m, nil
}

// begin starts a call that changes the state: the events of the one before are gone.
func (m *Manager) begin(now int64) {
	m.eventCount, m.more = 0, false
	m.now = max(m.now, now)
	m.replayed, m.sequence = false, 0
}

// done returns the events of the call.
func (m *Manager) done() []Event { return m.events[:m.eventCount] }

// More reports whether the last call left something to the next one because its events have no room.
func (m *Manager) More() bool { return m.more }

// room reports whether a further step of the call may emit its events.
func (m *Manager) room() bool { return m.eventCount <= eventsMax-eventsSpare }

// emit adds an event and returns it to be filled in.
func (m *Manager) emit(kind EventKind) *Event {
	if m.eventCount == eventsMax {
		panic("BUG: order: more events than one call gives rise to")
	}
	ev := &m.events[m.eventCount]
	m.eventCount++
	*ev = Event{Kind: kind, Replayed: m.replayed, Sequence: m.sequence, Now: m.now}
	return ev
}

// about adds an event about an order.
func (m *Manager) about(kind EventKind, e *entry) *Event {
	ev := m.emit(kind)
	o := &e.Order
	ev.OrderID, ev.Reference, ev.Market, ev.Contract = o.ID, o.Reference, o.Market, o.Contract
	ev.Side, ev.State, ev.Before, ev.Foreign, ev.Reason = o.Side, o.State, o.State, o.Foreign, o.Reason
	return ev
}

func (m *Manager) anomaly(kind AnomalyKind, e *entry) *Event {
	m.stats.Anomalies++
	var ev *Event
	if e != nil {
		ev = m.about(Anomaly, e)
	} else {
		ev = m.emit(Anomaly)
	}
	ev.Anomaly = kind
	return ev
}

// commit brings an order's figures up to date and books what changed.
func (m *Manager) commit(i int32) {
	e := &m.orders.entries[i]
	e.update(m.now)
	m.enlist(i)
	if e.links.contract == none {
		return
	}
	m.bookOrder(e)
	m.restake(e)
	e.flags &^= flagPlain
	if e.plain(m.window.high) {
		e.flags |= flagPlain
	}
}

// bookOrder books what changed of an order that is in a contract.
func (m *Manager) bookOrder(e *entry) {
	now := e.bookOf(&m.markets.contracts[e.links.contract])
	if now == e.booked {
		return
	}
	if now.gross-e.booked.gross > grossMax-m.account.gross {
		marks.Hit(marks.GrossOverflow)
		e.flags |= flagUnbooked
		now = booked{}
		m.about(Overflow, e)
		m.incomplete(Overflowed)
	}
	d := now
	d.subtract(&e.booked)
	e.booked = now
	m.book(e.links.contract, &d)
}

// book adds what changed to a contract and everything above it.
func (m *Manager) book(contract int32, d *booked) {
	a := &m.account
	a.matched += m.markets.book(contract, d)
	a.openRisk += d.openRisk
	a.provRisk += d.provRisk
	a.asked += d.askedRisk
	a.extra += d.extra
	a.gross += d.gross
}

// claimContract returns the slot of a contract, or none if there is no room. Idle markets make room.
func (m *Manager) claimContract(marketID, id uint32) int32 {
	if i := m.markets.find(marketID, id); i != none {
		return i
	}
	if m.markets.freeC == none || m.markets.freeM == none && m.markets.findMarket(marketID) == none {
		m.dropIdle(marketID)
	}
	return m.markets.claim(marketID, id)
}

// dropIdle frees every market, other than one, on which nothing depends; terminal orders of settled markets
// are forgotten for it.
func (m *Manager) dropIdle(except uint32) {
	t := &m.markets
	for at := range t.markets {
		k := &t.markets[at]
		if !k.used || k.id == except {
			continue
		}
		if k.over() {
			for i := k.contracts; i != none; i = t.contracts[i].next {
				m.forgetEnded(i)
			}
		}
		if t.idle(k) {
			t.drop(int32(at))
			marks.Hit(marks.MarketDropped)
		}
	}
}

// over reports whether a market is settled or voided.
func (k *market) over() bool {
	return k.state == uint8(msg.MarketStateSettled) || k.state == uint8(msg.MarketStateVoided)
}

// forgetEnded forgets the terminal orders of a contract.
func (m *Manager) forgetEnded(contract int32) {
	for c := &m.markets.contracts[contract]; c.ended.head != none; {
		m.forget(c.ended.head)
	}
}

// forget frees an order's slot. Its fills stay in its position.
func (m *Manager) forget(i int32) {
	e := &m.orders.entries[i]
	m.fills.release(e)
	c := &m.complete
	if e.Order.Missed != 0 || e.is(flagInexact|flagForgotten) { // what is not known stays in its position
		c.forgot = true
		marks.Hit(marks.ForgottenInexact)
		m.incomplete(FillsForgotten)
	}
	if e.Order.Missed != 0 {
		c.missed--
	}
	if e.is(flagInexact) {
		c.inexact--
	}
	if e.is(flagForgotten) {
		c.unknown--
	}
	m.release(i)
	m.stats.Evicted++
}

// claim returns an empty entry in the list of ended orders, where it is until enlist, or none. Ended orders make room.
func (m *Manager) claim(foreign bool) int32 {
	t := &m.orders
	i := m.claimFree()
	if i == none {
		return none
	}
	t.entries[i].Order.Foreign = foreign
	t.ended.push(t.places, i)
	return i
}

// claimLive is claim for an order of ours that is going to be live, in that list.
func (m *Manager) claimLive() int32 {
	t := &m.orders
	i := m.claimFree()
	if i == none {
		return none
	}
	t.entries[i].flags |= flagListedLive
	t.live.push(t.places, i)
	return i
}

// claimFree returns an empty entry that is in no list, or none. If as many ended orders are kept as there should be, it
// is that of the oldest, so that no more memory is in use than need be. An oldest one with provisional fills stays as
// long as there is room.
func (m *Manager) claimFree() int32 {
	t := &m.orders
	if t.free == none {
		m.evict()
	} else if i := t.ended.head; int(t.ended.n) >= t.keep && t.entries[i].figures.pending == 0 {
		m.forget(i)
	}
	return t.claim()
}

// evict forgets the oldest ended order without provisional fills; if all have some, the oldest one.
func (m *Manager) evict() {
	i := m.orders.ended.head
	for i != none && m.orders.entries[i].figures.pending != 0 {
		i = m.orders.places[i].next
	}
	if i == none {
		i = m.orders.ended.head
		marks.Hit(marks.EvictProvisional)
	}
	if i == none {
		return
	}
	m.forget(i)
	marks.Hit(marks.OrderEvicted)
}

// Live yields the orders that are not terminal, oldest first: for o := range m.Live.
func (m *Manager) Live(yield func(*Order) bool) {
	for i := m.orders.live.head; i != none; {
		e := &m.orders.entries[i]
		i = m.orders.places[i].next
		if !yield(&e.Order) {
			return
		}
	}
}

// Ended yields the terminal orders that are kept, in the order in which they ended.
func (m *Manager) Ended(yield func(*Order) bool) {
	for i := m.orders.ended.head; i != none; {
		e := &m.orders.entries[i]
		i = m.orders.places[i].next
		if !yield(&e.Order) {
			return
		}
	}
}

// LiveCount returns how many orders are not terminal.
func (m *Manager) LiveCount() int { return int(m.orders.live.n) }

// ByReference returns our order with a reference, nil if it is not kept.
func (m *Manager) ByReference(reference uint64) *Order {
	if i := m.orders.findRef(reference); i != none && reference != 0 {
		return &m.orders.entries[i].Order
	}
	return nil
}

// ByID returns the order with an id, nil if it is not kept.
func (m *Manager) ByID(id uint64) *Order {
	if i := m.orders.findID(id); i != none && id != 0 {
		return &m.orders.entries[i].Order
	}
	return nil
}

// Stats returns what was counted.
func (m *Manager) Stats() Stats { return m.stats }

// LastMessages calls yield for the newest messages about orders or money, oldest first, for a [Drift].
func (m *Manager) LastMessages(yield func(Message) bool) {
	for i := range m.last {
		if at := &m.last[(m.lastNext+i)%lastMax]; at.Type != 0 && !yield(*at) {
			return
		}
	}
}

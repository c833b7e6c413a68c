package order

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/odds"
)

// Admit returns nil if there is room for what a request gives rise to, and a [*FullError] otherwise, or
// ErrReference if what it makes would have the reference of an order that has not ended. Call it before the request
// is sent; a cancel or reduce is never refused.
func (m *Manager) Admit(k *msg.Keys) error {
	switch k.Type {
	case msg.PayloadOrderCreate:
		if _, err := m.admitCreate(k); err != nil {
			return err
		}
	case msg.PayloadOrderCancelReplace:
		if m.requests.free == none {
			marks.Hit(marks.ReplaceRequestsFull)
			return &FullError{"requests", int64(len(m.requests.list))}
		}
		if int(m.orders.live.n) >= m.orders.limit {
			marks.Hit(marks.ReplaceTableFull)
			return &FullError{"orders", int64(m.orders.limit)}
		}
		if k.Quantity > uint64(QuantityMax) || m.account.gross+int64(k.Quantity)*3*moneyPerUnit > grossMax {
			return &FullError{"exposure", grossMax}
		}
	default:
		return nil
	}
	if k.Reference != 0 && m.refers(k.Reference) {
		return ErrReference
	}
	return nil
}

// refers reports whether a reference is that of an order that has not ended. Messages that name only the reference, and
// cancels by it, could be about either of two.
func (m *Manager) refers(reference uint64) bool {
	i := m.orders.findRef(reference)
	return i != none && !m.orders.entries[i].Order.State.Terminal()
}

// admitCreate is Admit for a create. It returns the slot of its contract.
func (m *Manager) admitCreate(k *msg.Keys) (contract int32, err error) {
	if int(m.orders.live.n) >= m.orders.limit {
		marks.Hit(marks.CreateTableFull)
		return none, &FullError{"orders", int64(m.orders.limit)}
	}
	if k.Quantity > uint64(QuantityMax) || m.account.gross+int64(k.Quantity)*2*moneyPerUnit > grossMax {
		marks.Hit(marks.CreateExposureFull)
		return none, &FullError{"exposure", grossMax}
	}
	if contract = m.claimContract(k.Market, k.Contract); contract == none {
		marks.Hit(marks.ContractsFull)
		return none, &FullError{"contracts", int64(len(m.markets.contracts))}
	}
	return contract, nil
}

// Sent records that a request left, with the sequence that it took. Requests of other kinds are ignored. The
// caller has asked [Manager.Admit]; a create that finds no room nevertheless returns a [*FullError], and the
// order is one of another session to the Manager when the exchange reports it.
func (m *Manager) Sent(k *msg.Keys, seq uint64, now int64) error {
	m.begin(now)
	switch k.Type {
	case msg.PayloadOrderCreate:
		return m.sentCreate(k, seq)
	case msg.PayloadOrderCancel, msg.PayloadOrderQuantityReduce, msg.PayloadOrderCancelReplace,
		msg.PayloadOrderCancelAll:
		m.sentRequest(k, seq)
	}
	return nil
}

func (m *Manager) sentCreate(k *msg.Keys, seq uint64) error {
	p, q, s := odds.Price(k.Price), odds.Quantity(k.Quantity), odds.Side(k.Side)
	if !p.Valid() || uint32(p) != k.Price || k.Quantity > uint64(QuantityMax) || !s.Valid() {
		marks.Hit(marks.InvalidSent)
		return nil // it will be answered order_invalid
	}
	contract, err := m.admitCreate(k)
	if err != nil {
		return err
	}
	i := m.claimLive()
	if i == none {
		return &FullError{"orders", int64(len(m.orders.entries))}
	}
	e := &m.orders.entries[i]
	e.Order.Side, e.Order.Price, e.Order.Quantity = s, p, q
	e.Order.Sent, e.sent = m.now, seq
	m.orders.setRef(i, k.Reference)
	e.Order.Market, e.Order.Contract = k.Market, k.Contract
	m.placeIn(i, contract)
	if m.general || q == 0 {
		m.commit(i)
	} else {
		m.commitCreate(i)
	}
	return nil
}

// sentRequest records a request about an order, or a cancel-all. Without room it is not followed, see
// [Manager.Untracked]: that changes no order and no position.
func (m *Manager) sentRequest(k *msg.Keys, seq uint64) {
	if m.requests.free == none {
		m.dropDoubtful()
		marks.Hit(marks.RequestsFullOfDoubts)
	}
	if m.requests.free == none {
		marks.Hit(marks.RequestUntracked)
		m.untracked = request{reference: k.Reference, seq: seq, typ: k.Type}
		return
	}
	q := request{reference: k.Reference, seq: seq, orderID: k.OrderID, sent: m.now, typ: k.Type, market: k.Market}
	i := int32(none)
	if k.Type != msg.PayloadOrderCancelAll && k.OrderID != 0 {
		i = m.orders.findID(k.OrderID)
	}
	replace := k.Type == msg.PayloadOrderCancelReplace
	switch {
	case i != none:
		e := &m.orders.entries[i]
		q.counted = true
		e.count(k.Type, 1)
		switch {
		case replace:
			e.ask(k)
			if m.general || !m.commitAsk(e) {
				m.commit(i)
			}
		case m.general || e.flags&flagPlain == 0:
			m.commit(i)
		case k.Type == msg.PayloadOrderCancel:
			e.Order.Overlay |= PendingCancel
			e.Order.Updated = m.now
		default:
			e.Order.Overlay |= PendingReduce
			e.Order.Updated = m.now
		}
	case replace:
		q.extra = int64(min(k.Quantity, uint64(QuantityMax))) * moneyPerUnit
		marks.Hit(marks.ReplaceSentUnknown)
		if q.extra > grossMax-m.account.gross {
			q.extra = 0
			m.emit(Overflow).OrderID = q.orderID
			m.incomplete(Overflowed)
		}
		m.reserve(q.extra)
	}
	m.requests.add(q)
}

// ask notes a replace that was sent. Of several that wait for their answers one can be carried out, the worst of
// them at most.
func (e *entry) ask(k *msg.Keys) {
	p := odds.Price(min(k.Price, moneyPerUnit))
	r := &e.rare
	if e.requests.asks == 0 || !p.Valid() || r.askPrice.Valid() && (p > r.askPrice) == (e.Order.Side == odds.Buy) {
		r.askPrice = p
	}
	e.rare.askQuantity = max(e.rare.askQuantity, int64(min(k.Quantity, uint64(QuantityMax))))
	e.requests.asks = min(e.requests.asks, 254) + 1
}

// reserve books what a replace of an order that is not known may add.
func (m *Manager) reserve(extra int64) {
	m.account.asked += extra
	m.account.gross += extra
}

// dropDoubtful forgets the oldest request in doubt that puts nothing at stake, to make room.
func (m *Manager) dropDoubtful() {
	for i := m.requests.oldest; i != none; i = m.requests.list[i].next {
		if q := &m.requests.list[i]; q.doubt && q.typ != msg.PayloadOrderCancelReplace {
			m.untracked = *q
			m.answer(i)
			return
		}
	}
}

// Untracked returns the request that is not followed any more since the last call because there is no room for all: the
// newest, or one in doubt that made room for it. It reports false if there is none.
func (m *Manager) Untracked() (u Unanswered, ok bool) {
	q := &m.untracked
	if q.typ == 0 {
		return u, false
	}
	u.Keys.Type, u.Keys.Reference, u.Seq, u.Sent = q.typ, q.reference, q.seq, q.sent
	*q = request{}
	return u, true
}

// count adds n to the requests of a type that are under way.
func (e *entry) count(typ msg.PayloadType, n int) {
	at := &e.requests.cancels
	switch typ {
	case msg.PayloadOrderQuantityReduce:
		at = &e.requests.reduces
	case msg.PayloadOrderCancelReplace:
		at = &e.requests.replaces
	}
	*at = uint8(min(max(int(*at)+n, 0), 255))
}

// replaceReserve returns what a replace may have to reserve beyond its original, whatever part of that is filled
// meanwhile. The need is linear in the quantity filled, so one of the two ends is the worst.
func (e *entry) replaceReserve(q odds.Quantity, p odds.Price) int64 {
	left := max(q-e.Order.Executed, 0)
	need := int64(liability(e.Order.Side, left, p))
	return max(0, need-min(int64(e.Order.Liability()), int64(liability(e.Order.Side, e.Order.Available, p))))
}

// answer ends a request: what it reserved is released and its order's overlay is updated.
func (m *Manager) answer(i int32) {
	q := m.requests.list[i]
	m.requests.remove(i)
	m.reserve(-q.extra)
	if !q.counted {
		return
	}
	if at := m.orders.findID(q.orderID); at != none {
		e := &m.orders.entries[at]
		e.count(q.typ, -1)
		if q.typ == msg.PayloadOrderCancelReplace && e.requests.asks > 0 {
			if e.requests.asks--; e.requests.asks == 0 {
				e.rare.askQuantity, e.rare.askPrice = 0, 0
			}
		}
		m.commit(at)
	}
}

// ApplyFate applies what the session found out about a request without an answer. seq is the sequence it was
// sent with.
func (m *Manager) ApplyFate(typ msg.PayloadType, reference, seq uint64, fate Fate, now int64) []Event {
	m.begin(now)
	if typ == msg.PayloadOrderCreate {
		m.resolveCreate(reference, seq, fate)
		return m.done()
	}
	i := m.requests.find(reference, seq, typ)
	if i == none {
		return m.done()
	}
	q := &m.requests.list[i]
	if fate != FateInDoubt {
		m.answer(i)
		return m.done()
	}
	if !q.doubt {
		marks.Hit(marks.RequestInDoubt)
		q.doubt = true
		m.requests.doubts++
		m.aboutRequest(DoubtBegan, q)
	}
	return m.done()
}

func (m *Manager) aboutRequest(kind EventKind, q *request) {
	var ev *Event
	if at := m.orders.findID(q.orderID); at != none && q.orderID != 0 {
		ev = m.about(kind, &m.orders.entries[at])
	} else {
		ev = m.emit(kind)
		ev.OrderID, ev.Market = q.orderID, q.market
	}
	ev.Request, ev.Reference = q.typ, q.reference
}

func (m *Manager) resolveCreate(reference, seq uint64, fate Fate) {
	i := m.orders.findSent(reference, seq)
	if i == none {
		return
	}
	e := &m.orders.entries[i]
	if e.Order.State != PendingNew {
		return
	}
	before := e.Order.State
	if fate == FateInDoubt {
		if e.Order.Overlay&InDoubt == 0 {
			e.Order.Overlay |= InDoubt
			marks.Hit(marks.CreateInDoubt)
			m.commit(i)
			m.about(DoubtBegan, e).Request = msg.PayloadOrderCreate
		}
		return
	}
	code := reasonNotSent
	if fate == FateNotDelivered {
		code = reasonNotDelivered
		marks.Hit(marks.CreateNotDelivered)
	}
	e.close(NotPlaced, Reason{Code: code}, never)
	marks.Hit(marks.CreateNotPlaced)
	m.commit(i)
	m.about(OrderEnded, e).Before = before
}

// never is the stamp of what no report says: any report is earlier.
const never = 1<<64 - 1

// InDoubt calls yield for every order that is in doubt, oldest first, until it returns false.
func (m *Manager) InDoubt(yield func(*Order) bool) {
	m.Live(func(o *Order) bool { return o.Overlay&InDoubt == 0 || yield(o) })
}

// Outcome is what the user found out about an order in doubt.
type Outcome struct {
	// Placed says that the exchange has or had the order; it then stays live until messages say otherwise, unless
	// Ended. Otherwise it was never placed, or had ended before.
	Placed  bool
	OrderID uint64 // of a placed order; 0 if it is not known or known already
	Ended   bool   // nothing of it is available any more
}

// Resolve ends the doubt about an order, and about requests about it, by the user's word. Executions come as
// messages, or the position is not complete. It returns false if there is no order with the reference about which
// something is not certain. If there are more doubts than events of one call, [Manager.More] returns true, and
// Resolve has to be called again.
//
// The reference may also be that of a replace in doubt whose original is not known, which then is not carried out.
func (m *Manager) Resolve(reference uint64, o Outcome, now int64) ([]Event, bool) {
	m.begin(now)
	i := m.orders.findRef(reference)
	if at := m.requests.find(reference, 0, msg.PayloadOrderCancelReplace); i == none && at != none {
		if q := m.requests.list[at]; q.doubt && !q.counted {
			m.answer(at)
			m.aboutRequest(DoubtResolved, &q)
			return m.done(), true
		}
	}
	if i == none || reference == 0 || !m.orders.entries[i].uncertain() {
		return nil, false
	}
	return m.resolveDoubt(i, o), true
}

// ResolveID is Resolve for an order with an id.
func (m *Manager) ResolveID(id uint64, o Outcome, now int64) ([]Event, bool) {
	m.begin(now)
	i := m.orders.findID(id)
	if i == none || id == 0 || !m.orders.entries[i].uncertain() {
		return nil, false
	}
	return m.resolveDoubt(i, o), true
}

// uncertain reports whether an order is in doubt, has no answer, or a request about it has none.
func (e *entry) uncertain() bool {
	o := &e.Order
	return !o.State.Terminal() && (o.Overlay != 0 || o.State == PendingNew)
}

// resolveRequests ends the doubts of requests about an order, or reports false if not all of them have room for their
// events.
func (m *Manager) resolveRequests(id uint64) bool {
	if m.requests.doubts == 0 || id == 0 {
		return true
	}
	for i := m.requests.oldest; i != none; {
		q := m.requests.list[i]
		at := i
		i = q.next
		if !q.doubt || q.orderID != id {
			continue
		}
		if !m.room() {
			m.more = true
			return false
		}
		m.answer(at)
		m.aboutRequest(DoubtResolved, &q)
		marks.Hit(marks.RequestResolvedByUser)
	}
	return true
}

// OrdersMax returns how many orders are kept at most, those that have ended included.
func (m *Manager) OrdersMax() int { return len(m.orders.entries) }

// RequestsMax returns how many requests about orders are followed at most.
func (m *Manager) RequestsMax() int { return len(m.requests.list) }

// ReplacedBy returns the id of the order that a replace without an answer asks to replace, 0 if there is none.
func (m *Manager) ReplacedBy(reference uint64) uint64 {
	if i := m.requests.find(reference, 0, msg.PayloadOrderCancelReplace); i != none && reference != 0 {
		return m.requests.list[i].orderID
	}
	return 0
}

func (m *Manager) resolveDoubt(i int32, o Outcome) []Event {
	e := &m.orders.entries[i]
	if !m.resolveRequests(e.Order.ID) {
		return m.done()
	}
	before := e.Order.State
	e.Order.Overlay &^= InDoubt
	e.flags &^= flagGone | flagUncertain
	switch {
	case o.Placed && !o.Ended:
		if e.Order.ID == 0 && o.OrderID != 0 && m.orders.findID(o.OrderID) == none {
			m.orders.setID(i, o.OrderID)
		}
		if !e.is(flagAcknowledged) {
			e.flags |= flagAcknowledged
			e.figures.available = int64(e.Order.Quantity)
			marks.Hit(marks.ResolvedPlaced)
		}
	case e.is(flagAcknowledged):
		e.close(Cancelled, Reason{Code: reasonUser}, never)
		marks.Hit(marks.ResolvedEnded)
	default:
		e.close(NotPlaced, Reason{Code: reasonUser}, never)
		marks.Hit(marks.ResolvedNotPlaced)
	}
	m.commit(i)
	ev := m.about(DoubtResolved, e)
	ev.Before, ev.Request = before, msg.PayloadOrderCreate
	return m.done()
}

package prove

import (
	"slices"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
)

// saved is what a bot's engine knew when it saved its state last, to compare with what the next one finds. It has as
// much as an image has: what is made durable between images is in carried.
type saved struct {
	at        int64
	why       order.Why
	lost      uint64
	account   order.Account
	positions []order.Position
	orders    []order.Order
	requests  int       // that left
	carried   []carried // intents that are durable besides
}

// carried is a request that left and whose fate is not known.
type carried struct {
	reference uint64
	typ       msg.PayloadType
}

// lasting are the causes that a state keeps.
const lasting = order.MessagesLost | order.SequenceReset | order.Overflowed | order.FillsForgotten

// imageSaved notes what the engine knows: it has written it.
func (b *bot) imageSaved() {
	e := b.engine
	if e == nil {
		return // it is being made
	}
	s := &b.saved
	s.at, s.account = b.world.now, e.Account()
	c := e.Completeness()
	s.why, s.lost = c.Why&lasting, c.Lost
	s.positions, s.orders = s.positions[:0], s.orders[:0]
	for _, market := range markets {
		for _, contract := range contracts[market] {
			s.positions = append(s.positions, e.Position(market, contract))
		}
	}
	for o := range e.Orders() {
		s.orders = append(s.orders, *o)
	}
}

// requestLeft follows a request about orders that left as a whole.
func (b *bot) requestLeft(payload []byte) {
	b.saved.requests++
	var p msg.Payload
	if err := p.Decode(payload, nil); err != nil {
		b.world.fail("bytes", b, "a request does not decode: %v", err)
		return
	}
	b.checkLeaving(&p)
	if reference := referenceOf(&p); reference != 0 {
		b.checks.request(reference, p.GetType()).gone = true
	}
}

// checkRoom notes that a request which places nothing finds no room in a small table: its answer is one of a request that
// the next process does not know.
func (b *bot) checkRoom(p *msg.Payload) {
	reference := referenceOf(p)
	if b.limits.requests == 0 || reference == 0 || p.GetType() == msg.PayloadOrderCreate {
		return
	}
	waiting := 0
	for _, r := range b.checks.sent {
		if r.typ != msg.PayloadOrderCreate && (r.left || r.gone) && r.answered == 0 && r.resolved == 0 {
			waiting++
		}
	}
	b.checks.request(reference, p.GetType()).roomless = waiting >= b.limits.requests
}

// carry notes, before the process ends, which requests are without a fate. Their intents are durable, but for what
// lowers the risk while the disk fails, and for requests that make no sense.
func (b *bot) carry() {
	s := &b.saved
	s.carried = s.carried[:0]
	if b.world.schedule.Persist != FileAndIntents {
		return
	}
	for reference, r := range b.checks.sent {
		places := r.typ == msg.PayloadOrderCreate || r.typ == msg.PayloadOrderCancelReplace
		if r.typ == msg.PayloadOrderCancelAll && b.world.schedule.Settings.has(CancelUnresolved) {
			continue // the session sends them by itself
		}
		if r.roomless || r.earlier && (b.limits.requests != 0 || b.world.schedule.Settings.has(FewUnanswered)) {
			continue // there was no room to follow it: who answers it is not seen here
		}
		if b.engine != nil && places {
			o := b.engine.Order(reference)
			if o == nil && r.earlier || o != nil && o.State != order.PendingNew && o.Overlay&order.InDoubt == 0 {
				continue // the answer was applied, and no handler heard of it
			}
		}
		if r.gone && r.answered == 0 && r.resolved == 0 && r.ended == 0 && !b.quoting.others[reference] &&
			(places || b.disk != nil && !b.disk.failed) {
			s.carried = append(s.carried, carried{reference, r.typ})
		}
	}
	slices.SortFunc(s.carried, func(a, b carried) int { return int(int64(a.reference) - int64(b.reference)) })
}

// referenceOf returns the reference of a request about orders.
func referenceOf(p *msg.Payload) uint64 {
	switch p.GetType() {
	case msg.PayloadOrderCreate:
		return p.GetOrderCreate().GetReference()
	case msg.PayloadOrderCancel:
		return p.GetOrderCancel().GetReference()
	case msg.PayloadOrderCancelAll:
		return p.GetOrderCancelAll().GetReference()
	case msg.PayloadOrderQuantityReduce:
		return p.GetOrderQuantityReduce().GetReference()
	case msg.PayloadOrderCancelReplace:
		return p.GetOrderCancelReplace().GetReference()
	}
	return 0
}

// doubtsFew is how many requests without a fate every bot has room to follow after a start.
const doubtsFew = 16

// smallTables are settings under which a request may find room with the loop and none in an image.
const smallTables = SmallOrders | SmallContracts | SmallRequests

// checkRecovered compares what a process found on its disk with what the one before it knew. before are the requests of
// that.
func (b *bot) checkRecovered(before map[uint64]*request) {
	s, w, e := &b.saved, b.world, b.engine
	r := e.Recovery()
	if !r.Found || b.lied || b.uncertainFile || s.at == 0 || w.schedule.Settings.has(smallTables) {
		return
	}
	if c := e.Completeness(); s.why&^c.Why != 0 || c.Lost < s.lost {
		w.fail("recovered", b, "%+v, the state was saved with %v, %d lost", c, s.why, s.lost)
	}
	got, want := e.Account(), s.account
	if got.Cash != want.Cash || got.CashKnown != want.CashKnown || got.Reserved != want.Reserved ||
		got.Awaiting != want.Awaiting || got.Realised != want.Realised {
		w.fail("recovered", b, "%+v, the state was saved with %+v", got, want)
	}
	i := 0
	for _, market := range markets {
		for _, contract := range contracts[market] {
			got, want := e.Position(market, contract), s.positions[i]
			if i++; got.Final != want.Final || got.FinalFlow != want.FinalFlow ||
				got.Settled != want.Settled && want.Final|want.Provisional != 0 ||
				got.Provisional != want.Provisional || got.ProvisionalFlow != want.ProvisionalFlow {
				w.fail("recovered", b, "%d %d: %+v, the state was saved with %+v", market, contract, got, want)
			}
		}
	}
	b.checkRecoveredOrders(before)
	b.checkIntents(&r)
}

// checkRecoveredOrders checks that the orders are those of the image, and that what was under way is in doubt.
func (b *bot) checkRecoveredOrders(before map[uint64]*request) {
	s, w := &b.saved, b.world
	have := make(map[uint64]*order.Order)
	key := func(o *order.Order) uint64 {
		if o.ID != 0 {
			return ^o.ID
		}
		return o.Reference
	}
	for o := range b.engine.Orders() {
		have[key(o)] = o
	}
	for i := range s.orders {
		want := &s.orders[i]
		got := have[key(want)]
		if got == nil {
			w.fail("recovered", b, "an order is missing: %+v", *want)
			return
		}
		delete(have, key(want))
		if got.Price != want.Price || got.Quantity != want.Quantity || got.Executed != want.Executed ||
			got.Available != want.Available || got.Side != want.Side || got.Contract != want.Contract ||
			got.Reference != want.Reference || got.State != want.State || got.Foreign != want.Foreign ||
			got.Cost != want.Cost {
			w.fail("recovered", b, "order %+v, it was saved as %+v", *got, *want)
		}
		create := want.State == order.PendingNew && want.Original == 0 && !want.Foreign
		more := got.Overlay &^ want.Overlay
		if want.Overlay != 0 || want.State == order.PendingNew {
			more &^= order.InDoubt
		}
		// Of more requests than there is room for, the oldest are given up: what they were about is as it was before.
		fewer := want.Overlay &^ got.Overlay
		if b.engine.Recovery().InDoubt > doubtsFew && !create {
			fewer = 0
		}
		if fewer != 0 || create && got.Overlay&order.InDoubt == 0 ||
			more != 0 && !b.keepsIntents() {
			w.fail("recovered", b, "order %+v, it was saved as %+v; %d are in doubt", *got, *want,
				b.engine.Recovery().InDoubt)
		}
	}
	for _, got := range have {
		r := before[got.Reference]
		known := r == nil || !r.absent || r.absentAt >= s.at // it may not have left
		if !b.keepsIntents() || got.ID != 0 || !known || got.Overlay&order.InDoubt == 0 {
			w.fail("recovered", b, "an order that was not saved: %+v, %+v", *got, r)
			return
		}
	}
}

// keepsIntents reports whether the bot makes intents durable.
func (b *bot) keepsIntents() bool { return b.world.schedule.Persist == FileAndIntents }

// full reports whether the orders that were read, and some that were not, are as many as there may be.
func (b *bot) full(more int) bool {
	for range b.engine.Orders() {
		more++
	}
	return more >= b.room
}

// checkIntents checks that what had left, and has no fate, is in doubt.
func (b *bot) checkIntents(r *engine.Recovery) {
	s, w := &b.saved, b.world
	if r.InDoubt < len(s.carried) && len(s.carried) <= doubtsFew {
		w.fail("intents", b, "%d requests are in doubt, %d have no fate: %v", r.InDoubt, len(s.carried), s.carried)
	}
	for _, c := range s.carried {
		if c.typ == msg.PayloadOrderCreate {
			if o := b.engine.Order(c.reference); o == nil && b.full(len(s.carried)) {
				continue // what an image has and what left since do not fit into its table together
			} else if o == nil || o.Overlay&order.InDoubt == 0 {
				w.fail("intents", b, "a create without a fate is not in doubt: reference %d, %+v", c.reference, o)
			}
		}
		if r.InDoubt <= doubtsFew {
			b.checks.sent[c.reference] = &request{typ: c.typ, left: true, gone: true, earlier: true}
		}
	}
}

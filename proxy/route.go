package proxy

import (
	"errors"
	"iter"

	"github.com/smk-go/smk/engine"
	engineorder "github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
)

// newRequest returns a request with a reference of its own.
func (p *Proxy) newRequest(l *login, typ msg.PayloadType, reference uint64, has bool, seq uint64) *request {
	q := &request{client: l.client, login: l, seq: seq, typ: typ, reference: reference, hasReference: has}
	p.register(q)
	return q
}

func (p *Proxy) register(q *request) {
	q.upstream = q.client.nextReference()
	p.orders.byReference[q.upstream] = q
	q.client.waiting++
}

// requestsOf yields the requests of a login that are without an answer.
func (p *Proxy) requestsOf(l *login) iter.Seq[*request] {
	return func(yield func(*request) bool) {
		for _, q := range p.orders.byReference {
			if q.login == l && !yield(q) {
				return
			}
		}
	}
}

// submit records a request and sends it to the exchange. What cannot be sent is rejected.
func (p *Proxy) submit(q *request, m engine.Message) {
	p.record(func(w *writer) { w.request(q) })
	p.syncState()
	if p.unsaved && q.typ != msg.PayloadOrderCancel && q.typ != msg.PayloadOrderQuantityReduce {
		p.refuse(q, msg.OrderRejectedServiceTemporarilyUnavailable)
		return
	}
	if _, err := p.engine.Send(m); err != nil {
		p.logRefused(q, err)
		p.refuse(q, reasonOf(err))
		return
	}
	p.stats.Sent++
}

// logRefused logs that the engine refused a request, but for what the proxy tries again.
func (p *Proxy) logRefused(q *request, err error) {
	if !q.own || !errors.Is(err, session.ErrThrottled) {
		p.log.Warn("request not sent", "client", q.client.Name, "type", q.typ, "error", err)
	}
}

// reasonOf returns the reason of an order_rejected for an error of the engine, which means that nothing was sent.
func reasonOf(err error) msg.OrderRejectedReason {
	var refusal *risk.Refusal
	switch {
	case errors.As(err, &refusal):
		switch refusal.Limit {
		case risk.LimitHalted, risk.LimitReducing, risk.LimitLoss:
			return msg.OrderRejectedTradingSuspended
		case risk.LimitMarket:
			return msg.OrderRejectedMarketNotFound
		case risk.LimitSelfCross:
			return msg.OrderRejectedCrossedSelf
		case risk.LimitQuantity, risk.LimitStake, risk.LimitLiability:
			return msg.OrderRejectedStakeLimitExceeded
		}
		return msg.OrderRejectedLimitExceeded
	case errors.Is(err, session.ErrThrottled):
		return msg.OrderRejectedThrottleExceeded
	case errors.Is(err, session.ErrUnanswered), errors.Is(err, session.ErrFull):
		return msg.OrderRejectedCapacityReached
	}
	if full := (*engineorder.FullError)(nil); errors.As(err, &full) {
		return msg.OrderRejectedCapacityReached
	}
	return msg.OrderRejectedServiceTemporarilyUnavailable
}

// refuse ends a request that certainly did not reach the exchange, and says so to the client.
func (p *Proxy) refuse(q *request, reason msg.OrderRejectedReason) {
	c, l := q.client, q.login
	p.answered(q)
	if q.creates() {
		p.orders.set(q.order, NotThere, 0)
	}
	p.orders.release(q)
	p.record(func(w *writer) { w.gone(q) })
	if q.own {
		if q.order != nil {
			q.order.cancelling = false
		}
		return
	}
	switch q.typ {
	case msg.PayloadOrderCreate:
		p.reject(c, l, q.seq, q.reference, q.hasReference, q.order.Label, q.order, reason)
	case msg.PayloadOrderCancel:
		p.rejectCancel(c, q.orderID, 0, q.reference, q.hasReference, cancelReason(reason))
	case msg.PayloadOrderCancelReplace:
		p.rejectCancel(c, 0, q.orderID, q.reference, q.hasReference, cancelReason(reason))
	case msg.PayloadOrderQuantityReduce:
		p.rejectReduce(c, q.orderID, q.newQuantity, q.reference, q.hasReference, reduceReason(reason))
	}
}

// giveUp refuses a request that was sent, and certainly did not reach the exchange.
func (p *Proxy) giveUp(q *request) {
	p.refuse(q, msg.OrderRejectedServiceTemporarilyUnavailable)
	if q.creates() && q.typ == msg.PayloadOrderCancelReplace {
		p.notify(q.order) // the rejection is about the original
	}
}

// answered says that a request has its last answer, or will have none.
func (p *Proxy) answered(q *request) {
	if !q.done {
		q.done = true
		q.client.waiting--
	}
}

// onMessage passes a message of the exchange on.
func (p *Proxy) onMessage(ev *engine.Event) {
	if _, ok := reportOf(ev.Payload); !ok {
		p.onMarketData(ev)
		p.flush()
		return
	}
	if n := ev.AccountSequence; n != 0 && p.isApplied(n) {
		return // recorded before this process, and not by the engine's own state
	}
	// The engine's value is left as it is: what is changed here is a copy.
	if err := p.out.Decode(ev.Raw, nil); err != nil {
		panic("BUG: proxy: " + err.Error())
	}
	r, _ := reportOf(&p.out)
	p.route(r, ev.AccountSequence)
	p.flush()
}

// route gives a report, which is in p.out, to the client that it concerns.
func (p *Proxy) route(r report, sequence uint64) {
	q := p.requestFor(r)
	o := p.orderFor(r, q)
	c := p.ownerOf(r, q, o)
	if c != nil && o == nil {
		reference, _ := r.reference()
		if o = p.adopt(c, r, reference); o != nil {
			p.routing = o.upstream
		}
	}
	if o == nil {
		p.orders.keepEarly(r, &p.out, sequence)
		p.orders.updateEarly(r, sequence)
	}
	if c == nil {
		p.stats.Foreign++
		return
	}
	var origin *login
	var seq uint64
	own := false
	if q != nil {
		origin, seq, own = q.login, q.seq, q.own
	}
	var replaced *order
	if o != nil {
		replaced = p.orders.replacedBy(r)
		p.orders.apply(r, o, sequence)
		r.update(o, sequence)
	}
	p.resolveRequest(r, q, o, sequence)

	if own && r.typ == msg.PayloadOrderCancelRejected {
		p.record(func(w *writer) { w.applied(sequence, q.upstream) })
		p.remember(sequence)
		if o != nil && !o.open() {
			p.notify(o)
		}
		return // nobody asked for the cancel
	}
	switch {
	case q == nil || own:
		r.setReference(0, false)
	default:
		r.setReference(q.reference, q.hasReference)
	}
	if o != nil {
		r.setLabel(o.Label)
	} else {
		_, own := labelParts(r.label())
		r.setLabel(own)
	}
	if !c.Balance {
		r.clearBalance()
	}
	if q != nil {
		p.routing = q.upstream
	}
	if r.typ == msg.PayloadOrderInvalid && q != nil {
		p.record(func(w *writer) { w.gone(q) }) // it has no account sequence, and is not sent again
	}
	p.deliver(c, r, o, origin, seq, sequence)
	if replaced != nil {
		p.notify(replaced)
	}
	if q != nil && q.creates() && q.order != o {
		p.notify(q.order) // the replacement that there is not
	}
	p.routing = 0
	p.continueCancel(o)
}

// requestFor returns the request that a report names, nil if it is none of ours.
func (p *Proxy) requestFor(r report) *request {
	if reference, ok := r.reference(); ok {
		return p.orders.byReference[reference]
	}
	return nil
}

// orderFor returns the order that a report is about: of a replace the new one.
func (p *Proxy) orderFor(r report, q *request) *order {
	switch r.typ {
	case msg.PayloadOrderAccepted, msg.PayloadOrderRejected, msg.PayloadOrderInvalid,
		msg.PayloadOrderPendingReplace, msg.PayloadOrderCancelReplaceAccepted, msg.PayloadOrderCancelReplaceRejected:
		if q != nil && q.creates() {
			return q.order
		}
	}
	return p.orders.byID[r.orderID()]
}

// ownerOf returns the client that a report concerns, nil if it is none: by the request or the order, and for what is
// not known any more by the label with the reference's range.
func (p *Proxy) ownerOf(r report, q *request, o *order) *client {
	switch {
	case q != nil:
		return q.client
	case o != nil:
		return o.client
	}
	if _, ok := r.body.(withOrder); !ok && r.typ != msg.PayloadOrderRejected {
		return nil
	}
	name, _ := labelParts(r.label())
	c := p.byName[name]
	if reference, ok := r.reference(); c != nil && ok {
		if uint16(reference>>counterBits) != c.space {
			return nil // somebody else's label
		}
		c.counter = max(c.counter, reference&(1<<counterBits-1)) // the file may have lost it in a crash of the machine
	}
	return c
}

// adopt returns an order of a client that is accepted, or put in the place of another one, and not known: the machine
// crashed before the disk had its request. nil means that the report is about no such order. The client's reference is
// lost.
func (p *Proxy) adopt(c *client, r report, upstream uint64) *order {
	id := r.newOrder()
	if id == 0 || upstream == 0 || p.orders.byReference[upstream] != nil || p.orders.byID[id] != nil {
		return nil
	}
	o := &order{client: c, upstream: upstream, Order: Order{Original: r.original()}}
	b := r.body.(withPlace)
	o.Market, o.Contract, o.Side, o.Price = b.GetMarketId(), b.GetContractId(), b.GetSide(), b.GetPrice()
	o.Quantity = b.GetQuantity()
	if old := p.orders.byID[o.Original]; old != nil && old.client == c {
		o.Market, o.Contract, o.Side = old.Market, old.Contract, old.Side
	}
	if name, own := labelParts(r.label()); name == c.Name {
		o.Label = own
	}
	typ := msg.PayloadOrderCreate
	if o.Original != 0 {
		typ = msg.PayloadOrderCancelReplace
	}
	q := &request{client: c, typ: typ, upstream: upstream, orderID: o.Original, order: o, done: true}
	p.orders.byReference[upstream] = q
	p.orders.set(o, Sent, 0)
	return o
}

// resolveRequest notes what a report says of the request that it answers, whose account sequence of the exchange is at.
func (p *Proxy) resolveRequest(r report, q *request, o *order, at uint64) {
	if o != nil {
		p.requestRejected(r, q, o, at)
	}
	if q == nil || !r.ends(q.typ) {
		return
	}
	p.answered(q)
	p.orders.release(q)
	if q.own && o != nil {
		o.cancelling = false
	}
}

// requestRejected notes that an order was not cancelled, reduced or replaced.
func (p *Proxy) requestRejected(r report, q *request, o *order, at uint64) {
	gone := false
	switch b := r.body.(type) {
	case *msg.OrderCancelRejected:
		if q != nil && q.typ == msg.PayloadOrderCancelReplace && q.order != nil && q.order.unanswered() {
			p.orders.set(q.order, Refused, 0) // the first answer: there is no new order
		}
		gone = b.GetReason() == msg.OrderCancelRejectedNotFound || b.GetReason() == msg.OrderCancelRejectedNotLive
	case *msg.OrderQuantityReduceRejected:
		gone = b.GetReason() == msg.OrderQuantityReduceRejectedNotFound ||
			b.GetReason() == msg.OrderQuantityReduceRejectedNotLive
	}
	since := at == 0 || at >= o.stamps.open // it became live, and between the stages of a replace it is not yet
	if gone && o.ID == r.orderID() && o.State == Live && since {
		p.orders.set(o, Ended, 0) // how it ended is in messages that are missing
	}
}

// onResolved handles the fate of a request that got no answer.
func (p *Proxy) onResolved(ev *engine.Event) {
	q := p.orders.byReference[ev.Reference]
	if q == nil || q.done {
		return
	}
	if ev.Fate != session.InDoubt {
		p.giveUp(q)
		p.flush()
		return
	}
	p.stats.InDoubt++
	p.answered(q) // it does not count any more
	q.doubt = true
	p.doubt(q)
	if o := q.order; q.creates() && o.State == Sent && o.ID == 0 { // of a replace the first stage was not seen
		p.orders.set(o, InDoubt, 0)
		p.notify(o)
	}
	if q.own && q.order != nil {
		q.order.cancelling = false // another cancel does no harm
	}
	p.log.Warn("request in doubt", "client", q.client.Name, "type", ev.Type, "cause", ev.Cause)
}

// doubtsMax is how many requests in doubt are remembered for a late answer.
const doubtsMax = 4096

// doubt remembers a request in doubt, and forgets the oldest of too many. Orders in doubt are kept: each counts for
// its client's limit.
func (p *Proxy) doubt(q *request) {
	p.doubts = append(p.doubts, q)
	if len(p.doubts) > doubtsMax {
		if old := p.doubts[0]; old.doubt && !old.creates() {
			delete(p.orders.byReference, old.upstream)
		}
		p.doubts = p.doubts[1:]
	}
}

// onOrder learns that the engine has given up a doubt: the exchange's messages show that the request was not carried
// out. Nothing is said to the client, as the exchange says nothing; the order does not count for its limits any more.
func (p *Proxy) onOrder(o *engineorder.Order, ev *engineorder.Event) {
	reference := o.Reference
	switch {
	case o.State == engineorder.NotPlaced:
	case ev.Kind == engineorder.DoubtResolved && ev.Request == msg.PayloadOrderCancelReplace:
		// o is the order that it asked to replace. There is none in its place, unless the engine has one by now.
		reference = ev.Reference
		if p.engine.Order(reference) != nil {
			return
		}
	default:
		return
	}
	q := p.orders.byReference[reference]
	if q == nil || !q.creates() {
		return
	}
	ours := q.order
	// The user's word ends a replace between its stages, too.
	if between := ours.State == Sent && ours.ID != 0 && ev.Kind == engineorder.DoubtResolved; between {
		p.answered(q)
	} else if !q.doubt || ours.State != InDoubt {
		return
	}
	p.orders.set(ours, NotThere, 0)
	p.notify(ours)
	p.record(func(w *writer) { w.gone(q) })
}

// cancelOrders cancels every order of a client in a market, 0 means all, as soon as that is possible.
func (p *Proxy) cancelOrders(c *client, market uint32) {
	for o := range c.orders {
		if (market == 0 || o.Market == market) && !o.wantCancel {
			o.wantCancel = true
			p.record(func(w *writer) { w.cancel(o) })
		}
	}
	p.continueCancels(c)
}

// continueCancels continues the cancels of a client's orders, oldest first.
func (p *Proxy) continueCancels(c *client) {
	for _, o := range p.wanted(c) {
		p.continueCancel(o)
	}
}

// mayCancel reports whether a cancel of the proxy's own may be sent now. It leaves the last of the throttle's tokens to
// the cancels of clients: one that cancels a thousand orders at once does not keep others from cancelling one. So that
// it comes to an end in any case it may take one now and then.
func (p *Proxy) mayCancel() bool {
	creates, cancels := p.engine.Tokens()
	now := p.now()
	if creates == 0 && cancels <= cancelsLeft && now < p.cancelledAt+cancelRetry {
		return false
	}
	p.cancelledAt = now
	return true
}

// cancelsLeft is how many cancels are left to clients.
const cancelsLeft = 20

// cancelRetry is after how long a cancel that was refused is tried again.
const cancelRetry = 200_000_000 // ns

// continueCancel sends the cancel of an order that is to be cancelled, if that is possible now.
func (p *Proxy) continueCancel(o *order) {
	if o == nil || !o.wantCancel || o.cancelling || o.State != Live || !p.up ||
		o.cancelAt != 0 && p.now() < o.cancelAt+cancelRetry || !p.mayCancel() {
		return
	}
	q := &request{client: o.client, typ: msg.PayloadOrderCancel, own: true, order: o, orderID: o.ID}
	p.register(q)
	o.cancelling, o.cancelAt = true, p.now()
	var m msg.OrderCancel
	m.SetOrderId(o.ID)
	m.SetReference(q.upstream)
	p.submit(q, &m)
}

package session

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
)

// matched is what a message about orders is found to answer: the oldest request with its
// key that it does not contradict, waiting for its answer or in doubt. If there is none, and
// the message names a request by reference or sequence, misfit is the one it contradicts,
// or nil.
type matched struct {
	request *entry
	link    *int32 // to request in its chain
	doubt   bool   // request is in doubt
	misfit  *entry
}

// match finds what a message answers. By the sequence alone an order_create is found that has a reference
// too, unless the exchange may be repeating itself: then the sequence can be one of an earlier session.
func (q *requests) match(
	p *msg.Payload, typ msg.PayloadType, kind keyKind, key, reference uint64, from Origin, repeats bool,
) (m matched) {
	switch {
	case reference != 0:
		kind, key = byReference, reference
	case kind == 0, kind == bySequence && repeats:
		return m
	}
	// What is sent again within a session has its sequence, and what is from an earlier one
	// may have any: so the former comes first.
	origin := Live
	fits := func(r *entry) bool { return r.answeredBy(p, typ, origin) }
	m.request, m.link, m.misfit = q.open.find(kind, key, fits)
	if origin = from; m.request == nil && origin != Live {
		m.request, m.link, m.misfit = q.open.find(kind, key, fits)
	}
	if kind == bySequence && m.request == nil && m.misfit == nil {
		if r := q.bySequence(key); r != nil && fits(r) {
			marks.Hit(marks.AnsweredBySequence)
			m.request, m.link = r, q.open.link(r)
		} else {
			m.misfit = r
		}
	}
	if m.request == nil && q.doubts.n > 0 {
		var misfit *entry
		if m.request, m.link, misfit = q.doubts.find(kind, key, fits); m.misfit == nil {
			m.misfit = misfit
		}
		m.doubt = m.request != nil
	}
	switch {
	case kind == byOrder:
		m.misfit = nil // an order may be cancelled, for example, without a request
	case m.misfit != nil && typ == msg.PayloadOrderCancelled && m.misfit.payloadType() == msg.PayloadOrderCancelAll:
		m.misfit = nil // it follows from the request, and something else answers that
		marks.Hit(marks.CancelledByAll)
	}
	return m
}

// fresh reports whether the message is an answer that the request has not had yet.
func (m *matched) fresh(typ msg.PayloadType) bool {
	return m.request != nil && !(typ == msg.PayloadOrderPendingReplace && m.request.is(flagPending))
}

// answer ends the wait of the request that was matched, or the doubt about it, or notes that a replace has
// come to its second stage.
func (q *requests) answer(m matched, typ msg.PayloadType) {
	r := m.request
	switch {
	case typ == msg.PayloadOrderPendingReplace:
		if r.is(flagSuppressed) && !m.doubt {
			marks.Hit(marks.SuppressedPending)
			q.suppressed--
		}
		r.flags = r.flags&^flagSuppressed | flagPending
	case m.doubt:
		marks.Hit(marks.DoubtAnswered)
		q.resolveDoubt(r, m.link)
	default:
		q.unlink(r, m.link)
	}
}

// matchAccepted is match and answer for an acceptance that says of everything the same as the create with
// its reference, or whose reference is of no request, which is nearly all of them. It fills in the create, if
// there is one, and reports false, and has done nothing, for any other.
func (q *requests) matchAccepted(m *msg.OrderAccepted, reference uint64, of *Request) (ok bool) {
	link := q.open.head(byReference, reference)
	if *link == none {
		return q.doubts.n == 0
	}
	r := &q.open.entries[*link] // equal keys of two kinds are in different chains
	if r.key != reference || r.typ != uint8(msg.PayloadOrderCreate) || r.is(flagSuppressed) ||
		m.GetSeq() != r.seq || m.GetSide() != msg.Side(r.side) || m.GetPrice() != r.price ||
		m.GetQuantity() != r.subject || m.GetMarketId() != r.market || m.GetContractId() != r.contract {
		return false
	}
	q.open.remove(r, link)
	of.Seq, of.Sent, of.Type, of.Reference = r.seq, r.sent, msg.PayloadOrderCreate, reference
	return true
}

// answeredBy reports whether the message in p can be the answer to r: it answers requests of r's type, and
// nothing in it contradicts what r requested. What it leaves out contradicts nothing.
func (r *entry) answeredBy(p *msg.Payload, typ msg.PayloadType, origin Origin) bool {
	switch request := r.payloadType(); typ {
	case msg.PayloadOrderAccepted:
		m := p.GetOrderAccepted()
		return request == msg.PayloadOrderCreate && r.sentAs(m.HasSeq(), m.GetSeq(), origin) &&
			(!m.HasSide() || m.GetSide() == msg.Side(r.side)) &&
			(!m.HasMarketId() || m.GetMarketId() == r.market) &&
			(!m.HasContractId() || m.GetContractId() == r.contract) &&
			(!m.HasQuantity() || m.GetQuantity() <= r.subject) &&
			(!m.HasPrice() || r.allowsPrice(m.GetPrice()))
	case msg.PayloadOrderRejected:
		m := p.GetOrderRejected()
		return request == msg.PayloadOrderCreate && r.sentAs(m.HasSeq(), m.GetSeq(), origin)
	case msg.PayloadOrderInvalid:
		m := p.GetOrderInvalid()
		return request == msg.PayloadOrderCreate && r.sentAs(m.HasSeq(), m.GetSeq(), origin)
	case msg.PayloadOrderCancelled:
		m := p.GetOrderCancelled()
		return request == msg.PayloadOrderCancel && (!m.HasOrderId() || m.GetOrderId() == r.subject)
	case msg.PayloadOrderCancelRejected:
		m := p.GetOrderCancelRejected()
		return (request == msg.PayloadOrderCancel || request == msg.PayloadOrderCancelReplace) &&
			(!m.HasOrderId() || m.GetOrderId() == r.subject) &&
			(m.HasOrderId() || !m.HasOrigOrderId() || m.GetOrigOrderId() == r.subject)
	case msg.PayloadOrderQuantityReduced:
		m := p.GetOrderQuantityReduced()
		return request == msg.PayloadOrderQuantityReduce && (!m.HasOrderId() || m.GetOrderId() == r.subject)
	case msg.PayloadOrderQuantityReduceRejected:
		m := p.GetOrderQuantityReduceRejected()
		return request == msg.PayloadOrderQuantityReduce && (!m.HasOrderId() || m.GetOrderId() == r.subject)
	case msg.PayloadOrderCancelAllAccepted, msg.PayloadOrderCancelAllRejected:
		return request == msg.PayloadOrderCancelAll
	case msg.PayloadOrderPendingReplace:
		m := p.GetOrderPendingReplace()
		return request == msg.PayloadOrderCancelReplace && (!m.HasOrigOrderId() || m.GetOrigOrderId() == r.subject)
	case msg.PayloadOrderCancelReplaceAccepted:
		m := p.GetOrderCancelReplaceAccepted()
		return request == msg.PayloadOrderCancelReplace && (!m.HasOrigOrderId() || m.GetOrigOrderId() == r.subject)
	case msg.PayloadOrderCancelReplaceRejected:
		m := p.GetOrderCancelReplaceRejected()
		return request == msg.PayloadOrderCancelReplace && (!m.HasOrigOrderId() || m.GetOrigOrderId() == r.subject)
	}
	panic("BUG: session: no answer: " + typ.String())
}

// sentAs reports whether an answer may mean the sequence of r. In what is sent again after a login it is one of an
// earlier session, and means nothing. Neither does it in the first answer to a request of an earlier session, which the
// exchange may have served after the login: that answer is not marked as sent again.
func (r *entry) sentAs(said bool, seq uint64, origin Origin) bool {
	return !said || seq == r.seq || origin == Replayed || r.is(flagDetached)
}

// allowsPrice reports whether a create may be accepted at a price: at its own or at one that
// is better for its side. One without a price allows all.
func (r *entry) allowsPrice(price uint32) bool {
	switch {
	case r.price == 0:
		return true
	case r.side == uint8(msg.SideBuy):
		return price <= r.price
	}
	return price >= r.price
}

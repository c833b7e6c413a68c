package session

import "github.com/smk-go/smk/gen/msg"

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

// match finds what the message in s.payload answers. By the sequence alone an order_create
// is found that has a reference too, unless the exchange may be repeating itself: then
// the sequence can be one of an earlier session. number is the message's account sequence.
func (s *Session) match(e *Event, typ msg.PayloadType, kind keyKind, key, reference, number uint64) (m matched) {
	switch {
	case reference != 0:
		kind, key = byReference, reference
	case kind == 0, kind == bySequence && s.repeats(e.Origin, number):
		return m
	}
	// What is sent again within a session has its sequence, and what is from an earlier one
	// may have any: so the former is looked for first.
	origin := Live
	fits := func(r *entry) bool { return s.answers(typ, r, origin) }
	m.request, m.link, m.misfit = s.open.find(kind, key, fits)
	if origin = e.Origin; m.request == nil && origin != Live {
		m.request, m.link, m.misfit = s.open.find(kind, key, fits)
	}
	if kind == bySequence && m.request == nil && m.misfit == nil {
		if r := s.request(key); r != nil && fits(r) {
			m.request, m.link = r, s.open.link(r)
		} else {
			m.misfit = r
		}
	}
	if m.request == nil && s.doubts.n > 0 {
		var misfit *entry
		if m.request, m.link, misfit = s.doubts.find(kind, key, fits); m.misfit == nil {
			m.misfit = misfit
		}
		m.doubt = m.request != nil
	}
	switch {
	case kind == byOrder:
		m.misfit = nil // an order may be cancelled, for example, without anybody having asked
	case m.misfit != nil && typ == msg.PayloadOrderCancelled && m.misfit.payloadType() == msg.PayloadOrderCancelAll:
		m.misfit = nil // it follows from the request, and something else answers that
	}
	return m
}

// fresh reports whether the message is an answer that the request has not had yet.
func (m *matched) fresh(typ msg.PayloadType) bool {
	return m.request != nil && !(typ == msg.PayloadOrderPendingReplace && m.request.pending)
}

// answered ends the wait of the request that was matched, or the doubt about it, or notes
// that a replace has come to its second stage. It reports a message that contradicts the
// request that it names.
func (s *Session) answered(m matched, typ msg.PayloadType) {
	r := m.request
	if r == nil {
		if r = m.misfit; r != nil {
			s.stats.AnswerMismatches++
			s.queue.push(Event{
				Kind: AnswerMismatch, Epoch: s.epoch, Received: s.now,
				Seq: r.seq, Type: r.payloadType(), Reference: r.reference(),
			})
		}
		return
	}
	s.noAnswer = false
	switch {
	case typ == msg.PayloadOrderPendingReplace:
		if r.pending = true; r.withheld && !m.doubt {
			r.withheld = false
			s.withheld--
		}
	case m.doubt:
		s.doubts.remove(r, m.link)
		s.stats.Settled++
	default:
		s.unlink(r, m.link)
	}
}

// accepted is match for an acceptance that says of everything the same as the create
// with its reference, or whose reference is nobody's, which is nearly all of them. It
// reports false, and has done nothing, for any other.
func (s *Session) accepted(m *msg.OrderAccepted, reference uint64) bool {
	link := s.open.head(byReference, reference)
	if *link == none {
		return s.doubts.n == 0
	}
	r := &s.open.entries[*link] // equal keys of two kinds are in different chains
	if r.key != reference || r.typ != uint8(msg.PayloadOrderCreate) ||
		m.GetSeq() != r.seq || m.GetSide() != msg.Side(r.side) || m.GetPrice() != r.price ||
		m.GetQuantity() != r.subject || m.GetMarketId() != r.market || m.GetContractId() != r.contract {
		return false
	}
	s.noAnswer = false
	s.unlink(r, link)
	return true
}

// answers reports whether the message in s.payload can be the answer to r: it answers
// requests of r's type, and nothing that it says contradicts what r asked for. What it
// leaves out contradicts nothing.
func (s *Session) answers(typ msg.PayloadType, r *entry, origin Origin) bool {
	p := &s.payload
	switch request := r.payloadType(); typ {
	case msg.PayloadOrderAccepted:
		m := p.GetOrderAccepted()
		return request == msg.PayloadOrderCreate && r.sentAs(m.HasSeq(), m.GetSeq(), origin) &&
			(!m.HasSide() || m.GetSide() == msg.Side(r.side)) &&
			(!m.HasMarketId() || m.GetMarketId() == r.market) &&
			(!m.HasContractId() || m.GetContractId() == r.contract) &&
			(!m.HasQuantity() || m.GetQuantity() <= r.subject) &&
			(!m.HasPrice() || r.allows(m.GetPrice()))
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

// sentAs reports whether an answer may mean the sequence of e. In what is sent again
// after a login it is one of an earlier session, and means nothing.
func (e *entry) sentAs(said bool, seq uint64, origin Origin) bool {
	return !said || seq == e.seq || origin == Replayed
}

// allows reports whether a create may be accepted at a price: at its own or at one that
// is better for its side. One without a price allows all.
func (e *entry) allows(price uint32) bool {
	switch {
	case e.price == 0:
		return true
	case e.side == uint8(msg.SideBuy):
		return price <= e.price
	}
	return price >= e.price
}

// request returns the request that was sent with a sequence, if it waits for its answer,
// or nil.
func (s *Session) request(seq uint64) *entry {
	_, rec, kept := s.frames.Frame(seq)
	switch typ, application := ofKind(rec.Kind); {
	case !kept:
		return s.open.sequence(seq)
	case !application || !classOf(typ).orderEntry():
		return nil
	case rec.Reference != 0:
		e, _, _ := s.open.find(byReference, rec.Reference, func(e *entry) bool { return e.seq == seq })
		return e
	case typ == msg.PayloadOrderCreate:
		e, _, _ := s.open.find(bySequence, seq, func(e *entry) bool { return e.seq == seq })
		return e
	}
	return s.open.sequence(seq) // by its order, which the ring does not know
}

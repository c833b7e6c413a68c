package replica

import (
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/wire"
)

// sequences is where the session is: what is applied is what the engine applied, which is what comes in order.
type sequences struct {
	next     uint64 // inbound, expected; 0 if any
	sent     uint64 // the highest that was sent
	ping     uint64 // whose pong confirms a difference of money
	gapfills uint64 // in the open gap
	account  uint64 // the highest number of the account's messages, 0 if none is known
	gap      bool   // messages are missing
	resuming bool
	begun    bool   // there was a run
	renewed  uint32 // market whose subscription the engine renews by the next messages
}

// received applies a record of received frames.
func (m *Replica) received(r *journal.Record) {
	for rest := r.Payload; len(rest) > 0; {
		payload, size, err := wire.Scan(rest, wire.Limits{PayloadBytesMax: journal.PayloadBytesMax})
		if err != nil || size == 0 { // the last frame of a record that was cut, or bytes that are none
			if r.Flags&journal.FlagTruncated == 0 {
				m.c.Observer.Garbled(r, "received bytes are not understood")
			}
			return
		}
		if rest = rest[size:]; len(payload) > 0 {
			m.last = len(rest) == 0
			m.message(r, payload)
		}
	}
}

// message applies a message.
func (m *Replica) message(r *journal.Record, payload []byte) {
	inbound := r.Kind == journal.KindInbound
	m.c.Observer.Payload(r)
	m.raw = payload
	if err := m.payload.Decode(payload, nil); err != nil {
		if r.Flags&journal.FlagTruncated == 0 {
			m.c.Observer.Garbled(r, "a message is not understood: "+err.Error())
		}
		if inbound && m.session.next != 0 {
			m.session.next++
		}
		return
	}
	if inbound {
		m.inbound(r)
	} else {
		m.outbound(r)
	}
}

// outbound follows what was sent, but not what is sent again.
func (m *Replica) outbound(r *journal.Record) {
	s := &m.session
	p, eto := &m.payload, m.payload.GetEtoPayload()
	seq := eto.GetSeq()
	if p.GetType() == msg.PayloadLogin || eto.GetType() == msg.EtoPayloadLogin {
		s.resuming = len(eto.GetLogin().GetSession()) > 0
		if !s.resuming {
			s.next, s.sent = 1, 0
		}
		s.sent = max(s.sent, seq)
		s.account = max(s.account, p.GetLogin().GetAccountSequence_64())
		m.c.Observer.LoginSent(r)
		return
	}
	if seq <= s.sent || eto.GetIsReplay() {
		return
	}
	s.sent = seq
	if eto.GetType() == msg.EtoPayloadPing {
		if m.tick(r.At); m.orders.DriftPending() { // which may have become due at this moment
			s.ping = seq
		}
	}
	keys := &m.keys
	var ok bool
	if *keys, ok = keysOf(p); !ok {
		return
	}
	m.c.Observer.Sent(r, keys)
	renewed := s.renewed
	s.renewed = 0
	switch keys.Type {
	case msg.PayloadMarketSubscribe:
		if m.books.Subscribed(keys.Market, r.At) != nil {
			m.complete = false
		}
		m.orders.Follow(keys.Market, true)
		return
	case msg.PayloadMarketUnsubscribe:
		if keys.Market != renewed { // whose books stay what they are until the snapshot comes
			m.books.Unsubscribed(keys.Market, r.At)
		}
		return
	case msg.PayloadPriceFeedSubscribe, msg.PayloadPriceFeedUnsubscribe:
		m.books.PriceFeed(keys.Type == msg.PayloadPriceFeedSubscribe, r.At)
		return
	}
	if err := m.orders.Sent(keys, seq, r.At); err != nil {
		m.complete = false
	}
	m.showSent(keys)
}

// inbound follows what arrived, in the order of the session.
func (m *Replica) inbound(r *journal.Record) {
	p, eto := &m.payload, m.payload.GetEtoPayload()
	seq := eto.GetSeq()
	if eto.GetType() == msg.EtoPayloadLoginResponse {
		m.loggedIn(r, seq)
		return
	}
	switch s := &m.session; {
	case s.next == 0 || seq == s.next:
		s.next = seq + 1
	default:
		return // it comes again, or came before
	}
	m.c.Observer.Received(r, p)
	if p.GetType() == msg.PayloadEto {
		m.sessionMessage(r, eto)
		return
	}
	if n := accountSequence(p); n != 0 {
		if n <= m.session.account && m.last {
			m.hold(r, n)
			return
		}
		m.session.account = max(m.session.account, n)
	}
	m.apply(r, p, eto.GetIsReplay())
}

func (m *Replica) loggedIn(r *journal.Record, seq uint64) {
	s := &m.session
	resumed := s.resuming // or the session ends at once: what is missing before the answer is sent again
	if seq == s.next || s.next == 0 {
		s.next = seq + 1
	}
	m.books.Connected(resumed, r.At)
	if !resumed {
		m.orders.FollowNone()
	}
	m.c.Observer.LoggedIn(r)
}

// sessionMessage follows a message of the session.
func (m *Replica) sessionMessage(r *journal.Record, eto *msg.EtoPayload) {
	s := &m.session
	switch eto.GetType() {
	case msg.EtoPayloadGapfill:
		s.gapfills++
	case msg.EtoPayloadPong:
		if s.ping != 0 && !s.gap {
			s.ping = 0
			m.orderEvents(m.orders.Confirm(r.At))
		}
	}
}

// apply applies a message in its order.
func (m *Replica) apply(r *journal.Record, p *msg.Payload, replayed bool) {
	var err error
	switch p.GetType() {
	case msg.PayloadContractQuotes:
		_, err = m.books.ApplyUpdate(p.GetContractQuotes(), r.At)
	case msg.PayloadMarketQuotes:
		err = m.books.ApplySnapshot(p.GetMarketQuotes(), r.At)
	case msg.PayloadMarketState:
		err = m.books.ApplyState(p.GetMarketState(), r.At)
		m.orderEvents(m.orders.Apply(p, order.Input{Now: r.At, Replayed: replayed}))
	default:
		m.orderEvents(m.orders.Apply(p, order.Input{Now: r.At, Replayed: replayed}))
	}
	if full(err) && p.GetType() != msg.PayloadMarketState {
		m.complete = false
	}
	m.c.Observer.Applied(r, p, err)
}

// keysOf returns the keys of a request.
func keysOf(p *msg.Payload) (k msg.Keys, ok bool) {
	switch p.GetType() {
	case msg.PayloadOrderCreate:
		return p.GetOrderCreate().Keys(), true
	case msg.PayloadOrderCancel:
		return p.GetOrderCancel().Keys(), true
	case msg.PayloadOrderCancelAll:
		return p.GetOrderCancelAll().Keys(), true
	case msg.PayloadOrderQuantityReduce:
		return p.GetOrderQuantityReduce().Keys(), true
	case msg.PayloadOrderCancelReplace:
		return p.GetOrderCancelReplace().Keys(), true
	case msg.PayloadMarketSubscribe:
		return p.GetMarketSubscribe().Keys(), true
	case msg.PayloadMarketUnsubscribe:
		return p.GetMarketUnsubscribe().Keys(), true
	case msg.PayloadPriceFeedSubscribe:
		return p.GetPriceFeedSubscribe().Keys(), true
	case msg.PayloadPriceFeedUnsubscribe:
		return p.GetPriceFeedUnsubscribe().Keys(), true
	}
	return k, false
}

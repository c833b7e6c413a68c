package screen

import (
	"fmt"
	"strings"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/wire"
)

// sequences is where the session is: what is applied is what the engine applied, which is what comes in order.
type sequences struct {
	next     uint64 // inbound, expected; 0 if any
	sent     uint64 // the highest that was sent
	resuming bool
	starting bool
	goesOn   bool
	ping     uint64 // whose pong confirms a difference of money
	gapfills uint64 // in the open gap
}

// payloadMax is how long a message may be.
const payloadMax = journal.PayloadBytesMax

// received applies a record of received frames.
func (m *Model) received(r *journal.Record) {
	for rest := r.Payload; len(rest) > 0; {
		payload, size, err := wire.Scan(rest, wire.Limits{PayloadBytesMax: payloadMax})
		if err != nil || size == 0 { // the last frame of a record that was cut, or bytes that are none
			if r.Flags&journal.FlagTruncated == 0 {
				m.line(KindEngine, levelWarn, "received bytes are not understood")
			}
			return
		}
		if rest = rest[size:]; len(payload) > 0 {
			m.message(r, payload)
		}
	}
}

// message applies a message.
func (m *Model) message(r *journal.Record, payload []byte) {
	f := &m.facts
	inbound := r.Kind == journal.KindInbound
	if inbound {
		f.strip.In++
		f.second.In++
	} else {
		f.strip.Out++
		f.second.Out++
	}
	if err := m.payload.Decode(payload, nil); err != nil {
		if r.Flags&journal.FlagTruncated == 0 {
			m.line(KindEngine, levelWarn, "a message is not understood: "+printable(err.Error()))
		}
		if inbound && f.session.next != 0 {
			f.session.next++
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
func (m *Model) outbound(r *journal.Record) {
	f := &m.facts
	p, eto := &m.payload, m.payload.GetEtoPayload()
	seq := eto.GetSeq()
	login := p.GetType() == msg.PayloadLogin || eto.GetType() == msg.EtoPayloadLogin
	if login {
		f.session.resuming = len(eto.GetLogin().GetSession()) > 0
		if !f.session.resuming {
			f.session.next, f.session.sent = 1, 0
		}
		f.session.sent = max(f.session.sent, seq)
		f.strip.Session, f.strip.Since = "login sent", f.at
		return
	}
	if seq <= f.session.sent || eto.GetIsReplay() {
		return
	}
	f.session.sent = seq
	if eto.GetType() == msg.EtoPayloadPing && m.orders.DriftPending() {
		f.session.ping = seq
	}
	keys, ok := keysOf(p)
	if !ok {
		return
	}
	switch keys.Type {
	case msg.PayloadMarketSubscribe:
		if m.books.Subscribed(keys.Market, r.At) != nil {
			f.complete = false
		}
		m.orders.Follow(keys.Market, true)
		return
	case msg.PayloadMarketUnsubscribe:
		return // an engine renews a subscription by two messages; a market that is left is seen as it was
	case msg.PayloadPriceFeedSubscribe, msg.PayloadPriceFeedUnsubscribe:
		m.books.PriceFeed(keys.Type == msg.PayloadPriceFeedSubscribe, r.At)
		return
	}
	f.bucket.take(r.At)
	f.latency.sent(keys.Type, keys.Reference, r.At, f.lastInbound)
	if err := m.orders.Sent(&keys, seq, r.At); err != nil {
		f.complete = false
	}
	m.sent(&keys)
}

// inbound follows what arrived, in the order of the session.
func (m *Model) inbound(r *journal.Record) {
	f := &m.facts
	p, eto := &m.payload, m.payload.GetEtoPayload()
	seq := eto.GetSeq()
	if eto.GetType() == msg.EtoPayloadLoginResponse {
		m.loggedIn(r, seq)
		return
	}
	switch s := &f.session; {
	case s.next == 0 || seq == s.next:
		s.next = seq + 1
	default:
		return // it comes again, or came before
	}
	f.lastInbound = r.At
	if p.GetType() == msg.PayloadEto {
		m.sessionMessage(r, eto)
		return
	}
	m.apply(r, eto.GetIsReplay())
}

func (m *Model) loggedIn(r *journal.Record, seq uint64) {
	f := &m.facts
	resumed := f.session.resuming && (f.session.next == 0 || seq == f.session.next)
	if !resumed {
		f.session.next = seq
	}
	if seq == f.session.next || f.session.next == 0 {
		f.session.next = seq + 1
	}
	f.strip.Session, f.strip.Connected, f.strip.Since = "established", true, f.at
	f.bucket.begin(r.At)
	m.books.Connected(resumed, r.At)
	if !resumed {
		m.orders.FollowNone()
	}
}

// sessionMessage follows a message of the session.
func (m *Model) sessionMessage(r *journal.Record, eto *msg.EtoPayload) {
	f := &m.facts
	switch eto.GetType() {
	case msg.EtoPayloadGapfill:
		f.session.gapfills++
	case msg.EtoPayloadPong:
		if f.session.ping != 0 && !f.strip.Gap {
			f.session.ping = 0
			m.orderEvents(m.orders.Confirm(r.At))
		}
	case msg.EtoPayloadLogout:
		reason := strings.TrimPrefix(eto.GetLogout().GetReason().String(), "LOGOUT_")
		m.line(KindSession, levelWarn, "the exchange logs out: "+strings.ToLower(reason))
	case msg.EtoPayloadThrottleExceeded:
		m.line(KindSession, levelWarn, "the exchange's throttle was exceeded")
	}
}

// apply applies a message in its order.
func (m *Model) apply(r *journal.Record, replayed bool) {
	f := &m.facts
	p := &m.payload
	switch p.GetType() {
	case msg.PayloadContractQuotes:
		m.quotes(p.GetContractQuotes(), r.At)
		return
	case msg.PayloadMarketQuotes:
		m.snapshot(p.GetMarketQuotes(), r.At)
		return
	case msg.PayloadMarketState:
		m.marketState(p.GetMarketState(), r.At)
	case msg.PayloadThrottleLimitsChanged:
		l := p.GetThrottleLimitsChanged()
		f.bucket.change(r.At, l.GetAverageRatePs(), l.GetBurstSize(), l.GetTickMs())
		m.line(KindSession, "", fmt.Sprintf("throttle: %d a second, burst %d", l.GetAverageRatePs(), l.GetBurstSize()))
	case msg.PayloadRunningballNotification:
		b := p.GetRunningballNotification()
		m.line(KindMarket, "", printable(fmt.Sprintf("match: %d - %d, %s", b.GetScoreHome(), b.GetScoreAway(),
			b.GetDetails())))
	}
	f.latency.answered(p, r.At)
	m.orderEvents(m.orders.Apply(p, order.Input{Now: r.At, Replayed: replayed}))
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

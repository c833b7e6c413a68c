package engine

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// subscriptions are the bot's subscriptions, which are valid for one session of the exchange. After a login that
// began a new session they are sent again, before messages of the bot's other than cancels. The session sends
// settings again, because they are lost with every connection.
type subscriptions struct {
	markets    idSet
	events     idSet
	priceFeed  bool
	marketFeed bool
	disabled   bool
	unsent     bool // there is a market in the list that this session was not asked for: Subscribe

	// What admit has read, for subscribed to keep.
	id       uint32
	known    bool
	settings msg.Settings

	// One of each type, for decoding and for sending again.
	market         msg.MarketSubscribe
	event          msg.EventSubscribe
	priceFeedBody  msg.PriceFeedSubscribe
	marketFeedBody msg.MarketFeedSubscribe

	next int // index of the next item to restore
}

// idSet is a bounded set of identifiers, in the order in which they came.
type idSet struct {
	list []uint32 // its capacity bounds it
}

func (s *idSet) has(id uint32) bool { return s.index(id) >= 0 }

func (s *idSet) index(id uint32) int {
	for i, v := range s.list {
		if v == id {
			return i
		}
	}
	return -1
}

func (s *idSet) add(id uint32) {
	if !s.has(id) {
		s.list = append(s.list, id)
	}
}

func (s *idSet) remove(id uint32) {
	if i := s.index(id); i >= 0 {
		s.list = append(s.list[:i], s.list[i+1:]...)
	}
}

// full reports whether there is no room for id.
func (s *idSet) full(id uint32) bool { return len(s.list) == cap(s.list) && !s.has(id) }

func newSubscriptions(most int, disabled bool) *subscriptions {
	s := &subscriptions{disabled: disabled}
	if !disabled {
		s.markets.list = make([]uint32, 0, most)
		s.events.list = make([]uint32, 0, most)
	}
	return s
}

// subscribing reports whether a message of this type begins or ends a subscription, or changes settings.
func subscribing(typ msg.PayloadType) bool {
	return uint(typ) < 64 && subscriptionTypes>>uint(typ)&1 != 0
}

// subscriptionTypes has a bit for each type that is subscribing.
const subscriptionTypes uint64 = 1<<msg.PayloadMarketSubscribe | 1<<msg.PayloadMarketUnsubscribe |
	1<<msg.PayloadEventSubscribe | 1<<msg.PayloadEventUnsubscribe |
	1<<msg.PayloadPriceFeedSubscribe | 1<<msg.PayloadPriceFeedUnsubscribe |
	1<<msg.PayloadMarketFeedSubscribe | 1<<msg.PayloadMarketFeedUnsubscribe |
	1<<msg.PayloadSettings

// admit reads a subscription, and returns ErrSubscriptions if it is one too many. One that cannot be decoded is
// sent and not kept: the exchange has to judge it.
func (s *subscriptions) admit(m wire.Marshaler, keys *msg.Keys) error {
	if s.known = false; s.disabled {
		return nil
	}
	switch keys.Type {
	case msg.PayloadMarketSubscribe, msg.PayloadMarketUnsubscribe:
		s.id, s.known = s.marketOf(m)
		if s.known && keys.Type == msg.PayloadMarketSubscribe && s.markets.full(s.id) {
			return ErrSubscriptions
		}
	case msg.PayloadEventSubscribe, msg.PayloadEventUnsubscribe:
		s.id, s.known = s.eventOf(m)
		if s.known && keys.Type == msg.PayloadEventSubscribe && s.events.full(s.id) {
			return ErrSubscriptions
		}
	case msg.PayloadSettings:
		switch m := m.(type) {
		case *msg.Settings:
			s.settings, s.known = *m, true
		case *encodedMessage:
			s.known = s.settings.Decode(m.bytes(), nil) == nil
		}
		s.known = s.known && s.settings.HasCancelAllOnFailure()
	case msg.PayloadPriceFeedSubscribe, msg.PayloadPriceFeedUnsubscribe,
		msg.PayloadMarketFeedSubscribe, msg.PayloadMarketFeedUnsubscribe:
		s.known = true
	}
	return nil
}

// marketOf returns the market that a subscription names. Subscribe and unsubscribe have the same fields.
func (s *subscriptions) marketOf(m wire.Marshaler) (id uint32, ok bool) {
	switch m := m.(type) {
	case *msg.MarketSubscribe:
		return m.GetMarketId(), m.HasMarketId()
	case *msg.MarketUnsubscribe:
		return m.GetMarketId(), m.HasMarketId()
	case *encodedMessage:
		if s.market.Decode(m.bytes(), nil) == nil && s.market.HasMarketId() {
			return s.market.GetMarketId(), true
		}
	}
	return 0, false
}

// eventOf returns the event that a subscription names, likewise.
func (s *subscriptions) eventOf(m wire.Marshaler) (id uint32, ok bool) {
	switch m := m.(type) {
	case *msg.EventSubscribe:
		return m.GetEventId(), m.HasEventId()
	case *msg.EventUnsubscribe:
		return m.GetEventId(), m.HasEventId()
	case *encodedMessage:
		if s.event.Decode(m.bytes(), nil) == nil && s.event.HasEventId() {
			return s.event.GetEventId(), true
		}
	}
	return 0, false
}

// subscribed keeps what admit has read, after the message was sent.
func (e *Engine) subscribed(typ msg.PayloadType) {
	s := e.subscriptions
	if !subscribing(typ) || !s.known {
		return
	}
	switch typ {
	case msg.PayloadMarketSubscribe:
		s.markets.add(s.id)
	case msg.PayloadMarketUnsubscribe:
		s.markets.remove(s.id)
	case msg.PayloadEventSubscribe:
		s.events.add(s.id)
	case msg.PayloadEventUnsubscribe:
		s.events.remove(s.id)
	case msg.PayloadPriceFeedSubscribe, msg.PayloadPriceFeedUnsubscribe:
		s.priceFeed = typ == msg.PayloadPriceFeedSubscribe
	case msg.PayloadMarketFeedSubscribe, msg.PayloadMarketFeedUnsubscribe:
		s.marketFeed = typ == msg.PayloadMarketFeedSubscribe
	case msg.PayloadSettings:
		e.session.SetCancelAllOnFailure(s.settings.GetCancelAllOnFailure())
	}
}

// item returns the message of index i of what is to be restored, nil beyond the last. skip reports that it is
// not in force.
func (s *subscriptions) item(i int) (m wire.Marshaler, keys msg.Keys, skip bool) {
	switch i {
	case 0:
		return &s.priceFeedBody, s.priceFeedBody.Keys(), !s.priceFeed
	case 1:
		return &s.marketFeedBody, s.marketFeedBody.Keys(), !s.marketFeed
	}
	if i -= 2; i < len(s.markets.list) {
		s.market.SetMarketId(s.markets.list[i])
		return &s.market, s.market.Keys(), false
	}
	if i -= len(s.markets.list); i < len(s.events.list) {
		s.event.SetEventId(s.events.list[i])
		return &s.event, s.event.Keys(), false
	}
	return nil, keys, false
}

// onLogin restores the subscriptions before OnLoggedIn's handlers are called.
func (e *Engine) onLogin(ev *Event) {
	if e.conn.socket == nil {
		return // the connection ended before this event was delivered
	}
	e.life.loggedIn = true
	e.backoff.established(e.now)
	e.subscriptions.next = 0
	if ev.Resumed && !e.subscriptions.unsent || e.gate.has(gateStopping) {
		e.gate.clear(gateRestoring)
		return
	}
	e.gate.set(gateRestoring)
	if err := e.restore(); err != nil {
		e.writeFailed(err)
	}
}

// restore sends the subscriptions again, through a send ring that may be shorter than the
// list. When the socket accepts no more it returns, and is called again later.
func (e *Engine) restore() error {
	for {
		full := len(e.session.Pending()) > 0
		for {
			m, keys, skip := e.subscriptions.item(e.subscriptions.next)
			if m == nil {
				e.subscriptions.unsent = false
				e.gate.clear(gateRestoring)
				return e.push()
			}
			if !skip {
				if _, err := e.send(m, &keys, fromRestore); err != nil {
					break // no room, or the connection is about to end
				}
				full = true
			}
			e.subscriptions.next++
		}
		if err := e.push(); err != nil || e.conn.stalled() || !full {
			return err
		}
	}
}

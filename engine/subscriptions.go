package engine

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// subscriptions are what the bot has asked for that lasts for one session of the exchange. After a login
// that began a new session they are sent again, before anything of the bot's but cancels. Settings are the
// session's to send again, for those are lost with every connection.
type subscriptions struct {
	markets    numbers
	events     numbers
	priceFeed  bool
	marketFeed bool
	off        bool

	// What admit has read, for subscribed to remember.
	id       uint32
	known    bool
	settings msg.Settings

	// One of each kind, for reading what is encoded and for sending it again.
	market         msg.MarketSubscribe
	event          msg.EventSubscribe
	priceFeedBody  msg.PriceFeedSubscribe
	marketFeedBody msg.MarketFeedSubscribe

	next int // of what is restored, the number of what comes next
}

// numbers is a bounded set of identifiers, in the order in which they came.
type numbers struct {
	list []uint32 // its capacity bounds it
}

func (s *numbers) has(id uint32) bool { return s.index(id) >= 0 }

func (s *numbers) index(id uint32) int {
	for i, v := range s.list {
		if v == id {
			return i
		}
	}
	return -1
}

func (s *numbers) add(id uint32) {
	if !s.has(id) {
		s.list = append(s.list, id)
	}
}

func (s *numbers) remove(id uint32) {
	if i := s.index(id); i >= 0 {
		s.list = append(s.list[:i], s.list[i+1:]...)
	}
}

// full reports whether id would be one too many.
func (s *numbers) full(id uint32) bool { return len(s.list) == cap(s.list) && !s.has(id) }

func newSubscriptions(most int, off bool) *subscriptions {
	s := &subscriptions{off: off}
	if !off {
		s.markets.list = make([]uint32, 0, most)
		s.events.list = make([]uint32, 0, most)
	}
	return s
}

// subscribing reports whether a message of this type asks for something that lasts, or ends it.
func subscribing(typ msg.PayloadType) bool {
	return uint(typ) < 64 && subscriptionTypes>>uint(typ)&1 != 0
}

// subscriptionTypes has a bit for each type that is subscribing.
const subscriptionTypes uint64 = 1<<msg.PayloadMarketSubscribe | 1<<msg.PayloadMarketUnsubscribe |
	1<<msg.PayloadEventSubscribe | 1<<msg.PayloadEventUnsubscribe |
	1<<msg.PayloadPriceFeedSubscribe | 1<<msg.PayloadPriceFeedUnsubscribe |
	1<<msg.PayloadMarketFeedSubscribe | 1<<msg.PayloadMarketFeedUnsubscribe |
	1<<msg.PayloadSettings

// admit reads what a message asks for, and returns ErrSubscriptions for one too many. What cannot be read is
// sent and not remembered: it is for the exchange to judge.
func (s *subscriptions) admit(m wire.Marshaler, keys *msg.Keys) error {
	if s.known = false; s.off {
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

// subscribed remembers what admit has read, now that it is sent.
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

// item returns the message of number i of what is to be restored, or nil if there is
// none of that number; skip says that it is not wanted.
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

// onLogin follows the login: subscriptions are sent again before a handler is called.
func (e *Engine) onLogin(ev *Event) {
	if e.conn.socket == nil {
		return // the connection ended before this was told
	}
	e.life.loggedIn = true
	e.backoff.established(e.now)
	e.subscriptions.next = 0
	if ev.Resumed || e.gate.has(gateStopping) {
		e.gate.clear(gateRestoring)
		return
	}
	e.gate.set(gateRestoring)
	if err := e.restore(); err != nil {
		e.fail(err)
	}
}

// restore sends again what lasts, through a send ring that may be shorter than the
// list. When the socket takes no more it returns, and is called again later.
func (e *Engine) restore() error {
	for {
		full := len(e.session.Pending()) > 0
		for {
			m, keys, skip := e.subscriptions.item(e.subscriptions.next)
			if m == nil {
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

package engine

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// standing is what the bot has asked for that lasts for one session of the
// exchange: subscriptions. After a login that began a new session it is sent again,
// before anything of the bot's but cancels. Settings are the session's to send
// again, for those are lost with every connection.
type standing struct {
	markets    numbers
	events     numbers
	priceFeed  bool
	marketFeed bool
	off        bool

	// One of each kind, for reading what is sent and for sending it again.
	market         msg.MarketSubscribe
	event          msg.EventSubscribe
	settings       msg.Settings // which the session sends again
	priceFeedBody  msg.PriceFeedSubscribe
	marketFeedBody msg.MarketFeedSubscribe
	scratch        [standingBytesMax]byte

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

func newStanding(most int, off bool) *standing {
	s := &standing{off: off}
	if !off {
		s.markets.list = make([]uint32, 0, most)
		s.events.list = make([]uint32, 0, most)
	}
	return s
}

// lasts reports whether a message of this type asks for something that lasts.
func lasts(typ msg.PayloadType) bool {
	switch typ {
	case msg.PayloadMarketSubscribe, msg.PayloadMarketUnsubscribe,
		msg.PayloadEventSubscribe, msg.PayloadEventUnsubscribe,
		msg.PayloadPriceFeedSubscribe, msg.PayloadPriceFeedUnsubscribe,
		msg.PayloadMarketFeedSubscribe, msg.PayloadMarketFeedUnsubscribe,
		msg.PayloadSettings:
		return true
	}
	return false
}

// read decodes a message that lasts, whatever family it is of, into the value of
// its kind, and refuses one subscription too many. What cannot be read is sent
// and not remembered: it is for the exchange to judge.
func (s *standing) read(typ msg.PayloadType, m wire.Marshaler) (ok bool, err error) {
	n := m.SizeVT()
	if s.off || n < 0 || n > len(s.scratch) {
		return false, nil
	}
	body := s.scratch[:n]
	if wrote, err := m.MarshalToSizedBufferVT(body); wrote != n || err != nil {
		return false, nil // Send says what is wrong with it
	}
	switch typ {
	case msg.PayloadMarketSubscribe, msg.PayloadMarketUnsubscribe:
		if s.market.Decode(body, nil) != nil || !s.market.HasMarketId() {
			return false, nil
		}
		if typ == msg.PayloadMarketSubscribe && s.markets.full(s.market.GetMarketId()) {
			return false, ErrSubscriptions
		}
	case msg.PayloadEventSubscribe, msg.PayloadEventUnsubscribe:
		if s.event.Decode(body, nil) != nil || !s.event.HasEventId() {
			return false, nil
		}
		if typ == msg.PayloadEventSubscribe && s.events.full(s.event.GetEventId()) {
			return false, ErrSubscriptions
		}
	case msg.PayloadSettings:
		if s.settings.Decode(body, nil) != nil || !s.settings.HasCancelAllOnFailure() {
			return false, nil
		}
	}
	return true, nil
}

// note remembers what read has read, now that it is sent.
func (s *standing) note(typ msg.PayloadType) {
	switch typ {
	case msg.PayloadMarketSubscribe:
		s.markets.add(s.market.GetMarketId())
	case msg.PayloadMarketUnsubscribe:
		s.markets.remove(s.market.GetMarketId())
	case msg.PayloadEventSubscribe:
		s.events.add(s.event.GetEventId())
	case msg.PayloadEventUnsubscribe:
		s.events.remove(s.event.GetEventId())
	case msg.PayloadPriceFeedSubscribe, msg.PayloadPriceFeedUnsubscribe:
		s.priceFeed = typ == msg.PayloadPriceFeedSubscribe
	case msg.PayloadMarketFeedSubscribe, msg.PayloadMarketFeedUnsubscribe:
		s.marketFeed = typ == msg.PayloadMarketFeedSubscribe
	}
}

// item returns the message of number i of what is to be restored, or nil if there is
// none of that number; skip says that it is not wanted.
func (s *standing) item(i int) (typ msg.PayloadType, m wire.Marshaler, skip bool) {
	switch i {
	case 0:
		return msg.PayloadPriceFeedSubscribe, &s.priceFeedBody, !s.priceFeed
	case 1:
		return msg.PayloadMarketFeedSubscribe, &s.marketFeedBody, !s.marketFeed
	}
	if i -= 2; i < len(s.markets.list) {
		s.market.SetMarketId(s.markets.list[i])
		return msg.PayloadMarketSubscribe, &s.market, false
	}
	if i -= len(s.markets.list); i < len(s.events.list) {
		s.event.SetEventId(s.events.list[i])
		return msg.PayloadEventSubscribe, &s.event, false
	}
	return 0, nil, false
}

// onLogin is the login. What lasts goes out before a handler hears of it.
func (e *Engine) onLogin(ev *Event) {
	if e.conn == nil {
		return // the connection ended before this was told
	}
	e.loggedIn = true
	e.backoff.established(e.now)
	e.standing.next = 0
	if e.restoring = !ev.Resumed && !e.stopping; e.restoring {
		if err := e.restore(); err != nil {
			e.fail(err)
		}
	}
}

// restore sends again what lasts, through a send ring that may be shorter than the
// list. When the socket takes no more it returns, and is called again later.
func (e *Engine) restore() error {
	for {
		full := len(e.session.Pending()) > 0
		for {
			typ, m, skip := e.standing.item(e.standing.next)
			if m == nil {
				e.restoring = false
				return e.push()
			}
			if !skip {
				if _, err := e.session.Send(e.now, typ, m); err != nil {
					break // no room, or the connection is about to end
				}
				full = true
			}
			e.standing.next++
		}
		if err := e.push(); err != nil || e.stalled != 0 || !full {
			return err
		}
	}
}

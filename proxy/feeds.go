package proxy

import (
	"cmp"
	"errors"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/msg"
)

// subject is a market or an event that a client subscribes to.
type subject struct {
	id    uint32
	event bool
}

// lingering is what stays subscribed to although no login subscribes to it any more, so that clients that come and go
// do not ask the exchange each time. It counts for the client that left last.
type lingering struct {
	by *client // nil while a login subscribes to it
	at int64
}

// leaveAfter is for how long.
const leaveAfter = 30_000_000_000 // ns

func (s *lingering) begin(c *client, now int64) {
	s.by, s.at = c, now
	c.lingering++
}

func (s *lingering) end() {
	if s.by != nil {
		s.by.lingering--
		s.by = nil
	}
}

func (s *lingering) over(now int64) bool { return s.by != nil && now >= s.at+leaveAfter }

// subjectsShare is how many times SubscriptionsMax a client may have by all of its logins, with what it left in the
// last 30 s: one that subscribes to ever other markets takes neither the exchange's time nor the engine's subscriptions
// from the other clients.
const subjectsShare = 2

// Subscriptions returns how many markets and events all clients together may subscribe to. An engine with less room,
// engine.Config.SubscriptionsMax, lets clients keep each other from subscribing.
func (c *Config) Subscriptions() (n int) {
	for i := range c.Clients {
		n += subjectsShare * cmp.Or(c.Clients[i].SubscriptionsMax, subsDefault)
	}
	return n
}

// mayAdd reports whether a login may subscribe to one more subject. lingers says that it is the client's already.
func (l *login) mayAdd(s subject, lingers bool) bool {
	c := l.client
	return len(l.markets)+len(l.events) < c.SubscriptionsMax &&
		(lingers || c.subjects[s] > 0 || len(c.subjects)+c.lingering < subjectsShare*c.SubscriptionsMax)
}

// leaves says that one login less subscribes to a subject.
func (c *client) leaves(s subject) {
	if c.subjects[s]--; c.subjects[s] == 0 {
		delete(c.subjects, s)
	}
}

// subscribe subscribes to a market, in the place of the one that was left first if there is no room.
func (p *Proxy) subscribe(id uint32) error {
	err := p.engine.Subscribe(id)
	if !errors.Is(err, engine.ErrSubscriptions) {
		return err
	}
	var first *market
	for _, m := range p.markets {
		if m.lingering.by != nil && (first == nil || m.lingering.at < first.lingering.at) {
			first = m
		}
	}
	if first == nil || !p.endMarket(first) {
		return err
	}
	return p.engine.Subscribe(id)
}

// endMarket unsubscribes from a market that was left. It reports false if that is not possible now.
func (p *Proxy) endMarket(m *market) bool {
	if p.engine.Unsubscribe(m.id) != nil {
		return false
	}
	m.lingering.end()
	delete(p.markets, m.id)
	return true
}

// leaveMarkets unsubscribes from markets that nobody subscribes to any more.
func (p *Proxy) leaveMarkets(now int64) {
	for _, m := range p.markets {
		if m.lingering.over(now) {
			p.endMarket(m)
		}
	}
}

// event is an event that somebody subscribes to.
type event struct {
	logins    int
	on        bool // the exchange was asked for it
	lingering lingering
}

// SubscribeEvent implements gateway.Login. Without a session the exchange is asked as soon as there is one.
func (l *login) SubscribeEvent(id uint32) {
	p := l.proxy
	if _, ok := l.events[id]; ok {
		return
	}
	e := p.events[id]
	if !l.mayAdd(subject{id, true}, e != nil && e.lingering.by == l.client) {
		p.stats.SubscriptionsRefused++
		return
	}
	if e == nil {
		e = &event{}
		p.events[id] = e
	}
	e.lingering.end()
	e.logins++
	l.client.subjects[subject{id, true}]++
	l.events[id] = struct{}{}
	p.keepEvent(id, e, p.now())
}

// UnsubscribeEvent implements gateway.Login.
func (l *login) UnsubscribeEvent(id uint32) {
	if _, ok := l.events[id]; ok {
		delete(l.events, id)
		l.proxy.leaveEvent(l, id)
	}
}

func (p *Proxy) leaveEvent(l *login, id uint32) {
	l.client.leaves(subject{id, true})
	e := p.events[id]
	if e.logins--; e.logins == 0 {
		e.lingering.begin(l.client, p.now())
	}
}

// keepEvent asks the exchange for what is wanted of an event.
func (p *Proxy) keepEvent(id uint32, e *event, now int64) {
	switch {
	case e.lingering.over(now):
		if e.on {
			var m msg.EventUnsubscribe
			m.SetEventId(id)
			e.on = !p.ask(&m)
		}
		if !e.on {
			e.lingering.end()
			delete(p.events, id)
		}
	case e.logins > 0 && !e.on:
		var m msg.EventSubscribe
		m.SetEventId(id)
		e.on = p.ask(&m)
	}
}

// ask sends a message about subscriptions, if there is a session. It reports false if it was not sent.
func (p *Proxy) ask(m engine.Message) bool {
	if !p.up {
		return false
	}
	_, err := p.engine.Send(m)
	return err == nil
}

// feed is the exchange's feed of all prices or of all states, which begins with what is there. So a login that joins
// others has it begin again.
type feed struct {
	subscribe, unsubscribe engine.Message

	logins int   // that have it
	on     bool  // the exchange was asked for it
	joined bool  // a login has it that has not seen its beginning
	asked  int64 // when the exchange was asked last
}

// feedEvery is how often a feed may begin again: each time everybody gets all of it.
const feedEvery = 1_000_000_000 // ns

// feeds are the exchange's feeds.
type feeds struct{ prices, states feed }

func newFeeds() feeds {
	return feeds{
		prices: feed{
			subscribe: &msg.PriceFeedSubscribe{}, unsubscribe: &msg.PriceFeedUnsubscribe{}, asked: -feedEvery,
		},
		states: feed{
			subscribe: &msg.MarketFeedSubscribe{}, unsubscribe: &msg.MarketFeedUnsubscribe{}, asked: -feedEvery,
		},
	}
}

// PriceFeed implements gateway.Login.
func (l *login) PriceFeed(on bool) {
	if l.priceFeed == on {
		return
	}
	if l.priceFeed, l.priced = on, nil; on {
		l.priced = map[uint32]struct{}{}
	}
	l.proxy.changeFeed(&l.proxy.prices, on)
}

// MarketFeed implements gateway.Login.
func (l *login) MarketFeed(on bool) {
	if l.marketFeed == on {
		return
	}
	l.marketFeed = on
	l.proxy.changeFeed(&l.proxy.states, on)
}

func (p *Proxy) changeFeed(f *feed, on bool) {
	if on {
		f.logins++
		f.joined = true
	} else {
		f.logins--
	}
	p.keepFeed(f, p.now())
}

// keepFeed asks the exchange for what is wanted of a feed.
func (p *Proxy) keepFeed(f *feed, now int64) {
	switch {
	case f.logins == 0:
		f.on = f.on && !p.ask(f.unsubscribe)
	case !f.on || f.joined:
		if now < f.asked+feedEvery || f.on && !p.ask(f.unsubscribe) {
			return
		}
		if f.on = p.ask(f.subscribe); f.on {
			f.joined, f.asked = false, now
		}
	}
}

// keepFeeds asks the exchange for what is wanted of events and feeds.
func (p *Proxy) keepFeeds(now int64) {
	if !p.up {
		return
	}
	p.keepFeed(&p.prices, now)
	p.keepFeed(&p.states, now)
	for id, e := range p.events {
		p.keepEvent(id, e, now)
	}
}

package core

import (
	"slices"

	"github.com/smk-go/smk/gen/msg"
)

// feeds are the sessions that are told about every market.
type feeds struct {
	prices []*Session
	states []*Session
}

func (f *feeds) drop(s *Session) {
	f.prices = without(f.prices, s)
	f.states = without(f.states, s)
}

// subscribes reports whether the session subscribed to a market.
func (s *Session) subscribes(m *market) bool {
	for _, other := range s.markets {
		if other == m {
			return true
		}
	}
	return false
}

// Subscribe sends a market's quotes and state, as soon as there is room for them,
// and from then on what changes. Of an unknown market it sends empty quotes.
// Subscribing again sends both again.
func (s *Session) Subscribe(id uint32) {
	if s.sink == nil {
		return
	}
	x := s.x
	m := x.byMarket[id]
	if m == nil {
		x.snapshot.Reset()
		x.finishSnapshot(id, 0)
		s.sink.Publish(&x.snapshot)
		return
	}
	if !s.subscribes(m) {
		s.markets = append(s.markets, m)
		m.subscribers = append(m.subscribers, s)
	}
	if !s.awaits(m) {
		s.owed = append(s.owed, m)
	}
	s.Continue()
}

// Unsubscribe ends a subscription. There is no answer.
func (s *Session) Unsubscribe(id uint32) {
	m := s.x.byMarket[id]
	if m == nil {
		return
	}
	s.markets = without(s.markets, m)
	m.subscribers = without(m.subscribers, s)
	if m.index >= s.pricesSent { // else the price feed goes on with the snapshot
		s.owed = without(s.owed, m)
	}
}

// PriceFeed turns the quotes of every market on or off. Turned on, it begins with
// the quotes of each; a market's updates follow its own.
func (s *Session) PriceFeed(on bool) {
	if s.sink == nil || on == s.priceFeed {
		return
	}
	s.priceFeed, s.pricesSent = on, 0
	if !on {
		s.x.feeds.prices = without(s.x.feeds.prices, s)
		s.owed = slices.DeleteFunc(s.owed, func(m *market) bool { return !s.subscribes(m) })
		return
	}
	s.x.feeds.prices = append(s.x.feeds.prices, s)
	s.Continue()
}

// MarketFeed turns the states of every market on or off. Turned on, it begins
// with the state of each.
func (s *Session) MarketFeed(on bool) {
	if s.sink == nil || on == s.marketFeed {
		return
	}
	s.marketFeed, s.statesSent = on, 0
	if !on {
		s.x.feeds.states = without(s.x.feeds.states, s)
		return
	}
	s.x.feeds.states = append(s.x.feeds.states, s)
	s.Continue()
}

// sendSnapshot sends all visible levels of a market's contracts. Contracts with
// nothing to show are left out.
func (s *Session) sendSnapshot(m *market) {
	x := s.x
	x.snapshot.Reset()
	for _, c := range m.contracts {
		if len(c.shown[buy])+len(c.shown[sell]) == 0 && c.last.price == 0 {
			continue
		}
		q := x.snapshot.AddContractQuotes()
		for _, l := range c.shown[buy] {
			b := q.AddBids()
			b.SetPrice(l.price)
			b.SetQuantity(l.quantity)
		}
		for _, l := range c.shown[sell] {
			o := q.AddOffers()
			o.SetPrice(l.price)
			o.SetQuantity(l.quantity)
		}
		if c.last.price != 0 {
			c.last.put(q.MutableLastExecution())
			q.SetHighPrice(c.high)
			q.SetLowPrice(c.low)
		}
		q.SetMarketId(m.id)
		q.SetContractId(c.id)
	}
	x.finishSnapshot(m.id, m.volume)
	s.sink.Publish(&x.snapshot)
}

func (x *Exchange) finishSnapshot(id uint32, volume uint64) {
	x.snapshot.SetPriceType(msg.PricePercentOdds)
	x.snapshot.SetQuantityType(msg.QuantityPayoffCurrency)
	x.snapshot.SetExecutedVolume(volume)
	x.snapshot.SetMarketId(id)
}

// sendState sends a market's state and that of its contracts.
func (s *Session) sendState(m *market, reason string) {
	s.x.fillState(m, reason)
	s.sink.Publish(&s.x.state)
}

func (x *Exchange) fillState(m *market, reason string) {
	st := &x.state
	st.Reset()
	st.SetState(m.state)
	st.SetMarketId(m.id)
	if reason != "" {
		st.SetReasonString(reason)
	}
	for _, c := range m.contracts {
		cs := st.AddContracts()
		cs.SetContractId(c.id)
		cs.SetState(c.state)
		if c.reduceFactor != 0 {
			cs.SetReduceType(c.reduceType)
			cs.SetReduceFactor(c.reduceFactor)
		}
	}
}

func (s *Session) sendManaged(m *market) {
	s.x.fillManaged(m)
	s.sink.Publish(&s.x.managed)
}

func (x *Exchange) fillManaged(m *market) {
	x.managed.Reset()
	x.managed.SetMarketId(m.id)
	x.managed.SetManagedState(msg.MarketUnmanaged)
	if m.managed {
		x.managed.SetManagedState(msg.MarketManaged)
	}
}

// tellMarket publishes a market's state to those who follow it.
func (x *Exchange) tellMarket(m *market, reason string) {
	x.fillState(m, reason)
	x.broadcast(m, &x.state)
}

// broadcast sends a message about a market's state to its subscribers and to the
// market feed.
func (x *Exchange) broadcast(m *market, b Message) {
	for _, s := range m.subscribers {
		s.sink.Publish(b)
	}
	for _, s := range x.feeds.states {
		if !s.subscribes(m) {
			s.sink.Publish(b)
		}
	}
}

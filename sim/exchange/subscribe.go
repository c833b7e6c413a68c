package exchange

import (
	"slices"

	"github.com/smk-go/smk/gen/msg"
)

// feeds are the sessions that are told about every market.
type feeds struct {
	prices []*Login
	states []*Login
}

func (f *feeds) remove(s *Login) {
	f.prices = remove(f.prices, s)
	f.states = remove(f.states, s)
}

// subscribes reports whether the session subscribed to a market.
func (s *Login) subscribes(m *market) bool {
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
func (s *Login) Subscribe(id uint32) {
	if s.sink == nil {
		return
	}
	x := s.exchange
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
	if !s.awaitsSnapshot(m) {
		s.pendingSnapshots = append(s.pendingSnapshots, m)
	}
	s.SendSnapshots()
}

// Unsubscribe ends a subscription. There is no answer.
func (s *Login) Unsubscribe(id uint32) {
	m := s.exchange.byMarket[id]
	if m == nil {
		return
	}
	s.markets = remove(s.markets, m)
	m.subscribers = remove(m.subscribers, s)
	if m.index >= s.priceSnapshotsSent { // else the price feed goes on with the snapshot
		s.pendingSnapshots = remove(s.pendingSnapshots, m)
	}
}

// PriceFeed turns the quotes of every market on or off. Turned on, it begins with
// the quotes of each; a market's updates follow its own.
func (s *Login) PriceFeed(on bool) {
	if s.sink == nil || on == s.priceFeed {
		return
	}
	s.priceFeed, s.priceSnapshotsSent = on, 0
	if !on {
		s.exchange.feeds.prices = remove(s.exchange.feeds.prices, s)
		s.pendingSnapshots = slices.DeleteFunc(s.pendingSnapshots, func(m *market) bool { return !s.subscribes(m) })
		return
	}
	s.exchange.feeds.prices = append(s.exchange.feeds.prices, s)
	s.SendSnapshots()
}

// MarketFeed turns the states of every market on or off. Turned on, it begins
// with the state of each.
func (s *Login) MarketFeed(on bool) {
	if s.sink == nil || on == s.marketFeed {
		return
	}
	s.marketFeed, s.stateSnapshotsSent = on, 0
	if !on {
		s.exchange.feeds.states = remove(s.exchange.feeds.states, s)
		return
	}
	s.exchange.feeds.states = append(s.exchange.feeds.states, s)
	s.SendSnapshots()
}

// sendSnapshot sends all visible levels of a market's contracts. Contracts with
// nothing to show are left out.
func (s *Login) sendSnapshot(m *market) {
	x := s.exchange
	x.snapshot.Reset()
	for _, c := range m.contracts {
		if len(c.shown[buy])+len(c.shown[sell]) == 0 && c.lastExecution.price == 0 {
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
		if c.lastExecution.price != 0 {
			c.lastExecution.fill(q.MutableLastExecution())
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
func (s *Login) sendState(m *market, reason string) {
	s.exchange.fillState(m, reason)
	s.sink.Publish(&s.exchange.state)
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

func (s *Login) sendManaged(m *market) {
	s.exchange.fillManaged(m)
	s.sink.Publish(&s.exchange.managed)
}

func (x *Exchange) fillManaged(m *market) {
	x.managed.Reset()
	x.managed.SetMarketId(m.id)
	x.managed.SetManagedState(msg.MarketUnmanaged)
	if m.managed {
		x.managed.SetManagedState(msg.MarketManaged)
	}
}

// publishState publishes a market's state to those who follow it.
func (x *Exchange) publishState(m *market, reason string) {
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

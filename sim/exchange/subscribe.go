package exchange

import (
	"slices"

	"github.com/smk-go/smk/gen/msg"
)

// feeds are the logins that receive every market.
type feeds struct {
	prices  []*Login
	markets []*Login
}

func (f *feeds) remove(l *Login) {
	f.prices = remove(f.prices, l)
	f.markets = remove(f.markets, l)
}

// subscribes reports whether the login subscribed to a market.
func (l *Login) subscribes(m *market) bool {
	for _, other := range l.markets {
		if other == m {
			return true
		}
	}
	return false
}

// Subscribe sends a market's quotes and state as soon as there is room for them, and its changes from then
// on. An unknown market has empty quotes. Subscribing again sends both again.
func (l *Login) Subscribe(id uint32) {
	if l.sink == nil {
		return
	}
	x := l.exchange
	m := x.byMarket[id]
	if m == nil {
		x.buf.snapshot.Reset()
		x.finishSnapshot(id, 0)
		l.sink.Publish(&x.buf.snapshot)
		return
	}
	if !l.subscribes(m) {
		l.markets = append(l.markets, m)
		m.subscribers = append(m.subscribers, l)
	}
	if !l.awaitsSnapshot(m) {
		l.pendingSnapshots = append(l.pendingSnapshots, m)
	}
	l.SendSnapshots()
}

// Unsubscribe ends a subscription. There is no answer.
func (l *Login) Unsubscribe(id uint32) {
	m := l.exchange.byMarket[id]
	if m == nil {
		return
	}
	l.markets = remove(l.markets, m)
	m.subscribers = remove(m.subscribers, l)
	if m.index >= l.priceSnapshotsSent { // otherwise the price feed continues with the snapshot
		l.pendingSnapshots = remove(l.pendingSnapshots, m)
	}
}

// PriceFeed turns the quotes of every market on or off. The feed starts with a snapshot of each market,
// which the market's updates follow.
func (l *Login) PriceFeed(on bool) {
	if l.sink == nil || on == l.priceFeed {
		return
	}
	l.priceFeed, l.priceSnapshotsSent = on, 0
	if !on {
		l.exchange.feeds.prices = remove(l.exchange.feeds.prices, l)
		l.pendingSnapshots = slices.DeleteFunc(l.pendingSnapshots, func(m *market) bool { return !l.subscribes(m) })
		return
	}
	l.exchange.feeds.prices = append(l.exchange.feeds.prices, l)
	l.SendSnapshots()
}

// MarketFeed turns the states of every market on or off. The feed starts with the state of each.
func (l *Login) MarketFeed(on bool) {
	if l.sink == nil || on == l.marketFeed {
		return
	}
	l.marketFeed, l.stateSnapshotsSent = on, 0
	if !on {
		l.exchange.feeds.markets = remove(l.exchange.feeds.markets, l)
		return
	}
	l.exchange.feeds.markets = append(l.exchange.feeds.markets, l)
	l.SendSnapshots()
}

// sendSnapshot sends all visible levels of a market. Empty contracts are left out.
func (l *Login) sendSnapshot(m *market) {
	x := l.exchange
	x.buf.snapshot.Reset()
	for _, c := range m.contracts {
		if c.stale {
			x.show(c)
		}
		if len(c.shown[buy])+len(c.shown[sell]) == 0 && c.lastExecution.price == 0 {
			continue
		}
		q := x.buf.snapshot.AddContractQuotes()
		for _, l := range c.shown[buy] {
			b := q.AddBids()
			b.SetPrice(keyOf(buy, l.key))
			b.SetQuantity(l.quantity)
		}
		for _, l := range c.shown[sell] {
			o := q.AddOffers()
			o.SetPrice(keyOf(sell, l.key))
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
	l.sink.Publish(&x.buf.snapshot)
}

func (x *Exchange) finishSnapshot(id uint32, volume uint64) {
	x.buf.snapshot.SetPriceType(msg.PricePercentOdds)
	x.buf.snapshot.SetQuantityType(msg.QuantityPayoffCurrency)
	x.buf.snapshot.SetExecutedVolume(volume)
	x.buf.snapshot.SetMarketId(id)
}

// sendState sends the state of a market and of its contracts.
func (l *Login) sendState(m *market, reason string) {
	l.exchange.fillState(m, reason)
	l.sink.Publish(&l.exchange.buf.state)
}

func (x *Exchange) fillState(m *market, reason string) {
	st := &x.buf.state
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

func (l *Login) sendManaged(m *market) {
	l.exchange.fillManaged(m)
	l.sink.Publish(&l.exchange.buf.managed)
}

func (x *Exchange) fillManaged(m *market) {
	x.buf.managed.Reset()
	x.buf.managed.SetMarketId(m.id)
	x.buf.managed.SetManagedState(msg.MarketUnmanaged)
	if m.managed {
		x.buf.managed.SetManagedState(msg.MarketManaged)
	}
}

// publishState publishes a market's state.
func (x *Exchange) publishState(m *market, reason string) {
	x.fillState(m, reason)
	x.broadcast(m, &x.buf.state)
}

// broadcast sends a message about a market's state to its subscribers and to the market feed.
func (x *Exchange) broadcast(m *market, b Message) {
	for _, l := range m.subscribers {
		l.sink.Publish(b)
	}
	for _, l := range x.feeds.markets {
		if !l.subscribes(m) {
			l.sink.Publish(b)
		}
	}
}

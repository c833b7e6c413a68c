package proxy

import (
	"slices"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/exchange"
)

// market is a market that somebody subscribes to.
type market struct {
	id        uint32
	logins    []*login // in the order of their subscriptions
	lingering lingering
	known     bool // a snapshot came
	lost      bool // the session was lost since
	contracts []uint32
	volume    uint64
	hasVolume bool
	stateRaw  []byte // the last market_state, encoded; empty if none came
	managed   []byte // the last market_managed_state likewise
}

// Subscribe implements gateway.Login.
func (l *login) Subscribe(id uint32) {
	p := l.proxy
	if _, ok := l.markets[id]; ok {
		l.markets[id] = false // another snapshot
		l.await(id)
		return
	}
	m := p.markets[id]
	if !l.client.mayUse(id) || !l.mayAdd(subject{id: id}, m != nil && m.lingering.by == l.client) {
		p.stats.SubscriptionsRefused++
		return
	}
	if m == nil {
		if err := p.subscribe(id); err != nil {
			p.log.Warn("market not subscribed to", "client", l.client.Name, "market", id, "error", err)
			p.stats.SubscriptionsRefused++
			return
		}
		m = &market{id: id}
		p.markets[id] = m
	}
	m.lingering.end()
	l.markets[id] = false
	l.client.subjects[subject{id: id}]++
	m.logins = append(m.logins, l)
	l.await(id)
}

// Unsubscribe implements gateway.Login.
func (l *login) Unsubscribe(id uint32) {
	if _, ok := l.markets[id]; ok {
		delete(l.markets, id)
		l.proxy.leaveMarket(l, id)
	}
}

func (p *Proxy) leaveMarket(l *login, id uint32) {
	m := p.markets[id]
	if i := slices.Index(m.logins, l); i >= 0 {
		m.logins = slices.Delete(m.logins, i, i+1)
	}
	l.client.leaves(subject{id: id})
	if len(m.logins) == 0 {
		m.lingering.begin(l.client, p.now())
	}
}

// onMarketData passes market data on to those who subscribed to it.
func (p *Proxy) onMarketData(ev *engine.Event) {
	m := ev.Payload
	switch m.GetType() {
	case msg.PayloadContractQuotes:
		p.onContractQuotes(m.GetContractQuotes())
	case msg.PayloadMarketQuotes:
		p.onMarketQuotes(m.GetMarketQuotes())
	case msg.PayloadMarketState:
		p.onMarketState(m.GetMarketState())
	case msg.PayloadMarketManagedState:
		p.onManagedState(m.GetMarketManagedState())
	case msg.PayloadRunningballNotification:
		b := m.GetRunningballNotification()
		for l := range p.loginsWith(func(l *login) bool { _, ok := l.events[b.GetEventId()]; return ok }) {
			l.sink.Publish(b)
		}
	case msg.PayloadBalanceChanged:
		for l := range p.loginsWith(func(l *login) bool { return l.client.Balance }) {
			l.sink.Publish(m.GetBalanceChanged())
		}
	}
}

// loginsWith yields the logins of all clients that f reports true for.
func (p *Proxy) loginsWith(f func(*login) bool) func(yield func(*login) bool) {
	return func(yield func(*login) bool) {
		for _, c := range p.clients {
			for _, l := range c.logins {
				if f(l) && !yield(l) {
					return
				}
			}
		}
	}
}

func (p *Proxy) onContractQuotes(q *msg.ContractQuotes) {
	id := q.GetMarketId()
	m := p.markets[id]
	if m != nil {
		if !slices.Contains(m.contracts, q.GetContractId()) {
			m.contracts = append(m.contracts, q.GetContractId())
		}
		for _, l := range m.logins {
			if l.markets[id] {
				l.sink.Publish(q)
			}
		}
	}
	p.publishFeed(id, m, q, false)
}

// publishFeed passes a message on to those who have the price feed and did not subscribe to the market besides: changes
// behind a snapshot only.
func (p *Proxy) publishFeed(id uint32, m *market, body exchange.Message, snapshot bool) {
	if p.prices.logins == 0 {
		return
	}
	for l := range p.loginsWith(func(l *login) bool { return l.priceFeed && l.client.mayUse(id) }) {
		if snapshot {
			l.priced[id] = struct{}{}
		} else if _, ok := l.priced[id]; !ok {
			continue
		}
		if _, subscribed := l.markets[id]; !subscribed || m == nil {
			l.sink.Publish(body)
		}
	}
}

// onMarketQuotes passes a snapshot on, which replaces what everybody had of the market.
func (p *Proxy) onMarketQuotes(q *msg.MarketQuotes) {
	id := q.GetMarketId()
	m := p.markets[id]
	if m != nil {
		m.known, m.lost, m.contracts = true, false, m.contracts[:0]
		m.volume, m.hasVolume = q.GetExecutedVolume(), q.HasExecutedVolume()
		list := q.GetContractQuotes()
		for i := range list {
			m.contracts = append(m.contracts, list[i].GetContractId())
		}
		for _, l := range m.logins {
			l.markets[id] = true
			if i := slices.Index(l.pending, id); i >= 0 {
				l.pending = slices.Delete(l.pending, i, i+1)
			}
			l.sink.Publish(q)
		}
	}
	p.publishFeed(id, m, q, true)
}

func (p *Proxy) onMarketState(s *msg.MarketState) {
	id := s.GetMarketId()
	m := p.markets[id]
	if m != nil {
		m.stateRaw = encode(m.stateRaw, s)
	}
	for l := range p.loginsWith(func(l *login) bool { return l.receives(id) }) {
		l.sink.Publish(s)
	}
}

func (p *Proxy) onManagedState(s *msg.MarketManagedState) {
	id := s.GetMarketId()
	m := p.markets[id]
	if m != nil {
		m.managed = encode(m.managed, s)
	}
	for l := range p.loginsWith(func(l *login) bool { return l.receives(id) }) {
		l.sink.Publish(s)
	}
}

// receives reports whether a login is sent the state of a market now: with a subscription once it has the snapshot.
func (l *login) receives(id uint32) bool {
	return l.markets[id] || l.marketFeed && l.client.mayUse(id)
}

// encode encodes a body into b's memory.
func encode(b []byte, m exchange.Message) []byte {
	n := m.SizeVT()
	b = slices.Grow(b[:0], n)[:n]
	if _, err := m.MarshalToSizedBufferVT(b); err != nil {
		return b[:0] // a field that the exchange left out
	}
	return b
}

// await has a login wait for a market's snapshot, which is sent now if it is known and there is room.
func (l *login) await(id uint32) {
	if !slices.Contains(l.pending, id) {
		l.pending = append(l.pending, id)
	}
	l.SendSnapshots()
}

// HasPendingSnapshots implements gateway.Login.
func (l *login) HasPendingSnapshots() bool { return len(l.pending) > 0 }

// SendSnapshots implements gateway.Login. Markets of which the exchange's snapshot is awaited are left to that.
func (l *login) SendSnapshots() {
	kept := l.pending[:0]
	for i, id := range l.pending {
		m := l.proxy.markets[id]
		if _, ok := l.markets[id]; !ok || m == nil {
			continue
		}
		q := l.proxy.snapshot(m)
		switch {
		case q == nil:
			kept = append(kept, id)
			continue
		case !l.sink.Room(q.SizeVT() + snapshotExtra):
			kept = append(kept, l.pending[i:]...)
			l.pending = kept
			return
		}
		l.markets[id] = true
		l.sink.Publish(q)
		l.sendStates(m)
	}
	l.pending = kept
}

const snapshotExtra = 4096 // bytes of the states behind a snapshot, and of the frames

// sendStates sends what is known of a market's state, behind a snapshot of ours. The exchange does so behind its own.
func (l *login) sendStates(m *market) {
	p := &l.proxy.state
	if len(m.stateRaw) > 0 && p.MutableMarketState().Decode(m.stateRaw, nil) == nil {
		l.sink.Publish(p.GetMarketState())
	}
	if len(m.managed) > 0 && p.MutableMarketManagedState().Decode(m.managed, nil) == nil {
		l.sink.Publish(p.GetMarketManagedState())
	}
}

// snapshot returns a market's books as the exchange would send them, nil if they are not known for sure: then a
// snapshot of the exchange is awaited. It is valid until the next call.
func (p *Proxy) snapshot(m *market) *msg.MarketQuotes {
	if !m.known || m.lost || !p.up {
		return nil
	}
	q := p.state.MutableMarketQuotes()
	q.Reset()
	q.SetMarketId(m.id)
	q.SetPriceType(msg.PricePercentOdds)
	q.SetQuantityType(msg.QuantityPayoffCurrency)
	traded := uint64(0)
	for _, id := range m.contracts {
		b, ok := p.engine.Book(m.id, id)
		if !ok {
			return nil
		}
		state, causes := b.State()
		if state == book.Awaiting || state == book.Suspect && causes&^(book.Halt|book.TooOld) != 0 {
			return nil
		}
		traded += uint64(b.Traded())
		p.addContract(q, b)
	}
	if m.hasVolume {
		q.SetExecutedVolume(m.volume + traded)
	}
	return q
}

// addContract adds a contract to a snapshot. One without quotes and executions is left out, as on the exchange.
func (p *Proxy) addContract(q *msg.MarketQuotes, b book.Contract) {
	last, traded := b.Last()
	if b.Depth(odds.Buy)+b.Depth(odds.Sell) == 0 && !traded {
		return
	}
	c := q.AddContractQuotes()
	c.SetMarketId(b.Market())
	c.SetContractId(b.ID())
	p.levels = b.Levels(p.levels[:0], odds.Buy)
	for _, level := range p.levels {
		bid := c.AddBids()
		bid.SetPrice(uint32(level.Price))
		bid.SetQuantity(uint64(level.Quantity))
	}
	p.levels = b.Levels(p.levels[:0], odds.Sell)
	for _, level := range p.levels {
		offer := c.AddOffers()
		offer.SetPrice(uint32(level.Price))
		offer.SetQuantity(uint64(level.Quantity))
	}
	if traded {
		e := c.MutableLastExecution()
		e.SetPrice(uint32(last.Price))
		e.SetQuantity(uint64(last.Quantity))
		e.SetLiquidity(msg.Side(last.Side))
		e.SetMicroseconds(last.Microseconds)
	}
	if v := b.High(); v != 0 {
		c.SetHighPrice(uint32(v))
	}
	if v := b.Low(); v != 0 {
		c.SetLowPrice(uint32(v))
	}
}

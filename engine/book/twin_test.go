package book_test

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// twin is what Books does, written to be read: maps, lists that are sorted anew, rational numbers.
type twin struct {
	depth, depthMax, roomMarkets, roomContracts int
	fed                                         bool
	causes                                      book.Causes
	markets                                     map[uint32]*twinMarket
	own                                         map[uint64]book.Own
}

type twinMarket struct {
	subscribed, fed, known, base, awaiting, closed bool

	state     msg.MarketStateType
	causes    book.Causes
	volume    odds.Quantity
	contracts map[uint32]*twinContract
}

type twinContract struct {
	sides     [2]map[odds.Price]odds.Quantity // bids, offers
	cut       int
	halted    bool
	closed    bool
	last      odds.Price
	high, low odds.Price
	traded    odds.Quantity
}

func newTwin(c book.Config) *twin {
	return &twin{
		depth: c.Depth, depthMax: c.DepthMax, roomMarkets: c.Markets, roomContracts: c.Contracts,
		markets: map[uint32]*twinMarket{}, own: map[uint64]book.Own{},
	}
}

func (c *twinContract) clear() {
	c.sides = [2]map[odds.Price]odds.Quantity{{}, {}}
	c.cut, c.traded = 0, 0
}

func (c *twinContract) forgetTrades() { c.last, c.high, c.low, c.traded = 0, 0, 0, 0 }

// levels returns a side, best first.
func levels(m map[odds.Price]odds.Quantity, side int) []book.Level {
	list := []book.Level{}
	for p, q := range m {
		list = append(list, book.Level{Price: p, Quantity: q})
	}
	slices.SortFunc(list, func(a, b book.Level) int {
		if side == 0 {
			return cmp.Compare(b.Price, a.Price)
		}
		return cmp.Compare(a.Price, b.Price)
	})
	return list
}

func (t *twin) market(id uint32) *twinMarket {
	m := t.markets[id]
	if m == nil && id != 0 && len(t.markets) < t.roomMarkets {
		m = &twinMarket{contracts: map[uint32]*twinContract{}}
		t.markets[id] = m
	}
	return m
}

// contract returns a contract, nil if there is no room for it.
func (t *twin) contract(m *twinMarket, id uint32) *twinContract {
	c := m.contracts[id]
	n := 0
	for _, m := range t.markets {
		n += len(m.contracts)
	}
	if c == nil && id != 0 && n < t.roomContracts {
		c = &twinContract{}
		c.clear()
		m.contracts[id] = c
	}
	return c
}

// tidy forgets what nobody needs.
func (t *twin) tidy() {
	for id, m := range t.markets {
		if m.subscribed || m.fed {
			continue
		}
		for ct := range m.contracts {
			if !t.hasOwn(id, ct) {
				delete(m.contracts, ct)
			}
		}
		if len(m.contracts) == 0 {
			delete(t.markets, id)
		}
	}
}

func (t *twin) hasOwn(market, contract uint32) bool {
	for _, o := range t.own {
		if o.Market == market && o.Contract == contract {
			return true
		}
	}
	return false
}

// validQuotes is what every update and every part of a snapshot has to be.
func validQuotes(lists ...[]msg.Quote) bool {
	for _, list := range lists {
		for i := range list {
			p, q := list[i].GetPrice(), list[i].GetQuantity()
			if p < 1 || p > 9999 || q > uint64(odds.QuantityMax) {
				return false
			}
		}
	}
	return true
}

func validTrades(q *msg.ContractQuotes) bool {
	list := slices.Clone(q.GetExecutions())
	if q.HasLastExecution() {
		list = append(list, *q.GetLastExecution())
	}
	for i := range list {
		if list[i].GetPrice() < 1 || list[i].GetPrice() > 9999 || list[i].GetQuantity() > uint64(odds.QuantityMax) {
			return false
		}
	}
	return (!q.HasHighPrice() || q.GetHighPrice() >= 1 && q.GetHighPrice() <= 9999) &&
		(!q.HasLowPrice() || q.GetLowPrice() >= 1 && q.GetLowPrice() <= 9999)
}

// change applies levels to a side and returns all of them, and the rank of the worst that was set.
func change(old map[odds.Price]odds.Quantity, side int, quotes []msg.Quote) (list []book.Level, rank int) {
	now := map[odds.Price]odds.Quantity{}
	for p, q := range old {
		now[p] = q
	}
	var set []odds.Price
	for i := range quotes {
		p, q := odds.Price(quotes[i].GetPrice()), odds.Quantity(quotes[i].GetQuantity())
		now[p] = q
		if q == 0 {
			delete(now, p)
		} else {
			set = append(set, p)
		}
	}
	list = levels(now, side)
	for i, l := range list {
		for _, p := range set {
			if side == 0 && l.Price >= p || side == 1 && l.Price <= p {
				rank = i + 1
			}
		}
	}
	return list, rank
}

// keep makes a list a side of a contract, as far as it is in the window.
func (t *twin) keep(c *twinContract, side int, list []book.Level, rank int) {
	if rank > t.depth {
		t.depth = rank
		for _, m := range t.markets {
			for _, other := range m.contracts {
				if other.cut > 0 && other.cut < t.depth {
					m.causes |= book.Window
				}
			}
		}
	}
	if len(list) > t.depth {
		list = list[:t.depth]
		if c.cut == 0 || c.cut > t.depth {
			c.cut = t.depth
		}
	}
	c.sides[side] = map[odds.Price]odds.Quantity{}
	for _, l := range list {
		c.sides[side][l.Price] = l.Quantity
	}
}

func (t *twin) update(q *msg.ContractQuotes) {
	m := t.markets[q.GetMarketId()]
	if m == nil || !m.base || m.closed {
		return
	}
	c := t.contract(m, q.GetContractId())
	if c == nil {
		if q.GetContractId() == 0 {
			m.causes |= book.Invalid
		} else {
			m.causes |= book.Full
		}
		return
	}
	if c.closed {
		return
	}
	quotes := [2][]msg.Quote{q.GetBids(), q.GetOffers()}
	bad := !validQuotes(quotes[:]...)
	for i := range q.GetExecutions() {
		e := &q.GetExecutions()[i]
		bad = bad || e.GetPrice() < 1 || e.GetPrice() > 9999 || e.GetQuantity() > uint64(odds.QuantityMax)
	}
	bad = bad || q.HasHighPrice() && (q.GetHighPrice() < 1 || q.GetHighPrice() > 9999) ||
		q.HasLowPrice() && (q.GetLowPrice() < 1 || q.GetLowPrice() > 9999)
	var lists [2][]book.Level
	var ranks [2]int
	for side := range quotes {
		bad = bad || len(quotes[side]) > 2*t.depthMax
		if !bad {
			lists[side], ranks[side] = change(c.sides[side], side, quotes[side])
			bad = ranks[side] > t.depthMax
		}
	}
	if bad {
		m.causes |= book.Invalid
		return
	}
	for side := range lists {
		t.keep(c, side, lists[side], ranks[side])
	}
	first := c.last == 0
	for i := range q.GetExecutions() {
		e := &q.GetExecutions()[i]
		p, n := odds.Price(e.GetPrice()), odds.Quantity(e.GetQuantity())
		c.last = p
		if first || c.high != 0 {
			c.high = max(c.high, p)
		}
		if c.low != 0 {
			c.low = min(c.low, p)
		} else if first {
			c.low = p
		}
		c.traded = min(c.traded+n, odds.QuantityMax)
		m.volume = min(m.volume+n, odds.QuantityMax)
	}
	c.extremes(q)
}

func (c *twinContract) extremes(q *msg.ContractQuotes) {
	if q.HasHighPrice() {
		c.high = odds.Price(q.GetHighPrice())
	}
	if q.HasLowPrice() {
		c.low = odds.Price(q.GetLowPrice())
	}
}

func (t *twin) snapshot(q *msg.MarketQuotes) {
	m := t.markets[q.GetMarketId()]
	if m == nil && t.fed {
		m = t.market(q.GetMarketId())
	}
	if m == nil {
		return
	}
	m.fed = m.fed || t.fed
	if !m.subscribed && !m.fed || m.closed {
		return
	}
	if q.HasPriceType() && q.GetPriceType() != 1 || q.HasQuantityType() && q.GetQuantityType() != 1 {
		m.causes |= book.Invalid
		return
	}
	for i := range q.GetContractQuotes() {
		c := &q.GetContractQuotes()[i]
		if c.HasMarketId() && c.GetMarketId() != q.GetMarketId() || c.GetContractId() == 0 ||
			max(len(c.GetBids()), len(c.GetOffers())) > t.depthMax ||
			!validQuotes(c.GetBids(), c.GetOffers()) || !validTrades(c) {
			m.causes |= book.Invalid
			return
		}
	}
	for _, c := range m.contracts {
		c.clear()
		c.forgetTrades()
	}
	m.known, m.base, m.awaiting = true, true, false
	m.causes &= book.Halt
	if q.HasExecutedVolume() {
		m.volume = odds.Quantity(min(q.GetExecutedVolume(), uint64(odds.QuantityMax)))
	}
	full := false
	for i := range q.GetContractQuotes() {
		p := &q.GetContractQuotes()[i]
		c := t.contract(m, p.GetContractId())
		if c == nil {
			full = true
			continue
		}
		c.clear()
		c.forgetTrades()
		for side, quotes := range [2][]msg.Quote{p.GetBids(), p.GetOffers()} {
			if c.closed {
				break
			}
			list, rank := change(nil, side, quotes)
			t.keep(c, side, list, rank)
		}
		if n := len(p.GetExecutions()); n > 0 {
			c.last = odds.Price(p.GetExecutions()[n-1].GetPrice())
		}
		if p.HasLastExecution() {
			c.last = odds.Price(p.GetLastExecution().GetPrice())
		}
		c.extremes(p)
	}
	if full {
		m.causes |= book.Full
	}
}

func (t *twin) marketState(s *msg.MarketState) {
	m := t.markets[s.GetMarketId()]
	if m == nil {
		return
	}
	m.state = s.GetState()
	m.causes &^= book.Halt
	switch m.state {
	case msg.MarketStateHalted:
		m.causes |= book.Halt
	case msg.MarketStateSettled, msg.MarketStateVoided:
		for _, c := range m.contracts {
			c.clear()
		}
		m.closed, m.awaiting = true, false
	}
	if m.closed && m.state != msg.MarketStateSettled && m.state != msg.MarketStateVoided {
		m.closed, m.known, m.base, m.awaiting = false, false, false, true
	}
	for i := range s.GetContracts() {
		cs := &s.GetContracts()[i]
		c := m.contracts[cs.GetContractId()]
		if c == nil {
			if m.closed || !m.subscribed && !m.fed {
				continue
			}
			if c = t.contract(m, cs.GetContractId()); c == nil {
				m.causes |= book.Full
				continue
			}
		}
		was := c.closed
		c.halted = cs.GetState() == msg.ContractStateHalted
		c.closed = cs.GetState() == msg.ContractStateSettled || cs.GetState() == msg.ContractStateVoided
		if c.closed {
			c.clear()
		} else if was {
			m.causes |= book.Invalid
		}
	}
}

func (t *twin) subscribed(id uint32) {
	m := t.market(id)
	if m == nil {
		return
	}
	m.subscribed, m.awaiting = true, true
	if m.closed {
		m.closed, m.known, m.base = false, false, false
	}
}

func (t *twin) unsubscribed(id uint32) {
	if m := t.markets[id]; m != nil && m.subscribed {
		m.subscribed = false
		t.drop(m)
	}
}

func (t *twin) priceFeed(on bool) {
	t.fed = on
	for _, m := range t.markets {
		if !on && m.fed {
			m.fed = false
			t.drop(m)
		}
	}
}

func (t *twin) drop(m *twinMarket) {
	if m.subscribed || m.fed {
		return
	}
	for _, c := range m.contracts {
		*c = twinContract{}
		c.clear()
	}
	*m = twinMarket{contracts: m.contracts}
	t.tidy()
}

// rebase makes every market wait for a snapshot.
func (t *twin) rebase(global, cause book.Causes) {
	t.causes = global
	for _, m := range t.markets {
		if !m.subscribed && !m.fed || m.closed {
			continue
		}
		m.base, m.awaiting = false, true
		if m.known {
			m.causes |= cause
		}
	}
}

// stateOf returns the state of a contract's book.
func (t *twin) stateOf(market, contract uint32) (book.State, book.Causes) {
	m := t.markets[market]
	c := m.contracts[contract]
	switch {
	case c != nil && c.closed, m.closed:
		return book.Empty, 0
	case !m.known && m.awaiting:
		return book.Awaiting, 0
	case !m.known:
		return book.Empty, 0
	}
	causes := t.causes | m.causes
	if c != nil && c.halted {
		causes |= book.Halt
	}
	if c != nil {
		b, o := levels(c.sides[0], 0), levels(c.sides[1], 1)
		if len(b) > 0 && len(o) > 0 && b[0].Price >= o[0].Price {
			causes |= book.Crossed
		}
	}
	if causes != 0 {
		return book.Suspect, causes
	}
	return book.Live, 0
}

// side returns a contract's levels, without own orders if so wanted.
func (t *twin) side(market, contract uint32, side int, withoutOwn bool) []book.Level {
	c := t.markets[market].contracts[contract]
	if c == nil {
		return []book.Level{}
	}
	list := levels(c.sides[side], side)
	if withoutOwn {
		for i := range list {
			for _, o := range t.own {
				if o.Market == market && o.Contract == contract && int(o.Side-1) == side && o.Price == list[i].Price {
					list[i].Quantity -= min(o.Open, list[i].Quantity)
				}
			}
		}
		list = slices.DeleteFunc(list, func(l book.Level) bool { return l.Quantity == 0 })
	}
	return list
}

// take returns what taking a quantity costs.
func take(list []book.Level, quantity odds.Quantity) book.Take {
	var t book.Take
	for _, l := range list {
		if n := min(l.Quantity, min(quantity, odds.QuantityMax)-t.Quantity); n > 0 {
			t.Quantity += n
			t.Limit = l.Price
			t.Stake += odds.Money(n) * odds.Money(l.Price)
		}
	}
	return t
}

// floorTimes returns a quotient in units of 1/10000, rounded down.
func floorTimes(num, den *big.Int) int64 {
	n := new(big.Int).Mul(num, big.NewInt(10_000))
	return n.Div(n, den).Int64()
}

func micro(bid, offer book.Level) int64 {
	mul := func(p odds.Price, q odds.Quantity) *big.Int {
		return new(big.Int).Mul(big.NewInt(int64(p)), big.NewInt(int64(q)))
	}
	return floorTimes(new(big.Int).Add(mul(bid.Price, offer.Quantity), mul(offer.Price, bid.Quantity)),
		big.NewInt(int64(bid.Quantity+offer.Quantity)))
}

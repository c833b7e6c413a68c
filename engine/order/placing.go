package order

import "github.com/smk-go/smk/odds"

// What is kept of the live orders, all of them and by contract, while their states change: lists, the best prices and
// how many are in doubt.

// place puts an order into its contract. It reports false if there is no room for the contract.
func (m *Manager) place(i int32, marketID, id uint32) bool {
	e := &m.orders.entries[i]
	if e.links.contract != none {
		return true
	}
	at := m.claimContract(marketID, id)
	if at == none {
		return false
	}
	e.Order.Market, e.Order.Contract = marketID, id
	m.placeIn(i, at)
	return true
}

// placeIn puts an order into the list of a contract.
func (m *Manager) placeIn(i, at int32) {
	e := &m.orders.entries[i]
	e.links.contract = at
	m.markets.contracts[at].list(e).push(m.orders.inContract, i)
	m.show(e)
}

// list returns the list that an order of the contract is in.
func (c *contract) list(e *entry) *list {
	if e.is(flagListedLive) {
		return &c.live
	}
	return &c.ended
}

// release takes an order out of everything and frees its slot. What it booked in its contract stays.
func (m *Manager) release(i int32) {
	e := &m.orders.entries[i]
	if e.links.contract != none {
		m.hide(e)
		m.unstake(e)
		m.markets.contracts[e.links.contract].list(e).unlink(m.orders.inContract, i)
		e.links.contract = none
	}
	if e.doubted {
		m.inDoubt--
	}
	m.orders.release(i)
}

// enlist puts an order into the lists that its state belongs to, and follows its price and its doubt.
func (m *Manager) enlist(i int32) {
	e := &m.orders.entries[i]
	if e.listsLive() != e.is(flagListedLive) {
		m.relist(i, e)
	}
	m.show(e)
	m.countDoubt(e)
}

// relist moves an order between the lists of live and ended ones.
func (m *Manager) relist(i int32, e *entry) {
	if e.links.contract == none {
		m.orders.relist(i)
		return
	}
	c := &m.markets.contracts[e.links.contract]
	c.list(e).unlink(m.orders.inContract, i)
	m.orders.relist(i)
	c.list(e).push(m.orders.inContract, i)
}

// countDoubt follows whether a live order is in doubt. It is called whenever that may have changed.
func (m *Manager) countDoubt(e *entry) {
	doubted := e.Order.Overlay&InDoubt != 0 && e.is(flagListedLive)
	if doubted == e.doubted {
		return
	}
	if e.doubted = doubted; doubted {
		m.inDoubt++
	} else {
		m.inDoubt--
	}
}

// show follows the price of an order among the best of its contract, or that of a replace of it which was sent.
func (m *Manager) show(e *entry) {
	price := e.Order.Price
	if p := e.rare.askPrice; e.requests.asks > 0 && p.Valid() && better(e.Order.Side, p, price) {
		price = p
	}
	if !e.is(flagListedLive) {
		price = 0
	}
	if price == e.shown || e.links.contract == none || !e.Order.Side.Valid() {
		return
	}
	m.hide(e)
	c, side := &m.markets.contracts[e.links.contract], e.Order.Side-odds.Buy
	if e.shown = price; price != 0 && !c.staleBest[side] && better(e.Order.Side, price, c.best[side]) {
		c.best[side] = price
	}
}

// hide takes the price of an order out of the best ones of its contract. If it was the best, BestLive searches for the
// next.
func (m *Manager) hide(e *entry) {
	if e.shown == 0 {
		return
	}
	c, side := &m.markets.contracts[e.links.contract], e.Order.Side-odds.Buy
	if e.shown == c.best[side] {
		c.staleBest[side] = true
	}
	e.shown = 0
}

// better reports whether a price is better for the other side than another, which may be 0: none.
func better(s odds.Side, p, than odds.Price) bool {
	return than == 0 || s == odds.Buy && p > than || s == odds.Sell && p < than
}

// BestLive returns the best prices of the live orders of a contract, and of what replaces that were sent make of them,
// 0 for a side without any, and how many orders they are.
// It costs the same however many there are, but when the best one has gone.
func (m *Manager) BestLive(marketID, contractID uint32) (bid, offer odds.Price, orders int) {
	at := m.markets.find(marketID, contractID)
	if at == none {
		return 0, 0, 0
	}
	c := &m.markets.contracts[at]
	if c.staleBest[0] || c.staleBest[1] {
		c.best, c.staleBest = [2]odds.Price{}, [2]bool{}
		for i := c.live.head; i != none; i = m.orders.inContract[i].next {
			e := &m.orders.entries[i]
			if side := e.Order.Side - odds.Buy; e.shown != 0 && better(e.Order.Side, e.shown, c.best[side]) {
				c.best[side] = e.shown
			}
		}
	}
	return c.best[0], c.best[1], int(c.live.n)
}

// LiveOf calls yield for the orders of a contract that are not terminal, in the order in which they became known to be
// live, until it returns false.
func (m *Manager) LiveOf(marketID, contractID uint32, yield func(*Order) bool) {
	at := m.markets.find(marketID, contractID)
	if at == none {
		return
	}
	for i := m.markets.contracts[at].live.head; i != none; {
		e := &m.orders.entries[i]
		i = m.orders.inContract[i].next
		if !yield(&e.Order) {
			return
		}
	}
}

// InDoubtCount returns how many orders InDoubt yields.
func (m *Manager) InDoubtCount() int { return m.inDoubt }

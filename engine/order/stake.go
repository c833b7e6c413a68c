package order

import "github.com/smk-go/smk/odds"

// Stake is what an account has at stake in a contract that is not settled, for [Manager.Stakes].
type Stake struct {
	Contract uint32
	Wins     odds.Money // result of the final fills if it wins
	Loses    odds.Money // and if it loses
	Buying   odds.Money // what live purchases can lose, those without an answer included, at most odds.MoneyMax
	Selling  odds.Money // likewise, of sales
	Asked    odds.Money // what replaces without an answer can add
	OfOrder  odds.Money // the share of Buying or Selling of the order that was named
}

// Stakes is a walk over the contracts of a market.
type Stakes struct {
	m     *Manager
	at    int32 // the next contract
	named int32 // the order that was named
}

// Stakes begins a walk over the contracts of a market that are not settled, in the order in which they were seen. id
// names an order whose share is wanted, or is 0. The walk takes time for each contract, however many orders they have.
// The Manager must not be changed meanwhile.
func (m *Manager) Stakes(marketID uint32, id uint64) Stakes {
	w := Stakes{m, none, none}
	if at := m.markets.findMarket(marketID); at != none {
		w.at = m.markets.markets[at].contracts
	}
	if id != 0 {
		w.named = m.orders.findID(id)
	}
	return w
}

// Next sets s to what is at stake in the next contract, and returns false after the last.
func (w *Stakes) Next(s *Stake) bool {
	m := w.m
	for w.at != none {
		i := w.at
		c := &m.markets.contracts[i]
		if w.at = c.next; c.closed {
			continue
		}
		s.Contract = c.id
		s.Wins, s.Loses = odds.Money(c.booked.final*moneyPerUnit+c.booked.flow), odds.Money(c.booked.flow)
		s.Buying, s.Selling = odds.Money(c.stakes[0]), odds.Money(c.stakes[1])
		s.Asked, s.OfOrder = odds.Money(max(c.booked.askedRisk-c.created, 0)), 0
		if m.uncounted > 0 {
			m.addStakes(s, c)
		}
		if w.named != none {
			if e := &m.orders.entries[w.named]; e.links.contract == i {
				s.OfOrder, _ = e.risk()
			}
		}
		return true
	}
	return false
}

// Fixed returns what offsets nothing in the worst case of a market, Provision and Replacing of its [Market], and
// the worst case of all others: WorstCase of the [Account] less that of the market.
func (m *Manager) Fixed(marketID uint32) (fixed, others odds.Money) {
	a := &m.account
	all := a.reserved() + a.asked - m.awaited()
	at := m.markets.findMarket(marketID)
	if at == none {
		return 0, odds.Money(all)
	}
	k := &m.markets.markets[at]
	return odds.Money(k.provRisk + k.extra), odds.Money(all - k.worstCase())
}

// addStakes is for contracts whose sums do not fit: it adds the orders one by one.
func (m *Manager) addStakes(s *Stake, c *contract) {
	s.Buying, s.Selling = 0, 0
	asked := odds.Money(c.booked.askedRisk)
	for i := c.live.head; i != none; i = m.orders.inContract[i].next {
		e := &m.orders.entries[i]
		risk, created := e.risk()
		sum := &s.Buying
		if e.Order.Side != odds.Buy {
			sum = &s.Selling
		}
		if *sum += min(risk, odds.MoneyMax-*sum); created {
			asked -= risk
		}
	}
	s.Asked = max(asked, 0)
}

// stakesMax bounds the sums of what the orders of a contract can lose. What the fast path adds is booked, and so
// bounded by grossMax in all.
const stakesMax = 1 << 62

const _ = uint64(1<<63 - 1 - stakesMax - grossMax)

// risk returns what an order can lose while it is live, and whether it is a create without an answer.
func (e *entry) risk() (risk odds.Money, created bool) {
	o := &e.Order
	if !e.is(flagListedLive) {
		return 0, false
	}
	open := o.Available
	if o.State == PendingNew {
		open, created = o.Quantity, o.Original == 0 && !o.Foreign
	}
	if !o.Price.Valid() || open <= 0 {
		return 0, false
	}
	return liability(o.Side, open, o.Price), created
}

// restake follows what an order can lose, in the sums of its contract.
func (m *Manager) restake(e *entry) {
	risk, created := e.risk()
	if int64(risk) == e.stake && created == e.created && !e.uncounted {
		return
	}
	m.unstake(e)
	if e.links.contract == none {
		return
	}
	c, side := &m.markets.contracts[e.links.contract], (e.Order.Side-odds.Buy)&1
	if int64(risk) > stakesMax-c.stakes[side] {
		e.uncounted = true
		m.uncounted++
		return
	}
	e.stake, e.created = int64(risk), created
	c.stakes[side] += e.stake
	if created {
		c.created += e.stake
	}
}

// unstake takes what an order can lose out of the sums of its contract.
func (m *Manager) unstake(e *entry) {
	if e.uncounted {
		e.uncounted = false
		m.uncounted--
	}
	if e.stake == 0 {
		return
	}
	c := &m.markets.contracts[e.links.contract]
	c.stakes[(e.Order.Side-odds.Buy)&1] -= e.stake
	if e.created {
		c.created -= e.stake
	}
	e.stake, e.created = 0, false
}

package exchange

import (
	"slices"

	"github.com/smk-go/smk/gen/msg"
)

// Settle settles a market: the named contracts win and the others lose, except those that are settled or
// voided already. Provisional fills are confirmed first. In a winner-takes-all market exactly one contract
// must win, or none if a contract is voided. The error is a [*CommandError].
func (x *Exchange) Settle(id uint32, reason string, winners ...uint32) error {
	return x.SettleShared(id, reason, 0, winners...)
}

// SettleShared is [Exchange.Settle] after a dead heat: the payoffs of so many places are divided among the winners.
// With 0 places each winner is paid in full.
func (x *Exchange) SettleShared(id uint32, reason string, places int, winners ...uint32) error {
	m, err := x.openMarket(id)
	if err != nil {
		return err
	}
	for _, w := range winners {
		if _, err := x.openContract(id, w); err != nil {
			return err
		}
	}
	if n := len(winners); m.winnerTakesAll && n != 1 && (n > 1 || !m.hasVoided()) {
		return commandErrorf("market %d needs exactly one winner", id)
	}
	x.takeProvisional(m, nil, x.confirmFill)
	x.setMarketState(m, msg.MarketStateSettled, reason)
	x.removeOrders(m, nil, everyOrder)
	x.publish()
	x.reportRemoved(msg.OrderCancelledMarketHalted)
	for _, c := range m.contracts {
		if !c.settled {
			switch {
			case !slices.Contains(winners, c.id):
				c.payOut(0, 1)
			case places > 0 && places < len(winners):
				c.payOut(places, len(winners))
			default:
				c.payOut(1, 1)
			}
		}
	}
	x.bookBalances(m, reason)
	return nil
}

// SettleContract settles one contract of a market that stays open. In a winner-takes-all market it can only
// lose; a winner settles the market. The error is a [*CommandError].
func (x *Exchange) SettleContract(id, contractID uint32, win bool, reason string) error {
	c, err := x.openContract(id, contractID)
	if err != nil {
		return err
	}
	if win && c.market.winnerTakesAll {
		return commandErrorf("market %d is settled by its winner: use Settle", id)
	}
	x.takeProvisional(c.market, c, x.confirmFill)
	if win {
		c.payOut(1, 1)
	} else {
		c.payOut(0, 1)
	}
	x.closeContract(c, msg.ContractStateSettled, reason)
	x.bookBalances(c.market, reason)
	return nil
}

// VoidMarket voids a market: every kept order with executions is voided, and nobody wins or loses. The error
// is a [*CommandError].
func (x *Exchange) VoidMarket(id uint32, reason string) error {
	m, err := x.openMarket(id)
	if err != nil {
		return err
	}
	x.takeProvisional(m, nil, x.bookVoidedFill)
	x.setMarketState(m, msg.MarketStateVoided, reason)
	x.removeOrders(m, nil, everyOrder)
	x.publish()
	x.reportRemoved(msg.OrderCancelledMarketHalted)
	for _, c := range m.contracts {
		if !c.settled {
			x.voidContract(c)
		}
	}
	x.bookBalances(m, reason)
	return nil
}

// VoidContract voids one contract of a market that stays open. The error is a [*CommandError].
func (x *Exchange) VoidContract(id, contractID uint32, reason string) error {
	c, err := x.openContract(id, contractID)
	if err != nil {
		return err
	}
	x.takeProvisional(c.market, c, x.bookVoidedFill)
	x.closeContract(c, msg.ContractStateVoided, reason)
	x.voidContract(c)
	x.bookBalances(c.market, reason)
	return nil
}

// closeContract ends a contract of a market that stays open.
func (x *Exchange) closeContract(c *contract, state msg.ContractStateType, reason string) {
	c.settled, c.state = true, state
	x.publishState(c.market, reason)
	x.removeOrders(c.market, c, everyOrder)
	x.publish()
	x.reportRemoved(msg.OrderCancelledMarketHalted)
}

// payOut moves cash from a contract's losers to its winners: so many of equal parts of the payoff. A runner removed
// later does not reduce its fills.
func (c *contract) payOut(parts, among int) {
	c.settled, c.state = true, msg.ContractStateSettled
	c.market.final.removeContract(c)
	for _, p := range c.positions {
		if p == nil || p.net == 0 && p.flow == 0 {
			continue
		}
		p.changed = true
		p.due = p.flow + Share(Money(p.net)*PriceSum, parts, among)
		p.net, p.flow = 0, 0
	}
}

// Share returns the part of money that so many of equal parts are, rounded towards 0.
func Share(m Money, parts, among int) Money {
	p, n := Money(parts), Money(among)
	return m/n*p + m%n*p/n
}

// voidContract undoes the fills of a contract.
func (x *Exchange) voidContract(c *contract) {
	c.settled, c.state = true, msg.ContractStateVoided
	for o := x.orders.ended.head; o != nil; o = o.next {
		if o.contract != c || o.executed == 0 {
			continue
		}
		was := o.executed
		o.executed, o.cost, o.state = 0, 0, OrderVoided
		r := x.newReport(msg.PayloadOrderVoided, o)
		r.Quantity, r.SourceQuantity = 0, was
		x.report(o.account, nil, r)
	}
	for _, p := range c.positions {
		if p != nil && (p.net != 0 || p.flow != 0) {
			p.net, p.flow, p.changed = 0, 0, true
		}
	}
	c.market.final.removeContract(c)
}

// bookBalances books the cash due to a market's accounts and reports the new balance to each whose money
// changed, in the order of the accounts.
func (x *Exchange) bookBalances(m *market, reason string) {
	for _, a := range x.accounts {
		changed := false
		for _, c := range m.contracts {
			if p := c.positionOf(a); p != nil && p.changed {
				a.cash += p.due
				p.due, p.changed, changed = 0, false, true
			}
		}
		if !changed {
			continue
		}
		m.updateReserve(a)
		x.buf.report = Report{
			Type: msg.PayloadBalanceChanged, Label: reason,
			AvailableBalance: a.available(), Exposure: -a.reserved(),
		}
		x.reportUnsequenced(a, &x.buf.report)
	}
}

func (m *market) hasVoided() bool {
	for _, c := range m.contracts {
		if c.state == msg.ContractStateVoided {
			return true
		}
	}
	return false
}

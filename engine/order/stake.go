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

// Stakes calls yield with every contract of a market that is not settled, in the order in which they were seen, until
// it returns false. id names an order whose share is wanted, or is 0. It takes time for each contract and each live
// order.
func (m *Manager) Stakes(marketID uint32, id uint64, yield func(Stake) bool) {
	at := m.markets.findMarket(marketID)
	if at == none {
		return
	}
	var s Stake
	for i := m.markets.markets[at].contracts; i != none; i = m.markets.contracts[i].next {
		c := &m.markets.contracts[i]
		if c.closed {
			continue
		}
		m.stake(&s, c, id)
		if !yield(s) {
			return
		}
	}
}

func (m *Manager) stake(s *Stake, c *contract, id uint64) {
	*s = Stake{
		Contract: c.id, Wins: odds.Money(c.booked.final*moneyPerUnit + c.booked.flow), Loses: odds.Money(c.booked.flow),
	}
	asked := c.booked.askedRisk
	for i := c.live.head; i != none; i = m.orders.inContract[i].next {
		o := &m.orders.entries[i].Order
		open := o.Available
		if o.State == PendingNew {
			open = o.Quantity
		}
		if !o.Price.Valid() || open <= 0 {
			continue
		}
		risk := int64(liability(o.Side, open, o.Price))
		if o.Side == odds.Buy {
			s.Buying = atMost(s.Buying, risk)
		} else {
			s.Selling = atMost(s.Selling, risk)
		}
		if o.ID == id && id != 0 {
			s.OfOrder = odds.Money(risk)
		}
		if o.State == PendingNew && o.Original == 0 && !o.Foreign {
			asked -= risk // of a create, which is counted
		}
	}
	s.Asked = odds.Money(max(asked, 0))
}

// atMost returns the sum of two amounts, or odds.MoneyMax if it is larger.
func atMost(sum odds.Money, more int64) odds.Money {
	if more > int64(odds.MoneyMax-sum) {
		return odds.MoneyMax
	}
	return sum + odds.Money(more)
}

package core

import "github.com/smk-go/smk/gen/msg"

// OrderTruth is an order as the exchange knows it.
type OrderTruth struct {
	ID               uint64
	Reference        uint64
	HasReference     bool
	Label            string
	Market, Contract uint32
	Side             msg.Side
	TIF              msg.TimeInForceType
	Price            uint32
	Quantity         uint64
	Executed         uint64
	Available        uint64
	AveragePrice     uint32
	State            OrderState
}

// PositionTruth is what an account holds of a contract by final fills.
type PositionTruth struct {
	Market, Contract uint32
	Net              int64 // payoff bought less payoff sold
	Flow             Money // received for sales less paid for purchases
}

// AccountTruth is an account as the exchange knows it.
type AccountTruth struct {
	Username        string
	ID              uint64
	Cash            Money // changed by settlements alone
	Available       Money // cash less what is reserved
	Resting         Money // reserved for live orders
	Matched         Money // reserved for final fills
	Pending         Money // reserved for provisional fills
	AccountSequence uint64
	Live            int
	Positions       []PositionTruth // markets and contracts in the configuration's order
}

// Truth returns a copy of an account's state.
func (x *Exchange) Truth(username string) (AccountTruth, bool) {
	a := x.byName[username]
	if a == nil {
		return AccountTruth{}, false
	}
	t := AccountTruth{
		Username: a.is.Username, ID: a.is.ID,
		Cash: a.cash, Available: a.available(),
		Resting: a.resting, Matched: a.matched, Pending: a.pending,
		AccountSequence: a.sequence, Live: a.live,
	}
	for _, m := range x.markets {
		for _, c := range m.contracts {
			if p := c.positionOf(a); p != nil && (p.net != 0 || p.flow != 0) {
				t.Positions = append(t.Positions, PositionTruth{m.id, c.id, p.net, p.flow})
			}
		}
	}
	return t, true
}

// Orders returns a copy of every order of an account that is kept: the live ones
// oldest first, then the ended ones in the order in which they ended.
func (x *Exchange) Orders(username string) []OrderTruth {
	a := x.byName[username]
	if a == nil {
		return nil
	}
	var list []OrderTruth
	for o := a.liveHead; o != nil; o = o.ownNext {
		list = append(list, o.truth())
	}
	for o := x.orders.ended.head; o != nil; o = o.next {
		if o.account == a {
			list = append(list, o.truth())
		}
	}
	return list
}

// Order returns a copy of one order.
func (x *Exchange) Order(id uint64) (OrderTruth, bool) {
	if o := x.orders.find(id); o != nil && o.account != nil {
		return o.truth(), true
	}
	return OrderTruth{}, false
}

func (o *order) truth() OrderTruth {
	return OrderTruth{
		ID: o.id, Reference: o.reference, HasReference: o.hasReference, Label: o.label,
		Market: o.contract.market.id, Contract: o.contract.id,
		Side: sideOf(int(o.side)), TIF: o.tif, Price: o.price,
		Quantity: o.quantity, Executed: o.executed, Available: o.available,
		AveragePrice: average(o.cost, o.executed), State: o.state,
	}
}

// Level is one price of a book.
type Level struct {
	Price    uint32
	Quantity uint64
	Orders   int
}

// Book returns a copy of a contract's whole book, best levels first.
func (x *Exchange) Book(market, contract uint32) (bids, offers []Level) {
	m := x.byMarket[market]
	if m == nil {
		return nil, nil
	}
	c := m.contractByID(contract)
	if c == nil {
		return nil, nil
	}
	return c.levels(buy), c.levels(sell)
}

func (c *contract) levels(side int) []Level {
	var list []Level
	book := &c.sides[side]
	for key := book.best(); key > 0; key = book.below(key) {
		l := Level{Price: keyOf(side, key), Quantity: book.quantity(key)}
		for o := book.head(key); o != nil; o = o.next {
			l.Orders++
		}
		list = append(list, l)
	}
	return list
}

// Best returns the best price of a contract's bids and offers, 0 for none. It
// does not allocate.
func (x *Exchange) Best(market, contract uint32) (bid, offer uint32) {
	m := x.byMarket[market]
	if m == nil {
		return 0, 0
	}
	c := m.contractByID(contract)
	if c == nil {
		return 0, 0
	}
	bid = c.sides[buy].best()
	if key := c.sides[sell].best(); key > 0 {
		offer = keyOf(sell, key)
	}
	return bid, offer
}

// Markets returns the configuration of every market, in order. It is shared and
// must not be written.
func (x *Exchange) Markets() []Market {
	list := make([]Market, len(x.markets))
	for i, m := range x.markets {
		list[i] = m.is
	}
	return list
}

// State returns a market's state, 0 if there is no such market.
func (x *Exchange) State(market uint32) msg.MarketStateType {
	if m := x.byMarket[market]; m != nil {
		return m.state
	}
	return 0
}

package exchange

import "github.com/smk-go/smk/gen/msg"

// OrderTruth is the exchange's state of an order. Prices are in 1/100 %, quantities in 1/10000 of payoff.
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

// PositionTruth is an account's position in a contract: by final fills, and separately by provisional ones,
// which may still be voided.
type PositionTruth struct {
	Market, Contract uint32
	Net              int64 // payoff bought less payoff sold
	Flow             Money // received for sales less paid for purchases

	PendingFills int   // number of provisional fills
	PendingNet   int64 // Net of them alone
	PendingFlow  Money // Flow of them alone
}

// AccountTruth is the exchange's state of an account.
type AccountTruth struct {
	Username        string
	ID              uint64
	Cash            Money // changed only by settlements
	Available       Money // cash less what is reserved
	Resting         Money // reserved for live orders
	Matched         Money // reserved for final fills
	Pending         Money // reserved for provisional fills
	AccountSequence uint64
	Live            int
	Positions       []PositionTruth // in the configuration's order
}

// Truth returns a copy of an account's state, and false if there is no such account.
func (x *Exchange) Truth(username string) (AccountTruth, bool) {
	a := x.byName[username]
	if a == nil {
		return AccountTruth{}, false
	}
	t := a.truth()
	x.positions(a, func(_ *account, p PositionTruth) { t.Positions = append(t.Positions, p) })
	return t, true
}

// Truths returns a copy of the state of every account that can log in, in the configuration's order.
func (x *Exchange) Truths() []AccountTruth {
	list := make([]AccountTruth, 0, len(x.accounts))
	index := make([]int, len(x.accounts)) // index of an account in list
	for _, a := range x.accounts {
		if !a.config.House {
			index[a.index] = len(list)
			list = append(list, a.truth())
		}
	}
	x.positions(nil, func(a *account, p PositionTruth) {
		if !a.config.House {
			t := &list[index[a.index]]
			t.Positions = append(t.Positions, p)
		}
	})
	return list
}

func (a *account) truth() AccountTruth {
	return AccountTruth{
		Username: a.config.Username, ID: a.config.ID,
		Cash: a.cash, Available: a.available(),
		Resting: a.resting, Matched: a.matched, Pending: a.pending,
		AccountSequence: a.sequence, Live: a.live,
	}
}

// positions yields the positions of one account, or of all if only is nil, that are not empty, in the
// configuration's order.
func (x *Exchange) positions(only *account, yield func(*account, PositionTruth)) {
	type holder struct {
		account  *account
		contract *contract
	}
	for _, m := range x.markets {
		var pending map[holder]PositionTruth
		if m.provisional.len() > 0 {
			pending = make(map[holder]PositionTruth)
		}
		for _, t := range m.provisional.list[m.provisional.head:] {
			for _, o := range [2]*order{t.taker, t.maker} {
				if only != nil && o.account != only {
					continue
				}
				at := holder{o.account, o.contract}
				p := pending[at]
				p.addProvisional(int(o.side), t.quantity, t.price)
				pending[at] = p
			}
		}
		for _, c := range m.contracts {
			for i, p := range c.positions {
				a := x.accounts[i]
				if p == nil || only != nil && a != only {
					continue
				}
				t := pending[holder{a, c}]
				t.Market, t.Contract, t.Net, t.Flow = m.id, c.id, p.net, p.flow
				if t.Net != 0 || t.Flow != 0 || t.PendingFills != 0 {
					yield(a, t)
				}
			}
		}
	}
}

// addProvisional adds a provisional fill.
func (t *PositionTruth) addProvisional(side int, quantity uint64, price uint32) {
	var p position
	p.add(side, quantity, price)
	t.PendingFills++
	t.PendingNet += p.net
	t.PendingFlow += p.flow
}

// Orders returns a copy of every kept order of an account: the live ones, oldest first, then the ended ones in
// the order in which they ended.
func (x *Exchange) Orders(username string) []OrderTruth {
	a := x.byName[username]
	if a == nil {
		return nil
	}
	var list []OrderTruth
	for o := a.liveHead; o != nil; o = o.liveNext {
		list = append(list, o.truth())
	}
	for o := x.orders.ended.head; o != nil; o = o.next {
		if o.account == a {
			list = append(list, o.truth())
		}
	}
	return list
}

// EachOrder yields a copy of every kept order of the accounts that can log in: the live ones account by
// account, oldest first, then the ended ones in the order in which they ended.
func (x *Exchange) EachOrder(yield func(username string, o OrderTruth)) {
	for _, a := range x.accounts {
		if a.config.House {
			continue
		}
		for o := a.liveHead; o != nil; o = o.liveNext {
			yield(a.config.Username, o.truth())
		}
	}
	for o := x.orders.ended.head; o != nil; o = o.next {
		if o.account != nil && !o.account.config.House {
			yield(o.account.config.Username, o.truth())
		}
	}
}

// Order returns a copy of one order, and false if it is not kept.
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

// Level is one price level of a book.
type Level struct {
	Price    uint32
	Quantity uint64
	Orders   int
}

// Book returns a copy of a contract's book, best levels first.
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

// Best returns the best prices of a contract's bids and offers, 0 for none. It does not allocate.
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

// Markets returns the configuration of every market, in order. The contracts in it are shared and must not be
// modified.
func (x *Exchange) Markets() []Market {
	list := make([]Market, len(x.markets))
	for i, m := range x.markets {
		list[i] = m.config
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

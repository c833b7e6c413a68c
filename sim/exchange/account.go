package exchange

// Account is what an account starts as.
type Account struct {
	Username string // unique, not empty
	Password string // "" means that it cannot log in by password
	Token    string // "" means that it cannot log in by token; unique otherwise
	Email    string // "" means none
	ID       uint64 // 0 means a number made from the account's place in the list
	Balance  Money  // cash at the start, not negative

	Suspended  bool  // orders are rejected
	Unverified bool  // logins are refused
	StakeLimit Money // the most that one order may risk; 0 means no limit
	OrdersMax  int   // the most live orders; 0 means no limit but the exchange's

	// House marks a participant that lives inside of the exchange: it cannot
	// log in, no reports are kept for it and its ended orders are forgotten.
	House bool
}

// account is an account's state.
type account struct {
	index    int
	config   Account
	cash     Money
	resting  Money // liabilities of live orders
	matched  Money // worst case of final fills, market by market
	pending  Money // liabilities of provisional fills
	sequence uint64
	history  history
	logins   []*Login
	internal *Login // for Submit

	liveHead, liveTail *order
	live               int
}

func (a *account) reserved() Money  { return a.resting + a.matched + a.pending }
func (a *account) available() Money { return a.cash - a.reserved() }

// own adds a live order to the account's list.
func (a *account) addLive(o *order) {
	o.ownPrev = a.liveTail
	if a.liveTail == nil {
		a.liveHead = o
	} else {
		a.liveTail.ownNext = o
	}
	a.liveTail = o
	a.live++
	a.resting += o.liability()
}

// disown takes an order off the list; what it reserved was given back.
func (a *account) removeLive(o *order) {
	if o.ownPrev == nil {
		a.liveHead = o.ownNext
	} else {
		o.ownPrev.ownNext = o.ownNext
	}
	if o.ownNext == nil {
		a.liveTail = o.ownPrev
	} else {
		o.ownNext.ownPrev = o.ownPrev
	}
	o.ownPrev, o.ownNext = nil, nil
	a.live--
}

// position is what an account holds of a contract.
type position struct {
	net  int64    // payoff bought less payoff sold
	flow Money    // price received for sales less price paid for purchases
	live [2]int32 // live orders by side

	due     Money // cash to be booked
	changed bool  // it was settled, voided or reduced, and the account is not told yet
}

// win and lose are what the position yields if its contract does.
func (p *position) ifWins() Money  { return Money(p.net)*PriceSum + p.flow }
func (p *position) ifLoses() Money { return p.flow }

// add books a fill.
func (p *position) add(side int, quantity uint64, price uint32) {
	cost := Money(quantity * uint64(price))
	if side == buy {
		p.net += int64(quantity)
		p.flow -= cost
	} else {
		p.net -= int64(quantity)
		p.flow += cost
	}
}

// worst returns the least that an account's positions in a market can yield, at
// most 0. Within a contract purchases and sales offset each other exactly. Across
// contracts no profit is counted, for the contract may be voided; but in a
// winner-takes-all market no two contracts can win.
func (m *market) worstCase(a *account) Money {
	var sum, least Money
	for _, c := range m.contracts {
		p := c.positionOf(a)
		if p == nil {
			continue
		}
		win, lose := min(p.ifWins(), 0), min(p.ifLoses(), 0)
		if m.winnerTakesAll {
			sum += lose
			least = min(least, win-lose)
		} else {
			sum += min(win, lose)
		}
	}
	if m.winnerTakesAll {
		// Every contract but one loses, or, while some of the market is settled
		// or voided, all of those that are left.
		return sum + least
	}
	return sum
}

// rereserve brings what an account has reserved for a market up to date.
func (m *market) updateReserve(a *account) {
	for len(m.reserved) <= a.index {
		m.reserved = append(m.reserved, 0)
	}
	now := -m.worstCase(a)
	a.matched += now - m.reserved[a.index]
	m.reserved[a.index] = now
}

// positionOf returns an account's position, or nil if it never had one.
func (c *contract) positionOf(a *account) *position {
	if a.index < len(c.positions) {
		return c.positions[a.index]
	}
	return nil
}

// ensurePosition returns an account's position, a new one if need be.
func (c *contract) ensurePosition(a *account) *position {
	for len(c.positions) <= a.index {
		c.positions = append(c.positions, nil)
	}
	if c.positions[a.index] == nil {
		c.positions[a.index] = new(position)
	}
	return c.positions[a.index]
}

// hasOpposite reports whether the account rests on the other side of the
// contract.
func (c *contract) hasOpposite(a *account, side int) bool {
	p := c.positionOf(a)
	return p != nil && p.live[1-side] > 0
}

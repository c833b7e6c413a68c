package exchange

// Account configures an account.
type Account struct {
	Username string // unique, not empty
	Password string // "" means no login by password
	Token    string // unique; "" means no login by token
	Email    string // "" means none
	ID       uint64 // 0 means the position in the list, from 1
	Balance  Money  // cash at the start, not negative

	Suspended  bool  // orders are rejected
	Unverified bool  // logins are refused
	StakeLimit Money // the most that one order may risk; 0 means no limit
	OrdersMax  int   // the most live orders; 0 means only the exchange's limit

	// House marks a participant inside of the exchange: it cannot log in, its reports are not
	// kept, and its orders are released when they end.
	House bool
}

// account is the state of an account.
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
	internal *Login // for Submit and SubmitCancel

	liveHead, liveTail *order
	live               int
}

func (a *account) reserved() Money  { return a.resting + a.matched + a.pending }
func (a *account) available() Money { return a.cash - a.reserved() }

// addLive appends a live order to the account's list.
func (a *account) addLive(o *order) {
	o.livePrev = a.liveTail
	if a.liveTail == nil {
		a.liveHead = o
	} else {
		a.liveTail.liveNext = o
	}
	a.liveTail = o
	a.live++
	a.resting += o.liability()
}

// removeLive removes an order, whose reserve has been released, from the list.
func (a *account) removeLive(o *order) {
	if o.livePrev == nil {
		a.liveHead = o.liveNext
	} else {
		o.livePrev.liveNext = o.liveNext
	}
	if o.liveNext == nil {
		a.liveTail = o.livePrev
	} else {
		o.liveNext.livePrev = o.livePrev
	}
	o.livePrev, o.liveNext = nil, nil
	a.live--
}

// position is an account's position in a contract.
type position struct {
	net  int64    // payoff bought less payoff sold
	flow Money    // price received for sales less price paid for purchases
	live [2]int32 // live orders by side

	due     Money // cash to be booked by bookBalances
	changed bool  // settled, voided or reduced since the account's last balance report
}

// ifWins and ifLoses are what the position pays if its contract wins or loses.
func (p *position) ifWins() Money  { return Money(p.net)*PriceSum + p.flow }
func (p *position) ifLoses() Money { return p.flow }

// add adds a fill.
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

// worstCase returns the least that an account's positions in a market can pay, at most 0. Within a
// contract purchases and sales offset each other exactly. Profits of one contract do not offset losses
// of another, which may be voided; but in a winner-takes-all market only one contract can win.
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
		// Every contract but one loses; all of them may, once some of the market is settled or
		// voided.
		return sum + least
	}
	return sum
}

// updateReserve recomputes what an account has reserved for a market.
func (m *market) updateReserve(a *account) {
	for len(m.reserved) <= a.index {
		m.reserved = append(m.reserved, 0)
	}
	now := -m.worstCase(a)
	a.matched += now - m.reserved[a.index]
	m.reserved[a.index] = now
}

// positionOf returns an account's position, nil if it never had one.
func (c *contract) positionOf(a *account) *position {
	if a.index < len(c.positions) {
		return c.positions[a.index]
	}
	return nil
}

// ensurePosition returns an account's position, a new one if it had none.
func (c *contract) ensurePosition(a *account) *position {
	for len(c.positions) <= a.index {
		c.positions = append(c.positions, nil)
	}
	if c.positions[a.index] == nil {
		c.positions[a.index] = new(position)
	}
	return c.positions[a.index]
}

// hasOpposite reports whether the account has a live order on the other side of the contract.
func (c *contract) hasOpposite(a *account, side int) bool {
	p := c.positionOf(a)
	return p != nil && p.live[1-side] > 0
}

package order

import "github.com/smk-go/smk/odds"

// booked is what one order puts at stake, in the units of quantities and money. A contract holds the sums. What most
// messages change comes first.
type booked struct {
	final     int64    // payoff of final fills, of a purchase positive
	flow      int64    // received less paid for them
	gross     int64    // all of it without a sign
	open      [2]int64 // available quantity by side
	openRisk  int64
	askedRisk int64    // what creates without an answer can lose, and what replaces can add
	asked     [2]int64 // quantity of creates without an answer, by side
	prov      int64    // payoff of provisional fills, and of executions that no fill was seen for
	provFlow  int64
	provRisk  int64 // what these reserve
	extra     int64 // what replaces between their stages reserve
}

// minus returns b less c.
func (b booked) minus(c *booked) booked {
	b.subtract(c)
	return b
}

// zero reports whether nothing is at stake.
func (b *booked) zero() bool {
	return b.final|b.flow|b.prov|b.provFlow|b.provRisk|b.open[0]|b.open[1]|b.openRisk|
		b.asked[0]|b.asked[1]|b.askedRisk|b.extra|b.gross == 0
}

// add adds c.
func (b *booked) add(c *booked) {
	b.final += c.final
	b.flow += c.flow
	b.prov += c.prov
	b.provFlow += c.provFlow
	b.provRisk += c.provRisk
	b.open[0] += c.open[0]
	b.open[1] += c.open[1]
	b.openRisk += c.openRisk
	b.asked[0] += c.asked[0]
	b.asked[1] += c.asked[1]
	b.askedRisk += c.askedRisk
	b.extra += c.extra
	b.gross += c.gross
}

// subtract subtracts c.
func (b *booked) subtract(c *booked) {
	b.final -= c.final
	b.flow -= c.flow
	b.prov -= c.prov
	b.provFlow -= c.provFlow
	b.provRisk -= c.provRisk
	b.open[0] -= c.open[0]
	b.open[1] -= c.open[1]
	b.openRisk -= c.openRisk
	b.asked[0] -= c.asked[0]
	b.asked[1] -= c.asked[1]
	b.askedRisk -= c.askedRisk
	b.extra -= c.extra
	b.gross -= c.gross
}

// contract is a contract with orders or a position: two cache lines that fills change, and one of the rest.
type contract struct {
	booked   booked
	lose     int64 // min(result if it loses, 0)
	step     int64 // min(result if it wins, 0) - lose
	market   int32 // slot
	closed   bool  // settled or voided: fills do not count any more
	awaiting bool  // settled, and its result is not known yet
	state    uint8 // msg.ContractStateType
	reduce   uint8 // msg.ReduceType of the last reduction

	live      list // its orders
	ended     list
	id        uint32
	next      int32         // of the market
	factor    uint16        // of the last reduction
	best      [2]odds.Price // of the live orders by side, 0 without any
	staleBest [2]bool       // the best one may have gone
	stakes    [2]int64      // what the live orders can lose, by side
	created   int64         // of that, creates without an answer
}

// market is a market with contracts.
type market struct {
	id          uint32
	contracts   int32 // first
	count       int32
	next        int32 // free
	independent bool
	defined     bool
	used        bool
	followed    bool // its state is subscribed to
	state       uint8
	awaiting    int32 // contracts
	waits       int64 // clock reading since when
	sumLose     int64 // worst case of final fills: sum of lose, and the least step
	least       int64
	realised    int64
	openRisk    int64
	provRisk    int64
	askedRisk   int64
	extra       int64
}

// matched returns what the final fills reserve.
func (m *market) matched() int64 { return -(m.sumLose + m.least) }

// markets are the contracts and markets.
type markets struct {
	contracts  []contract
	markets    []market
	byContract hash
	byMarket   hash
	last       [2]found // what find and findMarket returned last: requests ask for one contract several times
	freeC      int32
	freeM      int32
	open       int // contracts in use
	awaiting   int // contracts
	claimed    uint64
	standard   bool
}

func (t *markets) init(n int, independent bool) {
	t.contracts, t.markets = make([]contract, n), make([]market, n)
	t.byContract.init(n)
	t.byMarket.init(n)
	t.standard = independent
	t.reset()
}

// found is what a key was found at.
type found struct {
	key uint64
	at  int32
}

// forgetFound is called whenever a contract or market is removed.
func (t *markets) forgetFound() { t.last = [2]found{{at: none}, {at: none}} }

func (t *markets) reset() {
	t.forgetFound()
	t.byContract.clear()
	t.byMarket.clear()
	clear(t.contracts)
	clear(t.markets)
	for i := range t.contracts {
		t.contracts[i].next, t.markets[i].next = int32(i+1), int32(i+1)
	}
	t.contracts[len(t.contracts)-1].next, t.markets[len(t.markets)-1].next = none, none
	t.freeC, t.freeM, t.open, t.awaiting = 0, 0, 0, 0
}

func contractKey(marketID, id uint32) uint64 { return uint64(marketID)<<32 | uint64(id) }

// find returns the slot of a contract, or none.
func (t *markets) find(marketID, id uint32) int32 {
	key := contractKey(marketID, id)
	if last := &t.last[0]; last.key == key && last.at != none {
		return last.at
	}
	return t.search(key)
}

// search is find for another contract than the last one.
func (t *markets) search(key uint64) int32 {
	i, tag := t.byContract.first(key)
	for i != none {
		if c := &t.contracts[i]; contractKey(t.markets[c.market].id, c.id) == key {
			break
		}
		i = t.byContract.after(i, tag)
	}
	t.last[0] = found{key, i}
	return i
}

// findMarket returns the slot of a market, or none.
func (t *markets) findMarket(id uint32) int32 {
	if last := &t.last[1]; last.key == uint64(id) && last.at != none {
		return last.at
	}
	return t.searchMarket(id)
}

// searchMarket is findMarket for another market than the last one.
func (t *markets) searchMarket(id uint32) int32 {
	i, tag := t.byMarket.first(uint64(id))
	for i != none && t.markets[i].id != id {
		i = t.byMarket.after(i, tag)
	}
	t.last[1] = found{uint64(id), i}
	return i
}

// claimMarket returns the slot of a market, a new one if need be, or none if there is no room.
func (t *markets) claimMarket(id uint32) int32 {
	i := t.findMarket(id)
	if i != none {
		return i
	}
	if i = t.freeM; i == none {
		return none
	}
	t.claimed++
	m := &t.markets[i]
	t.freeM = m.next
	t.byMarket.add(uint64(id), i)
	*m = market{id: id, contracts: none, next: none, used: true, independent: t.standard}
	return i
}

// claim returns the slot of a contract, a new one if need be, or none if there is no room.
func (t *markets) claim(marketID, id uint32) int32 {
	i := t.find(marketID, id)
	if i != none {
		return i
	}
	if i = t.freeC; i == none {
		return none
	}
	at := t.claimMarket(marketID)
	if at == none {
		return none
	}
	m, c := &t.markets[at], &t.contracts[i]
	t.freeC = c.next
	t.byContract.add(contractKey(marketID, id), i)
	*c = contract{id: id, market: at, live: list{none, none, 0}, ended: list{none, none, 0}, next: none}
	link := &m.contracts // in the order in which they were seen
	for *link != none {
		link = &t.contracts[*link].next
	}
	*link = i
	m.count++
	t.open++
	return i
}

// idle reports whether nothing depends on a market any more.
func (t *markets) idle(m *market) bool {
	if m.awaiting > 0 || m.defined && !m.over() {
		return false
	}
	for i := m.contracts; i != none; i = t.contracts[i].next {
		c := &t.contracts[i]
		if c.live.n+c.ended.n > 0 || !c.booked.zero() {
			return false
		}
	}
	return true
}

// drop frees a market, which is idle, and its contracts.
func (t *markets) drop(at int32) {
	t.forgetFound()
	m := &t.markets[at]
	for i := m.contracts; i != none; {
		c := &t.contracts[i]
		next := c.next
		t.byContract.remove(contractKey(m.id, c.id), i)
		*c = contract{next: t.freeC}
		t.freeC = i
		t.open--
		i = next
	}
	t.byMarket.remove(uint64(m.id), at)
	*m = market{next: t.freeM}
	t.freeM = at
}

// book adds what changed to a contract and its market, and returns by how much the market's worst case did.
func (t *markets) book(at int32, d *booked) (matched int64) {
	c := &t.contracts[at]
	m := &t.markets[c.market]
	before := m.matched()
	c.booked.add(d)
	m.openRisk += d.openRisk
	m.provRisk += d.provRisk
	m.askedRisk += d.askedRisk
	m.extra += d.extra
	if d.final == 0 && d.flow == 0 {
		return 0
	}
	t.refresh(at)
	return m.matched() - before
}

// refresh recomputes the worst case of a market after the final fills of a contract changed. Within a contract
// purchases and sales offset each other. Profits of one contract do not offset losses of another, which may be
// voided; but where one contract wins only one can.
func (t *markets) refresh(at int32) {
	c := &t.contracts[at]
	m := &t.markets[c.market]
	win, lose := min(c.booked.final*moneyPerUnit+c.booked.flow, 0), min(c.booked.flow, 0)
	m.sumLose -= c.lose
	old := c.step
	if m.independent {
		c.lose, c.step = min(win, lose), 0
	} else {
		c.lose, c.step = lose, win-lose
	}
	m.sumLose += c.lose
	switch {
	case c.step <= m.least:
		m.least = c.step
	case old == m.least:
		m.least = 0
		for i := m.contracts; i != none; i = t.contracts[i].next {
			m.least = min(m.least, t.contracts[i].step)
		}
	}
}

// bookOf returns what an order puts at stake.
func (e *entry) bookOf(c *contract) (b booked) {
	if e.is(flagUnbooked) {
		return b
	}
	side := int(e.Order.Side - odds.Buy)
	if !c.closed {
		final, cost := e.figures.seen-e.figures.pending, e.figures.seenCost-e.figures.pendingCost
		if e.is(flagVoided | flagInexact) {
			final, cost = e.figures.total, e.rare.totalCost
		} else {
			missed := e.figures.total - e.figures.seen
			prov, provCost := e.figures.pending+missed, e.figures.pendingCost+missed*int64(e.Order.Price)
			b.prov, b.provFlow = prov, -provCost
			b.provRisk = max(provCost, 0)
			if e.Order.Side == odds.Sell {
				b.prov, b.provFlow = -prov, provCost
				b.provRisk = max(prov*moneyPerUnit-provCost, 0)
			}
			b.gross = max(magnitude(prov)*moneyPerUnit, magnitude(provCost))
		}
		b.final, b.flow = final, -cost
		if e.Order.Side == odds.Sell {
			b.final, b.flow = -final, cost
		}
		b.gross += max(magnitude(final)*moneyPerUnit, magnitude(cost))
	}
	switch {
	case e.Order.State == PendingNew && e.Order.Original == 0 && !e.Order.Foreign:
		b.asked[side] = int64(e.Order.Quantity)
		b.askedRisk = int64(liability(e.Order.Side, e.Order.Quantity, e.Order.Price))
		b.gross += int64(e.Order.Quantity) * moneyPerUnit
	case e.Order.Available > 0:
		b.open[side] = int64(e.Order.Available)
		b.openRisk = int64(e.Order.Liability())
		b.gross += int64(e.Order.Available) * moneyPerUnit
	}
	if e.Order.State == PendingNew {
		b.extra = e.rare.reserved
		b.gross += e.rare.reserved
	}
	if e.requests.asks > 0 && !e.Order.State.Terminal() {
		extra := e.replaceReserve(odds.Quantity(e.rare.askQuantity), e.rare.askPrice)
		b.askedRisk += extra
		b.gross += extra
	}
	return b
}

func magnitude(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

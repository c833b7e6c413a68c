package order

import (
	"errors"
	"slices"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
)

// ErrMarketUnknown reports a market in which the account has nothing.
var ErrMarketUnknown = errors.New("order: market is not known")

// DefineMarket says how a market is settled: one of its contracts wins, or each wins or loses by itself. It may be
// called at any time.
func (m *Manager) DefineMarket(id uint32, winnerTakesAll bool) error {
	at := m.markets.findMarket(id)
	if at == none {
		if m.markets.freeM == none {
			m.dropIdle(id)
		}
		if at = m.markets.claimMarket(id); at == none {
			return &FullError{"markets", int64(len(m.markets.markets))}
		}
	}
	t := &m.markets
	k := &t.markets[at]
	k.defined = true
	if k.independent == !winnerTakesAll {
		return nil
	}
	k.independent = !winnerTakesAll
	before := k.matched()
	for i := k.contracts; i != none; i = t.contracts[i].next {
		t.refresh(i)
	}
	m.account.matched += k.matched() - before
	return nil
}

// marketState applies market_state to a market in which the account has something. A void is worth nothing at once;
// what a settlement brings comes with the next balance, or by [Manager.SettleMarket].
func (m *Manager) marketState(s *msg.MarketState) {
	at := m.markets.findMarket(s.GetMarketId())
	if at == none {
		return
	}
	k := &m.markets.markets[at]
	contracts := s.GetContracts()
	for i := range contracts {
		c := &contracts[i]
		if at := m.markets.find(k.id, c.GetContractId()); at != none {
			m.contractState(at, c)
		}
	}
	if s.HasState() {
		m.setMarketState(k, s.GetState())
	}
	m.settleByReports()
}

// settleByReports ends waits that what was reported before explains: after a reconnection a balance may come before the
// state of the market that it is about, even so long before that it was a [Drift].
func (m *Manager) settleByReports() {
	d, a := &m.drift, &m.account
	if m.markets.awaiting == 0 || !a.hasCash {
		return
	}
	if d.unexplained != 0 {
		m.settleUnexplained(0)
		marks.Hit(marks.SettledByEarlierCash)
	}
	if cash, ok := m.reportedCash(); ok && d.open && d.amounts.has&hasExposure != 0 && m.differs(cash, a.cash) {
		m.settleChange(cash - a.cash)
		marks.Hit(marks.SettledByReport)
	}
}

// settleUnexplained ends waits by a change of cash and what is not explained of earlier ones, which is in the account's
// cash already. It reports false if no result is that.
func (m *Manager) settleUnexplained(change int64) bool {
	d, a := &m.drift, &m.account
	before := d.unexplained
	a.cash -= before
	if !m.settleBy(change + before) {
		a.cash += before
		return false
	}
	d.unexplained = 0
	marks.Hit(marks.SettledByDrift)
	return true
}

func (m *Manager) setMarketState(k *market, s msg.MarketStateType) {
	k.state = uint8(s)
	for i := k.contracts; i != none; i = m.markets.contracts[i].next {
		switch {
		case s == msg.MarketStateSettled:
			m.awaitResult(i)
		case s != msg.MarketStateVoided:
		case m.markets.contracts[i].state == uint8(msg.ContractStateSettled):
			m.awaitResult(i) // it was settled before: what it brought stays
		default:
			m.closeVoided(i)
		}
	}
}

func (m *Manager) contractState(at int32, s *msg.ContractState) {
	c := &m.markets.contracts[at]
	if s.HasState() {
		c.state = uint8(s.GetState())
	}
	if s.HasReduceFactor() && s.GetReduceFactor() < moneyPerUnit {
		c.reduce, c.factor = uint8(s.GetReduceType()), uint16(s.GetReduceFactor())
		m.reduceLate(at)
		marks.Hit(marks.RunnerOut)
	}
	switch s.GetState() {
	case msg.ContractStateSettled:
		marks.Hit(marks.ContractSettled)
		m.awaitResult(at)
	case msg.ContractStateVoided:
		m.closeVoided(at)
	}
}

// closeVoided closes a contract that is voided.
func (m *Manager) closeVoided(at int32) {
	reserved := m.account.reserved()
	m.closeContract(at)
	if m.account.reserved() != reserved {
		m.drift.stale = true
		marks.Hit(marks.VoidedReserve)
	}
}

// awaitResult waits for the result of a contract that is settled. One without a position has none.
func (m *Manager) awaitResult(at int32) {
	c := &m.markets.contracts[at]
	switch {
	case c.closed || c.awaiting:
	case c.booked.final == 0 && c.booked.flow == 0 && c.booked.prov == 0 && c.booked.provFlow == 0:
		m.closeContract(at)
	default:
		c.awaiting = true
		marks.Hit(marks.ResultAwaited)
		m.markets.awaiting++
		m.incomplete(ResultUnknown)
		k := &m.markets.markets[c.market]
		if k.awaiting == 0 {
			k.waits = m.now
		}
		k.awaiting++
	}
}

// closeContract brings a contract's position to zero, and keeps it there.
func (m *Manager) closeContract(at int32) {
	c := &m.markets.contracts[at]
	if c.closed {
		return
	}
	c.closed = true
	if c.awaiting {
		c.awaiting = false
		m.markets.awaiting--
		m.markets.markets[c.market].awaiting--
		m.holds(ResultUnknown, m.markets.awaiting > 0)
	}
	var left booked
	for _, l := range [...]*list{&c.ended, &c.live} {
		for i := l.head; i != none; i = m.orders.inContract[i].next {
			e := &m.orders.entries[i]
			e.booked = e.bookOf(c)
			left.add(&e.booked)
			m.fills.release(e) // nothing reduces them any more
			e.flags |= flagFolded
		}
	}
	left.subtract(&c.booked)
	m.book(at, &left)
}

// settleBy ends the wait of the market that a change of cash is the result of, or of all if it is what they bring
// together. It reports false if neither is so.
func (m *Manager) settleBy(change int64) bool {
	if at := m.settledBy(change); at != none {
		winner, _ := m.winner(at, change)
		marks.Hit(marks.SettledByCash)
		m.endMarket(at, winner, change)
		return true
	}
	return m.settleTogether(change)
}

// settleChange ends waits by a change of cash, with what is not explained of earlier ones or without. It reports false
// if no result is either.
func (m *Manager) settleChange(change int64) bool {
	return m.drift.unexplained != 0 && m.settleUnexplained(change) || m.settleBy(change)
}

// settleRest ends the wait of all markets by a change of cash, with what is not explained of earlier ones, that no
// outcomes explain. Which of several brought what is not known: the first is booked with all of it.
func (m *Manager) settleRest(change int64) {
	d := &m.drift
	if !m.room() {
		return // the next call
	}
	m.account.cash -= d.unexplained
	change += d.unexplained
	d.unexplained = 0
	for at := range m.markets.markets {
		if m.markets.markets[at].awaiting > 0 && m.room() {
			winner, _ := m.winner(int32(at), change)
			m.endMarket(int32(at), winner, change)
			change = 0
		}
	}
}

// settledBy returns the waiting market whose result a change of cash is, the oldest of several, or none if there is
// none or only one waits.
func (m *Manager) settledBy(change int64) int32 {
	t := &m.markets
	best := int32(none)
	for at := range t.markets {
		if t.markets[at].awaiting == 0 {
			continue
		}
		if _, ok := m.winner(int32(at), change); ok && (best == none || t.markets[at].waits < t.markets[best].waits) {
			best = int32(at)
		}
	}
	return best
}

// winner returns the contract whose win brings a result, 0 if none has to have won, and false if no outcome brings it.
func (m *Manager) winner(at int32, result int64) (uint32, bool) {
	t, lose := &m.markets, m.ifNoneWins(at)
	for i := t.markets[at].contracts; i != none; i = t.contracts[i].next {
		if c := &t.contracts[i]; c.awaiting && c.booked.final != 0 && lose+c.booked.final*moneyPerUnit == result {
			return c.id, true
		}
	}
	return 0, lose == result
}

// endMarket closes the waiting contracts of a market and books its result.
func (m *Manager) endMarket(at int32, winner uint32, result int64) {
	t := &m.markets
	k := &t.markets[at]
	for i := k.contracts; i != none; i = t.contracts[i].next {
		if t.contracts[i].awaiting {
			m.closeContract(i)
		}
	}
	m.realise(k, result)
	ev := m.emit(MarketSettled)
	ev.Market, ev.Other, ev.Reported = k.id, uint64(winner), result
}

// realise moves a result to what is realised.
func (m *Manager) realise(k *market, result int64) {
	a := &m.account
	for _, sum := range [...]*int64{&k.realised, &a.realised, &a.cash} {
		*sum = min(max(*sum+result, -cashMax), cashMax)
	}
}

// SettleMarket settles a market by the user's word: the named contracts won and the others lost. What its final fills
// bring is realised, before commission; provisional ones count as final.
func (m *Manager) SettleMarket(id uint32, winners []uint32, now int64) ([]Event, error) {
	m.begin(now)
	at := m.markets.findMarket(id)
	if at == none {
		return nil, ErrMarketUnknown
	}
	t := &m.markets
	k := &t.markets[at]
	var result int64
	var winner uint32
	for i := k.contracts; i != none; i = t.contracts[i].next {
		c := &t.contracts[i]
		if c.closed {
			continue
		}
		result += c.booked.flow + c.booked.provFlow
		marks.Hit(marks.SettledByUser)
		if slices.Contains(winners, c.id) {
			result += (c.booked.final + c.booked.prov) * moneyPerUnit
			winner = c.id
		}
		m.closeContract(i)
	}
	k.state = uint8(msg.MarketStateSettled)
	if d := &m.drift; d.unexplained == result { // a report had it
		marks.Hit(marks.SettledByUserKnown)
		m.account.cash -= result
		d.unexplained = 0
	}
	m.realise(k, result)
	ev := m.emit(MarketSettled)
	ev.Market, ev.Other, ev.Reported = k.id, uint64(winner), result
	m.checkDrift(false)
	return m.done(), nil
}

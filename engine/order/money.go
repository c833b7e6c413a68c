package order

import (
	"math"

	"github.com/smk-go/smk/odds"
)

// drift follows the exchange's amounts against ours.
type drift struct {
	amounts  amounts // of the newest report
	open     bool    // the newest report has not agreed with ours yet
	reported bool    // a Drift was reported for it
	asked    bool    // it lasts, and waits for Confirm
	stale    bool    // the newest report's reserve is not the present one: only its cash is compared
	since    int64   // clock reading since when no report agreed; 0 if they do
	newest   int64   // clock reading of the newest report
	stamp    uint64  // of the newest report
	changed  uint64  // stamp of the newest message without amounts that changed the reserve
	exposed  int64   // difference that was reported last: the exchange's less ours
	cash     int64
	exposeOn bool // a difference stands

	repeated    bool  // the newest report was sent again
	unexplained int64 // cash of drifts, which settlements that are not known yet may have brought
}

// exactMax is below which amounts in whole currency and floats correspond one to one.
const exactMax = 1 << 52 / float64(odds.Whole)

// moneyOf returns the amount that a message carries as v. ok is false if it is none.
func moneyOf(v float64) (n int64, ok bool) {
	if math.Abs(v) < exactMax {
		return int64(math.RoundToEven(v * float64(odds.Whole))), true
	}
	m, err := odds.NewMoney(v)
	return int64(m), err == nil && magnitude(int64(m)) <= grossMax
}

// amounts are what a message says about the account.
type amounts struct {
	balance   float64
	exposure  float64
	available int64 // balance
	reserve   int64 // exposure, which counts whatever its sign
	has       has   // which of the two it has
	ok        bool  // those that it has are amounts
}

func amountsOf(has has, balance, exposure float64) amounts {
	a := amounts{balance: balance, exposure: exposure, has: has}
	a.available, a.ok = moneyOf(balance)
	if a.ok && has&hasExposure != 0 {
		a.reserve, a.ok = moneyOf(math.Abs(exposure))
	}
	return a
}

// hasAmounts returns which amounts a message has.
func hasAmounts(balance, exposure bool) (h has) {
	if balance {
		h = hasBalance
	}
	if exposure {
		h |= hasExposure
	}
	return h
}

// applyAmounts applies the amounts of a message, or that it has none. reserved is what we reserved before it.
func (m *Manager) applyAmounts(has has, balance, exposure float64, stamp uint64, reserved int64) {
	switch {
	case has&hasBalance != 0:
		a := amountsOf(has, balance, exposure)
		m.balance(&a, stamp)
	case m.account.reserved() != reserved:
		m.drift.stale = true
		m.drift.changed = max(m.drift.changed, stamp)
	}
	if m.drift.open {
		m.checkDrift(false)
	}
}

// agree notes a balance and an exposure that are exactly ours when no difference stands, as balance and checkDrift
// would for a message that is not replayed. It returns false for any other.
func (m *Manager) agree(balance, exposure float64, stamp uint64) bool {
	d, own := &m.drift, &m.account
	exposed := math.Abs(exposure)
	if d.exposeOn || !own.hasCash || stamp < d.stamp || stamp < d.changed ||
		!(math.Abs(balance) < exactMax && exposed < exactMax) {
		return false
	}
	available := int64(math.RoundToEven(balance * float64(odds.Whole)))
	reserve := int64(math.RoundToEven(exposed * float64(odds.Whole)))
	if available+reserve != own.cash || reserve != own.reserved() {
		return false
	}
	a := &d.amounts
	a.balance, a.exposure, a.available, a.reserve = balance, exposure, available, reserve
	a.has, a.ok = hasBalance|hasExposure, true
	d.stamp, d.newest, d.since = stamp, m.now, 0
	d.open, d.reported, d.stale, d.repeated = false, false, false, false
	return true
}

// balance notes the amounts of a report.
func (m *Manager) balance(b *amounts, stamp uint64) {
	d := &m.drift
	if stamp < d.stamp { // it was overtaken by a newer one
		return
	}
	d.stamp = stamp
	d.amounts = *b
	if d.since == 0 || d.reported {
		d.since = max(m.now, 1)
	}
	d.newest = m.now
	d.open, d.reported = true, false
	d.repeated = m.replayed
	d.stale = m.replayed || stamp < d.changed // what it says may be older than the states of markets
	cash, ok := m.reportedCash()
	if !ok || b.has&hasExposure == 0 {
		return
	}
	a := &m.account
	switch {
	case !a.hasCash:
		a.cash, a.hasCash = cash, true
	case m.markets.awaiting > 0 && m.differs(cash, a.cash):
		m.settleChange(cash - a.cash)
	}
}

// reportedCash returns available balance and reserve of the newest report together.
func (m *Manager) reportedCash() (cash int64, ok bool) {
	a := &m.drift.amounts
	if a.has&hasExposure == 0 {
		return a.available + m.account.reserved(), a.ok
	}
	return a.available + a.reserve, a.ok
}

// differs reports whether two amounts differ beyond the tolerance. Beyond exactMax floats are less exact than
// amounts.
func (m *Manager) differs(a, b int64) bool {
	tolerance := int64(m.config.Tolerance)
	if magnitude(a) > 1<<52 {
		tolerance = max(tolerance, magnitude(a)>>50)
	}
	return magnitude(a-b) > tolerance
}

// DriftPending reports whether the exchange's amounts differ from ours for longer than Config.DriftAfter, so that it is
// time to find out whether the messages that explain it are on their way: when they have certainly been applied, call
// Confirm.
func (m *Manager) DriftPending() bool { return m.drift.open && m.drift.asked && !m.drift.reported }

// Confirm says that everything which the exchange had sent at a moment after DriftPending has been applied, for example
// because a ping was answered that was sent then, and no message is missing. A difference that still lasts is reported:
// a message that is late explains it no more.
func (m *Manager) Confirm(now int64) []Event {
	m.begin(now)
	if m.drift.asked = false; m.now >= m.drift.due(m.config.DriftAfter) {
		m.checkDrift(true)
	}
	return m.done()
}

// checkDrift compares the newest report with ours. The exchange reports the amounts after a whole command with the
// first of its messages, so that a report may agree only later. A difference is reported if it is confirmed.
func (m *Manager) checkDrift(confirmed bool) {
	d := &m.drift
	if !d.open {
		return
	}
	cash, ok := m.reportedCash()
	if !ok {
		d.open, d.since = false, 0
		m.anomaly(BadField, nil)
		return
	}
	a := &m.account
	reserve := a.reserved()
	reported := reserve
	if d.amounts.has&hasExposure != 0 {
		reported = d.amounts.reserve
	}
	exposes, cashes := !d.stale && m.differs(reported, reserve), a.hasCash && m.differs(cash, a.cash)
	if !exposes && !cashes {
		if !a.hasCash {
			a.cash, a.hasCash = cash, true
		}
		d.open, d.since = false, 0
		if d.exposeOn {
			d.exposeOn, d.exposed, d.cash = false, 0, 0
			m.emit(DriftEnded)
		}
		return
	}
	if d.reported || !confirmed {
		return
	}
	if exposes && !cashes && m.markets.awaiting > 0 && !m.differs(reported, reserve-m.awaited()) {
		// The exchange does not reserve for what was settled, and the cash is what a drift said, or as it was.
		if !m.settleChange(0) {
			m.settleRest(0)
		}
		d.open, d.since = false, 0
		return
	}
	if cashes && m.markets.awaiting > 0 {
		if d.repeated { // it may be from before the settlement, and after another one
			d.explainLater(cash - a.cash)
			a.cash = cash
			return
		}
		m.settleRest(cash - a.cash) // what is left the next call compares
		return
	}
	d.reported = true
	if exposes && (!d.exposeOn || m.differs(reported-reserve, d.exposed)) {
		d.exposeOn, d.exposed = true, reported-reserve
		m.drifted(Exposure, reserve, reported)
	}
	if cashes {
		m.drifted(Cash, a.cash, cash)
		d.explainLater(cash - a.cash)
		a.cash = cash // the newest message holds
	}
}

// explainLater remembers a change of cash, which a settlement that is not known yet may have brought.
func (d *drift) explainLater(change int64) {
	d.unexplained = min(max(d.unexplained+change, -cashMax), cashMax)
}

// awaited returns what markets reserve that wait for their result as a whole.
func (m *Manager) awaited() (sum int64) {
	t := &m.markets
	for at, left := 0, t.awaiting; left > 0; at++ {
		sum += t.markets[at].awaited()
		left -= int(t.markets[at].awaiting)
	}
	return sum
}

// awaited returns what a market reserves that is settled as a whole and whose result is not known.
func (m *market) awaited() int64 {
	if m.awaiting > 0 && m.over() {
		return m.matched()
	}
	return 0
}

// due returns the clock reading at which a difference is to be confirmed: when no report came for a time, so that the
// rest of a command is not under way, or at the latest after several times as long.
func (d *drift) due(after int64) int64 {
	return min(d.newest+after, d.since+driftTimes*after)
}

func (m *Manager) drifted(k AmountKind, ours, reported int64) {
	ev := m.emit(Drift)
	ev.Amount, ev.Expected, ev.Reported = k, ours, reported
}

// balanceChanged applies balance_changed, which the exchange sends when it processed a settlement.
func (m *Manager) balanceChanged(r *report) {
	if m.markets.awaiting == 0 || r.has&hasBalance == 0 {
		return
	}
	d := &m.drift
	d.amounts = amountsOf(r.has&(hasBalance|hasExposure), r.balance, r.exposure)
	cash, ok := m.reportedCash()
	if !ok || r.has&hasExposure == 0 || !m.account.hasCash {
		m.settleRest(0)
		return
	}
	if change := cash - m.account.cash; !m.settleChange(change) {
		m.settleRest(change)
	}
}

// Account is the money of the account.
type Account struct {
	Cash      odds.Money // available balance and reserve, as the exchange last reported them and settlements since
	CashKnown bool
	Available odds.Money // Cash less Reserved
	Reserved  odds.Money // as the exchange counts: the four below together
	Final     odds.Money // worst case of final fills, market by market
	Open      odds.Money // of live orders
	Provision odds.Money // of provisional fills, without offset
	Replacing odds.Money // of replaces between their stages
	Asked     odds.Money // of creates and replaces without an answer, in doubt or not: not in Reserved
	Awaiting  odds.Money // of Final, what settled markets whose result is not known may have lost: not in Cash yet
	WorstCase odds.Money // Reserved and Asked less Awaiting: the most that can be lost
	Realised  odds.Money // results of settled markets
}

// Realised returns Account's Realised alone.
func (m *Manager) Realised() odds.Money { return odds.Money(m.account.realised) }

// Account returns the money of the account.
func (m *Manager) Account() Account {
	a := &m.account
	awaited := m.awaited()
	return Account{
		Cash: odds.Money(a.cash), CashKnown: a.hasCash, Available: odds.Money(a.cash - a.reserved()),
		Reserved: odds.Money(a.reserved()), Final: odds.Money(a.matched), Open: odds.Money(a.openRisk),
		Provision: odds.Money(a.provRisk), Replacing: odds.Money(a.extra), Asked: odds.Money(a.asked),
		Awaiting: odds.Money(awaited), WorstCase: odds.Money(a.reserved() + a.asked - awaited),
		Realised: odds.Money(a.realised),
	}
}

// Position is what the account has in a contract. Quantities of payoff are positive for what was bought. Flow is what
// was received for sales less what was paid for purchases.
type Position struct {
	Final           odds.Quantity // by final fills
	FinalFlow       odds.Money
	Provisional     odds.Quantity // by fills that may be voided, and executions that no fill was seen for
	ProvisionalFlow odds.Money
	Buying          odds.Quantity // live purchases
	Selling         odds.Quantity // live sales
	AskedBuying     odds.Quantity // creates without an answer
	AskedSelling    odds.Quantity
	Open            odds.Money // what live orders can lose
	Asked           odds.Money // what creates and replaces without an answer can lose
	IfWins          odds.Money // result of the final fills
	IfLoses         odds.Money
	Settled         bool // settled or voided: fills do not count any more
}

// Position returns the position in a contract.
func (m *Manager) Position(marketID, contractID uint32) Position {
	at := m.markets.find(marketID, contractID)
	if at == none {
		return Position{}
	}
	c := &m.markets.contracts[at]
	return Position{
		Final: odds.Quantity(c.booked.final), FinalFlow: odds.Money(c.booked.flow),
		Provisional: odds.Quantity(c.booked.prov), ProvisionalFlow: odds.Money(c.booked.provFlow),
		Buying: odds.Quantity(c.booked.open[0]), Selling: odds.Quantity(c.booked.open[1]),
		AskedBuying: odds.Quantity(c.booked.asked[0]), AskedSelling: odds.Quantity(c.booked.asked[1]),
		Open: odds.Money(c.booked.openRisk), Asked: odds.Money(c.booked.askedRisk),
		IfWins: odds.Money(c.booked.final*moneyPerUnit + c.booked.flow), IfLoses: odds.Money(c.booked.flow),
		Settled: c.closed,
	}
}

// Market is what the account has at stake in a market.
type Market struct {
	Final     odds.Money // worst case of final fills, as the exchange reserves it
	Open      odds.Money // of live orders
	Provision odds.Money // of provisional fills
	Replacing odds.Money // of replaces between their stages
	Asked     odds.Money // of creates and replaces without an answer
	WorstCase odds.Money // all of them, but Final of a settled market: the most that can be lost
	Realised  odds.Money // what settlements brought
	Awaiting  bool       // settled, and the result is not known yet
}

// worstCase is [Market]'s WorstCase.
func (k *market) worstCase() int64 {
	return k.matched() - k.awaited() + k.openRisk + k.provRisk + k.extra + k.askedRisk
}

// Market returns what the account has at stake in a market.
func (m *Manager) Market(id uint32) Market {
	at := m.markets.findMarket(id)
	if at == none {
		return Market{}
	}
	k := &m.markets.markets[at]
	return Market{
		Final: odds.Money(k.matched()), Open: odds.Money(k.openRisk), Provision: odds.Money(k.provRisk),
		Replacing: odds.Money(k.extra), Asked: odds.Money(k.askedRisk),
		WorstCase: odds.Money(k.worstCase()),
		Realised:  odds.Money(k.realised), Awaiting: k.awaiting > 0,
	}
}

// Profit is what the final fills of a market bring if a contract wins and the others lose.
type Profit struct {
	Contract   uint32     // 0 stands for any contract without a position, and for none
	Gross      odds.Money // negative for a loss
	Commission odds.Money
	Net        odds.Money
}

// Outcomes calls yield with the profit of every outcome of a market in which one contract wins: of each contract that
// was traded, in the order in which they were seen, and of any other. It stops when yield returns false.
func (m *Manager) Outcomes(marketID uint32, yield func(Profit) bool) {
	at := m.markets.findMarket(marketID)
	if at == none {
		return
	}
	lose := m.markets.ifAllLose(at)
	for i := m.markets.markets[at].contracts; i != none; i = m.markets.contracts[i].next {
		c := &m.markets.contracts[i]
		if !c.closed && !yield(m.profit(c.id, lose+c.booked.final*moneyPerUnit)) {
			return
		}
	}
	yield(m.profit(0, lose))
}

// ifAllLose returns the result of a market's final fills if none of its contracts wins.
func (t *markets) ifAllLose(at int32) (sum int64) {
	for i := t.markets[at].contracts; i != none; i = t.contracts[i].next {
		sum += t.contracts[i].booked.flow
	}
	return sum
}

func (m *Manager) profit(contract uint32, gross int64) Profit {
	p := Profit{Contract: contract, Gross: odds.Money(gross)}
	if c, err := m.config.Commission.Commission(p.Gross, odds.Cent, odds.Up); err == nil {
		p.Commission = c
	}
	p.Net = p.Gross - p.Commission
	return p
}

package order

import "github.com/smk-go/smk/internal/marks"

// Outcomes of several markets are tried together only within these bounds.
const (
	togetherMax = 16      // markets
	triesMax    = 1 << 12 // outcomes
)

// together looks for the outcomes of several markets that bring a sum.
type together struct {
	markets [togetherMax]int32
	n       int
	winners [togetherMax]uint32 // of the solution
	results [togetherMax]int64
	found   int
	tries   int
	trial   struct {
		winners [togetherMax]uint32
		results [togetherMax]int64
	}
}

// settleTogether ends the wait of all markets if a change of cash is what they bring together in one way only.
func (m *Manager) settleTogether(change int64) bool {
	t := &m.together
	t.n, t.found, t.tries = 0, 0, 0
	for at := range m.markets.markets {
		if m.markets.markets[at].awaiting == 0 {
			continue
		}
		if t.n == togetherMax {
			marks.Hit(marks.TogetherTooMany)
			return false
		}
		t.markets[t.n] = int32(at)
		t.n++
	}
	if t.n < 2 {
		return false
	}
	if m.tryOutcomes(0, change); t.found != 1 || t.tries > triesMax {
		marks.Hit(marks.TogetherAmbiguous)
		return false
	}
	for i := range t.n {
		m.endMarket(t.markets[i], t.winners[i], t.results[i])
		marks.Hit(marks.SettledTogether)
	}
	return true
}

// tryOutcomes tries every outcome of the markets from an index on, which are to bring what is left of a sum.
func (m *Manager) tryOutcomes(i int, left int64) {
	t := &m.together
	if t.tries++; t.tries > triesMax || t.found > 1 {
		return
	}
	if i == t.n {
		if left == 0 {
			t.found++
			t.winners, t.results = t.trial.winners, t.trial.results
		}
		return
	}
	try := func(winner uint32, result int64) {
		t.trial.winners[i], t.trial.results[i] = winner, result
		m.tryOutcomes(i+1, left-result)
	}
	lose := m.ifNoneWins(t.markets[i])
	for at := m.markets.markets[t.markets[i]].contracts; at != none; at = m.markets.contracts[at].next {
		if c := &m.markets.contracts[at]; c.awaiting && c.booked.final != 0 {
			try(c.id, lose+c.booked.final*moneyPerUnit)
		}
	}
	try(0, lose)
}

// ifNoneWins returns what a waiting market brings if none of its contracts with a position has won.
func (m *Manager) ifNoneWins(at int32) (lose int64) {
	t := &m.markets
	for i := t.markets[at].contracts; i != none; i = t.contracts[i].next {
		if t.contracts[i].awaiting {
			lose += t.contracts[i].booked.flow
		}
	}
	return lose
}

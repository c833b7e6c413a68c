package order

// PositionCount returns how many contracts Positions yields.
func (m *Manager) PositionCount() int { return m.markets.open }

// Positions yields the contracts with orders or a position that are kept: for market, contract := range m.Positions.
// Nothing may be applied meanwhile.
func (m *Manager) Positions(yield func(market, contract uint32) bool) {
	t := &m.markets
	left := t.open
	for at := 0; left > 0; at++ {
		k := &t.markets[at]
		if k.id == 0 {
			continue
		}
		for i := k.contracts; i != none; i = t.contracts[i].next {
			if left--; !yield(k.id, t.contracts[i].id) {
				return
			}
		}
	}
}

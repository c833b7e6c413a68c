package exchange

// RecordedBest returns the best visible prices of others in a recorded contract, 0 for none. It does not allocate.
func (x *Exchange) RecordedBest(market, contract uint32) (bid, offer uint32) {
	m := x.byMarket[market]
	if m == nil {
		return 0, 0
	}
	c := m.contractByID(contract)
	if c == nil || c.recorded == nil {
		return 0, 0
	}
	var best [2]uint32
	for side := range c.recorded {
		if s := &c.recorded[side]; len(s.levels) > 0 && s.levels[0].key >= s.floor {
			best[side] = keyOf(side, s.levels[0].key)
		}
	}
	return best[buy], best[sell]
}

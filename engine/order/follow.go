package order

// firstAwaiting returns the id of a market that waits for its result, 0 if none does.
func (t *markets) firstAwaiting() uint32 {
	if t.awaiting == 0 {
		return 0
	}
	for at := range t.markets {
		if t.markets[at].awaiting > 0 {
			return t.markets[at].id
		}
	}
	return 0
}

// Markets returns how many markets the Manager has begun to keep so far, which grows when one is new.
func (m *Manager) Markets() uint64 { return m.markets.claimed }

// AtStake reports whether a settlement of a market would bring something, or end orders: it has orders that are not
// terminal, or fills, and is neither settled nor voided.
func (m *Manager) AtStake(id uint32) bool {
	at := m.markets.findMarket(id)
	return at != none && m.markets.atStake(&m.markets.markets[at])
}

// ToFollow calls yield for each market with something at stake, see [Manager.AtStake], that was not said to be
// followed, until it returns false.
func (m *Manager) ToFollow(yield func(id uint32) bool) {
	t := &m.markets
	for at := range t.markets {
		if k := &t.markets[at]; k.used && !k.followed && t.atStake(k) && !yield(k.id) {
			return
		}
	}
}

// Follow says whether the state of a market is subscribed to.
func (m *Manager) Follow(id uint32, on bool) {
	if at := m.markets.findMarket(id); at != none {
		m.markets.markets[at].followed = on
	}
}

// FollowNone says that no market's state is subscribed to any more.
func (m *Manager) FollowNone() {
	for at := range m.markets.markets {
		m.markets.markets[at].followed = false
	}
}

// Unfollowed says whether there are markets with something at stake that cannot be subscribed to, which is a cause of
// incompleteness.
func (m *Manager) Unfollowed(on bool, now int64) []Event {
	m.begin(now)
	m.holds(Unfollowed, on)
	return m.done()
}

// atStake reports whether a market that is not over has orders that are not terminal, or fills.
func (t *markets) atStake(k *market) bool {
	if k.over() {
		return false
	}
	for i := k.contracts; i != none; i = t.contracts[i].next {
		if c := &t.contracts[i]; !c.booked.zero() {
			return true
		}
	}
	return false
}

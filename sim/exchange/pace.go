package exchange

// Upper bounds of the encoded size of what a snapshot is made of: see the messages' definitions.
const (
	levelBytes    = 16 // price and quantity
	contractBytes = 80 // of quotes: numbers, last execution, high and low
	stateBytes    = 24 // of a contract's state
	marketBytes   = 64 // of each message: the market's own, and the frame around it
)

// awaits reports whether a market's snapshot is still to be sent to a session that asked for it.
// Updates make no sense before.
func (s *Login) awaitsSnapshot(m *market) bool {
	for _, other := range s.pendingSnapshots {
		if other == m {
			return true
		}
	}
	return false
}

// room reports whether the session's sink takes so many bytes.
func (s *Login) hasRoom(n int) bool { return s.pacer == nil || s.pacer.Room(n) }

// HasPendingSnapshots reports whether snapshots are still to be sent; see [Login.SendSnapshots].
func (s *Login) HasPendingSnapshots() bool {
	return len(s.pendingSnapshots) > 0 || s.priceFeed && s.priceSnapshotsSent < len(s.exchange.markets) ||
		s.marketFeed && s.stateSnapshotsSent < len(s.exchange.markets)
}

// SendSnapshots sends the snapshots that are still to be sent, as far as there is room: those of single
// markets in the order of their subscriptions, then those of the feeds. What is not sent yet needs no
// memory, and is sent as the market then is.
func (s *Login) SendSnapshots() {
	if s.sink == nil {
		return
	}
	x := s.exchange
	for len(s.pendingSnapshots) > 0 {
		m := s.pendingSnapshots[0]
		if !s.hasRoom(x.quotesBytes(m) + statesBytes(m)) {
			return
		}
		s.pendingSnapshots = append(s.pendingSnapshots[:0], s.pendingSnapshots[1:]...)
		s.sendSnapshot(m)
		if s.subscribes(m) {
			s.sendState(m, "")
			if m.managed {
				s.sendManaged(m)
			}
		}
	}
	for s.priceFeed && s.priceSnapshotsSent < len(x.markets) {
		m := x.markets[s.priceSnapshotsSent]
		if !s.hasRoom(x.quotesBytes(m)) {
			return
		}
		s.priceSnapshotsSent++
		s.sendSnapshot(m)
	}
	for s.marketFeed && s.stateSnapshotsSent < len(x.markets) {
		m := x.markets[s.stateSnapshotsSent]
		if !s.hasRoom(statesBytes(m)) {
			return
		}
		s.stateSnapshotsSent++
		s.sendState(m, "")
		s.sendManaged(m)
	}
}

// quotesBytes is the most that a market's quotes take.
func (x *Exchange) quotesBytes(m *market) int {
	return marketBytes + len(m.contracts)*(contractBytes+2*x.depth*levelBytes)
}

// statesBytes is the most that a market's state and managed state take, without a reason.
func statesBytes(m *market) int { return 2*marketBytes + len(m.contracts)*stateBytes }

package core

// Upper bounds of the encoded size of what a snapshot is made of: see the messages' definitions.
const (
	levelBytes    = 16 // price and quantity
	contractBytes = 80 // of quotes: numbers, last execution, high and low
	stateBytes    = 24 // of a contract's state
	marketBytes   = 64 // of each message: the market's own, and the frame around it
)

// awaits reports whether a market's snapshot is still to be sent to a session that asked for it.
// Updates make no sense before.
func (s *Session) awaits(m *market) bool {
	for _, other := range s.owed {
		if other == m {
			return true
		}
	}
	return false
}

// room reports whether the session's sink takes so many bytes.
func (s *Session) room(n int) bool { return s.pacer == nil || s.pacer.Room(n) }

// Behind reports whether snapshots are still to be sent; see [Session.Continue].
func (s *Session) Behind() bool {
	return len(s.owed) > 0 || s.priceFeed && s.pricesSent < len(s.x.markets) ||
		s.marketFeed && s.statesSent < len(s.x.markets)
}

// Continue sends the snapshots that are still to be sent, as far as there is room: those of single
// markets in the order of their subscriptions, then those of the feeds. What is not sent yet needs no
// memory, and is sent as the market then is.
func (s *Session) Continue() {
	if s.sink == nil {
		return
	}
	x := s.x
	for len(s.owed) > 0 {
		m := s.owed[0]
		if !s.room(x.quotesBytes(m) + statesBytes(m)) {
			return
		}
		s.owed = append(s.owed[:0], s.owed[1:]...)
		s.sendSnapshot(m)
		if s.subscribes(m) {
			s.sendState(m, "")
			if m.managed {
				s.sendManaged(m)
			}
		}
	}
	for s.priceFeed && s.pricesSent < len(x.markets) {
		m := x.markets[s.pricesSent]
		if !s.room(x.quotesBytes(m)) {
			return
		}
		s.pricesSent++
		s.sendSnapshot(m)
	}
	for s.marketFeed && s.statesSent < len(x.markets) {
		m := x.markets[s.statesSent]
		if !s.room(statesBytes(m)) {
			return
		}
		s.statesSent++
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

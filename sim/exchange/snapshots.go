package exchange

// Upper bounds of the encoded size of a snapshot's parts.
const (
	levelBytes    = 16 // price and quantity
	contractBytes = 80 // of quotes: numbers, last execution, high and low
	stateBytes    = 24 // of a contract's state
	marketBytes   = 64 // of each message: the market's own, and the frame around it
)

// awaitsSnapshot reports whether a market's snapshot is still to be sent to a login that requested it.
// Until then it gets no updates of the market.
func (l *Login) awaitsSnapshot(m *market) bool {
	for _, other := range l.pendingSnapshots {
		if other == m {
			return true
		}
	}
	return false
}

// hasRoom reports whether the login's sink accepts n bytes of snapshots.
func (l *Login) hasRoom(n int) bool { return l.pacer == nil || l.pacer.Room(n) }

// HasPendingSnapshots reports whether snapshots are still to be sent; see [Login.SendSnapshots].
func (l *Login) HasPendingSnapshots() bool {
	return len(l.pendingSnapshots) > 0 || l.priceFeed && l.priceSnapshotsSent < len(l.exchange.markets) ||
		l.marketFeed && l.stateSnapshotsSent < len(l.exchange.markets)
}

// SendSnapshots sends the snapshots that are still to be sent, as far as there is room: those of single
// markets in the order of their subscriptions, then those of the feeds. A snapshot shows the market at the
// time it is sent.
func (l *Login) SendSnapshots() {
	if l.sink == nil {
		return
	}
	x := l.exchange
	for len(l.pendingSnapshots) > 0 {
		m := l.pendingSnapshots[0]
		if !l.hasRoom(x.quotesBytes(m) + statesBytes(m)) {
			return
		}
		l.pendingSnapshots = append(l.pendingSnapshots[:0], l.pendingSnapshots[1:]...)
		l.sendSnapshot(m)
		if l.subscribes(m) {
			l.sendState(m, "")
			if m.managed {
				l.sendManaged(m)
			}
		}
	}
	for l.priceFeed && l.priceSnapshotsSent < len(x.markets) {
		m := x.markets[l.priceSnapshotsSent]
		if !l.hasRoom(x.quotesBytes(m)) {
			return
		}
		l.priceSnapshotsSent++
		l.sendSnapshot(m)
	}
	for l.marketFeed && l.stateSnapshotsSent < len(x.markets) {
		m := x.markets[l.stateSnapshotsSent]
		if !l.hasRoom(statesBytes(m)) {
			return
		}
		l.stateSnapshotsSent++
		l.sendState(m, "")
		l.sendManaged(m)
	}
}

// quotesBytes returns the most bytes of a market's quotes.
func (x *Exchange) quotesBytes(m *market) int {
	return marketBytes + len(m.contracts)*(contractBytes+2*x.depth*levelBytes)
}

// statesBytes returns the most bytes of a market's state and managed state, without a reason.
func statesBytes(m *market) int { return 2*marketBytes + len(m.contracts)*stateBytes }

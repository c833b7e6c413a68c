package risk

import "math"

// Tick does what time asks for, and reports whether the caller has to send an order_cancel_all for all markets now. It
// is to be called after Halt, LoggedIn and Orders, and when the reading of Deadline is reached. If the message cannot
// be sent Tick asks again after Config.CancelAllRetry.
func (g *Gate) Tick(now int64) (cancelAll bool) {
	now = g.advance(now)
	cancelAll, changed := g.kill.due(now)
	g.killMoved(now, changed)
	return cancelAll
}

// Deadline returns the clock reading at which Tick is to be called next. ok is false if it is not.
func (g *Gate) Deadline() (at int64, ok bool) {
	at = g.kill.deadline()
	if g.watchdog.due != math.MinInt64 {
		at = min(at, g.watchdog.due)
	}
	return at, at != math.MaxInt64
}

// CancelAllSent notes that an order_cancel_all for all markets left, whoever wanted it. id is its sequence on the
// connection, or another number that is not 0 and ascends from one request to the next.
func (g *Gate) CancelAllSent(now int64, id uint64) {
	now = g.advance(now)
	g.killMoved(now, g.kill.cancelAllSent(now, id))
}

// CancelAllAnswered notes that the exchange accepted or rejected one, by the id that CancelAllSent had.
func (g *Gate) CancelAllAnswered(now int64, id uint64, accepted bool) {
	now = g.advance(now)
	g.killMoved(now, g.kill.cancelAllAnswered(now, id, accepted))
}

// Orders tells how many orders may still trade. It is to be called after every event that changes one of the figures,
// whatever the mode is, and after an order was sent.
func (g *Gate) Orders(now int64, orders OpenOrders) {
	now = g.advance(now)
	g.kill.orders = orders
	g.killMoved(now, g.kill.check(now))
}

// LoggedIn notes that messages can be sent. A kill switch that is not done asks for an order_cancel_all again,
// with all its tries.
func (g *Gate) LoggedIn(now int64) {
	now = g.advance(now)
	g.killMoved(now, g.kill.connected(now))
}

// LoggedOut notes that no message can be sent any more.
func (g *Gate) LoggedOut(now int64) {
	now = g.advance(now)
	g.killMoved(now, g.kill.disconnected())
}

// Events returns what the gate found out since it was called last, and empties the queue of [EventsMax]. The slice is
// valid until the next call of any method.
func (g *Gate) Events() []Event { return g.events.take() }

// AllowMarket allows one more market. The error is [ErrMarketsOff], [ErrMarketsFull] or [ErrMarketZero].
func (g *Gate) AllowMarket(id uint32) error { return g.markets.add(id) }

// ForbidMarket takes a market from those that are allowed; if it is not among them nothing happens. Without any, none
// is allowed. The error is [ErrMarketsOff] or [ErrMarketZero].
func (g *Gate) ForbidMarket(id uint32) error { return g.markets.remove(id) }

// Renew claims memory for Config.Refusals more refusals if less than half of the last is left, and reports whether it
// did. It is the one method that allocates again and again, and is meant for a moment in which nothing else is to be
// done. Without it refusals become [Refusal.Shared] when the first memory is used up.
func (g *Gate) Renew() bool { return g.refusals.renew() }

// LastRefusal returns a copy of the last refusal with its amounts, of Limit LimitNone if there was none.
func (g *Gate) LastRefusal() Refusal { return g.refusals.last }

// Stats are counters since New.
type Stats struct {
	Admitted   uint64         // creates and replaces
	Refused    [Limits]uint64 // by Limit
	Shared     uint64         // refusals without amounts
	EventsLost uint64
}

// Stats returns the counters.
func (g *Gate) Stats() Stats {
	return Stats{Admitted: g.admitted, Refused: g.refusals.counts, Shared: g.refusals.total, EventsLost: g.events.lost}
}

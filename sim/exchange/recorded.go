package exchange

import "github.com/smk-go/smk/gen/msg"

// Recorded makes an exchange play recorded markets: the other participants are not orders but the levels and trades
// that [Exchange.Play] is given, and the orders of accounts that can log in are matched against those.
//
// An order that is added to the book has the level's visible quantity ahead of it. Trades at its price take from that
// quantity first and then fill the order; trades at a worse price fill it before that. What else a level loses was
// cancelled, and Queue says from where. An order that takes is filled from visible levels, which have less by it:
// of a level that changes, what has left is what was taken, and only what others have added can be taken again.
type Recorded struct {
	Account string // the house account that is the other party of every fill; "" means an exchange without a recording
	Queue   Queue

	// OnFill, if not nil, is called with each fill, before it is reported. It must not call the exchange.
	OnFill func(RecordedFill)
}

// Queue says where cancelled quantity was in the queue of its level, which a recording does not say.
type Queue uint8

// The assumptions about the queue.
const (
	QueuePessimistic  Queue = iota // behind the order while there is enough behind it
	QueueProportional              // ahead of the order and behind it, in proportion
	QueueOptimistic                // ahead of the order while there is enough ahead of it
)

// String returns the assumption's name.
func (q Queue) String() string {
	switch q {
	case QueuePessimistic:
		return "pessimistic"
	case QueueProportional:
		return "proportional"
	case QueueOptimistic:
		return "optimistic"
	}
	return "unknown queue"
}

// FillReason says why an order was filled in a recorded market.
type FillReason uint8

// The reasons.
const (
	FillTook          FillReason = iota + 1 // the order took from a visible level
	FillQueueReached                        // a trade at its price left something for it
	FillTradedThrough                       // a trade happened at a worse price
	FillCrossed                             // the other side's visible quantity came to its price
)

// String returns the reason in words.
func (r FillReason) String() string {
	switch r {
	case FillTook:
		return "took"
	case FillQueueReached:
		return "queue reached"
	case FillTradedThrough:
		return "traded through"
	case FillCrossed:
		return "crossed"
	}
	return "unknown reason"
}

// RecordedFill is a fill of an order in a recorded market.
type RecordedFill struct {
	OrderID  uint64
	Price    uint32 // of the fill, in 1/100 %
	Quantity uint64 // in 1/10000 of payoff
	Reason   FillReason
}

// Change is one recorded change of a contract's book. Its levels and trades happened together.
type Change struct {
	Levels []ChangedLevel // new quantities; levels that are not named stay
	Trades []Trade        // oldest first

	// Reset says that Levels are all visible levels, and that what happened before is not known.
	Reset bool

	// Worst is, by side, bids first, the worst visible price, 0 if every level of the side is visible. Nothing is
	// known of a level beyond it; one that is not beyond it and has no quantity is empty.
	Worst [2]uint32
}

// ChangedLevel is a level with what the other participants have there.
type ChangedLevel struct {
	Side     msg.Side
	Price    uint32
	Quantity uint64
}

// Trade is a recorded trade: an incoming order that was not the recording account's own matched resting ones.
type Trade struct {
	Side         msg.Side // of the resting orders
	Price        uint32
	Quantity     uint64
	Others       uint64 // how much of Quantity was taken from other participants; the rest from the recording account
	Microseconds uint64 // since 1970
}

// aheadUnknown is the quantity ahead of an order whose level is not visible.
const aheadUnknown = 1<<64 - 1

// recording is what an exchange has that plays recorded markets.
type recording struct {
	house  *account
	queue  Queue
	onFill func(RecordedFill)
	latest [64]*contract // that were played lately, by id

	forgotten uint64 // fills that are not kept for a reduction any more
}

// startRecorded makes the exchange one that plays recorded markets.
func (x *Exchange) startRecorded(r Recorded) error {
	if r.Account == "" {
		return nil
	}
	a := x.byName[r.Account]
	switch {
	case a == nil || !a.config.House:
		return configError("is no house account", "Recorded.Account")
	case r.Queue > QueueOptimistic:
		return configError("is none of the assumptions", "Recorded.Queue")
	}
	x.recording = &recording{house: a, queue: r.Queue, onFill: r.OnFill}
	for _, m := range x.markets {
		for _, c := range m.contracts {
			c.recorded = new([2]recordedSide)
			c.ensurePosition(a)
		}
	}
	return nil
}

// Play applies a recorded change to a contract's book, fills what it fills, publishes the change as one, and reports
// the fills. A market or contract that has ended has no orders to fill, and its changes are published: its book is
// emptied. The error is a [*CommandError] if there is no such contract or the exchange plays no recording; c is not
// kept.
func (x *Exchange) Play(marketID, contractID uint32, c *Change) error {
	ct, err := x.recordedContract(marketID, contractID)
	if err != nil {
		return err
	}
	for side := range ct.sides {
		if ct.sides[side].orders > 0 {
			x.revealQueues(ct, side, c)
		}
	}
	for i := range c.Trades {
		x.playTrade(ct, &c.Trades[i])
	}
	updated := x.playLevels(ct, c)
	x.fillCrossed(ct)
	x.markPlayed(ct, c, updated)
	x.publish()
	if len(x.buf.fills) > 0 {
		x.reportFills()
		x.retirePlayed()
	}
	return nil
}

// recordedContract returns a contract of a recorded market.
func (x *Exchange) recordedContract(marketID, contractID uint32) (*contract, error) {
	if x.recording == nil {
		return nil, commandErrorf("there is no recorded market %d", marketID)
	}
	latest := &x.recording.latest[contractID%uint32(len(x.recording.latest))]
	if c := *latest; c != nil && c.id == contractID && c.market.id == marketID {
		return c, nil
	}
	m := x.byMarket[marketID]
	if m == nil {
		return nil, commandErrorf("there is no recorded market %d", marketID)
	}
	c := m.contractByID(contractID)
	if c == nil {
		return nil, commandErrorf("market %d has no contract %d", marketID, contractID)
	}
	*latest = c
	return c, nil
}

// markPlayed records that a contract's book changed, on the sides that a change names unless there were fills. updated
// are the levels that playLevels returned.
func (x *Exchange) markPlayed(ct *contract, c *Change, updated [2]uint32) {
	if !ct.changed {
		x.markChanged(ct)
		ct.unchanged, ct.updated = [2]bool{true, true}, updated
	}
	for side := range ct.sides {
		if c.Reset || ct.worst[side] != c.Worst[side] {
			ct.unchanged[side], ct.updated[side], ct.worst[side] = false, 0, c.Worst[side]
		}
	}
	for i := range c.Levels {
		ct.unchanged[sideIndex(c.Levels[i].Side)] = false
	}
}

// Ahead returns how much of others is ahead of a live order in a recorded market, and false if that is not known or
// there is no such order.
func (x *Exchange) Ahead(id uint64) (quantity uint64, ok bool) {
	o := x.orders.find(id)
	if o == nil || o.account == nil || o.state != OrderLive || o.ahead[x.recording.queue] == aheadUnknown {
		return 0, false
	}
	return o.ahead[x.recording.queue], true
}

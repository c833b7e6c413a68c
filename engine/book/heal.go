package book

import "github.com/smk-go/smk/internal/marks"

// Subscribed says that a market_subscribe was sent at a clock reading, for the first time, again, or because an
// event asked for it. The error is ErrNoMarket or a [*LimitError].
func (b *Books) Subscribed(marketID uint32, now int64) error {
	b.events = b.events[:0]
	slot, err := b.claimMarket(marketID, now)
	if err != nil {
		return err
	}
	m := &b.market[slot]
	before := b.statusOf(m)
	m.flags |= flagSubscribed
	if m.is(flagGivenUp) {
		m.flags &^= flagGivenUp
		marks.Hit(marks.BookResubscribedAgain)
		m.attempts = 0
	}
	b.expectSnapshot(m, now)
	b.changed(m, before, now)
	return nil
}

// Unsubscribed says that the user's market_unsubscribe was sent. The market is forgotten, but for its own orders,
// unless the price feed has it.
func (b *Books) Unsubscribed(marketID uint32, now int64) {
	b.events = b.events[:0]
	slot := b.byMarket.find(uint64(marketID))
	if slot == none || !b.market[slot].is(flagSubscribed) {
		return
	}
	b.market[slot].flags &^= flagSubscribed
	b.drop(slot, now)
}

// PriceFeed says that the price feed was turned on or off. While it is on, every market is kept that it brings.
func (b *Books) PriceFeed(on bool, now int64) {
	b.events = b.events[:0]
	b.fed = on
	if on {
		return
	}
	for slot := range b.market {
		if m := &b.market[slot]; m.is(flagFed) {
			m.flags &^= flagFed
			b.drop(int32(slot), now)
		}
	}
}

// drop forgets a market that is not subscribed to any more, but for its own orders.
func (b *Books) drop(slot int32, now int64) {
	m := &b.market[slot]
	if m.is(flagSubscribed | flagFed) {
		return
	}
	before := b.statusOf(m)
	for i := m.contracts; i != none; i = b.contract[i].next {
		b.clear(i, now)
		b.contract[i].causes, b.contract[i].flags, b.contract[i].state = 0, 0, 0
		b.trades[i] = trades{}
	}
	*m = market{id: m.id, contracts: m.contracts, since: m.since}
	b.changed(m, before, now)
	b.release(slot)
}

// Gap says that messages of the session are missing. Every book is suspect until Recovered.
func (b *Books) Gap(now int64) { b.setGlobal(b.causes|Gap, now) }

// Recovered says that the missing messages have come. If some have not, being filled, complete is false, and every
// market needs a snapshot.
func (b *Books) Recovered(complete bool, now int64) {
	if complete {
		b.setGlobal(b.causes&^Gap, now)
	} else {
		b.rebase(b.causes&^Gap, Invalid, now)
		marks.Hit(marks.BookGapIncomplete)
	}
}

// Disconnected says that the connection is lost. Every book is suspect.
func (b *Books) Disconnected(now int64) { b.setGlobal(b.causes|Reconnect, now) }

// Connected says that the login was answered. If the session went on, nothing is lost, and books are what they
// were. Otherwise every market needs a snapshot, and the subscriptions have to be sent anew.
func (b *Books) Connected(resumed bool, now int64) {
	if resumed {
		b.setGlobal(0, now)
		marks.Hit(marks.BookResumed)
	} else {
		b.rebase(0, Reconnect, now)
		marks.Hit(marks.BookReconnected)
	}
}

// setGlobal sets the causes of every market.
func (b *Books) setGlobal(causes Causes, now int64) {
	b.events = b.events[:0]
	if causes == b.causes {
		return
	}
	b.causes = causes
	b.due = now // deadlines may have passed meanwhile
	state := Live
	if causes != 0 {
		state = Suspect
	}
	b.emit(Event{Kind: MarketChanged, State: state, Causes: causes})
}

// rebase replaces the causes of every market by one of each, which waits for a snapshot.
func (b *Books) rebase(global, cause Causes, now int64) {
	b.events = b.events[:0]
	b.causes, b.due = global, now
	for slot := range b.market {
		m := &b.market[slot]
		if !m.is(flagSubscribed|flagFed) || m.is(flagClosed) {
			continue
		}
		before := b.statusOf(m)
		m.flags &^= flagBase
		if m.is(flagKnown) {
			m.causes |= cause
		}
		for i := m.contracts; i != none; i = b.contract[i].next {
			b.relevel(i)
		}
		m.attempts = 0
		b.expectSnapshot(m, now)
		b.changed(m, before, now)
	}
}

// expectSnapshot begins the wait for a snapshot.
func (b *Books) expectSnapshot(m *market, now int64) {
	if m.is(flagClosed) {
		m.flags &^= flagClosed | flagKnown | flagBase
	}
	m.flags |= flagAwaiting
	m.asked = now
	b.schedule(m)
}

// status is what a market's State is made of.
type status struct {
	state  State
	causes Causes
}

// statusOf returns the status of a market without those of its contracts.
func (b *Books) statusOf(m *market) status {
	causes := m.causes | b.causes
	switch {
	case m.is(flagClosed):
		return status{state: Empty}
	case !m.is(flagKnown) && m.is(flagAwaiting):
		return status{state: Awaiting}
	case !m.is(flagKnown):
		return status{state: Empty}
	case causes != 0:
		return status{Suspect, causes}
	}
	return status{state: Live}
}

// changed tells if the status of a market is another than before.
func (b *Books) changed(m *market, before status, now int64) {
	after := b.statusOf(m)
	if after == before {
		return
	}
	if after.state != before.state {
		m.since = now
	}
	b.emit(Event{Kind: MarketChanged, Market: m.id, State: after.state, Causes: after.causes})
}

// addCause makes a market suspect.
func (b *Books) addCause(m *market, cause Causes, now int64) {
	before := b.statusOf(m)
	m.causes |= cause
	b.schedule(m)
	b.changed(m, before, now)
}

// crossingsMax is how often a book may be crossed before a snapshot is asked for, if each time is within
// crossingsWithin times CrossedTimeout of the one before.
const (
	crossingsMax    = 4
	crossingsWithin = 10
)

// setCrossed sets whether a contract is crossed.
func (b *Books) setCrossed(i int32, now int64) {
	c := &b.contract[i]
	m := &b.market[c.slot]
	is := isCrossed(b.words(i))
	if is == c.causes.Has(Crossed) {
		return
	}
	if is {
		marks.Hit(marks.BookCrossed)
		c.causes |= Crossed
		if c.crossings++; now-c.crossedSince > crossingsWithin*b.config.CrossedTimeout {
			c.crossings = 1
		}
		if c.crossedSince = now; c.crossings == crossingsMax { // an own order may come and go for it
			c.crossedSince, c.crossings = now-b.config.CrossedTimeout, 0
			marks.Hit(marks.BookCrossedAgain)
		}
		m.crossed++
		b.due = min(b.due, c.crossedSince+b.config.CrossedTimeout)
	} else {
		c.causes &^= Crossed
		marks.Hit(marks.BookUncrossed)
		if m.crossed--; m.crossed == 0 {
			m.flags &^= flagGivenUp
		}
	}
	b.emitContract(i)
}

func (b *Books) emitContract(i int32) {
	c := &b.contract[i]
	s := b.statusOfContract(c)
	b.emit(Event{Kind: ContractChanged, Market: c.market, Contract: c.id, State: s.state, Causes: s.causes})
}

// statusOfContract returns the status of a contract's book.
func (b *Books) statusOfContract(c *contract) status {
	s := b.statusOf(&b.market[c.slot])
	switch {
	case c.flags&contractClosed != 0:
		return status{state: Empty}
	case s.state >= Live && c.causes != 0:
		return status{Suspect, s.causes | c.causes}
	}
	return s
}

// schedule takes a market's next deadline over.
func (b *Books) schedule(m *market) { b.due = min(b.due, b.dueOf(m)) }

// dueOf returns when something is to be done about a market.
func (b *Books) dueOf(m *market) int64 {
	if !m.is(flagSubscribed|flagFed) || m.flags&(flagClosed|flagGivenUp) != 0 {
		return never
	}
	due := int64(never)
	switch {
	case m.is(flagAwaiting):
		return m.asked + b.config.SnapshotTimeout<<m.attempts
	case m.causes&(Invalid|Window|TooOld|Reconnect) != 0:
		due = 0
	case m.is(flagKnown) && b.config.MaxAge > 0:
		due = m.updated + b.config.MaxAge
	}
	if m.crossed > 0 {
		for i := m.contracts; i != none; i = b.contract[i].next {
			if b.contract[i].causes.Has(Crossed) {
				due = min(due, b.contract[i].crossedSince+b.config.CrossedTimeout)
			}
		}
	}
	return due
}

// Due returns the clock reading from which on Advance has something to do, the largest int64 if there is none.
func (b *Books) Due() int64 {
	if b.causes != 0 {
		return never
	}
	return b.due
}

// Advance does what is due at a clock reading: it makes books suspect that are too old, and asks for snapshots of
// those that wait too long or stay crossed or incomplete. It returns the events. While the connection is lost, or
// messages are missing, it does nothing.
func (b *Books) Advance(now int64) []Event {
	b.events = b.events[:0]
	if now < b.due || b.causes != 0 {
		return nil
	}
	b.due = never
	for slot := range b.market {
		m := &b.market[slot]
		if m.id == 0 {
			continue
		}
		if b.dueOf(m) <= now {
			b.heal(m, now)
		}
		b.schedule(m)
	}
	return b.events
}

// heal asks for a market's snapshot, unless that was in vain too often.
func (b *Books) heal(m *market, now int64) {
	if b.config.MaxAge > 0 && m.is(flagKnown) && now-m.updated >= b.config.MaxAge {
		b.addCause(m, TooOld, now)
		marks.Hit(marks.BookTooOld)
	}
	if now-m.asked > calm && !m.is(flagAwaiting) {
		m.attempts = 0
	}
	if int(m.attempts) >= b.config.Resubscriptions {
		m.flags |= flagGivenUp
		s := b.statusOf(m)
		b.emit(Event{Kind: GivenUp, Market: m.id, State: s.state, Causes: s.causes})
		marks.Hit(marks.BookGaveUp)
		return
	}
	m.attempts++
	b.stats.Healed++
	marks.Hit(marks.BookResubscribed)
	s := b.statusOf(m)
	b.expectSnapshot(m, now)
	b.emit(Event{Kind: Resubscribe, Market: m.id, State: s.state, Causes: s.causes, Attempt: m.attempts})
}

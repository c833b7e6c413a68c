package order

import (
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/odds"
)

// Why says why orders and positions are not known to be complete. It is a set of bits.
type Why uint16

// The causes. Those from MessagesLost on stay until [Manager.Reconciled].
const (
	NotCaughtUp    Why = 1 << iota // the account's messages are not caught up with, or not yet
	CatchUpLacking                 // the last one to catch up found something missing: Cause
	FillsMissed                    // executions that no fill was seen for
	Inexact                        // a reduction of which only the average is known
	ResultUnknown                  // a market is settled, and what it brought is not known: Market
	Unfollowed                     // a settlement may stay unknown: not every market at stake is subscribed to
	// account messages that are not asked for any more, or came too late to be told apart
	MessagesLost
	SequenceReset  // the exchange began to count anew
	Overflowed     // no room, or figures too large
	FillsForgotten // fills of an order that was forgotten changed
)

var whyNames = [...]string{
	"not caught up", "catching up lacked something", "fills missed", "inexact reduction", "result not known",
	"market not followed", "messages lost", "sequence reset", "overflow", "fills of a forgotten order changed",
}

// String returns the names of the bits, "complete" if there are none.
func (w Why) String() string {
	text := ""
	for i, name := range whyNames {
		if w&(1<<i) == 0 {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += name
	}
	if text == "" {
		return "complete"
	}
	return text
}

// Completeness says whether orders, positions and money are complete as far as can be known.
type Completeness struct {
	Complete bool
	Why      Why
	Cause    error  // of the last CaughtUp that was not complete; not kept by AppendState
	Lost     uint64 // account sequences that were given up, most of which may never have existed
	Missed   int    // orders with executions that no fill was seen for
	Inexact  int    // orders with a reduction of which only the average is known
	Market   uint32 // a market that is settled and whose result is not known, 0 if there is none
}

type completeness struct {
	why     Why
	cause   error
	lost    uint64
	missed  int
	inexact int
	unknown int  // orders with flagForgotten
	forgot  bool // fills of one that is not kept
}

// Completeness returns whether what the Manager says is complete, and why not.
func (m *Manager) Completeness() Completeness {
	c := &m.complete
	return Completeness{c.why == 0, c.why, c.cause, c.lost, c.missed, c.inexact, m.markets.firstAwaiting()}
}

// incomplete notes a cause, once.
func (m *Manager) incomplete(w Why) {
	if m.complete.why&w == 0 {
		m.complete.why |= w
		m.emit(CompletenessChanged)
	}
}

// holds follows a cause that ends when what it is about does.
func (m *Manager) holds(w Why, on bool) {
	switch {
	case on:
		m.incomplete(w)
	case m.complete.why&w != 0:
		m.complete.why &^= w
		m.emit(CompletenessChanged)
	}
}

// missing follows the orders with executions that no fill was seen for.
func (m *Manager) missing(before, now odds.Quantity) {
	c := &m.complete
	if before == 0 {
		c.missed++
	}
	if now == 0 {
		c.missed--
	}
	m.holds(FillsMissed, c.missed > 0)
}

// forgotten follows the orders whose fills changed without having been seen.
func (m *Manager) forgotten(n int) {
	m.complete.unknown += n
	m.holds(FillsForgotten, m.complete.unknown > 0 || m.complete.forgot)
}

// inexact follows the orders whose fills were reduced inexactly.
func (m *Manager) inexact(n int) {
	m.complete.inexact += n
	m.holds(Inexact, m.complete.inexact > 0)
}

// Disconnected applies that the connection ended: until the next login has caught up nothing is known to be complete,
// and the rest of a command whose balance was reported may be missing.
func (m *Manager) Disconnected(now int64) []Event {
	m.begin(now)
	m.drift.open, m.drift.since = false, 0
	m.incomplete(NotCaughtUp)
	return m.done()
}

// CaughtUp applies what the session says after a login: everything that the exchange repeats was applied. complete
// and cause are the event's.
func (m *Manager) CaughtUp(complete bool, cause error, now int64) []Event {
	m.begin(now)
	c := &m.complete
	before := c.why
	c.why &^= NotCaughtUp | CatchUpLacking
	c.cause = nil
	m.relink()
	if !complete {
		c.why |= CatchUpLacking
		marks.Hit(marks.CatchUpLacking)
		c.cause = cause
	}
	if c.why != before {
		m.emit(CompletenessChanged)
	}
	return m.done()
}

// AccountLost applies that account messages from to to are not asked for any more, both included.
func (m *Manager) AccountLost(from, to uint64, now int64) []Event {
	m.begin(now)
	if to >= from {
		m.complete.lost += to - from + 1
		marks.Hit(marks.AccountMessagesLost)
	}
	m.incomplete(MessagesLost)
	return m.done()
}

// AccountReset applies that the exchange began to count account sequences anew. Call it before the message with
// the first new number is applied.
func (m *Manager) AccountReset(now int64) []Event {
	m.begin(now)
	m.window.restart()
	marks.Hit(marks.AccountNumbersRestart)
	m.incomplete(SequenceReset)
	return m.done()
}

// Reconciled notes that the user compared orders and positions with another source and accepts them: lasting causes
// of incompleteness are cleared.
func (m *Manager) Reconciled(now int64) []Event {
	m.begin(now)
	c := &m.complete
	before := c.why
	c.why &= NotCaughtUp | CatchUpLacking | FillsMissed | Inexact | ResultUnknown | Unfollowed
	c.lost, c.forgot = 0, false
	if c.why != before {
		m.emit(CompletenessChanged)
	}
	return m.done()
}

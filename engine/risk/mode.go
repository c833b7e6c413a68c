package risk

import "errors"

// Mode says what may be traded.
type Mode uint8

// The modes, by strictness.
const (
	Active   Mode = iota // all that keeps the limits
	Reducing             // only what lowers the worst case of a market
	Halted               // nothing: cancels and reductions alone
)

var modeNames = [...]string{"active", "reducing", "halted"}

// String returns the mode's name.
func (m Mode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return "unknown mode"
}

// Trigger says what changed a mode.
type Trigger uint8

// The triggers. Those up to TriggerOther are the caller's, the others the gate's own.
const (
	TriggerAPI    Trigger = iota // the program
	TriggerSignal                // a signal of the operating system
	TriggerFile                  // a file that appeared
	TriggerOther
	TriggerWatchdog
	TriggerDrift
	TriggerLoss
)

var triggerNames = [...]string{"api", "signal", "file", "other", "watchdog", "drift", "loss"}

// String returns the trigger's name.
func (t Trigger) String() string {
	if int(t) < len(triggerNames) {
		return triggerNames[t]
	}
	return "unknown trigger"
}

// CauseBytesMax is how long each text of a [Cause] may be; of a longer one the beginning is kept.
const CauseBytesMax = 256

// Cause says why a mode changed and who changed it. Strings are kept as they are.
type Cause struct {
	Trigger Trigger
	Who     string // the person or part of a program, empty if unknown
	Reason  string
}

// bounded returns the cause with texts of bounded length.
func (c Cause) bounded() Cause {
	c.Who = c.Who[:min(len(c.Who), CauseBytesMax)]
	c.Reason = c.Reason[:min(len(c.Reason), CauseBytesMax)]
	return c
}

// ErrHalting is what Resume returns while the kill switch is at work.
var ErrHalting = errors.New("risk: kill switch is at work")

// Status is the mode, why and since when it is in force, and how far the kill switch is.
type Status struct {
	Mode  Mode
	Since int64 // clock reading at which the mode began, 0 for the mode of a new gate
	Cause Cause

	Kill      KillState
	Open      int    // orders that are neither terminal nor in doubt, as Orders told last
	InDoubt   int    // orders in doubt
	Complete  bool   // those are all orders of the account
	Accepted  bool   // the exchange accepted an order_cancel_all that was sent after the halt
	Tries     int    // order_cancel_all sent on this connection since the halt, or since orders turned up behind it
	CancelAll uint64 // order_cancel_all sent since the halt
}

// Status returns the mode in force and the progress of the kill switch.
func (g *Gate) Status() Status {
	k := &g.kill
	return Status{
		Mode: g.mode, Since: g.since, Cause: g.cause, Kill: k.state, Open: k.orders.Open, InDoubt: k.orders.InDoubt,
		Complete: k.orders.Complete, Accepted: k.accepted, Tries: k.tries, CancelAll: k.sent,
	}
}

// Mode returns the mode in force.
func (g *Gate) Mode() Mode { return g.mode }

// Halt is the kill switch: when it returns no create or replace passes until Resume, and Tick asks for an
// order_cancel_all. It reports whether that changed anything. While Halted is in force the first cause stays, and a
// kill switch that gave up begins again.
func (g *Gate) Halt(now int64, cause Cause) bool {
	now = g.advance(now)
	if g.mode == Halted {
		if g.kill.state != KillGaveUp {
			return false
		}
		g.killMoved(now, g.kill.begin(now))
		return true
	}
	g.move(now, Halted, cause)
	g.killMoved(now, g.kill.begin(now))
	return true
}

// Reduce makes Reducing the mode. It reports whether that changed anything: Halted stays.
func (g *Gate) Reduce(now int64, cause Cause) bool {
	now = g.advance(now)
	if g.mode >= Reducing {
		return false
	}
	g.move(now, Reducing, cause)
	return true
}

// Resume makes Active the mode, whatever it was, and gives the watchdog its whole time. The error is [ErrHalting]
// while the kill switch is at work: until Status has a Kill that is Done.
//
// A loss that is still as large as its limit does not halt again, but goes on to refuse what does not reduce the risk.
func (g *Gate) Resume(now int64, cause Cause) error {
	now = g.advance(now)
	if g.mode == Halted && !g.kill.state.Done() {
		return ErrHalting
	}
	g.watchdog.beat(now)
	if g.mode == Active {
		return nil
	}
	g.kill.end()
	g.move(now, Active, cause)
	return nil
}

// move changes the mode, which nothing else does.
func (g *Gate) move(now int64, mode Mode, cause Cause) {
	from := g.mode
	g.enter(mode)
	g.since, g.cause = now, cause.bounded()
	g.report(now, Event{Kind: ModeChanged, From: from})
}

// report queues an event with the state as it is.
func (g *Gate) report(now int64, e Event) {
	e.At, e.Mode, e.Cause, e.Kill = now, g.mode, g.cause, g.kill.state
	e.Open, e.InDoubt = g.kill.orders.Open, g.kill.orders.InDoubt
	g.events.push(e)
}

package risk

import (
	"errors"

	"github.com/smk-go/smk/internal/marks"
)

// ErrHalting is what Resume returns while the kill switch is at work.
var ErrHalting = errors.New("risk: kill switch is at work")

// Status is the mode, why and since when it is in force, and how far the kill switch is.
type Status struct {
	Mode  Mode
	Since int64 // clock reading at which the mode began, 0 for the mode of a new gate
	Cause Cause

	Kill      KillState
	Open      int    // orders that are neither terminal nor in doubt, as Orders said last
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
func (g *Gate) Halt(now int64, cause Cause) bool { return g.halt(g.advance(now), cause) }

// Reduce makes Reducing the mode. It reports whether that changed anything: Halted stays.
func (g *Gate) Reduce(now int64, cause Cause) bool { return g.reduce(g.advance(now), cause) }

// Resume makes Active the mode, whatever it was, and gives the watchdog its whole time. The error is [ErrHalting]
// while the kill switch is at work: until Status has a Kill that is Done.
//
// A loss that is still as large as its limit does not halt again, but goes on to refuse what does not reduce the risk.
func (g *Gate) Resume(now int64, cause Cause) error {
	now = g.advance(now)
	if g.mode == Halted && !g.kill.state.Done() {
		marks.Hit(marks.ResumeHalting)
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

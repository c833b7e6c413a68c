package risk

import (
	"math"
	"slices"

	"github.com/smk-go/smk/internal/marks"
)

// Gate decides which messages may leave. One goroutine owns it.
type Gate struct {
	config  Config
	limits  limits
	mode    Mode
	checks  checks // in this mode
	needs   Parts  // of a create in this mode
	replace Parts  // of a replace
	free    bool   // nothing is limited in this mode
	now     int64  // the latest clock reading

	request  request // the last one that was judged
	remember bool    // it was admitted, and counts as a duplicate of others once it is sent

	since int64
	cause Cause

	kill       killSwitch
	watchdog   watchdog
	rate       bucket
	duplicates duplicates
	markets    markets
	refusals   refusals
	events     events

	lossReported bool // the loss is as large as its limit, and the response was made
	admitted     uint64
}

// New makes a gate in the mode Active. The error is a *[ConfigError].
func New(config Config) (*Gate, error) {
	c, err := config.resolve()
	if err != nil {
		return nil, err
	}
	c.Markets = slices.Clone(c.Markets)
	g := &Gate{config: c, limits: c.inForce(), now: math.MinInt64}
	g.kill.init(c.CancelAllRetry, c.CancelAllTries)
	g.watchdog.init(int64(c.Watchdog))
	g.rate.init(c.Rate, c.Burst)
	g.duplicates.init(int64(c.DuplicateWindow), c.DuplicateOrders)
	g.markets.init(c.Markets, c.MarketsMax)
	g.refusals.init(c.Refusals, c.shown())
	g.events.init()
	g.setMode(Active)
	return g, nil
}

// setMode makes a mode the one in force.
func (g *Gate) setMode(m Mode) {
	c := &g.config
	g.mode, g.checks, g.needs, g.replace = m, c.checks(m), c.needs(m), 0
	g.free = g.checks == 0 && g.needs == 0
	if g.checks&^checkRate != 0 || g.needs != 0 {
		g.replace = g.needs | PartOriginal
	}
}

// advance returns the clock reading, or the latest one if it is behind that, and halts if Beat is overdue.
func (g *Gate) advance(now int64) int64 {
	now = max(now, g.now)
	g.now = now
	if now >= g.watchdog.due {
		g.expire(now)
	}
	return now
}

// expire starts the watchdog at the first reading, and halts at one at which it is due.
func (g *Gate) expire(now int64) {
	switch g.watchdog.due {
	case math.MaxInt64: // it is off: this is the last reading of the clock
	case math.MinInt64:
		g.watchdog.beat(now)
	default:
		g.watchdog.due = math.MaxInt64
		g.report(now, Event{Kind: WatchdogExpired})
		marks.Hit(marks.WatchdogExpired)
		g.halt(now, Cause{Trigger: TriggerWatchdog, Reason: "no beat in time"})
	}
}

// halt is Halt at a reading that was taken.
func (g *Gate) halt(now int64, cause Cause) bool {
	if g.mode == Halted {
		if g.kill.state != KillGaveUp {
			return false
		}
		g.killMoved(now, g.kill.begin(now))
		marks.Hit(marks.HaltAgain)
		return true
	}
	g.move(now, Halted, cause)
	g.killMoved(now, g.kill.begin(now))
	return true
}

// reduce is Reduce at a reading that was taken.
func (g *Gate) reduce(now int64, cause Cause) bool {
	if g.mode >= Reducing {
		marks.Hit(marks.ReduceInVain)
		return false
	}
	g.move(now, Reducing, cause)
	return true
}

// respond answers a loss or a drift.
func (g *Gate) respond(now int64, r Response, cause Cause) {
	switch r {
	case RespondHalt:
		g.halt(now, cause)
	case RespondReduce:
		g.reduce(now, cause)
	}
}

// move changes the mode, which nothing else does.
func (g *Gate) move(now int64, mode Mode, cause Cause) {
	from := g.mode
	g.setMode(mode)
	g.since, g.cause = now, cause.bounded()
	g.report(now, Event{Kind: ModeChanged, From: from})
}

// report queues an event with the state as it is.
func (g *Gate) report(now int64, e Event) {
	e.At, e.Mode, e.Cause, e.Kill = now, g.mode, g.cause, g.kill.state
	e.Open, e.InDoubt = g.kill.orders.Open, g.kill.orders.InDoubt
	g.events.push(e)
}

// killMoved queues an event if the kill switch went on.
func (g *Gate) killMoved(now int64, changed bool) {
	if changed {
		g.report(now, Event{Kind: KillChanged})
	}
}

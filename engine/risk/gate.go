package risk

import (
	"math"
	"slices"

	"github.com/smk-go/smk/gen/msg"
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

	lossTold bool // the loss is as large as its limit, and the response was made
	admitted uint64
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
	g.enter(Active)
	return g, nil
}

// enter makes a mode the one in force.
func (g *Gate) enter(m Mode) {
	c := &g.config
	g.mode, g.checks, g.needs, g.replace = m, c.checks(m), c.needs(m), 0
	g.free = g.checks == 0 && g.needs == 0
	if g.checks&^checkRate != 0 || g.needs != 0 {
		g.replace = g.needs | PartOriginal
	}
}

// Needs returns the parts of a snapshot that a message is judged by now, none for one that always passes.
func (g *Gate) Needs(typ msg.PayloadType) Parts {
	switch typ {
	case msg.PayloadOrderCreate:
		return g.needs
	case msg.PayloadOrderCancelReplace:
		return g.replace
	}
	return 0
}

// Admit returns nil if a message may be sent, or a *[Refusal]. keys are those of the message, and s what is known as
// of now; nothing of either is kept, and s may be nil if Needs returns nothing. It uses nothing up: Sent does.
//
// A refusal for a loss or a missed Beat changes the mode as it is made.
func (g *Gate) Admit(now int64, keys *msg.Keys, s *Snapshot) error {
	if keys.Type != msg.PayloadOrderCreate && keys.Type != msg.PayloadOrderCancelReplace {
		return nil
	}
	now = g.advance(now)
	g.remember = false
	if g.mode == Halted {
		return g.refusals.refuse(LimitHalted, 0, 0, 0)
	}
	if !g.free {
		if s == nil {
			s = &unknown
		}
		if err := g.judge(now, keys, s); err != nil {
			return err
		}
	}
	g.admitted++
	return nil
}

// unknown is the snapshot of a caller that has none.
var unknown Snapshot

// Sent notes that a message left: the one that Admit returned nil for last, or one that it does not judge. Messages
// that were sent without asking Admit take from Config.Rate and are not remembered as duplicates.
func (g *Gate) Sent(now int64, keys *msg.Keys) {
	switch keys.Type {
	case msg.PayloadOrderCreate, msg.PayloadOrderCancelReplace:
		now = g.advance(now)
		if g.remember {
			g.remember = false
			g.duplicates.add(now)
		}
	case msg.PayloadOrderCancel, msg.PayloadOrderCancelAll, msg.PayloadOrderQuantityReduce:
		now = g.advance(now)
	default:
		return
	}
	if g.rate.rate != 0 {
		g.rate.take(now)
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

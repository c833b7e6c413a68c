package risk

import (
	"math"

	"github.com/smk-go/smk/gen/msg"
)

// Gate decides which messages may leave. One goroutine owns it.
type Gate struct {
	config   Config
	limits   limits
	mode     Mode
	free     bool  // nothing is limited in this mode
	needs    Parts // of a create in this mode
	judged   bool  // a limit reads side, price or quantity
	collared bool
	now      int64 // the latest clock reading

	request request // the last one that was judged

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
	g := &Gate{config: c, limits: c.inForce(), now: math.MinInt64, judged: c.judges(), collared: c.Collar.on()}
	g.kill.init(c.CancelAllRetry, c.CancelAllTries)
	g.watchdog.init(int64(c.Watchdog))
	g.rate.init(c.Rate, c.Burst)
	g.duplicates.init(int64(c.DuplicateWindow), c.DuplicateOrders)
	g.markets.init(c.Markets, c.MarketsMax)
	g.refusals.init(c.Refusals, c.shown())
	g.events.init()
	g.config.Markets = nil
	g.enter(Active)
	return g, nil
}

// enter makes a mode the one in force.
func (g *Gate) enter(m Mode) {
	g.mode, g.needs = m, g.config.needs(m)
	g.free = g.needs == 0 && !g.judged && g.markets.slots == nil && g.rate.rate == 0
}

// Needs returns the parts of a snapshot that a message is judged by now, none for one that always passes.
func (g *Gate) Needs(typ msg.PayloadType) Parts {
	switch typ {
	case msg.PayloadOrderCreate:
		return g.needs
	case msg.PayloadOrderCancelReplace:
		return g.needsOfReplace()
	}
	return 0
}

// needsOfReplace returns what a replace is judged by.
func (g *Gate) needsOfReplace() Parts {
	if g.needs != 0 || g.judged || g.markets.slots != nil {
		return g.needs | PartOriginal
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
	g.request.remember = false
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

// Sent notes that a message left: the one that Admit returned nil for last, or one that it does not judge. Messages that
// were sent without asking Admit take from Config.Rate and are not remembered as duplicates.
func (g *Gate) Sent(now int64, keys *msg.Keys) {
	switch keys.Type {
	case msg.PayloadOrderCreate, msg.PayloadOrderCancelReplace:
		now = g.advance(now)
		if g.request.remember {
			g.request.remember = false
			g.duplicates.add(now, &g.request)
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

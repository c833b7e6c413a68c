package risk

import (
	"math"

	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/odds"
)

// Beat says that what the watchdog watches is alive. One that comes too late does not undo the halt.
func (g *Gate) Beat(now int64) {
	now = g.advance(now)
	if g.watchdog.due != math.MaxInt64 {
		g.watchdog.beat(now)
	}
}

// BeatAt is Beat for a caller that learns late of the beats of others: the newest was at a clock reading, which may be
// in the past, and none of those before came Config.Watchdog or more after another.
func (g *Gate) BeatAt(at int64) {
	if w := &g.watchdog; w.due != math.MaxInt64 {
		w.due = max(w.due, after(at, w.period))
	}
}

// Profit tells the realised profit, as Admit does with that of its snapshot: to be called when it changes. A loss that
// reaches the limit makes an event and the response, once until it is within the limit again.
func (g *Gate) Profit(now int64, profit odds.Money) {
	now = g.advance(now)
	c := &g.config
	exceeded := g.lossExceeded(profit)
	if exceeded == g.lossReported {
		return
	}
	g.lossReported = exceeded
	if exceeded {
		g.report(now, Event{Kind: LossExceeded, Amount: lossOf(profit)})
		marks.Hit(marks.LossExceeded)
		g.respond(now, c.OnLoss, Cause{Trigger: TriggerLoss, Reason: "realised loss has reached its limit"})
	}
}

// lossExceeded reports whether a profit is a loss that has reached its limit.
func (g *Gate) lossExceeded(profit odds.Money) bool {
	return g.config.LossMax > 0 && lossOf(profit) >= g.config.LossMax
}

// lossOf returns the loss of a profit.
func lossOf(profit odds.Money) odds.Money { return -max(profit, -odds.MoneyMax) }

// Drift tells the difference between the own figure of a balance or an exposure and the exchange's, of either sign.
// Each that is too large makes an event and the response.
func (g *Gate) Drift(now int64, difference odds.Money) {
	now = g.advance(now)
	c := &g.config
	if c.DriftMax > 0 && max(lossOf(difference), difference) > c.DriftMax {
		g.report(now, Event{Kind: DriftExceeded, Amount: difference})
		marks.Hit(marks.DriftExceeded)
		g.respond(now, c.OnDrift, Cause{Trigger: TriggerDrift, Reason: "figures differ from the exchange's"})
	}
}

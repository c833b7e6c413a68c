package engine

import (
	"math"
	"sync/atomic"

	"github.com/smk-go/smk/internal/marks"
)

// Beat says that the bot is alive: if none comes for Config.State.Risk.Watchdog the kill switch is thrown, before
// another order leaves. It is a clock reading and one atomic exchange; the time that counts is that of the call, and
// not when the loop learns of it: a loop that is busy does not make a beat late. A beat that comes too late does not
// undo the halt, Resume does.
//
// The watchdog begins with the first login. From then on all time counts, also that without a connection and that for
// which the process was stopped, because what the bot knows is as old. So beat in a timer or in the strategy's own
// loop, several times in the period, and not in handlers of messages, which a quiet market does not send.
//
// Any goroutine, any time. Several may beat; then the watchdog expires when all are silent.
func (e *Engine) Beat() {
	if e.trading != nil && e.trading.halts.beats.period != 0 {
		e.trading.halts.beats.beat(e.system.Now())
	}
}

// beatLate is beats.last after a pause that is too long, until Resume.
const beatLate = math.MinInt64

// beats are the calls of Beat since the loop took them over last. It only needs the newest: pauses between calls are
// judged by the calls.
type beats struct {
	period int64        // Risk.Watchdog, 0 if that is off; immutable
	last   atomic.Int64 // clock reading of the newest, 0 before the watchdog begins, or beatLate
	seen   int64        // the loop only: last as followBeats found it
	tape   *tape        // nil without a journal
}

// beat notes a call. Any goroutine.
func (b *beats) beat(now int64) {
	for {
		last := b.last.Load()
		if last == 0 || last == beatLate || last >= now {
			return
		}
		next := now
		if now-last >= b.period {
			next = beatLate
			marks.Hit(marks.BeatLate)
		}
		if b.last.CompareAndSwap(last, next) {
			return
		}
	}
}

// begin starts the watchdog, if it has not begun.
func (b *beats) begin(now int64) { b.last.CompareAndSwap(0, now) }

// restart gives the watchdog its whole time, if it has begun.
func (b *beats) restart(now int64) {
	if b.last.Load() != 0 {
		b.last.Store(now)
	}
}

// followBeats shows the newest beat to the risk checks. Every part of the loop that calls them after time has passed
// calls it first.
func (t *trading) followBeats(now int64) {
	b := &t.halts.beats
	if b.period == 0 {
		return
	}
	last := int64(b.tape.word(tapeBeat, uint64(b.last.Load()), uint64(b.seen)))
	switch b.seen = last; last {
	case 0:
		t.risk.BeatAt(now)
	case beatLate: // the risk checks find out by themselves: the one before is too old
	default:
		t.risk.BeatAt(last)
	}
}

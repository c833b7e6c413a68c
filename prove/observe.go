package prove

import (
	"path/filepath"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/sim/exchange"
)

// observeEvery is the virtual time between two moments at which a day is observed.
const observeEvery = int64(100 * time.Millisecond)

// Observed is a bot at a moment of a day. It is valid until the observer returns, and must not be changed.
type Observed struct {
	Dir      string             // of the journal of all of the bot's processes, each of which is a run
	Account  string             // its username
	Shared   bool               // another bot trades on the account
	Engine   *engine.Engine     // of the process that runs; nil if there is none
	Informed bool               // the engine has received everything that the exchange has said
	Rest     bool               // nothing is under way: the faults have ended, and everything has come to rest
	End      bool               // the day is over, and all of the journal is written
	Certain  bool               // nothing kept the bot from knowing everything
	Exchange *exchange.Exchange // the truth
}

// Observe is [Run] of a day in which each bot has a journal, in a folder of its own in dir, and all of its processes
// have the same one. observe is called with each bot every 100 ms of trading, when everything is at rest, and at the
// end, when all of the journal can be read; before, the newest records may be on their way to the disk.
func Observe(s Schedule, dir string, observe func(*Observed)) Result {
	defer alone()()
	s.Journal = false // which is replayed
	return trade(s, nil, &observer{dir: dir, observe: observe})
}

// observer is who observes a day.
type observer struct {
	dir     string
	observe func(*Observed)
	at      int64 // when it is called next
}

// config gives the next process of a bot the journal of the last one.
func (o *observer) config(b *bot) journal.Config {
	return journal.Config{
		Dir: filepath.Join(o.dir, b.name), Name: b.name, OnFull: journal.FullWait, Durability: journal.SyncNone,
		RingBytes: 1 << 20, SegmentBytes: 8 << 20, Pause: time.Millisecond,
		Clock: func() int64 { return 1 }, Wall: func() int64 { return 1 },
	}
}

// round observes a day now and then.
func (o *observer) round(w *World) {
	if o == nil || !w.faulty || w.now < o.at || w.failed() {
		return
	}
	o.at = w.now + observeEvery
	o.all(w, Observed{})
}

// all observes all bots.
func (o *observer) all(w *World, at Observed) {
	if o == nil {
		return
	}
	for _, b := range w.bots {
		to := at
		to.Dir, to.Account, to.Exchange = o.config(b).Dir, b.account, w.sim.Exchange
		to.Shared, to.Certain = b.shared(), !b.uncertain()
		if b.engine != nil {
			to.Engine, to.Informed = b.engine.Engine, b.informed()
			to.Engine.Do(func() {}) // which is recorded, and all that was received before
		}
		o.observe(&to)
	}
}

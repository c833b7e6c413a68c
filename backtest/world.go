package backtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"sync/atomic"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/sim"
)

// ErrStuck is the error of a bot that does not come to rest at one moment, or has timers that are due again at once.
var ErrStuck = errors.New("backtest: the bot does not come to rest")

// world is an exchange and a bot's engine under one clock, in one goroutine.
type world struct {
	sim     *sim.Sim
	engine  *engine.Engine
	links   []*link
	latency Latencies
	random  *rand.Rand // of the latencies
	now     int64
	reading atomic.Int64 // now, for the engine, whose journal has a goroutine
	simDue  int64
	botDue  int64 // of the engine alone, after its last poll
	restDue int64 // of the engine, if atRest: nothing has happened since that was found out
	atRest  bool
	touched bool // the exchange was given something since its last tick
	burst   burst
	ended   bool
	outcome error // of the engine
}

// burst counts polls within burstTime: a bot whose timer is due again at once would hold the clock up for ever.
type burst struct {
	until int64
	polls int
}

// adapt changes a bot's settings so that it runs in the world and leaves nothing outside of it.
func (w *world) adapt(c engine.Config, seed uint64) engine.Config {
	c.Address, c.DisableTLS, c.TLS, c.Credentials = "exchange.backtest:3801", true, nil, nil
	w.reading.Store(w.now)
	c.Clock = w.reading.Load
	c.Dial = func(context.Context, string, string) (net.Conn, error) { return w.connect() }
	c.LockThread, c.Pin, c.Core, c.TimeSubmissions = false, false, 0, false
	c.State.HaltFile, c.State.HaltSignals = "", nil
	c.State.File, c.State.Files, c.State.DurableIntents = "", nil, false
	if c.Session.ReferenceBase == 0 {
		c.Session.ReferenceBase = rand.New(rand.NewPCG(seed, 0xba5e)).Uint64() >> 2
	}
	return c
}

// connect opens a connection of the engine.
func (w *world) connect() (net.Conn, error) {
	if len(w.links) >= connectionsMax {
		return nil, sim.ErrTooManyConnections
	}
	conn, err := w.sim.Open()
	if err != nil {
		return nil, err
	}
	l := &link{world: w, exchange: conn, delayed: !w.latency.none(), endAt: math.MaxInt64}
	w.links = append(w.links, l)
	return l, nil
}

// due returns when something happens next.
func (w *world) due() int64 {
	due := w.simDue
	if w.touched {
		due = min(due, w.sim.Exchange.Due())
	}
	if w.atRest && !w.touched {
		return min(due, w.restDue)
	}
	for _, l := range w.links {
		due = min(due, l.due())
	}
	return min(due, w.engineDue())
}

func (w *world) engineDue() int64 {
	if w.ended {
		return math.MaxInt64
	}
	due := w.botDue
	for _, l := range w.links {
		due = min(due, l.readableAt())
	}
	return due
}

// step moves the clock to the next moment at which something happens, until at the latest, and lets it happen.
func (w *world) step(until int64) error { return w.stepTo(min(until, w.due())) }

// stepTo moves the clock to a reading, unless it is later already, and lets happen what is due.
func (w *world) stepTo(at int64) error {
	w.now = max(w.now, at)
	w.reading.Store(w.now)
	w.tick()
	w.move()
	if w.now >= w.burst.until {
		w.burst = burst{until: w.now + int64(burstTime)}
	}
	for polls := 0; ; polls++ {
		w.restDue = w.engineDue()
		if w.atRest = w.restDue > w.now; w.atRest {
			break
		}
		if w.burst.polls++; polls > roundPolls || w.burst.polls > burstPolls {
			return fmt.Errorf("%w in %d rounds of its loop, state %v", ErrStuck, max(polls, w.burst.polls),
				w.engine.State())
		}
		for _, l := range w.links {
			l.blocked = false
		}
		if err := w.engine.Poll(); err != nil {
			w.ended, w.outcome = true, err
			break
		}
		w.botDue = w.engine.Deadline()
	}
	w.move()
	return nil
}

// tick lets the exchange do what is due.
func (w *world) tick() {
	if w.simDue <= w.now || w.touched {
		w.touched = false
		w.simDue = w.sim.Tick(w.now)
	}
}

// move moves what is on its way and has arrived.
func (w *world) move() {
	if len(w.links) == 1 && !w.links[0].delayed && !w.links[0].closed {
		return // bytes are where they are sent to
	}
	w.moveLinks()
}

// moveLinks is move unless there is one link without latencies.
func (w *world) moveLinks() {
	w.atRest = false
	kept := w.links[:0]
	for _, l := range w.links {
		l.move()
		if !l.left || !l.closed {
			kept = append(kept, l)
		}
	}
	clear(w.links[len(kept):])
	w.links = kept
}

// run lets the world go on until a clock reading, or until the engine has ended if that is earlier.
func (w *world) run(until int64) error {
	for w.now < until && !w.ended {
		if err := w.step(until); err != nil {
			return err
		}
	}
	return nil
}

// stop stops the engine and waits for its end.
func (w *world) stop() error {
	if w.ended {
		return nil
	}
	w.engine.Stop()
	w.botDue, w.atRest = w.engine.Deadline(), false
	if err := w.run(w.now + int64(endPatience)); err != nil {
		return err
	}
	if !w.ended {
		return fmt.Errorf("backtest: the bot has not ended %v after the recording", endPatience)
	}
	return nil
}

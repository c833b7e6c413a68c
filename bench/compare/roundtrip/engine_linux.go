package roundtrip

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
)

// turnsTaken is what a client of this process measured.
type turnsTaken struct {
	times  []uint32 // nanoseconds
	allocs uint64   // of the whole process meanwhile
	bytes  uint64
}

// counts is what a client counts in its turn.
type counts struct {
	warm, total int
	done        int
	start       time.Time
	last        int64 // clock reading that the next time counts from
	taken       turnsTaken
	before      runtime.MemStats
}

func newCounts(warm, counted int) *counts {
	return &counts{
		warm: warm, total: warm + counted,
		start: time.Now(), taken: turnsTaken{times: make([]uint32, 0, counted)},
	}
}

func (c *counts) now() int64 { return int64(time.Since(c.start)) }

// note ends a round trip and reports whether that was the last one. The first order
// is sent without a reply before it, so what it takes is not told.
func (c *counts) note() (last bool) {
	now := c.now()
	if c.done > c.warm {
		c.taken.times = append(c.taken.times, uint32(min(now-c.last, 1<<32-1)))
	}
	c.last = now
	c.done++
	switch c.done {
	case c.warm + 1:
		runtime.ReadMemStats(&c.before)
		c.last = c.now()
	case c.total + 1:
		var after runtime.MemStats
		runtime.ReadMemStats(&after)
		c.taken.allocs = after.Mallocs - c.before.Mallocs
		c.taken.bytes = after.TotalAlloc - c.before.TotalAlloc
		return true
	}
	return false
}

// bot is an engine that sends an order for each acceptance.
type bot struct {
	*counts
	engine *engine.Engine
	order  msg.OrderCreate
	sent   int
	ready  bool // the exchange said how fast orders may come
	reply  bool // an acceptance came
	err    error
}

// newBot makes a bot for the peer at an address. It speaks TLS with settings for
// that, and none without.
func newBot(address string, secure *tls.Config, set func(*engine.Config)) (*bot, error) {
	config := engine.Config{
		Session: session.Config{Username: username, Password: password},
		Address: address,
		Plain:   secure == nil,
		TLS:     secure,
		Pauses:  []time.Duration{time.Hour}, // one connection is all there is
	}
	set(&config)
	e, err := engine.New(config)
	if err != nil {
		return nil, err
	}
	return &bot{engine: e}, nil
}

// send sends the next order.
func (b *bot) send() {
	b.sent++
	fill(&b.order, b.sent)
	if _, err := b.engine.OrderCreate(&b.order); err != nil {
		b.fail(err)
	}
}

func (b *bot) fail(err error) {
	if b.err == nil {
		b.err = err
	}
	_ = b.engine.Close()
}

// run is one turn: the loop is the engine's own, each acceptance is answered by the
// next order.
func (b *bot) run(counts *counts) (turnsTaken, error) {
	b.counts = counts
	b.engine.OnThrottleLimitsChanged(func(*engine.Event, *msg.ThrottleLimitsChanged) { b.send() })
	b.engine.OnOrderAccepted(func(*engine.Event, *msg.OrderAccepted) {
		if b.note() {
			_ = b.engine.Close()
			return
		}
		b.send()
	})
	ended := make(chan error)
	go func() { ended <- b.engine.Run(context.Background()) }()
	return b.result(<-ended)
}

// runOnTime is one turn in which orders have moments of their own, interval apart. The
// loop is the bot's; it calls Poll while it waits.
func (b *bot) runOnTime(counts *counts, core int, interval time.Duration) (turnsTaken, error) {
	b.counts = counts
	b.engine.OnThrottleLimitsChanged(func(*engine.Event, *msg.ThrottleLimitsChanged) { b.ready = true })
	last := false
	b.engine.OnOrderAccepted(func(*engine.Event, *msg.OrderAccepted) {
		due := b.last
		last, b.reply = b.note(), true
		if b.done != b.warm+1 {
			b.last = due // the next moment counts from this one, not from the reply
		}
	})
	ended := make(chan error)
	go func() {
		if err := settle(core); err != nil {
			ended <- err
			return
		}
		var err error
		for !b.ready && err == nil {
			err = b.engine.Poll()
		}
		if err == nil {
			b.last = b.now()
			b.send()
		}
		for err == nil && !last {
			if b.reply && b.now() >= b.last+int64(interval) {
				b.last += int64(interval)
				b.reply = false
				b.send()
			}
			err = b.engine.Poll()
		}
		_ = b.engine.Close()
		if err == nil {
			err = b.engine.Poll() // says how it ended
		}
		ended <- err
	}()
	return b.result(<-ended)
}

// result is what came out of a turn that ended so.
func (b *bot) result(ended error) (turnsTaken, error) {
	switch {
	case b.err != nil:
		return turnsTaken{}, b.err
	case !errors.Is(ended, engine.ErrClosed) || b.done <= b.total:
		return turnsTaken{}, fmt.Errorf("the engine ended after %d of %d round trips: %w", b.done, b.total, ended)
	}
	return b.taken, nil
}

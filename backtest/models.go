package backtest

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

// modelRun is the run of one assumption.
type modelRun struct {
	config  *Config
	queue   exchange.Queue
	collect *collector
	sim     *sim.Sim
	feed    *feed
	world   *world
}

// models are runs that play one source in turns.
type models struct {
	config *Config
	source *source
	runs   []*modelRun
}

// runModels runs the bot once for each assumption, all of them in one pass over the recording.
func (c *Config) runModels(bot engine.Config, start Start) ([]Model, error) {
	src, err := newSource(c.Recording)
	if err != nil {
		return nil, err
	}
	m := &models{config: c, source: src}
	defer m.close()
	for _, q := range c.Queues {
		if err := m.open(q, bot, start); err != nil {
			return nil, fmt.Errorf("%v: %w", q, err)
		}
		bot.Journal.Dir = ""
	}
	if err := m.play(); err != nil {
		return nil, err
	}
	list := make([]Model, len(m.runs))
	for i, r := range m.runs {
		list[i] = *c.finish(r.queue, r.collect, r.feed, r.world.outcome.Error())
	}
	return list, nil
}

// open adds the run of an assumption.
func (m *models) open(q exchange.Queue, bot engine.Config, start Start) error {
	c := m.config
	r := &modelRun{config: c, queue: q, collect: newCollector(c.Recording.Begin, c.Recording.End, c.Balance)}
	settings, err := c.simConfig(q, r.collect.filled)
	if err != nil {
		return err
	}
	if r.sim, err = sim.New(settings); err != nil {
		return err
	}
	m.runs = append(m.runs, r)
	r.collect.x = r.sim.Exchange
	r.sim.Exchange.Login(accountName, r.collect)
	r.feed = c.newFeed(m.source, r.sim, r.collect)
	r.feed.turns = true
	r.sim.SetOnTick(r.feed.tick)
	w := &world{
		sim: r.sim, latency: c.Latency, random: rand.New(rand.NewPCG(c.Seed, 0x1a7e)), now: c.Recording.Begin,
		botDue: math.MinInt64,
	}
	r.world = w
	bot = w.adapt(bot, c.Seed)
	bot.Session.Username, bot.Session.Password, bot.Session.Token = accountName, accountSecret, ""
	if w.engine, err = engine.New(bot); err != nil {
		return err
	}
	return start(w.engine)
}

// close releases everything.
func (m *models) close() {
	for _, r := range m.runs {
		if r.world != nil && r.world.engine != nil {
			_ = r.world.engine.Close()
		}
		_ = r.sim.Close()
	}
	_ = m.source.close()
}

// progressEvery is how many parts of a run are reported.
const progressEvery = 200

// play lets the runs go through the recording in turns, and ends the bots.
func (m *models) play() error {
	begin, end := m.config.Recording.Begin, m.config.Recording.End+1
	for i := int64(1); i <= progressEvery; i++ {
		until := begin + (end-begin)/progressEvery*i + (end-begin)%progressEvery*(i/progressEvery)
		for m.source.nextAt <= until {
			if err := m.each(m.turn); err != nil {
				return err
			}
			if m.source.advance(); m.source.err != nil {
				return m.source.err
			}
			for _, r := range m.runs {
				r.feed.next = 0
			}
		}
		if err := m.each(func(r *modelRun) error { return r.goOn(until) }); err != nil {
			return err
		}
		for number := range m.runs {
			if m.config.Progress != nil {
				m.config.Progress(number, float64(i)/progressEvery)
			}
		}
	}
	return m.each((*modelRun).end)
}

// each calls f for every run, one after the other, until an error, which it returns with the run's assumption.
func (m *models) each(f func(*modelRun) error) error {
	for _, r := range m.runs {
		if err := f(r); err != nil {
			return fmt.Errorf("%v: %w", r.queue, err)
		}
	}
	return nil
}

// turn lets a run play the source's piece, and what follows from it before the next one.
func (m *models) turn(r *modelRun) error {
	w := r.world
	if len(m.runs) > 1 && !w.ended && w.engine.Deadline() < w.botDue {
		return ErrShared
	}
	for until := m.source.nextAt - 1; ; {
		due := w.due()
		if due > until {
			return nil
		}
		if err := r.step(due); err != nil {
			return err
		}
	}
}

// goOn lets the run go on until a clock reading.
func (r *modelRun) goOn(until int64) error {
	for r.world.now < until {
		if err := r.step(min(until, r.world.due())); err != nil {
			return err
		}
	}
	return nil
}

// step lets happen what is due at a clock reading. After a bot has logged out the recording goes on: orders that it has
// left are filled, and what it holds is settled.
func (r *modelRun) step(at int64) error {
	w := r.world
	if err := w.stepTo(at); err != nil {
		return err
	}
	if w.ended && !errors.Is(w.outcome, engine.ErrLoggedOut) {
		return w.outcome
	}
	return nil
}

// end ends the bot.
func (r *modelRun) end() error {
	if r.world.ended {
		return nil
	}
	return r.world.stop()
}

package roundtrip

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/smk-go/smk/engine"
)

// ErrCores is returned where the two ends cannot have a core each.
var ErrCores = errors.New("roundtrip: client and server need a core each")

// Run measures everything. It takes between one and two minutes with the zero Config
// and uses up two cores meanwhile. It returns [ErrCores] if there are not two; a
// missing C compiler is told in the report, which then has no ratios to the floor.
func Run(ctx context.Context, config Config) (Report, error) {
	m, err := newMeasurement(config)
	if err != nil {
		return Report{}, err
	}
	defer m.close()
	for range m.config.Rounds {
		if err := m.round(ctx); err != nil {
			return Report{}, err
		}
	}
	report := m.report()
	if report.HandOver, err = measureHandOvers(ctx, m.config, m.cores); err != nil {
		return Report{}, err
	}
	report.Stall, err = measureStalls(ctx, m.config, m.cores)
	return report, err
}

// measurement is what rounds need and what they have measured.
type measurement struct {
	config  Config
	cores   [2]int
	dir     string
	script  []turn
	floor   *floor // nil without a C compiler
	notes   []string
	clients []*contender

	cacheLine     []float64
	naiveToEngine []percentiles
	tlsToPlain    []percentiles
}

// contender is a client and what it has measured.
type contender struct {
	name   string
	floor  string // the name of the floor that it is divided by
	turn   func(warm, counted int) (turnsTaken, error)
	inside bool // the client is in this process

	all            *hdrhistogram.Histogram
	p50, p99, p999 []float64
	toFloor        []percentiles
	last           percentiles // of the last turn
	allocs, bytes  float64     // per round trip, of the least turn
}

func newMeasurement(config Config) (*measurement, error) {
	config, err := config.resolve()
	if err != nil {
		return nil, err
	}
	m := &measurement{config: config}
	if m.cores, err = cores(); err != nil {
		return nil, err
	}
	if m.script, err = newScript(config.Warm + config.RoundTrips + 1); err != nil {
		return nil, err
	}
	if m.dir, err = os.MkdirTemp("", "roundtrip"); err != nil {
		return nil, err
	}
	f := &floor{script: filepath.Join(m.dir, "script"), cores: m.cores}
	if err := writeScript(f.script, m.script); err != nil {
		m.close()
		return nil, err
	}
	if f.path, err = compile(m.dir); err != nil {
		m.notes = append(m.notes, "The floor is not measured, and clients that need its server are not either: "+err.Error()+".")
	} else {
		m.floor = f
	}
	m.enlist()
	return m, nil
}

func (m *measurement) close() { _ = os.RemoveAll(m.dir) }

// enlist makes the clients.
func (m *measurement) enlist() {
	interval := m.config.Interval
	add := func(name, floor string, inside bool, turn func(warm, counted int) (turnsTaken, error)) {
		m.clients = append(m.clients, &contender{
			name: name, floor: floor, inside: inside, turn: turn, all: newHistogram(), allocs: -1, bytes: -1,
		})
	}
	if m.floor != nil {
		add(Floor, "", false, m.inC(busy, 0))
		add(EngineSpins, Floor, true, m.engineTurn(engine.WaitSpin))
		add(Naive, Floor, true, m.naiveTurn(0))
		add(EngineAdapts, Floor, true, m.engineTurn(engine.WaitSpinBlock))
		add(EngineBlocks, Floor, true, m.engineTurn(engine.WaitBlock))
		add(FloorBlocks, Floor, false, m.inC(blocks, 0))
		add(FloorOnTime, "", false, m.inC(busy, interval))
		add(EngineOnTime, FloorOnTime, true, m.onTimeTurn(interval))
		add(NaiveOnTime, FloorOnTime, true, m.naiveTurn(interval))
	}
	add(EnginePlainGo, "", true, m.goTurn(false))
	add(EngineTLSGo, EnginePlainGo, true, m.goTurn(true))
}

// inC is a turn of the client in C.
func (m *measurement) inC(w wait, interval time.Duration) func(warm, counted int) (turnsTaken, error) {
	return func(warm, counted int) (taken turnsTaken, err error) {
		err = m.served(func(s *server) error {
			taken.times, err = m.floor.run(w, s, warm, interval)
			return err
		})
		if len(taken.times) != counted && err == nil {
			err = fmt.Errorf("the client in C measured %d of %d round trips", len(taken.times), counted)
		}
		return taken, err
	}
}

// served calls f with a busy server in C.
func (m *measurement) served(f func(s *server) error) error {
	s, err := m.floor.serve(busy)
	if err != nil {
		return err
	}
	err = f(s)
	return errors.Join(err, s.stop())
}

func (m *measurement) engineTurn(w engine.Wait) func(warm, counted int) (turnsTaken, error) {
	return func(warm, counted int) (taken turnsTaken, err error) {
		err = m.served(func(s *server) error {
			b, err := newBot(s.address(), nil, m.pinned(w))
			if err == nil {
				taken, err = b.run(newCounts(warm, counted))
			}
			return err
		})
		return taken, err
	}
}

// pinned has an engine wait so on the client's core.
func (m *measurement) pinned(w engine.Wait) func(*engine.Config) {
	return func(c *engine.Config) { c.Wait, c.LockThread, c.Pin, c.Core = w, true, true, m.cores[0] }
}

func (m *measurement) onTimeTurn(interval time.Duration) func(warm, counted int) (turnsTaken, error) {
	return func(warm, counted int) (taken turnsTaken, err error) {
		err = m.served(func(s *server) error {
			b, err := newBot(s.address(), nil, func(*engine.Config) {})
			if err == nil {
				taken, err = b.runOnTime(newCounts(warm, counted), m.cores[0], interval)
			}
			return err
		})
		return taken, err
	}
}

func (m *measurement) naiveTurn(interval time.Duration) func(warm, counted int) (turnsTaken, error) {
	return func(warm, counted int) (taken turnsTaken, err error) {
		err = m.served(func(s *server) error {
			n, err := dialNaive(s.address())
			if err == nil {
				taken, err = n.run(newCounts(warm, counted), interval)
			}
			return err
		})
		return taken, err
	}
}

// goTurn is a turn of the spinning engine against the server in Go.
func (m *measurement) goTurn(secure bool) func(warm, counted int) (turnsTaken, error) {
	return func(warm, counted int) (taken turnsTaken, err error) {
		s, trust, err := startGo(m.cores[1], warm+counted+1, secure)
		if err != nil {
			return taken, err
		}
		b, err := newBot(s.address(), trust, m.pinned(engine.WaitSpin))
		if err != nil {
			return taken, errors.Join(err, s.kill())
		}
		taken, err = b.run(newCounts(warm, counted))
		return taken, errors.Join(err, s.stop())
	}
}

// round lets each client take its turn between two of its floor's.
func (m *measurement) round(ctx context.Context) error {
	transfer, err := pingPong(m.cores, pingPongs)
	if err != nil {
		return err
	}
	m.cacheLine = append(m.cacheLine, transfer)
	fresh := "" // the floor that has just had a turn
	var floor, engineSpins *contender
	for _, c := range m.clients {
		if err := ctx.Err(); err != nil {
			return err
		}
		if c.floor == "" {
			floor = c
			if err := m.takeTurn(c); err != nil {
				return err
			}
			fresh = c.name
			continue
		}
		if fresh != c.floor {
			return fmt.Errorf("BUG: roundtrip: %s has no floor before it", c.name)
		}
		before := floor.last
		if err := m.takeTurn(c); err != nil {
			return err
		}
		if err := m.takeTurn(floor); err != nil {
			return err
		}
		c.toFloor = append(c.toFloor, c.last.over(mean(before, floor.last)))
		switch c.name {
		case EngineSpins:
			engineSpins = c
		case Naive:
			m.naiveToEngine = append(m.naiveToEngine, c.last.over(engineSpins.last))
		case EngineTLSGo:
			m.tlsToPlain = append(m.tlsToPlain, c.toFloor[len(c.toFloor)-1])
		}
	}
	return nil
}

// takeTurn runs a client once.
func (m *measurement) takeTurn(c *contender) error {
	runtime.GC() // none is due in the middle then
	taken, err := c.turn(m.config.Warm, m.config.RoundTrips)
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	h := histogram(taken.times)
	c.last = percentilesOf(h)
	c.all.Merge(h)
	c.p50 = append(c.p50, c.last[0]/1e3)
	c.p99 = append(c.p99, c.last[1]/1e3)
	c.p999 = append(c.p999, c.last[2]/1e3)
	if c.inside {
		trips := float64(m.config.RoundTrips)
		if allocs := float64(taken.allocs) / trips; c.allocs < 0 || allocs < c.allocs {
			c.allocs, c.bytes = allocs, float64(taken.bytes)/trips
		}
	}
	return nil
}

func (m *measurement) report() Report {
	r := Report{
		Cores: m.cores, Rounds: m.config.Rounds, RoundTrips: m.config.RoundTrips, Interval: m.config.Interval,
		CacheLine: spread(m.cacheLine), NaiveToEngine: ratio(m.naiveToEngine), TLSToPlain: ratio(m.tlsToPlain),
		Notes: m.notes,
	}
	for _, c := range m.clients {
		r.Clients = append(r.Clients, Client{
			Name: c.name, OnSchedule: c.name == FloorOnTime || c.floor == FloorOnTime,
			RoundTrips: c.all.TotalCount(),
			P50:        spread(c.p50), P99: spread(c.p99), P999: spread(c.p999),
			ToFloor: ratio(c.toFloor),
			Allocs:  c.allocs, AllocBytes: c.bytes,
			Curve: curve(c.all),
		})
	}
	return r
}

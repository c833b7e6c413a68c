package roundtrip

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/smk-go/smk/bench/compare/internal/measure"
	"github.com/smk-go/smk/engine"
)

// Run measures everything. It occupies two cores. It returns [ErrUnavailable] if there are not two. A
// missing C compiler is a note in the report, which then has no ratios to the floor.
func Run(ctx context.Context, config Config) (Report, error) {
	m, err := newMeasurement(config)
	if err != nil {
		return Report{}, err
	}
	defer m.close()
	for range config.Rounds {
		if err := m.round(ctx); err != nil {
			return Report{}, err
		}
	}
	r := m.report()
	if err := m.handOvers(ctx, &r); err != nil {
		return Report{}, err
	}
	return r, m.stalls(ctx, &r)
}

// measurement is the state of a run.
type measurement struct {
	Config
	cores      [2]int // of the client and of the server
	dir        string
	scriptFile string
	program    string // in C, "" without a compiler
	notes      []string
	clients    []*client
}

// client is a client and its measurements.
type client struct {
	Client
	floor string // the name of the floor that it is divided by, "" for a floor
	serve func() (*server, error)
	run   func(*turn, *server) error

	all     *hdrhistogram.Histogram
	rounds  percentiles
	toFloor percentiles
}

func newMeasurement(config Config) (m *measurement, err error) {
	m = &measurement{Config: config}
	if m.cores, err = cores(); err != nil {
		return nil, err
	}
	if m.dir, err = os.MkdirTemp("", "roundtrip"); err != nil {
		return nil, err
	}
	m.scriptFile = filepath.Join(m.dir, "script")
	if err := os.WriteFile(m.scriptFile, scriptForC(newScript(config.Warm+config.RoundTrips+1)), 0o600); err != nil {
		m.close()
		return nil, err
	}
	serveC := func() (*server, error) {
		cmd := exec.Command(m.program, "server", "busy", strconv.Itoa(m.cores[1]), m.scriptFile)
		return start("the server in C", cmd)
	}
	serveGo := func(secure bool) func() (*server, error) {
		return func() (*server, error) { return startGo(m.cores[1], config.Warm+config.RoundTrips+1, secure) }
	}
	add := func(name, floor string, serve func() (*server, error), run func(*turn, *server) error) {
		m.clients = append(m.clients, &client{
			Client: Client{Name: name, Allocs: math.Inf(1)}, floor: floor, serve: serve, run: run, all: newHistogram(),
		})
	}
	if m.program, err = compile(m.dir); err != nil {
		m.notes = append(m.notes, "The floor and the clients that need its server are not measured: "+err.Error()+".")
	} else {
		add(Floor, "", serveC, m.runC("busy"))
		add(EngineSpins, Floor, serveC, m.engine(engine.WaitSpin))
		add(EngineRecord, Floor, serveC, m.engine(engine.WaitSpin, m.withJournal))
		add(EngineState, Floor, serveC, m.engine(engine.WaitSpin, withState))
		add(Naive, Floor, serveC, naiveTurn)
		add(EngineAdapts, Floor, serveC, m.engine(engine.WaitSpinBlock))
		add(EngineBlocks, Floor, serveC, m.engine(engine.WaitBlock))
		add(FloorBlocks, Floor, serveC, m.runC("block"))
	}
	add(EngineGo, "", serveGo(false), m.engine(engine.WaitSpin))
	add(EngineTLSGo, EngineGo, serveGo(true), m.engine(engine.WaitSpin))
	return m, nil
}

func (m *measurement) close() { _ = os.RemoveAll(m.dir) }

// round lets each client take its turn between two of its floor's.
func (m *measurement) round(ctx context.Context) error {
	var floor *client
	for _, c := range m.clients {
		if err := ctx.Err(); err != nil {
			return err
		}
		if c.floor == "" {
			floor = c
			if err := m.takeTurn(c); err != nil {
				return err
			}
			continue
		}
		if c.floor != floor.Name {
			return fmt.Errorf("BUG: roundtrip: %s has no floor before it", c.Name)
		}
		if err := m.takeTurn(c); err != nil {
			return err
		}
		if err := m.takeTurn(floor); err != nil {
			return err
		}
		c.divideBy(floor)
	}
	return nil
}

// divideBy adds the ratio of the last turn to the mean of the floor's last two, before and after it.
func (c *client) divideBy(floor *client) {
	for i, own := range c.rounds {
		around := floor.rounds[i][len(floor.rounds[i])-2:]
		c.toFloor[i] = append(c.toFloor[i], own[len(own)-1]/((around[0]+around[1])/2))
	}
}

// takeTurn runs a client once.
func (m *measurement) takeTurn(c *client) error {
	runtime.GC() // none is due in the middle then
	t := newTurn(m.Warm, m.RoundTrips)
	s, err := c.serve()
	if err == nil {
		err = errors.Join(c.run(t, s), s.stop())
	}
	if err == nil && len(t.times) != m.RoundTrips {
		err = fmt.Errorf("%d of %d round trips", len(t.times), m.RoundTrips)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}
	h := histogram(t.times)
	c.rounds.add(h)
	c.all.Merge(h)
	c.Allocs = min(c.Allocs, t.allocs)
	return nil
}

func (m *measurement) report() Report {
	r := Report{Notes: m.notes}
	var engineSpins percentiles
	for _, c := range m.clients {
		c.Micros, c.RoundTrips, c.Curve = c.rounds.spreads(), c.all.TotalCount(), curve(c.all)
		if c.floor != "" {
			toFloor := c.toFloor.spreads()
			c.ToFloor = &toFloor
			r.Ratios = append(r.Ratios, c.toFloor.ratios(c.Name, c.floor)...)
		}
		switch c.Name {
		case EngineSpins:
			engineSpins = c.rounds
		case Naive, EngineRecord:
			var toEngine percentiles
			for i := range toEngine {
				toEngine[i] = measure.Divide(c.rounds[i], engineSpins[i])
			}
			r.Ratios = append(r.Ratios, toEngine.ratios(c.Name, EngineSpins)...)
		}
		r.Clients = append(r.Clients, c.Client)
	}
	return r
}

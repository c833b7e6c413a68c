package backtest

import (
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

// Account of the bot in the recorded market. Whatever a bot logs in with is replaced by these.
const (
	accountName   = "backtest"
	accountSecret = "backtest"
	houseName     = "recorded market"
)

// Config says what a bot is run against. The zero value, with Dir or Recording, is a run without latencies under all
// three assumptions.
type Config struct {
	Dir       string     // folder of the journal
	Recording *Recording // a journal that was opened before, instead of Dir

	// Queues are the assumptions about the queue, one run each; nil means all three.
	Queues []exchange.Queue

	Latency Latencies
	Seed    uint64 // of what is drawn at random: latencies, references

	// Balance is what the account has at the beginning; 0 means what the recording account had, or 10,000.00 if the
	// recording does not say.
	Balance exchange.Money

	// Commission is charged of the net winnings of each market, in 1/100 %; 0 means 2 %, negative none.
	Commission int

	// Winners says which contracts win, by market: the stream does not. A market without is settled for the contract
	// with the highest last price, and the result says so. In one with an empty list nobody wins.
	Winners map[uint32][]uint32

	// EachWins are markets each of whose contracts wins or loses by itself; in the others exactly one wins.
	EachWins []uint32

	// PendingTimeout is how long fills in a managed live market are provisional; 0 means as the recording account's
	// were, or 8 s.
	PendingTimeout time.Duration

	// VoidReasons are parts of the reasons of halts for which provisional fills are voided, besides those that the
	// recording account's were voided with; nil means VoidReasons of this package.
	VoidReasons []string

	// Labels are kept with the result, such as the parameters of the bot.
	Labels map[string]string

	// Progress, if not nil, is called now and then with how much of the recording was played, 0 to 1, in the run with
	// number model of all, which advance together.
	Progress func(model int, part float64)
}

// Start registers a bot's handlers on an engine, as it is done before Run; see [engine.Replay].
type Start = func(*engine.Engine) error

// Run runs a bot against a recorded market, once for each assumption, in one pass over the journal. bot is the bot's
// configuration; its address, credentials, clock, files and threads are replaced. Its Journal, if it has a Dir, is
// written in the first run, with what happened to the bot there: Dir must be a new folder, or empty, and so not that of
// the live bot. start is called for each run, with an engine of its own, before any of them begins. The runs then take
// turns, and must not share state.
//
// The error is one of the journal, a *[ConfigError], that of start, of engine.New, [ErrShared], or that of a bot whose
// engine ended before the recording did with another outcome than a logout.
func Run(c Config, bot engine.Config, start Start) (*Result, error) {
	c, err := c.resolve()
	if err != nil {
		return nil, err
	}
	if names, err := os.ReadDir(bot.Journal.Dir); bot.Journal.Dir != "" && err == nil && len(names) > 0 {
		return nil, &ConfigError{
			"Journal.Dir", "has something in it: set another folder for this run's journal, or none",
		}
	}
	r := c.newResult()
	if r.Models, err = c.runModels(bot, start); err != nil {
		return nil, err
	}
	r.complete()
	return r, nil
}

// resolve opens the journal and replaces zeros by defaults.
func (c Config) resolve() (Config, error) {
	if c.Recording == nil {
		rec, err := Open(c.Dir)
		if err != nil {
			return c, err
		}
		c.Recording = rec
	}
	if c.Queues == nil {
		c.Queues = []exchange.Queue{exchange.QueuePessimistic, exchange.QueueProportional, exchange.QueueOptimistic}
	}
	if c.Balance == 0 {
		if c.Balance = c.Recording.Balance; c.Balance == 0 {
			c.Balance = 10_000 * exchange.Currency
		}
	}
	if c.Commission == 0 {
		c.Commission = 200
	}
	c.Commission = max(c.Commission, 0)
	if c.VoidReasons == nil {
		c.VoidReasons = VoidReasons
	}
	switch {
	case c.Balance < 0 || c.Balance > balanceMost:
		return c, &ConfigError{"Balance", "must be 0 to 1,000,000,000.00"}
	case c.Commission > exchange.PriceSum:
		return c, &ConfigError{"Commission", "must be at most 100 %"}
	case c.PendingTimeout < 0 || c.PendingTimeout >= 1000*time.Second:
		return c, &ConfigError{"PendingTimeout", "must be 0 to 999 s"}
	}
	for market, winners := range c.Winners {
		m := c.Recording.Market(market)
		if m == nil {
			return c, &ConfigError{"Winners", fmt.Sprintf("the recording has no market %d", market)}
		}
		for _, w := range winners {
			if !slices.Contains(m.Contracts, w) {
				return c, &ConfigError{"Winners", fmt.Sprintf("market %d has no contract %d", market, w)}
			}
		}
	}
	for _, market := range c.EachWins {
		if c.Recording.Market(market) == nil {
			return c, &ConfigError{"EachWins", fmt.Sprintf("the recording has no market %d", market)}
		}
	}
	return c, nil
}

// newResult returns the result of no run yet.
func (c *Config) newResult() *Result {
	r := &Result{
		Version: version(), Recording: c.Recording.Dir, Begin: c.Recording.Begin, End: c.Recording.End, Seed: c.Seed,
		Settings: Settings{
			Balance: c.Balance, Commission: uint32(c.Commission), Feed: c.Latency.Feed.String(),
			Entry: c.Latency.Entry.String(), Response: c.Latency.Response.String(), VoidReasons: c.VoidReasons,
			Labels: c.Labels,
		},
		Outcomes: c.ends(), Warnings: []string{},
	}
	n := &c.Recording.Counts
	warn := func(there bool, format string, args ...any) {
		if there {
			r.Warnings = append(r.Warnings, fmt.Sprintf(format, args...))
		}
	}
	warn(c.Recording.Approx, "the recording was imported and is approximate: trades have no side and no exact volume")
	warn(n.Lost > 0, "%d records of the journal were lost", n.Lost)
	warn(n.Malformed > 0, "%d payloads could not be read", n.Malformed)
	warn(n.Unpaired > 0, "of %d changes of levels it is not clear what of them were the recording account's own orders",
		n.Unpaired)
	for i := range c.Recording.Markets {
		m := &c.Recording.Markets[i]
		warn(c.Recording.Approx && m.Delay != "",
			"market %d: %s there, unless the entry latency says so", m.ID, m.Delay)
	}
	for i := range r.Outcomes {
		r.Warnings = append(r.Warnings, c.endWarnings(&r.Outcomes[i])...)
	}
	return r
}

// Join returns one result of several that differ in the assumption about the queue alone, with the warnings of all.
func Join(parts ...*Result) *Result {
	r := *parts[0]
	r.Warnings = slices.Clone(r.Warnings)
	for _, p := range parts[1:] {
		r.Models = append(r.Models, p.Models...)
		for _, text := range p.Warnings {
			r.warn(text)
		}
	}
	r.complete()
	return &r
}

// complete adds what follows from all runs.
func (r *Result) complete() {
	r.findBand()
	for i := range r.Models {
		f := &r.Models[i].Figures
		if f.RecordingGaps > 0 {
			r.warn(fmt.Sprintf("the recording has %d gaps: what happened in them is not known", f.RecordingGaps))
		}
		if f.FillsUnreduced > 0 {
			r.warn("there were too many fills to reduce all of them when a runner was removed")
		}
	}
}

// warn adds a warning, once.
func (r *Result) warn(text string) {
	if !slices.Contains(r.Warnings, text) {
		r.Warnings = append(r.Warnings, text)
	}
}

// version returns the version of the library.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, d := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if d.Path == "github.com/smk-go/smk" && d.Version != "" {
			return d.Version
		}
	}
	return info.Main.Version
}

// simConfig returns the exchange of a run.
func (c *Config) simConfig(q exchange.Queue, onFill func(exchange.RecordedFill)) (sim.Config, error) {
	rec := c.Recording
	s := sim.Config{
		Seed: c.Seed, Now: rec.Begin, Depth: rec.Depth,
		Accounts: []exchange.Account{
			{Username: accountName, Password: accountSecret, Token: accountSecret, Balance: c.Balance},
			{Username: houseName, House: true, Balance: balanceMost},
		},
		Recorded: exchange.Recorded{Account: houseName, Queue: q, OnFill: onFill},
	}
	if t := rec.Throttle; t != (Throttle{}) {
		s.Throttle = sim.Throttle{Rate: t.Rate, Burst: t.Burst, Tick: time.Duration(t.TickMs) * time.Millisecond}
	}
	var event uint32
	if len(rec.Events) == 1 {
		event = rec.Events[0]
		s.Events = []exchange.Event{{ID: event, Name: "recorded"}}
	}
	ends := c.ends()
	for i := range rec.Markets {
		m := &rec.Markets[i]
		mk := exchange.Market{
			ID: m.ID, EventID: event, Name: "recorded", State: m.State, NonRunners: m.NonRunners,
			WinnerTakesAll: !ends[i].Each,
		}
		if mk.State > msg.MarketStateHalted || mk.State < 0 {
			mk.State = msg.MarketStateHalted
		}
		for _, id := range m.Contracts {
			mk.Contracts = append(mk.Contracts, exchange.Contract{ID: id, Name: "recorded"})
		}
		s.Markets = append(s.Markets, mk)
	}
	return s, nil
}

// newFeed returns what plays a recording, at its first event.
func (c *Config) newFeed(src *source, s *sim.Sim, col *collector) *feed {
	f := &feed{
		source: src, sim: s, ended: make(map[bookID]contractEnd), ends: make(map[uint32]msg.MarketStateType),
		managed: make(map[uint32]bool), timeout: make(map[uint32]int64), outcomes: make(map[uint32]MarketEnd),
		settled: col.settling, before: col.before, voids: voidsFor(c.VoidReasons),
	}
	if len(c.Recording.Events) == 1 {
		f.event = c.Recording.Events[0]
	}
	for _, e := range c.ends() {
		f.outcomes[e.Market] = e
	}
	for i := range c.Recording.Markets {
		m := &c.Recording.Markets[i]
		timeout := c.PendingTimeout
		if timeout == 0 {
			timeout = time.Duration(m.PendingTimeout) * time.Second
		}
		if timeout == 0 {
			timeout = 8 * time.Second
		}
		f.timeout[m.ID] = int64(timeout)
	}
	return f
}

// finish returns what came of a run.
func (c *Config) finish(q exchange.Queue, col *collector, f *feed, end string) *Model {
	m := col.finish(c.Recording, c.Commission, f)
	m.Queue, m.End = q.String(), end
	m.Figures.Messages, m.Figures.RecordingGaps, m.Figures.RefusedEvents = f.played, f.gaps, f.refused
	m.Figures.FillsUnreduced = f.sim.Exchange.Forgotten()
	rate := c.Recording.Throttle.Rate
	if rate == 0 {
		rate = rateUsual
	}
	m.Figures.ThrottleUse = float64(m.Figures.ThrottlePeak) / float64(rate)
	return &m
}

func durationOf(n uint64) time.Duration { return time.Duration(n) }

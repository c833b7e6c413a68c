package prove

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/fault"
)

// Limits of a day.
const (
	roundsMax = 2_000_000        // of the world
	pollsMax  = 20_000           // of a bot in a round, after which it does not come to rest
	calmMax   = 15 * time.Minute // virtual time from the last fault until everything has to be quiet and known
	quietFor  = 20 * time.Second // virtual time without a request, after which everything counts as quiet
)

// World is one day: the exchange, the bots and the connections between them under one clock.
type World struct {
	schedule   Schedule
	begun      int64
	now        int64
	sim        *sim.Sim
	simDue     int64
	bots       []*bot
	links      []*link
	random     *rand.Rand        // of the network
	later      []event           // ends of steps
	next       int               // the next step of the schedule
	faulty     bool              // faults and steps go on
	window     int               // bytes on the way to the exchange at most
	strict     bool              // nothing of the day keeps a bot from doing all it is there for
	probing    bool              // the day is over, and each bot places one more order
	throttled  bool              // the exchange has changed its limits
	winners    map[uint32]bool   // contracts that won
	disposed   map[uint32]bool   // markets with fills that were voided or reduced
	skipped    map[string]uint64 // the first number of an account that is never sent
	renumbered bool              // account messages were numbered anew
	calmAt     int64             // when the faults ended
	unsure     int64             // until then bots may not have heard of what the exchange did to fills
	result     Result
	digest     digest
	output     io.Writer // nil if nobody reads
	observer   *observer // nil if there is none
}

// trace writes a line.
func (w *World) trace(b *bot, format string, args ...any) {
	if w.output == nil {
		return
	}
	name := "world"
	if b != nil {
		name = b.name
	}
	_, _ = fmt.Fprintf(w.output, "%v %s: %s\n", time.Duration(w.now-w.begun), name, fmt.Sprintf(format, args...))
}

// event is something that happens at a clock reading.
type event struct {
	at int64
	do func()
}

// Run carries out a day. It uses no goroutine, no clock and no random number but its own.
func Run(s Schedule) Result { return Trace(s, nil) }

// Trace is Run that writes what happens, a line for each message, change of an order and step.
func Trace(s Schedule, to io.Writer) Result {
	defer alone()()
	return trade(s, to, nil)
}

// trade carries out a day that an observer, if there is one, observes.
func trade(s Schedule, to io.Writer, o *observer) Result {
	w, err := newWorld(s, to, o)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	w.guard(w.day)
	w.guard(w.close)
	w.guard(func() { o.all(w, Observed{End: true}) })
	w.guard(w.replayJournals)
	w.result.Marks = reached()
	w.result.Digest, w.result.Lasted = uint64(w.digest), time.Duration(w.now-w.begun)
	return w.result
}

// guard calls a function whose panic is a failure of the day.
func (w *World) guard(f func()) {
	defer func() {
		if p := recover(); p != nil {
			w.trace(nil, "panic: %v\n%s", p, debug.Stack())
			w.fail("panic", nil, "%v", p)
		}
	}()
	f()
}

func newWorld(s Schedule, to io.Writer, o *observer) (*World, error) {
	settings := simConfig(&s)
	exchange, err := sim.New(settings)
	if err != nil {
		return nil, err
	}
	w := &World{
		schedule: s, begun: sim.Beginning, now: sim.Beginning, sim: exchange, faulty: true,
		winners:  make(map[uint32]bool),
		window:   windowBytes,
		disposed: make(map[uint32]bool), skipped: make(map[string]uint64),
		random: rand.New(rand.NewPCG(s.Seed, 0x11)), output: to, observer: o,
	}
	if w.random.IntN(4) == 0 {
		w.window = windowSmall
	}
	w.strict = s.Settings == 0 && !s.Wild && !s.Disorder
	for i, role := range s.Bots {
		b := newBot(w, i, role)
		w.bots = append(w.bots, b)
		b.start()
	}
	return w, nil
}

func (w *World) close() {
	for _, b := range w.bots {
		b.drop()
	}
	_ = w.sim.Close()
}

// fail notes the first failure.
func (w *World) fail(invariant string, b *bot, format string, args ...any) {
	if w.result.Failure != nil {
		return
	}
	name := "exchange"
	if b != nil {
		name = b.name
	}
	w.result.Failure = &Failure{
		invariant, fmt.Sprintf(format, args...), name, time.Duration(w.now - w.begun), w.result.Rounds,
	}
}

func (w *World) failed() bool { return w.result.Failure != nil }

// day trades, lets everything come to rest, compares, and ends every bot flat.
func (w *World) day() {
	end := w.begun + int64(w.schedule.Duration)
	for w.now < end && !w.failed() {
		w.round(end)
	}
	w.calm()
	w.rest()
	if w.failed() {
		return
	}
	w.observer.all(w, Observed{Rest: true})
	for _, b := range w.bots {
		b.compare()
		b.checkEarlier()
		b.checkDistrusted()
		if w.strict {
			b.checkLive()
			b.checkQuotes()
			b.checkAnswers()
			b.checkFills()
			b.checkEnds()
		}
	}
	if w.strict {
		w.seekGhosts()
		w.probe()
	}
	if text := w.sim.Exchange.Audit(); text != "" {
		w.fail("audit", nil, "%s", text)
	}
	for _, b := range w.bots {
		b.stop()
	}
	for limit := w.now + int64(2*time.Minute); !w.ended() && !w.failed(); w.round(w.now + int64(time.Second)) {
		if w.now >= limit {
			w.fail("stop", nil, "not every bot has ended")
		}
	}
	for _, b := range w.bots {
		b.checkFlat()
	}
}

func (w *World) ended() bool {
	for _, b := range w.bots {
		if !b.checks.ended {
			return false
		}
	}
	return true
}

// calm ends all faults.
func (w *World) calm() {
	w.faulty, w.calmAt = false, w.now
	for _, e := range w.later { // what was to last longer ends now
		e.do()
	}
	w.later = nil
	w.sim.Faults.Set(fault.Plan{})
	w.sim.SetAgentRate(0)
	w.sim.SetThrottle(sim.Throttle{})
	w.sim.Exchange.SetUnavailable(false)
	w.sim.RefuseLogins(0)
	w.sim.Exchange.SetReplaceDelay(0)
	for _, r := range rejections {
		w.sim.Exchange.ForceReject(r.typ, r.reason, 0)
	}
	for _, m := range w.sim.Exchange.Markets() {
		w.open(m.ID)
	}
	for _, b := range w.bots {
		b.calm()
	}
}

// answersLate reports whether answers of before the faults ended may still arrive: some stall for two seconds.
func (w *World) answersLate() bool { return w.faulty || w.now-w.calmAt < int64(5*time.Second) }

// open opens a market unless it has ended.
func (w *World) open(market uint32) {
	if w.sim.Exchange.State(market) == msg.MarketStateHalted {
		_ = w.sim.Exchange.SetState(market, msg.MarketStateLive, "")
	}
}

// rest goes on until nothing was sent for a while.
func (w *World) rest() {
	limit := w.now + int64(calmMax)
	sent, since := w.result.Sent, w.now
	for !w.failed() {
		if w.result.Sent != sent || !w.known() {
			sent, since = w.result.Sent, w.now
		}
		if w.now-since >= int64(w.quiet()) {
			return
		}
		if w.now >= limit {
			w.fail("liveness", nil, "not at rest %v after the last fault: %s", calmMax, w.unrest())
			return
		}
		w.round(w.now + int64(time.Second))
	}
}

// quiet returns the virtual time without a request after which everything counts as quiet. A connection on which
// nothing moves any more is noticed when the exchange has been silent for long.
func (w *World) quiet() time.Duration {
	if w.schedule.Faults.Chance[fault.HalfOpen] > 0 {
		return quietFor + session.PeerTimeout
	}
	return quietFor
}

// known reports whether every bot has caught up and nothing of it is under way.
func (w *World) known() bool {
	for _, b := range w.bots {
		if b.unrest() != "" {
			return false
		}
	}
	return true
}

func (w *World) unrest() (text string) {
	for _, b := range w.bots {
		if text += b.name + ": " + b.unrest() + "; "; b.engine == nil {
			continue
		}
		for o := range b.engine.Orders() {
			if o.Overlay != 0 || o.State == order.PendingNew {
				text += fmt.Sprintf("order %d %d %v %v; ", o.ID, o.Reference, o.State, o.Overlay)
			}
		}
	}
	return text
}

// round moves the clock to the next moment at which something happens, until at the latest, and lets it happen.
func (w *World) round(until int64) {
	if w.result.Rounds++; w.result.Rounds > roundsMax {
		w.fail("rounds", nil, "more than %d rounds", roundsMax)
		return
	}
	due := min(until, w.simDue)
	for _, b := range w.bots {
		due = min(due, b.due())
	}
	for _, l := range w.links {
		due = min(due, l.due())
	}
	for _, e := range w.later {
		due = min(due, e.at)
	}
	if w.faulty && w.next < len(w.schedule.Steps) {
		due = min(due, w.begun+int64(w.schedule.Steps[w.next].At))
	}
	w.now = max(w.now, due)
	w.happen()
	w.simDue = w.sim.Tick(w.now)
	w.pump()
	w.random.Shuffle(len(w.bots), func(i, j int) { w.bots[i], w.bots[j] = w.bots[j], w.bots[i] })
	for _, b := range w.bots {
		b.run()
	}
	w.pump()
	for _, b := range w.bots {
		b.check()
		if w.strict {
			b.moment()
		}
	}
	w.observer.round(w)
}

// happen takes the steps that are due and ends those that are over.
func (w *World) happen() {
	for i := 0; i < len(w.later); {
		if e := w.later[i]; e.at <= w.now {
			w.later = append(w.later[:i], w.later[i+1:]...)
			e.do()
		} else {
			i++
		}
	}
	for w.faulty && w.next < len(w.schedule.Steps) && w.begun+int64(w.schedule.Steps[w.next].At) <= w.now {
		w.next++
		w.take(&w.schedule.Steps[w.next-1])
	}
}

// after does something after a while, or when the faults end.
func (w *World) after(d time.Duration, do func()) {
	w.later = append(w.later, event{w.now + int64(d), do})
}

// pump moves what is on its way and has arrived.
func (w *World) pump() {
	kept := w.links[:0]
	for _, l := range w.links {
		l.pump(w.now)
		if !l.abandoned || !l.closed {
			kept = append(kept, l)
		}
	}
	clear(w.links[len(kept):])
	w.links = kept
	if due := w.sim.Faults.Due(); due < w.simDue {
		w.simDue = due
	}
}

// connect opens a connection for a bot.
func (w *World) connect() (*link, error) {
	conn, err := w.sim.Open()
	if err != nil {
		return nil, err
	}
	l := &link{
		world: w, random: rand.New(rand.NewPCG(w.random.Uint64(), 0x22)), exchange: conn, endAt: math.MaxInt64,
		window:  w.window,
		latency: int64(w.schedule.Latency), jitter: int64(w.schedule.Jitter), partial: w.schedule.Partial && w.faulty,
		cutUntil: math.MaxInt64,
	}
	if late := rand.New(rand.NewPCG(w.schedule.Seed, uint64(w.now)+0x1a7e)); late.IntN(3) == 0 {
		l.late = 1 + late.Int64N(int64(200*time.Millisecond))
	}
	w.links = append(w.links, l)
	return l, nil
}

// Markets of a day.
const (
	football = 100 // managed: fills are provisional while it is live
	goals    = 101 // each contract wins or loses by itself
	race     = 102 // runners may go out
)

var contracts = map[uint32][]uint32{football: {1000, 1001, 1002}, goals: {1010, 1011}, race: {1020, 1021, 1022, 1023}}

// simConfig returns the exchange of a day.
func simConfig(s *Schedule) sim.Config {
	c := sim.Config{
		Seed: s.Seed, Faults: s.Faults,
		Events: []exchange.Event{{ID: 1, Name: "Home v Away"}},
		Agents: sim.Agents{Rate: max(s.Agents, 1), Depth: 4, Makers: 2, Takers: 2},
		Limits: sim.Limits{
			Connections:  64,
			Orders:       1 << 14,
			History:      s.History,
			OutBytes:     1 << 22,
			OutFrames:    1 << 15,
			SessionsKept: 4,
		},
	}
	if r := rand.New(rand.NewPCG(s.Seed, 0x400)); r.IntN(2) == 0 && len(s.Bots) > 0 && s.Bots[0] != Idle {
		c.Throttle = sim.Throttle{
			Rate: uint32(10 + r.IntN(50)), Burst: uint32(5 + r.IntN(40)),
			Tick: time.Duration(1+r.IntN(200)) * time.Millisecond,
		}
	}
	for _, name := range []string{"bot0", "bot1", "bot2"} {
		c.Accounts = append(c.Accounts, exchange.Account{
			Username: name, Password: "secret-of-" + name, Balance: 100_000 * exchange.Currency,
		})
	}
	market := func(id uint32, m exchange.Market) {
		m.ID, m.EventID, m.State = id, 1, msg.MarketStateLive
		m.Name = "market"
		for _, c := range contracts[id] {
			m.Contracts = append(m.Contracts, exchange.Contract{ID: c, Name: "contract"})
		}
		c.Markets = append(c.Markets, m)
	}
	market(football, exchange.Market{WinnerTakesAll: true, PendingTimeout: int64(2 * time.Second)})
	market(goals, exchange.Market{})
	market(race, exchange.Market{WinnerTakesAll: true, NonRunners: true})
	return c
}

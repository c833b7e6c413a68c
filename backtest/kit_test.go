package backtest

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

// Markets of the tests.
const (
	winMarket  = 100
	goalMarket = 101
)

var contracts = map[uint32][]uint32{winMarket: {1000, 1001, 1002}, goalMarket: {1010, 1011}}

// day is a recorded day whose truth is known.
type day struct {
	seed    uint64
	dir     string
	actions [][]action // by turn
	orders  map[uint64]exchange.OrderTruth
	fills   []Report       // of the truth, but those that were voided
	cash    exchange.Money // what the account made
	account exchange.AccountTruth
}

// action is something that the bot does in a turn: an order, or the end of one.
type action struct {
	limit  order.Limit
	cancel uint64 // reference
	reduce odds.Quantity
}

// dayConfig says what happens on a day.
type dayConfig struct {
	seed     uint64
	duration time.Duration
	rate     int // of the agents
	turn     time.Duration
	most     uint64 // of an order
	oneSide  bool   // buys or sells alone
	goals    bool   // halts, some of which void provisional fills
	sweeps   int    // one of so many actions of the agents goes through all levels, 0 if none does
	silent   bool   // the bot sends nothing, and its sessions are lost at the halts
	settings func(*engine.Config)
}

// turns calls act in every turn, with its number.
func turns(e *engine.Engine, d time.Duration, act func(turn int)) error {
	for _, market := range []uint32{winMarket, goalMarket} {
		if err := e.Subscribe(market); err != nil {
			return err
		}
	}
	turn := 0
	_, err := e.Every(d, func() { act(turn); turn++ })
	return err
}

// botConfig returns the settings of the tests' bots.
func botConfig(seed uint64) engine.Config {
	return engine.Config{
		Session: session.Config{Username: "bot", Password: "bot", ReferenceBase: 1 + seed<<20},
		State: engine.StateConfig{
			Orders: order.Config{Orders: 1 << 11, Retained: 1 << 13, Requests: 512, Fills: 1 << 13, Contracts: 16},
		},
		OnStop: engine.StopCancelAll,
	}
}

// record lets a bot trade on a simulated day and returns what it recorded, and what is true.
func record(t testing.TB, c dayConfig) *day {
	t.Helper()
	d := &day{seed: c.seed, dir: filepath.Join(t.TempDir(), "journal"), orders: make(map[uint64]exchange.OrderTruth)}
	settings := sim.Config{
		Seed: c.seed,
		Accounts: []exchange.Account{
			{Username: "bot", Password: "bot", Balance: 100_000 * exchange.Currency},
			{Username: crowdMaker, House: true, Balance: 10_000_000 * exchange.Currency},
			{Username: crowdTaker, House: true, Balance: 10_000_000 * exchange.Currency},
		},
	}
	for _, id := range []uint32{winMarket, goalMarket} {
		m := exchange.Market{ID: id, Name: "market", State: msg.MarketStateLive, WinnerTakesAll: true}
		if c.goals && id == winMarket {
			m.PendingTimeout = int64(2 * time.Second)
		}
		for _, ct := range contracts[id] {
			m.Contracts = append(m.Contracts, exchange.Contract{ID: ct, Name: "contract"})
		}
		settings.Markets = append(settings.Markets, m)
	}
	s, err := sim.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	others := newCrowd(s.Exchange, c.seed, c.rate)
	others.sweeps = c.sweeps
	s.SetOnTick(others.tick)
	w := &world{sim: s, now: s.Now(), random: rand.New(rand.NewPCG(c.seed, 1))}
	bot := botConfig(c.seed)
	if c.settings != nil {
		c.settings(&bot)
	}
	bot = w.adapt(bot, c.seed)
	bot.Journal = journal.Config{
		Dir: d.dir, SegmentBytes: 4 << 20, RingBytes: 1 << 20, Durability: journal.SyncNone, OnFull: journal.FullWait,
		Wall: func() int64 { return sim.Beginning },
	}
	if w.engine, err = engine.New(bot); err != nil {
		t.Fatal(err)
	}
	p := &planner{c: c, day: d, engine: w.engine, random: rand.New(rand.NewPCG(c.seed, 2))}
	if err := turns(w.engine, c.turn, p.act); err != nil {
		t.Fatal(err)
	}
	end := w.now + int64(c.duration)
	var halts []int64
	if c.goals {
		const first, every = 5*time.Second + 3*time.Millisecond, 7 * time.Second
		for at := w.now + int64(first); at < end-int64(first); at += int64(every) {
			halts = append(halts, at)
		}
	}
	for i, at := range halts {
		if err := w.run(at); err != nil {
			t.Fatal(err)
		}
		halt := s.Exchange.Halt
		if i%2 == 0 {
			halt = s.Exchange.Goal
		}
		if c.silent {
			s.DropSessions()
		}
		if err := halt(winMarket, []string{"goal", "injury"}[i%2]); err != nil {
			t.Fatal(err)
		}
		w.touched = true
		if err := w.run(at + int64(time.Second)); err != nil {
			t.Fatal(err)
		}
		if err := s.Exchange.SetState(winMarket, msg.MarketStateLive, ""); err != nil {
			t.Fatal(err)
		}
		w.touched = true
	}
	if err := w.run(end); err != nil {
		t.Fatal(err)
	}
	others.quiet = true
	if err := w.run(end + int64(time.Millisecond)); err != nil { // after what the bot does in the last turn
		t.Fatal(err)
	}
	d.settle(t, s)
	w.touched = true
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	for _, o := range s.Exchange.Orders("bot") {
		d.orders[o.Reference] = o
	}
	d.fills = trueFills(t, d.dir)
	d.account, _ = s.Exchange.Truth("bot")
	d.cash = d.account.Cash - 100_000*exchange.Currency
	return d
}

// settle ends the day: the first contracts win.
func (d *day) settle(t testing.TB, s *sim.Sim) {
	t.Helper()
	for _, id := range []uint32{winMarket, goalMarket} {
		if err := s.Exchange.Settle(id, "result", contracts[id][d.seed%2]); err != nil {
			t.Fatal(err)
		}
	}
}

// winners returns who wins.
func (d *day) winners() map[uint32][]uint32 {
	w := make(map[uint32][]uint32)
	for _, id := range []uint32{winMarket, goalMarket} {
		w[id] = []uint32{contracts[id][d.seed%2]}
	}
	return w
}

// planner decides, on a day that is recorded, what is done in each turn.
type planner struct {
	c      dayConfig
	day    *day
	engine *engine.Engine
	random *rand.Rand
	live   []uint64
	next   uint64
}

func (p *planner) act(int) {
	if p.c.silent {
		return
	}
	var list []action
	if len(p.live) > 0 && p.random.IntN(3) == 0 {
		list = append(list, p.end())
	}
	if p.random.IntN(2) == 0 && len(p.live) < 40 {
		if a, ok := p.begin(); ok {
			list = append(list, a)
		}
	}
	p.day.actions = append(p.day.actions, list)
	perform(p.engine, list)
}

// begin returns an order near the best prices.
func (p *planner) begin() (action, bool) {
	market := uint32(winMarket)
	if p.random.IntN(3) == 0 {
		market = goalMarket
	}
	contract := contracts[market][p.random.IntN(len(contracts[market]))]
	b, ok := p.engine.Book(market, contract)
	if !ok {
		return action{}, false
	}
	side := p.side(contract)
	price, ok := p.price(b, side)
	if !ok {
		return action{}, false
	}
	p.next++
	ref := p.c.seed<<20 + 1<<19 + p.next
	p.live = append(p.live, ref)
	return action{limit: order.Limit{
		Market: market, Contract: contract, Side: side, Price: odds.Price(price),
		Quantity: odds.Quantity(1000 + p.random.Uint64N(p.c.most-1000)), Reference: ref,
	}}, true
}

// side returns the side of all orders for a contract, so that the bot never meets its own.
func (p *planner) side(contract uint32) odds.Side {
	n := p.c.seed + uint64(contract)
	if p.c.oneSide {
		n = p.c.seed
	}
	if n%2 == 1 {
		return odds.Sell
	}
	return odds.Buy
}

// price returns a price between some levels behind the best one and a little beyond the other side's best one.
func (p *planner) price(b book.Contract, side odds.Side) (odds.Price, bool) {
	own, haveOwn := b.Best(side)
	other, haveOther := b.Best(side.Opposite())
	away := 10*p.random.IntN(6) - 10
	switch {
	case p.random.IntN(6) == 0 && haveOther:
		own, away = other, 0
	case p.random.IntN(3) > 0 && haveOwn:
		away = 10 * p.random.IntN(5)
		if levels := b.Levels(nil, side); p.random.IntN(2) == 0 {
			own, away = levels[p.random.IntN(len(levels))], 0
		}
	case !haveOwn:
		return 0, false
	}
	price := int(own.Price) - away
	if side == odds.Sell {
		price = int(own.Price) + away
	}
	return odds.Price(price), price >= 1 && price <= 9999
}

// end returns what ends an order, or makes it smaller.
func (p *planner) end() action {
	i := p.random.IntN(len(p.live))
	ref := p.live[i]
	if p.random.IntN(4) == 0 {
		return action{cancel: ref, reduce: odds.Quantity(1000 * (1 + p.random.IntN(20)))}
	}
	p.live = append(p.live[:i], p.live[i+1:]...)
	return action{cancel: ref}
}

// perform does what was decided for a turn. What is refused is refused again.
func perform(e *engine.Engine, list []action) {
	for _, a := range list {
		switch placed := e.Placed(a.cancel); {
		case a.cancel == 0:
			_, _ = e.Place(a.limit)
		case placed.Order() == nil:
		case a.reduce > 0:
			_ = placed.Reduce(a.reduce)
		default:
			_ = placed.Cancel()
		}
	}
}

// again returns the bot of a recorded day, which does in each turn what it did then.
func (d *day) again(turn time.Duration) Start {
	return func(e *engine.Engine) error {
		return turns(e, turn, func(n int) {
			if n < len(d.actions) {
				perform(e, d.actions[n])
			}
		})
	}
}

// trueFills returns what the exchange reported as filled and did not void.
func trueFills(t testing.TB, dir string) (fills []Report) {
	t.Helper()
	r, err := openReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	r.own.watch = func(rep Report) {
		switch rep.Kind {
		case ReportFilled:
			fills = append(fills, rep)
		case ReportFillVoided:
			for i := range fills {
				if f := &fills[i]; f.Order == rep.Order && f.Price == rep.Price && f.Quantity == rep.Quantity {
					fills = append(fills[:i], fills[i+1:]...)
					break
				}
			}
		}
	}
	for {
		if _, err := r.Next(); err != nil {
			return fills
		}
	}
}

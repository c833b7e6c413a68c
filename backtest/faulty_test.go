package backtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/prove"
	"github.com/smk-go/smk/sim/exchange"
)

// faultyTurn is the time between two turns of the bot that trades on days full of faults.
const faultyTurn = 50 * time.Millisecond

// faultyBot is a bot that does what is drawn at random, in all markets of a recording.
type faultyBot struct {
	rec       *Recording
	engine    *engine.Engine
	random    *rand.Rand
	turn      int64
	live      []uint64
	sent      map[uint64]int64 // turns, by reference
	cancelled map[uint64]int64
}

func newFaultyBot(rec *Recording, seed uint64) *faultyBot {
	return &faultyBot{
		rec: rec, random: rand.New(rand.NewPCG(seed, 0xfa)), sent: make(map[uint64]int64),
		cancelled: make(map[uint64]int64),
	}
}

func (b *faultyBot) start(e *engine.Engine) error {
	b.engine = e
	for i := range b.rec.Markets {
		if err := e.Subscribe(b.rec.Markets[i].ID); err != nil {
			return err
		}
	}
	_, err := e.Every(faultyTurn, b.act)
	return err
}

func (b *faultyBot) act() {
	b.turn++
	for range b.random.IntN(3) {
		if b.random.IntN(3) == 0 && len(b.live) > 0 {
			b.end()
		} else {
			b.begin()
		}
	}
}

func (b *faultyBot) begin() {
	m := &b.rec.Markets[b.random.IntN(len(b.rec.Markets))]
	contract := m.Contracts[b.random.IntN(len(m.Contracts))]
	side, away := odds.Side(odds.Buy), b.random.IntN(200)-40
	if b.random.IntN(2) == 0 {
		side = odds.Sell
	}
	quantity := odds.Quantity(1000 + b.random.Uint64N(300_000))
	c, ok := b.engine.Book(m.ID, contract)
	if !ok {
		return
	}
	best, ok := c.Best(side)
	if other, there := c.Best(side.Opposite()); there && (!ok || b.random.IntN(4) == 0) {
		best, ok = other, true
	}
	price := int(best.Price) - away
	if side == odds.Sell {
		price = int(best.Price) + away
	}
	if !ok || price < 1 || price > 9999 {
		return
	}
	ref := 1<<40 + uint64(len(b.sent))
	limit := order.Limit{
		Market: m.ID, Contract: contract, Side: side, Price: odds.Price(price), Quantity: quantity, Reference: ref,
	}
	if _, err := b.engine.Place(limit); err == nil {
		b.sent[ref] = b.turn
		b.live = append(b.live, ref)
	}
}

func (b *faultyBot) end() {
	i := b.random.IntN(len(b.live))
	ref := b.live[i]
	placed := b.engine.Placed(ref)
	if o := placed.Order(); o == nil || o.State != order.Live {
		b.live = slices.Delete(b.live, i, i+1)
		return
	}
	if b.random.IntN(4) == 0 {
		_ = placed.Reduce(odds.Quantity(1000 * (1 + b.random.IntN(50))))
		return
	}
	if placed.Cancel() == nil {
		b.cancelled[ref] = b.turn
		b.live = slices.Delete(b.live, i, i+1)
	}
}

// faultyDays calls f with the journals of days full of faults, a third as many as TestLiveDays has.
func faultyDays(t *testing.T, f func(name string, seed uint64, rec *Recording)) {
	for seed := *daysFrom; seed < *daysFrom+(*days+2)/3; seed++ {
		s := prove.New(seed)
		r := prove.Observe(s, t.TempDir(), func(o *prove.Observed) {
			if !o.End {
				return
			}
			rec, err := Open(o.Dir)
			if errors.Is(err, ErrNoMarkets) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			f(fmt.Sprintf("seed %d, %s", seed, o.Dir[len(o.Dir)-4:]), seed, rec)
		})
		if r.Failure != nil {
			t.Logf("seed %d: %v", seed, r.Failure)
		}
	}
}

// TestFaultyDays checks every fill of a bot against recordings of days full of faults.
func TestFaultyDays(t *testing.T) {
	fills := uint64(0)
	faultyDays(t, func(name string, seed uint64, rec *Recording) {
		t.Run(name, func(t *testing.T) { fills += checkFaulty(t, seed, rec) })
	})
	if fills == 0 {
		t.Error("nothing was filled")
	}
}

func checkFaulty(t *testing.T, seed uint64, rec *Recording) (fills uint64) {
	l := []Latency{{}, {Constant: 2e6, Samples: []time.Duration{1e6, 5e6, 9e6}}, {Constant: 15e6}}[seed%3]
	least, most := l.Constant, l.Constant
	if len(l.Samples) > 0 {
		least, most = least+slices.Min(l.Samples), most+slices.Max(l.Samples)
	}
	c := Config{
		Recording: rec, Seed: seed, Balance: 100_000 * exchange.Currency,
		Latency: Latencies{Feed: l, Entry: l, Response: l},
	}
	var bots []*faultyBot
	start := func(e *engine.Engine) error {
		bots = append(bots, newFaultyBot(rec, seed))
		return bots[len(bots)-1].start(e)
	}
	r, err := Run(c, botConfig(seed), start)
	if err != nil {
		t.Fatal(err)
	}
	all, volume := supplies(t, rec.Dir)
	settled := !slices.ContainsFunc(rec.Markets, func(m RecordedMarket) bool {
		return m.NonRunners || len(m.Voided) > 0 || m.End != msg.MarketStateSettled
	})
	for i := range r.Models {
		m, b := &r.Models[i], bots[i]
		fills += m.Figures.Fills
		checkModel(t, m, all, volume)
		if settled {
			checkAccounts(t, r, m)
		}
		kept := slices.DeleteFunc(slices.Clone(m.Fills), func(f FillResult) bool { return f.Voided })
		if v := valued(rec, r, kept); v != m.Profit {
			t.Errorf("%s: the fills are worth %v, the model made %v", m.Queue, v, m.Profit)
		}
		for _, o := range m.Orders {
			at := r.Begin + int64(faultyTurn)*b.sent[o.Reference] + int64(least)
			if o.Accepted < at || o.Accepted > at+int64(most-least) {
				t.Errorf("%s: sent to arrive at %d: %+v", m.Queue, at, o)
			}
		}
		for _, f := range m.Fills {
			turn, ok := b.cancelled[f.Reference]
			if ok && m.Figures.Rejected == 0 && f.At > r.Begin+int64(faultyTurn)*turn+int64(most) {
				t.Errorf("%s: filled after its cancel had arrived: %+v", m.Queue, f)
			}
		}
	}
	compared, err := Compare(rec, r, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range compared.Models {
		checkSums(t, &compared.Live, &compared.Models[i], &r.Models[i])
	}
	q := exchange.Queue(seed % 3)
	c.Queues = []exchange.Queue{q}
	one, err := Run(c, botConfig(seed), start)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(one.Models[0], r.Models[q]) {
		t.Errorf("%v: alone %+v, in one pass %+v", q, one.Models[0].Figures, r.Models[q].Figures)
	}
	return fills
}

package backtest

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
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
	ref := uint64(1<<40 + len(b.sent))
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

// faultyDays calls f with the journals of days full of faults.
func faultyDays(t *testing.T, f func(name string, seed uint64, rec *Recording)) {
	for seed := *daysFrom; seed < *daysFrom+*days; seed++ {
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
	ended := !slices.ContainsFunc(rec.Markets, func(m RecordedMarket) bool { return m.NonRunners }) &&
		!slices.ContainsFunc(r.Outcomes, func(e MarketEnd) bool { return !e.Ended })
	for i := range r.Models {
		m, b := &r.Models[i], bots[i]
		fills += m.Figures.Fills
		checkModel(t, m, all, volume)
		if ended {
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

// seen is what was published of markets: each book, trade and state, in order.
type seen struct {
	depth  int
	levels map[bookID]*[2]map[uint32]uint64
	books  map[bookID][]string
	trades map[bookID][]string
	states map[uint32][]string
}

func newSeen(depth int) *seen {
	return &seen{
		depth: depth, levels: make(map[bookID]*[2]map[uint32]uint64), books: make(map[bookID][]string),
		trades: make(map[bookID][]string), states: make(map[uint32][]string),
	}
}

func (s *seen) book(id bookID) *[2]map[uint32]uint64 {
	if s.levels[id] == nil {
		s.levels[id] = &[2]map[uint32]uint64{{}, {}}
	}
	return s.levels[id]
}

// set sets a level; worse ones than are visible are forgotten by trim.
func (s *seen) set(id bookID, side int, price uint32, quantity uint64) {
	if s.book(id)[side][price] = quantity; quantity == 0 {
		delete(s.book(id)[side], price)
	}
}

func (s *seen) trim(id bookID, depth int, worst [2]uint32) {
	for side, levels := range s.book(id) {
		keys := []uint32{}
		for price := range levels {
			keys = append(keys, keyOf(side, price))
		}
		slices.Sort(keys)
		slices.Reverse(keys)
		for i, key := range keys {
			if i >= depth || worst[side] > 0 && key < keyOf(side, worst[side]) {
				delete(levels, keyOf(side, key))
			}
		}
	}
}

// note notes what is visible of a book unless it is the last one.
func (s *seen) note(id bookID) {
	var shown [2][]string
	for side, levels := range s.book(id) {
		keys := []uint32{}
		for price := range levels {
			keys = append(keys, keyOf(side, price))
		}
		slices.Sort(keys)
		slices.Reverse(keys)
		for _, key := range keys[:min(len(keys), s.depth)] {
			shown[side] = append(shown[side], fmt.Sprint(keyOf(side, key), ":", levels[keyOf(side, key)]))
		}
	}
	text := fmt.Sprint(shown)
	if list := s.books[id]; len(list) == 0 && text != "[[] []]" || len(list) > 0 && list[len(list)-1] != text {
		s.books[id] = append(list, text)
	}
}

func (s *seen) state(market uint32, state msg.MarketStateType, reason string) {
	list := s.states[market]
	if len(list) == 0 || !strings.HasPrefix(list[len(list)-1], fmt.Sprint(state, " ")) {
		s.states[market] = append(list, fmt.Sprint(state, " ", reason))
	}
}

func (s *seen) quotes(q *msg.ContractQuotes) {
	id := bookID{q.GetMarketId(), q.GetContractId()}
	for side, list := range [2][]msg.Quote{q.GetBids(), q.GetOffers()} {
		for i := range list {
			s.set(id, side, list[i].GetPrice(), list[i].GetQuantity())
		}
	}
	s.trim(id, s.depth, [2]uint32{})
	s.note(id)
	for i := range q.GetExecutions() {
		x := &q.GetExecutions()[i]
		s.trades[id] = append(s.trades[id], fmt.Sprint(x.GetLiquidity(), " ", x.GetQuantity(), " at ", x.GetPrice()))
	}
}

func (s *seen) complete(q *msg.MarketQuotes) {
	for id, levels := range s.levels {
		if id.market == q.GetMarketId() {
			clear(levels[buy])
			clear(levels[sell])
		}
	}
	for i := range q.GetContractQuotes() {
		c := &q.GetContractQuotes()[i]
		for side, list := range [2][]msg.Quote{c.GetBids(), c.GetOffers()} {
			for j := range list {
				s.set(bookID{q.GetMarketId(), c.GetContractId()}, side, list[j].GetPrice(), list[j].GetQuantity())
			}
		}
	}
	for id := range s.levels {
		if id.market == q.GetMarketId() {
			s.trim(id, s.depth, [2]uint32{})
			s.note(id)
		}
	}
}

// TestSilent publishes to a bot that sends nothing what a recording has, and nothing else.
func TestSilent(t *testing.T) {
	faultyDays(t, func(name string, seed uint64, rec *Recording) {
		t.Run(name, func(t *testing.T) { checkSilent(t, seed, rec) })
	})
}

func checkSilent(t *testing.T, seed uint64, rec *Recording) {
	var all []*seen
	_, err := Run(Config{Recording: rec, Seed: seed}, botConfig(seed), func(e *engine.Engine) error {
		s := newSeen(rec.Depth)
		all = append(all, s)
		e.OnContractQuotes(func(_ *engine.Event, q *msg.ContractQuotes) { s.quotes(q) })
		e.OnMarketQuotes(func(_ *engine.Event, q *msg.MarketQuotes) { s.complete(q) })
		e.OnMarketState(func(_ *engine.Event, m *msg.MarketState) {
			s.state(m.GetMarketId(), m.GetState(), string(m.GetReason()))
		})
		for i := range rec.Markets {
			if err := e.Subscribe(rec.Markets[i].ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := rec.Reader()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	want := newSeen(rec.Depth)
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		id := bookID{e.Market, e.Contract}
		switch e.Kind {
		case EventBook:
			if e.Change.Reset {
				clear(want.book(id)[buy])
				clear(want.book(id)[sell])
			}
			for _, l := range e.Change.Levels {
				want.set(id, sideIndex(l.Side), l.Price, l.Quantity)
			}
			want.trim(id, 1<<20, e.Change.Worst)
			want.note(id)
			for _, tr := range e.Change.Trades {
				want.trades[id] = append(want.trades[id], fmt.Sprint(tr.Side, " ", tr.Quantity, " at ", tr.Price))
			}
		case EventState:
			want.state(e.Market, e.State, e.Reason)
		}
	}
	for i, s := range all {
		for id, list := range want.books {
			compareLists(t, fmt.Sprint(exchange.Queue(i), " books of ", id), s.books[id], list)
			compareLists(t, fmt.Sprint(exchange.Queue(i), " trades of ", id), s.trades[id], want.trades[id])
		}
		for id, list := range want.states {
			if m := rec.Market(id); m != nil && m.State > msg.MarketStateHalted {
				list = append([]string{fmt.Sprint(msg.MarketStateHalted, " ")}, list...) // what it is in before the first one
			}
			compareLists(t, fmt.Sprint(exchange.Queue(i), " states of ", id), s.states[id], list)
		}
	}
}

func compareLists(t *testing.T, what string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Errorf("%s: %d, want %d; from number %d:\n%q, want\n%q", what, len(got), len(want), i,
				got[max(0, min(i-1, len(got))):min(i+3, len(got))], want[max(0, min(i-1, len(want))):min(i+3, len(want))])
			return
		}
	}
}

package backtest

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

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

// bestFirst returns the keys of a side's levels.
func bestFirst(side int, levels map[uint32]uint64) (keys []uint32) {
	for price := range levels {
		keys = append(keys, keyOf(side, price))
	}
	slices.Sort(keys)
	slices.Reverse(keys)
	return keys
}

func (s *seen) trim(id bookID, depth int, worst [2]uint32) {
	for side, levels := range s.book(id) {
		keys := bestFirst(side, levels)
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
		keys := bestFirst(side, levels)
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

// TestSilent publishes to a bot that sends nothing what recordings of days full of faults have of others, and nothing
// else.
func TestSilent(t *testing.T) {
	faultyDays(t, func(name string, seed uint64, rec *Recording) {
		t.Run(name, func(t *testing.T) { checkSilent(t, seed, rec) })
	})
}

// publishedOf returns what a bot that sends nothing is sent of a recording, under each assumption.
func publishedOf(t *testing.T, seed uint64, rec *Recording) (all []*seen) {
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
	return all
}

// checkSilent compares what was published with what the events of a recording say.
func checkSilent(t *testing.T, seed uint64, rec *Recording) {
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
	want.compare(t, rec, publishedOf(t, seed, rec))
}

// compare expects each of all to be the same.
func (s *seen) compare(t *testing.T, rec *Recording, all []*seen) {
	t.Helper()
	for i, got := range all {
		for id, list := range s.books {
			compareLists(t, fmt.Sprint(exchange.Queue(i), " books of ", id), got.books[id], list)
			compareLists(t, fmt.Sprint(exchange.Queue(i), " trades of ", id), got.trades[id], s.trades[id])
		}
		for id, list := range s.states {
			if m := rec.Market(id); m != nil && m.State > msg.MarketStateHalted {
				list = append([]string{fmt.Sprint(msg.MarketStateHalted, " ")}, list...) // before the first one
			}
			compareLists(t, fmt.Sprint(exchange.Queue(i), " states of ", id), got.states[id], list)
		}
	}
}

func compareLists(t *testing.T, what string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Errorf("%s: %d, want %d; from number %d:\n%q, want\n%q", what, len(got), len(want), i,
				got[min(i, len(got)):min(i+3, len(got))], want[min(i, len(want)):min(i+3, len(want))])
			return
		}
	}
}

// inbound, outbound and disconnected implement recordWatch.
func (s *seen) inbound(_ int64, m *msg.Payload) {
	switch m.GetType() {
	case msg.PayloadContractQuotes:
		s.quotes(m.GetContractQuotes())
	case msg.PayloadMarketQuotes:
		s.complete(m.GetMarketQuotes())
	case msg.PayloadMarketState:
		s.state(m.GetMarketState().GetMarketId(), m.GetMarketState().GetState(), string(m.GetMarketState().GetReason()))
	}
}

func (s *seen) outbound(int64, *msg.Payload) {}
func (s *seen) disconnected()                {}

// TestSilentBoth records with a bot that sends nothing, whose sessions are lost, and publishes to another one the same
// messages' books, trades and states.
func TestSilentBoth(t *testing.T) {
	for seed := range uint64(4) {
		d := record(t, dayConfig{
			seed: 7000 + seed, duration: 20 * time.Second, rate: 200, turn: proofTurn, goals: true, sweeps: 50,
			silent: true,
		})
		rec, err := Open(d.dir)
		if err != nil {
			t.Fatal(err)
		}
		r, err := rec.Reader()
		if err != nil {
			t.Fatal(err)
		}
		want := newSeen(rec.Depth)
		r.watch = want
		gaps := 0
		for {
			e, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind == EventGap {
				gaps++
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if len(want.books) != 5 || len(want.states) != 2 || gaps < 2 {
			t.Errorf("seed %d: books of %d contracts, states of %d markets, %d gaps", seed, len(want.books),
				len(want.states), gaps)
		}
		want.compare(t, rec, publishedOf(t, seed, rec))
	}
}

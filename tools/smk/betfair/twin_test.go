package betfair

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/smk-go/smk/backtest"
	"github.com/smk-go/smk/gen/seto"
)

// client keeps what the messages say, as a client of the exchange does.
type client struct {
	books map[uint32]*[2]map[uint32]uint64
}

func (c *client) book(id uint32) *[2]map[uint32]uint64 {
	if c.books[id] == nil {
		c.books[id] = &[2]map[uint32]uint64{{}, {}}
	}
	return c.books[id]
}

func (c *client) take(m *seto.Payload) {
	for _, q := range m.GetMarketQuotes().GetContractQuotes() {
		delete(c.books, q.GetContractId())
		c.quotes(q)
	}
	if q := m.GetContractQuotes(); q != nil {
		c.quotes(q)
	}
}

func (c *client) quotes(q *seto.ContractQuotes) {
	b := c.book(q.GetContractId())
	for side, list := range [2][]*seto.Quote{q.GetBids(), q.GetOffers()} {
		for _, l := range list {
			if l.GetQuantity() == 0 {
				delete(b[side], l.GetPrice())
			} else {
				b[side][l.GetPrice()] = l.GetQuantity()
			}
		}
		for _, l := range topOf(b[side], side)[min(5, len(b[side])):] {
			delete(b[side], l.price)
		}
	}
}

// topOf returns levels, best first.
func topOf(levels map[uint32]uint64, side int) (list []level) {
	for p, q := range levels {
		list = append(list, level{p, q})
	}
	slices.SortFunc(list, func(a, b level) int {
		if side == bids {
			a, b = b, a
		}
		return cmp.Compare(a.price, b.price)
	})
	return list
}

// twin computes a runner's best five levels anew from all lines so far.
func twin(all []*change, id uint64, side int) []level {
	type at struct {
		decimal  float64
		position int
	}
	var list []struct {
		at
		size float64
	}
	remove := func(drop func(at) bool) {
		kept := list[:0]
		for _, l := range list {
			if !drop(l.at) {
				kept = append(kept, l)
			}
		}
		list = kept
	}
	add := func(where at, size float64) {
		if size > 0 {
			list = append(list, struct {
				at
				size float64
			}{where, size})
		}
	}
	for _, c := range all {
		for _, m := range c.Markets {
			if m.Image {
				list = nil
			}
			for _, r := range m.Runners {
				if r.ID != id || r.Handicap != 0 {
					continue
				}
				if r.Image {
					list = nil
				}
				plain, positions := r.ToLay, r.BestLay
				if side == offers {
					plain, positions = r.ToBack, r.BestBack
				}
				for _, l := range plain {
					remove(func(x at) bool { return x.position < 0 && x.decimal == l[0] })
					add(at{l[0], -1}, l[1])
				}
				for _, l := range positions {
					remove(func(x at) bool { return x.position == int(l[0]) })
					add(at{l[1], int(l[0])}, l[2])
				}
			}
		}
	}
	sums := make(map[uint32]uint64)
	for i, l := range list {
		last := true // of the same odds at several positions the newest size counts
		for _, other := range list[i+1:] {
			last = last && other.decimal != l.decimal
		}
		if last {
			sums[priceOf(l.decimal)] += payoffOf(l.size, l.decimal)
		}
	}
	top := topOf(sums, side)
	return top[:min(5, len(top))]
}

// checkTwin converts lines and compares the books after each.
func checkTwin(t *testing.T, lines [][]byte) (report *Report, messages []*seto.Payload) {
	t.Helper()
	report = &Report{}
	c := &client{books: make(map[uint32]*[2]map[uint32]uint64)}
	convert := &converter{
		markets: make(map[uint32]*market), report: report,
		begin: func(int64, uint32) error { return nil }, named: func(int64, uint32, string) error { return nil },
	}
	convert.out = func(_ int64, m *seto.Payload) error {
		c.take(m)
		messages = append(messages, m)
		return nil
	}
	var all []*change
	for n, line := range lines {
		ch, err := parse(line)
		if err != nil {
			report.Malformed++
			continue
		}
		if err := convert.apply(ch); err != nil {
			t.Fatal(err)
		}
		all = append(all, ch)
		for id := range c.books {
			for side := range 2 {
				got, want := topOf(c.book(id)[side], side), twin(all, uint64(id), side)
				if !slices.Equal(got, want) {
					t.Fatalf("line %d, runner %d, side %d: %v, want %v\n%s", n+1, id, side, got, want, line)
				}
			}
		}
	}
	return report, messages
}

// TestTwin holds the books of the sample, after each line, to a slow and obvious way to compute them.
func TestTwin(t *testing.T) {
	text, err := os.ReadFile("testdata/match.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	report, messages := checkTwin(t, bytes.Split(bytes.TrimSpace(text), []byte("\n")))
	if report.Malformed != 4 || report.Markets != 1 || report.Trades != 3 || report.Handicaps != 1 {
		t.Errorf("%+v", report)
	}
	last := messages[len(messages)-1].GetMarketState()
	if last.GetState() != seto.MarketStateType_MARKET_STATE_SETTLED || last.GetReason() != "won by 47972" {
		t.Errorf("ends with %v", last)
	}
}

// TestTwinRandom does the same with random lines.
func TestTwinRandom(t *testing.T) {
	for seed := range uint64(20) {
		if report, _ := checkTwin(t, randomLines(t, seed)); report.Malformed > 0 {
			t.Fatal(fmt.Sprint(report))
		}
	}
}

// randomLines returns 60 lines about three runners, of times 1 ms apart.
func randomLines(t *testing.T, seed uint64) (lines [][]byte) {
	t.Helper()
	odds := []float64{1.01, 1.5, 2, 2.02, 2.5, 3, 10, 50, 100, 500, 900, 950, 990, 1000}
	r := rand.New(rand.NewPCG(seed, 1))
	levels := func(positions bool) (list [][]float64) {
		for range r.IntN(4) {
			l := []float64{odds[r.IntN(len(odds))], float64(r.IntN(3) * r.IntN(100))}
			if positions {
				l = append([]float64{float64(r.IntN(6))}, l...)
			}
			list = append(list, l)
		}
		return list
	}
	for n := range 60 {
		m := marketChange{ID: "1.5", Image: n == 0 || r.IntN(20) == 0}
		for id := range uint64(3) {
			rc := runnerChange{ID: id + 1, Image: r.IntN(20) == 0}
			if id < 2 {
				rc.ToBack, rc.ToLay = levels(false), levels(false)
			} else {
				rc.BestBack, rc.BestLay = distinct(levels(true)), distinct(levels(true))
			}
			m.Runners = append(m.Runners, rc)
		}
		line, err := json.Marshal(map[string]any{"op": "mcm", "pt": n + 1, "mc": []any{m}})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}

// distinct keeps the first level of each position and of each odds: a file has the odds of a side once.
func distinct(list [][]float64) (kept [][]float64) {
	for _, l := range list {
		if !slices.ContainsFunc(kept, func(k []float64) bool { return k[0] == l[0] || k[1] == l[1] }) {
			kept = append(kept, l)
		}
	}
	return kept
}

// TestCompressed expects the same journal of each kind of file.
func TestCompressed(t *testing.T) {
	var first *Report
	for _, name := range []string{"match.jsonl", "match.jsonl.bz2", "match.jsonl.gz"} {
		dir := t.TempDir() + "/journal"
		r, err := Import(t.Context(), Config{Files: []string{"testdata/" + name}, Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Named) != 3 || r.Malformed != 3 {
			t.Errorf("%s: malformed lines %q", name, r.Named)
		}
		r.Named = nil
		rec, err := backtest.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		m := rec.Market(200000001)
		if m == nil || len(m.Contracts) != 3 || !slices.Equal(m.Winners, []uint32{47972}) || m.Delay == "" ||
			!rec.Approx {
			t.Errorf("the recording has %+v", m)
		}
		if first == nil {
			first = r
		}
		if !reflect.DeepEqual(r, first) {
			t.Errorf("%s: %+v, want %+v", name, r, first)
		}
	}
	_, err := Import(t.Context(), Config{
		Files: []string{"testdata/match.jsonl"}, Dir: t.TempDir() + "/journal", MalformedMax: 2,
	})
	if err == nil {
		t.Error("three malformed lines of two that are allowed")
	}
}

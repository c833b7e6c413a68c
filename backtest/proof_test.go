package backtest

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// TestProof records days on the simulator, where the queue is known, and runs the same orders against the recordings,
// where it is not: each order is filled at least pessimistically and at most optimistically. BACKTEST_SEEDS=0:2000 runs
// these seeds instead of the first few.
func TestProof(t *testing.T) {
	first, last := uint64(0), uint64(16)
	if s := os.Getenv("BACKTEST_SEEDS"); s != "" {
		if _, err := fmt.Sscanf(s, "%d:%d", &first, &last); err != nil {
			t.Fatalf("BACKTEST_SEEDS: %v", err)
		}
	}
	var total proof
	for seed := first; seed < last; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { total.day(t, seed) })
	}
	t.Log(total.String())
	if total.filled == 0 || total.partial == 0 {
		t.Errorf("nothing was proved: %+v", total)
	}
}

// proof is what days have shown.
type proof struct {
	days, orders  int
	partial       int // orders whose fill the band does not fix
	filled        uint64
	models        [3]uint64
	width, offset uint64
	contracts     int // with fills
	banded        int // of them, whose profit the band does not fix
}

const proofTurn = 50 * time.Millisecond

func (p *proof) day(t *testing.T, seed uint64) {
	c := dayConfig{
		seed: seed, duration: 40 * time.Second, rate: 120, turn: proofTurn, most: 30_000, oneSide: seed%3 > 0,
		goals: seed%4 == 3,
	}
	d := record(t, c)
	r, err := Run(Config{
		Dir: d.dir, Seed: seed, Winners: d.winners(), Balance: 100_000 * exchange.Currency, Commission: -1,
	}, botConfig(seed), d.again(proofTurn))
	if err != nil {
		t.Fatal(err)
	}
	p.days++
	filled := make([]map[uint64]uint64, len(r.Models))
	for i := range r.Models {
		filled[i] = make(map[uint64]uint64)
		for _, o := range r.Models[i].Orders {
			filled[i][o.Reference] = o.Filled
		}
	}
	p.profits(t, d, r)
	for ref, o := range d.orders {
		low, mid, high := filled[0][ref], filled[1][ref], filled[2][ref]
		if low > o.Executed || o.Executed > high {
			t.Errorf("order %d of contract %d, %v %d at %d: filled %d, %d, %d, in truth %d", ref, o.Contract, o.Side,
				o.Quantity, o.Price, low, mid, high, o.Executed)
		}
		p.orders++
		p.filled += o.Executed
		p.width += high - low
		p.offset += max(mid, o.Executed) - min(mid, o.Executed)
		for i, n := range [3]uint64{low, mid, high} {
			p.models[i] += n
		}
		if high > low {
			p.partial++
		}
	}
}

// profits compares what each contract brings if it wins and if it does not: as the bot of these days trades on one side
// of a contract alone, every further fill adds to one of them and takes from the other.
func (p *proof) profits(t *testing.T, d *day, r *Result) {
	type flow struct{ wins, loses [4]exchange.Money } // truth, then the models
	flows := make(map[bookID]*flow)
	at := func(market, contract uint32) *flow {
		id := bookID{market, contract}
		if flows[id] == nil {
			flows[id] = new(flow)
		}
		return flows[id]
	}
	add := func(f *flow, i int, side msg.Side, price uint32, quantity uint64) {
		wins := exchange.Money(quantity) * exchange.Money(exchange.PriceSum-price)
		loses := -exchange.Money(quantity) * exchange.Money(price)
		if side == msg.SideSell {
			wins, loses = -wins, -loses
		}
		f.wins[i] += wins
		f.loses[i] += loses
	}
	for _, f := range d.fills {
		add(at(f.Market, f.Contract), 0, f.Side, f.Price, f.Quantity)
	}
	for i := range r.Models {
		for _, f := range r.Models[i].Fills {
			if !f.Voided {
				side := msg.SideBuy
				if f.Side == "sell" {
					side = msg.SideSell
				}
				add(at(f.Market, f.Contract), i+1, side, f.Price, f.Quantity)
			}
		}
	}
	ordered := func(m [4]exchange.Money) bool {
		return m[1] <= m[0] && m[0] <= m[3] || m[1] >= m[0] && m[0] >= m[3]
	}
	for id, f := range flows {
		if !ordered(f.wins) || !ordered(f.loses) {
			t.Errorf("contract %d: truth and models: if it wins %v, if it does not %v", id.contract, f.wins, f.loses)
		}
		p.contracts++
		if f.wins[1] != f.wins[3] {
			p.banded++
		}
	}
}

func (p *proof) String() string {
	if p.filled == 0 {
		return "no fills"
	}
	part := func(n uint64) float64 { return 100 * float64(n) / float64(p.filled) }
	return fmt.Sprintf("%d days, %d orders, %d of them with a band; filled %.2f %% pessimistically, %.2f %% "+
		"proportionally, %.2f %% optimistically of the truth; the bands are %.2f %% wide, "+
		"the middle is off by %.2f %%; profits of %d contracts in order, %d of them with a band",
		p.days, p.orders, p.partial, part(p.models[0]), part(p.models[1]), part(p.models[2]), part(p.width),
		part(p.offset), p.contracts, p.banded)
}

package backtest

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/smk-go/smk/sim/exchange"
)

// TestProof records days on the simulator, where the queue is known, and runs the same orders against the recordings,
// where it is not: each order is filled at least pessimistically and at most optimistically. BACKTEST_SEEDS=0:2000 runs
// these seeds instead of the first few.
func TestProof(t *testing.T) {
	first, last := uint64(0), uint64(24)
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
	money         [4]exchange.Money // truth, models
}

const proofTurn = 50 * time.Millisecond

func (p *proof) day(t *testing.T, seed uint64) {
	c := dayConfig{seed: seed, duration: 40 * time.Second, rate: 120, turn: proofTurn, most: 30_000, oneSide: seed%3 > 0}
	c.goals = seed%4 == 3
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

func (p *proof) String() string {
	if p.filled == 0 {
		return "no fills"
	}
	part := func(n uint64) float64 { return 100 * float64(n) / float64(p.filled) }
	return fmt.Sprintf("%d days, %d orders, %d of them with a band; filled %.2f %% pessimistically, %.2f %% "+
		"proportionally, %.2f %% optimistically of the truth; the bands are %.2f %% wide, the middle is off by %.2f %%",
		p.days, p.orders, p.partial, part(p.models[0]), part(p.models[1]), part(p.models[2]), part(p.width),
		part(p.offset))
}

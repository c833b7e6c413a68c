package backtest

import (
	"flag"
	"testing"

	"github.com/smk-go/smk/prove"
	"github.com/smk-go/smk/sim/exchange"
)

// reducible is the market of the days whose runners may go out.
const reducible = 102

var (
	daysFrom = flag.Uint64("days-from", 66, "seed of the first day that is recorded")
	days     = flag.Uint64("days", 11, "how many days are recorded")
)

// TestLiveDays records days full of faults, and holds what the live day has of each order to what the exchange has.
func TestLiveDays(t *testing.T) {
	filled := 0
	seeds := []uint64{127} // a session is resumed with a gap in which there are fills
	for seed := *daysFrom; seed < *daysFrom+*days; seed++ {
		seeds = append(seeds, seed)
	}
	for _, seed := range seeds {
		s := prove.New(seed)
		r := prove.Observe(s, t.TempDir(), func(o *prove.Observed) {
			if !o.End || !o.Certain {
				return
			}
			rec, err := Open(o.Dir)
			if err != nil {
				return // of no market
			}
			live, _, err := liveDay(rec)
			if err != nil {
				t.Fatal(err)
			}
			fills := map[uint64]uint64{}
			for _, f := range live.Fills {
				fills[f.Order] += f.Quantity
			}
			for _, truth := range o.Exchange.Orders(o.Account) {
				// What was voided or reduced with its market is taken off later.
				if n := fills[truth.ID]; n != truth.Executed && truth.State != exchange.OrderVoided &&
					truth.Market != reducible {
					t.Errorf("seed %d, %s, %v: %d of %+v", seed, o.Dir[len(o.Dir)-4:], s.Settings, n, truth)
				}
				delete(fills, truth.ID)
				filled++
			}
			if len(fills) > 0 {
				t.Errorf("seed %d: invented %v", seed, fills)
			}
		})
		if r.Failure != nil {
			t.Logf("seed %d: %v", seed, r.Failure)
		}
	}
	if t.Logf("%d orders", filled); filled == 0 {
		t.Error("nothing was compared")
	}
}

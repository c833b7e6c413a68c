package inspect

import (
	"flag"
	"fmt"
	"testing"

	"github.com/smk-go/smk/prove"
	"github.com/smk-go/smk/sim/exchange"
)

var (
	daysFrom = flag.Uint64("days-from", 51, "seed of the first day that is recorded")
	days     = flag.Uint64("days", 4, "how many days are recorded")
)

// TestOrdersOfDays records days full of faults, and holds what became of each order to what the exchange has of it.
func TestOrdersOfDays(t *testing.T) {
	var compared, filled, bots int
	for seed := *daysFrom; seed < *daysFrom+*days; seed++ {
		dir := t.TempDir()
		r := prove.Observe(prove.New(seed), dir, func(o *prove.Observed) {
			if !o.End {
				return
			}
			all, err := Orders(t.Context(), o.Dir)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			bots++
			d := dayOrders{
				o: o, truth: map[uint64]exchange.OrderTruth{}, seen: map[uint64]bool{},
				references: map[uint64]bool{},
			}
			for _, truth := range o.Exchange.Orders(o.Account) {
				d.truth[truth.ID] = truth
			}
			for l := range all {
				if text := d.compare(l); text != "" {
					t.Errorf("seed %d, %s: %s: %s", seed, o.Dir[len(dir)+1:], text, l.Text())
				}
				if l.Order != 0 {
					compared++
				}
				if l.Filled > 0 {
					filled++
				}
			}
			for id, truth := range d.truth {
				if !d.seen[id] && o.Certain {
					t.Errorf("seed %d, %s: nothing of %+v", seed, o.Dir[len(dir)+1:], truth)
				}
			}
		})
		if r.Failure != nil {
			t.Logf("seed %d: %v", seed, r.Failure)
		}
	}
	t.Logf("%d bots, %d orders, %d filled", bots, compared, filled)
	if compared == 0 || filled == 0 {
		t.Error("nothing was compared")
	}
}

// dayOrders is what an exchange has of a bot's orders, and what was compared with it.
type dayOrders struct {
	o     *prove.Observed
	truth map[uint64]exchange.OrderTruth
	seen  map[uint64]bool

	references map[uint64]bool
}

// compare returns what is wrong with a life.
func (d *dayOrders) compare(l *Life) string {
	if l.Reference != 0 && d.references[l.Reference] {
		return "twice"
	}
	d.references[l.Reference] = true
	if l.Order == 0 {
		switch l.State {
		case stateSent:
			return "without an end"
		case stateLive, stateFilled, stateReplaced, "cancelled", "voided":
			return "without a number"
		}
		return ""
	}
	truth, ok := d.truth[l.Order]
	if !ok {
		if l.State == stateRejected {
			return "" // a replace whose second stage failed
		}
		return "invented"
	}
	if d.seen[l.Order] {
		return "twice"
	}
	d.seen[l.Order] = true
	if !d.o.Certain {
		return ""
	}
	state := truth.State.String()
	if l.State == stateRejected && truth.State == exchange.OrderCancelled && l.Original != 0 {
		state = stateRejected // which the exchange keeps
	}
	if l.Quantity != truth.Quantity || l.State != state || l.Filled != truth.Executed || l.Price != truth.Price ||
		l.Market != truth.Market || l.Contract != truth.Contract || l.Reference != truth.Reference {
		return fmt.Sprintf("the exchange has %+v", truth)
	}
	return ""
}

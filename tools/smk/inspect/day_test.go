package inspect

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/prove"
	"github.com/smk-go/smk/sim/exchange"
)

var (
	daysFrom = flag.Uint64("days-from", 51, "seed of the first day that is recorded")
	days     = flag.Uint64("days", 4, "how many days are recorded")
)

// TestOrdersOfDays records days full of faults, and holds what became of each order to what the exchange has of it.
func TestOrdersOfDays(t *testing.T) {
	var compared, filled, bots, lost int
	seeds := []uint64{
		399, // what reduces fills comes again behind what voids the order
		523, // a reduction comes behind the cancel that followed it
	}
	for seed := *daysFrom; seed < *daysFrom+*days; seed++ {
		seeds = append(seeds, seed)
	}
	for _, seed := range seeds {
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
			if o.Certain {
				lost += d.compareLossy(t, rand.New(rand.NewPCG(seed, 0x105e)))
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
	t.Logf("%d bots, %d orders, %d filled, %d with lost records", bots, compared, filled, lost)
	if compared == 0 || filled == 0 || lost == 0 {
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

// compareLossy has the journal lack some of its records, and compares what is said to be sure. It returns how much is
// not.
func (d *dayOrders) compareLossy(t *testing.T, r *rand.Rand) (unsure int) {
	t.Helper()
	in, err := journal.OpenDir(d.o.Dir, journal.ReaderConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	all, lost := newOrders(), 0
	decode := &decoder{}
	add := func(record *journal.Record) {
		decode.decode(record, func(e *Entry, _ error) bool {
			all.add(e)
			return true
		})
	}
	for left := 0; ; left-- {
		record, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if left <= 0 && r.IntN(500) == 0 {
			left = 1 + r.IntN(50)
		}
		if left > 0 && record.Kind != journal.KindStart {
			lost++
			continue
		}
		if lost > 0 {
			payload := append([]byte{byte(lost)}, make([]byte, 15)...)
			add(&journal.Record{
				Kind: journal.KindLost, Seq: record.Seq - 1, At: record.At, Wall: record.Wall, Payload: payload,
			})
			lost = 0
		}
		add(record)
	}
	for _, l := range all.all {
		truth, ok := d.truth[l.Order]
		if !ok {
			continue
		}
		if l.Uncertain || l.State == stateInDoubt {
			unsure++
			continue
		}
		if live := l.State == stateLive || l.State == stateSent; live != (truth.State == exchange.OrderLive) {
			t.Errorf("%s, lossy: the exchange has %+v: %s", d.o.Dir, truth, l.Text())
		}
	}
	return unsure
}

// booksEvery is how many moments there are for one at which books are compared: the journal is read from its beginning.
const booksEvery = 10

// smallBooks are settings under which an engine has less room for books than the journal's reader.
const smallBooks = prove.SmallBooks | prove.ShallowBooks | prove.QuickBooks

// TestBooksOfDays records days full of faults, and holds the books of a moment to those that the engine has then.
func TestBooksOfDays(t *testing.T) {
	compared, moments := 0, map[string]int{}
	for seed := *daysFrom; seed < *daysFrom+*days; seed++ {
		if prove.New(seed).Settings&smallBooks != 0 {
			continue
		}
		prove.Observe(prove.New(seed), t.TempDir(), func(o *prove.Observed) {
			if moments[o.Dir]++; o.End || o.Engine == nil || moments[o.Dir]%booksEvery != 0 && !o.Rest {
				return
			}
			compared++
			if text := onDisk(func() string { return compareBooks(t, o) }); text != "" {
				t.Errorf("seed %d, %s, moment %d: %s", seed, o.Dir[len(o.Dir)-4:], moments[o.Dir], text)
			}
		})
	}
	t.Logf("%d moments", compared)
	if compared == 0 {
		t.Error("nothing was compared")
	}
}

// compareBooks returns which book is shown otherwise than the engine has it.
func compareBooks(t *testing.T, o *prove.Observed) string {
	t.Helper()
	all, err := Books(t.Context(), o.Dir, 0, 0, Moment{})
	if err != nil {
		t.Fatal(err)
	}
	shown := map[uint32]*Book{}
	for _, b := range all {
		shown[b.Contract] = b
		is, ok := o.Engine.Book(b.Market, b.Contract)
		state, causes := book.Empty, book.Causes(0)
		if ok {
			state, causes = is.State()
		}
		if stale := state != book.Live && causes&^(book.Halt|book.Crossed) != 0 || state < book.Live; stale != b.Stale {
			return fmt.Sprintf("contract %d, stale %t: the engine has %v %v", b.Contract, b.Stale, state, causes)
		}
		if state < book.Live {
			continue
		}
		for i, side := range [...]odds.Side{odds.Buy, odds.Sell} {
			have := [][]PriceLevel{b.Bids, b.Offers}[i]
			levels := is.Levels(nil, side)
			same := len(have) == len(levels)
			for i := 0; same && i < len(levels); i++ {
				same = have[i].Price == uint32(levels[i].Price) && have[i].Quantity == uint64(levels[i].Quantity)
			}
			if !same {
				return fmt.Sprintf("contract %d %v: %v, the engine has %v", b.Contract, side, have, levels)
			}
		}
	}
	for contract := uint32(1000); contract < 1100; contract++ {
		is, ok := o.Engine.Book(contract/10, contract)
		if ok && shown[contract] == nil && is.Depth(odds.Buy)+is.Depth(odds.Sell) > 0 {
			return fmt.Sprintf("contract %d: no book", contract)
		}
	}
	return ""
}

// onDisk compares again and again what may be on its way to the disk, and returns what differs.
func onDisk(compare func() string) (text string) {
	text = compare()
	for tries := 0; text != "" && tries < 20; tries++ {
		time.Sleep(50 * time.Millisecond)
		text = compare()
	}
	return text
}

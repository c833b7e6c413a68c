package screen

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/replica"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/prove"
)

var (
	daysFrom = flag.Uint64("days-from", 0, "seed of the first day that is recorded")
	days     = flag.Uint64("days", 7, "how many days are recorded")
)

// small are settings under which an engine has less room than a model.
const small = prove.SmallOrders | prove.SmallContracts | prove.SmallFills | prove.ShortRetention | prove.SmallBooks |
	prove.SmallRequests | prove.ShallowBooks | prove.QuickBooks | prove.IndependentMarkets

// onItsWay is how often the journal is read again, every 5 ms, for what is on its way to the disk.
const onItsWay = 2000

// TestDays records days full of faults, and holds what is shown of each bot to what its engine knows.
func TestDays(t *testing.T) {
	compared := 0
	seeds := []uint64{
		578, // the exchange's history lacks messages at a restart, which only the engine's decision says
		173, // requests in doubt make room for newer ones
		240, // a ping asks about a difference of money at the very moment at which it is due
		509, // messages are missing as an order that was called not live is due to be in doubt
		17,  // a market is subscribed to anew while messages are missing
		322, // a new session begins without the subscriptions that the engine made by itself
	}
	for seed := *daysFrom; seed < *daysFrom+*days; seed++ {
		seeds = append(seeds, seed)
	}
	for _, seed := range seeds {
		models := map[string]*follower{}
		r := prove.Observe(prove.New(seed), t.TempDir(), func(o *prove.Observed) {
			if o.End || o.Engine == nil || prove.New(seed).Settings&small != 0 {
				return
			}
			f := models[o.Dir]
			if f == nil {
				reader, err := journal.OpenDir(o.Dir, journal.ReaderConfig{Follow: true})
				if err != nil {
					t.Fatal(err)
				}
				f = &follower{model: New(Options{}), reader: reader}
				models[o.Dir] = f
			}
			if f.failed {
				return
			}
			f.read(t)
			compared++
			text := f.compare(o)
			for tries := 0; text != "" && tries < onItsWay; tries++ { // it may be on its way to the disk
				time.Sleep(5 * time.Millisecond)
				f.read(t)
				text = f.compare(o)
			}
			if text != "" {
				f.failed = true
				t.Errorf("seed %d, %s, run %d, rest %t: %s",
					seed, o.Dir[len(o.Dir)-4:], f.model.facts.strip.Run, o.Rest, text)
			}
		})
		for _, f := range models {
			_ = f.reader.Close()
		}
		if r.Failure != nil {
			t.Logf("seed %d: %v", seed, r.Failure)
		}
	}
	t.Logf("%d pictures", compared)
	if compared == 0 {
		t.Error("nothing was compared")
	}
}

// follower is a model that follows a bot's journal.
type follower struct {
	model  *Model
	reader *journal.Reader
	failed bool
}

// read applies what the journal has.
func (f *follower) read(t *testing.T) {
	for {
		r, err := f.reader.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		f.model.Apply(r)
	}
}

// compare returns what is shown otherwise than the engine has it.
func (f *follower) compare(o *prove.Observed) string {
	e, p := o.Engine, f.model.Picture()
	c := e.Completeness()
	if p.Strip.Lacks == "" != c.Complete {
		return fmt.Sprintf("lacks %q, the engine %v", p.Strip.Lacks, c)
	}
	live, doubts := 0, 0
	want := map[uint32][]string{}
	for o := range e.Orders() {
		live++
		if o.Overlay&order.InDoubt != 0 {
			doubts++
		}
		want[o.Contract] = append(want[o.Contract], fmt.Sprintln(o.ID, o.Reference, o.Side, uint32(o.Price),
			int64(o.Quantity), int64(replica.Open(o)), o.State, o.Overlay))
	}
	if p.Strip.Orders != live {
		return fmt.Sprintf("%d orders, the engine has %d", p.Strip.Orders, live)
	}
	if p.Strip.InDoubt != doubts {
		return fmt.Sprintf("%d orders in doubt, the engine has %d", p.Strip.InDoubt, doubts)
	}
	a := e.Account()
	m := p.Money
	if m.Known != a.CashKnown || m.Cash != int64(a.Cash) || m.Available != int64(a.Available) ||
		m.Worst != int64(a.WorstCase) || m.Realised != int64(a.Realised) {
		return fmt.Sprintf("%+v, the engine has %+v", m, a)
	}
	for i := range p.Contracts {
		if text := compareContract(o, &p.Contracts[i], want[p.Contracts[i].ID]); text != "" {
			return text
		}
		delete(want, p.Contracts[i].ID)
	}
	if len(want) > 0 {
		return fmt.Sprintf("%v is not shown", want)
	}
	for i := range p.Markets {
		for profit := range e.Outcomes(p.Markets[i].ID) {
			for _, shown := range p.Markets[i].Outcomes {
				if shown.Contract == profit.Contract &&
					(shown.Final != int64(profit.Gross) || shown.Net != int64(profit.Net)) {
					return fmt.Sprintf("market %d: %+v, the engine has %+v", p.Markets[i].ID, shown, profit)
				}
			}
		}
	}
	return ""
}

// compareContract returns what is shown of a contract otherwise than the engine has it.
func compareContract(o *prove.Observed, c *Contract, want []string) string {
	e := o.Engine
	var got []string
	for _, o := range c.Orders {
		overlay := o.Overlay
		if overlay == "" {
			overlay = order.Overlay(0).String()
		}
		got = append(got, fmt.Sprintln(o.ID, o.Reference, o.Side, o.Price, o.Quantity, o.Open, o.State, overlay))
	}
	slices.Sort(got)
	slices.Sort(want)
	if len(want) <= ordersShown && !slices.Equal(got, want) {
		return fmt.Sprintf("contract %d: orders\n%q, the engine has\n%q", c.ID, got, want)
	}
	pos := e.Position(c.Market, c.ID)
	if c.Net != int64(pos.Final) || c.Provisional != int64(pos.Provisional) || c.Wins != int64(pos.IfWins) ||
		c.Loses != int64(pos.IfLoses) || c.Settled != pos.Settled && pos.Final != 0 {
		return fmt.Sprintf("contract %d: position %+v, the engine has %+v", c.ID, *c, pos)
	}
	b, ok := e.Book(c.Market, c.ID)
	if !ok {
		if c.Book != book.Empty.String() {
			return fmt.Sprintf("contract %d: book %s %s, the engine has none", c.ID, c.Book, c.Why)
		}
		return ""
	}
	state, causes := b.State()
	if c.Book != state.String() || state == book.Suspect && c.Why != causes.String() {
		return fmt.Sprintf("contract %d: book %s %s, the engine has %v %v", c.ID, c.Book, c.Why, state, causes)
	}
	own := map[uint32]int64{}
	for _, o := range c.Orders {
		own[o.Price<<1|uint32(len(o.Side)&1)] += o.Open
	}
	for i, side := range [...]odds.Side{odds.Buy, odds.Sell} {
		shown := [][]Level{c.Bids, c.Offers}[i]
		levels := b.Levels(nil, side)
		same := len(shown) == len(levels)
		for i := 0; same && i < len(levels); i++ {
			same = shown[i].Price == uint32(levels[i].Price) && shown[i].Quantity == int64(levels[i].Quantity) &&
				shown[i].Own == own[shown[i].Price<<1|uint32(len(side.String())&1)]
		}
		if !same {
			return fmt.Sprintf("contract %d %v: %v, the engine has %v", c.ID, side, shown, levels)
		}
	}
	return ""
}

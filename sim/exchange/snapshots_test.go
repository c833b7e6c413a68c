package exchange

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// paced is a sink that follows quotes and has room now and then.
type paced struct {
	bad     string
	room    int // snapshots that it still accepts
	covered func(market uint32) bool
	books   map[uint32]map[[3]uint32]uint64
}

func (p *paced) Report(*Report, bool) {}

func (p *paced) Room(int) bool { p.room--; return p.room >= 0 }

func (p *paced) Publish(m Message) {
	switch m := m.(type) {
	case *msg.MarketQuotes:
		p.books[m.GetMarketId()] = map[[3]uint32]uint64{}
		for i := range m.GetContractQuotes() {
			p.levels(&m.GetContractQuotes()[i])
		}
	case *msg.ContractQuotes:
		if p.covered(m.GetMarketId()) && p.books[m.GetMarketId()] == nil {
			p.bad = fmt.Sprintf("an update of market %d before its snapshot", m.GetMarketId())
			return
		}
		p.levels(m)
	}
}

func (p *paced) levels(q *msg.ContractQuotes) {
	for side, list := range [][]msg.Quote{q.GetBids(), q.GetOffers()} {
		for i := range list {
			key := [3]uint32{q.GetContractId(), uint32(side), list[i].GetPrice()}
			if n := list[i].GetQuantity(); n == 0 {
				delete(p.books[q.GetMarketId()], key)
			} else {
				p.books[q.GetMarketId()][key] = n
			}
		}
	}
}

// Whatever a login subscribes to and unsubscribes from, and whenever there is room: a market that it follows
// reads as the market is.
func TestPacedSnapshotsAreConsistent(t *testing.T) {
	const markets = 12
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 8))
		c := Config{Accounts: []Account{{Username: "a", Balance: 1e15}, {Username: "b", Balance: 1e15}}}
		for id := uint32(1); id <= markets; id++ {
			c.Markets = append(c.Markets, Market{ID: id, Contracts: []Contract{{ID: 1}}})
		}
		x, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		feed, subscribed := false, map[uint32]bool{}
		p := &paced{books: map[uint32]map[[3]uint32]uint64{}}
		p.covered = func(m uint32) bool { return feed || subscribed[m] }
		l := x.Login("b", p)
		// A market that is not followed any more is not known any more.
		forget := func() {
			for id := range p.books {
				if !p.covered(id) {
					delete(p.books, id)
				}
			}
		}
		for range 300 {
			m := 1 + r.Uint32N(markets)
			switch k := r.IntN(20); {
			case k < 10:
				x.Submit("a", Create{
					Market: m, Contract: 1, Side: msg.SideBuy, Price: 100 + r.Uint32N(5), Quantity: 1000 + r.Uint64N(9),
				})
			case k < 12:
				x.internalLogin("a").CancelAll(&CancelAll{Market: m})
			case k < 14:
				subscribed[m] = true
				l.Subscribe(m)
			case k < 16:
				delete(subscribed, m)
				l.Unsubscribe(m)
				forget()
			case k < 17:
				if r.IntN(4) == 0 {
					feed = !feed
					l.PriceFeed(feed)
					forget()
				}
			default:
				p.room = r.IntN(8)
				l.SendSnapshots()
				if r.IntN(2) == 0 {
					p.room = 0
				}
			}
			if len(l.pendingSnapshots) > markets {
				t.Fatalf("seed %d: %d snapshots are owed of %d markets", seed, len(l.pendingSnapshots), markets)
			}
			if p.bad != "" {
				t.Fatalf("seed %d: %s", seed, p.bad)
			}
		}
		p.room = math.MaxInt
		l.SendSnapshots()
		if l.HasPendingSnapshots() {
			t.Fatalf("seed %d: behind though there was room", seed)
		}
		for id := uint32(1); id <= markets; id++ {
			if !p.covered(id) {
				continue
			}
			want := map[[3]uint32]uint64{}
			bids, _ := x.Book(id, 1)
			for _, l := range bids {
				want[[3]uint32{1, 0, l.Price}] = l.Quantity
			}
			if got := p.books[id]; got == nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("seed %d: of market %d was read %v, it is %v", seed, id, got, want)
			}
		}
	}
}

// sizes is a sink that sums the sizes of messages.
type sizes struct{ n, room int }

func (s *sizes) Report(*Report, bool) {}
func (s *sizes) Publish(m Message)    { s.n += m.SizeVT() + 40 } // and the envelope and the frame
func (s *sizes) Room(n int) bool      { s.room += n; return true }

// A snapshot of the largest numbers is not larger than the room that it requests.
func TestSnapshotSizesAreBounded(t *testing.T) {
	c := Config{
		Depth: depthMax, QuantityMax: quantityMaxMax, OrdersMax: 1 << 14,
		Accounts: []Account{{Username: "a", Balance: 1 << 60}, {Username: "b", Balance: 1 << 60}},
		Markets:  []Market{{ID: math.MaxUint32, State: msg.MarketStateOpen, PendingTimeout: 1, NonRunners: true}},
		Now:      1 << 62,
	}
	for i := range uint32(20) {
		c.Markets[0].Contracts = append(c.Markets[0].Contracts, Contract{ID: math.MaxUint32 - i})
	}
	x, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, ct := range c.Markets[0].Contracts {
		for i := range uint32(depthMax) {
			for _, o := range []Create{
				{Side: msg.SideBuy, Price: 5000 - i, Quantity: quantityMaxMax / 10000},
				{Side: msg.SideSell, Price: 9999 - i, Quantity: quantityMaxMax / 10000},
			} {
				o.Market, o.Contract = math.MaxUint32, ct.ID
				if _, r := x.Submit("a", o); !r.OK() {
					t.Fatal(r)
				}
			}
		}
		x.Submit("b", Create{
			Market: math.MaxUint32, Contract: ct.ID, Side: msg.SideBuy, Price: 9999 - depthMax + 1, Quantity: 1000,
		})
		for _, cc := range x.markets[0].contracts {
			cc.reduceType, cc.reduceFactor = msg.ReduceTypePrice, 9999
			for side := range cc.shown {
				for i := range cc.shown[side] {
					cc.shown[side][i].quantity = math.MaxUint64 >> 1
				}
			}
		}
	}
	for name, f := range map[string]func(*Login){
		"subscription": func(l *Login) { l.Subscribe(math.MaxUint32) },
		"price feed":   func(l *Login) { l.PriceFeed(true) },
		"market feed":  func(l *Login) { l.MarketFeed(true) },
	} {
		var sink sizes
		f(x.Login("b", &sink))
		if sink.n == 0 || sink.n > sink.room || sink.n < sink.room/3 {
			t.Errorf("%s: %d bytes, room was asked for %d", name, sink.n, sink.room)
		}
	}
}

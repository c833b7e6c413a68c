package sim

import (
	"math/rand/v2"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

const manyMarkets = 5000

// manyConfig has so many markets that their snapshots do not fit at once.
func manyConfig() Config {
	c := testConfig()
	c.Markets = nil
	for i := range uint32(manyMarkets) {
		m := Market{ID: 1000 + i, State: msg.MarketStateLive, Contracts: []Contract{{ID: 1}, {ID: 2}}}
		c.Markets = append(c.Markets, m)
	}
	return c
}

// quotesOf is a market as a reader of its quotes knows it: quantities by contract, side and price.
type quotesOf map[[3]uint32]uint64

// reader follows quotes and states. It fails the test if an update arrives before its snapshot.
type reader struct {
	t         *testing.T
	books     map[uint32]quotesOf
	snapshots map[uint32]int
	states    map[uint32]msg.MarketStateType
	managed   int
}

func newReader(t *testing.T) *reader {
	return &reader{t, map[uint32]quotesOf{}, map[uint32]int{}, map[uint32]msg.MarketStateType{}, 0}
}

func (r *reader) levels(q *msg.ContractQuotes) {
	book := r.books[q.GetMarketId()]
	for side, list := range [][]msg.Quote{q.GetBids(), q.GetOffers()} {
		for i := range list {
			key := [3]uint32{q.GetContractId(), uint32(side), list[i].GetPrice()}
			if book[key] = list[i].GetQuantity(); book[key] == 0 {
				delete(book, key)
			}
		}
	}
}

func (r *reader) apply(m *msg.Payload) {
	switch m.GetType() {
	case msg.PayloadMarketQuotes:
		b := m.GetMarketQuotes()
		r.snapshots[b.GetMarketId()]++
		r.books[b.GetMarketId()] = quotesOf{}
		for i := range b.GetContractQuotes() {
			r.levels(&b.GetContractQuotes()[i])
		}
	case msg.PayloadContractQuotes:
		q := m.GetContractQuotes()
		if r.books[q.GetMarketId()] == nil {
			r.t.Fatalf("an update of market %d before its snapshot", q.GetMarketId())
		}
		r.levels(q)
	case msg.PayloadMarketState:
		r.states[m.GetMarketState().GetMarketId()] = m.GetMarketState().GetState()
	case msg.PayloadMarketManagedState:
		r.managed++
	}
}

// check compares what was read with the books, all of whose levels are visible.
func (r *reader) check(x *exchange.Exchange, markets []Market) {
	r.t.Helper()
	for _, m := range markets {
		want := quotesOf{}
		for _, c := range m.Contracts {
			bids, offers := x.Book(m.ID, c.ID)
			for side, list := range [][]exchange.Level{bids, offers} {
				for _, l := range list {
					want[[3]uint32{c.ID, uint32(side), l.Price}] = l.Quantity
				}
			}
		}
		got := r.books[m.ID]
		if got == nil || len(got) != len(want) {
			r.t.Fatalf("of market %d %d levels were read, it has %d", m.ID, len(got), len(want))
		}
		for key, quantity := range want {
			if got[key] != quantity {
				r.t.Fatalf("of market %d level %v was read with %d, it has %d", m.ID, key, got[key], quantity)
			}
		}
	}
}

// some reads some of what is pending.
func (c *client) some(n int, r *reader) {
	c.t.Helper()
	b := c.conn.Pending()
	n = min(n, len(b))
	c.raw = append(c.raw, b[:n]...)
	c.conn.Written(n)
	for m := c.parse(); m != nil; m = c.parse() {
		r.apply(m)
	}
}

// A feed larger than the ring is sent as the client reads, and stays consistent while the markets change:
// each market's snapshot arrives once and before its updates.
func TestFeedOfManyMarkets(t *testing.T) {
	for name, subscribe := range map[string]func(*client){
		"price feed": func(c *client) { c.send(func(m *msg.Payload) { m.MutablePriceFeedSubscribe() }) },
		"subscriptions": func(c *client) {
			for i := range uint32(manyMarkets) {
				c.subscribe(1000 + i)
			}
		},
		"both": func(c *client) {
			c.send(func(m *msg.Payload) { m.MutablePriceFeedSubscribe() })
			for i := range uint32(manyMarkets) {
				c.subscribe(1000 + i)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			config := manyConfig()
			h := newHarness(t, config)
			c := h.login()
			r, random := newReader(t), rand.New(rand.NewPCG(1, 1))
			move := func() {
				for range 20 {
					o := createRequest(buy, 1000+random.Uint64N(1000), 1000+random.Uint32N(3))
					o.Market, o.Contract = 1000+random.Uint32N(manyMarkets), 1+random.Uint32N(2)
					if random.IntN(2) == 0 {
						o.Side, o.Price = sell, 5000+random.Uint32N(3)
					}
					h.sim.Exchange.Submit("rival", o)
				}
			}
			move()
			subscribe(c)
			for range 600 {
				move()
				c.some(5000, r)
			}
			for len(c.conn.Pending()) > 0 {
				c.some(1<<20, r)
			}
			if c.conn.Closing() {
				t.Fatalf("closed for %v", c.conn.Err())
			}
			r.check(h.sim.Exchange, config.Markets)
			want := 1
			if name == "both" {
				want = 2
			}
			for _, m := range config.Markets {
				if r.snapshots[m.ID] != want {
					t.Fatalf("%d snapshots of market %d, want %d", r.snapshots[m.ID], m.ID, want)
				}
			}
			move()
			c.some(1<<20, r)
			r.check(h.sim.Exchange, config.Markets)
		})
	}
}

// A feed never takes more than half of what may be unsent.
func TestFeedLeavesRoom(t *testing.T) {
	h := newHarness(t, manyConfig())
	c := h.login()
	c.send(func(m *msg.Payload) { m.MutablePriceFeedSubscribe() })
	c.send(func(m *msg.Payload) { m.MutableMarketFeedSubscribe() })
	for range 2000 {
		c.ping()
	}
	if c.conn.Closing() {
		t.Errorf("closed for %v", c.conn.Err())
	}
}

// The market feed sends the state of every market, and later changes.
func TestMarketFeedOfManyMarkets(t *testing.T) {
	config := manyConfig()
	h := newHarness(t, config)
	c := h.login()
	r := newReader(t)
	c.send(func(m *msg.Payload) { m.MutableMarketFeedSubscribe() })
	do(t, h.sim.Exchange.Halt(1000, ""))
	do(t, h.sim.Exchange.Halt(1000+manyMarkets-1, ""))
	for len(c.conn.Pending()) > 0 {
		c.some(5000, r)
	}
	do(t, h.sim.Exchange.Halt(2000, ""))
	c.some(1<<20, r)
	if c.conn.Closing() || len(r.states) != manyMarkets || r.managed != manyMarkets {
		t.Errorf("closed for %v, %d states and %d managed states", c.conn.Err(), len(r.states), r.managed)
	}
	for id, state := range r.states {
		if halted := id == 1000 || id == 2000 || id == 1000+manyMarkets-1; halted != (state == msg.MarketStateHalted) {
			t.Errorf("market %d is %v", id, state)
		}
	}
}

// A feed continues in a resumed session and ends with its unsubscription.
func TestFeedAcrossAResume(t *testing.T) {
	config := manyConfig()
	h := newHarness(t, config)
	c, session := h.sessionOf()
	c.send(func(m *msg.Payload) { m.MutablePriceFeedSubscribe() })
	r := newReader(t)
	for len(r.books) < manyMarkets/2 { // so that the rest can be replayed
		c.some(1000, r)
	}
	next := c.seq + 1
	c.conn.Disconnected(h.sim.Now())
	for _, id := range []uint32{1000, 1000 + manyMarkets - 1} {
		h.sim.Exchange.Submit("rival", exchange.Create{Market: id, Contract: 1, Side: buy, Price: 1000, Quantity: 1000})
	}
	c = h.connect()
	c.resume(session, 3)
	c.receiveAll()
	c.replay(next)
	for m := c.next(); m != nil; m = c.next() {
		if m.GetEtoPayload().GetSeq() == next {
			next++
			r.apply(m)
		}
	}
	r.check(h.sim.Exchange, config.Markets)

	c.send(func(m *msg.Payload) { m.MutablePriceFeedUnsubscribe() })
	c.send(func(m *msg.Payload) { m.MutablePriceFeedSubscribe() })
	c.send(func(m *msg.Payload) { m.MutablePriceFeedUnsubscribe() })
	n := 0
	for m := c.next(); m != nil; m = c.next() {
		n++
	}
	if n == 0 || n > manyMarkets {
		t.Errorf("%d snapshots of a feed that was ended at once", n)
	}
}

// Large snapshots take half of the bytes that may be unsent. One larger than that is sent when nothing else
// is unsent.
func TestLargeSnapshots(t *testing.T) {
	for name, contracts := range map[string]uint32{"more than a half": 64, "a tenth": 8} {
		t.Run(name, func(t *testing.T) {
			config := testConfig()
			config.Limits.OutBytes, config.Limits.History = 1<<14, 1
			config.Accounts[1].Balance = 1 << 60
			config.Markets = nil
			for i := range uint32(20) {
				m := Market{ID: 1000 + i, State: msg.MarketStateLive}
				for j := range contracts {
					m.Contracts = append(m.Contracts, Contract{ID: 1<<30 + j})
				}
				config.Markets = append(config.Markets, m)
			}
			h := newHarness(t, config)
			for _, m := range config.Markets {
				for _, ct := range m.Contracts {
					for price := range uint32(10) {
						o := createRequest(buy, 1_000_000, 1000+price)
						o.Market, o.Contract = m.ID, ct.ID
						if price >= 5 {
							o.Side, o.Price = sell, 5000+price
						}
						h.sim.Exchange.Submit("rival", o)
					}
				}
			}
			c := h.login()
			c.send(func(m *msg.Payload) { m.MutablePriceFeedSubscribe() })
			unread := len(c.conn.Pending())
			if contracts == 8 && (unread > 1<<13 || unread < 1<<12) {
				t.Errorf("%d bytes are unsent", unread)
			}
			r := newReader(t)
			for len(c.conn.Pending()) > 0 {
				c.some(1000, r)
			}
			if c.conn.Closing() {
				t.Fatalf("closed for %v", c.conn.Err())
			}
			r.check(h.sim.Exchange, config.Markets)
		})
	}
}

package book_test

import (
	"encoding/binary"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

var twinConfig = book.Config{Markets: 4, Contracts: 10, Orders: 8, Depth: 3, DepthMax: 6}

// pair are books and their twin, given the same.
type pair struct {
	t      testing.TB
	b      *book.Books
	twin   *twin
	now    int64
	log    [12]note // the last operations
	nextID uint64
}

func newPair(t testing.TB) *pair {
	b, err := book.New(twinConfig)
	if err != nil {
		t.Fatal(err)
	}
	return &pair{t: t, b: b, twin: newTwin(twinConfig)}
}

// source is where choices come from: at random, or from the bytes of a fuzz target.
type source interface {
	// below returns a number below n, which is not 0.
	below(n uint64) uint64
}

type randomSource struct{ *rand.Rand }

func (r randomSource) below(n uint64) uint64 { return r.Uint64N(n) }

type byteSource struct{ rest []byte }

func (s *byteSource) below(n uint64) uint64 {
	var b [8]byte
	size := 1
	if n > 256 {
		size = 8
	}
	k := copy(b[:size], s.rest)
	s.rest = s.rest[k:]
	return binary.LittleEndian.Uint64(b[:]) % n
}

// quotes adds random levels, now and then such as no exchange sends.
func quotes(s source, add func() *msg.Quote) {
	n := s.below(4)
	if s.below(40) == 0 {
		n = s.below(16)
	}
	for range n {
		q := add()
		price, quantity := 4990+uint32(s.below(20)), s.below(4)*1000
		if s.below(8) == 0 {
			quantity = s.below(2_000_000_000_000_000)
		}
		switch s.below(400) {
		case 0:
			price = uint32(s.below(3)) * 5000
		case 1:
			price = uint32(s.below(1 << 32))
		case 2:
			quantity = 1<<63 + s.below(1<<63)
		case 3: // nothing is said
			continue
		}
		q.SetPrice(price)
		q.SetQuantity(quantity)
	}
}

// contractQuotes makes a random message.
func contractQuotes(s source, q *msg.ContractQuotes) {
	quotes(s, q.AddBids)
	quotes(s, q.AddOffers)
	if s.below(4) == 0 {
		for range s.below(3) {
			execution(s, q.AddExecutions())
		}
	}
	if s.below(8) == 0 {
		q.SetHighPrice(uint32(5000 + s.below(20)))
	}
	if s.below(8) == 0 {
		q.SetLowPrice(uint32(4990 + s.below(20)))
	}
	if s.below(300) == 0 {
		q.SetLowPrice(uint32(s.below(20_000)))
	}
}

func execution(s source, e *msg.Execution) {
	e.SetPrice(uint32(4990 + s.below(20)))
	if s.below(300) == 0 {
		e.SetPrice(uint32(s.below(20_000)))
	}
	e.SetQuantity(s.below(5000))
	if s.below(100) == 0 {
		e.SetQuantity(s.below(1 << 63))
	}
	e.SetLiquidity(msg.Side(s.below(4)))
	e.SetMicroseconds(s.below(1000))
}

// step does one random thing to both and compares.
func (p *pair) step(s source) {
	p.now++
	market, contract := uint32(1+s.below(5)), uint32(1+s.below(4))
	if s.below(100) == 0 {
		market, contract = uint32(s.below(2)), uint32(s.below(2))
	}
	switch k := s.below(1000); {
	case k < 800:
		var q msg.ContractQuotes
		contractQuotes(s, &q)
		q.SetMarketId(market)
		q.SetContractId(contract)
		_, err := p.b.ApplyUpdate(&q, p.now)
		p.note("%v: %v", &q, err)
		p.twin.update(&q)
	case k < 860:
		p.snapshot(s, market)
	case k < 900:
		p.own(s, market, contract)
	case k < 930:
		err := p.b.Subscribed(market, p.now)
		p.note("subscribed %d: %v", market, err)
		p.twin.subscribed(market)
	case k < 940:
		p.b.Unsubscribed(market, p.now)
		p.note("unsubscribed %d", market)
		p.twin.unsubscribed(market)
	case k < 980:
		var m msg.MarketState
		m.SetMarketId(market)
		m.SetState(msg.MarketStateType(1 + s.below(40)))
		if s.below(2) == 0 {
			m.SetState(msg.MarketStateLive)
		}
		for range s.below(3) {
			c := m.AddContracts()
			c.SetContractId(uint32(s.below(5)))
			c.SetState(msg.ContractStateType(1 + s.below(20)))
		}
		err := p.b.ApplyState(&m, p.now)
		p.note("%v: %v", &m, err)
		p.twin.marketState(&m)
	default:
		p.connection(s)
	}
	p.compare(market, contract)
	if p.now%16 == 0 {
		p.compareAll()
	}
}

func (p *pair) snapshot(s source, market uint32) {
	var m msg.MarketQuotes
	m.SetMarketId(market)
	for range s.below(5) {
		q := m.AddContractQuotes()
		contractQuotes(s, q)
		q.SetContractId(uint32(1 + s.below(4)))
		switch s.below(100) {
		case 0:
			q.SetMarketId(market + 1)
		case 1:
			q.ClearContractId()
		case 2, 3, 4:
			execution(s, q.MutableLastExecution())
		}
	}
	if s.below(2) == 0 {
		m.SetExecutedVolume(s.below(1 << 50))
	}
	if s.below(10) == 0 {
		m.SetPriceType(msg.PricePercentOdds + msg.PriceType(s.below(20)/19))
		m.SetQuantityType(msg.QuantityPayoffCurrency + msg.QuantityType(s.below(20)/19))
	}
	err := p.b.ApplySnapshot(&m, p.now)
	p.note("%v: %v", &m, err)
	p.twin.snapshot(&m)
}

func (p *pair) connection(s source) {
	b, t := p.b, p.twin
	k := s.below(8)
	p.note("connection %d", k)
	switch k {
	case 0:
		b.Gap(p.now)
		t.causes |= book.Gap
	case 1:
		b.Recovered(true, p.now)
		t.causes &^= book.Gap
	case 2:
		b.Recovered(false, p.now)
		t.rebase(t.causes&^book.Gap, book.Invalid)
	case 3:
		b.Disconnected(p.now)
		t.causes |= book.Reconnect
	case 4, 5:
		b.Connected(true, p.now)
		t.causes = 0
	case 6:
		b.Connected(false, p.now)
		t.rebase(0, book.Reconnect)
	case 7:
		on := s.below(2) == 0
		b.PriceFeed(on, p.now)
		t.priceFeed(on)
	}
}

func (p *pair) own(s source, market, contract uint32) {
	t := p.twin
	if len(t.own) > 0 && s.below(2) == 0 {
		id := p.nextID - s.below(12)
		o, live := t.own[id]
		if s.below(2) == 0 {
			o.Open = odds.Quantity(s.below(4000))
			if err := p.b.OwnChanged(id, o.Open); (err == nil) != live {
				p.t.Fatal(id, live, err)
			}
			if live {
				t.own[id] = o
			}
			return
		}
		if err := p.b.OwnRemoved(id); (err == nil) != live {
			p.t.Fatal(id, live, err)
		}
		delete(t.own, id)
		t.tidy()
		return
	}
	p.nextID++
	o := book.Own{
		ID: p.nextID, Market: market, Contract: contract, Side: odds.Side(1 + s.below(2)),
		Price: odds.Price(4990 + s.below(20)), Open: odds.Quantity(s.below(4000)), Pending: s.below(2) == 0,
	}
	err := p.b.OwnAdded(o)
	p.note("%+v: %v", o, err)
	ok := false
	if len(t.own) < twinConfig.Orders {
		if m := t.market(market); m != nil && t.contract(m, contract) != nil {
			t.own[o.ID], ok = o, true
		}
	}
	t.tidy()
	if ok != (err == nil) {
		p.fail("own order taken: %v", ok)
	}
}

// note is a line about an operation that is formatted if it is needed.
type note struct {
	format string
	args   []any
}

func (p *pair) note(format string, args ...any) {
	p.log[p.now%int64(len(p.log))] = note{format, args}
}

func (p *pair) fail(format string, args ...any) {
	p.t.Helper()
	for k := range p.log {
		n := p.log[(int(p.now)+1+k)%len(p.log)]
		p.t.Logf(n.format, n.args...)
	}
	p.t.Fatalf("operation %d: "+format, append([]any{p.now}, args...)...)
}

func (p *pair) compareAll() {
	for market := uint32(0); market <= 5; market++ {
		for contract := uint32(0); contract <= 5; contract++ {
			p.compare(market, contract)
		}
	}
	if p.b.Stats().Dropped > 0 {
		p.fail("events had no room")
	}
}

// compare compares a contract.
func (p *pair) compare(market, contract uint32) {
	c, ok := p.b.Contract(market, contract)
	m := p.twin.markets[market]
	if ok != (m != nil) {
		p.fail("market %d is there: %v, want %v", market, ok, m != nil)
	}
	if p.b.Depth() != p.twin.depth {
		p.fail("depth %d, want %d", p.b.Depth(), p.twin.depth)
	}
	touch, there := p.b.Touch(market, contract)
	if there != ok {
		p.fail("market %d has a touch: %v", market, there)
	}
	if !ok {
		return
	}
	state, causes := c.State()
	bid, _ := c.WithoutOwn().Best(odds.Buy)
	offer, _ := c.WithoutOwn().Best(odds.Sell)
	if want := (book.Touch{State: state, Bid: bid.Price, Offer: offer.Price, Updated: c.Updated()}); touch != want {
		p.fail("contract %d of %d has the touch %+v, want %+v", contract, market, touch, want)
	}
	wantState, wantCauses := p.twin.stateOf(market, contract)
	if state != wantState || causes != wantCauses {
		p.fail("contract %d of %d is %v (%v), want %v (%v)", contract, market, state, causes, wantState, wantCauses)
	}
	view, _ := p.b.Market(market)
	if view.Volume() != m.volume || view.ExchangeState() != m.state {
		p.fail("market %d: %v %v, want %v %v", market, view.Volume(), view.ExchangeState(), m.volume, m.state)
	}
	if ct := m.contracts[contract]; ct != nil {
		last, _ := c.Last()
		if last.Price != ct.last || c.High() != ct.high || c.Low() != ct.low || c.Traded() != ct.traded {
			p.fail("trades %v %v %v %v, want %+v", last, c.High(), c.Low(), c.Traded(), ct)
		}
	}
	for _, c := range []book.Contract{c, c.WithoutOwn()} {
		p.compareLevels(c, c != c.WithoutOwn())
	}
}

func (p *pair) compareLevels(c book.Contract, withOwn bool) {
	var want [2][]book.Level
	for side, s := range []odds.Side{odds.Buy, odds.Sell} {
		list := p.twin.side(c.Market(), c.ID(), side, !withOwn)
		want[side] = list
		got := c.Levels([]book.Level{}, s)
		best, ok := c.Best(s)
		if !slices.Equal(got, list) || c.Depth(s) != len(list) || ok != (len(list) > 0) || ok && best != list[0] {
			p.fail("contract %d of %d, %v side, own included %v: %v, best %v, want %v",
				c.ID(), c.Market(), s, withOwn, got, best, list)
		}
		var sum odds.Quantity
		for _, l := range list {
			sum = min(sum+l.Quantity, odds.QuantityMax)
			if c.At(s, l.Price) != l.Quantity || c.Within(s, l.Price) != sum {
				p.fail("at %v %v, within %v, want %v and %v", l.Price, c.At(s, l.Price), c.Within(s, l.Price),
					l.Quantity, sum)
			}
		}
		for _, quantity := range []odds.Quantity{0, 1500, odds.QuantityMax} {
			got, want := c.Take(s, quantity), take(list, quantity)
			if got != want {
				p.fail("taking %v: %+v, want %+v", quantity, got, want)
			}
			if want.Quantity > 0 && got.Average() != floorTimes(big.NewInt(int64(want.Stake)),
				big.NewInt(int64(want.Quantity))) {
				p.fail("average of %+v is %v", got, got.Average())
			}
		}
	}
	got, ok := c.Micro()
	mid, okMid := c.Mid()
	if price, ok := c.MidPrice(); ok != okMid || int64(price) != (mid+5000)/10_000 {
		p.fail("mid %d as a price is %d", mid, price)
	}
	if some := len(want[0]) > 0 && len(want[1]) > 0; ok != some || okMid != some {
		p.fail("micro price %v, mid %v, of %v", ok, okMid, want)
	} else if some {
		bid, offer := want[0][0], want[1][0]
		if got != micro(bid, offer) || mid != int64(bid.Price+offer.Price)*5000 {
			p.fail("micro price %v, mid %v, of %v", got, mid, want)
		}
	}
}

func TestBooksAgreeWithTheirTwin(t *testing.T) {
	const each = 10_000
	for seed := range uint64(operations / each) {
		p := newPair(t)
		s := randomSource{rand.New(rand.NewPCG(seed, 8))}
		for range each {
			p.step(s)
		}
	}
}

// FuzzBooks lets the fuzzer choose what comes.
func FuzzBooks(f *testing.F) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		b := make([]byte, 400)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p := newPair(t)
		for s := (&byteSource{b}); len(s.rest) > 0 && p.now < 1000; {
			p.step(s)
		}
		p.compareAll()
	})
}

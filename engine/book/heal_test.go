package book_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

const second int64 = 1_000_000_000

// script is books of one market, 1, with the contracts 1 and 2, and a clock.
type script struct {
	*testing.T
	b   *book.Books
	now int64
}

func newScript(t *testing.T, c book.Config) *script {
	b, err := book.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return &script{T: t, b: b, now: 1000 * second}
}

func (s *script) must(err error) {
	if err != nil {
		s.Helper()
		s.Fatal(err)
	}
}

func (s *script) subscribe() { s.must(s.b.Subscribed(1, s.now)) }

// snapshot applies one with a bid and an offer of contract 1; 0 leaves them out.
func (s *script) snapshot(bid, offer uint32) {
	var m msg.MarketQuotes
	m.SetMarketId(1)
	if bid+offer != 0 {
		c := m.AddContractQuotes()
		c.SetContractId(1)
		fillQuotes(c, bid, offer, 1000)
	}
	s.must(s.b.ApplySnapshot(&m, s.now))
}

func fillQuotes(c *msg.ContractQuotes, bid, offer uint32, quantity uint64) {
	if bid != 0 {
		setLevel(c.AddBids(), bid, quantity)
	}
	if offer != 0 {
		setLevel(c.AddOffers(), offer, quantity)
	}
}

func update(market, contract, bid, offer uint32, quantity uint64) *msg.ContractQuotes {
	q := new(msg.ContractQuotes)
	q.SetMarketId(market)
	q.SetContractId(contract)
	fillQuotes(q, bid, offer, quantity)
	return q
}

// update applies one to contract 1, which has to succeed.
func (s *script) update(bid, offer uint32, quantity uint64) {
	_, err := s.b.ApplyUpdate(update(1, 1, bid, offer, quantity), s.now)
	s.must(err)
}

// state expects a state of contract 1.
func (s *script) state(state book.State, causes book.Causes) {
	s.Helper()
	c, ok := s.b.Contract(1, 1)
	got, why := c.State()
	if !ok || got != state || why != causes || c.Live() != (state == book.Live) {
		s.Fatalf("%v (%v), want %v (%v)", got, why, state, causes)
	}
}

// advance lets time pass and expects events.
func (s *script) advance(d int64, want ...book.EventKind) []book.Event {
	s.Helper()
	s.now += d
	got := s.b.Advance(s.now)
	kinds := []book.EventKind{}
	for _, e := range got {
		kinds = append(kinds, e.Kind)
	}
	if !slices.Equal(kinds, append([]book.EventKind{}, want...)) {
		s.Fatalf("events %+v, want %v", got, want)
	}
	return got
}

func TestAwaitedSnapshotIsAskedForAgain(t *testing.T) {
	s := newScript(t, book.Config{Resubscriptions: 3})
	if _, ok := s.b.Contract(1, 1); ok || s.b.Due() != 1<<63-1 {
		t.Error("an unknown market is there, or something is due")
	}
	s.subscribe()
	s.state(book.Awaiting, 0)
	wait := 5 * second
	for attempt := range uint8(3) {
		if s.b.Due() != s.now+wait {
			t.Fatalf("due in %d, want %d", s.b.Due()-s.now, wait)
		}
		s.advance(wait - 1)
		e := s.advance(1, book.Resubscribe)[0]
		if e.Market != 1 || e.Attempt != attempt+1 || e.State != book.Awaiting {
			t.Fatalf("%+v", e)
		}
		s.subscribe() // as the engine does
		wait *= 2
	}
	s.advance(wait, book.GivenUp)
	s.advance(1000 * second)
	if s.b.Due() != 1<<63-1 {
		t.Error("something is due after giving up")
	}
	s.subscribe() // by the user
	s.advance(5*second, book.Resubscribe)
	s.snapshot(0, 0)
	s.state(book.Live, 0)
	s.advance(1000 * second)
	if s.b.Stats().Healed != 4 {
		t.Error(s.b.Stats())
	}
}

func TestCrossedBookIsHealed(t *testing.T) {
	s := newScript(t, book.Config{})
	s.subscribe()
	s.snapshot(4900, 5100)
	s.state(book.Live, 0)
	s.update(5100, 0, 1000) // locked
	s.state(book.Suspect, book.Crossed)
	if e := s.b.Events(); len(e) != 1 || e[0].Kind != book.ContractChanged || e[0].Causes != book.Crossed ||
		e[0].Contract != 1 {
		t.Fatalf("%+v", e)
	}
	s.advance(2*second - 1)
	s.update(5100, 0, 0)
	s.state(book.Live, 0)
	s.advance(2 * second) // it was not crossed for long enough
	s.update(5200, 0, 1000)
	s.advance(2*second-1, []book.EventKind{}...)
	e := s.advance(1, book.Resubscribe)[0]
	if e.Market != 1 || e.Attempt != 1 {
		t.Errorf("%+v", e)
	}
	s.subscribe()
	s.state(book.Suspect, book.Crossed)
	s.update(4800, 0, 1000) // in flight, of the old subscription
	s.snapshot(4900, 5100)
	s.state(book.Live, 0)
	s.advance(100 * second)

	// Crossed snapshots do not make it ask for ever.
	asked := 0
	s.update(5200, 0, 1000)
	for range 1000 {
		s.now += second / 2
		for _, e := range s.b.Advance(s.now) {
			if e.Kind == book.Resubscribe {
				asked++
				s.subscribe()
				s.snapshot(5000, 5000)
			}
		}
	}
	if asked != 6 {
		t.Errorf("asked %d times, want 6", asked)
	}
	s.state(book.Suspect, book.Crossed)
	// Once it is not crossed any more, and a minute has passed, it begins anew.
	s.update(5000, 0, 0)
	s.advance(100 * second)
	s.update(5000, 0, 1000)
	s.advance(2*second, book.Resubscribe)
}

func TestRefusedUpdateIsHealed(t *testing.T) {
	s := newScript(t, book.Config{DepthMax: 5})
	s.subscribe()
	s.snapshot(4900, 5100)
	for _, c := range []struct {
		q   *msg.ContractQuotes
		err error
	}{
		{update(1, 1, 0, 10_000, 1), book.ErrPrice},
		{update(1, 1, 4800, 0, 1<<50), book.ErrQuantity},
		{update(1, 1, 4800, 1<<31, 5), book.ErrPrice},
		{update(1, 0, 4800, 0, 5), book.ErrNoMarket},
	} {
		s.b.ApplyUpdate(c.q, s.now)
		if _, err := s.b.ApplyUpdate(c.q, s.now); err != c.err {
			t.Errorf("%v: %v, want %v", c.q, err, c.err)
		}
		s.state(book.Suspect, book.Invalid)
		contract, _ := s.b.Contract(1, 1)
		if contract.Depth(odds.Buy) != 1 || contract.Depth(odds.Sell) != 1 {
			t.Errorf("%v: something of it was applied", c.q)
		}
		s.advance(100*second, book.Resubscribe)
		s.subscribe()
		s.snapshot(4900, 5100)
		s.state(book.Live, 0)
	}
	zero := update(1, 1, 4800, 5200, 7)
	zero.AddBids()
	long := update(1, 1, 0, 0, 0)
	for k := range uint32(11) {
		setLevel(long.AddOffers(), 6000+k, 1)
	}
	deep := update(1, 1, 0, 0, 0)
	for k := range uint32(5) {
		setLevel(deep.AddBids(), 4800-k, 1)
	}
	high := update(1, 1, 4800, 5200, 7)
	high.SetHighPrice(0)
	executed := update(1, 1, 4800, 5200, 7)
	executed.AddExecutions().SetPrice(10_000)
	for _, c := range []struct {
		q   *msg.ContractQuotes
		err error
	}{
		{zero, book.ErrPrice},
		{long, book.ErrTooManyLevels},
		{deep, book.ErrTooManyLevels},
		{high, book.ErrPrice},
		{executed, book.ErrPrice},
	} {
		if _, err := s.b.ApplyUpdate(c.q, s.now); err != c.err {
			t.Errorf("%v: %v, want %v", c.q, err, c.err)
		}
		contract, _ := s.b.Contract(1, 1)
		if contract.Depth(odds.Buy) != 1 || contract.Depth(odds.Sell) != 1 || contract.High() != 0 {
			t.Errorf("%v: something of it was applied", c.q)
		}
		s.state(book.Suspect, book.Invalid)
		s.snapshot(4900, 5100)
	}
	if n := s.b.Stats().Invalid; n != 13 {
		t.Error(n)
	}
}

func TestOldBooksAreSuspect(t *testing.T) {
	s := newScript(t, book.Config{MaxAge: 10 * second})
	s.subscribe()
	s.snapshot(4900, 5100)
	s.advance(9 * second)
	s.update(4900, 0, 5)
	c, _ := s.b.Contract(1, 1)
	if c.Age(s.now+3) != 3 {
		t.Error(c.Age(s.now))
	}
	s.advance(9 * second)
	s.state(book.Live, 0)
	s.advance(1*second, book.MarketChanged, book.Resubscribe)
	s.state(book.Suspect, book.TooOld)
	s.subscribe()
	s.snapshot(4900, 5100)
	s.state(book.Live, 0)
}

func TestGapAndReconnect(t *testing.T) {
	s := newScript(t, book.Config{})
	s.subscribe()
	s.snapshot(4900, 5100)
	s.b.Gap(s.now)
	if e := s.b.Events(); len(e) != 1 || e[0].Kind != book.MarketChanged || e[0].Market != 0 ||
		e[0].State != book.Suspect {
		t.Errorf("%+v", e)
	}
	s.state(book.Suspect, book.Gap)
	s.b.Recovered(true, s.now)
	s.state(book.Live, 0)
	s.b.Gap(s.now)
	s.b.Disconnected(s.now)
	s.state(book.Suspect, book.Gap|book.Reconnect)
	s.advance(100 * second) // there is nobody to ask
	s.b.Connected(true, s.now)
	s.state(book.Live, 0) // the session went on
	s.update(4900, 0, 5)

	s.b.Disconnected(s.now)
	s.b.Connected(false, s.now)
	s.state(book.Suspect, book.Reconnect)
	if _, err := s.b.ApplyUpdate(update(1, 1, 4800, 0, 5), s.now); err != book.ErrNoSnapshot {
		t.Error("an update of the new session was applied to the old book:", err)
	}
	s.advance(5*second, book.Resubscribe)
	s.snapshot(4700, 0)
	s.state(book.Live, 0)
	c, _ := s.b.Contract(1, 1)
	if best, _ := c.Best(odds.Buy); best.Price != 4700 || c.Depth(odds.Sell) != 0 {
		t.Error(best)
	}

	s.b.Gap(s.now)
	s.b.Recovered(false, s.now) // something was filled
	s.state(book.Suspect, book.Invalid)
	s.snapshot(0, 0)
	s.state(book.Live, 0)
	if c.Depth(odds.Buy) != 0 {
		t.Error("a contract that the snapshot leaves out is not empty")
	}
	if c, ok := s.b.Contract(1, 77); !ok || !c.Live() || c.Depth(odds.Buy) != 0 {
		t.Error("a contract that nothing was ever said of is not empty, but", ok)
	}
}

func TestStatesOfTheExchange(t *testing.T) {
	s := newScript(t, book.Config{})
	s.subscribe()
	s.snapshot(4900, 5100)
	say := func(m msg.MarketStateType, contract msg.ContractStateType) {
		var st msg.MarketState
		st.SetMarketId(1)
		st.SetState(m)
		if contract != 0 {
			c := st.AddContracts()
			c.SetContractId(1)
			c.SetState(contract)
		}
		s.must(s.b.ApplyState(&st, s.now))
	}
	say(msg.MarketStateHalted, 0)
	s.state(book.Suspect, book.Halt)
	s.update(4800, 0, 5)
	say(msg.MarketStateLive, 0)
	s.state(book.Live, 0)
	say(msg.MarketStateLive, msg.ContractStateHalted)
	s.state(book.Suspect, book.Halt)
	say(msg.MarketStateLive, msg.ContractStateReduced)
	s.state(book.Live, 0)
	c, _ := s.b.Contract(1, 1)
	if c.ExchangeState() != msg.ContractStateReduced {
		t.Error(c.ExchangeState())
	}
	say(msg.MarketStateLive, msg.ContractStateVoided)
	if e := s.b.Events(); len(e) != 1 || e[0].Kind != book.ContractChanged || e[0].State != book.Empty {
		t.Errorf("the end of a contract makes the events %+v", e)
	}
	s.state(book.Empty, 0)
	if _, err := s.b.ApplyUpdate(update(1, 1, 4800, 0, 0), s.now); err != book.ErrClosed || c.Depth(odds.Buy) != 0 {
		t.Error(err, c.Depth(odds.Buy))
	}
	say(msg.MarketStateSettled, 0)
	s.state(book.Empty, 0)
	s.advance(1000 * second)
	if _, err := s.b.ApplyUpdate(update(1, 2, 4800, 0, 0), s.now); err != book.ErrClosed {
		t.Error(err)
	}
}

func TestUnsubscribedMarketIsForgotten(t *testing.T) {
	s := newScript(t, book.Config{Markets: 2, Contracts: 3})
	var full *book.LimitError
	for round := range uint32(100) {
		for m := round*2 + 1; m <= round*2+2; m++ {
			s.must(s.b.Subscribed(m, s.now))
			var q msg.MarketQuotes
			q.SetMarketId(m)
			s.must(s.b.ApplySnapshot(&q, s.now))
		}
		if err := s.b.Subscribed(9999, s.now); !errors.As(err, &full) || full.Field != "Markets" || full.Limit != 2 {
			t.Fatal(err)
		}
		m := round*2 + 1
		for ct := uint32(1); ct <= 3; ct++ {
			_, err := s.b.ApplyUpdate(update(m, ct, 4900, 5100, 5), s.now)
			s.must(err)
		}
		if _, err := s.b.ApplyUpdate(update(m+1, 4, 4900, 5100, 5), s.now); !errors.As(err, &full) ||
			full.Field != "Contracts" {
			t.Fatal(err)
		}
		c, _ := s.b.Contract(m+1, 4)
		if state, causes := c.State(); state != book.Suspect || causes != book.Full {
			t.Fatal("a market that is not whole is", state, causes)
		}
		s.b.Unsubscribed(m, s.now)
		s.b.Unsubscribed(m+1, s.now)
		if _, err := s.b.ApplyUpdate(update(m, 1, 4900, 5100, 5), s.now); err != book.ErrUnknownMarket {
			t.Fatal("in flight:", err)
		}
		if _, ok := s.b.Market(m); ok {
			t.Fatal("it is still there")
		}
	}
}

// The worked example of the protocol's window rule.
func TestWorkedExampleOfTheWindow(t *testing.T) {
	s := newScript(t, book.Config{})
	s.subscribe()
	var m msg.MarketQuotes
	m.SetMarketId(1)
	c := m.AddContractQuotes()
	c.SetContractId(1)
	for _, p := range []uint32{4500, 4600, 4900, 4700, 4800} {
		setLevel(c.AddBids(), p, 100_000)
	}
	s.must(s.b.ApplySnapshot(&m, s.now))
	bids := func(want ...book.Level) {
		t.Helper()
		c, _ := s.b.Contract(1, 1)
		if got := c.Levels(nil, odds.Buy); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
	s.update(5000, 0, 100_000)
	bids(book.Level{Price: 5000, Quantity: 100_000}, book.Level{Price: 4900, Quantity: 100_000}, book.Level{
		Price:    4800,
		Quantity: 100_000,
	},
		book.Level{Price: 4700, Quantity: 100_000}, book.Level{Price: 4600, Quantity: 100_000})
	q := update(1, 1, 0, 5000, 300_000)
	setLevel(q.AddBids(), 4500, 400_000)
	setLevel(q.AddBids(), 5000, 0)
	e := q.AddExecutions()
	e.SetPrice(5000)
	e.SetQuantity(100_000)
	e.SetLiquidity(msg.SideBuy)
	e.SetMicroseconds(7)
	contract, err := s.b.ApplyUpdate(q, s.now)
	s.must(err)
	bids(book.Level{Price: 4900, Quantity: 100_000}, book.Level{Price: 4800, Quantity: 100_000}, book.Level{
		Price:    4700,
		Quantity: 100_000,
	},
		book.Level{Price: 4600, Quantity: 100_000}, book.Level{Price: 4500, Quantity: 400_000})
	last, _ := contract.Last()
	if last != (book.Last{Price: 5000, Quantity: 100_000, Side: odds.Buy, Microseconds: 7}) ||
		contract.High() != 5000 || contract.Low() != 5000 {
		t.Errorf("%+v %v %v", last, contract.High(), contract.Low())
	}
	q = update(1, 1, 0, 0, 0)
	setLevel(q.AddBids(), 4800, 0)
	setLevel(q.AddBids(), 4000, 30_000)
	_, err = s.b.ApplyUpdate(q, s.now)
	s.must(err)
	bids(book.Level{Price: 4900, Quantity: 100_000}, book.Level{Price: 4700, Quantity: 100_000}, book.Level{
		Price:    4600,
		Quantity: 100_000,
	},
		book.Level{Price: 4500, Quantity: 400_000}, book.Level{Price: 4000, Quantity: 30_000})
	if s.b.Depth() != 5 {
		t.Error(s.b.Depth())
	}
}

func TestPricesOfAMarket(t *testing.T) {
	s := newScript(t, book.Config{})
	s.subscribe()
	s.snapshot(4900, 5100)
	m, _ := s.b.Market(1)
	if over, ok := m.Overround(odds.Sell); !ok || over != -4900 {
		t.Error(over, ok)
	}
	_, err := s.b.ApplyUpdate(update(1, 2, 4800, 0, 5), s.now)
	s.must(err)
	if over, ok := m.Overround(odds.Sell); ok {
		t.Error("a market without an offer of contract 2 has an overround of", over)
	}
	_, err = s.b.ApplyUpdate(update(1, 2, 0, 5200, 5), s.now)
	s.must(err)
	for side, want := range map[odds.Side]int64{odds.Sell: 300, odds.Buy: -300} {
		if over, ok := m.Overround(side); !ok || over != want {
			t.Error(side, over, ok)
		}
	}
	_, err = s.b.ApplyUpdate(update(1, 2, 4800, 5200, 0), s.now)
	s.must(err)
	_, err = s.b.ApplyUpdate(update(1, 2, 2000, 3000, 5), s.now)
	s.must(err)
	if p, ok := m.Probability(1); !ok || p != 666_666 {
		t.Error(p, ok)
	}
	if p, ok := m.Probability(2); !ok || p != 333_333 {
		t.Error(p, ok)
	}
	if _, ok := m.Probability(3); ok {
		t.Error("a contract that is not there has a probability")
	}
	n := 0
	for c := range m.Contracts() {
		n += int(c.ID())
	}
	if state, _ := m.State(); n != 3 || m.ID() != 1 || state != book.Live || m.Since() != s.now ||
		m.Updated() != s.now {
		t.Error(n, m.ID(), state)
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{book.Suspect.String(), "suspect"},
		{book.State(9).String(), "unknown state"},
		{(book.Gap | book.Halt).String(), "gap, halt"},
		{book.Causes(0).String(), "none"},
		{book.Causes(1 << 15).String(), "unknown cause"},
		{book.Resubscribe.String(), "resubscribe"},
		{book.DepthRaised.String(), "depth raised"},
		{book.EventKind(99).String(), "unknown kind"},
		{book.ErrClosed.Error(), "book: market or contract is closed"},
		{book.ErrDuplicateOrder.Error(), "book: own order exists"},
		{book.Error(99).Error(), "book: unknown error"},
		{(&book.LimitError{Field: "Orders", Limit: 3}).Error(), "book: full: Config.Orders is 3"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	for field, c := range map[string]book.Config{
		"Markets":         {Markets: -1},
		"Contracts":       {Contracts: 1 << 21},
		"Orders":          {Orders: 1<<23 + 1},
		"Depth":           {Depth: 7, DepthMax: 6},
		"DepthMax":        {DepthMax: 129},
		"Resubscriptions": {Resubscriptions: 17},
		"SnapshotTimeout": {SnapshotTimeout: -1},
		"CrossedTimeout":  {CrossedTimeout: 3601 * second},
		"MaxAge":          {MaxAge: -5},
	} {
		_, err := book.New(c)
		var bad *book.ConfigError
		if !errors.As(err, &bad) || bad.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	b, err := book.New(book.Config{Depth: 40})
	if err != nil || b.Depth() != 40 {
		t.Error(err)
	}
}

// What a bot keeps of a contract shows that contract, or nothing.
func TestHandlesOutliveSlots(t *testing.T) {
	s := newScript(t, book.Config{Markets: 1, Contracts: 1})
	s.subscribe()
	s.snapshot(0, 0)
	early, _ := s.b.Contract(1, 1)
	if early.Updated() != s.now {
		t.Error(early.Updated())
	}
	s.update(4900, 5100, 7)
	market, _ := s.b.Market(1)
	if best, ok := early.Best(odds.Buy); !ok || best.Price != 4900 {
		t.Error("a handle from before the first update does not see it")
	}
	if c, ok := s.b.Contract(1, 1); !ok || c.Updated() != s.now {
		t.Error(c.Updated())
	}
	s.b.Unsubscribed(1, s.now)
	s.must(s.b.Subscribed(2, s.now))
	var m msg.MarketQuotes
	m.SetMarketId(2)
	m.SetExecutedVolume(5)
	s.must(s.b.ApplySnapshot(&m, s.now))
	_, err := s.b.ApplyUpdate(update(2, 1, 4000, 6000, 7), s.now)
	s.must(err)
	if best, ok := early.Best(odds.Buy); ok {
		t.Error("a handle of a market that was forgotten shows another one's", best)
	}
	if state, _ := early.State(); state != book.Empty || early.Market() != 1 || early.Depth(odds.Sell) != 0 {
		t.Error(state)
	}
	if state, _ := market.State(); state != book.Empty || market.Volume() != 0 {
		t.Error(state)
	}
	for range market.Contracts() {
		t.Error("it has a contract")
	}
}

// A market of the price feed is kept until the feed ends, and a message of one that is settled is ignored.
func TestPriceFeed(t *testing.T) {
	s := newScript(t, book.Config{Markets: 1})
	var m msg.MarketQuotes
	m.SetMarketId(1)
	if err := s.b.ApplySnapshot(&m, s.now); err != book.ErrUnknownMarket {
		t.Error(err)
	}
	s.b.PriceFeed(true, s.now)
	s.snapshot(4900, 5100)
	s.state(book.Live, 0)
	m.SetMarketId(2)
	var full *book.LimitError
	if err := s.b.ApplySnapshot(&m, s.now); !errors.As(err, &full) {
		t.Error(err)
	}
	s.subscribe()
	s.snapshot(4900, 5100)
	s.b.Unsubscribed(1, s.now)
	s.state(book.Live, 0)
	var st msg.MarketState
	st.SetMarketId(1)
	st.SetState(msg.MarketStateVoided)
	s.must(s.b.ApplyState(&st, s.now))
	m.SetMarketId(1)
	if err := s.b.ApplySnapshot(&m, s.now); err != book.ErrClosed {
		t.Error(err)
	}
	s.b.PriceFeed(false, s.now)
	if _, ok := s.b.Market(1); ok {
		t.Error("the feed's market is still there")
	}
}

func TestApplyOfPayloads(t *testing.T) {
	s := newScript(t, book.Config{})
	s.subscribe()
	for _, c := range []struct {
		set  func(*msg.Payload)
		want error
	}{
		{func(p *msg.Payload) { p.SetType(msg.PayloadEto) }, nil},
		{func(p *msg.Payload) {
			p.SetType(msg.PayloadContractQuotes)
			*p.MutableContractQuotes() = *update(1, 1, 4900, 0, 5)
		}, book.ErrNoSnapshot},
		{func(p *msg.Payload) {
			p.SetType(msg.PayloadMarketQuotes)
			p.MutableMarketQuotes().SetMarketId(1)
		}, nil},
		{func(p *msg.Payload) {
			p.SetType(msg.PayloadMarketState)
			p.MutableMarketState().SetMarketId(2)
		}, book.ErrUnknownMarket},
		{func(p *msg.Payload) {
			p.SetType(msg.PayloadContractQuotes)
			*p.MutableContractQuotes() = *update(1, 1, 4900, 0, 5)
		}, nil},
	} {
		var p msg.Payload
		c.set(&p)
		if err := s.b.Apply(&p, s.now); err != c.want {
			t.Errorf("%v: %v, want %v", p.GetType(), err, c.want)
		}
	}
	s.state(book.Live, 0)
	if c, _ := s.b.Contract(1, 1); c.Depth(odds.Buy) != 1 {
		t.Error("it was not applied")
	}
	if got := s.b.Stats(); got != (book.Stats{Snapshots: 1, Updates: 1, Ignored: 2}) {
		t.Errorf("%+v", got)
	}
}

// TestBookCrossedOnAndOff crosses a book for moments, again and again, as own orders do that are pulled for it and come
// back: a snapshot is asked for.
func TestBookCrossedOnAndOff(t *testing.T) {
	for _, pause := range []int64{second / 10, 10 * second, 21 * second} {
		s := newScript(t, book.Config{})
		s.subscribe()
		s.snapshot(4900, 5100)
		for range 3 {
			s.update(5100, 0, 1000)
			s.now += second / 10
			s.update(5100, 0, 0)
			s.advance(pause)
		}
		s.update(5100, 0, 1000)
		if pause > 20*second {
			s.advance(0)
			continue
		}
		s.advance(0, book.Resubscribe)
	}
}

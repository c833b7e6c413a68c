package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	truth "github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/fault"
)

// tradingSeeds is how many random days TestTradingTruth trades with each kind of faults.
const tradingSeeds = 40 * seeds / seedsAll

// TestTradingTruth quotes, places, cancels, reduces and replaces at random among other participants, over connections
// that lose, double, delay and break. Once all is quiet the engine's orders, positions and money are the exchange's,
// what is wanted is quoted, and nothing more is sent.
func TestTradingTruth(t *testing.T) {
	plans := map[string]fault.Plan{
		"sound": {},
		"faults": fault.Plan{}.With(fault.Million/100, fault.Drop, fault.Duplicate, fault.Delay, fault.Reorder,
			fault.Split, fault.Coalesce, fault.DropIn, fault.DuplicateIn).With(fault.Million/300, fault.Cut,
			fault.Stall).
			With(fault.Million/5, fault.Refuse),
	}
	for name, plan := range plans {
		for seed := range uint64(tradingSeeds) {
			t.Run(fmt.Sprintf("%s seed %d", name, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { new(tradingDay).run(t, seed, plan) })
			})
		}
	}
}

// checkDoubts holds the risk checks' number of orders in doubt to the orders, once they have the latest ones.
func (d *tradingDay) checkDoubts() {
	live, inDoubt := 0, 0
	for o := range d.Orders() {
		if live++; o.Overlay&order.InDoubt != 0 {
			inDoubt++
		}
	}
	if s := d.Mode(); s.Open+s.InDoubt == live && s.InDoubt != inDoubt {
		d.t.Errorf("the risk checks count %d orders in doubt, there are %d of %d", s.InDoubt, inDoubt, live)
	}
}

// tradingDay is a bot that does at random what the trading state offers.
type tradingDay struct {
	*engine.Engine
	t      *testing.T
	rand   *rand.Rand
	wanted map[uint32]quote.Two
	placed []engine.Placed
	sent   map[seto.PayloadType]int // order entry
	doubts int
	events map[order.EventKind]int
	risk   []risk.Event
	riskMu sync.Mutex // guards risk where another goroutine than the loop's reads it

	subscribed, sound bool
}

var dayContracts = [...]uint32{sim.DemoHome, sim.DemoDraw, sim.DemoAway}

func (d *tradingDay) run(t *testing.T, seed uint64, plan fault.Plan) {
	settings := sim.DefaultConfig()
	settings.Seed, settings.Faults = seed, plan
	settings.Limits.History, settings.Limits.OutFrames, settings.Limits.OutBytes = 1<<16, 1<<17, 1<<24
	server, err := sim.Local(settings)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(context.Background()) }()
	d.t, d.rand, d.wanted = t, rand.New(rand.NewPCG(seed, 1)), make(map[uint32]quote.Two)
	d.sound = plan == fault.Plan{}
	d.sent, d.events = make(map[seto.PayloadType]int), make(map[order.EventKind]int)
	r := startInBubble(t, engine.Config{
		Session: session.Config{
			ReferenceBase: 1 + seed<<32, Username: sim.DemoUsername, Password: sim.DemoPassword,
			Resume:           session.ResumeAccount,
			AccountFromStart: true,
		},
		Address: "exchange.test:3801", DisableTLS: true, OnStop: engine.StopLeave,
		State: engine.StateConfig{
			Orders: order.Config{Orders: 1024, Retained: 4096, Fills: 8192, Contracts: 16},
			Quotes: quote.Config{Contracts: 16},
		},
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) { return server.Dial(ctx) },
	}, func(e *engine.Engine) { d.register(e) })
	for range 400 {
		advance(25 * time.Millisecond)
		d.do(r, d.act)
	}
	server.Do(func(s *sim.Sim) {
		s.Faults.Set(fault.Plan{})
		s.SetAgentRate(0)
	})
	advance(5 * time.Minute)
	d.do(r, d.resolve) // by the user's word, what nothing else resolves
	advance(time.Minute)
	before := d.total()
	advance(2 * time.Minute)
	if now := d.total(); now != before {
		t.Errorf("%d requests sent when all was quiet: %v", now-before, d.sent)
	}
	d.do(r, func() { d.compare(server) })
	// Without the other orders, which may be in the way, what is wanted is quoted.
	d.do(r, func() {
		if _, err := d.SendOrderCancelAll(new(msg.OrderCancelAll)); err != nil {
			t.Error(err)
		}
	})
	advance(5 * time.Minute)
	d.do(r, func() {
		d.compare(server)
		d.checkQuotes()
	})
	r.Stop()
	if err := r.wait(); err != nil && !errors.Is(err, engine.ErrNotConfirmed) {
		t.Errorf("Run: %v", err)
	}
	if err := server.Close(); err != nil {
		t.Error(err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
	t.Logf("sent %v, events %v, resolved %d", d.sent, d.events, d.doubts)
}

func (d *tradingDay) register(e *engine.Engine) {
	d.Engine = e
	d.subscribe()
	e.OnPayload(func(r *engine.TapRecord) {
		var p seto.Payload
		if r.Direction != session.Outbound || proto.Unmarshal(r.Payload, &p) != nil {
			return
		}
		switch p.GetType() {
		case seto.PayloadType_PAYLOAD_ORDER_CREATE, seto.PayloadType_PAYLOAD_ORDER_CANCEL,
			seto.PayloadType_PAYLOAD_ORDER_QUANTITY_REDUCE, seto.PayloadType_PAYLOAD_ORDER_CANCEL_REPLACE,
			seto.PayloadType_PAYLOAD_ORDER_CANCEL_ALL:
			d.sent[p.GetType()]++
		}
	})
	e.OnOrder(func(_ *order.Order, ev *order.Event) {
		switch d.events[ev.Kind]++; ev.Kind {
		case order.Drift, order.Anomaly, order.Overflow:
			d.t.Errorf("event %+v", *ev)
		}
	})
}

// subscribe subscribes to the market at the first login.
func (d *tradingDay) subscribe() {
	d.OnLoggedIn(func(*engine.Event) {
		if d.subscribed {
			return // the engine restores it
		}
		d.subscribed = true
		var m msg.MarketSubscribe
		m.SetMarketId(sim.DemoMarket)
		if _, err := d.SendMarketSubscribe(&m); err != nil {
			d.t.Error(err)
		}
	})
}

func (d *tradingDay) total() (n int) {
	for _, sent := range d.sent {
		n += sent
	}
	return n
}

// do calls a function on the loop.
func (d *tradingDay) do(r *running, f func()) {
	d.t.Helper()
	var s engine.Submission
	if err := r.Submitter().Do(f, &s); err != nil {
		d.t.Fatal(err)
	}
	if _, err := s.Wait(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
}

// act is what the bot does each time: mostly nothing.
func (d *tradingDay) act() {
	d.checkDoubts()
	contract := dayContracts[d.rand.IntN(len(dayContracts))]
	price := odds.Price(500 + 100*d.rand.IntN(90))
	size := odds.Quantity(10_000 * (1 + d.rand.IntN(20)))
	switch n := d.rand.IntN(12); {
	case n < 3:
		two := quote.Two{Bid: price, Ask: min(price+odds.Price(20+d.rand.IntN(600)), 9900), Size: size, Tolerance: 10}
		if err := d.Quote(sim.DemoMarket, contract, two); err != nil {
			d.t.Error(err)
		}
		d.wanted[contract] = two
	case n == 3:
		d.Pull(sim.DemoMarket, contract)
		delete(d.wanted, contract)
	case n < 6:
		l := order.Limit{
			Market: sim.DemoMarket, Contract: contract, Side: odds.Buy + odds.Side(d.rand.IntN(2)),
			Price: price, Quantity: size,
		}
		if p, err := d.Place(l); err == nil {
			d.placed = append(d.placed, p)
		} else if !session.SafeToResend(err) {
			d.t.Errorf("Place: %v", err)
		}
	case len(d.placed) == 0:
	case n < 8:
		_ = d.placed[d.rand.IntN(len(d.placed))].Cancel()
	case n < 10:
		p := d.placed[d.rand.IntN(len(d.placed))]
		if o := p.Order(); o != nil && o.Available > 10_000 {
			_ = p.Reduce(o.Available - 10_000)
		}
	case n < 12:
		p := d.placed[d.rand.IntN(len(d.placed))]
		if o := p.Order(); o != nil {
			if p, err := p.Replace(price, o.Executed+size); err == nil {
				d.placed = append(d.placed, p)
			}
		}
	}
}

// resolve says of orders in doubt that they were never placed, which the test knows, and cancels those with an id.
func (d *tradingDay) resolve() {
	var orders []order.Order
	for o := range d.Orders() {
		if o.Overlay != 0 {
			orders = append(orders, *o)
		}
	}
	for _, o := range orders {
		if o.ID != 0 { // a request about it is in doubt, or a replace was refused: the answer says what is live
			var m msg.OrderCancel
			m.SetOrderId(o.ID)
			if _, err := d.SendOrderCancel(&m); err != nil {
				d.t.Error(err)
			}
			continue
		}
		if d.ResolveOrder(o.Reference, order.Outcome{}) {
			d.doubts++
		}
	}
}

// compare compares the engine's state with the exchange's.
func (d *tradingDay) compare(server *sim.Server) {
	// A new account has nothing to repeat from, and what stays in doubt is resolved here without the session.
	if c := d.Completeness(); !c.Complete && (c.Why != order.CatchUpLacking ||
		c.Cause != session.ErrHistory && c.Cause != session.ErrUnresolved) {
		d.t.Errorf("completeness %+v", c)
	}
	type shown struct {
		price, quantity, executed, available uint64
	}
	live := make(map[uint64]shown)
	for _, o := range server.Orders(sim.DemoUsername) {
		if o.State == truth.OrderLive {
			live[o.ID] = shown{uint64(o.Price), o.Quantity, o.Executed, o.Available}
		}
	}
	own := make(map[[3]uint64]odds.Quantity)
	for o := range d.Orders() {
		want, ok := live[o.ID]
		delete(live, o.ID)
		got := shown{uint64(o.Price), uint64(o.Quantity), uint64(o.Executed), uint64(o.Available)}
		if !ok || got != want || o.Overlay != 0 {
			d.t.Errorf("order %+v, the exchange has %v %+v", *o, ok, want)
		}
		own[[3]uint64{uint64(o.Contract), uint64(o.Side), uint64(o.Price)}] += o.Available
	}
	if len(live) != 0 {
		d.t.Errorf("orders of the exchange that are not known: %v", live)
	}
	d.compareMoney(server)
	for _, contract := range dayContracts {
		c, ok := d.Book(sim.DemoMarket, contract)
		if !ok || !c.Live() {
			state, causes := c.State()
			d.t.Errorf("book of %d: %v, %v %v", contract, ok, state, causes)
			continue
		}
		for _, side := range []odds.Side{odds.Buy, odds.Sell} {
			for _, l := range c.Levels(nil, side) {
				mine := own[[3]uint64{uint64(contract), uint64(side), uint64(l.Price)}]
				if without := c.WithoutOwn().At(side, l.Price); without != l.Quantity-mine {
					d.t.Errorf("contract %d %v %d: %d without own, want %d less %d", contract, side, l.Price, without,
						l.Quantity, mine)
				}
			}
		}
	}
}

func (d *tradingDay) compareMoney(server *sim.Server) {
	account, _ := server.Truth(sim.DemoUsername)
	for _, contract := range dayContracts {
		var want truth.PositionTruth
		for _, p := range account.Positions {
			if p.Contract == contract {
				want = p
			}
		}
		got := d.Position(sim.DemoMarket, contract)
		if int64(got.Final) != want.Net || int64(got.FinalFlow) != int64(want.Flow) ||
			int64(got.Provisional) != want.PendingNet || int64(got.ProvisionalFlow) != int64(want.PendingFlow) {
			d.t.Errorf("position %+v, the exchange has %+v", got, want)
		}
	}
	a := d.Account()
	if int64(a.Open) != int64(account.Resting) || int64(a.Final) != int64(account.Matched) || a.Asked != 0 ||
		int64(a.Provision+a.Replacing) != int64(account.Pending) || int64(a.Available) != int64(account.Available) {
		d.t.Errorf("account %+v, the exchange has %+v", a, account)
	}
}

// checkQuotes checks that the orders are those that the quotes want, and no others.
func (d *tradingDay) checkQuotes() {
	orders := 0
	for o := range d.Orders() {
		orders++
		want := d.wanted[o.Contract]
		price := want.Bid
		if o.Side == odds.Sell {
			price = want.Ask
		}
		if o.Price+10 < price || o.Price > price+10 || o.Available != want.Size {
			d.t.Errorf("order %+v, wanted %+v", *o, want)
		}
	}
	if orders != 2*len(d.wanted) {
		d.t.Errorf("%d orders, wanted %v", orders, d.wanted)
		for contract := range d.wanted {
			d.t.Errorf("contract %d: %+v", contract, d.QuoteStatus(sim.DemoMarket, contract))
		}
	}
}

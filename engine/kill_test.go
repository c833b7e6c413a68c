package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
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
	"github.com/smk-go/smk/wire"
)

// killSeeds is how many random days TestKillSwitch halts in; the environment's KILL_SEEDS, as first:count, says others.
//
// A few days do not come across everything.
const killSeeds = seeds * 40 / seedsAll

// TestKillSwitch throws the kill switch at random moments of a busy bot: with the throttle spent, in gaps, while
// disconnected, in halts of the market, with orders in doubt; from other goroutines, in handlers, and in the middle of
// a handler that goes on to place orders. What the bot writes to its connections is read as the exchange reads it: no
// order leaves that had not passed the gate before, and none behind the switch's order_cancel_all. In the end no order
// is live on the exchange, and each that the bot does not know to be terminal is in doubt; where messages of the
// account are lost for good, it may be one that the switch has given up.
func TestKillSwitch(t *testing.T) {
	first, count := uint64(0), uint64(killSeeds)
	if s := os.Getenv("KILL_SEEDS"); s != "" {
		if _, err := fmt.Sscanf(s, "%d:%d", &first, &count); err != nil {
			t.Fatal(err)
		}
	}
	var all killCounts
	for seed := first; seed < first+count; seed++ {
		t.Run("seed "+strconv.FormatUint(seed, 10), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &killDay{tradingDay: tradingDay{t: t}}
				d.run(t, seed)
				all.add(&d.killCounts)
			})
		})
	}
	t.Logf("%+v", all)
	for name, n := range map[string]int{
		"orders": all.creates, "refused": all.refused, "by a goroutine": all.ways[0], "in a handler": all.ways[1],
		"in the middle of a handler": all.ways[2], "disconnected": all.disconnected, "in a gap": all.gaps,
		"throttled": all.throttled, "in doubt": all.inDoubt, "in flight": all.asked, "market halted": all.marketHalted,
	} {
		if n == 0 && count >= 40 {
			t.Errorf("no seed: %s", name)
		}
	}
}

// killCounts says what the seeds came across.
type killCounts struct {
	creates, refused, disconnected, gaps, throttled, inDoubt, named, asked, marketHalted int

	ways [3]int // of halting
	kill map[risk.KillState]int
}

func (c *killCounts) add(d *killCounts) {
	c.creates += d.creates
	c.refused += d.refused
	c.disconnected += d.disconnected
	c.gaps += d.gaps
	c.throttled += d.throttled
	c.inDoubt += d.inDoubt
	c.named += d.named
	c.asked += d.asked
	c.marketHalted += d.marketHalted
	for i, n := range d.ways {
		c.ways[i] += n
	}
	if c.kill == nil {
		c.kill = make(map[risk.KillState]int)
	}
	for state, n := range d.kill {
		c.kill[state] += n
	}
}

// killDay is a day of trading that ends by the kill switch.
type killDay struct {
	tradingDay
	killCounts
	wires  []*killWire
	inGap  bool
	lossy  bool        // messages of the account are lost, and no login has them repeated
	marker *killMarker // nil before the halt
	queued map[[2]uint64]bool
	mu     sync.Mutex // guards marker and wires
}

// killMarker is the moment at which Halt returned.
type killMarker struct {
	queued map[[2]uint64]bool // epoch and sequence of the orders that had passed the gate
	epoch  uint64             // connections so far
}

// killWire is the engine's end of a connection: it reads what the engine writes.
type killWire struct {
	net.Conn
	day      *killDay
	epoch    uint64
	buf      []byte
	halted   bool // an order_cancel_all of the switch left
	violated []string
}

// Write writes, and examines the messages.
func (w *killWire) Write(b []byte) (int, error) {
	n, err := w.Conn.Write(b)
	w.day.mu.Lock()
	defer w.day.mu.Unlock()
	w.buf = append(w.buf, b[:n]...)
	for {
		payload, size, scanErr := wire.Scan(w.buf, wire.Limits{})
		if scanErr != nil || size == 0 {
			return n, err
		}
		var p seto.Payload
		if proto.Unmarshal(payload, &p) == nil {
			w.examine(&p)
		}
		w.buf = w.buf[size:]
	}
}

// examine judges a message that left.
func (w *killWire) examine(p *seto.Payload) {
	m, d := w.day.marker, w.day
	switch p.GetType() {
	case seto.PayloadType_PAYLOAD_ORDER_CANCEL_ALL:
		w.halted = w.halted || m != nil
	case seto.PayloadType_PAYLOAD_ORDER_CREATE, seto.PayloadType_PAYLOAD_ORDER_CANCEL_REPLACE:
		if d.creates++; m == nil {
			return
		}
		seq := p.GetEtoPayload().GetSeq()
		switch {
		case w.halted:
			w.violated = append(w.violated, fmt.Sprintf("behind the order_cancel_all: %v", p))
		case w.epoch > m.epoch:
			w.violated = append(w.violated, fmt.Sprintf("on a new connection: %v", p))
		case !m.queued[[2]uint64{w.epoch, seq}]:
			w.violated = append(w.violated, fmt.Sprintf("had not passed the gate: %v", p))
		}
	}
}

// plan returns the faults of a seed.
func (d *killDay) plan() (plan fault.Plan) {
	chance := []uint32{0, fault.Million / 300, fault.Million / 50}[d.rand.IntN(3)]
	plan = plan.With(chance, fault.Drop, fault.Duplicate, fault.Delay, fault.Reorder, fault.DropIn, fault.DuplicateIn)
	plan = plan.With(chance/4, fault.Cut, fault.Stall).With(chance*10, fault.Refuse)
	if d.rand.IntN(3) == 0 {
		plan = plan.With(fault.Million/30, fault.Unconfirmed, fault.Unheard, fault.Throttled)
	}
	if d.rand.IntN(4) == 0 {
		plan = plan.With(fault.Million/5, fault.DropIn)
	}
	return plan
}

func (d *killDay) run(t *testing.T, seed uint64) {
	d.rand, d.wanted = rand.New(rand.NewPCG(seed, 99)), make(map[uint32]quote.Two)
	d.sent, d.events = make(map[seto.PayloadType]int), make(map[order.EventKind]int)
	d.kill, d.queued = make(map[risk.KillState]int), make(map[[2]uint64]bool)
	settings := sim.DefaultConfig()
	settings.Seed, settings.Faults = seed, d.plan()
	settings.Limits.History, settings.Limits.OutFrames, settings.Limits.OutBytes = 1<<16, 1<<17, 1<<24
	spent := d.rand.IntN(3) == 0
	if spent {
		settings.Throttle = sim.Throttle{Rate: 20, Burst: 40}
	}
	noGaps, resume := d.rand.IntN(4) == 0, session.ResumeMode(d.rand.IntN(2)) // by account or session
	d.lossy = settings.Faults.Chance[fault.Unconfirmed] > 0 && resume == session.ResumeSession
	server, err := sim.Local(settings)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(context.Background()) }()
	r := startInBubble(t, engine.Config{
		Session: session.Config{
			ReferenceBase: 1 + seed<<32, Username: sim.DemoUsername, Password: sim.DemoPassword,
			Resume: resume, AccountFromStart: true,
			ReconnectOnAccountGap: !noGaps, // what is lost is asked for
		},
		Address: "exchange.test:3801", DisableTLS: true, OnStop: engine.StopLeave,
		State: engine.StateConfig{
			Orders: order.Config{Orders: 1024, Retained: 4096, Fills: 8192, Contracts: 16},
			Quotes: quote.Config{Contracts: 16},
		},
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := server.Dial(ctx)
			if err != nil {
				return nil, err
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			w := &killWire{Conn: conn, day: d, epoch: uint64(len(d.wires) + 1)}
			d.wires = append(d.wires, w)
			return w, nil
		},
	}, d.register)
	d.trade(r, server, spent)
	d.halt(r, server)
	for range 20 {
		advance(time.Duration(d.rand.IntN(200)) * time.Millisecond)
		d.do(r, d.refuse)
	}
	server.Do(func(s *sim.Sim) { s.Faults.Set(fault.Plan{}) })
	advance(5 * time.Minute)
	d.do(r, func() { d.refuse(); d.check(server) })
	r.Stop()
	if err := r.wait(); err != nil && !errors.Is(err, engine.ErrNotConfirmed) {
		t.Errorf("Run: %v", err)
	}
	if err := errors.Join(server.Close(), <-served); err != nil {
		t.Error(err)
	}
	for _, w := range d.wires {
		for _, v := range w.violated {
			t.Errorf("connection %d of %d: an order %s", w.epoch, len(d.wires), v)
		}
	}
}

// register counts, and remembers which orders passed the gate on which connection.
func (d *killDay) register(e *engine.Engine) {
	d.Engine = e
	d.subscribe()
	e.OnPayload(func(r *engine.TapRecord) {
		var p seto.Payload
		if r.Direction != session.Outbound || proto.Unmarshal(r.Payload, &p) != nil {
			return
		}
		switch p.GetType() {
		case seto.PayloadType_PAYLOAD_ORDER_CREATE, seto.PayloadType_PAYLOAD_ORDER_CANCEL_REPLACE:
			d.mu.Lock()
			d.queued[[2]uint64{uint64(len(d.wires)), p.GetEtoPayload().GetSeq()}] = true
			d.mu.Unlock()
		}
	})
	e.OnGap(func(*engine.Event) { d.inGap = true })
	e.OnRecovered(func(*engine.Event) { d.inGap = false })
	e.OnState(func(ev *engine.Event) {
		if ev.State == session.Disconnected {
			d.inGap = false
		}
	})
	e.OnRisk(func(ev risk.Event) { d.risk = append(d.risk, ev) })
}

// trade trades for a random time, and brings about the state in which the switch is thrown.
func (d *killDay) trade(r *running, server *sim.Server, spent bool) {
	for range 20 + d.rand.IntN(150) {
		advance(25 * time.Millisecond)
		d.do(r, func() {
			for range 1 + d.rand.IntN(3) {
				d.act()
			}
		})
	}
	if d.rand.IntN(4) == 0 {
		server.Do(func(s *sim.Sim) {
			if err := s.Exchange.Halt(sim.DemoMarket, "test"); err != nil {
				d.t.Error(err)
			}
		})
		d.marketHalted++
		advance(time.Duration(d.rand.IntN(50)) * time.Millisecond)
	}
	if d.rand.IntN(5) == 0 { // the connection is lost, and none is to be had for a while
		server.Do(func(s *sim.Sim) { s.Faults.Set(fault.Plan{}.With(fault.Million, fault.Cut, fault.Refuse)) })
		advance(time.Duration(d.rand.IntN(30)) * time.Second)
	}
	if d.rand.IntN(5) == 0 {
		server.Do(func(s *sim.Sim) { s.Faults.Set(fault.Plan{}.With(fault.Million/2, fault.Drop, fault.Delay)) })
		for range 4 {
			d.do(r, d.act)
			advance(5 * time.Millisecond)
		}
	}
	if spent {
		d.do(r, func() {
			for range 100 {
				if _, err := d.Place(limit(odds.Buy, 200)); errors.Is(err, session.ErrThrottled) {
					d.throttled++
					return
				} else if err != nil {
					return
				}
			}
		})
	}
}

// halt throws the switch, one way or another.
func (d *killDay) halt(r *running, server *sim.Server) {
	throw := func() {
		if err := d.Halt("test"); err != nil {
			d.t.Error(err)
		}
		d.mu.Lock()
		defer d.mu.Unlock()
		d.marker = &killMarker{queued: make(map[[2]uint64]bool), epoch: uint64(len(d.wires))}
		for key := range d.queued {
			d.marker.queued[key] = true
		}
	}
	count := func() {
		if !d.State().LoggedIn() {
			d.disconnected++
		}
		if d.inGap {
			d.gaps++
		}
		d.inDoubt += doubtful(&d.tradingDay)
		if d.Account().Asked > 0 {
			d.asked++
		}
	}
	way := d.rand.IntN(3)
	d.ways[way]++
	switch way {
	case 0: // whatever the loop does: it sleeps, or reads what the exchange sends
		d.do(r, func() { d.act(); count() })
		synctest.Wait()
		go throw()
	case 1:
		d.do(r, func() {
			d.act()
			count()
			throw()
			d.refuse()
		})
	case 2: // another goroutine, in the middle of a handler
		d.do(r, func() {
			d.act()
			count()
			done := make(chan struct{})
			go func() { throw(); close(done) }()
			<-done
			d.refuse()
		})
	}
}

// refuse asks for orders in every way: none passes.
func (d *killDay) refuse() {
	if _, err := d.Place(limit(odds.Buy, 1000)); !errors.Is(err, risk.LimitHalted) {
		d.t.Errorf("Place: %v", err)
	}
	for o := range d.Orders() {
		if o.ID == 0 {
			continue
		}
		var m msg.OrderCancelReplace
		m.SetOrigOrderId(o.ID)
		m.SetPrice(2500)
		m.SetQuantity(10_000)
		m.SetMarketId(o.Market)
		if _, err := d.SendOrderCancelReplace(&m); !errors.Is(err, risk.LimitHalted) {
			d.t.Errorf("a replace: %v", err)
		}
		break
	}
	d.act() // and the quoter
	d.refused++
}

// check compares the end with the exchange.
func (d *killDay) check(server *sim.Server) {
	for _, o := range server.Orders(sim.DemoUsername) {
		if o.State == truth.OrderLive {
			d.t.Errorf("an order is live on the exchange: %+v; %+v", o, d.Mode())
		}
	}
	s, open := d.Mode(), 0
	for o := range d.Orders() {
		if d.named++; o.Overlay&order.InDoubt == 0 {
			open++
		}
	}
	d.kill[s.Kill]++
	done := s.Kill == risk.KillFlat || s.Kill == risk.KillInDoubt
	lost := d.lossy || d.Completeness().Why&order.MessagesLost != 0
	if s.Mode != risk.Halted || !done && !(lost && s.Kill == risk.KillGaveUp) || done && open > 0 || s.Open != open {
		d.t.Errorf("%+v, %d orders are neither terminal nor in doubt", s, open)
	}
	if len(d.risk) == 0 || d.risk[0].Kind != risk.ModeChanged || d.risk[len(d.risk)-1].Kill != s.Kill {
		d.t.Errorf("%+v, events %+v", s, d.risk)
	}
}

// doubtful counts orders in doubt.
func doubtful(d *tradingDay) (n int) {
	for o := range d.Orders() {
		if o.Overlay&order.InDoubt != 0 {
			n++
		}
	}
	return n
}

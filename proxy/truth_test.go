package proxy

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	engineorder "github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/fault"
)

var (
	seeds     = flag.Int("seeds", 4, "days of TestTruth")
	firstSeed = flag.Uint64("seed", 0, "first seed of TestTruth and TestHostile")
)

// trader is a bot behind the proxy: an engine under the world's clock.
type trader struct {
	day    *day
	name   string
	engine *engine.Engine
	next   uint64
	sent   map[uint64]string // labels by reference

	replaced map[string]bool // labels of replacements
}

// day is a world with three bots and faults on both sides of the proxy.
type day struct {
	*world
	random *rand.Rand
	faults *fault.Injector // between the proxy and the bots
	bots   []*trader
	below  []*link // connections of the bots
	down   bool    // the proxy does not run
	lossy  bool    // the exchange loses answers
	over   bool    // the market is settled or voided

	watchers []*watcher
}

// plan draws faults that the protocol can recover from.
func plan(r *rand.Rand) (p fault.Plan) {
	for k := range fault.Kinds {
		switch k {
		case fault.Corrupt, fault.CorruptIn, fault.DelayIn, fault.ReorderIn, fault.DropBefore, fault.DuplicateBefore,
			fault.DelayBefore, fault.ReorderBefore, fault.Swap, fault.Unconfirmed, fault.Skip, fault.Unheard,
			fault.Throttled:
			continue
		}
		if r.IntN(3) == 0 {
			p.Chance[k] = []uint32{300, 10_000, 40_000}[r.IntN(3)]
		}
	}
	p.Chance[fault.Cut] = min(p.Chance[fault.Cut], 2000)
	p.Chance[fault.HalfOpen] = min(p.Chance[fault.HalfOpen], 300)
	return p
}

func newDay(t *testing.T, seed uint64) *day {
	d := &day{random: rand.New(rand.NewPCG(seed, 0xda1))}
	config := sim.DefaultConfig()
	config.Seed, config.Agents.Rate = seed, []int{0, 20, 50}[d.random.IntN(3)]
	config.Faults = d.disordered()
	d.widen(&config)
	config.Limits.History, config.Limits.OutFrames, config.Limits.OutBytes = 1<<13, 1<<14, 1<<22
	clients := three()
	clients.History, clients.OutFrames, clients.OutBytes = 1<<12, 1<<13, 1<<21
	folder := t.TempDir()
	clients.State = filepath.Join(folder, "clients")
	x, err := sim.New(config)
	if err != nil {
		t.Fatal(err)
	}
	d.world = &world{
		t: t, sim: x, now: x.Now(), config: clients, account: config.Accounts[0],
		state: filepath.Join(folder, "engine"),
	}
	d.faults = fault.New(seed+1, d.disordered())
	d.prepare()
	d.launch()
	for i := range clients.Clients {
		d.watchers = append(d.watchers, &watcher{t: t, name: clients.Clients[i].Name})
		b := &trader{
			day: d, name: clients.Clients[i].Name, next: uint64(i), sent: map[uint64]string{},
			replaced: map[string]bool{},
		}
		b.engine, err = engine.New(engine.Config{
			Address: "proxy.test:1", DisableTLS: true, Clock: func() int64 { return d.now }, Dial: d.dialProxy,
			Session: session.Config{
				Username: b.name, Password: b.name, AccountFromStart: true, RequireCaughtUp: true,
				ReferenceBase: 1<<50 + uint64(i)<<40,
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.engine.Subscribe(sim.DemoMarket); err != nil {
			t.Fatal(err)
		}
		d.bots = append(d.bots, b)
	}
	d.watch()
	t.Cleanup(func() {
		for _, b := range d.bots {
			_ = b.engine.Close()
		}
		d.kill()
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func (d *day) dialProxy(context.Context, string, string) (net.Conn, error) {
	if d.down {
		return nil, io.ErrClosedPipe
	}
	c, err := d.faults.Connect(d.proxy.gateway, d.now)
	if err != nil {
		return nil, err
	}
	l := &link{world: d.world, conn: c}
	d.below = append(d.below, l)
	return l, nil
}

// kill ends the proxy and its engine as kill -9 does: only files stay.
func (d *day) kill() {
	for _, l := range d.below {
		l.end()
	}
	d.below, d.down = nil, true
	for _, w := range d.watchers {
		w.killed = true // a process that is killed says nothing of its engine's end
	}
	d.stop()
}

func (d *day) restart() {
	d.launch()
	d.down = false
	d.watch()
}

// watch logs the watchers in.
func (d *day) watch() {
	for _, w := range d.watchers {
		w.open(d)
	}
}

// watcher is a client that came by Open and only looks: it has every message once, after the proxy was killed, too.
type watcher struct {
	deaf
	t      *testing.T
	name   string
	last   uint64           // account sequence
	orders map[uint64]Order // by the exchange's id
	named  map[uint64]Order // by the client's reference
	killed bool
}

// note keeps what the proxy says of an order.
func (w *watcher) note(o *Order) {
	if o.ID != 0 && w.orders != nil {
		w.orders[o.ID] = *o
	}
	if o.HasReference && w.named != nil {
		w.named[o.Reference] = *o
	}
}

func (w *watcher) open(d *day) {
	l, err := d.proxy.Open([]byte(w.name+"-token"), w)
	if err != nil {
		d.t.Fatal(err)
	}
	w.orders, w.named, w.killed = map[uint64]Order{}, map[uint64]Order{}, false
	for o := range l.Orders() {
		w.note(o)
	}
	if l.Sequence() < w.last {
		d.t.Errorf("%s has message %d, and the proxy is at %d", w.name, w.last, l.Sequence())
	}
	l.Replay(w.last + 1)
}

// OrderChanged implements OrderSink.
func (w *watcher) OrderChanged(o *Order) {
	if !w.killed {
		w.note(o)
	}
}

// PublishReport implements OrderSink.
func (w *watcher) PublishReport(m exchange.Message, o *Order, sequence uint64, _ bool) {
	if w.killed {
		return
	}
	if o != nil {
		w.note(o)
	}
	if m.PayloadType() == msg.PayloadOrderInvalid {
		return
	}
	if sequence != w.last+1 {
		w.t.Errorf("message %d follows %d to %s", sequence, w.last, w.name)
	}
	w.last = sequence
}

// move lets time pass and everybody do what is due.
func (d *day) move(by time.Duration) {
	d.now += int64(by)
	for range 3 {
		d.sim.Tick(d.now)
		if d.engine != nil {
			if err := d.engine.Poll(); err != nil {
				d.t.Fatal(err)
			}
		}
		d.faults.Tick(d.now)
		for _, b := range d.bots {
			if err := b.engine.Poll(); err != nil {
				d.t.Fatalf("%s: %v", b.name, err)
			}
		}
	}
}

// own returns a random live order of a bot, nil if it has none.
func (b *trader) own() *engineorder.Order {
	n := 0
	var chosen *engineorder.Order
	for o := range b.engine.Orders() {
		if o.ID != 0 {
			if n++; b.day.random.IntN(n) == 0 {
				chosen = o
			}
		}
	}
	return chosen
}

// act has a bot do something.
func (b *trader) act() {
	r := b.day.random
	b.next += 16
	reference, label := b.next<<20|1, fmt.Sprintf("n%d", b.next)
	o := b.own()
	kind := r.IntN(10)
	if o == nil && kind > 0 {
		kind = 9
	}
	switch kind {
	case 0:
		var m msg.OrderCancelAll
		if r.IntN(2) == 0 {
			m.SetMarketId(sim.DemoMarket)
		}
		_, _ = b.engine.SendOrderCancelAll(&m)
	case 1, 2, 3:
		var m msg.OrderCancel
		m.SetOrderId(o.ID)
		_, _ = b.engine.SendOrderCancel(&m)
	case 4:
		var m msg.OrderQuantityReduce
		m.SetOrderId(o.ID)
		m.SetNewQuantity(uint64(o.Available)/2 + 1)
		_, _ = b.engine.SendOrderQuantityReduce(&m)
	case 5:
		var m msg.OrderCancelReplace
		m.SetOrigOrderId(o.ID)
		m.SetPrice(uint32(4000 + r.IntN(100)*10))
		m.SetQuantity(uint64(o.Quantity) + 1000)
		m.SetReference(reference)
		m.SetLabelString(label)
		if _, err := b.engine.SendOrderCancelReplace(&m); err == nil {
			b.sent[reference], b.replaced[label] = label, true
		}
	default:
		var m msg.OrderCreate
		m.SetMarketId(sim.DemoMarket)
		m.SetContractId(sim.DemoHome)
		m.SetSide([]msg.Side{buy, sell}[r.IntN(2)])
		m.SetPrice(uint32(4000 + r.IntN(100)*10))
		m.SetQuantity(1000 * (1 + r.Uint64N(20)))
		m.SetReference(reference)
		m.SetLabelString(label)
		if _, err := b.engine.SendOrderCreate(&m); err == nil {
			b.sent[reference] = label
		}
	}
}

// run trades under faults, and lets everything come to rest.
func (d *day) run() {
	r := d.random
	for range 150 + r.IntN(150) {
		d.move(time.Duration(r.IntN(60)) * time.Millisecond)
		switch k := r.IntN(100); {
		case k < 60:
			d.bots[r.IntN(len(d.bots))].act()
		case k < 80:
			d.sim.Exchange.Submit("rival", exchange.Create{
				Market: sim.DemoMarket, Contract: sim.DemoHome, Side: []msg.Side{buy, sell}[r.IntN(2)],
				Price: uint32(4000 + r.IntN(100)*10), Quantity: 1000 * (1 + r.Uint64N(30)),
			})
		case k < 83 && d.engine != nil:
			for _, l := range d.links {
				l.reset = true
			}
		case k < 86 && len(d.below) > 0:
			d.below[r.IntN(len(d.below))].reset = true
		case k < 89:
			if d.down {
				d.restart()
			} else {
				d.kill()
			}
		case k < 90:
			d.sim.DropSessions()
		case k < 91:
			_ = d.sim.Exchange.SetState(sim.DemoMarket, msg.MarketStateHalted, "")
		case k < 94:
			_ = d.sim.Exchange.SetState(sim.DemoMarket, msg.MarketStateLive, "")
		case k < 95: // the exchange is away for up to a minute and a half
			d.broken = true
			for _, l := range d.links {
				l.reset = true
			}
			for range r.IntN(90) {
				d.move(time.Second)
				d.bots[r.IntN(len(d.bots))].act()
			}
			d.broken = false
		case k < 97:
			d.incident()
		case k < 98: // the proxy is stopped for up to a minute
			for range r.IntN(60) {
				d.now += int64(time.Second)
				d.sim.Tick(d.now)
				d.faults.Tick(d.now)
				b := d.bots[r.IntN(len(d.bots))]
				b.act()
				if err := b.engine.Poll(); err != nil {
					d.t.Fatal(err)
				}
			}
		}
	}
	d.end()
	if d.down {
		d.restart()
	}
	d.sim.Faults.Set(fault.Plan{})
	d.faults.Set(fault.Plan{})
	d.sim.SetAgentRate(0)
	if d.lossy {
		for _, l := range d.links {
			l.reset = true
		}
	}
	for range 20 * 60 {
		d.move(500 * time.Millisecond)
	}
}

// Under faults on both sides of the proxy, which is killed and started again besides, three bots know their orders and
// positions in the end, and the exchange has no other: none is lost, doubled, or somebody else's.
func TestTruth(t *testing.T) {
	for seed := *firstSeed; seed < *firstSeed+uint64(max(1, *seeds/effort)); seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			d := newDay(t, seed)
			d.run()
			d.compare()
		})
	}
}

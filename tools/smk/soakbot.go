package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/alecthomas/kong"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
)

// soakBotTexts are those of flags and commands whose declarations have no room for them.
var soakBotTexts = kong.Vars{
	"soakbot_state": "Where to keep what the bot knows; without it a bot that was killed asks for everything again.",
}

// soakBotCommand is a bot that trades at random until it is told to rest, says what it knows when it is asked, and
// what it takes now and then.
type soakBotCommand struct {
	Address  string
	Trust    string `help:"The certificate to trust; without it plain TCP."`
	Username string
	Password string
	Seed     uint64
	Pace     int    `help:"Requests a second."`
	State    string `help:"${soakbot_state}"`
	Durable  bool   `help:"Sync each request to the disk before it leaves."`
}

// What the controller of a soak writes to a bot, a line each.
const (
	soakRest  = "rest"  // pull the quotes and send nothing more
	soakState = "state" // say what you know
	soakEnd   = "end"   // cancel all and end
)

// soakContracts are what the bots trade: the winner by quotes, the goals by requests.
var soakContracts = []struct{ market, contract uint32 }{
	{sim.DemoMarket, sim.DemoHome},
	{sim.DemoMarket, sim.DemoDraw},
	{sim.DemoMarket, sim.DemoAway},
	{sim.DemoMarket + 1, 200010},
	{sim.DemoMarket + 1, 200011},
}

// soakMessage is what a bot says, a line each.
type soakMessage struct {
	Sample *soakSample  `json:"sample,omitempty"`
	State  *soakBooking `json:"state,omitempty"`
}

// soakSample is what a bot takes, after garbage was collected.
type soakSample struct {
	Heap       uint64  `json:"heap"` // bytes of live objects
	InUse      uint64  `json:"in_use"`
	Goroutines int     `json:"goroutines"`
	Files      int     `json:"files"`
	Collected  uint32  `json:"collected"` // collections that were not asked for, so far
	Connected  uint64  `json:"connected"` // connections so far
	Live       bool    `json:"live"`      // logged in
	Answers    int64   `json:"answers"`
	P50        float64 `json:"p50"` // microseconds from a request to its answer
	P99        float64 `json:"p99"`
	P999       float64 `json:"p999"`
	Max        float64 `json:"max"`
}

// soakBooking is what a bot knows.
type soakBooking struct {
	Unrest          string                  `json:"unrest"` // why it is not at rest, "" if it is
	AccountSequence uint64                  `json:"account_sequence"`
	Orders          map[uint64]soakOrder    `json:"orders"` // live ones, by id
	Positions       map[uint32]soakPosition `json:"positions"`
	Open            string                  `json:"open"`
	Final           string                  `json:"final"`
	Provisional     string                  `json:"provisional"`
	Available       string                  `json:"available"` // "" if it is not known
	Anomalies       uint64                  `json:"anomalies"`
	Doubts          uint64                  `json:"doubts"`
}

// soakOrder is a live order.
type soakOrder struct {
	Price                         uint32
	Quantity, Executed, Available uint64
}

// soakPosition is a position that is not provisional.
type soakPosition struct {
	Net  int64
	Flow string
}

// soakBot is the bot.
type soakBot struct {
	*engine.Engine
	random    *rand.Rand
	out       *json.Encoder
	resting   bool
	placed    []engine.Placed
	histogram *hdrhistogram.Histogram
	anomalies uint64
	doubts    uint64
	healAt    time.Time

	commands chan string
	latency  atomic.Pointer[soakSample] // of the last second
}

// Run trades until it is told to end, or its controller is gone.
func (c *soakBotCommand) Run(ctx context.Context, std stdio) error {
	config := engine.Config{
		Address: c.Address, DisableTLS: c.Trust == "",
		Session: session.Config{
			Username: c.Username, Password: c.Password, AccountFromStart: true, RequireCaughtUp: true,
			HeartbeatAfter: time.Second, PeerTimeout: 3 * time.Second,
			ReceiveBytes: 1 << 20,
		},
		State: engine.StateConfig{
			Orders: order.Config{Orders: 2048, Retained: 4096, Fills: 1 << 15, Contracts: 16},
			Quotes: quote.Config{Contracts: 16},
			// A connection without a sign of life is one that the proxy has ended.
			DoubtTimeout: 10 * time.Second,
		},
		OnStop: engine.StopCancelAll, StopTimeout: 20 * time.Second, DialTimeout: 2 * time.Second,
		ReconnectBackoff: []time.Duration{0, 50 * time.Millisecond, 200 * time.Millisecond},
	}
	if config.State.File, config.State.DurableIntents = c.State, c.Durable; c.State == "" {
		config.Session.ReferenceBase = rand.Uint64() >> 1
	}
	if c.Trust != "" {
		pem, err := os.ReadFile(c.Trust)
		if err != nil {
			return err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return fmt.Errorf("%s has no certificate", c.Trust)
		}
		config.TLS = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	e, err := engine.New(config)
	if err != nil {
		return err
	}
	b := &soakBot{
		Engine: e, random: rand.New(rand.NewPCG(c.Seed, 0x50a8)), out: json.NewEncoder(std.out),
		histogram: hdrhistogram.New(100, 60e9, 3), commands: make(chan string, 8), placed: make([]engine.Placed, 0, 64),
	}
	b.latency.Store(&soakSample{})
	if err := b.register(c.Pace); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go b.listen(std.in, cancel)
	go b.sample(ctx, std.out)
	if err = e.Run(ctx); errors.Is(err, engine.ErrLoggedOut) {
		err = nil
	}
	return err
}

// listen takes the controller's lines. Its end is the bot's.
func (b *soakBot) listen(in io.Reader, end func()) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		b.commands <- lines.Text()
	}
	end()
}

// samplePeriod is out of step with whatever opens a file every second.
const samplePeriod = 311 * time.Millisecond

// sample says what the process takes, now and then.
func (b *soakBot) sample(ctx context.Context, out io.Writer) {
	ticker := time.NewTicker(samplePeriod)
	defer ticker.Stop()
	encoder := json.NewEncoder(out)
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		s := *b.latency.Load()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		stats := b.Stats()
		s.Heap, s.InUse, s.Collected = m.HeapAlloc, m.HeapInuse, m.NumGC-m.NumForcedGC
		s.Goroutines, s.Files, s.Connected = runtime.NumGoroutine(), openFiles(), stats.Connected
		s.Live = stats.State == session.Established
		if encoder.Encode(soakMessage{Sample: &s}) != nil {
			return
		}
	}
}

// openFiles returns the number of open descriptors, 0 where the system does not show them.
func openFiles() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(list) - 1 // of the reading
}

func (b *soakBot) register(pace int) error {
	b.OnLoggedIn(func(ev *engine.Event) {
		if ev.Epoch > 1 {
			return
		}
		for _, market := range []uint32{sim.DemoMarket, sim.DemoMarket + 1} {
			var m msg.MarketSubscribe
			m.SetMarketId(market)
			if _, err := b.SendMarketSubscribe(&m); err != nil {
				fmt.Fprintln(os.Stderr, "soak-bot: subscribe:", err)
			}
		}
	})
	b.OnOrder(func(o *order.Order, ev *order.Event) {
		switch ev.Kind {
		case order.Anomaly, order.Overflow:
			b.anomalies++
			fmt.Fprintf(os.Stderr, "soak-bot: %v: %+v\n", ev.Kind, *ev)
		case order.DoubtBegan:
			b.doubts++
		case order.OrderAccepted:
			if o != nil && o.Sent != 0 && !ev.Replayed {
				_ = b.histogram.RecordValue(ev.Now - o.Sent)
			}
		}
	})
	b.OnSendUnresolved(func(ev *engine.Event) { // this exchange repeats everything that it carried out
		if creates(ev.Type) {
			b.ResolveOrder(ev.Reference, order.Outcome{})
		}
	})
	_, err := b.Every(time.Second/time.Duration(pace), b.act)
	if err == nil {
		_, err = b.Every(10*time.Millisecond, b.obey)
	}
	if err == nil {
		_, err = b.Every(time.Second, b.publish)
	}
	return err
}

// publish makes the times of answers visible to the goroutine that samples.
func (b *soakBot) publish() {
	h := b.histogram
	b.latency.Store(&soakSample{
		Answers: h.TotalCount(), P50: float64(h.ValueAtQuantile(50)) / 1e3, P99: float64(h.ValueAtQuantile(99)) / 1e3,
		P999: float64(h.ValueAtQuantile(99.9)) / 1e3, Max: float64(h.Max()) / 1e3,
	})
}

// obey does what the controller says.
func (b *soakBot) obey() {
	select {
	case c := <-b.commands:
		switch c {
		case soakRest:
			b.resting = true
			for _, at := range soakContracts {
				b.Pull(at.market, at.contract)
			}
		case soakState:
			state := b.booking()
			if b.out.Encode(soakMessage{State: &state}) != nil {
				b.Stop()
			}
		case soakEnd:
			b.Stop()
		}
	default:
	}
}

// act sends a request at random.
func (b *soakBot) act() {
	if b.resting {
		return
	}
	at := soakContracts[b.random.IntN(len(soakContracts))]
	var err error
	switch {
	case at.market == sim.DemoMarket:
		err = b.quote(at.market, at.contract)
	case len(b.placed) == 0 || len(b.placed) < cap(b.placed) && b.random.IntN(3) == 0:
		var p engine.Placed
		p, err = b.Place(order.Limit{
			Market: at.market, Contract: at.contract, Side: odds.Buy + odds.Side(b.random.IntN(2)),
			Price: odds.Price(3000 + 25*b.random.IntN(160)), Quantity: odds.Quantity(10_000 * (1 + b.random.IntN(5))),
		})
		if err == nil {
			b.placed = append(b.placed, p)
		}
	default:
		err = b.change(b.random.IntN(len(b.placed)))
	}
	if err != nil && !session.SafeToResend(err) {
		fmt.Fprintln(os.Stderr, "soak-bot: send:", err)
	}
}

// quote moves a quote, or pulls it.
func (b *soakBot) quote(market, contract uint32) error {
	if b.random.IntN(10) == 0 {
		b.Pull(market, contract)
		return nil
	}
	bid := odds.Price(2000 + 10*b.random.IntN(250))
	return b.Quote(market, contract, quote.Two{
		Bid: bid, Ask: bid + odds.Price(20+10*b.random.IntN(40)), Size: odds.Quantity(10_000 * (1 + b.random.IntN(4))),
	})
}

// change cancels, reduces or replaces an order that was placed.
func (b *soakBot) change(i int) error {
	p := b.placed[i]
	o := p.Order()
	if o == nil || o.Available == 0 && o.State != order.PendingNew {
		b.placed[i] = b.placed[len(b.placed)-1]
		b.placed = b.placed[:len(b.placed)-1]
		return nil
	}
	switch n := b.random.IntN(4); {
	case n == 0:
		return p.Cancel()
	case n == 1 && o.Available > 10_000:
		return p.Reduce(o.Available - 10_000)
	}
	price, more := odds.Price(3000+25*b.random.IntN(160)), odds.Quantity(10_000*(1+b.random.IntN(5)))
	next, err := p.Replace(price, o.Executed+more)
	if err == nil {
		b.placed[i] = next
	}
	return err
}

// booking is what the bot knows now.
func (b *soakBot) booking() soakBooking {
	a := b.Account()
	s := soakBooking{
		Unrest: b.unrest(), AccountSequence: b.AccountSequence(), Anomalies: b.anomalies, Doubts: b.doubts,
		Orders: make(map[uint64]soakOrder), Positions: make(map[uint32]soakPosition),
		Open: sim.Money(a.Open).String(), Final: sim.Money(a.Final).String(),
		Provisional: sim.Money(a.Provision + a.Replacing).String(),
	}
	if a.CashKnown {
		s.Available = sim.Money(a.Available).String()
	}
	for o := range b.Orders() {
		s.Orders[o.ID] = soakOrder{uint32(o.Price), uint64(o.Quantity), uint64(o.Executed), uint64(o.Available)}
	}
	for _, at := range soakContracts {
		if p := b.Position(at.market, at.contract); p.Final != 0 || p.FinalFlow != 0 {
			s.Positions[at.contract] = soakPosition{int64(p.Final), sim.Money(p.FinalFlow).String()}
		}
	}
	return s
}

// unrest says what keeps the bot from being at rest, "" if nothing does. Doubts about orders that have an id are ended
// as a user would end them: by a cancel, whose answer makes them certain.
func (b *soakBot) unrest() (text string) {
	if state := b.State(); state != session.Established {
		return state.String()
	}
	if c := b.Completeness(); !c.Complete && c.Why&^order.CatchUpLacking != 0 {
		text = fmt.Sprintf("not complete: %+v", c)
	}
	heal := b.resting && time.Since(b.healAt) > 3*time.Second
	if heal {
		b.healAt = time.Now()
	}
	var doubtful []uint64
	for o := range b.Orders() {
		if o.Overlay != 0 || o.State == order.PendingNew {
			text = fmt.Sprintf("order %d, reference %d: %v %v", o.ID, o.Reference, o.State, o.Overlay)
			if heal && o.ID != 0 {
				doubtful = append(doubtful, o.ID)
			}
		}
	}
	for _, id := range doubtful {
		var m msg.OrderCancel
		m.SetOrderId(id)
		_, _ = b.SendOrderCancel(&m) // tried again
	}
	return text
}

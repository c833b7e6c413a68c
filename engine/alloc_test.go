//go:build !race

package engine_test

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/internal/envelope"
)

// What is measured: so many messages after so many that warm up, and what the
// runtime may allocate meanwhile on its own account.
const (
	allocWarm     = 50
	allocMeasured = 2000
	allocSpinning = 100 // as many when the loop spins, which may starve the other end
	allocNoise    = 20
)

// traffic is one way in which messages go to and fro for ever.
type traffic struct {
	name     string
	register func(b *allocBot)
	message  func(i int) *seto.Payload // what the exchange sends, nil for nothing
	act      func(b *allocBot, i int)  // what another goroutine does, nil for nothing
	answers  func(i int) int           // frames of the engine to read then, nil for none
	handled  bool                      // a handler is called each time
	fence    *engine.Fence
}

// allocBot is the bot of the traffics, and what they share.
type allocBot struct {
	*engine.Engine
	latency    engine.Latency
	t          *testing.T
	handled    atomic.Int64
	create     msg.OrderCreate
	subscribe  msg.MarketSubscribe
	submission engine.Submission
	ping       func()
}

func always(int) int { return 1 }

func (b *allocBot) done(*engine.Event) { b.handled.Add(1) }

func (b *allocBot) order(reference uint64) *msg.OrderCreate {
	m := &b.create
	m.SetSide(msg.SideBuy)
	m.SetQuantity(10000)
	m.SetPrice(2500)
	m.SetMarketId(7)
	m.SetContractId(8)
	m.SetReference(reference)
	return m
}

var traffics = []traffic{
	{
		name: "quotes",
		register: func(b *allocBot) {
			b.OnContractQuotes(func(ev *engine.Event, _ *msg.ContractQuotes) { b.done(ev) })
		},
		message: func(int) *seto.Payload { return quotes(7, 8, 2500) },
		handled: true,
	},
	{
		name: "executions",
		register: func(b *allocBot) {
			b.OnOrderExecuted(func(ev *engine.Event, _ *msg.OrderExecuted) { b.done(ev) })
		},
		message: executed,
		handled: true,
	},
	{
		name: "executions, and the latency of each",
		register: func(b *allocBot) {
			b.OnOrderExecuted(func(ev *engine.Event, _ *msg.OrderExecuted) { b.done(ev) })
		},
		message: executed,
		act:     func(b *allocBot, _ int) { b.Latency(&b.latency) },
		handled: true,
	},
	{
		name:     "every message and frame",
		register: func(b *allocBot) { b.OnMessage(b.done); b.OnPayload(func(*engine.TapRecord) {}) },
		message:  executed,
		handled:  true,
	},
	{
		name:    "heartbeats",
		message: func(int) *seto.Payload { return heartbeat() },
		answers: always,
	},
	{
		name:     "pongs",
		register: func(b *allocBot) { b.OnPong(b.done) },
		act: func(b *allocBot, _ int) {
			if err := b.Submitter().Do(b.ping, &b.submission); err != nil {
				b.t.Error(err)
			}
		},
		answers: always,
		message: func(int) *seto.Payload {
			return etoMessage(&eto.Payload{Type: eto.PayloadType_PAYLOAD_PONG.Enum()})
		},
		handled: true,
	},
	{
		name: "an order for each quote",
		register: func(b *allocBot) {
			b.OnMarketState(func(ev *engine.Event, _ *msg.MarketState) {
				if _, err := b.SendOrderCreate(b.order(ev.Seq)); err != nil {
					b.t.Error(err)
				}
			})
			b.OnOrderRejected(func(ev *engine.Event, _ *msg.OrderRejected) { b.done(ev) })
		},
		// Each state is answered by an order, which the next rejection answers.
		message: func(i int) *seto.Payload {
			if i%2 == 0 {
				return &seto.Payload{
					Type: seto.PayloadType_PAYLOAD_MARKET_STATE.Enum(),
					MarketState: &seto.MarketState{
						MarketId: proto.Uint32(7),
						State:    seto.MarketStateType_MARKET_STATE_LIVE.Enum(),
					},
				}
			}
			return &seto.Payload{
				Type: seto.PayloadType_PAYLOAD_ORDER_REJECTED.Enum(),
				OrderRejected: &seto.OrderRejected{
					Seq: proto.Uint64(uint64(2 + i/2)), Reference: proto.Uint64(uint64(i + 1)),
					AccountSequence_64: proto.Uint64(uint64(i + 1)),
					Reason:             seto.OrderRejectedReason_ORDER_REJECTED_INSUFFICIENT_FUNDS.Enum(),
				},
			}
		},
		answers: func(i int) int { return 1 - i%2 },
	},
	{
		name: "sends of another goroutine",
		act: func(b *allocBot, i int) {
			b.subscribe.SetMarketId(7)
			if err := b.Submitter().SendMarketSubscribe(&b.subscribe, &b.submission); err != nil {
				b.t.Error(err)
			}
			for !b.submission.Done() {
				runtime.Gosched()
			}
			if _, err := b.submission.Result(); err != nil {
				b.t.Error(err)
			}
		},
		answers: always,
	},
	{
		name: "sends of another goroutine that waits, and timers",
		register: func(b *allocBot) {
			if _, err := b.Every(10*time.Microsecond, func() {}); err != nil {
				b.t.Error(err)
			}
			var again func()
			again = func() {
				if _, err := b.After(10*time.Microsecond, again); err != nil {
					b.t.Error(err)
				}
			}
			again()
		},
		act: func(b *allocBot, _ int) {
			b.subscribe.SetMarketId(7)
			if err := b.Submitter().SendMarketSubscribe(&b.subscribe, &b.submission); err != nil {
				b.t.Error(err)
			}
			if _, err := b.submission.Wait(context.Background()); err != nil {
				b.t.Error(err)
			}
		},
		answers: always,
	},
}

// TestSteadyStateAllocatesNothing runs each kind of traffic through the loop over a
// socket, and counts what the whole process allocates.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	for _, traffic := range traffics {
		for _, wait := range []engine.Wait{engine.WaitBlock, engine.WaitSpin, engine.WaitSpinBlock} {
			t.Run(fmt.Sprintf("%s wait %d", traffic.name, wait), func(t *testing.T) {
				n := newNetwork(t, "tcp", false, loopback(t)).waiting(wait)
				if perMessage := measure(t, n, traffic); perMessage != 0 {
					t.Errorf("%.3f allocations a message, want 0", perMessage)
				}
			})
		}
	}
}

// TestSteadyStateOverTLS is the same with TLS, where crypto/tls allocates once for
// each record that it reads. The exchange's end is in this process too, so each
// answer that it reads costs one more.
func TestSteadyStateOverTLS(t *testing.T) {
	for _, traffic := range traffics {
		t.Run(traffic.name, func(t *testing.T) {
			n := newNetwork(t, "tcp", true, loopback(t))
			allowed := 0.0
			if traffic.message != nil {
				allowed++
			}
			if traffic.answers != nil {
				allowed++
			}
			perMessage := measure(t, n, traffic)
			if t.Logf("%.3f allocations a message", perMessage); perMessage > allowed+0.05 {
				t.Errorf("%.3f allocations a message, want %.0f", perMessage, allowed)
			}
		})
	}
}

// measure returns the allocations per message.
func measure(t *testing.T, n *network, tr traffic) float64 {
	config := n.config()
	config.Session.DisableThrottle, config.Fence = true, tr.fence
	b := &allocBot{t: t}
	loggedIn := make(chan struct{})
	r := start(t, config, func(e *engine.Engine) {
		b.Engine = e
		e.OnLoggedIn(func(*engine.Event) { close(loggedIn) })
		b.ping = func() {
			if _, err := e.Ping(); err != nil {
				t.Error(err)
			}
		}
		if tr.register != nil {
			tr.register(b)
		}
	})
	p := n.accept(t)
	p.login()
	<-loggedIn

	// Everything that the exchange will say is encoded now.
	measured := allocMeasured
	if n.wait == engine.WaitSpin {
		measured = allocSpinning
	}
	total := allocWarm + measured
	frames := make([][]byte, total)
	if tr.message != nil {
		for i := range frames {
			frames[i] = p.frame(tr.message(i))
		}
	}
	answer := make([]byte, 64<<10)
	var before, after runtime.MemStats
	for i := range total {
		if i == allocWarm {
			runtime.GC()
			runtime.ReadMemStats(&before)
		}
		if tr.act != nil {
			tr.act(b, i)
		}
		if frames[i] != nil {
			p.write(frames[i])
		}
		for read := 0; tr.answers != nil && read < tr.answers(i); {
			read += countFrames(t, p.conn, answer)
		}
		for tr.handled && b.handled.Load() < int64(i+1) {
			runtime.Gosched()
		}
	}
	runtime.ReadMemStats(&after)
	_ = r.Close()
	p.wantEnd()
	if mallocs := after.Mallocs - before.Mallocs; mallocs > allocNoise {
		return float64(mallocs) / float64(measured)
	}
	return 0
}

// countFrames reads whole frames of less than 128 bytes and returns their number.
func countFrames(t *testing.T, conn net.Conn, b []byte) (frames int) {
	n, err := conn.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	for b = b[:n]; len(b) > 0; frames++ {
		b = b[1+int(b[0]):]
	}
	return frames
}

// TestAMillionMessages runs without a cycle of the garbage collector.
func TestAMillionMessages(t *testing.T) {
	const messages, batch = 1_000_000, 1000
	n := newNetwork(t, "tcp", false, loopback(t))
	var handled atomic.Int64
	start(t, n.config(), func(e *engine.Engine) {
		e.OnOrderExecuted(func(*engine.Event, *msg.OrderExecuted) { handled.Add(1) })
	})
	p := n.accept(t)
	p.login()
	var m msg.OrderExecuted // without an account sequence, which would have to grow
	m.SetPrice(2500)
	m.SetQuantity(10000)
	m.SetOrderId(1001)
	m.SetSide(msg.SideBuy)
	m.SetMarketId(7)
	m.SetContractId(8)
	body, err := m.MarshalVT()
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 0, batch*128)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for sent := 0; sent < messages; {
		b = b[:0]
		for range batch {
			p.seq++
			head := envelope.Header{Type: uint32(msg.PayloadOrderExecuted), Seq: p.seq}
			size := head.SizeWithBody(len(body))
			at := len(b)
			b = b[:at+envelope.FrameSize(size)]
			copy(head.PutWithBody(envelope.PutFrameHeader(b[at:], size), len(body)), body)
		}
		p.write(b)
		sent += batch
		for handled.Load() < int64(sent-10*batch) {
			runtime.Gosched()
		}
	}
	for handled.Load() < messages {
		runtime.Gosched()
	}
	runtime.ReadMemStats(&after)
	if cycles := after.NumGC - before.NumGC; cycles != 0 {
		t.Errorf("%d cycles of the garbage collector, want 0", cycles)
	}
	if mallocs := after.Mallocs - before.Mallocs; mallocs > 10*allocNoise {
		t.Errorf("%d allocations", mallocs)
	}
}

// TestSendsAllocateNothing sends each message that a bot can send, from a loop of the
// bot's own and by handing it over, and lets it leave.
func TestSendsAllocateNothing(t *testing.T) {
	n := newNetwork(t, "tcp", false, loopback(t))
	config := n.config()
	config.Session.DisableThrottle = true
	e, err := engine.New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	loggedIn := false
	e.OnLoggedIn(func(*engine.Event) { loggedIn = true })
	go func() {
		p := &peer{conn: <-n.accepted}
		_, _ = p.tryReceive()
		_, _ = p.conn.Write(p.frame(loginResponse(2)))
		sink := make([]byte, 1<<16)
		for {
			if _, err := p.conn.Read(sink); err != nil {
				_ = p.conn.Close()
				return
			}
		}
	}()
	poll := func() {
		if err := e.Poll(); err != nil {
			t.Fatal(err)
		}
	}
	for !loggedIn {
		poll()
	}

	var (
		create    = backHome()
		cancel    msg.OrderCancel
		cancelAll msg.OrderCancelAll
		reduce    msg.OrderQuantityReduce
		replace   msg.OrderCancelReplace
		market    [2]msg.MarketSubscribe
		noMarket  msg.MarketUnsubscribe
		event     msg.EventSubscribe
		noEvent   msg.EventUnsubscribe
		settings  msg.Settings

		priceFeed    msg.PriceFeedSubscribe
		noPriceFeed  msg.PriceFeedUnsubscribe
		marketFeed   msg.MarketFeedSubscribe
		noMarketFeed msg.MarketFeedUnsubscribe
	)
	cancel.SetOrderId(1)
	reduce.SetOrderId(1)
	reduce.SetNewQuantity(10000)
	replace.SetOrigOrderId(1)
	replace.SetPrice(2500)
	replace.SetQuantity(10000)
	market[0].SetMarketId(7)
	market[1].SetMarketId(8)
	noMarket.SetMarketId(8)
	event.SetEventId(5)
	noEvent.SetEventId(5)
	settings.SetCancelAllOnFailure(false)
	submitter := e.Submitter()
	var s engine.Submission
	for name, send := range map[string]struct {
		here  func() (uint64, error)
		there func() error
	}{
		"order_create": {
			func() (uint64, error) { return e.SendOrderCreate(create) },
			func() error { return submitter.SendOrderCreate(create, &s) },
		},
		"order_cancel": {
			func() (uint64, error) { return e.SendOrderCancel(&cancel) },
			func() error { return submitter.SendOrderCancel(&cancel, &s) },
		},
		"order_cancel_all": {
			func() (uint64, error) { return e.SendOrderCancelAll(&cancelAll) },
			func() error { return submitter.SendOrderCancelAll(&cancelAll, &s) },
		},
		"order_quantity_reduce": {
			func() (uint64, error) { return e.SendOrderQuantityReduce(&reduce) },
			func() error { return submitter.SendOrderQuantityReduce(&reduce, &s) },
		},
		"order_cancel_replace": {
			func() (uint64, error) { return e.SendOrderCancelReplace(&replace) },
			func() error { return submitter.SendOrderCancelReplace(&replace, &s) },
		},
		"market_subscribe": {
			func() (uint64, error) { return e.SendMarketSubscribe(&market[0]) },
			func() error { return submitter.SendMarketSubscribe(&market[1], &s) },
		},
		"market_unsubscribe": {
			func() (uint64, error) { return e.SendMarketUnsubscribe(&noMarket) },
			func() error { return submitter.SendMarketUnsubscribe(&noMarket, &s) },
		},
		"event_subscribe": {
			func() (uint64, error) { return e.SendEventSubscribe(&event) },
			func() error { return submitter.SendEventSubscribe(&event, &s) },
		},
		"event_unsubscribe": {
			func() (uint64, error) { return e.SendEventUnsubscribe(&noEvent) },
			func() error { return submitter.SendEventUnsubscribe(&noEvent, &s) },
		},
		"price_feed_subscribe": {
			func() (uint64, error) { return e.SendPriceFeedSubscribe(&priceFeed) },
			func() error { return submitter.SendPriceFeedSubscribe(&priceFeed, &s) },
		},
		"price_feed_unsubscribe": {
			func() (uint64, error) { return e.SendPriceFeedUnsubscribe(&noPriceFeed) },
			func() error { return submitter.SendPriceFeedUnsubscribe(&noPriceFeed, &s) },
		},
		"market_feed_subscribe": {
			func() (uint64, error) { return e.SendMarketFeedSubscribe(&marketFeed) },
			func() error { return submitter.SendMarketFeedSubscribe(&marketFeed, &s) },
		},
		"market_feed_unsubscribe": {
			func() (uint64, error) { return e.SendMarketFeedUnsubscribe(&noMarketFeed) },
			func() error {
				return submitter.SendMarketFeedUnsubscribe(&noMarketFeed, &s)
			},
		},
		"settings": {
			func() (uint64, error) { return e.SendSettings(&settings) },
			func() error { return submitter.SendSettings(&settings, &s) },
		},
	} {
		here := func() {
			if _, err := send.here(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			poll()
		}
		there := func() {
			if err := send.there(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for poll(); !s.Done(); poll() {
			}
			if _, err := s.Result(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if n := testing.AllocsPerRun(100, here); n != 0 {
			t.Errorf("%s: %v allocations, want 0", name, n)
		}
		if n := testing.AllocsPerRun(100, there); n != 0 {
			t.Errorf("%s, submitted: %v allocations, want 0", name, n)
		}
	}
}

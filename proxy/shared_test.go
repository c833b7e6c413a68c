package proxy

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

const (
	orderAccepted  = msg.PayloadOrderAccepted
	rejected       = msg.PayloadOrderRejected
	cancelled      = msg.PayloadOrderCancelled
	notCancel      = msg.PayloadOrderCancelRejected
	notReduced     = msg.PayloadOrderQuantityReduceRejected
	executed       = msg.PayloadOrderExecuted
	allTaken       = msg.PayloadOrderCancelAllAccepted
	sessionMessage = msg.PayloadEto
)

// Clients that use the same references see their own orders only, under their own references and labels, and cannot
// touch those of others.
func TestOwnOrdersOnly(t *testing.T) {
	w := newWorld(t, simConfig(), three())
	anna, ben := w.login("anna"), w.login("ben")
	second := w.login("ben")

	anna.create(buy, 10_000, 3000, 7, func(o *msg.OrderCreate) { o.SetLabelString("mine") })
	a := anna.want(orderAccepted)[0].GetOrderAccepted()
	ben.want()
	ben.create(buy, 20_000, 3100, 7)
	b := ben.want(orderAccepted)[0].GetOrderAccepted()
	anna.want()
	if a.GetReference() != 7 || b.GetReference() != 7 || string(a.GetLabel()) != "mine" || b.HasLabel() ||
		a.GetOrderId() == b.GetOrderId() || a.GetAccountSequence_64() != 1 || b.GetAccountSequence_64() != 1 {
		t.Errorf("accepted %v and %v", a, b)
	}
	if a.HasAvailableBalance() || a.HasExposure() {
		t.Error("anna sees the account's balance")
	}
	same := second.want(orderAccepted)[0].GetOrderAccepted()
	if same.GetSeq() != 0 || same.GetOrderId() != b.GetOrderId() || b.GetSeq() == 0 {
		t.Errorf("ben's other connection got %v", same)
	}

	// Orders of others are not there.
	ben.cancel(a.GetOrderId(), 8)
	r := ben.want(notCancel)[0].GetOrderCancelRejected()
	if r.GetReason() != msg.OrderCancelRejectedNotFound || r.HasMarketId() || r.HasLabel() {
		t.Errorf("cancel of another's order: %v", r)
	}
	ben.send(func(m *msg.Payload) {
		m.MutableOrderQuantityReduce().SetOrderId(a.GetOrderId())
		m.MutableOrderQuantityReduce().SetNewQuantity(1)
	})
	ben.want(notReduced)
	ben.send(func(m *msg.Payload) {
		x := m.MutableOrderCancelReplace()
		x.SetOrigOrderId(a.GetOrderId())
		x.SetPrice(3000)
		x.SetQuantity(1000)
	})
	ben.want(notCancel)

	// Fills go to the owner, and so do the ends.
	rival(w, sell, 5000, 3100)
	ben.want(executed)
	anna.want()
	ben.cancelAll(0)
	ben.want(allTaken, cancelled)
	anna.want()
	w.sim.Exchange.SubmitCancel(sim.DemoUsername, a.GetOrderId())
	m := anna.want(cancelled)[0].GetOrderCancelled()
	if string(m.GetLabel()) != "mine" || m.HasReference() {
		t.Errorf("cancelled %v", m)
	}
	ben.want()

	// Another session of the account is nobody's business.
	direct := w.direct()
	direct.password(sim.DemoUsername, sim.DemoPassword)
	direct.create(buy, 10_000, 2000, 7, func(o *msg.OrderCreate) { o.SetLabelString("anna/mine") })
	anna.want()
	ben.want()
	if w.proxy.stats.Foreign == 0 {
		t.Error("no foreign message was counted")
	}
}

// order_cancel_all in a market, of the orders that are without an answer too, leaves the orders of other markets and
// clients.
func TestCancelAllScope(t *testing.T) {
	config := sim.DefaultConfig()
	config.Agents, config.Throttle.Off = sim.Agents{}, true
	w := newWorld(t, config, three())
	anna, ben := w.login("anna"), w.login("ben")
	other := func(o *msg.OrderCreate) { o.SetMarketId(100001); o.SetContractId(200010) }
	for i := range uint64(3) {
		anna.create(buy, 10_000, 3000+uint32(i), i+1)
		anna.create(buy, 10_000, 3000+uint32(i), i+11, other)
		ben.create(buy, 10_000, 2900+uint32(i), i+1)
	}
	anna.receive()
	anna.cancelAll(sim.DemoMarket)
	anna.want(allTaken, cancelled, cancelled, cancelled)
	if n := w.proxy.byName["anna"].open; n != 3 || w.proxy.byName["ben"].open != 3 {
		t.Errorf("%d orders of anna's are left, %d of ben's", n, w.proxy.byName["ben"].open)
	}
	// The exchange refuses cancels for a while: the proxy goes on until they are gone.
	for range 4 {
		w.sim.Exchange.ForceReject(msg.PayloadOrderCancel, int32(msg.OrderCancelRejectedThrottleExceeded), 1)
	}
	anna.cancelAll(0)
	w.wait(3 * time.Second)
	anna.want(allTaken, cancelled, cancelled, cancelled)
	if truth, _ := w.sim.Exchange.Truth(sim.DemoUsername); truth.Live != 3 {
		t.Errorf("%d orders are live, want ben's 3", truth.Live)
	}
}

// Limits are each client's own.
func TestLimits(t *testing.T) {
	config := three()
	config.Clients = append(config.Clients,
		Client{Name: "reader", Password: "reader", ReadOnly: true},
		Client{Name: "few", Password: "few", OrdersMax: 2, Rate: 1000, Burst: 1000},
		Client{Name: "small", Password: "small", QuantityMax: 5000, StakeMax: 2 * odds.Money(odds.Whole)},
		Client{Name: "slow", Password: "slow", Rate: 1, Burst: 2},
		Client{Name: "there", Password: "there", Markets: []uint32{100001}},
	)
	w := newWorld(t, simConfig(), config)
	reason := func(c *tester) msg.OrderRejectedReason {
		t.Helper()
		return c.want(rejected)[0].GetOrderRejected().GetReason()
	}
	reader := w.login("reader")
	reader.create(buy, 1000, 3000, 1)
	if r := reason(reader); r != msg.OrderRejectedAccountSuspended {
		t.Errorf("reader: %v", r)
	}
	few := w.login("few")
	few.create(buy, 1000, 3000, 1)
	few.create(buy, 1000, 3001, 2)
	few.receive()
	few.create(buy, 1000, 3002, 3)
	if r := reason(few); r != msg.OrderRejectedLimitExceeded {
		t.Errorf("few: %v", r)
	}
	few.cancelAll(0)
	few.receive()
	few.create(buy, 1000, 3002, 4)
	few.want(orderAccepted)

	small := w.login("small")
	small.create(buy, 5001, 3000, 1)
	if r := reason(small); r != msg.OrderRejectedStakeLimitExceeded {
		t.Errorf("small: %v", r)
	}
	// 0.50 at 30 % lose 0.15 when bought and 0.35 when sold.
	for i := range uint64(13) {
		small.create(buy, 5000, 3000, i)
		small.want(orderAccepted)
	}
	small.create(buy, 5000, 3000, 20)
	if r := reason(small); r != msg.OrderRejectedStakeLimitExceeded {
		t.Errorf("small: %v", r)
	}
	slow := w.login("slow")
	slow.create(buy, 1000, 3000, 1)
	slow.create(buy, 1000, 3000, 2)
	slow.receive()
	slow.create(buy, 1000, 3000, 3)
	if r := reason(slow); r != msg.OrderRejectedThrottleExceeded {
		t.Errorf("slow: %v", r)
	}
	w.wait(2 * time.Second)
	slow.create(buy, 1000, 3000, 4)
	slow.want(orderAccepted)
	other := w.login("slow") // another connection, the same limit
	other.create(buy, 1000, 3000, 5)
	other.receive()
	other.create(buy, 1000, 3000, 6)
	if r := reason(other); r != msg.OrderRejectedThrottleExceeded {
		t.Errorf("slow, on another connection: %v", r)
	}
	there := w.login("there")
	there.create(buy, 1000, 3000, 1)
	if r := reason(there); r != msg.OrderRejectedMarketNotFound {
		t.Errorf("there: %v", r)
	}
	there.subscribe(sim.DemoMarket)
	there.want()

	// The kill switch is the account's.
	if err := w.engine.Halt("test"); err != nil {
		t.Fatal(err)
	}
	w.wait(time.Second)
	few.receive()
	few.create(buy, 1000, 3000, 9)
	if r := reason(few); r != msg.OrderRejectedTradingSuspended {
		t.Errorf("halted: %v", r)
	}
}

// A client that subscribes late gets from the proxy what the exchange would send it, and then follows as well.
func TestLateJoiner(t *testing.T) {
	clients := three()
	clients.ResumeWindow = time.Minute
	w := newWorld(t, simConfig(), clients)
	random := rand.New(rand.NewPCG(1, 2))
	anna := w.login("anna")
	anna.subscribe(sim.DemoMarket)
	trade := func(n int) {
		for range n {
			w.sim.Exchange.Submit([]string{"rival", sim.DemoUsername}[random.IntN(2)], exchange.Create{
				Market: sim.DemoMarket, Contract: sim.DemoHome, Side: []msg.Side{buy, sell}[random.IntN(2)],
				Quantity: 1000 * (1 + random.Uint64N(50)), Price: 4000 + random.Uint32N(60)*10,
			})
			w.settle()
		}
	}
	for range 20 {
		trade(5)
		ben := w.login("ben")
		direct := w.direct()
		direct.password("rival", "rival")
		direct.receive()
		before := w.proxy.engine.Stats().Received[msg.PayloadMarketQuotes]
		ben.receive()
		ben.subscribe(sim.DemoMarket)
		direct.subscribe(sim.DemoMarket)
		trade(5)
		var got, want []string
		for _, m := range ben.receive() {
			got = append(got, body(m))
		}
		for _, m := range direct.receive() {
			if r, ok := reportOf(m); !ok || r.body == nil {
				want = append(want, body(m))
			}
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Fatalf("the exchange sends\n%s\n\nthe proxy\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
		}
		if n := w.proxy.engine.Stats().Received[msg.PayloadMarketQuotes]; n != before {
			t.Fatalf("the exchange was asked for %d snapshots", n-before)
		}
		ben.disconnect()
		direct.disconnect()
	}
	// Nobody is subscribed any more: the exchange is told after a while.
	anna.disconnect()
	w.wait(40 * time.Second)
	if len(w.proxy.markets) != 1 {
		t.Errorf("%d markets: a session that can be resumed goes on", len(w.proxy.markets))
	}
	w.wait(time.Minute)
	if len(w.proxy.markets) != 0 {
		t.Errorf("%d markets are still subscribed to", len(w.proxy.markets))
	}
}

// While the exchange is lost requests are rejected, then clients are logged out, and let in again when it is back.
func TestExchangeLost(t *testing.T) {
	w := newWorld(t, simConfig(), three())
	anna := w.login("anna")
	id := anna.accepted(buy, 1000, 3000, 1)
	anna.subscribe(sim.DemoMarket)
	anna.receive()

	w.broken = true
	w.lose()
	anna.create(buy, 1000, 3000, 2)
	r := anna.want(rejected)[0].GetOrderRejected()
	if r.GetReason() != msg.OrderRejectedServiceTemporarilyUnavailable || r.GetReference() != 2 || r.GetSeq() == 0 {
		t.Errorf("%v", r)
	}
	anna.cancel(id, 3)
	if r := anna.want(notCancel)[0].GetOrderCancelRejected(); r.GetReason() !=
		msg.OrderCancelRejectedServiceTemporarilyUnavailable {
		t.Errorf("%v", r)
	}
	anna.cancelAll(0)
	anna.want(msg.PayloadOrderCancelAllRejected)
	w.wait(4 * time.Second)
	anna.want()

	w.broken = false
	w.wait(10 * time.Second) // within a pause of reconnects
	list := anna.receive()
	text := ""
	for _, m := range list {
		text += line(m) + "\n"
	}
	if !strings.Contains(text, "LOGOUT SERVICE_TEMPORARILY_UNAVAILABLE") {
		t.Errorf("not logged out:\n%s", text)
	}
	if !anna.conn.Closing() {
		t.Error("not closing")
	}
	sequence := anna.account()
	anna.disconnect()
	rival(w, sell, 1000, 3000)
	anna = w.connect()
	anna.resumeAccount("anna", sequence)
	text = strings.Join(anna.lines(), "\n")
	fill := fmt.Sprintf("order_executed{price=3000 quantity_type=QUANTITY_PAYOFF_CURRENCY quantity=1000 "+
		"account_sequence=0 pending_timeout=0 order_id=%d", id)
	if !strings.Contains(text, fill) {
		t.Errorf("the fill is missing:\n%s", text)
	}
	anna.create(buy, 1000, 3000, 5)
	anna.want(orderAccepted)
}

// A short loss is not noticed but for a new snapshot.
func TestShortLoss(t *testing.T) {
	w := newWorld(t, simConfig(), three())
	anna := w.login("anna")
	anna.subscribe(sim.DemoMarket)
	anna.receive()
	w.lose()
	w.wait(time.Second)
	anna.want(msg.PayloadMarketQuotes, msg.PayloadMarketState)
	anna.create(buy, 1000, 3000, 2)
	anna.want(msg.PayloadContractQuotes, orderAccepted)
}

// Logins are refused until the first catch-up.
func TestLoginBeforeExchange(t *testing.T) {
	w := newWorld(t, simConfig(), three())
	w.stop()
	w.broken = true
	w.launch()
	c := w.connect()
	c.password("anna", "anna")
	if got := strings.Join(c.lines(), ""); got != "S1 LOGOUT SERVICE_TEMPORARILY_UNAVAILABLE" {
		t.Errorf("sent %s", got)
	}
}

// A client that asked for that has its own orders cancelled when it is silent, and nobody else's.
func TestDeadMan(t *testing.T) {
	w := newWorld(t, simConfig(), three())
	anna, ben := w.login("anna"), w.login("ben")
	anna.send(func(m *msg.Payload) { m.MutableSettings().SetCancelAllOnFailure(true) })
	anna.accepted(buy, 1000, 3000, 1)
	ben.accepted(buy, 1000, 3000, 1)
	anna.disconnect()
	for range 6 {
		w.wait(10 * time.Second)
		ben.eto(msg.EtoPayloadHeartbeat)
	}
	if a, b := w.proxy.byName["anna"].open, w.proxy.byName["ben"].open; a != 0 || b != 1 {
		t.Errorf("%d orders of anna's and %d of ben's are open", a, b)
	}
	truth, _ := w.sim.Exchange.Truth(sim.DemoUsername)
	if truth.Live != 1 {
		t.Errorf("%d orders are live", truth.Live)
	}
}

// A request that was lost with the connection is in doubt: the client hears of it what the exchange says, or nothing.
func TestDoubt(t *testing.T) {
	for name, arrives := range map[string]bool{"arrived": true, "lost": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, simConfig(), three())
			anna := w.login("anna")
			anna.accepted(buy, 1000, 2900, 9) // without any message nothing proves that the exchange repeats all
			l := w.links[len(w.links)-1]
			l.mute = true
			l.swallow = !arrives
			anna.create(buy, 1000, 3000, 1)
			anna.want()
			l.reset = true
			w.settle()
			if o := w.proxy.byName["anna"].open; o != 2 {
				t.Errorf("%d orders are open", o)
			}
			w.wait(3 * time.Second)
			if arrives {
				m := anna.want(orderAccepted)[0].GetOrderAccepted()
				if m.GetReference() != 1 {
					t.Errorf("%v", m)
				}
				return
			}
			for range 15 {
				w.wait(10 * time.Second)
				anna.eto(msg.EtoPayloadHeartbeat)
			}
			for _, m := range anna.receive() {
				if m.GetType() != sessionMessage {
					t.Errorf("invented: %v", line(m))
				}
			}
			if o := w.proxy.byName["anna"].open; o != 1 {
				t.Errorf("%d orders are open although the engine knows better", o)
			}
		})
	}
}

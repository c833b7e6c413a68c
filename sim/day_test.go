package sim

import (
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// Transcripts of a market's life: halts, voids, settlements, and requests other than create and cancel.

func do(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func kind(tif msg.TimeInForceType) func(*msg.OrderCreate) {
	return func(o *msg.OrderCreate) { o.SetTif(tif) }
}

func (c *client) idOf(ref uint64) uint64 {
	c.t.Helper()
	for _, o := range c.harness.sim.Exchange.Orders(DemoUsername) {
		if o.Reference == ref {
			return o.ID
		}
	}
	c.t.Fatalf("no order with reference %d", ref)
	return 0
}

func (c *client) reduce(id, quantity, ref uint64) {
	c.send(func(m *msg.Payload) {
		m.MutableOrderQuantityReduce().SetOrderId(id)
		m.MutableOrderQuantityReduce().SetNewQuantity(quantity)
		m.MutableOrderQuantityReduce().SetReference(ref)
	})
}

func (c *client) replace(id, quantity uint64, price uint32, ref uint64) {
	c.send(func(m *msg.Payload) {
		m.MutableOrderCancelReplace().SetOrigOrderId(id)
		m.MutableOrderCancelReplace().SetQuantity(quantity)
		m.MutableOrderCancelReplace().SetPrice(price)
		m.MutableOrderCancelReplace().SetReference(ref)
	})
}

func TestAccountSequenceResume(t *testing.T) {
	config := testConfig()
	config.Throttle = Throttle{}
	h := newHarness(t, config)
	c := h.login()
	c.create(buy, 10000, 3000, 76)
	c.create(buy, 10000, 3100, 77)
	h.sim.Exchange.Submit("rival", createRequest(sell, 10000, 3100))
	c.conn.Disconnected(h.sim.Now())
	h.sim.Exchange.Submit("rival", createRequest(sell, 10000, 3000))

	c = h.connect()
	c.send(func(m *msg.Payload) {
		m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
		m.MutableLogin().SetCookie([]byte(DemoToken))
		m.MutableLogin().SetAccountSequence(0)
		m.MutableLogin().SetAccountSequence_64(2)
	})
	c.want("S1 LOGIN_RESPONSE reset=2", "S2 limits 500/1000/200",
		"S3 replayed accepted seq=3 ref=77 #2 10000@3100",
		"S4 replayed executed #2 10000@3100 total=10000 avg=3100 available=0",
		"S5 replayed executed #1 10000@3000 total=10000 avg=3000 available=0")
}

// Reports older than the kept history are not sent, and nothing says so.
func TestAccountSequenceTooOld(t *testing.T) {
	config := testConfig()
	config.Limits.History = 3
	h := newHarness(t, config)
	c := h.login()
	for i := range uint64(5) {
		c.create(buy, 10000, 3000, i+1)
	}
	c.logout()
	c.wantClosed()
	c = h.connect()
	c.send(func(m *msg.Payload) {
		m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
		m.MutableLogin().SetCookie([]byte(DemoToken))
		m.MutableLogin().SetAccountSequence(1)
	})
	c.want("S1 LOGIN_RESPONSE reset=2",
		"S2 replayed accepted seq=4 ref=3 #3 10000@3000",
		"S3 replayed accepted seq=5 ref=4 #4 10000@3000",
		"S4 replayed accepted seq=6 ref=5 #5 10000@3000")
}

func TestTwoSessionsOfAnAccount(t *testing.T) {
	h := newHarness(t, testConfig())
	c, other := h.login(), h.login()
	c.create(buy, 10000, 3000, 1)
	c.want("S2 accepted seq=2 ref=1 #1 10000@3000")
	other.want("S2 accepted seq=0 ref=1 #1 10000@3000") // the Seq of another login's message is not reported
}

func TestCancelReplace(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	c.create(buy, 250000, 2500, 1)
	h.sim.Exchange.Submit("rival", createRequest(sell, 100000, 2500))
	c.create(sell, 10000, 4000, 2)
	c.receiveAll()
	orig := c.idOf(1)
	c.subscribe(DemoMarket)
	c.receiveAll()
	c.replace(orig, 300000, 2600, 6)
	c.want("S7 pending_replace #4 for #1 300000@2600 ref=6",
		"S8 quotes 200000 bids 2600:200000 2500:0",
		"S9 replace_accepted #4 for #1 300000@2600 left=200000 ref=6")
	c.replace(99, 300000, 2600, 7)
	c.want("S10 cancel_rejected #0 NOT_FOUND ref=7")
	next := c.idOf(6)
	c.replace(next, 300000, 4100, 8)
	c.want("S11 pending_replace #5 for #4 300000@4100 ref=8", "S12 replace_rejected #5 for #4 CROSSED_SELF ref=8")
	c.replace(orig, 300000, 2600, 9)
	c.want("S13 cancel_rejected #0 NOT_LIVE ref=9")
	c.cancel(next, 10)
	c.want("S14 quotes 200000 bids 2600:0", "S15 cancelled #4 MEMBER_REQUESTED ref=10 executed=0")
}

// With a delay the original may change between the stages.
func TestCancelReplaceTooLate(t *testing.T) {
	h := newHarness(t, testConfig())
	x := h.sim.Exchange
	x.SetReplaceDelay(int64(time.Second))
	c := h.login()
	for ref := uint64(1); ref <= 4; ref++ {
		c.create(buy, 10000, 3000, ref)
	}
	c.receiveAll()
	for ref := uint64(1); ref <= 4; ref++ {
		c.replace(c.idOf(ref), 20000, 3100, 10+ref)
	}
	c.replace(c.idOf(1), 20000, 3100, 20)
	c.cancel(c.idOf(2), 0)
	c.reduce(c.idOf(3), 5000, 30)
	x.Submit("rival", createRequest(sell, 4000, 3000))
	c.receiveAll()
	h.wait(time.Second)
	c.want("S14 replace_accepted #5 for #1 20000@3100 left=16000 ref=11",
		"S15 replace_rejected #6 for #2 TOO_LATE ref=12",
		"S16 replace_rejected #7 for #3 TOO_LATE ref=13",
		"S17 replace_accepted #8 for #4 20000@3100 left=20000 ref=14")
	truth, _ := x.Truth(DemoUsername)
	if want := Money(16000*3100 + 5000*3000 + 20000*3100); truth.Resting != want || truth.Pending != 0 {
		t.Errorf("%v is reserved for orders and %v pending, want %v and none", truth.Resting, truth.Pending, want)
	}
}

func managedConfig() Config {
	config := testConfig()
	config.Markets[0].PendingTimeout = int64(8 * time.Second)
	return config
}

func TestPendingFillConfirmedAndVoided(t *testing.T) {
	h := newHarness(t, managedConfig())
	x := h.sim.Exchange
	c := h.login()
	c.subscribe(DemoMarket)
	c.want("S2 market_quotes 100000 volume=0", "S3 market_state 100000 LIVE", "S4 managed_state 100000 MARKET_MANAGED")
	c.create(buy, 20000, 4000, 1)
	x.Submit("rival", createRequest(sell, 5000, 4000))
	c.receive()
	c.receiveAll()
	if truth, _ := x.Truth(DemoUsername); truth.Pending != 5000*4000 || truth.Matched != 0 {
		t.Errorf("%v is pending and %v matched", truth.Pending, truth.Matched)
	}
	h.wait(8 * time.Second)
	c.want("S9 execute_confirmed #1 5000@4000")
	if truth, _ := x.Truth(DemoUsername); truth.Pending != 0 || truth.Matched != 5000*4000 {
		t.Errorf("%v is pending and %v matched", truth.Pending, truth.Matched)
	}
	x.Submit("rival", createRequest(sell, 7000, 4000))
	c.receiveAll()
	do(t, x.Goal(DemoMarket, "goal"))
	c.want("S12 market_state 100000 HALTED",
		"S13 quotes 200000 bids 4000:0",
		"S14 cancelled #1 MARKET_HALTED executed=12000",
		"S15 execute_voided #1 7000@4000 executed=5000 available=0")
	c.beat()
	h.wait(9 * time.Second)
	c.want("S16 HEARTBEAT")
	if truth, _ := x.Truth(DemoUsername); truth.Pending != 0 || truth.Matched != 5000*4000 || truth.Resting != 0 {
		t.Errorf("truth %+v", truth)
	}
}

func TestPendingTimeoutIsSent(t *testing.T) {
	h := newHarness(t, managedConfig())
	c := h.login()
	c.create(buy, 5000, 4000, 1)
	c.receiveAll()
	h.sim.Exchange.Submit("rival", createRequest(sell, 5000, 4000))
	if got := c.next().GetOrderExecuted(); !got.HasPendingTimeout() || got.GetPendingTimeout() != 8 {
		t.Errorf("sent %v", got)
	}
}

// In danger, fills stay provisional.
func TestDangerDelaysConfirmation(t *testing.T) {
	h := newHarness(t, managedConfig())
	x := h.sim.Exchange
	c := h.login()
	c.send(func(m *msg.Payload) { m.MutableEventSubscribe().SetEventId(50000) })
	c.create(buy, 5000, 4000, 1)
	x.Submit("rival", createRequest(sell, 5000, 4000))
	c.receiveAll()
	do(t, x.Runningball(50000, danger(msg.RunningballStateDanger)))
	c.want(`S4 runningball 50000 RUNNINGBALL_STATE_DANGER "corner" RUNNINGBALL_PERIOD_FIRSTHALF 60000 0:0`)
	h.wait(9 * time.Second)
	c.want()
	do(t, x.Runningball(50000, danger(msg.RunningballStateSafe)))
	c.want(`S5 runningball 50000 RUNNINGBALL_STATE_SAFE "corner" RUNNINGBALL_PERIOD_FIRSTHALF 60000 0:0`,
		"S6 execute_confirmed #1 5000@4000")
	c.send(func(m *msg.Payload) { m.MutableEventUnsubscribe().SetEventId(50000) })
	do(t, x.Runningball(50000, danger(msg.RunningballStateSafe)))
	c.want()
}

func TestHaltKeepInPlayResumeSettle(t *testing.T) {
	h := newHarness(t, testConfig())
	x := h.sim.Exchange
	c := h.login()
	c.create(buy, 10000, 3000, 31)
	c.create(buy, 20000, 3000, 32, kind(msg.KeepInPlay))
	c.create(buy, 10000, 2900, 33, kind(msg.GoodTillHalted))
	x.Submit("rival", createRequest(sell, 5000, 3000))
	c.receiveAll()
	c.subscribe(DemoMarket)
	c.receiveAll()
	do(t, x.Halt(DemoMarket, "goal"))
	c.want("S8 market_state 100000 HALTED", "S9 quotes 200000 bids 3000:20000 2900:0",
		"S10 cancelled #1 MARKET_HALTED executed=5000", "S11 cancelled #3 MARKET_HALTED executed=0")
	c.create(buy, 10000, 3000, 34)
	c.want("S12 rejected seq=6 ref=34 MARKET_HALTED")
	do(t, x.SetState(DemoMarket, msg.MarketStateLive, ""))
	c.want("S13 market_state 100000 LIVE")
	x.Submit("rival", createRequest(sell, 5000, 3000))
	c.want("S14 quotes 200000 bids 3000:15000 traded BUY 5000@3000 low=3000 high=3000",
		"S15 executed #2 5000@3000 total=5000 avg=3000 available=15000")
	do(t, x.Settle(DemoMarket, "Home won", DemoHome))
	c.want("S16 market_state 100000 SETTLED", "S17 quotes 200000 bids 3000:0",
		"S18 cancelled #2 MARKET_HALTED executed=5000",
		`S19 balance_changed "Home won" 10000.7 0`)
	for username, want := range map[string]Money{
		DemoUsername: 10_000*Currency + 10000*7000,
		"rival":      10_000*Currency - 10000*7000,
	} {
		if truth, _ := x.Truth(username); truth.Cash != want || truth.Available != want || len(truth.Positions) != 0 {
			t.Errorf("%s: %+v, want %v", username, truth, want)
		}
	}
	c.create(buy, 10000, 3000, 35)
	c.want("S20 rejected seq=7 ref=35 MARKET_SETTLED")
}

func TestVoidMarket(t *testing.T) {
	h := newHarness(t, testConfig())
	x := h.sim.Exchange
	c := h.login()
	c.create(buy, 10000, 3000, 1)
	x.Submit("rival", createRequest(sell, 5000, 3000))
	c.receiveAll()
	do(t, x.VoidMarket(DemoMarket, "abandoned"))
	c.want("S4 cancelled #1 MARKET_HALTED executed=5000", "S5 voided #1 from 5000 to 0",
		`S6 balance_changed "abandoned" 10000 0`)
	if truth, _ := x.Truth("rival"); truth.Available != 10_000*Currency {
		t.Errorf("truth %+v", truth)
	}
}

func TestRemoveRunner(t *testing.T) {
	config := testConfig()
	config.Markets[0].NonRunners = true
	h := newHarness(t, config)
	x := h.sim.Exchange
	c := h.login()
	c.create(buy, 10000, 3000, 1)
	x.Submit("rival", createRequest(sell, 4000, 3000))
	away := func(o *msg.OrderCreate) { o.SetContractId(DemoAway) }
	c.create(buy, 5000, 2000, 2, away)
	r := createRequest(sell, 5000, 2000)
	r.Contract = DemoAway
	x.Submit("rival", r)
	c.receiveAll()
	do(t, x.RemoveRunner(DemoMarket, DemoAway, msg.ReduceTypeQuantity, 1000, "lame"))
	c.want("S6 cancelled #1 MARKET_HALTED executed=4000", "S7 voided #3 from 5000 to 0",
		"S8 reduced #1 from 4000 to 3600@3000", `S9 balance_changed "lame" 9999.892 -0.108`)
	do(t, x.SetState(DemoMarket, msg.MarketStateLive, ""))
	do(t, x.RemoveRunner(DemoMarket, DemoDraw, msg.ReduceTypePrice, 5000, "lame too"))
	// The buyer still pays 0.108; the winnings of 0.252 become 0.126: 0.234 at 46.15 %.
	c.want("S10 reduced #1 from 3600 to 2340@4615", `S11 balance_changed "lame too" 9999.892009 -0.107991`)
	do(t, x.Settle(DemoMarket, "over", DemoHome))
	if truth, _ := x.Truth(DemoUsername); truth.Cash != 10_000*Currency+2340*(10000-4615) {
		t.Errorf("cash %v", truth.Cash)
	}
}

func TestCancelOnFailure(t *testing.T) {
	set := func(c *client, on bool) {
		c.send(func(m *msg.Payload) { m.MutableSettings().SetCancelAllOnFailure(on) })
	}
	t.Run("heartbeats", func(t *testing.T) {
		h := newHarness(t, testConfig())
		c := h.login()
		c.create(buy, 10000, 3000, 1)
		c.send(func(m *msg.Payload) { m.MutableSettings() })
		set(c, true)
		c.send(func(m *msg.Payload) { m.MutableSettings() })
		c.want("S2 accepted seq=2 ref=1 #1 10000@3000",
			"S3 settings_accepted false", "S4 settings_accepted true", "S5 settings_accepted true")
		h.wait(time.Minute)
		c.want("S6 HEARTBEAT", "S7 HEARTBEAT", "S8 HEARTBEAT", "S9 HEARTBEAT", "S10 HEARTBEAT",
			"S11 LOGOUT HEARTBEAT_TIMEOUT")
		c.wantClosed()
		c = h.connect()
		c.send(func(m *msg.Payload) {
			m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
			m.MutableLogin().SetCookie([]byte(DemoToken))
			m.MutableLogin().SetAccountSequence_64(2)
		})
		c.want("S1 LOGIN_RESPONSE reset=2", "S2 replayed cancelled #1 MEMBER_REQUESTED executed=0")
		c.send(func(m *msg.Payload) { m.MutableSettings() })
		c.want("S3 settings_accepted false")
	})
	t.Run("loss", func(t *testing.T) {
		h := newHarness(t, testConfig())
		c := h.login()
		c.create(buy, 10000, 3000, 1)
		set(c, true)
		c.disconnect()
		h.wait(49 * time.Second)
		if truth, _ := h.sim.Exchange.Truth(DemoUsername); truth.Live != 1 {
			t.Error("cancelled within the grace")
		}
		h.wait(time.Second)
		if truth, _ := h.sim.Exchange.Truth(DemoUsername); truth.Live != 0 {
			t.Error("not cancelled")
		}
	})
	t.Run("logout", func(t *testing.T) {
		h := newHarness(t, testConfig())
		c := h.login()
		c.create(buy, 10000, 3000, 1)
		set(c, true)
		c.logout()
		c.wantClosed()
		h.wait(time.Hour)
		if truth, _ := h.sim.Exchange.Truth(DemoUsername); truth.Live != 1 {
			t.Error("a clean logout cancels")
		}
	})
}

func TestQuantityReduce(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	c.create(buy, 80000, 3000, 1)
	id := c.idOf(1)
	c.reduce(id, 50000, 8)
	c.reduce(id, 90000, 9)
	c.reduce(id, 0, 10)
	c.reduce(77, 1, 11)
	c.want("S2 accepted seq=2 ref=1 #1 80000@3000",
		"S3 quantity_reduced #1 new=50000 executed=0 ref=8",
		"S4 reduce_rejected #1 INVALID_NEW_QUANTITY new=90000 ref=9",
		"S5 reduce_rejected #1 INVALID_NEW_QUANTITY new=0 ref=10",
		"S6 reduce_rejected #0 NOT_FOUND new=1 ref=11")
	h.sim.Exchange.Submit("rival", createRequest(sell, 60000, 3000))
	c.want("S7 executed #1 50000@3000 total=50000 avg=3000 available=0")
	c.reduce(id, 1, 12)
	c.want("S8 reduce_rejected #1 NOT_LIVE new=1 ref=12")
}

func TestMinimumAcceptableQuantity(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	h.sim.Exchange.Submit("rival", createRequest(sell, 5000, 3000))
	c.create(buy, 10000, 3000, 1, func(o *msg.OrderCreate) { o.SetMaq(5001) })
	c.want("S2 accepted seq=2 ref=1 #2 10000@3000", "S3 cancelled #2 INSUFFICIENT_LIQUIDITY executed=0")
	c.create(buy, 10000, 3000, 2, func(o *msg.OrderCreate) { o.SetMaq(5000) })
	c.want("S4 accepted seq=3 ref=2 #3 10000@3000", "S5 executed #3 5000@3000 total=5000 avg=3000 available=5000")
}

// The published example of visible levels.
func TestWindow(t *testing.T) {
	h := newHarness(t, testConfig())
	x := h.sim.Exchange
	c := h.login()
	rest := map[uint32]uint64{}
	bid := func(price uint32, quantity uint64) {
		id, r := x.Submit("rival", createRequest(buy, quantity, price))
		if !r.OK() {
			t.Fatal(r)
		}
		rest[price] = id
	}
	for _, p := range []uint32{4900, 4800, 4700, 4600, 4500} {
		bid(p, 100000)
	}
	c.subscribe(DemoMarket)
	c.want("S2 market_quotes 100000 volume=0 {200000 bids 4900:100000 4800:100000 4700:100000 4600:100000 4500:100000}",
		"S3 market_state 100000 LIVE")
	bid(5000, 100000)
	c.want("S4 quotes 200000 bids 5000:100000") // 4500 is pushed out and not mentioned
	bid(4500, 300000)
	c.want() // a change of an invisible level
	x.Submit(DemoUsername, createRequest(sell, 400000, 5000))
	got := c.receiveAll()
	if got[0] != "S5 quotes 200000 bids 5000:0 4500:400000 offers 5000:300000 traded BUY 100000@5000 low=5000 "+
		"high=5000" {
		t.Error(got[0])
	}
	bid(4000, 30000)
	c.want()
	x.SubmitCancel("rival", rest[4800])
	c.want("S8 quotes 200000 bids 4800:0 4000:30000")
}

func TestFeeds(t *testing.T) {
	config := DefaultConfig()
	config.Agents, config.Throttle.Off = Agents{}, true
	h := newHarness(t, config)
	x := h.sim.Exchange
	c := h.login()
	c.send(func(m *msg.Payload) { m.MutablePriceFeedSubscribe() })
	c.want("S2 market_quotes 100000 volume=0", "S3 market_quotes 100001 volume=0")
	c.send(func(m *msg.Payload) { m.MutableMarketFeedSubscribe() })
	c.want("S4 market_state 100000 LIVE", "S5 managed_state 100000 MARKET_UNMANAGED",
		"S6 market_state 100001 LIVE", "S7 managed_state 100001 MARKET_UNMANAGED")
	c.subscribe(DemoMarket) // no message is sent twice
	c.want("S8 market_quotes 100000 volume=0", "S9 market_state 100000 LIVE")
	x.Submit("rival", createRequest(buy, 5000, 3000))
	r := createRequest(buy, 5000, 3000)
	r.Market, r.Contract = 100001, 200010
	x.Submit("rival", r)
	do(t, x.Halt(100001, ""))
	do(t, x.SetManaged(100001, true, int64(8*time.Second)))
	c.want("S10 quotes 200000 bids 3000:5000", "S11 quotes 200010 bids 3000:5000",
		"S12 market_state 100001 HALTED", "S13 quotes 200010 bids 3000:0", "S14 managed_state 100001 MARKET_MANAGED")
	c.send(func(m *msg.Payload) { m.MutablePriceFeedUnsubscribe() })
	c.send(func(m *msg.Payload) { m.MutableMarketFeedUnsubscribe() })
	do(t, x.SetState(100001, msg.MarketStateLive, ""))
	x.Submit("rival", r)
	c.want()
}

package sim

import (
	"fmt"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// Transcripts of orders and quotes.

func TestCreateAcceptCancel(t *testing.T) {
	c := newHarness(t, testConfig()).login()
	c.create(buy, 100000, 2500, 1)
	m := c.next().GetOrderAccepted()
	id := m.GetOrderId()
	if m.GetAvailableBalance() != 9997.5 || m.GetExposure() != -2.5 || m.GetAccountSequence_64() != 1 {
		t.Errorf("accepted with %v", m)
	}
	c.cancel(id, 2)
	got := c.next().GetOrderCancelled()
	if got.GetAvailableBalance() != 10000 || got.GetAccountSequence_64() != 2 {
		t.Errorf("cancelled with %v", got)
	}
	c.cancel(id, 3)
	c.want("S4 cancel_rejected #1 NOT_LIVE ref=3")
	c.cancel(77, 4)
	c.want("S5 cancel_rejected #0 NOT_FOUND ref=4")
}

func TestFullExecution(t *testing.T) {
	h := newHarness(t, testConfig())
	x, y := h.login(), h.loginAs("rival")
	x.create(buy, 50000, 2500, 1)
	y.create(sell, 50000, 2500, 1)
	x.want("S2 accepted seq=2 ref=1 #1 50000@2500", "S3 executed #1 50000@2500 total=50000 avg=2500 available=0")
	y.want("S2 accepted seq=2 ref=1 #2 50000@2500", "S3 executed #2 50000@2500 total=50000 avg=2500 available=0")
}

func TestPartialFillsAtBetterPrice(t *testing.T) {
	h := newHarness(t, testConfig())
	c, y := h.login(), h.loginAs("rival")
	y.create(sell, 100000, 2400, 1)
	c.create(buy, 400000, 2500, 9)
	m := c.next()
	id := m.GetOrderAccepted().GetOrderId()
	if got := brief(m); got != "S2 accepted seq=2 ref=9 #2 400000@2500" {
		t.Error(got)
	}
	c.want("S3 executed #2 100000@2400 total=100000 avg=2400 available=300000")
	y.create(sell, 50000, 2500, 2)
	c.cancel(id, 0)
	c.cancel(id, 0)
	c.want("S4 executed #2 50000@2500 total=150000 avg=2433 available=250000",
		"S5 cancelled #2 MEMBER_REQUESTED executed=150000",
		"S6 cancel_rejected #2 NOT_LIVE")
}

func TestInvalidAndRejected(t *testing.T) {
	c := newHarness(t, testConfig()).login()
	c.create(buy, 2147483648, 2000, 1)
	c.create(buy, 100000, 10000, 2)
	c.create(buy, 2147483648, 10000, 3)
	c.create(buy, 100000, 2000, 4, func(o *msg.OrderCreate) { o.SetMarketId(99999999) })
	c.create(buy, 100000, 2000, 5, func(o *msg.OrderCreate) { o.SetContractId(0) })
	c.create(buy, 100000, 2000, 6, func(o *msg.OrderCreate) { o.ClearPrice() })
	c.create(buy, 2147483647, 9999, 7)
	c.want("S2 invalid seq=2 ref=1 INVALID_QUANTITY",
		"S3 invalid seq=3 ref=2 INVALID_PRICE",
		"S4 invalid seq=4 ref=3 INVALID_QUANTITY INVALID_PRICE",
		"S5 rejected seq=5 ref=4 MARKET_NOT_FOUND",
		"S6 rejected seq=6 ref=5 CONTRACT_NOT_FOUND",
		"S7 invalid seq=7 ref=6 INVALID_PRICE",
		"S8 rejected seq=8 ref=7 INSUFFICIENT_FUNDS")
}

func TestSubscriptionAroundAnOrder(t *testing.T) {
	c := newHarness(t, testConfig()).login()
	c.subscribe(DemoMarket)
	c.want("S2 market_quotes 100000 volume=0", "S3 market_state 100000 LIVE")
	c.create(buy, 20000, 5000, 1)
	c.want("S4 quotes 200000 bids 5000:20000", "S5 accepted seq=3 ref=1 #1 20000@5000")
	id := c.harness.sim.Exchange.Orders(DemoUsername)[0].ID
	c.cancel(id, 0)
	c.want("S6 quotes 200000 bids 5000:0", "S7 cancelled #1 MEMBER_REQUESTED executed=0")
	c.logout()
	c.want("S8 LOGOUT CONFIRMATION")
}

func TestSnapshotAndUnsubscribe(t *testing.T) {
	h := newHarness(t, testConfig())
	y, c := h.loginAs("rival"), h.login()
	y.create(sell, 30000, 5200, 1)
	y.create(sell, 10000, 5100, 2)
	c.create(buy, 15000, 5150, 1)
	c.receiveAll()
	c.subscribe(DemoMarket)
	c.subscribe(12345)
	c.want("S4 market_quotes 100000 volume=10000 {200000 bids 5150:5000 offers 5200:30000 "+
		"last SELL 10000@5100 low=5100 high=5100}",
		"S5 market_state 100000 LIVE", "S6 market_quotes 12345 volume=0")
	y.create(sell, 5000, 5000, 3)
	c.want("S7 quotes 200000 bids 5150:0 traded BUY 5000@5150 low=5100 high=5150",
		"S8 executed #3 5000@5150 total=15000 avg=5117 available=0")
	c.send(func(m *msg.Payload) { m.MutableMarketUnsubscribe().SetMarketId(DemoMarket) })
	y.create(buy, 5000, 5000, 4)
	c.want()
}

func TestTenCreatesTenCancels(t *testing.T) {
	c := newHarness(t, testConfig()).login()
	var want []string
	for i := range uint64(10) {
		c.create(buy, 10000, 3100+100*uint32(i), i+1)
		want = append(want, fmt.Sprintf("S%d accepted seq=%d ref=%d #%d 10000@%d", i+2, i+2, i+1, i+1, 3100+100*i))
	}
	c.want(want...)
	want = nil
	for i, o := range c.harness.sim.Exchange.Orders(DemoUsername) {
		c.cancel(o.ID, 0)
		want = append(want, fmt.Sprintf("S%d cancelled #%d MEMBER_REQUESTED executed=0", i+12, i+1))
	}
	c.logout()
	c.want(append(want, "S22 LOGOUT CONFIRMATION")...)
}

func TestCancelAll(t *testing.T) {
	config := DefaultConfig()
	config.Agents, config.Throttle.Off = Agents{}, true
	c := newHarness(t, config).login()
	c.create(buy, 10000, 3000, 1)
	c.create(buy, 10000, 3000, 2, func(o *msg.OrderCreate) { o.SetMarketId(100001); o.SetContractId(200010) })
	c.create(buy, 10000, 2900, 3)
	c.receiveAll()
	all := func(ref uint64, market uint32) {
		c.send(func(m *msg.Payload) {
			m.MutableOrderCancelAll().SetReference(ref)
			if market != 0 {
				m.MutableOrderCancelAll().SetMarketId(market)
			}
		})
	}
	all(5, DemoMarket)
	c.want("S5 cancel_all_accepted ref=5", "S6 cancelled #1 MEMBER_REQUESTED executed=0",
		"S7 cancelled #3 MEMBER_REQUESTED executed=0")
	all(6, 0)
	c.want("S8 cancel_all_accepted ref=6", "S9 cancelled #2 MEMBER_REQUESTED executed=0")
}

func TestImmediateOrCancel(t *testing.T) {
	h := newHarness(t, testConfig())
	c, y := h.login(), h.loginAs("rival")
	y.create(sell, 10000, 3000, 1)
	c.create(buy, 30000, 3100, 4, func(o *msg.OrderCreate) { o.SetTif(msg.ImmediateOrCancel) })
	c.want("S2 accepted seq=2 ref=4 #2 30000@3100",
		"S3 executed #2 10000@3000 total=10000 avg=3000 available=20000",
		"S4 cancelled #2 INSUFFICIENT_LIQUIDITY executed=10000")
}

func TestCrossedSelf(t *testing.T) {
	h := newHarness(t, testConfig())
	c, y := h.login(), h.loginAs("rival")
	y.create(sell, 10000, 3000, 1)
	c.create(sell, 10000, 3100, 2)
	c.create(buy, 10000, 3100, 3) // is filled before it reaches the account's own order
	c.create(buy, 10000, 3100, 4)
	c.want("S2 accepted seq=2 ref=2 #2 10000@3100",
		"S3 accepted seq=3 ref=3 #3 10000@3100",
		"S4 executed #3 10000@3000 total=10000 avg=3000 available=0",
		"S5 rejected seq=4 ref=4 CROSSED_SELF")
}

func TestThrottle(t *testing.T) {
	config := testConfig()
	config.Throttle = Throttle{Rate: 10, Burst: 5, Tick: time.Second}
	h := newHarness(t, config)
	c := h.connect()
	c.password(DemoUsername, DemoPassword)
	c.want("S1 LOGIN_RESPONSE reset=2", "S2 limits 10/5/1000")
	for i := range uint64(6) {
		c.create(buy, 10000, 3000, i+1)
	}
	got := c.receiveAll()
	if len(got) != 6 || got[4] != "S7 accepted seq=6 ref=5 #5 10000@3000" ||
		got[5] != "S8 rejected seq=7 ref=6 THROTTLE_EXCEEDED" {
		t.Errorf("sent %q", got)
	}
	c.cancel(1, 9)
	c.want("S9 cancel_rejected #0 THROTTLE_EXCEEDED ref=9")
	h.wait(time.Second)
	c.create(buy, 10000, 3000, 7)
	c.want("S10 accepted seq=9 ref=7 #6 10000@3000")
}

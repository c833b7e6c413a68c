package sim

import (
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// The transcripts of the protocol, as the exchange's side of them.

func TestLoginPingLogout(t *testing.T) {
	c := newBench(t, testConfig()).connect()
	c.password(DemoUsername, DemoPassword)
	c.want("S1 LOGIN_RESPONSE reset=2")
	c.ping()
	c.want("S2 PONG")
	c.logout()
	c.want("S3 LOGOUT CONFIRMATION")
	c.wantClosed()
}

func TestLoginTellsLimitsFirst(t *testing.T) {
	config := testConfig()
	config.Throttle = Throttle{}
	b := newBench(t, config)
	c := b.connect()
	c.token(DemoToken)
	m := c.next()
	r := m.GetEtoPayload().GetLoginResponse()
	if len(r.GetSession()) != 18 || r.GetReset() != 2 || string(r.GetEmail()) != "demo@example.com" || r.GetId() != 13872755517445011 {
		t.Fatalf("login response %v", m)
	}
	c.want("S2 limits 500/1000/200")
	b.wait(10 * time.Second)
	c.want("S3 HEARTBEAT")
	c.beat()
	b.wait(10 * time.Second)
	c.want("S4 HEARTBEAT")
}

func TestUnauthorised(t *testing.T) {
	for name, login := range map[string]func(*client){
		"password": func(c *client) { c.password(DemoUsername, "wrong") },
		"username": func(c *client) { c.password("nobody", DemoPassword) },
		"token":    func(c *client) { c.token("wrong") },
		"nothing":  func(c *client) { c.password("", "") },
	} {
		t.Run(name, func(t *testing.T) {
			c := newBench(t, testConfig()).connect()
			login(c)
			c.receive()
			if got := hex.EncodeToString(c.raw); got != "0e0801120a0801100918003a020807" {
				t.Errorf("sent %s", got)
			}
			c.want("S1 LOGOUT UNAUTHORISED")
			c.wantClosed()
		})
	}
}

func TestServerBytes(t *testing.T) {
	config := testConfig()
	b := newBench(t, config)
	c := b.login()
	at := len(c.raw)
	want := func(what, bytes string) {
		t.Helper()
		c.receive()
		if got := hex.EncodeToString(c.raw[at:]); got != bytes {
			t.Errorf("%s: sent %s, want %s", what, got, bytes)
		}
		at = len(c.raw)
	}
	c.ping()
	want("pong", "0a08011206080210031800")
	b.wait(10 * time.Second)
	want("heartbeat", "0a08011206080310051800")
	c.sendAt(9, func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadPing) })
	want("replay", "0e0801120a08041006180022020803")
	c.logout()
	want("logout", "0e0801120a0805100918003a020803")
}

func TestServerLimitsBytes(t *testing.T) {
	config := testConfig()
	config.Throttle = Throttle{}
	c := newBench(t, config).login()
	c.take()
	const limits = "14082412040802" + "1800aa020908f40310e80718c801"
	if got := hex.EncodeToString(c.raw[len(c.raw)-len(limits)/2:]); got != limits {
		t.Errorf("sent ...%s, want %s", got, limits)
	}
}

func TestHeartbeatExchange(t *testing.T) {
	b := newBench(t, testConfig())
	c := b.login()
	c.ping()
	c.want("S2 PONG")
	b.wait(10 * time.Second)
	c.want("S3 HEARTBEAT")
	c.beat()
	c.want()
	c.ping()
	c.want("S4 PONG")
}

func TestHeartbeatTimeout(t *testing.T) {
	config := testConfig()
	config.Throttle = Throttle{}
	b := newBench(t, config)
	c := b.login()
	b.wait(59 * time.Second)
	c.want("S3 HEARTBEAT", "S4 HEARTBEAT", "S5 HEARTBEAT", "S6 HEARTBEAT", "S7 HEARTBEAT")
	b.wait(time.Second)
	c.want("S8 LOGOUT HEARTBEAT_TIMEOUT")
	c.wantClosed()
}

// A client that is silent while the exchange has much to say is logged out as
// well, though no heartbeat is due to it.
func TestHeartbeatTimeoutWithoutHeartbeats(t *testing.T) {
	b := newBench(t, testConfig())
	c := b.login()
	c.subscribe(DemoMarket)
	c.take()
	for i := range 11 {
		b.wait(5 * time.Second)
		b.sim.Exchange.Submit("rival", createRequest(buy, 1000, uint32(1000+i)))
	}
	for _, line := range c.take() {
		if line[len(line)-9:] == "HEARTBEAT" {
			t.Errorf("sent %q", line)
		}
	}
	b.wait(5 * time.Second)
	c.want("S15 LOGOUT HEARTBEAT_TIMEOUT")
}

// Five unanswered heartbeats are enough, even if something was heard after the
// exchange last spoke.
func TestHeartbeatsAreCounted(t *testing.T) {
	b := newBench(t, testConfig())
	c := b.login()
	b.wait(5 * time.Second)
	c.beat()
	b.wait(55*time.Second - 1)
	c.want("S2 HEARTBEAT", "S3 HEARTBEAT", "S4 HEARTBEAT", "S5 HEARTBEAT", "S6 HEARTBEAT")
	b.wait(1)
	c.want("S7 LOGOUT HEARTBEAT_TIMEOUT")
}

// A client that answers stays for as long as it likes.
func TestAnsweredHeartbeats(t *testing.T) {
	b := newBench(t, testConfig())
	c := b.login()
	for i := range 100 {
		b.wait(10 * time.Second)
		c.want(fmt.Sprintf("S%d HEARTBEAT", i+2))
		c.beat()
	}
}

// What comes twice is carried out once.
func TestDuplicate(t *testing.T) {
	c := newBench(t, testConfig()).login()
	for range 3 {
		c.sendAt(2, func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadPing) })
	}
	c.want("S2 PONG")
	if s := c.p.Stats(); s.Discarded != 2 {
		t.Errorf("%+v", s)
	}
}

// A session without a connection goes on: it keeps what there is to tell, as much
// as fits.
func TestResumeAfterMuch(t *testing.T) {
	config := testConfig()
	config.Limits.OutFrames = 16
	b := newBench(t, config)
	c := b.connect()
	c.password(DemoUsername, DemoPassword)
	session := string(c.next().GetEtoPayload().GetLoginResponse().GetSession())
	c.subscribe(DemoMarket)
	c.lose()
	for i := range 100 {
		b.sim.Exchange.Submit("rival", createRequest(buy, 1000, uint32(1000+i)))
	}
	c = b.connect()
	c.resume(session, 3)
	c.want("S104 LOGIN_RESPONSE reset=4")
	c.replay(102)
	c.want("S102 replayed quotes 200000 bids 1098:1000", "S103 replayed quotes 200000 bids 1099:1000", "S104 replayed GAPFILL")
}

func TestReplay(t *testing.T) {
	c := newBench(t, testConfig()).login()
	c.ping()
	c.ping()
	c.want("S2 PONG", "S3 PONG")
	c.replay(2)
	c.want("S2 replayed PONG", "S3 replayed PONG")
	c.logout()
	c.want("S4 LOGOUT CONFIRMATION")
}

func TestReplayGapfills(t *testing.T) {
	b := newBench(t, testConfig())
	c := b.login()
	b.wait(10 * time.Second)
	c.create(buy, 1000, 2500, 1)
	c.take()
	c.replay(1)
	c.want("S1 replayed GAPFILL", "S2 replayed GAPFILL", "S3 replayed accepted seq=2 ref=1 #1 1000@2500")
}

// What is not kept any more is not made up.
func TestReplayTooOld(t *testing.T) {
	config := testConfig()
	config.Limits.OutFrames = 8
	c := newBench(t, config).login()
	for range 10 {
		c.ping()
		c.take()
	}
	c.replay(2)
	c.want("S12 LOGOUT UNKNOWN_SESSION")
	c.wantClosed()
}

func TestResume(t *testing.T) {
	b := newBench(t, testConfig())
	c := b.connect()
	c.password(DemoUsername, DemoPassword)
	session := string(c.next().GetEtoPayload().GetLoginResponse().GetSession())
	c.lose()

	c = b.connect()
	c.resume(session, 2)
	c.want("S2 LOGIN_RESPONSE reset=3")
	c.logout()
	c.want("S3 LOGOUT CONFIRMATION")
}

func TestResumeWithLoss(t *testing.T) {
	b := newBench(t, testConfig())
	c := b.connect()
	c.password(DemoUsername, DemoPassword)
	session := string(c.next().GetEtoPayload().GetLoginResponse().GetSession())
	c.ping()
	c.p.Lost(b.sim.Now()) // with the pong

	c = b.connect()
	c.resume(session, 3)
	c.want("S3 LOGIN_RESPONSE reset=4")
	c.replay(2)
	c.want("S2 replayed PONG", "S3 replayed GAPFILL")
	c.logout()
	c.want("S4 LOGOUT CONFIRMATION")
}

func TestServerAsksForReplay(t *testing.T) {
	b := newBench(t, testConfig())
	c := b.connect()
	c.password(DemoUsername, DemoPassword)
	session := string(c.next().GetEtoPayload().GetLoginResponse().GetSession())
	c.create(buy, 1000, 2500, 1)
	id := c.next().GetOrderAccepted().GetOrderId()
	c.lose()

	c = b.connect() // 3 to 5 never arrived
	c.resume(session, 6)
	c.want("S3 LOGIN_RESPONSE reset=7", "S4 REPLAY from 3")
	again := func(seq uint64, fill func(*msg.Payload)) {
		c.sendAt(seq, func(m *msg.Payload) {
			m.MutableEtoPayload().SetIsReplay(true)
			fill(m)
		})
	}
	again(3, func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadPing) })
	again(4, func(m *msg.Payload) { m.MutableOrderCancel().SetOrderId(id) })
	again(5, func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadPing) })
	again(6, func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadGapfill) })
	c.want("S5 PONG", "S6 cancelled #1 MEMBER_REQUESTED executed=0", "S7 PONG")
	c.ping()
	c.want("S8 PONG")
}

// A session is resumed although the exchange has not noticed the loss yet.
func TestResumeTakesOver(t *testing.T) {
	b := newBench(t, testConfig())
	old := b.connect()
	old.password(DemoUsername, DemoPassword)
	session := string(old.next().GetEtoPayload().GetLoginResponse().GetSession())

	c := b.connect()
	c.resume(session, 2)
	c.ping()
	c.want()
	old.wantClosed()
	c.want("S2 LOGIN_RESPONSE reset=3", "S3 PONG")
}

func TestResumeOfAnExpiredSession(t *testing.T) {
	b := newBench(t, testConfig())
	c := b.connect()
	c.password(DemoUsername, DemoPassword)
	session := string(c.next().GetEtoPayload().GetLoginResponse().GetSession())
	c.lose()
	b.wait(24 * time.Hour)

	for _, name := range []string{session, "OLD"} {
		c = b.connect()
		c.resume(name, 31)
		c.want("S1 LOGOUT UNKNOWN_SESSION")
		c.wantClosed()
	}
}

// A session belongs to its account.
func TestResumeOfAForeignSession(t *testing.T) {
	b := newBench(t, testConfig())
	c := b.connect()
	c.password("rival", "rival")
	session := string(c.next().GetEtoPayload().GetLoginResponse().GetSession())
	c.lose()
	c = b.connect()
	c.resume(session, 2)
	c.want("S1 LOGOUT UNKNOWN_SESSION")
}

func TestLogoutEndsTheSession(t *testing.T) {
	b := newBench(t, testConfig())
	c := b.connect()
	c.password(DemoUsername, DemoPassword)
	session := string(c.next().GetEtoPayload().GetLoginResponse().GetSession())
	c.logout()
	c.wantClosed()
	c = b.connect()
	c.resume(session, 3)
	c.want("S1 LOGOUT UNKNOWN_SESSION")
}

func TestLoginRefusals(t *testing.T) {
	config := testConfig()
	config.Accounts[1].Unverified = true
	b := newBench(t, config)

	c := b.connect()
	c.ping()
	c.want("S1 LOGOUT LOGIN_NOT_FIRST_SEQ")
	c.wantClosed()

	c = b.connect()
	c.out = 2
	c.password(DemoUsername, DemoPassword)
	c.want("S1 LOGOUT LOGIN_NOT_FIRST_SEQ")

	c = b.connect()
	c.password("rival", "rival")
	c.want("S1 LOGOUT UNVERIFIED")

	c = b.connect()
	b.wait(10*time.Second - 1)
	c.want()
	b.wait(1)
	c.want("S1 LOGOUT LOGIN_TIMEOUT")
	c.wantClosed()

	b.sim.Host.Refuse(msg.EtoLogoutDowntime)
	c = b.connect()
	c.password(DemoUsername, DemoPassword)
	c.want("S1 LOGOUT DOWNTIME")
}

func TestCreateAcceptCancel(t *testing.T) {
	c := newBench(t, testConfig()).login()
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
	b := newBench(t, testConfig())
	x, y := b.login(), b.loginAs("rival")
	x.create(buy, 50000, 2500, 1)
	y.create(sell, 50000, 2500, 1)
	x.want("S2 accepted seq=2 ref=1 #1 50000@2500", "S3 executed #1 50000@2500 total=50000 avg=2500 available=0")
	y.want("S2 accepted seq=2 ref=1 #2 50000@2500", "S3 executed #2 50000@2500 total=50000 avg=2500 available=0")
}

func TestPartialFillsAtBetterPrice(t *testing.T) {
	b := newBench(t, testConfig())
	c, y := b.login(), b.loginAs("rival")
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
	c := newBench(t, testConfig()).login()
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
	c := newBench(t, testConfig()).login()
	c.subscribe(DemoMarket)
	c.want("S2 market_quotes 100000 volume=0", "S3 market_state 100000 LIVE")
	c.create(buy, 20000, 5000, 1)
	c.want("S4 quotes 200000 bids 5000:20000", "S5 accepted seq=3 ref=1 #1 20000@5000")
	id := c.b.sim.Exchange.Orders(DemoUsername)[0].ID
	c.cancel(id, 0)
	c.want("S6 quotes 200000 bids 5000:0", "S7 cancelled #1 MEMBER_REQUESTED executed=0")
	c.logout()
	c.want("S8 LOGOUT CONFIRMATION")
}

func TestSnapshotAndUnsubscribe(t *testing.T) {
	b := newBench(t, testConfig())
	y, c := b.loginAs("rival"), b.login()
	y.create(sell, 30000, 5200, 1)
	y.create(sell, 10000, 5100, 2)
	c.create(buy, 15000, 5150, 1)
	c.take()
	c.subscribe(DemoMarket)
	c.subscribe(12345)
	c.want("S4 market_quotes 100000 volume=10000 {200000 bids 5150:5000 offers 5200:30000 last SELL 10000@5100 low=5100 high=5100}",
		"S5 market_state 100000 LIVE", "S6 market_quotes 12345 volume=0")
	y.create(sell, 5000, 5000, 3)
	c.want("S7 quotes 200000 bids 5150:0 traded BUY 5000@5150 low=5100 high=5150",
		"S8 executed #3 5000@5150 total=15000 avg=5117 available=0")
	c.send(func(m *msg.Payload) { m.MutableMarketUnsubscribe().SetMarketId(DemoMarket) })
	y.create(buy, 5000, 5000, 4)
	c.want()
}

func TestTenCreatesTenCancels(t *testing.T) {
	c := newBench(t, testConfig()).login()
	var want []string
	for i := range uint64(10) {
		c.create(buy, 10000, 3100+100*uint32(i), i+1)
		want = append(want, fmt.Sprintf("S%d accepted seq=%d ref=%d #%d 10000@%d", i+2, i+2, i+1, i+1, 3100+100*i))
	}
	c.want(want...)
	want = nil
	for i, o := range c.b.sim.Exchange.Orders(DemoUsername) {
		c.cancel(o.ID, 0)
		want = append(want, fmt.Sprintf("S%d cancelled #%d MEMBER_REQUESTED executed=0", i+12, i+1))
	}
	c.logout()
	c.want(append(want, "S22 LOGOUT CONFIRMATION")...)
}

func TestCancelAll(t *testing.T) {
	config := DefaultConfig()
	config.Life, config.Throttle.Off = Life{}, true
	c := newBench(t, config).login()
	c.create(buy, 10000, 3000, 1)
	c.create(buy, 10000, 3000, 2, func(o *msg.OrderCreate) { o.SetMarketId(100001); o.SetContractId(200010) })
	c.create(buy, 10000, 2900, 3)
	c.take()
	all := func(ref uint64, market uint32) {
		c.send(func(m *msg.Payload) {
			m.MutableOrderCancelAll().SetReference(ref)
			if market != 0 {
				m.MutableOrderCancelAll().SetMarketId(market)
			}
		})
	}
	all(5, DemoMarket)
	c.want("S5 cancel_all_accepted ref=5", "S6 cancelled #1 MEMBER_REQUESTED executed=0", "S7 cancelled #3 MEMBER_REQUESTED executed=0")
	all(6, 0)
	c.want("S8 cancel_all_accepted ref=6", "S9 cancelled #2 MEMBER_REQUESTED executed=0")
}

func TestImmediateOrCancel(t *testing.T) {
	b := newBench(t, testConfig())
	c, y := b.login(), b.loginAs("rival")
	y.create(sell, 10000, 3000, 1)
	c.create(buy, 30000, 3100, 4, func(o *msg.OrderCreate) { o.SetTif(msg.ImmediateOrCancel) })
	c.want("S2 accepted seq=2 ref=4 #2 30000@3100",
		"S3 executed #2 10000@3000 total=10000 avg=3000 available=20000",
		"S4 cancelled #2 INSUFFICIENT_LIQUIDITY executed=10000")
}

func TestCrossedSelf(t *testing.T) {
	b := newBench(t, testConfig())
	c, y := b.login(), b.loginAs("rival")
	y.create(sell, 10000, 3000, 1)
	c.create(sell, 10000, 3100, 2)
	c.create(buy, 10000, 3100, 3) // is filled before it gets to the own order
	c.create(buy, 10000, 3100, 4)
	c.want("S2 accepted seq=2 ref=2 #2 10000@3100",
		"S3 accepted seq=3 ref=3 #3 10000@3100",
		"S4 executed #3 10000@3000 total=10000 avg=3000 available=0",
		"S5 rejected seq=4 ref=4 CROSSED_SELF")
}

func TestThrottle(t *testing.T) {
	config := testConfig()
	config.Throttle = Throttle{Rate: 10, Burst: 5, Tick: time.Second}
	b := newBench(t, config)
	c := b.connect()
	c.password(DemoUsername, DemoPassword)
	c.want("S1 LOGIN_RESPONSE reset=2", "S2 limits 10/5/1000")
	for i := range uint64(6) {
		c.create(buy, 10000, 3000, i+1)
	}
	got := c.take()
	if len(got) != 6 || got[4] != "S7 accepted seq=6 ref=5 #5 10000@3000" || got[5] != "S8 rejected seq=7 ref=6 THROTTLE_EXCEEDED" {
		t.Errorf("sent %q", got)
	}
	c.cancel(1, 9)
	c.want("S9 cancel_rejected #0 THROTTLE_EXCEEDED ref=9")
	b.wait(time.Second)
	c.create(buy, 10000, 3000, 7)
	c.want("S10 accepted seq=9 ref=7 #6 10000@3000")
}

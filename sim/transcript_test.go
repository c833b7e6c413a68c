package sim

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// Transcripts of the session layer.

func TestLoginPingLogout(t *testing.T) {
	c := newHarness(t, testConfig()).connect()
	c.password(DemoUsername, DemoPassword)
	c.want("S1 LOGIN_RESPONSE reset=2")
	c.ping()
	c.want("S2 PONG")
	c.logout()
	c.want("S3 LOGOUT CONFIRMATION")
	c.wantClosed()
}

func TestLoginSendsLimitsFirst(t *testing.T) {
	config := testConfig()
	config.Throttle = Throttle{}
	h := newHarness(t, config)
	c := h.connect()
	c.token(DemoToken)
	m := c.next()
	r := m.GetEtoPayload().GetLoginResponse()
	if len(r.GetSession()) != 18 || r.GetReset() != 2 || string(r.GetEmail()) != "demo@example.com" ||
		r.GetId() != 13872755517445011 {
		t.Fatalf("login response %v", m)
	}
	c.want("S2 limits 500/1000/200")
	h.wait(10 * time.Second)
	c.want("S3 HEARTBEAT")
	c.beat()
	h.wait(10 * time.Second)
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
			c := newHarness(t, testConfig()).connect()
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
	h := newHarness(t, config)
	c := h.login()
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
	h.wait(10 * time.Second)
	want("heartbeat", "0a08011206080310051800")
	c.sendAt(9, func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadPing) })
	want("replay", "0e0801120a08041006180022020803")
	c.logout()
	want("logout", "0e0801120a0805100918003a020803")
}

func TestServerLimitsBytes(t *testing.T) {
	config := testConfig()
	config.Throttle = Throttle{}
	c := newHarness(t, config).login()
	c.receiveAll()
	const limits = "14082412040802" + "1800aa020908f40310e80718c801"
	if got := hex.EncodeToString(c.raw[len(c.raw)-len(limits)/2:]); got != limits {
		t.Errorf("sent ...%s, want %s", got, limits)
	}
}

func TestHeartbeatExchange(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	c.ping()
	c.want("S2 PONG")
	h.wait(10 * time.Second)
	c.want("S3 HEARTBEAT")
	c.beat()
	c.want()
	c.ping()
	c.want("S4 PONG")
}

func TestHeartbeatTimeout(t *testing.T) {
	config := testConfig()
	config.Throttle = Throttle{}
	h := newHarness(t, config)
	c := h.login()
	h.wait(59 * time.Second)
	c.want("S3 HEARTBEAT", "S4 HEARTBEAT", "S5 HEARTBEAT", "S6 HEARTBEAT", "S7 HEARTBEAT")
	h.wait(time.Second)
	c.want("S8 LOGOUT HEARTBEAT_TIMEOUT")
	c.wantClosed()
}

// Five heartbeats without an answer are enough, even if a message arrived after the exchange last sent one.
func TestHeartbeatsAreCounted(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	h.wait(5 * time.Second)
	c.beat()
	h.wait(55*time.Second - 1)
	c.want("S2 HEARTBEAT", "S3 HEARTBEAT", "S4 HEARTBEAT", "S5 HEARTBEAT", "S6 HEARTBEAT")
	h.wait(1)
	c.want("S7 LOGOUT HEARTBEAT_TIMEOUT")
}

// A client that answers heartbeats stays connected.
func TestAnsweredHeartbeats(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	for i := range 100 {
		h.wait(10 * time.Second)
		c.want(fmt.Sprintf("S%d HEARTBEAT", i+2))
		c.beat()
	}
}

// A duplicate message is carried out once.
func TestDuplicate(t *testing.T) {
	c := newHarness(t, testConfig()).login()
	for range 3 {
		c.sendAt(2, func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadPing) })
	}
	c.want("S2 PONG")
	if s := c.conn.Stats(); s.Discarded != 2 {
		t.Errorf("%+v", s)
	}
}

// A disconnected session keeps its messages as far as they fit.
func TestResumeAfterMuch(t *testing.T) {
	config := testConfig()
	config.Limits.OutFrames = 16
	h := newHarness(t, config)
	c := h.connect()
	c.password(DemoUsername, DemoPassword)
	session := string(c.next().GetEtoPayload().GetLoginResponse().GetSession())
	c.subscribe(DemoMarket)
	c.disconnect()
	for i := range 100 {
		h.sim.Exchange.Submit("rival", createRequest(buy, 1000, uint32(1000+i)))
	}
	c = h.connect()
	c.resume(session, 3)
	c.want("S104 LOGIN_RESPONSE reset=4")
	c.replay(102)
	c.want("S102 replayed quotes 200000 bids 1098:1000", "S103 replayed quotes 200000 bids 1099:1000",
		"S104 replayed GAPFILL")
}

func TestReplay(t *testing.T) {
	c := newHarness(t, testConfig()).login()
	c.ping()
	c.ping()
	c.want("S2 PONG", "S3 PONG")
	c.replay(2)
	c.want("S2 replayed PONG", "S3 replayed PONG")
	c.logout()
	c.want("S4 LOGOUT CONFIRMATION")
}

func TestReplayGapfills(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	h.wait(10 * time.Second)
	c.create(buy, 1000, 2500, 1)
	c.receiveAll()
	c.replay(1)
	c.want("S1 replayed GAPFILL", "S2 replayed GAPFILL", "S3 replayed accepted seq=2 ref=1 #1 1000@2500")
}

// A replay of messages that are not kept ends the session.
func TestReplayTooOld(t *testing.T) {
	config := testConfig()
	config.Limits.OutFrames = 8
	c := newHarness(t, config).login()
	for range 10 {
		c.ping()
		c.receiveAll()
	}
	c.replay(2)
	c.want("S12 LOGOUT UNKNOWN_SESSION")
	c.wantClosed()
}

func TestResume(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.connect()
	c.password(DemoUsername, DemoPassword)
	session := string(c.next().GetEtoPayload().GetLoginResponse().GetSession())
	c.disconnect()

	c = h.connect()
	c.resume(session, 2)
	c.want("S2 LOGIN_RESPONSE reset=3")
	c.logout()
	c.want("S3 LOGOUT CONFIRMATION")
}

func TestResumeWithLoss(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.connect()
	c.password(DemoUsername, DemoPassword)
	session := string(c.next().GetEtoPayload().GetLoginResponse().GetSession())
	c.ping()
	c.conn.Disconnected(h.sim.Now()) // with the pong unsent

	c = h.connect()
	c.resume(session, 3)
	c.want("S3 LOGIN_RESPONSE reset=4")
	c.replay(2)
	c.want("S2 replayed PONG", "S3 replayed GAPFILL")
	c.logout()
	c.want("S4 LOGOUT CONFIRMATION")
}

func TestServerRequestsReplay(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.connect()
	c.password(DemoUsername, DemoPassword)
	session := string(c.next().GetEtoPayload().GetLoginResponse().GetSession())
	c.create(buy, 1000, 2500, 1)
	id := c.next().GetOrderAccepted().GetOrderId()
	c.disconnect()

	c = h.connect() // 3 to 5 were lost
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

// A session is resumed although the exchange has not noticed the disconnect yet.
func TestResumeTakesOver(t *testing.T) {
	h := newHarness(t, testConfig())
	old := h.connect()
	old.password(DemoUsername, DemoPassword)
	session := string(old.next().GetEtoPayload().GetLoginResponse().GetSession())

	c := h.connect()
	c.resume(session, 2)
	c.ping()
	c.want()
	old.wantClosed()
	c.want("S2 LOGIN_RESPONSE reset=3", "S3 PONG")
}

func TestResumeOfAnExpiredSession(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.connect()
	c.password(DemoUsername, DemoPassword)
	session := string(c.next().GetEtoPayload().GetLoginResponse().GetSession())
	c.disconnect()
	h.wait(24 * time.Hour)

	for _, name := range []string{session, "OLD"} {
		c = h.connect()
		c.resume(name, 31)
		c.want("S1 LOGOUT UNKNOWN_SESSION")
		c.wantClosed()
	}
}

// A session belongs to its account.
func TestResumeOfAForeignSession(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.connect()
	c.password("rival", "rival")
	session := string(c.next().GetEtoPayload().GetLoginResponse().GetSession())
	c.disconnect()
	c = h.connect()
	c.resume(session, 2)
	c.want("S1 LOGOUT UNKNOWN_SESSION")
}

// Another account cannot take it over while it is open either.
func TestTakeOverOfAForeignSession(t *testing.T) {
	h := newHarness(t, testConfig())
	old := h.connect()
	old.password("rival", "rival")
	session := string(old.next().GetEtoPayload().GetLoginResponse().GetSession())
	c := h.connect()
	c.resume(session, 2)
	c.want("S1 LOGOUT UNKNOWN_SESSION")
	old.ping()
	old.want("S2 PONG")
}

// A client that resumes with an old sequence is sent the exchange's next one.
func TestResumeWithAnOldSequence(t *testing.T) {
	h := newHarness(t, testConfig())
	c, session := h.sessionOf()
	for range 3 {
		c.ping()
	}
	c.disconnect()
	c = h.connect()
	c.resume(session, 3)
	c.want("S5 LOGIN_RESPONSE reset=5")
	c.out = 5
	c.ping()
	c.want("S6 PONG")
}

// Credentials of more than 256 bytes are refused.
func TestLongCredentials(t *testing.T) {
	for n, want := range map[int]string{256: "S1 LOGIN_RESPONSE reset=2", 257: "S1 LOGOUT UNAUTHORISED"} {
		config := testConfig()
		config.Accounts[0].Token = strings.Repeat("x", n)
		c := newHarness(t, config).connect()
		c.token(config.Accounts[0].Token)
		c.want(want)
	}
}

func TestLogoutEndsTheSession(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.connect()
	c.password(DemoUsername, DemoPassword)
	session := string(c.next().GetEtoPayload().GetLoginResponse().GetSession())
	c.logout()
	c.wantClosed()
	c = h.connect()
	c.resume(session, 3)
	c.want("S1 LOGOUT UNKNOWN_SESSION")
}

func TestLoginRefusals(t *testing.T) {
	config := testConfig()
	config.Accounts[1].Unverified = true
	h := newHarness(t, config)

	c := h.connect()
	c.ping()
	c.want("S1 LOGOUT LOGIN_NOT_FIRST_SEQ")
	c.wantClosed()

	c = h.connect()
	c.out = 2
	c.password(DemoUsername, DemoPassword)
	c.want("S1 LOGOUT LOGIN_NOT_FIRST_SEQ")

	c = h.connect()
	c.password("rival", "rival")
	c.want("S1 LOGOUT UNVERIFIED")

	c = h.connect()
	h.wait(10*time.Second - 1)
	c.want()
	h.wait(1)
	c.want("S1 LOGOUT LOGIN_TIMEOUT")
	c.wantClosed()

	h.sim.RefuseLogins(msg.EtoLogoutDowntime)
	c = h.connect()
	c.password(DemoUsername, DemoPassword)
	c.want("S1 LOGOUT DOWNTIME")
}

package sim

import (
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// beats counts the heartbeats received and answers each if echo is set.
func (c *client) beats(echo bool) (n int) {
	for m := c.next(); m != nil; m = c.next() {
		if m.GetEtoPayload().GetType() == msg.EtoPayloadHeartbeat {
			n++
			if echo {
				c.beat()
			}
		}
	}
	return n
}

// A client that only reads a busy market and answers heartbeats stays: the exchange sends heartbeats at fixed
// intervals, whatever else it sends.
func TestHeartbeatsComeOnTheirSchedule(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	c.subscribe(DemoMarket)
	total := 0
	for i := range 600 {
		h.wait(time.Second)
		h.sim.Exchange.Submit("rival", createRequest(buy, 1000, uint32(1000+i)))
		n := c.beats(true)
		total += n
		if want := (i + 1) / 10; total != want {
			t.Fatalf("%d heartbeats after %d s, want %d", total, i+1, want)
		}
		if c.conn.Closing() {
			t.Fatalf("logged out after %d s", i+1)
		}
	}
}

// A client that is silent on a busy market is logged out after as many heartbeats as any other.
func TestHeartbeatTimeoutOnABusyMarket(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	c.subscribe(DemoMarket)
	total := 0
	for i := range 59 {
		h.wait(time.Second)
		h.sim.Exchange.Submit("rival", createRequest(buy, 1000, uint32(1000+i)))
		total += c.beats(false)
	}
	if total != 5 || c.conn.Closing() {
		t.Errorf("%d heartbeats, closing %v", total, c.conn.Closing())
	}
	h.wait(time.Second)
	c.want("S68 LOGOUT HEARTBEAT_TIMEOUT")
	c.wantClosed()
	const want = "sim: logged out: HEARTBEAT_TIMEOUT, no message for 1m0s"
	if err := logoutError(c.conn); err == nil || err.Error() != want {
		t.Errorf("the cause is %v", err)
	}
}

// Every message counts: a client that sends only requests need not answer heartbeats.
func TestEveryMessageCounts(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	for range 100 {
		h.wait(50 * time.Second)
		c.ping()
		c.receiveAll()
	}
	if c.conn.Closing() {
		t.Error("logged out")
	}
}

// Time in which the exchange itself stood still does not count as the client's silence.
func TestStandstillIsNotSilence(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	h.wait(30 * time.Second)
	c.want("S2 HEARTBEAT", "S3 HEARTBEAT", "S4 HEARTBEAT")
	c.beat()
	h.sim.Tick(h.sim.Now() + int64(time.Hour))
	c.want("S5 HEARTBEAT")
	h.wait(10*time.Second - 1)
	c.want()
	h.wait(1)
	c.want("S6 HEARTBEAT")
}

// The interval of a resumed session starts with the resume.
func TestHeartbeatsAfterAResume(t *testing.T) {
	h := newHarness(t, testConfig())
	c, session := h.sessionOf()
	h.wait(29 * time.Second)
	c.disconnect()
	h.wait(29 * time.Second)
	c = h.connect()
	c.resume(session, 2)
	c.receiveAll()
	h.wait(10*time.Second - 1)
	c.want()
	h.wait(1)
	c.want("S5 HEARTBEAT")
}

// The cause of a logout is reported if it is something that the client did or failed to do.
func TestLogoutCause(t *testing.T) {
	for _, k := range []struct {
		want string
		do   func(*harness, *client)
	}{
		{"UNAUTHORISED", func(_ *harness, c *client) { c.password(DemoUsername, "secret") }},
		{"LOGIN_NOT_FIRST_SEQ", func(_ *harness, c *client) { c.ping() }},
		{"LOGIN_TIMEOUT, no message for 10s", func(h *harness, _ *client) { h.wait(10 * time.Second) }},
		{"UNKNOWN_SESSION", func(_ *harness, c *client) { c.resume("x", 1) }},
		{"UNVERIFIED", func(_ *harness, c *client) { c.password("rival", "rival") }},
		{"HEARTBEAT_TIMEOUT, no message for 55s", func(h *harness, c *client) { h.late(c) }},
		{"", func(_ *harness, c *client) { c.password(DemoUsername, DemoPassword); c.logout() }},
		{"", func(h *harness, c *client) {
			c.password(DemoUsername, DemoPassword)
			h.sim.LogoutAll(msg.EtoLogoutDowntime)
		}},
	} {
		config := testConfig()
		config.Accounts[1].Unverified = true
		h := newHarness(t, config)
		c := h.connect()
		k.do(h, c)
		got := ""
		if err := logoutError(c.conn); err != nil {
			got = strings.TrimPrefix(err.Error(), "sim: logged out: ")
		}
		if got != k.want {
			t.Errorf("got %q, want %q", got, k.want)
		}
	}
}

// late logs in and sends its last message 5 s later.
func (h *harness) late(c *client) {
	c.password(DemoUsername, DemoPassword)
	h.wait(5 * time.Second)
	c.beat()
	h.wait(time.Minute)
}

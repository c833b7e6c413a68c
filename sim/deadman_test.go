package sim

import (
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// armed logs in, places an order and turns cancel_all_on_failure on.
func (h *harness) armed(username string) *client {
	h.t.Helper()
	c := h.loginAs(username)
	c.create(buy, 10000, 3000, 1)
	c.set(true)
	c.receiveAll()
	return c
}

func (c *client) set(cancelAllOnFailure bool) {
	c.send(func(m *msg.Payload) { m.MutableSettings().SetCancelAllOnFailure(cancelAllOnFailure) })
}

// idle advances the clock while every client answers heartbeats.
func (h *harness) idle(d time.Duration, clients ...*client) {
	h.t.Helper()
	for end := h.sim.Now() + int64(d); h.sim.Now() < end; {
		h.wait(min(time.Second, time.Duration(end-h.sim.Now())))
		for _, c := range clients {
			for m := c.next(); m != nil; m = c.next() {
				if m.GetEtoPayload().GetType() == msg.EtoPayloadHeartbeat {
					c.beat()
				}
			}
			if c.conn.Closing() {
				h.t.Fatalf("%s is closed for %v", c.conn.Username(), c.conn.Err())
			}
		}
	}
}

func (h *harness) wantLive(username string, want int, when string) {
	h.t.Helper()
	if truth, _ := h.sim.Exchange.Truth(username); truth.Live != want {
		h.t.Errorf("%s: %s has %d live orders, want %d", when, username, truth.Live, want)
	}
}

// sessionOf logs in as the demo account and returns the session's name.
func (h *harness) sessionOf() (*client, string) {
	c := h.connect()
	c.password(DemoUsername, DemoPassword)
	return c, string(c.next().GetEtoPayload().GetLoginResponse().GetSession())
}

// Limits are per account: no account makes another's sessions be released or its switch fire.
func TestAccountsDoNotEvictEachOther(t *testing.T) {
	h := newHarness(t, testConfig())
	c, session := h.sessionOf()
	c.create(buy, 10000, 3000, 1)
	c.set(true)
	c.receiveAll()
	c.disconnect()
	for range 40 {
		h.loginAs("rival").disconnect()
	}
	h.wantLive(DemoUsername, 1, "after another account's 40 sessions")
	c = h.connect()
	c.resume(session, 4)
	c.want("S4 LOGIN_RESPONSE reset=5")
	h.idle(time.Hour, c)
	h.wantLive(DemoUsername, 1, "an hour after a resume")
}

// An account's sessions beyond the limit are released, the one that disconnected first, and their switches
// still fire in time.
func TestSessionsKeptOfAnAccount(t *testing.T) {
	h := newHarness(t, testConfig())
	var names []string
	var clients []*client
	for range 18 {
		c, name := h.sessionOf()
		names, clients = append(names, name), append(clients, c)
	}
	clients[0].create(buy, 10000, 3000, 1)
	for _, c := range clients {
		c.set(true)
		c.receiveAll()
	}
	for _, c := range clients {
		c.disconnect()
		h.wait(time.Second)
	}
	h.wantLive(DemoUsername, 1, "before its time")
	h.wait(50*time.Second - 18*time.Second - 1)
	h.wantLive(DemoUsername, 1, "just before the first one's time")
	h.wait(1)
	h.wantLive(DemoUsername, 0, "at the first one's time")
	for i, name := range names {
		c := h.connect()
		c.resume(name, 4)
		got := c.receiveAll()[0]
		if unknown := got == "S1 LOGOUT UNKNOWN_SESSION"; unknown != (i < 2) {
			t.Errorf("session %d: %s", i, got)
		}
	}
}

// A login of the account before the switch fires disarms it.
func TestReconnectDisarms(t *testing.T) {
	for name, back := range map[string]func(*harness, string) *client{
		"new login": func(h *harness, _ string) *client { return h.login() },
		"resume": func(h *harness, session string) *client {
			c := h.connect()
			c.resume(session, 4)
			return c
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, testConfig())
			c, session := h.sessionOf()
			c.create(buy, 10000, 3000, 1)
			c.set(true)
			c.receiveAll()
			c.disconnect()
			h.wait(50*time.Second - 1)
			c = back(h, session)
			h.idle(time.Hour, c)
			h.wantLive(DemoUsername, 1, "an hour later")
		})
	}
}

// A resumed session still has its switch; a new session has none.
func TestSwitchAfterReconnect(t *testing.T) {
	h := newHarness(t, testConfig())
	c, session := h.sessionOf()
	c.create(buy, 10000, 3000, 1)
	c.set(true)
	c.receiveAll()
	c.disconnect()
	c = h.connect()
	c.resume(session, 4)
	c.receiveAll()
	c.disconnect()
	c = h.login()
	c.disconnect()
	h.wait(time.Minute)
	h.wantLive(DemoUsername, 1, "after the loss of a session without a switch")
	c = h.connect()
	c.resume(session, 5)
	c.receiveAll()
	c.disconnect()
	h.wait(50 * time.Second)
	h.wantLive(DemoUsername, 0, "after the loss of a resumed session")

	// It fired once. After a resume it can fire again.
	c = h.connect()
	c.resume(session, 6)
	c.create(buy, 10000, 3000, 2)
	c.receiveAll()
	c.disconnect()
	h.wait(50*time.Second - 1)
	h.wantLive(DemoUsername, 1, "before its time")
	h.wait(1)
	h.wantLive(DemoUsername, 0, "after the second loss")
}

// A session that was open before, and another account's login, do not disarm.
func TestWhatDoesNotDisarm(t *testing.T) {
	h := newHarness(t, testConfig())
	other := h.login()
	c := h.armed(DemoUsername)
	c.disconnect()
	rival := h.loginAs("rival")
	h.idle(50*time.Second, other, rival)
	h.wantLive(DemoUsername, 0, "at its time")
}

// If an account logs in anew while its half-open connection is still open, the end of that connection, by
// silence or by a late disconnect, does not cancel its orders.
func TestHalfOpenDoesNotFireAfterReconnect(t *testing.T) {
	for _, late := range []bool{false, true} {
		h := newHarness(t, testConfig())
		old := h.armed(DemoUsername)
		h.wait(30 * time.Second) // until the client's watchdog gives up the connection
		c := h.login()
		c.create(buy, 10000, 2900, 2)
		if late {
			old.disconnect()
		}
		h.idle(30*time.Second, c)
		if !late {
			old.receiveAll()
			old.wantClosed()
		}
		h.idle(time.Hour, c)
		h.wantLive(DemoUsername, 2, "after a reconnect")
	}
}

// A client that sends a message after another login of its account keeps its switch.
func TestTwoSessionsHaveTheirSwitches(t *testing.T) {
	h := newHarness(t, testConfig())
	first := h.armed(DemoUsername)
	second := h.login()
	first.beat()
	first.disconnect()
	h.idle(50*time.Second, second)
	h.wantLive(DemoUsername, 0, "after the first one's loss")

	first = h.armed(DemoUsername)
	second = h.login()
	first.beat()
	h.idle(time.Minute, second) // the first is silent
	h.wantLive(DemoUsername, 0, "after the first one's silence")
}

// Every end of a connection but the client's own logout arms the switch.
func TestEveryEndArms(t *testing.T) {
	for name, end := range map[string]func(*harness, *client){
		"not reading": func(_ *harness, c *client) {
			for !c.conn.Closing() {
				c.ping()
			}
		},
		"broken frame":    func(_ *harness, c *client) { c.bytes([]byte{4, 0xff, 0xff, 0xff, 0xff}) },
		"replay too old":  func(_ *harness, c *client) { c.flood(); c.replay(1) },
		"exchange closes": func(h *harness, _ *client) { h.sim.LogoutAll(msg.EtoLogoutDowntime) },
	} {
		t.Run(name, func(t *testing.T) {
			for _, kept := range []int{0, -1} {
				config := testConfig()
				config.Limits = Limits{OutFrames: 64, SessionsKept: kept}
				h := newHarness(t, config)
				c := h.armed(DemoUsername)
				end(h, c)
				if name != "not reading" {
					c.receive()
				}
				if !c.conn.Closing() {
					t.Fatal("the connection is not closed")
				}
				c.conn.Disconnected(h.sim.Now())
				h.wait(50*time.Second - 1)
				h.wantLive(DemoUsername, 1, "before its time")
				h.wait(1)
				h.wantLive(DemoUsername, 0, "at its time")
			}
		})
	}
}

// flood causes so many messages that the oldest are not kept any more.
func (c *client) flood() {
	for range 100 {
		c.ping()
		c.receiveAll()
	}
}

// The delay is the interval times the heartbeats, unless it is set.
func TestFailureDelay(t *testing.T) {
	for _, k := range []struct {
		change func(*Config)
		want   time.Duration
	}{
		{func(*Config) {}, 50 * time.Second},
		{func(c *Config) { c.HeartbeatInterval = 2 * time.Second }, 10 * time.Second},
		{func(c *Config) { c.Heartbeats = 2 }, 20 * time.Second},
		{func(c *Config) { c.FailureDelay = 3 * time.Second }, 3 * time.Second},
	} {
		config := testConfig()
		k.change(&config)
		h := newHarness(t, config)
		c := h.armed(DemoUsername)
		c.disconnect()
		h.wait(k.want - 1)
		h.wantLive(DemoUsername, 1, "before its time")
		h.wait(1)
		h.wantLive(DemoUsername, 0, "at its time")
	}
	config := testConfig()
	config.FailureDelay = -1
	if _, err := New(config); err == nil || err.Error() != "sim: FailureDelay: is negative" {
		t.Errorf("a negative delay: %v", err)
	}
}

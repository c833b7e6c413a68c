package sim

import (
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// armed logs in, places an order and asks for the dead man's switch.
func (b *harness) armed(username string) *client {
	b.t.Helper()
	c := b.loginAs(username)
	c.create(buy, 10000, 3000, 1)
	c.set(true)
	c.receiveAll()
	return c
}

func (c *client) set(cancelAllOnFailure bool) {
	c.send(func(m *msg.Payload) { m.MutableSettings().SetCancelAllOnFailure(cancelAllOnFailure) })
}

// idle lets time pass while every client answers heartbeats.
func (b *harness) idle(d time.Duration, clients ...*client) {
	b.t.Helper()
	for end := b.sim.Now() + int64(d); b.sim.Now() < end; {
		b.wait(min(time.Second, time.Duration(end-b.sim.Now())))
		for _, c := range clients {
			for m := c.next(); m != nil; m = c.next() {
				if m.GetEtoPayload().GetType() == msg.EtoPayloadHeartbeat {
					c.beat()
				}
			}
			if c.conn.Closing() {
				b.t.Fatalf("%s is closed for %v", c.conn.Username(), c.conn.Err())
			}
		}
	}
}

func (b *harness) wantLive(username string, want int, when string) {
	b.t.Helper()
	if truth, _ := b.sim.Exchange.Truth(username); truth.Live != want {
		b.t.Errorf("%s: %s has %d live orders, want %d", when, username, truth.Live, want)
	}
}

// sessionOf logs in as the demo account and returns the session's name.
func (b *harness) sessionOf() (*client, string) {
	c := b.connect()
	c.password(DemoUsername, DemoPassword)
	return c, string(c.next().GetEtoPayload().GetLoginResponse().GetSession())
}

// Limits are per account: whatever one account does, another's sessions are kept and its
// switch does not fire.
func TestAccountsDoNotEvictEachOther(t *testing.T) {
	b := newHarness(t, testConfig())
	c, session := b.sessionOf()
	c.create(buy, 10000, 3000, 1)
	c.set(true)
	c.receiveAll()
	c.disconnect()
	for range 40 {
		b.loginAs("rival").disconnect()
	}
	b.wantLive(DemoUsername, 1, "after another account's 40 sessions")
	c = b.connect()
	c.resume(session, 4)
	c.want("S4 LOGIN_RESPONSE reset=5")
	b.idle(time.Hour, c)
	b.wantLive(DemoUsername, 1, "an hour after a resume")
}

// An account's sessions beyond the limit are forgotten, the one lost first in front, and their
// switches keep their time.
func TestSessionsKeptOfAnAccount(t *testing.T) {
	b := newHarness(t, testConfig())
	var names []string
	var clients []*client
	for range 18 {
		c, name := b.sessionOf()
		names, clients = append(names, name), append(clients, c)
	}
	clients[0].create(buy, 10000, 3000, 1)
	for _, c := range clients {
		c.set(true)
		c.receiveAll()
	}
	for _, c := range clients {
		c.disconnect()
		b.wait(time.Second)
	}
	b.wantLive(DemoUsername, 1, "before its time")
	b.wait(50*time.Second - 18*time.Second - 1)
	b.wantLive(DemoUsername, 1, "just before the first one's time")
	b.wait(1)
	b.wantLive(DemoUsername, 0, "at the first one's time")
	for i, name := range names {
		c := b.connect()
		c.resume(name, 4)
		got := c.receiveAll()[0]
		if unknown := got == "S1 LOGOUT UNKNOWN_SESSION"; unknown != (i < 2) {
			t.Errorf("session %d: %s", i, got)
		}
	}
}

// A login of the account within the switch's time disarms it.
func TestReconnectDisarms(t *testing.T) {
	for name, back := range map[string]func(*harness, string) *client{
		"new login": func(b *harness, _ string) *client { return b.login() },
		"resume": func(b *harness, session string) *client {
			c := b.connect()
			c.resume(session, 4)
			return c
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newHarness(t, testConfig())
			c, session := b.sessionOf()
			c.create(buy, 10000, 3000, 1)
			c.set(true)
			c.receiveAll()
			c.disconnect()
			b.wait(50*time.Second - 1)
			c = back(b, session)
			b.idle(time.Hour, c)
			b.wantLive(DemoUsername, 1, "an hour later")
		})
	}
}

// A session that is resumed still has its switch; one that logs in anew has none.
func TestSwitchAfterReconnect(t *testing.T) {
	b := newHarness(t, testConfig())
	c, session := b.sessionOf()
	c.create(buy, 10000, 3000, 1)
	c.set(true)
	c.receiveAll()
	c.disconnect()
	c = b.connect()
	c.resume(session, 4)
	c.receiveAll()
	c.disconnect()
	c = b.login()
	c.disconnect()
	b.wait(time.Minute)
	b.wantLive(DemoUsername, 1, "after the loss of a session without a switch")
	c = b.connect()
	c.resume(session, 5)
	c.receiveAll()
	c.disconnect()
	b.wait(50 * time.Second)
	b.wantLive(DemoUsername, 0, "after the loss of a resumed session")

	// It fired once. Resumed, it can do so again.
	c = b.connect()
	c.resume(session, 6)
	c.create(buy, 10000, 3000, 2)
	c.receiveAll()
	c.disconnect()
	b.wait(50*time.Second - 1)
	b.wantLive(DemoUsername, 1, "before its time")
	b.wait(1)
	b.wantLive(DemoUsername, 0, "after the second loss")
}

// What does not disarm: a session that was there before, and another account's login.
func TestWhatDoesNotDisarm(t *testing.T) {
	b := newHarness(t, testConfig())
	other := b.login()
	c := b.armed(DemoUsername)
	c.disconnect()
	rival := b.loginAs("rival")
	b.idle(50*time.Second, other, rival)
	b.wantLive(DemoUsername, 0, "at its time")
}

// An account that came back while the exchange still took its old connection for open is not
// punished when that one turns out to be dead, by silence or by a loss that shows late.
func TestHalfOpenDoesNotFireAfterReconnect(t *testing.T) {
	for _, late := range []bool{false, true} {
		b := newHarness(t, testConfig())
		old := b.armed(DemoUsername)
		b.wait(30 * time.Second) // the client's watchdog: it gives the connection up
		c := b.login()
		c.create(buy, 10000, 2900, 2)
		if late {
			old.disconnect()
		}
		b.idle(30*time.Second, c)
		if !late {
			old.receiveAll()
			old.wantClosed()
		}
		b.idle(time.Hour, c)
		b.wantLive(DemoUsername, 2, "after a reconnect")
	}
}

// A client that is heard of after another login of its account has its switch.
func TestTwoSessionsHaveTheirSwitches(t *testing.T) {
	b := newHarness(t, testConfig())
	first := b.armed(DemoUsername)
	second := b.login()
	first.beat()
	first.disconnect()
	b.idle(50*time.Second, second)
	b.wantLive(DemoUsername, 0, "after the first one's loss")

	first = b.armed(DemoUsername)
	second = b.login()
	first.beat()
	b.idle(time.Minute, second) // the first is silent
	b.wantLive(DemoUsername, 0, "after the first one's silence")
}

// Whatever ends a connection but a logout of the client's arms the switch: it gets its time.
func TestEveryEndArms(t *testing.T) {
	for name, end := range map[string]func(*harness, *client){
		"not reading": func(_ *harness, c *client) {
			for !c.conn.Closing() {
				c.ping()
			}
		},
		"broken frame":    func(_ *harness, c *client) { c.bytes([]byte{4, 0xff, 0xff, 0xff, 0xff}) },
		"replay too old":  func(_ *harness, c *client) { c.flood(); c.replay(1) },
		"exchange closes": func(b *harness, _ *client) { b.sim.LogoutAll(msg.EtoLogoutDowntime) },
	} {
		t.Run(name, func(t *testing.T) {
			for _, kept := range []int{0, -1} {
				config := testConfig()
				config.Limits = Limits{OutFrames: 64, SessionsKept: kept}
				b := newHarness(t, config)
				c := b.armed(DemoUsername)
				end(b, c)
				if name != "not reading" {
					c.receive()
				}
				if !c.conn.Closing() {
					t.Fatal("the connection is not closed")
				}
				c.conn.Disconnected(b.sim.Now())
				b.wait(50*time.Second - 1)
				b.wantLive(DemoUsername, 1, "before its time")
				b.wait(1)
				b.wantLive(DemoUsername, 0, "at its time")
			}
		})
	}
}

// flood has so much sent that the oldest is not kept any more.
func (c *client) flood() {
	for range 100 {
		c.ping()
		c.receiveAll()
	}
}

// How long it takes is the interval times the unanswered heartbeats, unless it is set.
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
		b := newHarness(t, config)
		c := b.armed(DemoUsername)
		c.disconnect()
		b.wait(k.want - 1)
		b.wantLive(DemoUsername, 1, "before its time")
		b.wait(1)
		b.wantLive(DemoUsername, 0, "at its time")
	}
	config := testConfig()
	config.FailureDelay = -1
	if _, err := New(config); err == nil || err.Error() != "sim: FailureDelay: is negative" {
		t.Errorf("a negative delay: %v", err)
	}
}

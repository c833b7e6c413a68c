package doctor

import (
	"crypto/tls"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/wire"
)

// recorder keeps the types of the messages that a client sends through it.
type recorder struct {
	mu   sync.Mutex // guards what follows
	sent []msg.EtoPayloadType
	app  []msg.PayloadType
	buf  []byte
}

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.buf = append(r.buf, b...)
	for {
		payload, n, err := wire.Scan(r.buf, wire.Limits{})
		if n == 0 || err != nil {
			return len(b), err
		}
		var m msg.Payload
		if err := decode(&m, payload); err != nil {
			return 0, err
		}
		r.sent, r.app = append(r.sent, m.GetEtoPayload().GetType()), append(r.app, m.GetType())
		r.buf = r.buf[n:]
	}
}

// TestLoginIsHarmless holds that the doctor sends a login, pings and a logout, and nothing else, even with settings
// that make a bot cancel orders.
func TestLoginIsHarmless(t *testing.T) {
	_, upstream := exchange(t, nil)
	var sent recorder
	address := listen(t, func(conn net.Conn) {
		up, err := net.Dial("tcp", upstream)
		if err != nil {
			return
		}
		go func() {
			_, _ = io.Copy(io.MultiWriter(&sent, up), conn)
			_ = up.Close()
		}()
		_, _ = io.Copy(conn, up)
	})
	r := examine(t, Options{Address: address, Plain: true}, "SMK_CANCEL_ALL_ON_FAILURE=yes", "SMK_ON_STOP=cancel_all",
		"SMK_CANCEL_UNRESOLVED=yes", "SMK_CANCEL_ALL_ON_PANIC=yes", "SMK_ACCOUNT_FROM_START=yes")
	if !r.Healthy || r.Count(Warn) > 0 {
		t.Errorf("not healthy:\n%s", textOf(t, r))
	}
	expectAll(t, r, OK, nameSettings, nameDNS, nameTCP, nameTLS, nameLogin, namePing, nameThrottle, nameLogout)
	expect(t, r, nameThrottle, OK, "500 messages a second on average, burst 1000, tick 200 ms")
	expect(t, r, namePing, OK, "median round trip of 5 is ")
	if v := find(t, r, namePing).Values; v["pongs"] != pings || v["median_seconds"] <= 0 ||
		v["min_seconds"] > v["median_seconds"] || v["median_seconds"] > v["max_seconds"] {
		t.Errorf("measured %v", v)
	}
	sent.mu.Lock()
	defer sent.mu.Unlock()
	counts := make(map[msg.EtoPayloadType]int)
	for i, typ := range sent.sent {
		if counts[typ]++; sent.app[i] != msg.PayloadEto && sent.app[i] != msg.PayloadLogin {
			t.Errorf("sent %v", sent.app[i])
		}
	}
	beats := counts[msg.EtoPayloadHeartbeat] // on a busy machine
	if counts[msg.EtoPayloadLogin] != 1 || counts[msg.EtoPayloadPing] != pings ||
		counts[msg.EtoPayloadLogout] != 1 || len(sent.sent) != pings+2+beats {
		t.Errorf("sent %v", sent.sent)
	}
}

// TestToken logs in with a token, over TLS.
func TestToken(t *testing.T) {
	cert, trust := certificate(t)
	_, address := exchange(t, func(c *sim.Config) { c.TLS = &tls.Config{Certificates: []tls.Certificate{cert}} })
	o := Options{Address: address}
	o.Load.Environ = []string{"SMK_TOKEN=" + plantedToken, "SMK_TLS_ROOTS_FILE=" + trust}
	r := examine(t, o)
	if !r.Healthy || !r.TLS || r.Address != address {
		t.Errorf("not healthy:\n%s", textOf(t, r))
	}
	expect(t, r, nameTLS, OK, "TLS 1.3, TLS_")
	expect(t, r, nameCertificate, OK, "good for 127.0.0.1, chain of 1, ends in 36",
		`"CN=smk sim", issued by "CN=smk sim"`)
	expectAll(t, r, OK, nameLogin, namePing, nameThrottle, nameLogout)
}

// TestLoginFails has peers that do not let the doctor in, and the text that a user sees.
func TestLoginFails(t *testing.T) {
	refuse := func(reason msg.EtoLogoutReason) func(net.Conn) {
		return script(func(*msg.Payload) []*msg.Payload { return []*msg.Payload{logoutOf(reason)} })
	}
	for _, c := range []struct {
		name  string
		serve func(net.Conn)
		short bool
		says  []string
	}{
		{"silent", silent, true, []string{
			"the peer is silent: no answer to the login within 2s",
			"port of engine.address",
		}},
		{"closes", func(net.Conn) {}, false, []string{"the peer closed the connection", "--plain"}},
		{
			"closes after the login", script(func(*msg.Payload) []*msg.Payload { return nil }), false,
			[]string{"the peer closed the connection and did not answer the login", "--plain"},
		},
		{
			"garbage", says("HTTP/1.1 400 Bad Request\r\n\r\n" + plantedOver), false,
			[]string{"the peer does not speak the protocol", "something answers that is not the exchange"},
		},
		{
			"unverified", refuse(msg.EtoLogoutUnverified), false,
			[]string{"refused: the account is not verified", "owner"},
		},
		{"downtime", refuse(msg.EtoLogoutDowntime), false, []string{"down for maintenance", "Wait"}},
		{"unknown reason", refuse(99), false, []string{"refused: ", "99", "Ask the exchange"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := Options{Address: listen(t, c.serve), Plain: true}
			if c.short {
				o.Timeout = short
			}
			r := examine(t, o)
			expect(t, r, nameLogin, Fail, c.says...)
			expectAll(t, r, OK, nameTCP, nameTLS)
			expectAll(t, r, Skip, namePing, nameThrottle, nameLogout)
		})
	}
}

// plantedOver makes a text longer than the first frame that it seems to begin.
const plantedOver = "................................................................................................"

// TestWrongPassword is refused by the simulator.
func TestWrongPassword(t *testing.T) {
	_, address := exchange(t, nil)
	o := Options{Address: address, Plain: true}
	o.Load.Environ = []string{"SMK_USERNAME=" + plantedUser, "SMK_PASSWORD=" + plantedToken}
	r := examine(t, o)
	expect(t, r, nameLogin, Fail, "refused: username, password or token are wrong", "session.password",
		"lock the account")
}

// TestNoLogin sends no login where none is wanted, or none is possible.
func TestNoLogin(t *testing.T) {
	address := listen(t, func(conn net.Conn) {
		if b, _ := io.ReadAll(conn); len(b) > 0 {
			t.Errorf("sent %q", b)
		}
	})
	r := examine(t, Options{Address: address, Plain: true, NoLogin: true})
	expect(t, r, nameLogin, Skip, "--no-login")
	if !r.Healthy {
		t.Error("not healthy")
	}
	r = examine(t, Options{Address: address, Plain: true, Load: bare()})
	expect(t, r, nameLogin, Skip, "there are no credentials")
	expect(t, r, nameSettings, Warn, "no credentials", "SMK_USERNAME and SMK_PASSWORD or SMK_TOKEN")
}

// TestAfterTheLogin has peers that let the doctor in and then do not do what an exchange does.
func TestAfterTheLogin(t *testing.T) {
	in := func(then func(m *msg.Payload) []*msg.Payload) func(net.Conn) {
		return script(func(m *msg.Payload) []*msg.Payload {
			if m.GetEtoPayload().GetType() == msg.EtoPayloadLogin {
				return []*msg.Payload{loginResponse()}
			}
			return then(m)
		})
	}
	ignore := func(*msg.Payload) []*msg.Payload { return []*msg.Payload{} }
	t.Run("no pongs and no logout", func(t *testing.T) {
		t.Parallel()
		r := examine(t, Options{Address: listen(t, in(ignore)), Plain: true, Timeout: short})
		expect(t, r, nameLogin, OK, "no orders sent")
		expect(t, r, namePing, Fail, "no pong within 2s")
		expect(t, r, nameThrottle, Warn, "no limits")
		expect(t, r, nameLogout, Warn, "not confirmed")
	})
	t.Run("closes", func(t *testing.T) {
		t.Parallel()
		r := examine(t, Options{
			Address: listen(t, in(func(*msg.Payload) []*msg.Payload { return nil })), Plain: true,
		})
		expect(t, r, nameLogin, OK)
		expect(t, r, namePing, Fail, "the connection ended before a pong")
		expect(t, r, nameLogout, Fail, "the connection ended before it")
	})
	t.Run("limits of nothing", func(t *testing.T) {
		t.Parallel()
		_, address := exchange(t, func(c *sim.Config) { c.Throttle.Off = true })
		expect(t, examine(t, Options{Address: address, Plain: true}), nameThrottle, Warn, "no limits")
		_, address = exchange(t, nil)
		r := examine(t, Options{Address: address, Plain: true}, "SMK_RISK_RATE=501", "SMK_RISK_BURST=501")
		expect(t, r, nameThrottle, Warn, "risk.rate is 501", "Lower risk.rate")
	})
}

// TestLogoutReasons holds that each reason of the protocol is explained.
func TestLogoutReasons(t *testing.T) {
	for reason := msg.EtoLogoutNone; reason.Known(); reason++ {
		if measured, do := explainLogout(reason); measured == "" || do == "" {
			t.Errorf("%v: %q, %q", reason, measured, do)
		}
	}
}

// TestClockOffset compares clocks by trades: the exchange's is an hour behind.
func TestClockOffset(t *testing.T) {
	_, address := exchange(t, func(c *sim.Config) {
		c.Agents, c.Now = sim.Agents{Rate: 500}, time.Now().Add(-time.Hour).UnixNano()
	})
	r := examine(t, Options{Address: address, Plain: true, Market: sim.DemoMarket})
	expect(t, r, nameClock, Warn, "ahead of the exchange, by the times of ", "Set this machine's clock")
	if ahead := find(t, r, nameClock).Values["ahead_seconds"]; ahead < 3000 || ahead > 2*3600 {
		t.Errorf("ahead by %v s", ahead)
	}
	expectAll(t, r, OK, nameLogin, namePing, nameLogout)
	r = examine(t, Options{Address: address, Plain: true, Market: 7, Timeout: short})
	expect(t, r, nameClock, OK, "offset to the exchange unknown: nothing was traded", "is synchronized")
}

// TestOffset adds executions up.
func TestOffset(t *testing.T) {
	execution := func(at time.Duration) *msg.Execution {
		e := new(msg.Execution)
		e.SetMicroseconds(uint64(at.Microseconds()))
		return e
	}
	const now = time.Hour
	for _, c := range []struct {
		name  string
		add   func(o *offset)
		known bool
		ahead time.Duration
	}{
		{"nothing", func(*offset) {}, false, 0},
		{"without a time", func(o *offset) { o.add(new(msg.Execution), int64(now), true) }, false, 0},
		{"none", func(o *offset) { o.add(nil, int64(now), true) }, false, 0},
		{"beyond all time", func(o *offset) {
			e := new(msg.Execution)
			e.SetMicroseconds(1 << 63)
			o.add(e, int64(now), true)
		}, false, 0},
		{"old", func(o *offset) { o.add(execution(now-time.Minute), int64(now), false) }, false, 0},
		{"in the future", func(o *offset) {
			o.add(execution(now-time.Minute), int64(now), false)
			o.add(execution(now+time.Minute), int64(now), false)
		}, true, -time.Minute},
		{"the fastest counts", func(o *offset) {
			o.add(execution(now-5*time.Second), int64(now), true)
			o.add(execution(now-3*time.Second), int64(now), true)
			o.add(execution(now-4*time.Second), int64(now), true)
		}, true, 2 * time.Second},
	} {
		o := newOffset()
		c.add(o)
		if text, ahead, known := o.text(2 * time.Second); known != c.known || ahead != c.ahead || text == "" {
			t.Errorf("%s: %q, %v, %v, want %v, %v", c.name, text, ahead, known, c.ahead, c.known)
		}
	}
}

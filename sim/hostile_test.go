package sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// Whatever a client sends, the exchange neither panics nor grows, and no other client is affected.
func FuzzGateway(f *testing.F) {
	f.Add([]byte{0x10, 0x08, 0x02, 0x12, 0x04, 0x08, 0x01, 0x10, 0x07, 0x1a, 0x06, 0x0a, 0x01, 0x75, 0x12, 0x01, 0x70},
		false)
	f.Add([]byte{0x08, 0x08, 0x01, 0x12, 0x04, 0x08, 0x02, 0x10, 0x02}, true)
	f.Add([]byte{
		0x1b, 0x08, 0x03, 0x12, 0x02, 0x08, 0x02, 0x22, 0x13, 0x20, 0x01, 0x30, 0x80, 0xb5, 0x18, 0x40, 0xc4,
		0x13, 0x58, 0x07, 0x60, 0xa0, 0x8d, 0x06, 0x68, 0xc0, 0x9a, 0x0c,
	}, true)
	f.Add([]byte{0x0c, 0x08, 0x01, 0x12, 0x08, 0x08, 0x02, 0x10, 0x06, 0x22, 0x02, 0x08, 0x02}, true)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, false)
	config := testConfig()
	config.Limits.OutBytes, config.Limits.OutFrames = 1<<14, 64
	f.Fuzz(func(t *testing.T, data []byte, loggedIn bool) {
		s, err := New(config)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		h := &harness{t, s}
		other := h.loginAs("rival")
		c := h.connect()
		if loggedIn {
			c.password(DemoUsername, DemoPassword)
		}
		c.receive()
		c.bytes(data)
		c.receive()
		h.wait(time.Minute)
		c.receive()
		if !c.conn.Closing() {
			t.Error("a silent client is not closed")
		}
		c.conn.Disconnected(s.Now())
		for _, line := range other.receiveAll() {
			if !strings.HasSuffix(line, "HEARTBEAT") && !strings.HasSuffix(line, "LOGOUT HEARTBEAT_TIMEOUT") {
				t.Errorf("another client received %q", line)
			}
		}
	})
}

func TestHostileInput(t *testing.T) {
	for name, k := range map[string]struct {
		bytes []byte
		cause error
	}{
		"a header without end": {[]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 255}, wire.ErrFrameTooLong},
		"a frame too long":     {[]byte{0x81, 0x80, 0x04, 0}, wire.ErrFrameTooLong},
		"no protobuf":          {[]byte{4, 0xff, 0xff, 0xff, 0xff}, msg.ErrTruncated},
		"an order without side": {
			wire.AppendFrame(nil, []byte{0x08, 0x03, 0x12, 0x02, 0x08, 0x02, 0x22, 0x04, 0x30, 0x01, 0x60, 0x01}),
			ErrMissingField,
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, testConfig())
			c := h.login()
			c.bytes(k.bytes)
			c.want()
			c.wantClosed()
			if !errors.Is(c.conn.Err(), k.cause) {
				t.Errorf("closed for %v, want %v", c.conn.Err(), k.cause)
			}
		})
	}
}

// A client that does not read is disconnected, and the others are not.
func TestSlowClient(t *testing.T) {
	config := testConfig()
	config.Limits.OutBytes, config.Limits.OutFrames = 1<<14, 64
	h := newHarness(t, config)
	slow, good := h.login(), h.loginAs("rival")
	for range 100 {
		slow.ping()
		good.ping()
		good.receiveAll()
	}
	err := slow.conn.Err()
	if !slow.conn.Closing() || !errors.Is(err, ErrSlowConsumer) || !strings.Contains(err.Error(),
		" "+DemoUsername+" ") {
		t.Errorf("closing %v for %v", slow.conn.Closing(), slow.conn.Err())
	}
	if good.conn.Closing() {
		t.Error("the other is cut off")
	}
}

// Unknown messages are ignored and use up their sequence.
func TestUnknownMessages(t *testing.T) {
	c := newHarness(t, testConfig()).login()
	c.send(func(m *msg.Payload) { m.SetType(99) })
	c.send(func(m *msg.Payload) { m.MutableEtoPayload().SetType(55) })
	c.send(func(m *msg.Payload) { m.MutableOrderAccepted().SetSeq(1); m.MutableOrderAccepted().SetOrderId(1) })
	c.password(DemoUsername, DemoPassword) // a second login is ignored
	c.ping()
	c.want("S2 PONG")
	if s := c.conn.Stats(); s.Ignored != 4 {
		t.Errorf("%+v", s)
	}
}

// An unknown time in force is the default one.
func TestUnknownTimeInForce(t *testing.T) {
	for _, tif := range []msg.TimeInForceType{-1, 0, 5, 99} {
		c := newHarness(t, testConfig()).login()
		c.create(buy, 10000, 3000, 1, kind(tif))
		if o, _ := c.harness.sim.Exchange.Order(c.idOf(1)); o.TIF != msg.GoodTilCancelled {
			t.Errorf("%d became %v", tif, o.TIF)
		}
	}
}

// A client with a gap is sent one replay request, is served meanwhile, and is disconnected if it does not
// close the gap.
func TestGapOfTheClient(t *testing.T) {
	h := newHarness(t, testConfig())
	c := h.login()
	c.out = 4
	c.ping() // 2 and 3 are missing
	c.ping()
	c.want("S2 REPLAY from 2")
	c.replay(1)
	c.want("S1 replayed GAPFILL", "S2 replayed GAPFILL")
	for seq := uint64(2); seq <= 6; seq++ {
		c.sendAt(seq, func(m *msg.Payload) {
			m.MutableEtoPayload().SetType(msg.EtoPayloadPing)
			m.MutableEtoPayload().SetIsReplay(true)
		})
	}
	c.want("S3 PONG", "S4 PONG", "S5 PONG", "S6 PONG", "S7 PONG")
	c.ping()
	c.want("S8 PONG")

	c.out = 20
	c.ping()
	c.want("S9 REPLAY from 8")
	h.wait(5 * time.Second)
	c.want("S10 REPLAY from 8")
	h.wait(5 * time.Second)
	c.want("S11 REPLAY from 8", "S12 HEARTBEAT")
	h.wait(5 * time.Second)
	c.wantClosed()
	if !errors.Is(c.conn.Err(), ErrGap) {
		t.Errorf("closed for %v", c.conn.Err())
	}
}

// A logout is accepted though messages before it are missing.
func TestLogoutBehindAGap(t *testing.T) {
	c := newHarness(t, testConfig()).login()
	c.out = 9
	c.logout()
	c.want("S2 LOGOUT CONFIRMATION")
	c.wantClosed()
}

// No value shows credentials, however it is printed.
func TestCredentialsAreNotShown(t *testing.T) {
	a := Account{Username: "u", Password: "secret", Token: "hidden"}
	config := testConfig()
	config.Accounts = []Account{a, a}
	_, err := New(config)
	if err == nil {
		t.Fatal("the same account twice is taken")
	}
	wantNoSecrets(t, err.Error(), "secret", "hidden")
	config.Accounts = []Account{a}
	h := newHarness(t, config)
	l, err := h.sim.Open()
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, harness: h, conn: l.Gateway(), out: 1}
	c.password("u", "secret")
	response := c.next()
	session := string(response.GetEtoPayload().GetLoginResponse().GetSession())
	if session == "" {
		t.Fatal("not logged in")
	}
	copy(l.Free(), "secret")
	s, err := Local(config)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const want = "exchange at local, exchange of 1 accounts, 1 markets"
	if got := fmt.Sprintf("%d, %+v", s, h.sim); got != want {
		t.Errorf("printed as %s, want %s", got, want)
	}
	for _, v := range []any{
		s, a, &a, config.Accounts, config, &config,
		struct{ A Account }{a},
		map[string]Account{"a": a},
		h.sim, h.sim.Exchange, h.sim.gateway, h.sim.Faults, l, c.conn,
	} {
		wantNoSecrets(t, printedAs(v), "secret", "hidden", session)
	}
	// As JSON, an account has everything else.
	for _, v := range []any{a, &a, []Account{a}, map[string]any{"account": a}} {
		text, err := json.Marshal(v)
		if err != nil || !strings.Contains(string(text), `"Username":"u"`) || strings.Contains(string(text), "Token") {
			t.Errorf("%s, %v", text, err)
		}
		wantNoSecrets(t, string(text), "secret", "hidden")
	}
	full := Account{
		Username: "u", Password: "secret", Token: "hidden", Email: "e", ID: 1, Balance: 2,
		Suspended: true, Unverified: true, StakeLimit: 3, OrdersMax: 4, House: true,
	}
	text, err := json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	var read Account
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	full.Password, full.Token = "", ""
	if read != full {
		t.Errorf("%s is read as %#v", text, struct{ Account }{read})
	}
}

// printedAs prints a value with every verb that asks its methods, and by package slog.
func printedAs(v any) string {
	var all bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%t", "%e"} {
		fmt.Fprintf(&all, verb+"\n", v)
	}
	slog.New(slog.NewTextHandler(&all, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&all, nil)).Info("x", "v", v)
	return all.String()
}

// wantNoSecrets checks that a text has none of some secrets, as text, in hexadecimal or as
// numbers.
func wantNoSecrets(t *testing.T, text string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		for _, form := range []string{
			secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), fmt.Sprintf("% x", secret),
			strings.Trim(fmt.Sprint([]byte(secret)), "[]"),
			strings.Trim(fmt.Sprintf("%#v", []byte(secret))[len("[]byte"):], "{}"),
		} {
			if strings.Contains(text, form) {
				t.Errorf("%q shows as %q in %s", secret, form, text[:min(len(text), 2000)])
			}
		}
	}
}

func TestConnectionsAreLimited(t *testing.T) {
	config := testConfig()
	config.Limits.Connections = 1
	h := newHarness(t, config)
	c := h.connect()
	if _, err := h.sim.gateway.Accept(h.sim.now); !errors.Is(err, ErrTooManyConnections) {
		t.Errorf("a second connection: %v", err)
	}
	c.disconnect()
	h.connect()
}

// New returns an error that names the invalid field.
func TestBadConfigurations(t *testing.T) {
	for field, change := range map[string]func(*Config){
		"InBytes":                    func(c *Config) { c.Limits.InBytes = 1 },
		"OutBytes":                   func(c *Config) { c.Limits.OutBytes, c.Limits.History = 1<<30+1, 1 },
		"Throttle.Tick":              func(c *Config) { c.Throttle.Tick = 1 },
		"HeartbeatInterval":          func(c *Config) { c.HeartbeatInterval = -1 },
		"Agents.Rate":                func(c *Config) { c.Agents.Rate = -1 },
		"Depth":                      func(c *Config) { c.Depth = 1000 },
		"QuantityMin":                func(c *Config) { c.QuantityMin, c.QuantityMax = 10, 5 },
		"QuantityMax":                func(c *Config) { c.QuantityMax = 1 << 62 },
		"OrdersMax":                  func(c *Config) { c.Limits.Orders = -1 },
		"Accounts[0].Balance":        func(c *Config) { c.Accounts[0].Balance = -1 },
		"Accounts[1].Token":          func(c *Config) { c.Accounts[1].Token = DemoToken },
		"Accounts[0].Username":       func(c *Config) { c.Accounts[0].Username = "" },
		"Markets[0].EventID":         func(c *Config) { c.Markets[0].EventID = 9 },
		"Markets[0].Contracts":       func(c *Config) { c.Markets[0].Contracts = nil },
		"Markets[0].Contracts[2].ID": func(c *Config) { c.Markets[0].Contracts[2].ID = DemoHome },
		"Markets[0].PendingTimeout":  func(c *Config) { c.Markets[0].PendingTimeout = -1 },
		"Markets[0].State":           func(c *Config) { c.Markets[0].State = msg.MarketStateSettled },
		"Markets[1].ID":              func(c *Config) { c.Markets = append(c.Markets, c.Markets[0]) },
		"Events[0].ID":               func(c *Config) { c.Events[0].ID = 0 },
	} {
		c := testConfig()
		change(&c)
		s, err := New(c)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), field+":") && !strings.Contains(err.Error(), field+", ") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// New limits are sent to every client that is logged in, and to those that log in afterwards.
func TestNewLimitsAreSent(t *testing.T) {
	config := testConfig()
	config.Throttle = Throttle{}
	h := newHarness(t, config)
	c, other := h.login(), h.loginAs("rival")
	waiting := h.connect()
	h.sim.SetThrottle(Throttle{Rate: 1, Burst: 2, Tick: time.Second})
	c.want("S3 limits 1/2/1000")
	other.want("S3 limits 1/2/1000")
	waiting.want()
	waiting.password(DemoUsername, DemoPassword)
	waiting.want("S1 LOGIN_RESPONSE reset=2", "S2 limits 1/2/1000")
}

// Limits that change while the exchange logs a client out hold for its session, which the client resumes.
func TestNewLimitsWhileLoggingOut(t *testing.T) {
	config := testConfig()
	config.Throttle = Throttle{}
	h := newHarness(t, config)
	c, session := h.sessionOf()
	c.receiveAll()
	h.sim.LogoutAll(msg.EtoLogoutServiceTemporarilyUnavailable)
	h.sim.SetThrottle(Throttle{Rate: 1, Burst: 2, Tick: time.Second}) // the logout has not been read yet
	c.receiveAll()
	c.disconnect()
	c = h.connect()
	c.resume(session, c.out)
	c.receiveAll()
	c.create(buy, 10000, 3000, 1)
	c.create(buy, 10000, 3000, 2)
	c.create(buy, 10000, 3000, 3)
	accepted, refused := 0, 0
	for m := c.next(); m != nil; m = c.next() {
		switch m.GetType() {
		case msg.PayloadOrderAccepted:
			accepted++
		case msg.PayloadOrderRejected:
			refused++
		}
	}
	if accepted != 2 || refused != 1 {
		t.Errorf("%d accepted, %d refused, want 2 and 1", accepted, refused)
	}
}

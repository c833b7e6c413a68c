package proxy

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/wire"
)

// world is an exchange, an engine and a proxy under one clock, in one goroutine.
type world struct {
	t       *testing.T
	now     int64
	sim     *sim.Sim
	engine  *engine.Engine
	proxy   *Proxy
	links   []*link
	account sim.Account
	config  Config
	state   string // folder of the engine's state, "" for none
	broken  bool   // the exchange cannot be reached
	testers []*tester

	outdated bool // a crash has taken the newest records from the file
}

// simConfig is an exchange with one market, without other participants and throttle.
func simConfig() sim.Config {
	c := sim.DefaultConfig()
	c.Agents = sim.Agents{}
	c.Throttle.Off = true
	c.Markets = c.Markets[:1]
	return c
}

// one is a client that the account is shared with nobody else.
func one() Config {
	return Config{Seed: 1, Clients: []Client{{
		Name: sim.DemoUsername, Password: sim.DemoPassword, Token: sim.DemoToken, Balance: true, Rate: 500, Burst: 1000,
	}}}
}

// three are clients that share the account.
func three() Config {
	var c Config
	c.Seed = 1
	for _, name := range []string{"anna", "ben", "carl"} {
		c.Clients = append(c.Clients, Client{
			Name: name, Password: name, Token: name + "-token", Rate: 500, Burst: 1000,
		})
	}
	return c
}

func newWorld(t *testing.T, exchange sim.Config, config Config) *world {
	t.Helper()
	x, err := sim.New(exchange)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, sim: x, now: x.Now(), config: config, account: exchange.Accounts[0]}
	w.start()
	t.Cleanup(func() {
		w.stop()
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// start starts the engine and the proxy, and waits until they have caught up.
func (w *world) start() {
	w.t.Helper()
	w.launch()
	for range 1000 {
		if w.proxy.up {
			return
		}
		w.step(10 * time.Millisecond)
	}
	w.t.Fatalf("not caught up: %v", w.engine.State())
}

func (w *world) launch() {
	w.t.Helper()
	c := engine.Config{
		Address: "exchange.test:1", DisableTLS: true, Clock: func() int64 { return w.now },
		Session: session.Config{
			Username: w.account.Username, Password: w.account.Password, AccountFromStart: true, RequireCaughtUp: true,
			ReferenceBase: 1 << 40, // not at random: how long a message is decides what faults hit
		},
		Dial: w.dial,
	}
	if w.state != "" {
		c.State.File, c.State.DurableIntents = w.state, true
		w.config.DurableIntents = true
	}
	e, err := engine.New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	config := w.config
	config.Now = func() int64 { return w.now }
	if config.Logger == nil {
		config.Logger = w.log()
	}
	p, err := New(e, config)
	if err != nil {
		w.t.Fatal(err)
	}
	w.engine, w.proxy = e, p
}

// stop ends the engine without a logout and closes the proxy: what a kill does, as far as the exchange can tell.
func (w *world) stop() {
	if w.engine == nil {
		return
	}
	w.proxy.unsaved = true // a process that is killed does not hear what the engine's end says
	if err := w.engine.Close(); err != nil {
		w.t.Error(err)
	}
	if err := w.proxy.Close(); err != nil {
		w.t.Error(err)
	}
	for _, l := range w.links {
		l.end()
	}
	w.engine, w.links = nil, nil
}

func (w *world) dial(context.Context, string, string) (net.Conn, error) {
	if w.broken {
		return nil, io.ErrClosedPipe
	}
	c, err := w.sim.Open()
	if err != nil {
		return nil, err
	}
	l := &link{world: w, conn: c}
	w.links = append(w.links, l)
	return l, nil
}

// settle polls until nothing moves at this clock reading.
func (w *world) settle() {
	for range 50 {
		if w.engine != nil {
			if err := w.engine.Poll(); err != nil {
				w.t.Fatal(err)
			}
		}
		w.sim.Tick(w.now)
	}
}

// step advances the clock.
func (w *world) step(d time.Duration) {
	w.now += int64(d)
	w.sim.Tick(w.now)
	w.settle()
}

// wait advances the clock in steps of at most 100 ms, and never past what is due.
func (w *world) wait(d time.Duration) {
	end := w.now + int64(d)
	for w.now < end {
		next := min(end, w.now+int64(100*time.Millisecond), max(w.sim.Tick(w.now), w.now+1))
		w.step(time.Duration(next - w.now))
	}
}

// lose breaks the connection to the exchange.
func (w *world) lose() {
	for _, l := range w.links {
		l.reset = true
	}
	w.settle()
}

// link is the engine's connection to the exchange. Its methods do not wait.
type link struct {
	net.Conn // nil: only the methods below are called
	world    *world
	conn     transport
	reset    bool
	ended    bool
	mute     bool   // nothing of the exchange's arrives
	swallow  bool   // nothing arrives at the exchange
	first    []byte // arrives before what the exchange sends
}

func (l *link) Read(b []byte) (int, error) {
	if l.reset {
		return 0, io.ErrUnexpectedEOF
	}
	if l.mute {
		return 0, nil
	}
	if n := copy(b, l.first); n > 0 {
		l.first = l.first[n:]
		return n, nil
	}
	p := l.conn.Pending()
	if n := copy(b, p); n > 0 {
		l.conn.Written(n)
		return n, nil
	}
	if l.conn.Closing() {
		return 0, io.EOF
	}
	return 0, nil
}

func (l *link) Write(b []byte) (n int, err error) {
	if l.reset {
		return 0, io.ErrClosedPipe
	}
	if l.swallow {
		return len(b), nil
	}
	for n < len(b) {
		free := l.conn.Free()
		if len(free) == 0 {
			return n, nil
		}
		m := copy(free, b[n:])
		l.conn.Filled(l.world.now, m)
		n += m
	}
	return n, nil
}

func (l *link) Close() error { l.end(); return nil }

func (l *link) end() {
	if !l.ended {
		l.ended, l.reset = true, true
		l.conn.Disconnected(l.world.now)
	}
}

// transport is the server's end of a client's connection: the exchange's or the proxy's.
type transport interface {
	Free() []byte
	Filled(now int64, n int)
	Pending() []byte
	Written(n int)
	Closing() bool
	Disconnected(now int64)
}

// client is a simple client: it numbers what it sends and formats what it receives, as the Python client does.
type tester struct {
	w    *world
	conn transport
	out  uint64
	raw  []byte
	seen int
	all  []*msg.Payload // everything received
}

// connect connects to the proxy.
func (w *world) connect() *tester {
	w.t.Helper()
	g, err := w.proxy.gateway.Accept(w.now)
	if err != nil {
		w.t.Fatal(err)
	}
	c := &tester{w: w, conn: g, out: 1}
	w.testers = append(w.testers, c)
	return c
}

// direct connects to the exchange.
func (w *world) direct() *tester {
	w.t.Helper()
	c, err := w.sim.Open()
	if err != nil {
		w.t.Fatal(err)
	}
	return &tester{w: w, conn: c, out: 1}
}

// login connects to the proxy as a client whose password is its name.
func (w *world) login(name string) *tester {
	w.t.Helper()
	c := w.connect()
	c.password(name, name)
	for _, m := range c.receive() {
		if m.GetType() == msg.PayloadEto && m.GetEtoPayload().GetType() == msg.EtoPayloadLoginResponse {
			return c
		}
	}
	w.t.Fatalf("%s is not logged in", name)
	return nil
}

func (c *tester) bytes(b []byte) {
	for len(b) > 0 {
		free := c.conn.Free()
		if len(free) == 0 {
			return
		}
		n := copy(free, b)
		c.conn.Filled(c.w.now, n)
		b = b[n:]
	}
	c.w.settle()
}

func (c *tester) sendAt(seq uint64, fill func(*msg.Payload)) {
	c.w.t.Helper()
	var m msg.Payload
	fill(&m)
	if !m.HasType() {
		m.SetType(msg.PayloadEto)
	}
	m.MutableEtoPayload().SetSeq(seq)
	b, err := m.MarshalVT()
	if err != nil {
		c.w.t.Fatal(err)
	}
	c.bytes(wire.AppendFrame(nil, b))
}

func (c *tester) send(fill func(*msg.Payload)) uint64 {
	c.out++
	c.sendAt(c.out-1, fill)
	return c.out - 1
}

func (c *tester) eto(t msg.EtoPayloadType) {
	c.send(func(m *msg.Payload) { m.MutableEtoPayload().SetType(t) })
}

func (c *tester) password(username, password string) {
	c.send(func(m *msg.Payload) {
		m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
		m.MutableLogin().SetUsernameString(username)
		m.MutableLogin().SetPasswordString(password)
	})
}

// resumeAccount logs in with the last account sequence that the client has.
func (c *tester) resumeAccount(name string, sequence uint64) {
	c.send(func(m *msg.Payload) {
		m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
		m.MutableLogin().SetUsernameString(name)
		m.MutableLogin().SetPasswordString(name)
		m.MutableLogin().SetAccountSequence(0)
		m.MutableLogin().SetAccountSequence_64(sequence)
	})
}

func (c *tester) create(side msg.Side, quantity uint64, price uint32, ref uint64, more ...func(*msg.OrderCreate)) {
	c.send(func(m *msg.Payload) {
		o := m.MutableOrderCreate()
		o.SetSide(side)
		o.SetQuantity(quantity)
		o.SetPrice(price)
		if ref != 0 {
			o.SetReference(ref)
		}
		o.SetMarketId(sim.DemoMarket)
		o.SetContractId(sim.DemoHome)
		for _, f := range more {
			f(o)
		}
	})
}

func (c *tester) cancel(id, ref uint64) {
	c.send(func(m *msg.Payload) {
		m.MutableOrderCancel().SetOrderId(id)
		m.MutableOrderCancel().SetReference(ref)
	})
}

func (c *tester) replace(old, quantity uint64, price uint32, ref uint64) {
	c.send(func(m *msg.Payload) {
		x := m.MutableOrderCancelReplace()
		x.SetOrigOrderId(old)
		x.SetPrice(price)
		x.SetQuantity(quantity)
		if ref != 0 {
			x.SetReference(ref)
		}
	})
}

func (c *tester) cancelAll(market uint32) {
	c.send(func(m *msg.Payload) {
		if b := m.MutableOrderCancelAll(); market != 0 {
			b.SetMarketId(market)
		}
	})
}

func (c *tester) subscribe(market uint32) {
	c.send(func(m *msg.Payload) { m.MutableMarketSubscribe().SetMarketId(market) })
}

// receive returns what was sent to the client.
func (c *tester) receive() (list []*msg.Payload) {
	c.w.t.Helper()
	c.w.settle()
	for b := c.conn.Pending(); len(b) > 0; b = c.conn.Pending() {
		c.raw = append(c.raw, b...)
		c.conn.Written(len(b))
	}
	for {
		payload, n, err := wire.Scan(c.raw[c.seen:], wire.Limits{})
		if err != nil {
			c.w.t.Fatal(err)
		}
		if n == 0 {
			c.all = append(c.all, list...)
			return list
		}
		c.seen += n
		m := new(msg.Payload)
		if err := m.Decode(bytes.Clone(payload), nil); err != nil {
			c.w.t.Fatal(err)
		}
		list = append(list, m)
	}
}

// lines formats what was sent to the client.
func (c *tester) lines() (list []string) {
	c.w.t.Helper()
	for _, m := range c.receive() {
		list = append(list, line(m))
	}
	return list
}

// line formats a message: its sequence, whether it is replayed, and the body without what follows from the connection.
func line(m *msg.Payload) string {
	e := m.GetEtoPayload()
	head := fmt.Sprintf("S%d ", e.GetSeq())
	if e.GetIsReplay() {
		head += "replayed "
	}
	if m.GetType() == msg.PayloadEto {
		switch e.GetType() {
		case msg.EtoPayloadLoginResponse:
			return head + fmt.Sprint("LOGIN_RESPONSE reset=", e.GetLoginResponse().GetReset())
		case msg.EtoPayloadLogout:
			return head + "LOGOUT " + strings.TrimPrefix(e.GetLogout().GetReason().String(), "LOGOUT_")
		case msg.EtoPayloadReplay:
			return head + fmt.Sprint("REPLAY ", e.GetReplay().GetSeq())
		}
		return head + strings.TrimPrefix(e.GetType().String(), "PAYLOAD_")
	}
	return head + body(m)
}

func body(m *msg.Payload) string {
	var c msg.Payload
	b, err := m.MarshalVT()
	if err != nil || c.Decode(b, nil) != nil {
		return fmt.Sprint(err)
	}
	c.MutableEtoPayload().Reset()
	return c.String()
}

// want checks the types of what was sent to the client.
func (c *tester) want(types ...msg.PayloadType) []*msg.Payload {
	c.w.t.Helper()
	list := c.receive()
	ok := len(list) == len(types)
	for i := range list {
		ok = ok && list[i].GetType() == types[i]
	}
	if !ok {
		c.w.t.Helper()
		for _, m := range list {
			c.w.t.Log(line(m))
		}
		c.w.t.Fatalf("want %v", types)
	}
	return list
}

// accepted creates an order and returns its id.
func (c *tester) accepted(side msg.Side, quantity uint64, price uint32, ref uint64) uint64 {
	c.w.t.Helper()
	c.create(side, quantity, price, ref)
	for _, m := range c.receive() {
		if m.GetType() == msg.PayloadOrderAccepted {
			return m.GetOrderAccepted().GetOrderId()
		}
	}
	c.w.t.Fatal("not accepted")
	return 0
}

func (c *tester) disconnect() {
	c.receive()
	c.conn.Disconnected(c.w.now)
}

// account returns the account sequence of the newest message.
func (c *tester) account() (sequence uint64) {
	for _, m := range c.all {
		r, ok := reportOf(m)
		if b, has := r.body.(interface{ GetAccountSequence_64() uint64 }); ok && has {
			sequence = max(sequence, b.GetAccountSequence_64())
		}
	}
	return sequence
}

const (
	buy  = msg.SideBuy
	sell = msg.SideSell
)

package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	engineorder "github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/wire"
)

// house is an exchange and a proxy with sockets.
type house struct {
	t      *testing.T
	sim    *sim.Server
	engine *engine.Engine
	proxy  *Proxy
	addr   string
	closes chan error // causes of connections that the proxy ended
}

func newHouse(t *testing.T, exchange sim.Config, config Config) *house {
	t.Helper()
	x, err := sim.Listen("127.0.0.1:0", exchange)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- x.Serve(context.Background()) }()
	h := &house{t: t, sim: x, closes: make(chan error, 1000)}
	e, err := engine.New(engine.Config{
		Address: x.Addr().String(), DisableTLS: true, OnStop: engine.StopLeave,
		Session: session.Config{Username: sim.DemoUsername, Password: sim.DemoPassword, AccountFromStart: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	config.OnClose = func(_ net.Addr, _ string, cause error) {
		select {
		case h.closes <- cause:
		default:
		}
	}
	p, err := New(e, config)
	if err != nil {
		t.Fatal(err)
	}
	addr, err := p.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.engine, h.proxy, h.addr = e, p, addr.String()
	caughtUp := make(chan struct{})
	var once sync.Once
	e.OnCaughtUp(func(*engine.Event) { once.Do(func() { close(caughtUp) }) })
	ended := make(chan error, 1)
	go func() { ended <- e.Run(context.Background()) }()
	t.Cleanup(func() {
		ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
		defer stop()
		if err := p.Shutdown(ctx); err != nil {
			t.Error("shutdown:", err)
		}
		e.Stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := errors.Join(p.Close(), x.Close(), <-served); err != nil {
			t.Error(err)
		}
	})
	<-caughtUp
	return h
}

// python is a client that does what the exchange's Python client does: it sends and reads frames, answers heartbeats,
// and has no recovery.
type python struct {
	t    *testing.T
	conn net.Conn
	out  uint64
	buf  []byte
	name string
}

func (h *house) python(name string) *python {
	h.t.Helper()
	conn, err := net.Dial("tcp", h.addr)
	if err != nil {
		h.t.Fatal(err)
	}
	p := &python{t: h.t, conn: conn, out: 1, name: name}
	h.t.Cleanup(func() { _ = conn.Close() })
	return p
}

func (p *python) send(fill func(*msg.Payload)) error {
	var m msg.Payload
	fill(&m)
	if !m.HasType() {
		m.SetType(msg.PayloadEto)
	}
	m.MutableEtoPayload().SetSeq(p.out)
	p.out++
	b, err := m.MarshalVT()
	if err != nil {
		p.t.Fatal(err)
	}
	_, err = p.conn.Write(wire.AppendFrame(nil, b))
	return err
}

// next returns the next message, but for heartbeats, which it answers.
func (p *python) next() (*msg.Payload, error) {
	for {
		payload, n, err := wire.Scan(p.buf, wire.Limits{})
		if err != nil {
			return nil, err
		}
		if n == 0 {
			b := make([]byte, 4096)
			_ = p.conn.SetReadDeadline(time.Now().Add(30 * time.Second))
			n, err := p.conn.Read(b)
			if err != nil {
				return nil, err
			}
			p.buf = append(p.buf, b[:n]...)
			continue
		}
		m := new(msg.Payload)
		if err := m.Decode(append([]byte(nil), payload...), nil); err != nil {
			return nil, err
		}
		p.buf = p.buf[n:]
		if m.GetType() == msg.PayloadEto && m.GetEtoPayload().GetType() == msg.EtoPayloadHeartbeat {
			if err := p.send(func(m *msg.Payload) {
				m.MutableEtoPayload().SetType(msg.EtoPayloadHeartbeat)
			}); err != nil {
				return nil, err
			}
			continue
		}
		return m, nil
	}
}

// until returns the next message of a type.
func (p *python) until(typ msg.PayloadType) *msg.Payload {
	p.t.Helper()
	for {
		m, err := p.next()
		if err != nil {
			p.t.Fatalf("%s: %v", p.name, err)
		}
		if m.GetType() == typ {
			return m
		}
	}
}

func (p *python) login() {
	p.t.Helper()
	if err := p.send(func(m *msg.Payload) {
		m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
		m.MutableLogin().SetUsernameString(p.name)
		m.MutableLogin().SetPasswordString(p.name)
	}); err != nil {
		p.t.Fatal(err)
	}
	if m := p.until(session_); m.GetEtoPayload().GetType() != msg.EtoPayloadLoginResponse {
		p.t.Fatalf("%s: %v", p.name, m)
	}
}

func create(side msg.Side, quantity uint64, price uint32, reference uint64) func(*msg.Payload) {
	return func(m *msg.Payload) {
		o := m.MutableOrderCreate()
		o.SetSide(side)
		o.SetQuantity(quantity)
		o.SetPrice(price)
		o.SetReference(reference)
		o.SetMarketId(sim.DemoMarket)
		o.SetContractId(sim.DemoHome)
	}
}

// Two Python clients and a Go bot trade on one account over sockets and see their own orders only, while other clients
// flood, lie and stall.
func TestTogether(t *testing.T) {
	exchange := sim.DefaultConfig()
	exchange.Agents.Rate = 20
	config := three()
	config.Clients = append(config.Clients, Client{Name: "bad", Password: "bad"})
	config.OutBytes = 64 << 10
	config.OutFrames = 512
	config.History = 128
	h := newHouse(t, exchange, config)

	const orders = 40
	var wg sync.WaitGroup
	for i, name := range []string{"anna", "ben"} {
		wg.Add(1)
		go func() {
			defer wg.Done()
			p := h.python(name)
			p.login()
			for n := range uint64(orders) {
				if err := p.send(create(buy, 1000, uint32(1000+i), n)); err != nil {
					t.Error(err)
					return
				}
				a := p.until(accepted_).GetOrderAccepted()
				if a.GetReference() != n || a.GetPrice() != uint32(1000+i) {
					t.Errorf("%s got %v", name, a)
				}
				if n%2 == 0 {
					_ = p.send(func(m *msg.Payload) { m.MutableOrderCancel().SetOrderId(a.GetOrderId()) })
					if c := p.until(cancelled).GetOrderCancelled(); c.GetOrderId() != a.GetOrderId() {
						t.Errorf("%s got %v", name, c)
					}
				}
			}
		}()
	}
	bot, err := engine.New(engine.Config{
		Address: h.addr, DisableTLS: true, OnStop: engine.StopLeave,
		Session: session.Config{
			Username: "carl", Password: "carl", AccountFromStart: true, RequireCaughtUp: true, CancelAllOnFailure: true,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	wg.Add(1)
	go func() {
		defer wg.Done()
		placed := 0
		place := func() {
			if _, err := bot.Place(engineorder.Limit{
				Market: sim.DemoMarket, Contract: sim.DemoHome, Side: odds.Buy, Price: 1002, Quantity: 1000,
			}); err != nil {
				t.Error("carl:", err)
			}
		}
		bot.OnCaughtUp(func(ev *engine.Event) {
			if ev.Epoch == 1 {
				place()
			}
		})
		bot.OnOrder(func(o *engineorder.Order, ev *engineorder.Event) {
			if ev.Kind != engineorder.OrderAccepted {
				return
			}
			if o.Price != 1002 || o.Foreign {
				t.Errorf("carl got %v", o)
			}
			if placed++; placed < orders {
				place()
			} else {
				bot.Stop()
			}
		})
		if err := bot.Run(context.Background()); err != nil {
			t.Error("carl:", err)
		}
	}()
	stop := make(chan struct{})
	var attackers sync.WaitGroup
	for _, attack := range attacks {
		attackers.Add(1)
		go func() {
			defer attackers.Done()
			for {
				select {
				case <-stop:
					return
				default:
					attack(h)
				}
			}
		}()
	}
	wg.Wait()
	close(stop)
	attackers.Wait()

	count := map[string]int{}
	for _, o := range h.sim.Orders(sim.DemoUsername) {
		name, _ := labelParts(o.Label)
		if count[name]++; name != "bad" && int(o.Price) != 1000+strings.Index("abc", name[:1]) {
			t.Errorf("order %+v", o)
		}
	}
	if count["anna"] != orders || count["ben"] != orders || count["carl"] != orders {
		t.Errorf("orders on the exchange: %v", count)
	}
	if len(h.closes) == 0 {
		t.Error("no attacker was cut off")
	}
}

// attacks are what clients do that flood, lie and stall. Each connects, does it, and returns.
var attacks = []func(h *house){
	func(h *house) { // floods orders, and does not read
		p := h.python("bad")
		defer p.conn.Close()
		p.login()
		_ = p.conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
		for n := range uint64(20_000) {
			if p.send(create(buy, 1000, 500, n)) != nil {
				return
			}
		}
	},
	func(h *house) { // subscribes without end and does not read
		p := h.python("bad")
		defer p.conn.Close()
		p.login()
		_ = p.conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
		for range 20_000 {
			if p.send(func(m *msg.Payload) { m.MutableMarketSubscribe().SetMarketId(sim.DemoMarket) }) != nil {
				return
			}
		}
	},
	func(h *house) { // wrong credentials, then garbage
		p := h.python("bad")
		defer p.conn.Close()
		_ = p.send(func(m *msg.Payload) {
			m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
			m.MutableLogin().SetUsernameString("anna")
			m.MutableLogin().SetPasswordString("guessed")
		})
		if m, err := p.next(); err != nil || m.GetEtoPayload().GetLogout().GetReason() != msg.EtoLogoutUnauthorised {
			h.t.Errorf("wrong password: %v, %v", m, err)
		}
	},
	func(h *house) { // orders of others, and frames that are none
		p := h.python("bad")
		defer p.conn.Close()
		p.login()
		for id := range uint64(50) {
			_ = p.send(func(m *msg.Payload) { m.MutableOrderCancel().SetOrderId(id<<22 | id) })
		}
		_, _ = p.conn.Write([]byte(strings.Repeat("\xff", 64)))
		_, _ = io.Copy(io.Discard, p.conn)
	},
	func(h *house) { // connects and is silent
		conn, err := net.Dial("tcp", h.addr)
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = conn.Write([]byte{0x7f})
		_ = conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
		_, _ = io.Copy(io.Discard, conn)
	},
}

// Connections that are not logged in make room for others.
func TestSilentConnections(t *testing.T) {
	config := three()
	config.Connections = 4
	h := newHouse(t, simConfig(), config)
	for range 12 {
		h.python("nobody")
	}
	p := h.python("anna")
	p.login()
	if err := p.send(create(buy, 1000, 3000, 1)); err != nil {
		t.Fatal(err)
	}
	p.until(accepted_)
	if cause := <-h.closes; !errors.Is(cause, ErrEvicted) {
		t.Errorf("ended for %v", cause)
	}
}

// TLS clients and clients that are none.
func TestTLS(t *testing.T) {
	certificate, err := sim.Certificate(time.Now(), "proxy.test")
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(sim.TrustPEM(certificate))
	config := three()
	config.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	h := newHouse(t, simConfig(), config)
	plain := h.python("anna")
	_ = plain.send(func(m *msg.Payload) {
		m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
		m.MutableLogin().SetUsernameString("anna")
	})
	if m, err := plain.next(); err == nil {
		t.Errorf("plain client got %v", m)
	}
	p := h.python("anna")
	p.conn = tls.Client(p.conn, &tls.Config{RootCAs: pool, ServerName: "proxy.test"})
	p.login()
	if err := p.send(create(buy, 1000, 3000, 1)); err != nil {
		t.Fatal(err)
	}
	p.until(accepted_)
	_ = p.send(func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadLogout) })
	if m := p.until(session_); m.GetEtoPayload().GetLogout().GetReason() != msg.EtoLogoutConfirmation {
		t.Error(m)
	}
	if _, err := p.next(); !errors.Is(err, io.EOF) {
		t.Errorf("the connection ends with %v", err)
	}
}

// A proxy shuts down: clients are told, orders stay.
func TestShutdown(t *testing.T) {
	h := newHouse(t, simConfig(), three())
	p := h.python("anna")
	p.login()
	_ = p.send(create(buy, 1000, 3000, 1))
	p.until(accepted_)
	if err := h.proxy.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m := p.until(session_); m.GetEtoPayload().GetLogout().GetReason() != msg.EtoLogoutDowntime {
		t.Error(m)
	}
	if truth, _ := h.sim.Truth(sim.DemoUsername); truth.Live != 1 {
		t.Errorf("%d orders are live", truth.Live)
	}
	if _, err := net.Dial("tcp", h.addr); err == nil {
		t.Error("still listening")
	}
	if s := fmt.Sprint(h.proxy.Stats().Logins); s == "0" {
		t.Error("no login was counted")
	}
}

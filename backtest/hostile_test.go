package backtest

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/gateway"
	"github.com/smk-go/smk/wire"
)

// liar is a client that says what it wants to.
type liar struct {
	t      *testing.T
	socket net.Conn
	seq    uint64
	out    []byte
}

func dialLiar(t *testing.T, s *Server) *liar {
	t.Helper()
	socket, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, socket) }()
	t.Cleanup(func() { _ = socket.Close() })
	return &liar{t: t, socket: socket}
}

// add adds a message to what is sent next.
func (l *liar) add(fill func(*msg.Payload)) {
	l.seq++
	l.out = wire.AppendFrame(l.out, payloadOf(l.t, l.seq, func(p *msg.Payload) {
		p.SetType(msg.PayloadEto)
		fill(p)
	}))
}

func (l *liar) login() {
	l.add(func(p *msg.Payload) {
		p.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
		p.MutableEtoPayload().MutableLogin().SetSession(nil)
		p.SetType(msg.PayloadLogin)
		p.MutableLogin().SetUsername([]byte(sim.DemoUsername))
		p.MutableLogin().SetPassword([]byte(sim.DemoPassword))
	})
}

func (l *liar) flush() {
	if _, err := l.socket.Write(l.out); err != nil {
		l.t.Error(err)
	}
	l.out = l.out[:0]
}

// serveLiar serves a short recording to a client, and returns what it said in the end.
func serveLiar(t *testing.T, c ServerConfig, do func(*liar)) (*Server, *Model) {
	t.Helper()
	if c.Dir == "" {
		c.Dir = recordMarket(t)
	}
	s, err := Listen(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	l := dialLiar(t, s)
	said := make(chan struct{})
	go func() { defer close(said); do(l) }()
	m, err := s.Serve(t.Context(), func() { _ = l.socket.Close() })
	if err != nil {
		t.Fatal(err)
	}
	_ = l.socket.Close()
	<-said
	return s, m
}

// TestFloodWithLatency sends more than may be on its way to the exchange at one time: the rest has to wait, and the
// recording goes on.
func TestFloodWithLatency(t *testing.T) {
	const orders = 45_000
	config := ServerConfig{Speed: 1000}
	config.Latency.Entry.Constant = time.Second
	_, m := serveLiar(t, config, func(l *liar) {
		l.login()
		for n := range uint64(orders) {
			l.add(func(p *msg.Payload) {
				p.SetType(msg.PayloadOrderCreate)
				c := p.MutableOrderCreate()
				c.SetType(msg.OrderCreateLimit)
				c.SetMarketId(pythonMarket)
				c.SetContractId(pythonContract)
				c.SetSide(msg.SideBuy)
				c.SetPrice(1)
				c.SetQuantity(1000)
				c.SetReference(n + 1)
			})
		}
		if len(l.out) < 5*windowBytes/4 {
			t.Errorf("only %d bytes are sent", len(l.out))
		}
		_, _ = l.socket.Write(l.out) // until the end
	})
	if m.Figures.Requests == 0 {
		t.Error("no request has arrived")
	}
}

// TestOwnHeartbeats sends heartbeats that answer none: the server waits for the answers all the same.
func TestOwnHeartbeats(t *testing.T) {
	s, _ := serveLiar(t, ServerConfig{}, func(l *liar) {
		l.login()
		for range 1000 {
			l.add(func(p *msg.Payload) { p.MutableEtoPayload().SetType(msg.EtoPayloadHeartbeat) })
		}
		l.flush()
	})
	if s.Stalls() < stallsMost {
		t.Errorf("the server did not wait for a client that answers nothing: %d stalls", s.Stalls())
	}
}

// beginServing returns a server of a recording at its own pace whose steps the test takes itself, and what ends it.
func beginServing(t *testing.T, dir string) (s *Server, ctx context.Context, end func()) {
	t.Helper()
	s, err := Listen(ServerConfig{Config: Config{Dir: dir}, Speed: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, done, err := s.serving.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, ctx, func() {
		done()
		_ = s.Close()
	}
}

// TestPortProbe connects and leaves, as a script does that waits for the port, before the bot comes: the recording does
// not begin without it.
func TestPortProbe(t *testing.T) {
	s, ctx, end := beginServing(t, recordMarket(t))
	defer end()
	ctx, cancel := context.WithCancel(ctx)
	for range 2 {
		probe, other := net.Pipe()
		_ = other.Close()
		if err := s.take(clientInput{socket: probe}); err != nil {
			t.Fatal(err)
		}
		if err := s.take(<-s.input); err != nil {
			t.Fatal(err)
		}
	}
	if s.received || len(s.clients) != 2 {
		t.Errorf("received %t, %d clients", s.received, len(s.clients))
	}
	cancel()
	if err := s.awaitFirst(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the recording begins: %v", err)
	}
	s.closeClients()
}

// TestManyAtOnce plays more messages in one moment of this machine than the exchange keeps for a client.
func TestManyAtOnce(t *testing.T) {
	m := newMade(t)
	m.books(0, middles)
	for n := range uint64(3 * gateway.OutFrames / 2) {
		m.say(time.Duration(n)*time.Millisecond, func(p *msg.Payload) {
			q := p.MutableContractQuotes()
			q.SetMarketId(winMarket)
			q.SetContractId(1000)
			bid := q.AddBids()
			bid.SetPrice(2900)
			bid.SetQuantity(1000 + n)
		})
	}
	m.close()
	s, ctx, end := beginServing(t, m.dir)
	defer end()
	go s.accept()
	defer s.closeClients()
	l := dialLiar(t, s)
	l.login()
	l.add(func(p *msg.Payload) {
		p.SetType(msg.PayloadMarketSubscribe)
		p.MutableMarketSubscribe().SetMarketId(winMarket)
	})
	l.flush()
	if err := s.awaitFirst(ctx); err != nil {
		t.Fatal(err)
	}
	s.begin()
	s.started = s.started.Add(-time.Hour) // so that all of it is due
	if err := s.play(ctx); err != nil {
		t.Fatal(err)
	}
	if s.cuts > 0 || len(s.clients) != 1 || s.feed.played < gateway.OutFrames {
		t.Errorf("cut off %d times, because of %v, in %d messages", s.cuts, s.cause, s.feed.played)
	}
	s.cuts, s.cause = 2, sim.ErrSlowConsumer
	if r := s.Result(&Model{}); !strings.Contains(strings.Join(r.Warnings, "\n"), "cut the bot off 2 times") {
		t.Errorf("the warnings are %q", r.Warnings)
	}
}

// TestStandstill stops the process: the recording waits for it, and the result says so.
func TestStandstill(t *testing.T) {
	begun := time.Now()
	s := &Server{started: begun}
	s.waited(10*time.Millisecond, 800*time.Millisecond)
	if s.stood != 0 || s.started != begun {
		t.Errorf("a busy machine stood still for %v", s.stood)
	}
	s.waited(time.Second, time.Minute)
	if want := time.Minute - time.Second; s.stood != want || s.started.Sub(begun) != want {
		t.Errorf("stood still for %v, the recording waits for %v, want %v", s.stood, s.started.Sub(begun), want)
	}
}

// TestReadEnds drops a client of which the exchange has not taken all: what reads from it ends.
func TestReadEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		socket, other := net.Pipe()
		s := &Server{input: make(chan clientInput, inputQueue)}
		c := &client{socket: socket, link: &link{}, taken: make(chan struct{}, 1), gone: make(chan struct{})}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			s.read(c)
		}()
		if _, err := other.Write([]byte("a piece")); err != nil {
			t.Fatal(err)
		}
		<-s.input
		s.drop(c)
		<-ended
	})
}

package sim

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/wire"
)

// serve starts a server that ends with the test, and checks that no goroutine is left.
func serve(t *testing.T, c Config) *Server {
	t.Helper()
	before := runtime.NumGoroutine()
	s, err := Listen("127.0.0.1:0", c)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(context.Background()) }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for range 100 { // goroutines end a moment after they have reported that
			if runtime.NumGoroutine() <= before {
				return
			}
			runtime.Gosched()
			time.Sleep(10 * time.Millisecond)
		}
		buf := make([]byte, 1<<16)
		t.Errorf("%d goroutines before, now:\n%s", before, buf[:runtime.Stack(buf, true)])
	})
	return s
}

// line is a client on a socket.
type tcpClient struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
	out  uint64
}

func dial(t *testing.T, s *Server, config *tls.Config) *tcpClient {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if config != nil {
		conn = tls.Client(conn, config)
	}
	t.Cleanup(func() { conn.Close() })
	return &tcpClient{t: t, conn: conn, r: bufio.NewReader(conn), out: 1}
}

func (l *tcpClient) send(fill func(*msg.Payload)) {
	l.t.Helper()
	if !l.trySend(fill) {
		l.t.Fatal("the connection is gone")
	}
}

// trySend sends and reports whether the connection took it.
func (l *tcpClient) trySend(fill func(*msg.Payload)) bool {
	var m msg.Payload
	fill(&m)
	if !m.HasType() {
		m.SetType(msg.PayloadEto)
	}
	m.MutableEtoPayload().SetSeq(l.out)
	l.out++
	b, err := m.MarshalVT()
	if err != nil {
		panic(err)
	}
	_, err = l.conn.Write(wire.AppendFrame(nil, b))
	return err == nil
}

func (l *tcpClient) login(username string) {
	l.send(func(m *msg.Payload) {
		m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
		m.MutableLogin().SetUsernameString(username)
		m.MutableLogin().SetPasswordString(username)
	})
}

// read returns the next message, nil at the end of the stream.
func (l *tcpClient) read() *msg.Payload {
	l.t.Helper()
	n, shift := 0, 0
	for {
		b, err := l.r.ReadByte()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			l.t.Fatal(err)
		}
		n |= int(b&0x7f) << shift
		shift += 7
		if b < 0x80 {
			break
		}
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(l.r, b); err != nil {
		l.t.Fatal(err)
	}
	m := new(msg.Payload)
	if err := m.Decode(b, nil); err != nil {
		l.t.Fatal(err)
	}
	return m
}

func (l *tcpClient) want(lines ...string) {
	l.t.Helper()
	for _, want := range lines {
		got := "the end"
		if m := l.read(); m != nil {
			got = brief(m)
		}
		if got != want {
			l.t.Fatalf("the exchange sent %q, want %q", got, want)
		}
	}
}

func TestServer(t *testing.T) {
	s := serve(t, testConfig())
	x, y := dial(t, s, nil), dial(t, s, nil)
	x.login(DemoUsername)
	y.login("rival")
	x.want("S1 LOGIN_RESPONSE reset=2")
	y.want("S1 LOGIN_RESPONSE reset=2")
	trade(t, x, y)
	truth, _ := s.Truth(DemoUsername)
	if truth.Matched != 5000*2500 || truth.Cash != 10_000*Currency || len(s.Orders(DemoUsername)) != 1 {
		t.Errorf("truth %+v", truth)
	}
	x.send(func(m *msg.Payload) { m.MutableEtoPayload().SetType(msg.EtoPayloadLogout) })
	x.want("S4 LOGOUT CONFIRMATION", "the end")
}

// trade lets x buy from y.
func trade(t *testing.T, x, y *tcpClient) {
	t.Helper()
	order := func(side msg.Side) func(m *msg.Payload) {
		return func(m *msg.Payload) {
			o := m.MutableOrderCreate()
			o.SetSide(side)
			o.SetQuantity(5000)
			o.SetPrice(2500)
			o.SetMarketId(DemoMarket)
			o.SetContractId(DemoHome)
		}
	}
	x.send(order(msg.SideBuy))
	x.want("S2 accepted seq=2 #1 5000@2500")
	y.send(order(msg.SideSell))
	y.want("S2 accepted seq=2 #2 5000@2500", "S3 executed #2 5000@2500 total=5000 avg=2500 available=0")
	x.want("S3 executed #1 5000@2500 total=5000 avg=2500 available=0")
}

func TestServerTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	c := testConfig()
	c.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s := serve(t, c)
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	x := dial(t, s, &tls.Config{RootCAs: pool, ServerName: "localhost"})
	y := dial(t, s, &tls.Config{RootCAs: pool, ServerName: "localhost"})
	x.login(DemoUsername)
	y.login("rival")
	x.want("S1 LOGIN_RESPONSE reset=2")
	y.want("S1 LOGIN_RESPONSE reset=2")
	trade(t, x, y)

	c.TLS = &tls.Config{}
	if _, err := Listen("127.0.0.1:0", c); err == nil || !strings.Contains(err.Error(), "TLS: has no certificate") {
		t.Errorf("without a certificate: %v", err)
	}
}

func TestServerRefusedLogin(t *testing.T) {
	x := dial(t, serve(t, testConfig()), nil)
	x.login("nobody")
	x.want("S1 LOGOUT UNAUTHORISED", "the end")
}

func TestServerTakenPort(t *testing.T) {
	s := serve(t, testConfig())
	_, err := Listen(s.Addr().String(), testConfig())
	if !errors.Is(err, syscall.EADDRINUSE) ||
		!strings.Contains(err.Error(), "is taken by another program: choose another port") {
		t.Errorf("a taken port: %v", err)
	}
}

func TestServerShutsDown(t *testing.T) {
	s := serve(t, testConfig())
	x, y := dial(t, s, nil), dial(t, s, nil)
	x.login(DemoUsername)
	x.want("S1 LOGIN_RESPONSE reset=2")
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	x.want("S2 LOGOUT DOWNTIME", "the end")
	y.conn.Close()
	x.conn.Close()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if s.Do(func(*Sim) {}) {
		t.Error("Do ran after the end")
	}
	if _, err := net.Dial("tcp", s.Addr().String()); err == nil {
		t.Error("a closed server takes connections")
	}
}

func TestServerCloseBeforeServe(t *testing.T) {
	s, err := Listen("127.0.0.1:0", testConfig())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), s.Close(), s.Serve(context.Background())); err != nil {
		t.Error(err)
	}
}

func TestServerManyClients(t *testing.T) {
	const clients, orders = 50, 20
	c := testConfig()
	c.Agents = Agents{Rate: 2000}
	s := serve(t, c)
	var wait sync.WaitGroup
	for range clients {
		l := dial(t, s, nil)
		wait.Add(1)
		go func() {
			defer wait.Done()
			l.login(DemoUsername)
			l.send(func(m *msg.Payload) { m.MutableMarketSubscribe().SetMarketId(DemoMarket) })
			for i := range uint64(orders) {
				l.send(func(m *msg.Payload) {
					o := m.MutableOrderCreate()
					o.SetSide(msg.SideBuy)
					o.SetQuantity(1000)
					o.SetPrice(100)
					o.SetReference(i + 1)
					o.SetMarketId(DemoMarket)
					o.SetContractId(DemoHome)
				})
			}
			for own, seq := 0, uint64(1); own < orders; seq++ {
				m := l.read()
				if m == nil || m.GetEtoPayload().GetSeq() != seq {
					t.Errorf("message %d is %v", seq, m)
					return
				}
				if m.HasOrderAccepted() && m.GetOrderAccepted().GetSeq() != 0 {
					own++
				}
			}
		}()
	}
	wait.Wait()
	if truth, _ := s.Truth(DemoUsername); truth.Live != clients*orders {
		t.Errorf("%d orders live, want %d", truth.Live, clients*orders)
	}
}

// The final state can be read after the end, and while it ends.
func TestServerTruthAfterTheEnd(t *testing.T) {
	never, err := Listen("127.0.0.1:0", testConfig())
	if err != nil {
		t.Fatal(err)
	}
	if err := never.Close(); err != nil {
		t.Fatal(err)
	}
	if truth, ok := never.Truth(DemoUsername); !ok || truth.Cash != 10_000*Currency {
		t.Errorf("of a server that never served: %+v", truth)
	}

	s := serve(t, testConfig())
	x, y := dial(t, s, nil), dial(t, s, nil)
	x.login(DemoUsername)
	y.login("rival")
	x.want("S1 LOGIN_RESPONSE reset=2")
	y.want("S1 LOGIN_RESPONSE reset=2")
	trade(t, x, y)
	asked := make(chan exchange.AccountTruth)
	go func() {
		<-s.stopped.Done()
		truth, _ := s.Truth(DemoUsername)
		asked <- truth
	}()
	go func() {
		x.conn.Close()
		y.conn.Close()
	}()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	truth, ok := s.Truth(DemoUsername)
	if !ok || len(truth.Positions) != 1 || truth.Positions[0].Net != 5000 || len(s.Orders(DemoUsername)) != 1 {
		t.Errorf("truth %+v", truth)
	}
	if during := <-asked; len(during.Positions) != 1 {
		t.Errorf("asked while it ended: %+v", during)
	}
	if _, ok := s.Truth("nobody"); ok {
		t.Error("an unknown account was found")
	}
}

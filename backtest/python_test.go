package backtest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/wire"
)

// Market and contract of the recorded session.
const (
	pythonMarket   = 317002
	pythonContract = 608008
)

// pythonCall is what Smarkets' Python client put on the wire in one call, or in answer to a message.
type pythonCall struct {
	Call   string `json:"call"`
	Client string `json:"client"` // hex
}

// recordMarket writes a recording of two seconds of a market of one contract: a bid of 24 % and an offer of 26 %, whose
// quantities change every 10 ms.
func recordMarket(t *testing.T) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "journal")
	now := func() int64 { return 0 } // records have the times that they are given
	j, err := journal.Open(journal.Config{
		Dir: dir, OnFull: journal.FullWait, Durability: journal.SyncNone, Clock: now, Wall: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	r, seq := j.Recorder(), uint64(0)
	add := func(at time.Duration, m *msg.Payload) {
		seq++
		m.MutableEtoPayload().SetSeq(seq)
		b, err := m.MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		r.Append(journal.KindInbound, 0, 1, int64(time.Hour+at), wire.AppendFrame(nil, b))
		r.Commit()
	}
	levels := func(q *msg.ContractQuotes, quantity uint64) {
		q.SetMarketId(pythonMarket)
		q.SetContractId(pythonContract)
		b, o := q.AddBids(), q.AddOffers()
		b.SetPrice(2400)
		b.SetQuantity(quantity)
		o.SetPrice(2600)
		o.SetQuantity(quantity)
	}
	var state, books msg.Payload
	s := state.MutableMarketState()
	s.SetMarketId(pythonMarket)
	s.SetState(msg.MarketStateLive)
	add(0, &state)
	books.MutableMarketQuotes().SetMarketId(pythonMarket)
	levels(books.MutableMarketQuotes().AddContractQuotes(), 50_000)
	add(0, &books)
	for n := range 200 {
		var change msg.Payload
		levels(change.MutableContractQuotes(), 50_001+uint64(n))
		add(time.Duration(n+1)*10*time.Millisecond, &change)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// pythonClient says what the Python client said.
type pythonClient struct {
	t      *testing.T
	socket net.Conn
	in     *bufio.Reader
	calls  []pythonCall
	seq    uint64 // of the next message from the exchange
	out    uint64 // of the next message to it
	got    []msg.PayloadType
}

// send puts recorded bytes on the wire, with the next sequence: how many heartbeats come before depends on the
// exchange. Where replace is not nil, it changes the payload.
func (c *pythonClient) send(call string, replace func(*msg.Payload)) {
	c.t.Helper()
	i := slices.IndexFunc(c.calls, func(p pythonCall) bool { return p.Call == call })
	if i < 0 {
		c.t.Fatalf("the recording has no %q", call)
	}
	b, err := hex.DecodeString(c.calls[i].Client)
	if err != nil {
		c.t.Fatal(err)
	}
	payload, size, err := wire.Scan(b, wire.Limits{})
	var m msg.Payload
	if err == nil && size > 0 {
		err = m.Decode(payload, nil)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	if seq := m.MutableEtoPayload(); replace != nil || seq.GetSeq() != c.out {
		again, err := m.MarshalVT()
		if err != nil || !bytes.Equal(again, payload) {
			c.t.Fatalf("%s: %x is not encoded as the client does it: %x, %v", call, payload, again, err)
		}
		seq.SetSeq(c.out)
		if replace != nil {
			replace(&m)
		}
		if again, err = m.MarshalVT(); err != nil {
			c.t.Fatal(err)
		}
		b = wire.AppendFrame(nil, again)
	}
	if _, err := c.socket.Write(b); err != nil {
		c.t.Fatal(err)
	}
	c.out++
}

// next returns the next message, which has to be well formed and in sequence.
func (c *pythonClient) next() *msg.Payload {
	c.t.Helper()
	m := &msg.Payload{}
	var frame []byte
	for {
		b, err := c.in.ReadByte()
		if err != nil {
			c.t.Fatalf("after %v: %v", c.got, err)
		}
		frame = append(frame, b)
		payload, size, err := wire.Scan(frame, wire.Limits{})
		if err != nil {
			c.t.Fatal(err)
		}
		if size == 0 || len(payload) == 0 {
			continue
		}
		if err := m.Decode(payload, nil); err != nil {
			c.t.Fatal(err)
		}
		break
	}
	if e := m.GetEtoPayload(); e.GetSeq() != c.seq || e.GetIsReplay() {
		c.t.Fatalf("message %d has sequence %d, %v", c.seq, e.GetSeq(), m)
	}
	c.seq++
	c.got = append(c.got, m.GetType())
	return m
}

// await returns the next message of a type. Heartbeats are answered; others than quotes and states are not expected.
func (c *pythonClient) await(want msg.PayloadType) *msg.Payload {
	c.t.Helper()
	for {
		m := c.next()
		switch typ := m.GetType(); {
		case typ == msg.PayloadEto && m.GetEtoPayload().GetType() == msg.EtoPayloadHeartbeat:
			c.send("heartbeat", nil)
		case typ == want:
			return m
		case typ == msg.PayloadContractQuotes, typ == msg.PayloadMarketState, typ == msg.PayloadThrottleLimitsChanged:
		default:
			c.t.Fatalf("%v instead of %v", m, want)
		}
	}
}

// servePython serves the recording to the recorded client, and returns it connected.
func servePython(t *testing.T, speed float64) (s *Server, c *pythonClient) {
	t.Helper()
	text, err := os.ReadFile("testdata/python_client.json")
	if err != nil {
		t.Fatal(err)
	}
	c = &pythonClient{t: t}
	if err := json.Unmarshal(text, &c.calls); err != nil {
		t.Fatal(err)
	}
	if s, err = Listen(ServerConfig{
		Config: Config{Dir: recordMarket(t)}, Queue: exchange.QueueOptimistic, Speed: speed,
		Username: "user", Password: "pass", Token: "abcdef",
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	c.connect(s)
	return s, c
}

// connect opens a connection, on which nothing was sent.
func (c *pythonClient) connect(s *Server) {
	c.t.Helper()
	socket, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = socket.Close() })
	c.socket, c.in, c.seq, c.out = socket, bufio.NewReader(socket), 1, 1
}

// TestPythonClient serves a recording to the recorded bytes of Smarkets' Python client: it logs in, trades and leaves.
func TestPythonClient(t *testing.T) { servePythonDay(t, func(*Server, *pythonClient) {}) }

// TestPythonClientAgain has the client log in before its day as well: once it logs out, once the connection is lost.
// The recording waits for it.
func TestPythonClientAgain(t *testing.T) {
	servePythonDay(t, func(s *Server, c *pythonClient) {
		for _, leave := range []func(){func() {
			c.send("logout", nil)
			if e := c.await(msg.PayloadEto).GetEtoPayload(); e.GetLogout().GetReason() != msg.EtoLogoutConfirmation {
				t.Errorf("the logout is answered by %v", e)
			}
			if _, err := c.in.ReadByte(); err == nil {
				t.Error("the connection goes on")
			}
		}, func() { _ = c.socket.Close() }} {
			c.send("login", nil)
			c.await(msg.PayloadEto)
			c.send("market_subscribe", nil)
			c.await(msg.PayloadMarketQuotes)
			c.await(msg.PayloadContractQuotes) // the recording has begun
			leave()
			c.connect(s)
		}
	})
}

// TestPaceBegins begins a recording at its own pace with a client that is silent: what is due next is the recording's
// next change.
func TestPaceBegins(t *testing.T) {
	s, c := servePython(t, 1)
	ctx, end, err := s.serving.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	go s.accept()
	defer s.closeClients()
	c.send("login", nil)
	if err := s.awaitFirst(ctx); err != nil {
		t.Fatal(err)
	}
	s.begin()
	if next := time.Duration(s.world.due() - s.config.Recording.Begin); next > 10*time.Millisecond {
		t.Errorf("nothing is due before %v", next)
	}
}

// servePythonDay serves the client's day, after what else it does.
func servePythonDay(t *testing.T, before func(*Server, *pythonClient)) {
	t.Helper()
	s, c := servePython(t, 0)
	type served struct {
		m   *Model
		err error
	}
	done := make(chan served, 1)
	over := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	defer serving.Wait()
	defer cancel()
	serving.Go(func() {
		m, err := s.Serve(ctx, func() { close(over) })
		done <- served{m, err}
	})
	before(s, c)
	c.day(over)
	got := <-done
	if got.err != nil {
		t.Fatal(got.err)
	}
	f := &got.m.Figures
	if f.Orders != 1 || f.Fills != 0 || f.Rejected != 1 || f.Messages < 200 {
		t.Errorf("%+v", f)
	}
	for _, o := range got.m.Orders {
		if o.Ended == 0 {
			t.Errorf("order %d is live after the end", o.Order)
		}
	}
}

// day is the recorded session.
func (c *pythonClient) day(over <-chan struct{}) {
	t := c.t
	c.send("login", nil)
	if r := c.await(msg.PayloadEto).GetEtoPayload(); len(r.GetLoginResponse().GetSession()) == 0 {
		t.Fatalf("the login is answered by %v", r)
	}
	c.send("ping", nil)
	if m := c.await(msg.PayloadEto).GetEtoPayload(); m.GetType() != msg.EtoPayloadPong {
		t.Fatalf("the ping is answered by %v", m)
	}
	c.send("order_create", nil)
	resting := c.await(msg.PayloadOrderAccepted).GetOrderAccepted().GetOrderId()
	c.send("order_create ioc", nil) // on the other side, at the same price
	if r := c.await(msg.PayloadOrderRejected).GetOrderRejected(); r.GetReason() != msg.OrderRejectedCrossedSelf {
		t.Fatalf("the second order is answered by %v", r)
	}
	c.send("order_cancel", func(m *msg.Payload) { m.MutableOrderCancel().SetOrderId(resting) })
	if id := c.await(msg.PayloadOrderCancelled).GetOrderCancelled().GetOrderId(); id != resting {
		t.Fatalf("order %d was cancelled, not %d", id, resting)
	}
	c.send("market_subscribe", nil)
	if q := c.await(msg.PayloadMarketQuotes).GetMarketQuotes(); q.GetMarketId() != pythonMarket {
		t.Fatalf("the subscription is answered by %v", q) // which is empty before the recording begins
	}
	c.send("settings false", nil)
	c.await(msg.PayloadSettingsAccepted)
	c.send("cancel_all market", nil)
	c.await(msg.PayloadOrderCancelAllAccepted)
	for last := uint64(0); last != 50_200; { // the recording
		q := c.await(msg.PayloadContractQuotes).GetContractQuotes()
		bid := &q.GetBids()[0]
		if last = bid.GetQuantity(); q.GetContractId() != pythonContract || bid.GetPrice() != 2400 {
			t.Fatalf("the recording has %v", q)
		}
	}
	<-over
	c.send("logout", nil)
	for {
		e := c.next().GetEtoPayload() // heartbeats may be on their way, and are not answered any more
		if e.GetType() == msg.EtoPayloadLogout {
			if r := e.GetLogout().GetReason(); r != msg.EtoLogoutConfirmation {
				t.Errorf("the logout is answered by %v", r)
			}
			return
		}
	}
}

package sim

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/gateway"
	"github.com/smk-go/smk/wire"
)

// harness is a Sim under test.
type harness struct {
	t   *testing.T
	sim *Sim
}

// testConfig has two funded accounts, one market, no other participants, and no throttle message, so that
// sequences are those of the examples.
func testConfig() Config {
	c := DefaultConfig()
	c.Agents = Agents{}
	c.Throttle.Off = true
	c.Markets = c.Markets[:1]
	return c
}

func newHarness(t *testing.T, c Config) *harness {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &harness{t, s}
}

// wait advances the clock by d, tick by tick.
func (h *harness) wait(d time.Duration) {
	end := h.sim.Now() + int64(d)
	for h.sim.Now() < end {
		h.sim.Tick(min(max(h.sim.Tick(h.sim.Now()), h.sim.Now()+1), end))
	}
}

// client is a simple client: it numbers what it sends and formats what it receives.
type client struct {
	t       *testing.T
	harness *harness
	conn    *gateway.Conn
	out     uint64
	raw     []byte // everything received
	seen    int    // offset in raw of the next frame
	seq     uint64 // the highest sequence received
}

func (h *harness) connect() *client {
	h.t.Helper()
	p, err := h.sim.gateway.Accept(h.sim.now)
	if err != nil {
		h.t.Fatal(err)
	}
	return &client{t: h.t, harness: h, conn: p, out: 1}
}

// login connects and logs in as the demo account.
func (h *harness) login() *client { return h.loginAs(DemoUsername) }

func (h *harness) loginAs(username string) *client {
	c := h.connect()
	c.password(username, username)
	c.receiveAll()
	return c
}

// bytes sends raw bytes.
func (c *client) bytes(b []byte) {
	for len(b) > 0 {
		free := c.conn.Free()
		if free == nil {
			return
		}
		n := copy(free, b)
		c.conn.Filled(c.harness.sim.Now(), n)
		b = b[n:]
	}
}

// sendAt sends a payload with a sequence.
func (c *client) sendAt(seq uint64, fill func(*msg.Payload)) {
	c.t.Helper()
	var m msg.Payload
	fill(&m)
	if !m.HasType() {
		m.SetType(msg.PayloadEto)
	}
	m.MutableEtoPayload().SetSeq(seq)
	b, err := m.MarshalVT()
	if err != nil {
		c.t.Fatal(err)
	}
	c.bytes(wire.AppendFrame(nil, b))
}

// send sends a payload with the next sequence, which it returns.
func (c *client) send(fill func(*msg.Payload)) uint64 {
	c.t.Helper()
	seq := c.out
	c.out++
	c.sendAt(seq, fill)
	return seq
}

func (c *client) eto(t msg.EtoPayloadType) {
	c.send(func(m *msg.Payload) { m.MutableEtoPayload().SetType(t) })
}
func (c *client) ping()   { c.eto(msg.EtoPayloadPing) }
func (c *client) beat()   { c.eto(msg.EtoPayloadHeartbeat) }
func (c *client) logout() { c.eto(msg.EtoPayloadLogout) }

func (c *client) replay(from uint64) {
	c.send(func(m *msg.Payload) {
		m.MutableEtoPayload().SetType(msg.EtoPayloadReplay)
		m.MutableEtoPayload().MutableReplay().SetSeq(from)
	})
}

func (c *client) password(username, password string) {
	c.send(func(m *msg.Payload) {
		m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
		m.MutableLogin().SetUsernameString(username)
		m.MutableLogin().SetPasswordString(password)
	})
}

func (c *client) token(token string) {
	c.send(func(m *msg.Payload) {
		m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
		m.MutableLogin().SetCookie([]byte(token))
	})
}

// resume logs in to a session with its next sequence.
func (c *client) resume(session string, seq uint64) {
	c.sendAt(seq, func(m *msg.Payload) {
		m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
		m.MutableEtoPayload().MutableLogin().SetSessionString(session)
		m.MutableLogin().SetUsernameString(DemoUsername)
		m.MutableLogin().SetPasswordString(DemoPassword)
	})
	c.out = seq + 1
}

const (
	buy  = msg.SideBuy
	sell = msg.SideSell
)

func (c *client) create(side msg.Side, quantity uint64, price uint32, ref uint64,
	more ...func(*msg.OrderCreate),
) uint64 {
	return c.send(func(m *msg.Payload) {
		o := m.MutableOrderCreate()
		o.SetSide(side)
		o.SetQuantity(quantity)
		o.SetPrice(price)
		o.SetReference(ref)
		o.SetMarketId(DemoMarket)
		o.SetContractId(DemoHome)
		for _, f := range more {
			f(o)
		}
	})
}

func (c *client) cancel(id, ref uint64) {
	c.send(func(m *msg.Payload) {
		m.MutableOrderCancel().SetOrderId(id)
		if ref != 0 {
			m.MutableOrderCancel().SetReference(ref)
		}
	})
}

func (c *client) subscribe(market uint32) {
	c.send(func(m *msg.Payload) { m.MutableMarketSubscribe().SetMarketId(market) })
}

// receive reads what the exchange has sent.
func (c *client) receive() {
	for b := c.conn.Pending(); len(b) > 0; b = c.conn.Pending() {
		c.raw = append(c.raw, b...)
		c.conn.Written(len(b))
	}
}

// next returns the next payload received, nil if there is none. The payload is not borrowed.
func (c *client) next() *msg.Payload {
	c.t.Helper()
	c.receive()
	return c.parse()
}

// parse is next without receive.
func (c *client) parse() *msg.Payload {
	c.t.Helper()
	payload, n, err := wire.Scan(c.raw[c.seen:], wire.Limits{})
	if err != nil {
		c.t.Fatal(err)
	}
	if n == 0 {
		return nil
	}
	c.seen += n
	m := new(msg.Payload)
	if err := m.Decode(bytes.Clone(payload), nil); err != nil {
		c.t.Fatal(err)
	}
	c.seq = max(c.seq, m.GetEtoPayload().GetSeq())
	return m
}

// receiveAll receives every message and returns them formatted by brief.
func (c *client) receiveAll() []string {
	c.t.Helper()
	var list []string
	for m := c.next(); m != nil; m = c.next() {
		list = append(list, brief(m))
	}
	return list
}

// want checks every message received, formatted by brief.
func (c *client) want(lines ...string) {
	c.t.Helper()
	got := strings.Join(c.receiveAll(), "\n")
	if want := strings.Join(lines, "\n"); got != want {
		c.t.Fatalf("the exchange sent\n%s\n\nwant\n%s", got, want)
	}
}

// disconnect drops the connection.
func (c *client) disconnect() {
	c.receive()
	c.conn.Disconnected(c.harness.sim.Now())
}

// wantClosed checks that the exchange closes the connection now, and disconnects.
func (c *client) wantClosed() {
	c.t.Helper()
	c.receive()
	if !c.conn.Closing() {
		c.t.Fatal("the connection is not to be closed")
	}
	c.conn.Disconnected(c.harness.sim.Now())
}

// brief formats a message in one line. Order ids are shown by their serial numbers.
func brief(m *msg.Payload) string {
	e := m.GetEtoPayload()
	s := fmt.Sprintf("S%d ", e.GetSeq())
	if !e.HasIsReplay() {
		s += "(is_replay absent) "
	}
	if e.GetIsReplay() {
		s += "replayed "
	}
	if m.GetType() == msg.PayloadEto {
		return s + briefEto(e)
	}
	if e.HasType() {
		s += "(eto type present) "
	}
	return s + briefBody(m)
}

func briefEto(e *msg.EtoPayload) string {
	s := strings.TrimPrefix(e.GetType().String(), "PAYLOAD_")
	switch e.GetType() {
	case msg.EtoPayloadLoginResponse:
		s += fmt.Sprintf(" reset=%d", e.GetLoginResponse().GetReset())
	case msg.EtoPayloadLogout:
		s += " " + strings.TrimPrefix(e.GetLogout().GetReason().String(), "LOGOUT_")
	case msg.EtoPayloadReplay:
		s += fmt.Sprintf(" from %d", e.GetReplay().GetSeq())
	}
	return s
}

func serial(id uint64) uint64 { return id >> 22 }

func briefBody(m *msg.Payload) string {
	ref := func(has bool, v uint64) string {
		if !has {
			return ""
		}
		return fmt.Sprintf(" ref=%d", v)
	}
	switch m.GetType() {
	case msg.PayloadOrderAccepted:
		b := m.GetOrderAccepted()
		return fmt.Sprintf("accepted seq=%d%s #%d %d@%d", b.GetSeq(), ref(b.HasReference(), b.GetReference()),
			serial(b.GetOrderId()), b.GetQuantity(), b.GetPrice())
	case msg.PayloadOrderExecuted:
		b := m.GetOrderExecuted()
		return fmt.Sprintf("executed #%d %d@%d total=%d avg=%d available=%d", serial(b.GetOrderId()), b.GetQuantity(),
			b.GetPrice(), b.GetTotalExecutedQuantity(), b.GetExecutedAvgPrice(), b.GetAvailableQuantity())
	case msg.PayloadOrderCancelled:
		b := m.GetOrderCancelled()
		return fmt.Sprintf("cancelled #%d %s%s executed=%d", serial(b.GetOrderId()),
			strings.TrimPrefix(b.GetReason().String(), "ORDER_CANCELLED_"), ref(b.HasReference(), b.GetReference()),
			b.GetExecutedQuantity())
	case msg.PayloadOrderCancelRejected:
		b := m.GetOrderCancelRejected()
		return fmt.Sprintf("cancel_rejected #%d %s%s", serial(b.GetOrderId()),
			strings.TrimPrefix(b.GetReason().String(), "ORDER_CANCEL_REJECTED_"), ref(b.HasReference(),
				b.GetReference()))
	case msg.PayloadOrderRejected:
		b := m.GetOrderRejected()
		return fmt.Sprintf("rejected seq=%d%s %s", b.GetSeq(), ref(b.HasReference(), b.GetReference()),
			strings.TrimPrefix(b.GetReason().String(), "ORDER_REJECTED_"))
	case msg.PayloadOrderInvalid:
		b := m.GetOrderInvalid()
		s := fmt.Sprintf("invalid seq=%d%s", b.GetSeq(), ref(b.HasReference(), b.GetReference()))
		for _, r := range b.GetReasons() {
			s += " " + strings.TrimPrefix(r.String(), "ORDER_INVALID_")
		}
		return s
	case msg.PayloadOrderCancelAllAccepted:
		b := m.GetOrderCancelAllAccepted()
		return "cancel_all_accepted" + ref(b.HasReference(), b.GetReference())
	case msg.PayloadThrottleLimitsChanged:
		b := m.GetThrottleLimitsChanged()
		return fmt.Sprintf("limits %d/%d/%d", b.GetAverageRatePs(), b.GetBurstSize(), b.GetTickMs())
	case msg.PayloadMarketQuotes:
		b := m.GetMarketQuotes()
		s := fmt.Sprintf("market_quotes %d volume=%d", b.GetMarketId(), b.GetExecutedVolume())
		for i := range b.GetContractQuotes() {
			s += " {" + briefQuotes(&b.GetContractQuotes()[i]) + "}"
		}
		return s
	case msg.PayloadContractQuotes:
		return "quotes " + briefQuotes(m.GetContractQuotes())
	case msg.PayloadMarketState:
		b := m.GetMarketState()
		return fmt.Sprintf("market_state %d %s", b.GetMarketId(), strings.TrimPrefix(b.GetState().String(),
			"MARKET_STATE_"))
	case msg.PayloadSettingsAccepted:
		return fmt.Sprintf("settings_accepted %v", m.GetSettingsAccepted().GetCancelAllOnFailure())
	}
	return briefRare(m)
}

func briefQuotes(q *msg.ContractQuotes) string {
	s := fmt.Sprint(q.GetContractId())
	levels := func(name string, list []msg.Quote) {
		if len(list) == 0 {
			return
		}
		s += " " + name
		for i := range list {
			s += fmt.Sprintf(" %d:%d", list[i].GetPrice(), list[i].GetQuantity())
		}
	}
	levels("bids", q.GetBids())
	levels("offers", q.GetOffers())
	fact := func(e *msg.Execution) string {
		return fmt.Sprintf(" %s %d@%d", strings.TrimPrefix(e.GetLiquidity().String(), "SIDE_"), e.GetQuantity(),
			e.GetPrice())
	}
	for i := range q.GetExecutions() {
		s += " traded" + fact(&q.GetExecutions()[i])
	}
	if q.HasLastExecution() {
		s += " last" + fact(q.GetLastExecution())
	}
	if q.HasHighPrice() || q.HasLowPrice() {
		s += fmt.Sprintf(" low=%d high=%d", q.GetLowPrice(), q.GetHighPrice())
	}
	return s
}

package script

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/fault"
	"github.com/smk-go/smk/wire"
)

const (
	sentMax     = 4096            // messages that a bot keeps for a replay
	replayRetry = 2 * time.Second // after which a replay request is repeated
)

// Bot is a client without a strategy: it numbers messages, requests and serves replays, answers
// heartbeats, and keeps every report by its account sequence, so that its orders can be compared
// with the exchange's. Its methods run on the goroutine that owns the exchange.
type Bot struct {
	Username, Password string

	OnMessage func(*msg.Payload) // called with every message in sequence; the message is borrowed. May be nil

	IgnoreHeartbeats bool // do not answer heartbeats
	NoReplayRequests bool // do not request replays
	NoReplays        bool // do not serve replays

	sim  *sim.Sim
	conn *fault.Conn // nil while disconnected

	received []byte            // not yet split into frames
	unsent   []byte            // not yet taken by the connection
	sent     map[uint64][]byte // payloads of this session by sequence
	inSeq    uint64            // next expected
	outSeq   uint64            // next to send

	requested   uint64 // first sequence of the latest replay request
	requestedAt int64

	session string
	counts  map[string]int
	reports map[uint64]report // by account sequence
	answers []uint64          // references of answered creates, in order of arrival
	err     error
}

// NewBot returns a bot for an account. It is not connected.
func NewBot(s *sim.Sim, username, password string) *Bot {
	return &Bot{
		Username: username, Password: password, sim: s,
		sent: make(map[uint64][]byte), counts: make(map[string]int), reports: make(map[uint64]report),
	}
}

// String returns the bot's name, by its account.
func (b *Bot) String() string { return "bot of " + b.Username }

// Format writes String for every verb: a bot holds a password.
func (b *Bot) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, b.String()) }

// Connected reports whether the bot has a connection.
func (b *Bot) Connected() bool { return b.conn != nil }

// Conn returns the connection, nil while disconnected.
func (b *Bot) Conn() *fault.Conn { return b.conn }

// Count returns how many messages of a type were received in sequence, such as "order_executed" or
// "eto.heartbeat", or how often a reason was given, such as "ORDER_REJECTED_MARKET_HALTED". Other
// names are: "discarded" for messages out of sequence, "duplicate" for reports whose account
// sequence was known, "asked" for replays requested, "served" for replays served, "logout.REASON"
// for logouts, "closed" for connections that the exchange ended, "refused" for those that it did
// not accept, and "failed" for those that the bot gave up.
func (b *Bot) Count(name string) int { return b.counts[name] }

// Answers returns the references of the creates that were answered, in order of arrival. The slice
// belongs to the bot.
func (b *Bot) Answers() []uint64 { return b.answers }

// Err returns why the bot last gave up a connection: a frame or message that it could not decode.
func (b *Bot) Err() error { return b.err }

// connect replaces the connection by a new one.
func (b *Bot) connect() bool {
	b.Disconnect()
	l, err := b.sim.Open()
	if err != nil {
		b.counts["refused"]++
		return false
	}
	b.conn, b.received, b.unsent, b.requested = l, nil, nil, 0
	return true
}

// Disconnect drops the connection, if there is one, without a logout.
func (b *Bot) Disconnect() {
	if b.conn != nil {
		b.conn.Disconnected(b.sim.Now())
		b.conn = nil
	}
}

// Login connects and starts a new session. from is the account sequence to resume from, 0 for none.
// It reports whether the exchange accepted the connection; the answer is received by Poll.
func (b *Bot) Login(from uint64) bool {
	if !b.connect() {
		return false
	}
	b.inSeq, b.outSeq, b.session = 1, 1, ""
	clear(b.sent)
	b.send(func(m *msg.Payload) {
		b.fillLogin(m)
		if from > 0 {
			m.MutableLogin().SetAccountSequence(0)
			m.MutableLogin().SetAccountSequence_64(from)
		}
	})
	return true
}

// Resume connects and continues the latest session, or starts a new one if there is none. It
// reports whether the exchange accepted the connection.
func (b *Bot) Resume() bool {
	if b.session == "" {
		return b.Login(0)
	}
	if !b.connect() {
		return false
	}
	b.send(func(m *msg.Payload) {
		b.fillLogin(m)
		m.MutableEtoPayload().MutableLogin().SetSessionString(b.session)
	})
	return true
}

func (b *Bot) fillLogin(m *msg.Payload) {
	m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
	m.MutableLogin().SetUsernameString(b.Username)
	m.MutableLogin().SetPasswordString(b.Password)
}

// NextAccountSequence returns the lowest account sequence without a report.
func (b *Bot) NextAccountSequence() uint64 {
	n := uint64(1)
	for ; ; n++ {
		if _, ok := b.reports[n]; !ok {
			return n
		}
	}
}

// send sends a message with the next sequence.
func (b *Bot) send(fill func(*msg.Payload)) {
	if b.conn == nil {
		return
	}
	var m msg.Payload
	fill(&m)
	if !m.HasType() {
		m.SetType(msg.PayloadEto)
	}
	m.MutableEtoPayload().SetSeq(b.outSeq)
	b.sent[b.outSeq] = marshal(&m)
	delete(b.sent, b.outSeq-sentMax)
	b.outSeq++
	b.write(&m)
}

func marshal(m *msg.Payload) []byte {
	p, err := m.MarshalVT()
	if err != nil {
		panic("BUG: sim: " + err.Error())
	}
	return p
}

func (b *Bot) write(m *msg.Payload) {
	b.unsent = wire.AppendFrame(b.unsent, marshal(m))
	b.flush()
}

// flush writes as much as the connection takes.
func (b *Bot) flush() {
	for len(b.unsent) > 0 && b.conn != nil {
		n := copy(b.conn.Free(), b.unsent)
		if n == 0 {
			return
		}
		b.unsent = b.unsent[n:]
		b.conn.Filled(b.sim.Now(), n)
	}
}

// sendEto sends a session message without fields.
func (b *Bot) sendEto(t msg.EtoPayloadType) {
	b.send(func(m *msg.Payload) { m.MutableEtoPayload().SetType(t) })
}

// Ping sends a ping.
func (b *Bot) Ping() { b.sendEto(msg.EtoPayloadPing) }

// Logout sends a logout.
func (b *Bot) Logout() { b.sendEto(msg.EtoPayloadLogout) }

// Subscribe subscribes to a market.
func (b *Bot) Subscribe(market uint32) {
	b.send(func(m *msg.Payload) { m.MutableMarketSubscribe().SetMarketId(market) })
}

// SubscribeEvent subscribes to an event.
func (b *Bot) SubscribeEvent(event uint32) {
	b.send(func(m *msg.Payload) { m.MutableEventSubscribe().SetEventId(event) })
}

// SetCancelAllOnFailure sends the session's setting.
func (b *Bot) SetCancelAllOnFailure(on bool) {
	b.send(func(m *msg.Payload) { m.MutableSettings().SetCancelAllOnFailure(on) })
}

// Create sends an order. It copies o.
func (b *Bot) Create(o *msg.OrderCreate) {
	b.send(func(m *msg.Payload) { *m.MutableOrderCreate() = *o })
}

// Cancel sends a cancel of the order id.
func (b *Bot) Cancel(id uint64) {
	b.send(func(m *msg.Payload) { m.MutableOrderCancel().SetOrderId(id) })
}

// CancelAll sends a cancel of all orders of a market, or of every market if that is 0.
func (b *Bot) CancelAll(market uint32) {
	b.send(func(m *msg.Payload) {
		c := m.MutableOrderCancelAll()
		if market != 0 {
			c.SetMarketId(market)
		}
	})
}

// Poll receives what has arrived and answers it.
func (b *Bot) Poll() {
	b.flush()
	for b.conn != nil {
		p := b.conn.Pending()
		if len(p) == 0 {
			break
		}
		b.received = append(b.received, p...)
		b.conn.Written(len(p))
		b.parse()
	}
	if b.conn != nil && b.conn.Closing() {
		b.counts["closed"]++
		b.Disconnect()
	}
}

// parse handles every complete frame. It drops the connection at one that does not decode.
func (b *Bot) parse() {
	for b.conn != nil {
		payload, n, err := wire.Scan(b.received, wire.Limits{})
		if err != nil {
			b.fail(err)
			return
		}
		if n == 0 {
			return
		}
		b.received = b.received[n:]
		var m msg.Payload
		if err := m.Decode(bytes.Clone(payload), nil); err != nil {
			b.fail(err)
			return
		}
		b.receive(&m)
	}
}

func (b *Bot) fail(err error) {
	b.err = fmt.Errorf("bot %s: %w", b.Username, err)
	b.counts["failed"]++
	b.Disconnect()
}

// receive handles one message.
func (b *Bot) receive(m *msg.Payload) {
	e := m.GetEtoPayload()
	if e.GetType() == msg.EtoPayloadLogout && m.GetType() == msg.PayloadEto {
		b.counts["logout."+strings.TrimPrefix(e.GetLogout().GetReason().String(), "LOGOUT_")]++
		b.counts["closed"]++
		b.Disconnect()
		return
	}
	seq := e.GetSeq()
	switch {
	case seq < b.inSeq:
		b.counts["discarded"]++
		return
	case seq > b.inSeq:
		b.handleGap(m)
		return
	}
	b.inSeq++
	b.apply(m)
}

// handleGap handles a message that came too early, and requests a replay of those before it.
func (b *Bot) handleGap(m *msg.Payload) {
	b.counts["discarded"]++
	e := m.GetEtoPayload()
	if m.GetType() == msg.PayloadEto {
		switch e.GetType() {
		case msg.EtoPayloadReplay:
			b.serveReplay(e.GetReplay().GetSeq())
		case msg.EtoPayloadLoginResponse:
			b.onLogin(e)
		}
	}
	if (b.requested != b.inSeq || b.sim.Now() >= b.requestedAt+int64(replayRetry)) && !b.NoReplayRequests {
		b.requestReplay()
	}
}

// requestReplay requests a replay from the first missing sequence on.
func (b *Bot) requestReplay() {
	b.requested, b.requestedAt = b.inSeq, b.sim.Now()
	b.counts["asked"]++
	b.send(func(m *msg.Payload) {
		m.MutableEtoPayload().SetType(msg.EtoPayloadReplay)
		m.MutableEtoPayload().MutableReplay().SetSeq(b.inSeq)
	})
}

// serveReplay resends from a sequence on; session messages become gapfills.
func (b *Bot) serveReplay(from uint64) {
	b.counts["served"]++
	if b.NoReplays {
		return
	}
	if b.outSeq > sentMax {
		from = max(from, b.outSeq-sentMax)
	}
	for seq := max(from, 1); seq < b.outSeq; seq++ {
		var m msg.Payload
		if p := b.sent[seq]; p != nil {
			if err := m.Decode(p, nil); err != nil {
				panic("BUG: sim: " + err.Error())
			}
		}
		if m.GetType() == msg.PayloadEto || m.GetType() == msg.PayloadLogin || !m.HasType() {
			m.Reset()
			m.SetType(msg.PayloadEto)
			m.MutableEtoPayload().SetSeq(seq)
			m.MutableEtoPayload().SetType(msg.EtoPayloadGapfill)
		}
		m.MutableEtoPayload().SetIsReplay(true)
		b.write(&m)
	}
}

func (b *Bot) onLogin(e *msg.EtoPayload) {
	r := e.GetLoginResponse()
	b.session = string(r.GetSession())
	b.outSeq = max(b.outSeq, r.GetReset())
}

// apply handles a message in sequence.
func (b *Bot) apply(m *msg.Payload) {
	if b.OnMessage != nil {
		b.OnMessage(m)
	}
	if m.GetType() == msg.PayloadEto {
		e := m.GetEtoPayload()
		b.counts["eto."+strings.ToLower(strings.TrimPrefix(e.GetType().String(), "PAYLOAD_"))]++
		switch e.GetType() {
		case msg.EtoPayloadLoginResponse:
			b.onLogin(e)
		case msg.EtoPayloadHeartbeat:
			if !b.IgnoreHeartbeats {
				b.sendEto(msg.EtoPayloadHeartbeat)
			}
		case msg.EtoPayloadReplay:
			b.serveReplay(e.GetReplay().GetSeq())
		}
		return
	}
	r, ok := parseReport(m)
	if ok && r.accountSequence != 0 {
		if _, known := b.reports[r.accountSequence]; known {
			b.counts["duplicate"]++
			return
		}
		b.reports[r.accountSequence] = r
	}
	switch m.GetType() {
	case msg.PayloadOrderAccepted, msg.PayloadOrderRejected, msg.PayloadOrderInvalid:
		b.answers = append(b.answers, r.reference)
	}
	b.counts[strings.ToLower(strings.TrimPrefix(m.GetType().String(), "PAYLOAD_"))]++
	if r.reason != "" {
		b.counts[r.reason]++
	}
}

// Receive handles bytes that the caller read from the connection.
func (b *Bot) Receive(p []byte) {
	b.received = append(b.received, p...)
	b.parse()
}

package bot

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
	sentMax  = 4096            // messages that a bot keeps for a replay
	askAgain = 2 * time.Second // when a replay did not help
)

// Bot is one client. Its methods run on the goroutine that owns the exchange.
type Bot struct {
	Username, Password string

	Heard func(*msg.Payload) // is told of every message taken in its turn; may be nil

	Mute    bool // sends no heartbeats
	NoAsk   bool // does not ask for replays
	NoServe bool // does not serve replays

	sim  *sim.Sim
	line *fault.Line // nil without a connection

	raw    []byte            // received, not yet cut into frames
	unsent []byte            // what the line did not take yet
	sent   map[uint64][]byte // payloads of this session by sequence
	in     uint64            // next sequence expected
	out    uint64            // next sequence to use
	asked  uint64            // the gap that a replay was asked for

	askedAt int64

	session string
	counts  map[string]int
	reports map[uint64]Report // by account sequence
	answers []uint64          // references of answered creates, as they came
	failure error
}

// New returns a bot for an account whose password is known.
func New(s *sim.Sim, username, password string) *Bot {
	return &Bot{
		Username: username, Password: password, sim: s,
		sent: make(map[uint64][]byte), counts: make(map[string]int), reports: make(map[uint64]Report),
	}
}

// String names the bot by its account.
func (b *Bot) String() string { return "bot of " + b.Username }

// Format is String for every verb: a bot has a password and a session.
func (b *Bot) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, b.String()) }

// Connected reports whether there is a connection.
func (b *Bot) Connected() bool { return b.line != nil }

// Line returns the connection, nil if there is none.
func (b *Bot) Line() *fault.Line { return b.line }

// Count returns how many messages of a name were taken in their turn: "order_executed",
// "eto.heartbeat". "discarded" counts those that were not, "duplicate" those whose account
// sequence was known, "logout.REASON" the ways in which sessions ended, "closed" the
// connections that the exchange ended, "refused" those that it did not take.
func (b *Bot) Count(name string) int { return b.counts[name] }

// Answers returns the references of the creates that were answered, in the order in which
// the answers came.
func (b *Bot) Answers() []uint64 { return b.answers }

// Failure returns why the bot gave a connection up, nil if it never did.
func (b *Bot) Failure() error { return b.failure }

// connect opens a connection, giving up the one that there is.
func (b *Bot) connect() bool {
	b.Drop()
	l, err := b.sim.Open()
	if err != nil {
		b.counts["refused"]++
		return false
	}
	b.line, b.raw, b.unsent, b.asked = l, nil, nil, 0
	return true
}

// Drop loses the connection, if there is one.
func (b *Bot) Drop() {
	if b.line != nil {
		b.line.Lost(b.sim.Now())
		b.line = nil
	}
}

// Login connects and logs in afresh. from is the account sequence to resume from, 0 for
// none.
func (b *Bot) Login(from uint64) bool {
	if !b.connect() {
		return false
	}
	b.in, b.out, b.session = 1, 1, ""
	clear(b.sent)
	b.send(func(m *msg.Payload) {
		b.loginTo(m)
		if from > 0 {
			m.MutableLogin().SetAccountSequence(0)
			m.MutableLogin().SetAccountSequence_64(from)
		}
	})
	return true
}

// Resume connects and continues the session that was lost, or logs in afresh if there was
// none.
func (b *Bot) Resume() bool {
	if b.session == "" {
		return b.Login(0)
	}
	if !b.connect() {
		return false
	}
	b.send(func(m *msg.Payload) {
		b.loginTo(m)
		m.MutableEtoPayload().MutableLogin().SetSessionString(b.session)
	})
	return true
}

func (b *Bot) loginTo(m *msg.Payload) {
	m.MutableEtoPayload().SetType(msg.EtoPayloadLogin)
	m.MutableLogin().SetUsernameString(b.Username)
	m.MutableLogin().SetPasswordString(b.Password)
}

// Missing returns the first account sequence that no report was received for.
func (b *Bot) Missing() uint64 {
	n := uint64(1)
	for ; ; n++ {
		if _, ok := b.reports[n]; !ok {
			return n
		}
	}
}

// send numbers a message and sends it.
func (b *Bot) send(fill func(*msg.Payload)) {
	if b.line == nil {
		return
	}
	var m msg.Payload
	fill(&m)
	if !m.HasType() {
		m.SetType(msg.PayloadEto)
	}
	m.MutableEtoPayload().SetSeq(b.out)
	b.sent[b.out] = marshal(&m)
	delete(b.sent, b.out-sentMax)
	b.out++
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

// flush hands the line what it takes.
func (b *Bot) flush() {
	for len(b.unsent) > 0 && b.line != nil {
		n := copy(b.line.Free(), b.unsent)
		if n == 0 {
			return
		}
		b.unsent = b.unsent[n:]
		b.line.Filled(b.sim.Now(), n)
	}
}

// control sends a session message.
func (b *Bot) control(t msg.EtoPayloadType) {
	b.send(func(m *msg.Payload) { m.MutableEtoPayload().SetType(t) })
}

// Ping asks for a pong.
func (b *Bot) Ping() { b.control(msg.EtoPayloadPing) }

// Logout ends the session in order.
func (b *Bot) Logout() { b.control(msg.EtoPayloadLogout) }

// Subscribe follows a market and its event.
func (b *Bot) Subscribe(market uint32) {
	b.send(func(m *msg.Payload) { m.MutableMarketSubscribe().SetMarketId(market) })
}

// SubscribeEvent follows an event.
func (b *Bot) SubscribeEvent(event uint32) {
	b.send(func(m *msg.Payload) { m.MutableEventSubscribe().SetEventId(event) })
}

// Settings sets whether a failure cancels all.
func (b *Bot) Settings(cancelAllOnFailure bool) {
	b.send(func(m *msg.Payload) { m.MutableSettings().SetCancelAllOnFailure(cancelAllOnFailure) })
}

// Create asks for an order.
func (b *Bot) Create(o *msg.OrderCreate) {
	b.send(func(m *msg.Payload) { *m.MutableOrderCreate() = *o })
}

// Cancel asks for the end of one.
func (b *Bot) Cancel(id uint64) {
	b.send(func(m *msg.Payload) { m.MutableOrderCancel().SetOrderId(id) })
}

// CancelAll asks for the end of all, in one market or, if that is 0, everywhere.
func (b *Bot) CancelAll(market uint32) {
	b.send(func(m *msg.Payload) {
		c := m.MutableOrderCancelAll()
		if market != 0 {
			c.SetMarketId(market)
		}
	})
}

// Round takes all that came and says what is to be said to it.
func (b *Bot) Round() {
	b.flush()
	for b.line != nil {
		p := b.line.Pending()
		if len(p) == 0 {
			break
		}
		b.raw = append(b.raw, p...)
		b.line.Written(len(p))
		b.parse()
	}
	if b.line != nil && b.line.Closing() {
		b.counts["closed"]++
		b.Drop()
	}
}

// parse takes every whole frame. What is no frame or no message ends the connection.
func (b *Bot) parse() {
	for b.line != nil {
		payload, n, err := wire.Scan(b.raw, wire.Limits{})
		if err != nil {
			b.fail(err)
			return
		}
		if n == 0 {
			return
		}
		b.raw = b.raw[n:]
		var m msg.Payload
		if err := m.Decode(bytes.Clone(payload), nil); err != nil {
			b.fail(err)
			return
		}
		b.receive(&m)
	}
}

func (b *Bot) fail(err error) {
	b.failure = fmt.Errorf("bot %s: %w", b.Username, err)
	b.counts["failed"]++
	b.Drop()
}

// receive takes one message by its sequence.
func (b *Bot) receive(m *msg.Payload) {
	e := m.GetEtoPayload()
	if e.GetType() == msg.EtoPayloadLogout && m.GetType() == msg.PayloadEto {
		b.counts["logout."+strings.TrimPrefix(e.GetLogout().GetReason().String(), "LOGOUT_")]++
		b.counts["closed"]++
		b.Drop()
		return
	}
	seq := e.GetSeq()
	switch {
	case seq < b.in:
		b.counts["discarded"]++
		return
	case seq > b.in:
		b.ahead(m, seq)
		return
	}
	b.in++
	b.apply(m)
}

// ahead handles a message that others should have come before.
func (b *Bot) ahead(m *msg.Payload, seq uint64) {
	b.counts["discarded"]++
	e := m.GetEtoPayload()
	if m.GetType() == msg.PayloadEto {
		switch e.GetType() {
		case msg.EtoPayloadReplay:
			b.serve(e.GetReplay().GetSeq())
		case msg.EtoPayloadLoginResponse:
			b.welcome(e)
		}
	}
	if (b.asked != b.in || b.sim.Now() >= b.askedAt+int64(askAgain)) && !b.NoAsk {
		b.Ask()
	}
}

// Ask asks for a replay from the gap on, also if that was done before.
func (b *Bot) Ask() {
	b.asked, b.askedAt = b.in, b.sim.Now()
	b.counts["asked"]++
	b.send(func(m *msg.Payload) {
		m.MutableEtoPayload().SetType(msg.EtoPayloadReplay)
		m.MutableEtoPayload().MutableReplay().SetSeq(b.in)
	})
}

// serve sends again what the exchange asks for; session messages become gapfills.
func (b *Bot) serve(from uint64) {
	b.counts["served"]++
	if b.NoServe {
		return
	}
	if b.out > sentMax {
		from = max(from, b.out-sentMax)
	}
	for seq := max(from, 1); seq < b.out; seq++ {
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

func (b *Bot) welcome(e *msg.EtoPayload) {
	r := e.GetLoginResponse()
	b.session = string(r.GetSession())
	b.out = max(b.out, r.GetReset())
}

// apply takes a message that came in its turn.
func (b *Bot) apply(m *msg.Payload) {
	if b.Heard != nil {
		b.Heard(m)
	}
	if m.GetType() == msg.PayloadEto {
		e := m.GetEtoPayload()
		b.counts["eto."+strings.ToLower(strings.TrimPrefix(e.GetType().String(), "PAYLOAD_"))]++
		switch e.GetType() {
		case msg.EtoPayloadLoginResponse:
			b.welcome(e)
		case msg.EtoPayloadHeartbeat:
			if !b.Mute {
				b.control(msg.EtoPayloadHeartbeat)
			}
		case msg.EtoPayloadReplay:
			b.serve(e.GetReplay().GetSeq())
		}
		return
	}
	r, ok := reportOf(m)
	if ok && r.AccountSequence != 0 {
		if _, known := b.reports[r.AccountSequence]; known {
			b.counts["duplicate"]++
			return
		}
		b.reports[r.AccountSequence] = r
	}
	switch m.GetType() {
	case msg.PayloadOrderAccepted, msg.PayloadOrderRejected, msg.PayloadOrderInvalid:
		b.answers = append(b.answers, r.Reference)
	}
	b.counts[strings.ToLower(strings.TrimPrefix(m.GetType().String(), "PAYLOAD_"))]++
	if r.Reason != "" {
		b.counts[r.Reason]++
	}
}

// Take receives bytes that somebody else read from the line.
func (b *Bot) Take(p []byte) {
	b.raw = append(b.raw, p...)
	b.parse()
}

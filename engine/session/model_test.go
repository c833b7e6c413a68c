package session

import (
	"fmt"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// model is a server in a few lines, written down as slowly and plainly as can be, and
// the network to it. It remembers everything it ever sent and executed, so that the
// session's claims can be checked.
type model struct {
	k     *kit
	epoch uint32

	// Of the session.
	id       int
	in       uint64
	messages []sent // by sequence, from 1

	// Of the account.
	account  []uint64          // references of the orders that were executed, by account sequence
	executed map[uint64]int    // how often each reference was executed
	seqs     map[uint64]uint64 // and with which sequence

	toServer []byte
	lost     int  // messages to the client that the network will swallow
	deaf     bool // what the client sends is swallowed
}

// sent is one message of the server.
type sent struct {
	payload *msg.Payload // nil for what is only filled in a replay
	account uint64
}

func newModel(k *kit) *model {
	return &model{k: k, executed: make(map[uint64]int), seqs: make(map[uint64]uint64)}
}

// send sends a message, or drops it.
func (m *model) send(p *msg.Payload, s sent) {
	m.messages = append(m.messages, s)
	eto := p.MutableEtoPayload()
	eto.SetSeq(uint64(len(m.messages)))
	b := m.k.payload(p)
	if m.lost > 0 {
		m.lost--
		return
	}
	m.k.feed(b)
}

func (m *model) sendEto(typ msg.EtoPayloadType, body func(*msg.EtoPayload)) {
	p := new(msg.Payload)
	p.SetType(msg.PayloadEto)
	p.MutableEtoPayload().SetType(typ)
	if body != nil {
		body(p.GetEtoPayload())
	}
	m.send(p, sent{})
}

func (m *model) quote() {
	p := new(msg.Payload)
	p.MutableMarketState().SetMarketId(1)
	p.GetMarketState().SetState(msg.MarketStateType(2))
	m.send(p, sent{payload: p})
}

// sendAccount sends the message with an account sequence: the acceptance of an order.
func (m *model) sendAccount(number uint64) {
	p := new(msg.Payload)
	a := p.MutableOrderAccepted()
	a.SetSeq(m.seqs[m.account[number-1]])
	a.SetOrderId(number)
	a.SetReference(m.account[number-1])
	a.SetAccountSequence_64(number)
	m.send(p, sent{payload: p, account: number})
}

// repeat says something old once more.
func (m *model) repeat(seq uint64) {
	if p := m.messages[seq-1].payload; p != nil {
		m.k.feed(m.k.payload(p))
	}
}

// replay sends everything from a sequence on again.
func (m *model) replay(from uint64) {
	for seq := max(from, 1); seq <= uint64(len(m.messages)); seq++ {
		p := m.messages[seq-1].payload
		if p == nil {
			p = new(msg.Payload)
			p.SetType(msg.PayloadEto)
			p.MutableEtoPayload().SetType(msg.EtoPayloadGapfill)
			p.MutableEtoPayload().SetSeq(seq)
		}
		p.MutableEtoPayload().SetIsReplay(true)
		m.k.feed(m.k.payload(p))
		p.MutableEtoPayload().SetIsReplay(false)
	}
}

// receive handles everything the client has sent.
func (m *model) receive() {
	for {
		payload, n, err := wire.Scan(m.toServer, wire.Limits{})
		if err != nil {
			m.k.t.Fatal(err)
		}
		if n == 0 {
			return
		}
		p := new(msg.Payload)
		if err := p.Decode(payload, nil); err != nil {
			m.k.t.Fatal(err)
		}
		if !m.deaf {
			m.handle(p)
		}
		m.toServer = m.toServer[n:]
	}
}

func (m *model) handle(p *msg.Payload) {
	eto := p.GetEtoPayload()
	seq := eto.GetSeq()
	if p.GetType() == msg.PayloadLogin {
		m.login(p)
		return
	}
	if seq != m.in {
		if seq > m.in {
			if eto.GetType() == msg.EtoPayloadReplay && p.GetType() == msg.PayloadEto {
				m.replay(eto.GetReplay().GetSeq())
			}
			m.sendEto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(m.in) })
		}
		return
	}
	m.in++
	switch {
	case p.GetType() == msg.PayloadOrderCreate:
		reference := p.GetOrderCreate().GetReference()
		m.executed[reference]++
		m.seqs[reference] = seq
		m.account = append(m.account, reference)
		m.sendAccount(uint64(len(m.account)))
	case p.GetType() != msg.PayloadEto:
	case eto.GetType() == msg.EtoPayloadReplay:
		m.replay(eto.GetReplay().GetSeq())
	case eto.GetType() == msg.EtoPayloadPing:
		m.sendEto(msg.EtoPayloadPong, nil)
	}
}

// login resumes the session that the client names, or opens a fresh one and sends the
// account's messages again.
func (m *model) login(p *msg.Payload) {
	eto := p.GetEtoPayload()
	respond := func() {
		m.sendEto(msg.EtoPayloadLoginResponse, func(e *msg.EtoPayload) {
			e.MutableLoginResponse().SetSessionString(fmt.Sprint("session ", m.id))
			e.MutableLoginResponse().SetReset(max(m.in, eto.GetSeq()+1))
		})
	}
	if eto.HasLogin() {
		if string(eto.GetLogin().GetSession()) != fmt.Sprint("session ", m.id) {
			m.messages = nil
			m.sendEto(msg.EtoPayloadLogout, func(e *msg.EtoPayload) {
				e.MutableLogout().SetReason(msg.EtoLogoutUnknownSession)
			})
			return
		}
		respond()
		if seq := eto.GetSeq(); m.in < seq {
			m.sendEto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(m.in) })
		} else {
			m.in = seq + 1
		}
		return
	}
	m.id++
	m.in, m.messages = 2, nil
	respond()
	if login := p.GetLogin(); login.HasAccountSequence_64() {
		for number := login.GetAccountSequence_64(); number <= uint64(len(m.account)); number++ {
			m.sendAccount(number)
		}
	}
}

// forget makes the server forget the session.
func (m *model) forget() { m.id += 1000 }

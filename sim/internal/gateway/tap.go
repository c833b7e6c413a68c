package gateway

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// Tap sits where a connection's messages may be meddled with: on their way in, before
// anything looks at their sequence, and on their way out, before they get one. What it
// does not pass on is lost.
type Tap interface {
	// OnReceive is told of every whole message from the client; it passes it on by
	// [Conn.Deliver], now or later, as often as it likes. The payload is borrowed and
	// valid until OnReceive returns.
	OnReceive(payload []byte)

	// OnRequest is asked whether a message that came in its turn is to be carried out.
	OnRequest(t msg.PayloadType) bool

	// OnSend is told of every application message to the client; it passes it on by
	// [Conn.Send], now or later, as often as it likes. The body is borrowed and valid
	// until OnSend returns.
	OnSend(body exchange.Message, replayed bool)
}

// SetTap puts a tap on the connection, nil for none.
func (p *Conn) SetTap(t Tap) { p.tap = t }

// Deliver carries out one payload from the client. It reports false, without having looked
// at it, if the connection takes none: for good if Err or Draining say so, else for now.
func (p *Conn) Deliver(payload []byte) bool {
	if p.isClosing() || p.resuming.conn != nil {
		return false
	}
	p.processPayload(payload)
	return true
}

// Send gives an application message the next sequence and sends it.
func (p *Conn) Send(body exchange.Message, replayed bool) {
	if p.state != stateDisconnected {
		p.session.sendDirect(body, replayed)
	}
}

// SkipSequence uses up one sequence with a message that is not meant to be sent: whoever asks for a
// replay is sent a gapfill in its place. It returns the sequence, 0 if there is none.
func (p *Conn) SkipSequence() uint64 {
	if p.isClosing() || p.session.unresumable {
		return 0
	}
	seq := p.session.outSeq
	p.session.sendEto(msg.EtoPayloadHeartbeat, kindGapfill, nil)
	return seq
}

// SendThrottleExceeded sends the session message that says that something was dropped for coming
// too fast, without saying what.
func (p *Conn) SendThrottleExceeded() {
	if !p.isClosing() {
		p.session.sendEto(msg.EtoPayloadThrottleExceeded, 0, nil)
	}
}

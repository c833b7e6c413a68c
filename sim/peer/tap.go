package peer

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/core"
)

// Tap sits where a connection's messages may be meddled with: on their way in, before
// anything looks at their sequence, and on their way out, before they get one. What it
// does not pass on is lost.
type Tap interface {
	// Received is told of every whole message from the client; it passes it on by
	// [Peer.Deliver], now or later, as often as it likes. The payload is borrowed and
	// valid until Received returns.
	Received(payload []byte)

	// Request is asked whether a message that came in its turn is to be carried out.
	Request(t msg.PayloadType) bool

	// Sending is told of every application message to the client; it passes it on by
	// [Peer.Send], now or later, as often as it likes. The body is borrowed and valid
	// until Sending returns.
	Sending(body core.Message, replayed bool)
}

// SetTap puts a tap on the connection, nil for none.
func (p *Peer) SetTap(t Tap) { p.tap = t }

// Deliver carries out one payload from the client. It reports false, without having looked
// at it, if the connection takes none: for good if Err or Ending say so, else for now.
func (p *Peer) Deliver(payload []byte) bool {
	if p.stopped() || p.taken.from != nil {
		return false
	}
	p.receive(payload)
	return true
}

// Send gives an application message the next sequence and sends it.
func (p *Peer) Send(body core.Message, replayed bool) {
	if p.state != stateLost {
		p.s.sendNow(body, replayed)
	}
}

// Skip uses up one sequence with a message that is not meant to be sent: whoever asks for a
// replay is sent a gapfill in its place. It returns the sequence, 0 if there is none.
func (p *Peer) Skip() uint64 {
	if p.stopped() || p.s.broken {
		return 0
	}
	seq := p.s.next
	p.s.control(msg.EtoPayloadHeartbeat, kindGapfill, nil)
	return seq
}

// TellThrottled sends the session message that says that something was dropped for coming
// too fast, without saying what.
func (p *Peer) TellThrottled() {
	if !p.stopped() {
		p.s.control(msg.EtoPayloadThrottleExceeded, 0, nil)
	}
}

package gateway

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// Tap intercepts a connection's messages: incoming ones before their sequence is checked, outgoing
// ones before they get a sequence. A message that it does not pass on is lost.
type Tap interface {
	// OnReceive is called with every complete incoming payload. It passes it on by [Conn.Deliver],
	// now or later, any number of times. The payload is borrowed and valid until OnReceive returns.
	OnReceive(payload []byte)

	// OnRequest reports whether a message in sequence is to be carried out.
	OnRequest(t msg.PayloadType) bool

	// OnSend is called with every outgoing application message. It passes it on by [Conn.Send], now
	// or later, any number of times. The body is borrowed and valid until OnSend returns.
	OnSend(body exchange.Message, replayed bool)
}

// SetTap sets the connection's tap; nil removes it.
func (c *Conn) SetTap(t Tap) { c.tap = t }

// Deliver handles one incoming payload. It reports false if the connection accepts none: for good if
// Err is not nil or Draining reports true, else for now.
func (c *Conn) Deliver(payload []byte) bool {
	if c.isClosing() || c.resuming.conn != nil {
		return false
	}
	c.processPayload(payload)
	return true
}

// Send sends an application message with the next sequence.
func (c *Conn) Send(body exchange.Message, replayed bool) {
	if c.state != stateDisconnected {
		c.session.sendDirect(body, replayed)
	}
}

// SkipSequence queues a message with the next sequence that the caller must not send; a replay sends a
// gapfill in its place. It returns the sequence, 0 if the connection is closing.
func (c *Conn) SkipSequence() uint64 {
	if c.isClosing() || c.session.unresumable {
		return 0
	}
	seq := c.session.outSeq
	c.session.sendEto(msg.EtoPayloadHeartbeat, kindGapfill, nil)
	return seq
}

// SendThrottleExceeded sends the session message that reports a request dropped by the throttle,
// without naming the request.
func (c *Conn) SendThrottleExceeded() {
	if !c.isClosing() {
		c.session.sendEto(msg.EtoPayloadThrottleExceeded, 0, nil)
	}
}

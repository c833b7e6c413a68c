package fault

import (
	"bytes"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// heldMessage is a message without a sequence that is held back.
type heldMessage struct {
	body     encodedMessage
	replayed bool
	due      int64
	after    int  // released after so many other messages; 0 means only by time
	answer   bool // swaps places with the next answer to a create
}

// encodedMessage is an encoded exchange.Message.
type encodedMessage struct {
	msgType msg.PayloadType
	bytes   []byte
}

// PayloadType implements exchange.Message.
func (b *encodedMessage) PayloadType() msg.PayloadType { return b.msgType }

// SizeVT implements exchange.Message.
func (b *encodedMessage) SizeVT() int { return len(b.bytes) }

// MarshalToSizedBufferVT implements exchange.Message.
func (b *encodedMessage) MarshalToSizedBufferVT(to []byte) (int, error) {
	return copy(to[len(to)-len(b.bytes):], b.bytes), nil
}

func encodeMessage(m exchange.Message) encodedMessage {
	b := encodedMessage{m.PayloadType(), make([]byte, m.SizeVT())}
	if _, err := m.MarshalToSizedBufferVT(b.bytes); err != nil {
		panic("BUG: sim: " + err.Error())
	}
	return b
}

// tap is the gateway.Tap of a connection.
type tap struct{ c *Conn }

func (t tap) OnReceive(payload []byte)                 { t.c.onReceive(payload) }
func (t tap) OnRequest(m msg.PayloadType) bool         { return t.c.onRequest(m) }
func (t tap) OnSend(m exchange.Message, replayed bool) { t.c.onSend(m, replayed) }

// onReceive is gateway.Tap's OnReceive.
func (c *Conn) onReceive(payload []byte) {
	switch {
	case c.halfOpen:
		return
	case !c.active:
	case c.inject(DropIn):
		c.releaseIn()
		return
	case len(c.heldIn) < heldMax && len(payload) <= heldBytes && c.inject(DelayIn):
		c.holdIn(heldFrame{bytes.Clone(payload), c.randomTime(int64(c.plan.DelayMax)), 0})
		return
	case len(c.heldIn) < heldMax && len(payload) <= heldBytes && c.inject(ReorderIn):
		c.holdIn(heldFrame{bytes.Clone(payload), c.injector.now + reorderTimeout, 1})
		return
	case c.inject(DuplicateIn):
		c.gateway.Deliver(payload)
	}
	c.gateway.Deliver(payload)
	c.releaseIn()
}

func (c *Conn) holdIn(h heldFrame) {
	c.heldIn = append(c.heldIn, h)
	c.schedule(h.due)
}

// releaseIn releases the payloads that waited for another one to pass.
func (c *Conn) releaseIn() {
	for i := 0; i < len(c.heldIn); i++ {
		if h := &c.heldIn[i]; h.after > 0 {
			if h.after--; h.after == 0 && c.gateway.Deliver(h.bytes) {
				c.heldIn = append(c.heldIn[:i], c.heldIn[i+1:]...)
				i--
			}
		}
	}
}

// tickIn delivers the payloads that are due.
func (c *Conn) tickIn() {
	for i := 0; i < len(c.heldIn); i++ {
		h := c.heldIn[i]
		if h.due > c.injector.now {
			c.schedule(h.due)
			continue
		}
		if !c.gateway.Deliver(h.bytes) && c.gateway.Err() == nil && !c.gateway.Draining() {
			c.heldIn[i].due = c.injector.now + reorderTimeout // the gateway waits for another connection to close
			c.schedule(c.heldIn[i].due)
			continue
		}
		c.heldIn = append(c.heldIn[:i], c.heldIn[i+1:]...)
		i--
	}
}

// onRequest is gateway.Tap's OnRequest.
func (c *Conn) onRequest(t msg.PayloadType) bool {
	if !c.active || !isRequest(t) {
		return true
	}
	switch {
	case c.inject(Unheard):
		return false
	case c.inject(Throttled):
		c.gateway.SendThrottleExceeded()
		return false
	}
	return true
}

// onSend is gateway.Tap's OnSend.
func (c *Conn) onSend(m exchange.Message, replayed bool) {
	if !c.active && len(c.heldUnsequenced) == 0 {
		c.gateway.Send(m, replayed)
		return
	}
	t := m.PayloadType()
	if c.active && c.inject(Skip) {
		if seq := c.gateway.SkipSequence(); seq != 0 && len(c.out.skipped) < heldMax {
			c.out.skipped = append(c.out.skipped, seq)
		}
	}
	if c.plan.AccountOnly && t == msg.PayloadBalanceChanged {
		c.release(func(*heldMessage) bool { return true }) // it has no account sequence that says what is newer
	}
	room := len(c.heldUnsequenced) < heldMax && m.SizeVT() <= heldBytes
	switch {
	case !c.active:
	case isAnswer(t) && c.inject(Unconfirmed), c.inject(DropBefore):
		c.releaseUnsequenced()
		return
	case room && c.delays(t, replayed) && c.inject(DelayBefore):
		c.holdUnsequenced(m, replayed, heldMessage{due: c.randomTime(int64(c.plan.DelayMax))})
		return
	case room && c.delays(t, replayed) && c.inject(ReorderBefore):
		c.holdUnsequenced(m, replayed, heldMessage{due: c.injector.now + reorderTimeout, after: 1})
		return
	case room && answersCreate(t) && !c.swapping() && c.inject(Swap):
		c.holdUnsequenced(m, replayed, heldMessage{due: c.injector.now + reorderTimeout, after: 1, answer: true})
		return
	case c.inject(DuplicateBefore):
		c.gateway.Send(m, replayed)
	}
	if len(c.heldUnsequenced) > 0 && !answersCreate(t) {
		c.releaseAnswers() // only another answer may overtake an answer
	}
	c.gateway.Send(m, replayed)
	c.releaseUnsequenced()
}

// delays reports whether a message may be sent later than others.
func (c *Conn) delays(t msg.PayloadType, replayed bool) bool {
	return !c.plan.AccountOnly || ofAccount(t) && !replayed
}

// ofAccount reports whether a message of a type has an account sequence.
func ofAccount(t msg.PayloadType) bool {
	switch t {
	case msg.PayloadOrderInvalid:
		return false
	case msg.PayloadOrderExecuted, msg.PayloadOrderExecuteConfirmed, msg.PayloadOrderExecuteVoided,
		msg.PayloadOrderVoided, msg.PayloadOrderReduced:
		return true
	}
	return isAnswer(t)
}

// holdUnsequenced holds a message back as h says.
func (c *Conn) holdUnsequenced(m exchange.Message, replayed bool, h heldMessage) {
	h.body, h.replayed = encodeMessage(m), replayed
	c.heldUnsequenced = append(c.heldUnsequenced, h)
	c.schedule(h.due)
}

// swapping reports whether an answer is held back for the next one.
func (c *Conn) swapping() bool {
	for i := range c.heldUnsequenced {
		if c.heldUnsequenced[i].answer {
			return true
		}
	}
	return false
}

// release sends the held messages that meet a condition, oldest first.
func (c *Conn) release(due func(*heldMessage) bool) {
	for i := 0; i < len(c.heldUnsequenced); i++ {
		if h := c.heldUnsequenced[i]; due(&c.heldUnsequenced[i]) {
			c.heldUnsequenced = append(c.heldUnsequenced[:i], c.heldUnsequenced[i+1:]...)
			c.gateway.Send(&h.body, h.replayed)
			i--
		}
	}
}

func (c *Conn) releaseAnswers() {
	if c.swapping() {
		c.release(func(h *heldMessage) bool { return h.answer })
	}
}

// releaseUnsequenced releases the messages that waited for another one to pass.
func (c *Conn) releaseUnsequenced() {
	if len(c.heldUnsequenced) == 0 {
		return
	}
	c.release(func(h *heldMessage) bool {
		if h.after == 0 {
			return false
		}
		h.after--
		return h.after == 0
	})
}

// tickUnsequenced sends the messages that are due.
func (c *Conn) tickUnsequenced() {
	c.release(func(h *heldMessage) bool {
		if h.due > c.injector.now {
			c.schedule(h.due)
			return false
		}
		return true
	})
}

// isRequest reports whether a type is that of an order request.
func isRequest(t msg.PayloadType) bool {
	switch t {
	case msg.PayloadOrderCreate, msg.PayloadOrderCancel, msg.PayloadOrderCancelAll,
		msg.PayloadOrderQuantityReduce, msg.PayloadOrderCancelReplace:
		return true
	}
	return false
}

func answersCreate(t msg.PayloadType) bool {
	switch t {
	case msg.PayloadOrderAccepted, msg.PayloadOrderRejected, msg.PayloadOrderInvalid:
		return true
	}
	return false
}

// isAnswer reports whether a type can be that of an answer to an order request.
func isAnswer(t msg.PayloadType) bool {
	switch t {
	case msg.PayloadOrderCancelled, msg.PayloadOrderCancelRejected,
		msg.PayloadOrderCancelAllAccepted, msg.PayloadOrderCancelAllRejected,
		msg.PayloadOrderQuantityReduced, msg.PayloadOrderQuantityReduceRejected,
		msg.PayloadOrderPendingReplace, msg.PayloadOrderCancelReplaceAccepted, msg.PayloadOrderCancelReplaceRejected:
		return true
	}
	return answersCreate(t)
}

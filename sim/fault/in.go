package fault

import (
	"bytes"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// heldMessage is a message that has no sequence yet and was held back.
type heldMessage struct {
	body     encodedMessage
	replayed bool
	due      int64
	after    int  // comes at the latest when so many others have passed; 0 means that only time counts
	answer   bool // an answer to a create that changes places with the next one
}

// body is an encoded message that can be sent.
type encodedMessage struct {
	t     msg.PayloadType
	bytes []byte
}

// PayloadType implements exchange.Message.
func (b *encodedMessage) PayloadType() msg.PayloadType { return b.t }

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

// OnReceive implements gateway.Tap.
func (l *Conn) OnReceive(payload []byte) {
	switch {
	case l.halfOpen:
		return
	case !l.active:
	case l.inject(DropIn):
		l.releaseIn()
		return
	case len(l.heldIn) < heldMax && len(payload) <= heldBytes && l.inject(DelayIn):
		l.holdIn(heldFrame{bytes.Clone(payload), l.randomTime(int64(l.plan.DelayMax)), 0})
		return
	case len(l.heldIn) < heldMax && len(payload) <= heldBytes && l.inject(ReorderIn):
		l.holdIn(heldFrame{bytes.Clone(payload), l.injector.now + reorderTimeout, 1})
		return
	case l.inject(DuplicateIn):
		l.gateway.Deliver(payload)
	}
	l.gateway.Deliver(payload)
	l.releaseIn()
}

func (l *Conn) holdIn(h heldFrame) {
	l.heldIn = append(l.heldIn, h)
	l.schedule(h.due)
}

// releaseIn lets those follow that waited for a message to pass.
func (l *Conn) releaseIn() {
	for i := 0; i < len(l.heldIn); i++ {
		if h := &l.heldIn[i]; h.after > 0 {
			if h.after--; h.after == 0 && l.gateway.Deliver(h.bytes) {
				l.heldIn = append(l.heldIn[:i], l.heldIn[i+1:]...)
				i--
			}
		}
	}
}

// tickIn delivers what was held back long enough.
func (l *Conn) tickIn() {
	for i := 0; i < len(l.heldIn); i++ {
		h := l.heldIn[i]
		if h.due > l.injector.now {
			l.schedule(h.due)
			continue
		}
		if !l.gateway.Deliver(h.bytes) && l.gateway.Err() == nil && !l.gateway.Draining() {
			l.heldIn[i].due = l.injector.now + reorderTimeout // it waits for another connection to end
			l.schedule(l.heldIn[i].due)
			continue
		}
		l.heldIn = append(l.heldIn[:i], l.heldIn[i+1:]...)
		i--
	}
}

// OnRequest implements gateway.Tap.
func (l *Conn) OnRequest(t msg.PayloadType) bool {
	if !l.active || !isRequest(t) {
		return true
	}
	switch {
	case l.inject(Unheard):
		return false
	case l.inject(Throttled):
		l.gateway.SendThrottleExceeded()
		return false
	}
	return true
}

// OnSend implements gateway.Tap.
func (l *Conn) OnSend(m exchange.Message, replayed bool) {
	t := m.PayloadType()
	if l.active && l.inject(Skip) {
		if seq := l.gateway.SkipSequence(); seq != 0 && len(l.skipped) < heldMax {
			l.skipped = append(l.skipped, seq)
		}
	}
	room := len(l.heldUnsequenced) < heldMax && m.SizeVT() <= heldBytes
	switch {
	case !l.active:
	case isAnswer(t) && l.inject(Unconfirmed), l.inject(DropBefore):
		l.releaseUnsequenced(t)
		return
	case room && l.inject(DelayBefore):
		l.holdUnsequenced(heldMessage{body: encodeMessage(m), replayed: replayed, due: l.randomTime(int64(l.plan.DelayMax))})
		return
	case room && l.inject(ReorderBefore):
		l.holdUnsequenced(heldMessage{body: encodeMessage(m), replayed: replayed, due: l.injector.now + reorderTimeout, after: 1})
		return
	case room && answersCreate(t) && !l.swapping() && l.inject(Swap):
		l.holdUnsequenced(heldMessage{body: encodeMessage(m), replayed: replayed, due: l.injector.now + reorderTimeout, after: 1, answer: true})
		return
	case l.inject(DuplicateBefore):
		l.gateway.Send(m, replayed)
	}
	if len(l.heldUnsequenced) > 0 && !answersCreate(t) {
		l.releaseAnswers() // nothing but another answer may overtake an answer
	}
	l.gateway.Send(m, replayed)
	l.releaseUnsequenced(t)
}

func (l *Conn) holdUnsequenced(h heldMessage) {
	l.heldUnsequenced = append(l.heldUnsequenced, h)
	l.schedule(h.due)
}

// swapping reports whether an answer waits for the next one.
func (l *Conn) swapping() bool {
	for i := range l.heldUnsequenced {
		if l.heldUnsequenced[i].answer {
			return true
		}
	}
	return false
}

// release sends what was held back and meets a condition, oldest first.
func (l *Conn) release(due func(*heldMessage) bool) {
	for i := 0; i < len(l.heldUnsequenced); i++ {
		if h := l.heldUnsequenced[i]; due(&l.heldUnsequenced[i]) {
			l.heldUnsequenced = append(l.heldUnsequenced[:i], l.heldUnsequenced[i+1:]...)
			l.gateway.Send(&h.body, h.replayed)
			i--
		}
	}
}

func (l *Conn) releaseAnswers() {
	if l.swapping() {
		l.release(func(h *heldMessage) bool { return h.answer })
	}
}

// releaseUnsequenced lets those follow that waited for a message to pass.
func (l *Conn) releaseUnsequenced(msg.PayloadType) {
	if len(l.heldUnsequenced) == 0 {
		return
	}
	l.release(func(h *heldMessage) bool {
		if h.after == 0 {
			return false
		}
		h.after--
		return h.after == 0
	})
}

// tickUnsequenced sends what was held back long enough.
func (l *Conn) tickUnsequenced() {
	l.release(func(h *heldMessage) bool {
		if h.due > l.injector.now {
			l.schedule(h.due)
			return false
		}
		return true
	})
}

// isRequest reports whether a message is a request about orders.
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

// isAnswer reports whether a message is, or can be, the answer to a request about orders.
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

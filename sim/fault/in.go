package fault

import (
	"bytes"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/core"
)

// heldBody is a message that has no sequence yet and was held back.
type heldBody struct {
	body     body
	replayed bool
	due      int64
	after    int  // comes at the latest when so many others have passed; 0 means that only time counts
	answer   bool // an answer to a create that changes places with the next one
}

// body is an encoded message that can be sent.
type body struct {
	t     msg.PayloadType
	bytes []byte
}

// PayloadType implements core.Message.
func (b *body) PayloadType() msg.PayloadType { return b.t }

// SizeVT implements core.Message.
func (b *body) SizeVT() int { return len(b.bytes) }

// MarshalToSizedBufferVT implements core.Message.
func (b *body) MarshalToSizedBufferVT(to []byte) (int, error) {
	return copy(to[len(to)-len(b.bytes):], b.bytes), nil
}

func clone(m core.Message) body {
	b := body{m.PayloadType(), make([]byte, m.SizeVT())}
	if _, err := m.MarshalToSizedBufferVT(b.bytes); err != nil {
		panic("BUG: sim: " + err.Error())
	}
	return b
}

// Received implements peer.Tap.
func (l *Line) Received(payload []byte) {
	switch {
	case l.deaf:
		return
	case !l.active:
	case l.hit(DropIn):
		l.passedIn()
		return
	case len(l.lateIn) < heldMax && len(payload) <= heldBytes && l.hit(DelayIn):
		l.holdIn(held{bytes.Clone(payload), l.upTo(int64(l.plan.DelayMax)), 0})
		return
	case len(l.lateIn) < heldMax && len(payload) <= heldBytes && l.hit(ReorderIn):
		l.holdIn(held{bytes.Clone(payload), l.f.now + patience, 1})
		return
	case l.hit(DuplicateIn):
		l.p.Deliver(payload)
	}
	l.p.Deliver(payload)
	l.passedIn()
}

func (l *Line) holdIn(h held) {
	l.lateIn = append(l.lateIn, h)
	l.at(h.due)
}

// passedIn lets those follow that waited for a message to pass.
func (l *Line) passedIn() {
	for i := 0; i < len(l.lateIn); i++ {
		if h := &l.lateIn[i]; h.after > 0 {
			if h.after--; h.after == 0 && l.p.Deliver(h.bytes) {
				l.lateIn = append(l.lateIn[:i], l.lateIn[i+1:]...)
				i--
			}
		}
	}
}

// tickIn delivers what was held back long enough.
func (l *Line) tickIn() {
	for i := 0; i < len(l.lateIn); i++ {
		h := l.lateIn[i]
		if h.due > l.f.now {
			l.at(h.due)
			continue
		}
		if !l.p.Deliver(h.bytes) && l.p.Err() == nil && !l.p.Ending() {
			l.lateIn[i].due = l.f.now + patience // it waits for another connection to end
			l.at(l.lateIn[i].due)
			continue
		}
		l.lateIn = append(l.lateIn[:i], l.lateIn[i+1:]...)
		i--
	}
}

// Request implements peer.Tap.
func (l *Line) Request(t msg.PayloadType) bool {
	if !l.active || !isRequest(t) {
		return true
	}
	switch {
	case l.hit(Unheard):
		return false
	case l.hit(Throttled):
		l.p.TellThrottled()
		return false
	}
	return true
}

// Sending implements peer.Tap.
func (l *Line) Sending(m core.Message, replayed bool) {
	t := m.PayloadType()
	if l.active && l.hit(Skip) {
		if seq := l.p.Skip(); seq != 0 && len(l.skipped) < heldMax {
			l.skipped = append(l.skipped, seq)
		}
	}
	room := len(l.before) < heldMax && m.SizeVT() <= heldBytes
	switch {
	case !l.active:
	case isAnswer(t) && l.hit(Unconfirmed), l.hit(DropBefore):
		l.passedBefore(t)
		return
	case room && l.hit(DelayBefore):
		l.holdBefore(heldBody{body: clone(m), replayed: replayed, due: l.upTo(int64(l.plan.DelayMax))})
		return
	case room && l.hit(ReorderBefore):
		l.holdBefore(heldBody{body: clone(m), replayed: replayed, due: l.f.now + patience, after: 1})
		return
	case room && answersCreate(t) && !l.swapping() && l.hit(Swap):
		l.holdBefore(heldBody{body: clone(m), replayed: replayed, due: l.f.now + patience, after: 1, answer: true})
		return
	case l.hit(DuplicateBefore):
		l.p.Send(m, replayed)
	}
	if len(l.before) > 0 && !answersCreate(t) {
		l.releaseAnswers() // nothing but another answer may overtake an answer
	}
	l.p.Send(m, replayed)
	l.passedBefore(t)
}

func (l *Line) holdBefore(h heldBody) {
	l.before = append(l.before, h)
	l.at(h.due)
}

// swapping reports whether an answer waits for the next one.
func (l *Line) swapping() bool {
	for i := range l.before {
		if l.before[i].answer {
			return true
		}
	}
	return false
}

// release sends what was held back and meets a condition, oldest first.
func (l *Line) release(due func(*heldBody) bool) {
	for i := 0; i < len(l.before); i++ {
		if h := l.before[i]; due(&l.before[i]) {
			l.before = append(l.before[:i], l.before[i+1:]...)
			l.p.Send(&h.body, h.replayed)
			i--
		}
	}
}

func (l *Line) releaseAnswers() {
	if l.swapping() {
		l.release(func(h *heldBody) bool { return h.answer })
	}
}

// passedBefore lets those follow that waited for a message to pass.
func (l *Line) passedBefore(msg.PayloadType) {
	if len(l.before) == 0 {
		return
	}
	l.release(func(h *heldBody) bool {
		if h.after == 0 {
			return false
		}
		h.after--
		return h.after == 0
	})
}

// tickBefore sends what was held back long enough.
func (l *Line) tickBefore() {
	l.release(func(h *heldBody) bool {
		if h.due > l.f.now {
			l.at(h.due)
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

package session

import (
	"errors"

	"github.com/smk-go/smk/gen/msg"
)

// ErrNoAnswer is why the fate of an order-entry message is told while the
// connection lives: AnswerTimeout passed.
var ErrNoAnswer = errors.New("session: no answer in time")

// ErrStale is why a message was withheld when the exchange asked for it again:
// StaleAfter had passed, or the send ring did not hold it any more.
var ErrStale = errors.New("session: too old to be sent again")

// ErrThrottleExceeded is why the fate of the oldest unanswered message is told when
// the exchange says that it dropped something without saying what.
var ErrThrottleExceeded = errors.New("session: the exchange dropped a message for its throttle")

// answer is what an answer says about the request: a reference, or else the
// sequence or the order of the request.
type answer struct {
	reference uint64
	kind      keyKind
	key       uint64
	throttled bool // rejected because we were too fast
}

// answered ends the wait of the request that the decoded message answers, if it
// answers one.
func (s *Session) answered(replayed bool) {
	if s.open.n == 0 && s.throttle.off {
		return
	}
	a, ok := answerIn(&s.payload)
	if !ok {
		return
	}
	if a.throttled {
		s.stats.ThrottleRejected++
		s.throttle.rejected(s.now)
	}
	if a.reference != 0 {
		a.kind, a.key = byReference, a.reference
	} else if replayed && a.kind == bySequence {
		return // the sequence may be one of an earlier session
	}
	if e, link := s.open.find(a.kind, a.key); e != nil {
		s.unlink(e, link)
	}
}

// answerIn reads an answer.
func answerIn(p *msg.Payload) (a answer, ok bool) {
	switch p.GetType() {
	case msg.PayloadOrderAccepted:
		m := p.GetOrderAccepted()
		return answer{reference: m.GetReference(), kind: bySequence, key: m.GetSeq()}, true
	case msg.PayloadOrderRejected:
		m := p.GetOrderRejected()
		return answer{
			reference: m.GetReference(), kind: bySequence, key: m.GetSeq(),
			throttled: m.GetReason() == msg.OrderRejectedThrottleExceeded,
		}, true
	case msg.PayloadOrderInvalid:
		m := p.GetOrderInvalid()
		return answer{reference: m.GetReference(), kind: bySequence, key: m.GetSeq()}, true
	case msg.PayloadOrderCancelled:
		m := p.GetOrderCancelled()
		return answer{reference: m.GetReference(), kind: byOrder, key: m.GetOrderId()}, true
	case msg.PayloadOrderCancelRejected:
		m := p.GetOrderCancelRejected()
		a = answer{
			reference: m.GetReference(), kind: byOrder, key: m.GetOrderId(),
			throttled: m.GetReason() == msg.OrderCancelRejectedThrottleExceeded,
		}
		if !m.HasOrderId() {
			a.key = m.GetOrigOrderId()
		}
		return a, true
	case msg.PayloadOrderQuantityReduced:
		m := p.GetOrderQuantityReduced()
		return answer{reference: m.GetReference(), kind: byOrder, key: m.GetOrderId()}, true
	case msg.PayloadOrderQuantityReduceRejected:
		m := p.GetOrderQuantityReduceRejected()
		return answer{
			reference: m.GetReference(), kind: byOrder, key: m.GetOrderId(),
			throttled: m.GetReason() == msg.OrderQuantityReduceRejectedThrottleExceeded,
		}, true
	case msg.PayloadOrderCancelAllAccepted:
		return answer{reference: p.GetOrderCancelAllAccepted().GetReference(), kind: byOrder}, true
	case msg.PayloadOrderCancelAllRejected:
		return answer{reference: p.GetOrderCancelAllRejected().GetReference(), kind: byOrder}, true
	case msg.PayloadOrderPendingReplace:
		m := p.GetOrderPendingReplace()
		return answer{reference: m.GetReference(), kind: byOrder, key: m.GetOrigOrderId()}, true
	}
	return answer{}, false
}

// tellWithheld makes the fate of a message that was withheld from a replay the
// event.
func (s *Session) tellWithheld() bool {
	if s.withheld == 0 {
		return false
	}
	s.resolve(s.open.firstWithheld(), NotDelivered, ErrStale)
	return true
}

// expired reports whether the oldest order-entry message has waited for its answer
// for too long.
func (s *Session) expired() bool {
	e := s.open.first()
	return e != nil && s.now-e.at >= int64(s.config.AnswerTimeout)
}

// tellExpired makes the fate of a message that waited too long for its answer the
// event.
func (s *Session) tellExpired() bool {
	if !s.expired() || !s.state.LoggedIn() {
		return false
	}
	s.resolve(s.open.first(), InDoubt, ErrNoAnswer)
	return true
}

package session

import "errors"

// ErrNoAnswer is why the fate of an order-entry message is told while the
// connection lives: AnswerTimeout passed.
var ErrNoAnswer = errors.New("session: no answer in time")

// ErrStale is why a message was withheld when the exchange asked for it again:
// StaleAfter had passed, or the send ring did not hold it any more.
var ErrStale = errors.New("session: too old to be sent again")

// ErrThrottleExceeded is why the fate of the oldest unanswered message is told when
// the exchange says that it dropped something without saying what.
var ErrThrottleExceeded = errors.New("session: the exchange dropped a message for its throttle")

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
	return e != nil && s.fair()-e.at >= int64(s.config.AnswerTimeout)
}

// reportOverdue makes what Tick found to have waited too long the event: order-entry
// messages without an answer, account messages that stay away.
func (s *Session) reportOverdue() bool {
	if s.expired() {
		s.resolve(s.open.first(), InDoubt, ErrNoAnswer)
		return true
	}
	if h, ok := s.account.lasts(s.fair()); ok {
		s.accountHole(AccountGap, h)
		if s.config.ReconnectOnAccountGap {
			s.fail(ErrAccountGap)
		}
		return s.queue.pop(&s.event)
	}
	s.overdue = false
	return false
}

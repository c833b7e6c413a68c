package session

import (
	"errors"
	"fmt"
)

// ErrNoAnswer is why the fate of an order-entry message is told while the
// connection lives: AnswerTimeout passed.
var ErrNoAnswer = errors.New("session: no answer in time")

// ErrReplacePending is why the fate of an order_cancel_replace is told to which the
// exchange said order_pending_replace, and then in AnswerTimeout neither that it is
// carried out nor that it is not: the old order may be live, or the new one. It is
// ErrNoAnswer too.
var ErrReplacePending = fmt.Errorf("%w: the replace is pending", ErrNoAnswer)

// ErrStale is why a message was withheld when the exchange asked for it again:
// StaleAfter had passed, or the send ring did not hold it any more.
var ErrStale = errors.New("session: too old to be sent again")

// ErrThrottleExceeded is why the fate of the oldest unanswered message is told when
// the exchange says that it dropped something without saying what.
var ErrThrottleExceeded = errors.New("session: the exchange dropped a message for its throttle")

// nextSuppressed makes the fate of a message that was withheld from a replay the
// event.
func (s *Session) nextSuppressed() bool {
	if s.withheld == 0 {
		return false
	}
	s.noteUnanswered()
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
		e, cause := s.open.first(), ErrNoAnswer
		if e.pending {
			cause = ErrReplacePending
		} else {
			s.noteUnanswered()
		}
		s.resolve(e, InDoubt, cause)
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

// noteUnanswered notes that the fate of a message is reported without its answer.
func (s *Session) noteUnanswered() {
	if s.checkUnresponsive(); !s.noAnswer {
		s.noAnswer, s.noAnswerSince = true, s.fair()
	}
}

// checkUnresponsive gives the peer up if nothing was answered for too long. It is for what shows
// that nothing changed: the fate of one more message, or one more request for a replay. A
// peer that discards what it is sent, because it misses something before that and never gets
// it, looks alive otherwise, for heartbeats, requests and gapfills go back and forth. One
// message without an answer and nothing after it shows nothing.
func (s *Session) checkUnresponsive() {
	if s.noAnswer && s.fair()-s.noAnswerSince >= int64(s.config.PeerTimeout) {
		s.fail(ErrUnresponsive)
	}
}

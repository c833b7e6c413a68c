package session

// Next returns the next event, or nil if there is none until more bytes arrive or
// time passes. It says that the event before was handled. See [Event] for how long
// the event is valid.
//
// An error means that the connection has to end: close the transport and call
// Lost with it. It comes again until then. [PolicyOf] says what should follow.
func (s *Session) Next(now int64) (*Event, error) {
	s.setClock(now)
	s.ackLast()
	s.clock.idle = false
	for {
		if s.hasPendingWork() {
			if event, err, ok := s.nextPending(); ok {
				s.budget.more = false
				return event, err
			}
		}
		payload, err := s.buffer.Next()
		if payload == nil {
			if err == nil {
				return s.idle(), nil
			}
			s.violation(0, err)
			continue
		}
		if event := s.receive(payload); event != nil {
			return event, nil
		}
		if s.budget.spend() {
			return nil, nil
		}
	}
}

// SetNextMax is for a driver that has other things to do as well: Next then returns nil
// after so many messages that are no events, those of earlier calls counted too, or after
// each if there is a tap, and More reports that it is no reason to wait.
func (s *Session) SetNextMax(messages int) { s.budget.set(messages, s.outbox.tap.f != nil) }

// More reports whether Next returned nil although it has more to do, after [SetNextMax].
func (s *Session) More() bool { return s.budget.more }

// idle is Next once everything that was received has been returned: what Tick judged to be
// overdue is reported now, or there is nothing.
func (s *Session) idle() *Event {
	s.drained, s.clock.idle, s.budget.more = true, true, false
	if s.overdue && s.reportOverdue() {
		s.clock.idle = false
		return &s.event
	}
	return nil
}

// hasPendingWork reports whether nextPending may have something to do. It is the only check that a message
// pays for queued events, errors and the end of a login.
func (s *Session) hasPendingWork() bool {
	return s.queue.n > 0 || s.err != nil || !s.state.LoggedIn() || s.requests.suppressed > 0 || s.catchUp.ended
}

// nextPending does what comes before the next payload: queued events, the end of the connection, fates. It
// reports whether event and err are for Next to return.
func (s *Session) nextPending() (event *Event, err error, ok bool) {
	switch {
	case s.closed:
		return nil, ErrClosed, true
	case s.queue.pop(&s.event):
		s.sequence.delivered = s.event.Kind == Message
		return &s.event, nil, true
	case s.state == Disconnected || s.state == Connecting:
		if s.nextFate() {
			return &s.event, nil, true
		}
		return nil, nil, true
	case s.err != nil:
		return nil, s.err, true
	}
	if s.nextSuppressed() || s.reportCatchUp() {
		return &s.event, nil, true
	}
	return nil, nil, false
}

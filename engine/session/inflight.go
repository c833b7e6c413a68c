package session

// InFlight reports whether the order-entry message that was sent with a sequence waits
// for its answer.
func (s *Session) InFlight(seq uint64) bool { return s.open.sequence(seq) != nil }

// OrdersInFlight reports whether a message that can bring an order to the book, an
// order_create or an order_cancel_replace, waits for its answer. It looks at the oldest
// messages first.
func (s *Session) OrdersInFlight() bool {
	e := s.open.first()
	for e != nil && classOf(e.payloadType()) != classCreate {
		e = s.open.after(e)
	}
	return e != nil
}

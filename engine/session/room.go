package session

// room is a part of the send ring. What is urgent finds room whatever else waits for
// the socket, because the rest leaves it:
//
//	| application messages | cancels | session messages | order_cancel_all |
//	                       ^         ^                  ^
//	                       |         |                  what session messages leave
//	                       |         what cancels and reductions leave
//	                       what all other application messages leave
type room struct{ bytes, records int }

// divideRing says what a message leaves of the ring, by its class.
func (s *Session) divideRing() {
	ring := s.frames.Config()
	s.leaves[classCancel] = room{cancelAllBytes + controlBytes, cancelAllRecords + controlRecords}
	most := room{
		s.leaves[classCancel].bytes + min(ring.Bytes/cancelShare, cancelBytesMax),
		s.leaves[classCancel].records + ring.Records/cancelShare,
	}
	s.leaves[classFree], s.leaves[classCreate] = most, most
	s.bytesMax = ring.Bytes - most.bytes
}

// reserve reserves n bytes of the ring for an application message. While a replay is
// served only what is urgent gets any: the peer discards what is new.
func (s *Session) reserve(n int, c class) ([]byte, error) {
	if s.serving.active && !c.urgent() {
		return nil, ErrFull
	}
	leave := &s.leaves[c&(classes-1)]
	return s.frames.ReserveLeaving(n, leave.bytes, leave.records)
}

// reserveControl reserves n bytes of the ring for a session message, or for a copy
// that the peer asked for.
func (s *Session) reserveControl(n int) ([]byte, error) {
	return s.frames.ReserveLeaving(n, cancelAllBytes, cancelAllRecords)
}

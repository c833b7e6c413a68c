package session

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
)

// Place is Send of an order_create of our own kind, which is what bots send all day: its
// fields need no asking. All else is as it is by Send, which comes here by itself.
func (s *Session) Place(now int64, m *msg.OrderCreate) (seq uint64, err error) {
	s.clock(now)
	if s.state != Established && s.state != Recovering || s.err != nil || s.held {
		return 0, s.refusal()
	}
	if s.open.full() {
		return 0, ErrUnanswered
	}
	if !s.throttle.ready(s.now) {
		if err := s.admit(classCreate); err != nil {
			return 0, err
		}
	}
	if s.out > sequenceMax {
		return 0, ErrSequenceSpent
	}
	reference, automatic, tag := m.GetReference(), uint64(0), byte(0)
	if reference == 0 {
		if automatic = s.nextReference(); automatic != 0 {
			tag = createReferenceTag
		}
	}
	size := 0
	if region := s.reserveFast(classCreate); region != nil {
		_, size = envelope.EncodeFrame(region, uint32(msg.PayloadOrderCreate), s.out, m, tag, automatic)
	}
	if size == 0 {
		if _, size, err = s.encodeSized(msg.PayloadOrderCreate, m, automatic); err != nil {
			return 0, err
		}
	}
	side := m.GetSide()
	if !side.Known() { // it is present, or nothing had been encoded
		return 0, ErrSide
	}
	kind, key := byReference, reference|automatic // one of them is 0
	if key == 0 {
		kind, key = bySequence, s.out
	}
	if automatic != 0 {
		reference, s.refs = automatic, automatic
	}
	r := s.commitTracked(msg.PayloadOrderCreate, size, kind, key, reference)
	r.side, r.subject = uint8(side), m.GetQuantity()
	r.price, r.market, r.contract = m.GetPrice(), m.GetMarketId(), m.GetContractId()
	return r.seq, nil
}

package session

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/wire"
)

// Send queues a message of the application layer, encoded in place into the send ring, and returns the
// sequence it took. keys are what m says, read by its method Keys or by msg.DecodeKeys; their Type is the
// type it is sent as. Neither is kept.
//
// An error means that nothing was queued and no sequence taken: ErrNotLoggedIn,
// ErrFull, ErrTooLarge, ErrUnanswered, a *[ThrottledError], ErrCatchingUp, ErrPayloadType, ErrSide,
// ErrSequenceSpent, ErrClosed, or what m failed with in a *wire.MarshalError.
func (s *Session) Send(now int64, m wire.Marshaler, keys *msg.Keys) (seq uint64, err error) {
	s.setClock(now)
	if !s.canSend() {
		return 0, s.refusal()
	}
	typ := keys.Type
	class := classOf(typ)
	if class == classFree {
		if typ <= msg.PayloadLogin || typ > typeMax {
			return 0, ErrPayloadType
		}
		return s.sendUntracked(typ, m)
	}
	if s.requests.open.full() || s.catchUp.required || !s.throttle.ready(s.clock.now) {
		if err := s.admit(class); err != nil {
			return 0, err
		}
	}
	reference, automatic := keys.Reference, uint64(0)
	if reference == 0 {
		automatic = s.references.next()
		reference = automatic
	}
	size := 0
	if f := fastMarshaler(m); f != nil && !s.resender.active && !s.outbox.spent() {
		if region, err := s.outbox.reserveFast(class); err == nil {
			tag := byte(0)
			if automatic != 0 {
				tag = referenceTag(typ)
			}
			_, size = envelope.EncodeFrame(
				(*[envelope.EncodeFrameBytes]byte)(region), uint32(typ), s.outbox.next, f, tag, automatic)
		}
	}
	if size == 0 {
		if size, err = s.encode(typ, m, class, automatic); err != nil {
			return 0, err
		}
	}
	if typ == msg.PayloadOrderCreate && !keys.Side.Known() {
		return 0, ErrSide
	}
	if automatic != 0 {
		s.references.last = automatic
	}
	// The answer is found by the reference, else by the sequence of an order_create, or by the order that
	// the message is about.
	kind, key, subject := byReference, reference, keys.OrderID
	if typ == msg.PayloadOrderCreate {
		subject = keys.Quantity
	}
	if reference == 0 {
		if kind, key = byOrder, subject; typ == msg.PayloadOrderCreate {
			kind, key = bySequence, s.outbox.next
		}
	}
	e := s.requests.open.add(kind, key)
	e.typ, e.side, e.subject = uint8(typ), uint8(keys.Side), subject
	e.price, e.market, e.contract = keys.Price, keys.Market, keys.Contract
	seq = s.outbox.next
	e.seq, e.sent, e.away = seq, s.clock.now, uint32(s.clock.away>>awayShift)
	s.requests.peak = max(s.requests.peak, uint64(s.requests.open.n))
	s.throttle.take()
	if class == classCancelAll {
		s.throttle.emergency(s.clock.now)
	}
	if s.resender.active {
		s.resender.last = seq // an exchange that waits for the replay discards it now and takes the copy
		marks.Hit(marks.UrgentInReplay)
	}
	s.outbox.commit(s.clock.now, size, uint32(typ), reference)
	return seq, nil
}

// admit returns why an order-entry message may not be sent now, nil if it may.
func (s *Session) admit(c class) error {
	switch {
	case c == classCreate && s.catchUp.required:
		marks.Hit(marks.CreateBeforeCaughtUp)
		return ErrCatchingUp
	case s.requests.open.refuses(c):
		marks.Hit(marks.RequestsFull)
		return ErrUnanswered
	}
	return s.throttle.admit(s.clock.now, c)
}

// refusal returns why nothing can be sent.
func (s *Session) refusal() error {
	if s.closed {
		return ErrClosed
	}
	return ErrNotLoggedIn
}

// sendUntracked sends an application message that is not order entry.
func (s *Session) sendUntracked(typ msg.PayloadType, m wire.Marshaler) (seq uint64, err error) {
	size, err := s.encode(typ, m, classFree, 0)
	if err != nil {
		return 0, err
	}
	seq = s.outbox.next
	s.outbox.commit(s.clock.now, size, uint32(typ), 0)
	return seq, nil
}

// encode encodes any application message into the send ring, with a reference behind its own fields if that
// is not 0 (of a field that comes twice the last counts), for commit to send, and returns the size of the
// frame. While a replay is served only what is urgent gets room: the exchange discards what is new.
func (s *Session) encode(typ msg.PayloadType, m wire.Marshaler, c class, reference uint64) (size int, err error) {
	switch {
	case s.outbox.spent():
		marks.Hit(marks.SequenceSpent)
		return 0, ErrSequenceSpent
	case s.resender.active && !c.urgent():
		marks.Hit(marks.SendInReplay)
		return 0, ErrFull
	}
	return s.outbox.encodeSized(typ, m, c, reference)
}

// fastMarshaler returns m if it is one of our messages that are written in one pass, else nil. It asks for
// the types and not for the method, because a type that embeds one of ours has its method too, which knows
// nothing of what that type adds or changes.
func fastMarshaler(m wire.Marshaler) envelope.FastMarshaler {
	if m, ok := m.(*msg.OrderCreate); ok {
		return m
	}
	switch m := m.(type) {
	case *msg.OrderCancel:
		return m
	case *msg.OrderCancelReplace:
		return m
	case *msg.OrderQuantityReduce:
		return m
	case *msg.OrderCancelAll:
		return m
	}
	return nil
}

// Ping asks the exchange for a pong, which comes as an event of kind Pong, and
// returns the sequence it took. The error is ErrNotLoggedIn, ErrFull, ErrPings,
// ErrSequenceSpent or ErrClosed.
func (s *Session) Ping(now int64) (uint64, error) {
	s.setClock(now)
	if !s.canSend() {
		return 0, s.refusal()
	}
	if s.liveness.pings.full() {
		return 0, ErrPings
	}
	seq := s.outbox.next
	s.liveness.pings.add(seq, s.clock.now) // before the send, for that may panic in the tap
	if err := s.outbox.sendBare(s.clock.now, envelope.EtoPing); err != nil {
		s.liveness.pings.drop()
		return 0, err
	}
	return seq, nil
}

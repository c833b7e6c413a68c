package session

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// Send queues a message of the application layer, encoded in place into the send
// ring, and returns the sequence it took. m is not kept.
//
// An error means that nothing was queued and no sequence taken: ErrNotLoggedIn,
// ErrFull, ErrTooLarge, ErrUnanswered, a *[ThrottledError], ErrCatchingUp, ErrPayloadType,
// ErrSequenceSpent, ErrClosed, or what m failed with in a *wire.MarshalError.
func (s *Session) Send(now int64, typ msg.PayloadType, m wire.Marshaler) (seq uint64, err error) {
	if order, ok := m.(*msg.OrderCreate); ok && typ == msg.PayloadOrderCreate {
		return s.Place(now, order)
	}
	return s.send(now, typ, m)
}

// send is Send for all messages alike.
func (s *Session) send(now int64, typ msg.PayloadType, m wire.Marshaler) (seq uint64, err error) {
	s.clock(now)
	if s.state != Established && s.state != Recovering || s.err != nil {
		return 0, s.refusal()
	}
	if typ <= msg.PayloadLogin || typ > typeMax {
		return 0, ErrPayloadType
	}
	class := classOf(typ)
	if !class.orderEntry() {
		return s.frame(typ, m)
	}
	if s.held && class == classCreate {
		return 0, ErrCatchingUp
	}
	if s.open.refuses(class) {
		return 0, ErrUnanswered
	}
	if err := s.admit(class); err != nil {
		return 0, err
	}
	return s.sendOrderEntry(typ, m)
}

// refusal says why nothing can be sent.
func (s *Session) refusal() error {
	switch {
	case s.closed:
		return ErrClosed
	case s.state != Established && s.state != Recovering || s.err != nil:
		return ErrNotLoggedIn
	}
	return ErrCatchingUp
}

// frame sends an application message that is not order entry.
func (s *Session) frame(typ msg.PayloadType, m wire.Marshaler) (uint64, error) {
	_, size, err := s.build(typ, m, 0)
	if err != nil {
		return 0, err
	}
	s.commit(size, uint32(typ), 0)
	return s.out - 1, nil
}

// build encodes an application message into the ring, with a reference behind its
// own fields if that is not 0, for commit to send. It returns the encoded body and
// the size of the frame.
func (s *Session) build(typ msg.PayloadType, m wire.Marshaler, reference uint64) (body []byte, size int, err error) {
	if s.out > sequenceMax {
		return nil, 0, ErrSequenceSpent
	}
	if p := forward(m); p != nil {
		if region := s.reserveFast(classOf(typ)); region != nil {
			tag := byte(0)
			if reference != 0 {
				tag = referenceTag(typ)
			}
			if start, end := envelope.EncodeFrame(region, uint32(typ), s.out, p, tag, reference); end > 0 {
				return region[start:end], end, nil
			}
		}
	}
	return s.encodeSized(typ, m, reference)
}

// forward returns m if it is one of our messages that are written in one pass, else nil. It
// asks for the types and not for the method, because a type that embeds one of ours has
// its MarshalFast too, which knows nothing of what that type adds or changes.
func forward(m wire.Marshaler) envelope.FastMarshaler {
	switch m := m.(type) {
	case *msg.OrderCreate:
		return m
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

// reserveFast reserves room in the ring for what is usual: a short frame, written in one pass,
// with much more room than it needs. It returns nil where there is not so much.
func (s *Session) reserveFast(c class) *[envelope.EncodeFrameBytes]byte {
	if s.serving.active && !c.urgent() {
		return nil // as in reserve
	}
	leave := &s.leaves[c&(classes-1)]
	region, err := s.frames.ReserveLeaving(envelope.EncodeFrameBytes, leave.bytes, leave.records)
	if err != nil {
		return nil
	}
	return (*[envelope.EncodeFrameBytes]byte)(region)
}

// encodeSized is build for any message and for the last bytes of room: it asks for the size
// before.
func (s *Session) encodeSized(typ msg.PayloadType, m wire.Marshaler, reference uint64) (body []byte, size int, err error) {
	own := m.SizeVT()
	if uint(own) > wire.OutboundBytesMax {
		return nil, 0, refuseSize(own)
	}
	head := envelope.Header{Type: uint32(typ), Seq: s.out}
	n := own + referenceSize(reference)
	payload := head.SizeWithBody(n)
	if payload > wire.OutboundBytesMax {
		return nil, 0, ErrTooLarge
	}
	size = envelope.FrameSize(payload)
	region, err := s.reserve(size, classOf(typ))
	if err != nil {
		return nil, 0, s.refuseRoom(size)
	}
	body = head.PutWithBody(envelope.PutFrameHeader(region, payload), n)
	if wrote, err := m.MarshalToSizedBufferVT(body[:own:own]); wrote != own || err != nil {
		return nil, 0, &wire.MarshalError{Size: own, Wrote: wrote, Err: err}
	}
	if reference != 0 {
		putReference(body[own:], typ, reference)
	}
	return body, size, nil
}

// refuseRoom says whether a frame has no room now or never.
func (s *Session) refuseRoom(size int) error {
	if size > s.bytesMax {
		return ErrTooLarge
	}
	return ErrFull
}

// refuseSize is for messages of an impossible size.
func refuseSize(n int) error {
	if n < 0 {
		return &wire.MarshalError{Size: n}
	}
	return ErrTooLarge
}

// sendBare queues a session message without a body.
func (s *Session) sendBare(etoType uint32) error {
	if s.out > sequenceMax {
		return ErrSequenceSpent
	}
	head := envelope.Header{Type: uint32(msg.PayloadEto), Seq: s.out, EtoType: etoType}
	payload := head.Size()
	size := envelope.FrameSize(payload)
	region, err := s.reserveControl(size) // the ring is larger than any session message
	if err != nil {
		return ErrFull
	}
	head.Put(envelope.PutFrameHeader(region, payload))
	s.commit(size, kindSession|etoType, 0)
	return nil
}

// sendControl queues the session message in s.control, which has a body.
func (s *Session) sendControl(etoType uint32) error {
	if s.out > sequenceMax {
		return ErrSequenceSpent
	}
	eto := s.control.MutableEtoPayload()
	eto.SetSeq(s.out)
	eto.SetType(msg.EtoPayloadType(etoType))
	payload, size, err := wire.Measure(&s.control)
	if err != nil {
		return err
	}
	region, err := s.reserveControl(size) // the ring is larger than any session message
	if err != nil {
		return ErrFull
	}
	if err := wire.PutFrame(region, &s.control, payload); err != nil {
		return err
	}
	s.commit(size, kindSession|etoType, 0)
	return nil
}

// commit gives the reserved frame its sequence.
func (s *Session) commit(size int, kind uint32, reference uint64) {
	s.frames.Commit(size, ring.Record{Seq: s.out, Stamp: s.now, Reference: reference, Kind: kind})
	s.out++
	s.lastSent = s.now
	s.stats.MessagesOut++
}

// Kinds of records in the send ring: the type of an application message, or the
// session's type with a mark.
const (
	kindSession = 1 << 31
	typeMax     = 1<<16 - 1 // of what may be sent; far beyond the schema
)

// ofKind is the type of a kept frame and whether it is an application message.
func ofKind(kind uint32) (msg.PayloadType, bool) {
	if kind&kindSession != 0 {
		return msg.PayloadEto, false
	}
	return msg.PayloadType(kind), true
}

// class says how a message is metered and whether its fate matters.
type class uint8

const (
	classFree      class = iota // subscriptions, settings, whatever is new
	classCreate                 // order entry that can raise the risk
	classCancel                 // order entry that can only lower it
	classCancelAll              // the emergency exit
	classes
)

func (c class) orderEntry() bool { return c != classFree }

// urgent reports whether a message has room of its own, and does not wait for the end
// of a replay.
func (c class) urgent() bool { return c >= classCancel }

func classOf(typ msg.PayloadType) class {
	switch typ {
	case msg.PayloadOrderCreate, msg.PayloadOrderCancelReplace:
		return classCreate
	case msg.PayloadOrderCancel, msg.PayloadOrderQuantityReduce:
		return classCancel
	case msg.PayloadOrderCancelAll:
		return classCancelAll
	}
	return classFree
}

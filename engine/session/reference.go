package session

import (
	"encoding/binary"
	"math/bits"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// enter sends an order-entry message and begins to wait for its answer. If it has
// no reference it is given one, behind its own fields and without changing m: of
// a field that comes twice the last counts.
func (s *Session) enter(typ msg.PayloadType, m wire.Marshaler) (uint64, error) {
	var reference, automatic uint64
	own, known := m.(interface{ GetReference() uint64 })
	if known {
		if reference = own.GetReference(); reference == 0 {
			automatic = s.nextReference()
		}
	}
	body, size, err := s.build(typ, m, automatic)
	if err != nil {
		return 0, err
	}
	fields := fieldsOf(typ)
	if !known {
		// A message that is encoded already: only its bytes tell.
		if reference = varintIn(body, fields.reference); reference == 0 {
			if automatic = s.nextReference(); automatic != 0 {
				if body, size, err = s.build(typ, m, automatic); err != nil {
					return 0, err
				}
			}
		}
	}
	if typ == msg.PayloadOrderCreate && !msg.Side(varintIn(body, sideField)).Known() {
		return 0, ErrSide
	}
	order := uint64(0)
	if reference|automatic == 0 && typ != msg.PayloadOrderCreate {
		order = varintIn(body, fields.order)
	}
	seq := s.await(typ, size, reference, automatic, order)
	if typ == msg.PayloadOrderCancelAll {
		s.throttle.emergency(s.now)
	}
	if s.serving.active {
		s.serving.last = seq // a peer that waits for the replay discards it now and takes the copy
	}
	return seq, nil
}

// await sends the order-entry message that was built and begins to wait for its
// answer, which is found by the reference, its own or the automatic one, else by the
// message's sequence if it is an order_create, or by the order that it is about.
func (s *Session) await(typ msg.PayloadType, size int, reference, automatic, order uint64) (seq uint64) {
	if automatic != 0 {
		reference, s.refs = automatic, automatic
	}
	kind, key := byReference, reference
	switch {
	case reference != 0:
	case typ == msg.PayloadOrderCreate:
		kind, key = bySequence, s.out
	default:
		kind, key = byOrder, order
	}
	return s.wait(typ, size, kind, key, reference)
}

// wait is await once it is known what the answer is found by.
func (s *Session) wait(typ msg.PayloadType, size int, kind keyKind, key, reference uint64) (seq uint64) {
	e := s.open.add(kind, key)
	e.typ, e.seq, e.at, e.reference = typ, s.out, s.fair(), reference
	s.entered = true
	s.commit(size, uint32(typ), reference)
	s.stats.UnansweredPeak = max(s.stats.UnansweredPeak, uint64(s.open.n))
	s.throttle.take()
	return s.out - 1
}

// nextReference is the next automatic reference, 0 if there are none.
func (s *Session) nextReference() uint64 {
	if s.config.ReferenceBase == 0 {
		return 0
	}
	return max(s.refs+1, 1)
}

// Reference returns the reference of a message that was sent in this session, as
// long as the send ring or the wait for its answer remembers it. It is 0 if the
// message had none.
func (s *Session) Reference(seq uint64) (reference uint64, ok bool) {
	if e := s.open.sequence(seq); e != nil {
		return e.reference, true
	}
	_, rec, ok := s.frames.Frame(seq)
	return rec.Reference, ok
}

// orderFields are the numbers of the fields that an answer can be matched by.
type orderFields struct{ reference, order uint64 }

func fieldsOf(typ msg.PayloadType) orderFields {
	switch typ {
	case msg.PayloadOrderCreate:
		return orderFields{reference: createReference}
	case msg.PayloadOrderCancel:
		return orderFields{reference: 2, order: 3}
	case msg.PayloadOrderCancelAll:
		return orderFields{reference: 1}
	case msg.PayloadOrderQuantityReduce:
		return orderFields{reference: 3, order: 1}
	case msg.PayloadOrderCancelReplace:
		return orderFields{reference: 6, order: 1}
	}
	panic("BUG: session: not an order-entry message: " + typ.String())
}

// Fields of order_create: the number of its side, and the tag of its reference.
const (
	sideField          = 4
	createReference    = 11
	createReferenceTag = createReference << 3
)

// referenceTag is the tag of the reference field. Its numbers are small: the tag is
// one byte.
func referenceTag(typ msg.PayloadType) byte { return byte(fieldsOf(typ).reference << 3) }

// referenceSize is the number of bytes that putReference writes.
func referenceSize(reference uint64) int {
	if reference == 0 {
		return 0
	}
	return 1 + (bits.Len64(reference)+6)/7
}

// putReference writes the reference field over all of b.
func putReference(b []byte, typ msg.PayloadType, reference uint64) {
	b[0] = referenceTag(typ)
	binary.PutUvarint(b[1:], reference)
}

// varintIn returns the last value of a varint field in an encoded message, 0 if
// there is none. The message is our own; where it stops making sense the reading
// ends.
func varintIn(b []byte, number uint64) (value uint64) {
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return value
		}
		b = b[n:]
		skip := 0
		switch tag & 7 {
		case 0:
			v, n := binary.Uvarint(b)
			if n <= 0 {
				return value
			}
			if tag>>3 == number {
				value = v
			}
			skip = n
		case 1:
			skip = 8
		case 2:
			length, n := binary.Uvarint(b)
			if n <= 0 || length > uint64(len(b)-n) {
				return value
			}
			skip = n + int(length)
		case 5:
			skip = 4
		default:
			return value
		}
		if skip > len(b) {
			return value
		}
		b = b[skip:]
	}
	return value
}

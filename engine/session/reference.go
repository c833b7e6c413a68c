package session

import (
	"encoding/binary"
	"math/bits"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// sendOrderEntry sends an order-entry message and begins to wait for its answer. If it has
// no reference it is given one, behind its own fields and without changing m: of
// a field that comes twice the last counts.
func (s *Session) sendOrderEntry(typ msg.PayloadType, m wire.Marshaler) (uint64, error) {
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
	asked := varintsIn(body, &fields)
	if !known {
		// A message that is encoded already: only its bytes tell.
		if reference = asked[referenceField]; reference == 0 {
			if automatic = s.nextReference(); automatic != 0 {
				if _, size, err = s.build(typ, m, automatic); err != nil {
					return 0, err
				}
			}
		}
	}
	if typ == msg.PayloadOrderCreate && !msg.Side(asked[sideField]).Known() {
		return 0, ErrSide
	}
	if automatic != 0 {
		reference, s.refs = automatic, automatic
	}
	// The answer is found by the reference, else by the message's sequence if it is an
	// order_create, or by the order that it is about.
	kind, key := byReference, reference
	switch {
	case reference != 0:
	case typ == msg.PayloadOrderCreate:
		kind, key = bySequence, s.out
	default:
		kind, key = byOrder, asked[subjectField]
	}
	r := s.commitTracked(typ, size, kind, key, reference)
	r.side, r.subject = uint8(asked[sideField]), asked[subjectField]
	r.price, r.market, r.contract = uint32(asked[priceField]), uint32(asked[marketField]), uint32(asked[contractField])
	if typ == msg.PayloadOrderCancelAll {
		s.throttle.emergency(s.now)
	}
	if s.serving.active {
		s.serving.last = r.seq // a peer that waits for the replay discards it now and takes the copy
	}
	return r.seq, nil
}

// commitTracked sends the order-entry message that was built and begins to wait for its
// answer. The caller notes what it asks for.
func (s *Session) commitTracked(typ msg.PayloadType, size int, kind keyKind, key, reference uint64) *entry {
	r := s.open.add(kind, key)
	r.typ, r.seq, r.at = uint8(typ), s.out, s.fair()
	s.entered = true
	s.commit(size, uint32(typ), reference)
	s.stats.UnansweredPeak = max(s.stats.UnansweredPeak, uint64(s.open.n))
	s.throttle.take()
	return r
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
	if _, rec, ok := s.frames.Frame(seq); ok {
		return rec.Reference, true
	}
	if e := s.open.sequence(seq); e != nil {
		return e.reference(), true
	}
	return 0, false
}

// What an answer is matched by, and can contradict.
const (
	_              = iota
	referenceField // of the message itself
	subjectField   // the quantity of a create; the order that another request is about
	sideField
	priceField
	marketField
	contractField
	fieldKinds
)

// orderFields say of the fields of an order-entry message, by their numbers, what they are.
type orderFields [16]uint8

func fieldsOf(typ msg.PayloadType) orderFields {
	switch typ {
	case msg.PayloadOrderCreate:
		return orderFields{
			createReference: referenceField,
			4:               sideField, 6: subjectField, 8: priceField, 12: marketField, 13: contractField,
		}
	case msg.PayloadOrderCancel:
		return orderFields{2: referenceField, 3: subjectField}
	case msg.PayloadOrderCancelAll:
		return orderFields{1: referenceField}
	case msg.PayloadOrderQuantityReduce:
		return orderFields{3: referenceField, 1: subjectField}
	case msg.PayloadOrderCancelReplace:
		return orderFields{6: referenceField, 1: subjectField}
	}
	panic("BUG: session: not an order-entry message: " + typ.String())
}

// The reference of an order_create.
const (
	createReference    = 11
	createReferenceTag = createReference << 3
)

// referenceTag is the tag of the reference field. Its numbers are small: the tag is
// one byte.
func referenceTag(typ msg.PayloadType) byte { return byte(referenceNumber(typ) << 3) }

func referenceNumber(typ msg.PayloadType) int {
	switch typ {
	case msg.PayloadOrderCreate:
		return createReference
	case msg.PayloadOrderCancel:
		return 2
	case msg.PayloadOrderCancelAll:
		return 1
	case msg.PayloadOrderQuantityReduce:
		return 3
	case msg.PayloadOrderCancelReplace:
		return 6
	}
	panic("BUG: session: not an order-entry message: " + typ.String())
}

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

// varintsIn returns the last values of the varint fields that are named in an encoded
// message, 0 for those that it has not. The message is our own; where it stops making
// sense the reading ends.
func varintsIn(b []byte, fields *orderFields) (values [fieldKinds]uint64) {
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return values
		}
		b = b[n:]
		skip := 0
		switch tag & 7 {
		case 0:
			v, n := binary.Uvarint(b)
			if n <= 0 {
				return values
			}
			if number := tag >> 3; number < uint64(len(fields)) {
				values[fields[number]] = v // those without a name share the first
			}
			skip = n
		case 1:
			skip = 8
		case 2:
			length, n := binary.Uvarint(b)
			if n <= 0 || length > uint64(len(b)-n) {
				return values
			}
			skip = n + int(length)
		case 5:
			skip = 4
		default:
			return values
		}
		if skip > len(b) {
			return values
		}
		b = b[skip:]
	}
	return values
}

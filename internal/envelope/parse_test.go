package envelope

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/smk-go/smk/internal/varint"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name    string
		payload string
		want    Envelope
	}{
		{"nothing", "", Envelope{EtoType: EtoNone}},
		{"type alone", "08 05", Envelope{0, 5, EtoNone, Flags{false, hasType}}},
		{"empty eto", "12 00", Envelope{EtoType: EtoNone, Flags: Flags{has: hasEto}}},
		{"explicit zeros", "08 00 12 06 08 00 10 00 18 00", Envelope{Flags: Flags{has: typed | marked}}},
		{"eto first", "12 02 08 09 08 05", Envelope{9, 5, EtoNone, Flags{false, common}}},
		{"body first", "1a 03 08 63 00 08 05 12 02 08 09", Envelope{9, 5, EtoNone, Flags{false, common}}},
		{"the last type wins", "08 05 12 02 08 09 08 06", Envelope{9, 6, EtoNone, Flags{false, common}}},
		{"the last type wins behind a body", "08 05 12 02 08 09 1a 02 61 61 08 06", Envelope{9, 6, EtoNone, Flags{
			false,
			common,
		}}},
		{"eto merges", "08 05 12 04 08 09 10 03 12 04 18 01 08 0a", Envelope{
			10, 5, EtoPong,
			Flags{true, typed | marked},
		}},
		{"fields of eto in any order", "12 06 18 01 10 04 08 03", Envelope{
			3, 0, EtoGapfill,
			Flags{true, hasEto | hasSeq | hasEtoType | hasIsReplay},
		}},
		{"the last sequence wins", "08 01 12 06 08 03 08 04 10 02", Envelope{4, 1, EtoPing, Flags{false, typed}}},
		{"overlong varints", "08 85 80 00 12 84 00 08 89 80 00", Envelope{9, 5, EtoNone, Flags{false, common}}},
		{"overlong tags", "88 80 00 05 92 00 03 88 00 09", Envelope{9, 5, EtoNone, Flags{false, common}}},
		{"largest sequence", "08 05 12 0b 08 ff ff ff ff ff ff ff ff ff 01", Envelope{
			math.MaxUint64, 5, EtoNone,
			Flags{false, common},
		}},
		{"sequence of 63 bits", "08 05 12 0a 08 ff ff ff ff ff ff ff ff 7f", Envelope{
			1<<63 - 1, 5, EtoNone,
			Flags{false, common},
		}},
		{
			"types keep 32 bits", "08 ff ff ff ff ff ff ff ff ff 01 12 0d 08 01 10 82 80 80 80 80 80 80 80 80 01",
			Envelope{1, math.MaxUint32, EtoPing, Flags{false, typed}},
		},
		{"unknown types", "08 e8 07 12 05 08 01 10 e8 07", Envelope{1, 1000, 1000, Flags{false, typed}}},
		{"any truth is true", "08 01 12 05 08 01 18 80 02", Envelope{1, 1, EtoNone, Flags{true, marked}}},
		{"unknown fields", "20 63 08 05 29 01 02 03 04 05 06 07 08 12 02 08 09 35 01 02 03 04", Envelope{
			9, 5, EtoNone,
			Flags{false, common},
		}},
		{"unknown groups", "23 08 07 2b 12 01 00 2c 24 08 05 12 06 08 09 43 08 01 44", Envelope{
			9, 5, EtoNone,
			Flags{false, common},
		}},
		{"highest field number", "fa ff ff ff 0f 00 08 05", Envelope{0, 5, EtoNone, Flags{false, hasType}}},
		{"31 bits of field number in a group", "23 f8 ff ff ff 3f 00 24 08 05", Envelope{0, 5, EtoNone, Flags{
			false,
			hasType,
		}}},
		{"empty body with a short tag", "08 03 12 02 08 02 22 00", Envelope{2, 3, EtoNone, Flags{false, common}}},
		{"empty body with a long tag", "08 24 12 02 08 02 aa 02 00", Envelope{2, 36, EtoNone, Flags{false, common}}},
		{"a long tag that is a short one", "08 05 12 02 08 02 92 00 02 08 09", Envelope{9, 5, EtoNone, Flags{
			false,
			common,
		}}},
	} {
		payload := unhex(t, c.payload)
		got, err := Parse(payload)
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v, want %+v", c.name, got, err, c.want)
		}
		compareParse(t, payload)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		payload string
		want    Error
	}{
		{"tag cut", "08 05 92", Error{ErrTruncated, 2}},
		{"value missing", "08", Error{ErrTruncated, 1}},
		{"value cut", "08 85", Error{ErrTruncated, 1}},
		{"eto cut", "08 05 12 03 08 09", Error{ErrTruncated, 3}},
		{"eto of 2^64-1 bytes", "12 ff ff ff ff ff ff ff ff ff 01 08 01", Error{ErrTruncated, 1}},
		{"body cut", "08 05 12 02 08 09 22 05 61", Error{ErrTruncated, 7}},
		{"body of 2^63 bytes", "08 05 12 02 08 09 22 80 80 80 80 80 80 80 80 80 01", Error{ErrTruncated, 7}},
		{"sequence beyond eto", "08 05 12 01 08 09", Error{ErrTruncated, 5}},
		{"sequence cut by eto", "08 05 12 02 08 89 08 05", Error{ErrTruncated, 5}},
		{"fixed32 cut", "25 01 02 03", Error{ErrTruncated, 1}},
		{"fixed64 cut", "21 01 02 03 04 05 06 07", Error{ErrTruncated, 1}},
		{"group without end", "08 05 23 08 01", Error{ErrTruncated, 5}},
		{"group beyond eto", "12 02 23 08 24", Error{ErrTruncated, 4}},
		{"varint of 65 bits", "08 80 80 80 80 80 80 80 80 80 02", Error{ErrVarint, 1}},
		{"varint of 11 bytes", "08 80 80 80 80 80 80 80 80 80 81 00", Error{ErrVarint, 1}},
		{"sequence of 65 bits", "08 05 12 0b 08 ff ff ff ff ff ff ff ff ff 03", Error{ErrVarint, 5}},
		{"length of 65 bits", "22 80 80 80 80 80 80 80 80 80 02", Error{ErrVarint, 1}},
		{"field 0", "08 05 00 01", Error{ErrFieldNumber, 2}},
		{"field 0 with bytes", "08 05 12 02 08 09 02 01 61 61", Error{ErrFieldNumber, 6}},
		{"field 0 in eto", "12 02 00 01", Error{ErrFieldNumber, 2}},
		{"field 0 in a group", "23 00 01 24", Error{ErrFieldNumber, 1}},
		{"field 2^29", "80 80 80 80 10 00", Error{ErrFieldNumber, 0}},
		{"field 2^31 in a group", "23 80 80 80 80 40 00 24", Error{ErrFieldNumber, 1}},
		{"wire type 6", "26 00", Error{ErrWireType, 0}},
		{"wire type 7", "08 05 27 00", Error{ErrWireType, 2}},
		{"wire type 7 in a group", "23 27 24", Error{ErrWireType, 1}},
		{"type as bytes", "0a 01 05", Error{ErrWireType, 0}},
		{"eto as varint", "08 05 10 01", Error{ErrWireType, 2}},
		{"eto as group", "08 05 13 08 01 14", Error{ErrWireType, 2}},
		{"sequence as fixed64", "12 09 09 01 02 03 04 05 06 07 08", Error{ErrWireType, 2}},
		{"eto type as bytes", "12 05 08 01 12 01 02", Error{ErrWireType, 4}},
		{"is_replay as fixed32", "12 07 08 01 1d 01 00 00 00", Error{ErrWireType, 4}},
		{"end without group", "08 05 24", Error{ErrEndGroup, 2}},
		{"end of another group", "23 2c", Error{ErrEndGroup, 1}},
		{"ends crossed", "23 2b 24 2c", Error{ErrEndGroup, 2}},
	} {
		payload := unhex(t, c.payload)
		env, err := Parse(payload)
		var got *Error
		if !errors.As(err, &got) || *got != c.want || !errors.Is(err, c.want.Kind) || env != (Envelope{}) {
			t.Errorf("%s: %+v, %v, want %v", c.name, env, err, &c.want)
		}
		compareParse(t, payload)
	}
	if text := (&Error{ErrVarint, 7}).Error(); text != "envelope: varint beyond 64 bits at offset 7 of the payload" {
		t.Error(text)
	}
}

// A body's length of three bytes is not read as one of two, at which the payload would be complete.
func TestParseLongBodyCut(t *testing.T) {
	payload := append(unhex(t, "08 03 12 02 08 02 22 80 80 01"), make([]byte, 1<<14-1)...)
	_, err := Parse(payload)
	var got *Error
	if !errors.As(err, &got) || *got != (Error{ErrTruncated, 7}) {
		t.Error(err)
	}
	compareParse(t, payload)
}

func TestParseGroupDepth(t *testing.T) {
	nest := func(depth int) []byte {
		return append(bytes.Repeat([]byte{0x23}, depth), bytes.Repeat([]byte{0x24}, depth)...)
	}
	if _, err := Parse(nest(varint.GroupDepthMax)); err != nil {
		t.Error(err)
	}
	_, err := Parse(nest(varint.GroupDepthMax + 1))
	var got *Error
	if !errors.As(err, &got) || *got != (Error{ErrGroupDepth, varint.GroupDepthMax}) {
		t.Error(err)
	}
	compareParse(t, nest(varint.GroupDepthMax))
	compareParse(t, nest(varint.GroupDepthMax+1))
}

// What both ends of the exchange write takes the fast path, but for session
// messages with a body.
func TestParseCommonCoversVectors(t *testing.T) {
	for _, v := range vectors(t) {
		_, ok := parseCommon(v.payload)
		body := len(v.payload) - 4 - int(v.payload[3])
		expected := v.envelope.Seq < 1<<63 && !hasEtoBody(v.payload) && (body == 0 || body >= 4) && body <= 1<<14
		if ok != expected {
			t.Errorf("%s: common shape %v: %x", v.name, ok, v.payload)
		}
	}
}

// hasEtoBody reports whether an eto_payload in front of a payload has fields
// beyond is_replay.
func hasEtoBody(payload []byte) bool {
	eto := payload[4 : 4+int(payload[3])]
	for len(eto) > 0 {
		num, _, n := protowire.ConsumeField(eto)
		if num > 3 {
			return true
		}
		eto = eto[n:]
	}
	return false
}

// The envelope of every vector is that of the reference.
func TestParseVectors(t *testing.T) {
	for _, v := range vectors(t) {
		if env, err := Parse(v.payload); err != nil || env != v.envelope {
			t.Errorf("%s %x: %+v, %v, want %+v", v.name, v.payload, env, err, v.envelope)
		}
	}
}

// Every prefix of every vector is judged as the references judge it, and so is
// every vector with one byte changed.
func TestParseMutatedVectors(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, v := range vectors(t) {
		for i := range min(len(v.payload), 40) {
			compareParse(t, v.payload[:i:i])
			changed := bytes.Clone(v.payload)
			for range 4 {
				changed[i] = byte(random.Uint32())
				compareParse(t, changed)
			}
			compareParse(t, append(bytes.Clone(v.payload), v.payload[:i]...))
		}
	}
}

// FuzzParse compares with the slow twin and with the reference library.
func FuzzParse(f *testing.F) {
	for i, v := range vectors(f) {
		if i%8 == 0 || v.name != "" {
			f.Add(v.payload)
		}
	}
	f.Add(unhex(f, "08 05 12 04 08 09 10 03 12 04 18 01 08 0a"))
	f.Add(unhex(f, "23 08 07 2b 12 01 00 2c 24 08 05 12 06 08 09 43 08 01 44"))
	f.Add(unhex(f, "23 f8 ff ff ff 3f 00 24 08 05"))
	f.Add(unhex(f, "08 85 80 00 12 84 00 08 89 80 00"))
	f.Fuzz(func(t *testing.T, payload []byte) { compareParse(t, payload) })
}

// compareParse holds Parse to its slow path, to the twin, and where both have the
// same rules to the reference library.
func compareParse(t *testing.T, payload []byte) {
	t.Helper()
	got, err := Parse(payload[:len(payload):len(payload)])
	if slow, slowErr := parseAny(payload); slow != got || (slowErr == nil) != (err == nil) {
		t.Fatalf("%x: %+v, %v on one path, %+v, %v on the other", payload, got, err, slow, slowErr)
	}
	want, refusal := twinParse(payload)
	if got != want || (err == nil) != (refusal == twinFine) {
		t.Fatalf("%x: %+v, %v, the twin says %+v, %v", payload, got, err, want, refusal)
	}
	if refusal != twinStricter {
		want, ok := libraryParse(t, payload)
		if got != want || (err == nil) != ok {
			t.Fatalf("%x: %+v, %v, the library says %+v, %v", payload, got, err, want, ok)
		}
	}
}

// What the twin thinks of a payload.
const (
	twinFine     = "fine"
	twinBad      = "bad"
	twinStricter = "refused by rules of our own" // wire types and depth
)

// twinParse is the readable Parse, over protowire.
func twinParse(payload []byte) (Envelope, string) {
	env := Envelope{EtoType: EtoNone}
	verdict := twinFields(payload, func(num protowire.Number, typ protowire.Type, value []byte) string {
		switch {
		case num == 1 && typ == protowire.VarintType:
			v, _ := protowire.ConsumeVarint(value)
			env.Type = uint32(v)
			env.has |= hasType
		case num == 2 && typ == protowire.BytesType:
			eto, _ := protowire.ConsumeBytes(value)
			env.has |= hasEto
			return twinFields(eto, func(num protowire.Number, typ protowire.Type, value []byte) string {
				v, _ := protowire.ConsumeVarint(value)
				switch {
				case num > 3:
					return twinFine
				case typ != protowire.VarintType:
					return twinStricter
				case num == 1:
					env.Seq = v
					env.has |= hasSeq
				case num == 2:
					env.EtoType = uint32(v)
					env.has |= hasEtoType
				case num == 3:
					env.IsReplay = protowire.DecodeBool(v)
					env.has |= hasIsReplay
				}
				return twinFine
			})
		case num <= 2:
			return twinStricter
		}
		return twinFine
	})
	if verdict != twinFine {
		return Envelope{}, verdict
	}
	return env, twinFine
}

// twinFields calls f for every field of a message.
func twinFields(b []byte, f func(protowire.Number, protowire.Type, []byte) string) string {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 || num > protowire.MaxValidNumber {
			return twinBad
		}
		if typ == protowire.StartGroupType && twinDepth(b) > varint.GroupDepthMax {
			return twinStricter
		}
		m := protowire.ConsumeFieldValue(num, typ, b[n:])
		if m < 0 {
			return twinBad
		}
		if verdict := f(num, typ, b[n:n+m]); verdict != twinFine {
			return verdict
		}
		b = b[n+m:]
	}
	return twinFine
}

// twinDepth is how deep the groups at the front of b nest, as far as they can be
// read.
func twinDepth(b []byte) (deepest int) {
	for depth := 0; ; {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return deepest
		}
		b = b[n:]
		switch typ {
		case protowire.StartGroupType:
			depth++
			deepest = max(deepest, depth)
		case protowire.EndGroupType:
			depth--
		default:
			n := protowire.ConsumeFieldValue(num, typ, b)
			if n < 0 {
				return deepest
			}
			b = b[n:]
		}
		if depth == 0 {
			return deepest
		}
	}
}

// envelopeDescriptor describes the fields that Parse reads to the reference
// library. Enums are numbers in it, for the library keeps unknown ones too.
var envelopeDescriptor = func() protoreflect.MessageDescriptor {
	field := func(name string, num int32,
		typ descriptorpb.FieldDescriptorProto_Type,
	) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{
			Name: proto.String(name), Number: proto.Int32(num), Type: typ.Enum(),
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		}
	}
	eto := field("eto_payload", 2, descriptorpb.FieldDescriptorProto_TYPE_MESSAGE)
	eto.TypeName = proto.String(".test.Eto")
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("test.proto"), Package: proto.String("test"),
		MessageType: []*descriptorpb.DescriptorProto{
			{Name: proto.String("Seto"), Field: []*descriptorpb.FieldDescriptorProto{
				field("type", 1, descriptorpb.FieldDescriptorProto_TYPE_INT32), eto,
			}},
			{Name: proto.String("Eto"), Field: []*descriptorpb.FieldDescriptorProto{
				field("seq", 1, descriptorpb.FieldDescriptorProto_TYPE_UINT64),
				field("type", 2, descriptorpb.FieldDescriptorProto_TYPE_INT32),
				field("is_replay", 3, descriptorpb.FieldDescriptorProto_TYPE_BOOL),
			}},
		},
	}, nil)
	if err != nil {
		panic(err)
	}
	return file.Messages().ByName("Seto")
}()

// libraryParse decodes with the reference library.
func libraryParse(t *testing.T, payload []byte) (Envelope, bool) {
	t.Helper()
	m := dynamicpb.NewMessage(envelopeDescriptor)
	if proto.Unmarshal(payload, m) != nil {
		return Envelope{}, false
	}
	env := Envelope{EtoType: EtoNone}
	fields := envelopeDescriptor.Fields()
	get := func(m protoreflect.Message, fd protoreflect.FieldDescriptor, bit presence) (protoreflect.Value, bool) {
		if !m.Has(fd) {
			return protoreflect.Value{}, false
		}
		env.has |= bit
		return m.Get(fd), true
	}
	if v, ok := get(m, fields.ByNumber(1), hasType); ok {
		env.Type = uint32(v.Int())
	}
	if v, ok := get(m, fields.ByNumber(2), hasEto); ok {
		eto, fields := v.Message(), v.Message().Descriptor().Fields()
		if v, ok := get(eto, fields.ByNumber(1), hasSeq); ok {
			env.Seq = v.Uint()
		}
		if v, ok := get(eto, fields.ByNumber(2), hasEtoType); ok {
			env.EtoType = uint32(v.Int())
		}
		if v, ok := get(eto, fields.ByNumber(3), hasIsReplay); ok {
			env.IsReplay = v.Bool()
		}
	}
	return env, true
}

func TestEnvelopeHas(t *testing.T) {
	for i, has := range []func(Envelope) bool{
		Envelope.HasType, Envelope.HasEto, Envelope.HasSeq, Envelope.HasEtoType, Envelope.HasIsReplay,
	} {
		for bit := range 5 {
			if got := has(Envelope{Flags: Flags{has: 1 << bit}}); got != (bit == i) {
				t.Errorf("question %d, presence %d: %v", i, bit, got)
			}
		}
	}
}

package msg_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/gen/msg"
)

// Type, envelope and bodies that the tests below put together.
var (
	typeEto      = []byte{0x08, 1}
	typeSettings = []byte{0x08, 37}
	typeReduce   = []byte{0x08, 29}
	typeRetired  = []byte{0x08, 22}
	typeFuture   = []byte{0x08, 45}
	typeNegative = []byte{0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}
	typeLogin    = []byte{0x08, 2}
	typeLarge    = []byte{0x08, 0xac, 0x02}
	typeLong     = []byte{0x08, 0xa5, 0x00} // settings, longer than it need be
	create       = []byte{0x22, 0}          // order_create
	envelope     = []byte{0x12, 2, 0x08, 7}
	settings     = []byte{0xb2, 0x02, 2, 0x08, 1}                // settings{cancel_all_on_failure}
	settingsBad  = []byte{0xb2, 0x02, 2, 0x0a, 0}                // the same field as bytes
	settingsNew  = []byte{0xb2, 0x02, 4, 0x10, 1, 0x18, 1}       // settings with two fields that are unknown
	reduce       = []byte{0xf2, 0x01, 2, 0x08, 5}                // order_quantity_reduce
	bodyRetired  = []byte{0xba, 0x01, 1, 0xff}                   // field 23
	bodyFuture   = []byte{0xf2, 0x02, 1, 0xff}                   // field 46, the body of type 45
	group        = []byte{0xa3, 0x06, 0x08, 1, 0x08, 2, 0xa4, 6} // field 100, with two fields inside
)

func TestUnknownOfPayloads(t *testing.T) {
	for _, test := range []struct {
		name    string
		b       [][]byte
		want    msg.Unknown
		typ     msg.PayloadType
		hasBody bool
	}{
		{"nothing", [][]byte{typeSettings, envelope, settings}, msg.Unknown{}, msg.PayloadSettings, true},
		{"nothing at all", nil, msg.Unknown{}, msg.PayloadEto, false},
		{"no body", [][]byte{typeSettings, envelope}, msg.Unknown{}, msg.PayloadSettings, false},
		{"no type", [][]byte{envelope, settings}, msg.Unknown{Fields: 1}, msg.PayloadEto, false},
		{
			"session message with a body",
			[][]byte{typeEto, envelope, settings},
			msg.Unknown{Fields: 1},
			msg.PayloadEto,
			false,
		},
		{
			"body of another type",
			[][]byte{typeReduce, envelope, settings},
			msg.Unknown{Fields: 1},
			msg.PayloadOrderQuantityReduce, false,
		},
		{
			"another body too",
			[][]byte{typeSettings, reduce, settings, reduce},
			msg.Unknown{Fields: 2},
			msg.PayloadSettings, true,
		},
		{
			"another body, malformed",
			[][]byte{typeReduce, reduce, settingsBad},
			msg.Unknown{Fields: 1},
			msg.PayloadOrderQuantityReduce, true,
		},
		{"the type's body twice", [][]byte{typeSettings, settings, settings}, msg.Unknown{}, msg.PayloadSettings, true},
		{"type behind the body", [][]byte{settings, typeSettings}, msg.Unknown{}, msg.PayloadSettings, true},
		{
			"type twice behind the body",
			[][]byte{settings, typeSettings, typeSettings},
			msg.Unknown{},
			msg.PayloadSettings, true,
		},
		{
			"type behind another body",
			[][]byte{settings, typeReduce},
			msg.Unknown{Fields: 1},
			msg.PayloadOrderQuantityReduce, false,
		},
		{
			"type behind two bodies",
			[][]byte{settings, reduce, typeReduce},
			msg.Unknown{Fields: 1},
			msg.PayloadOrderQuantityReduce, true,
		},
		{
			"two types, the last counts",
			[][]byte{typeSettings, settings, reduce, typeReduce},
			msg.Unknown{Fields: 1},
			msg.PayloadOrderQuantityReduce, true,
		},
		{
			"two types, no body of the last",
			[][]byte{typeSettings, settings, typeEto},
			msg.Unknown{Fields: 1},
			msg.PayloadEto, false,
		},
		{
			"there and back",
			[][]byte{typeSettings, settings, typeEto, typeSettings},
			msg.Unknown{},
			msg.PayloadSettings,
			true,
		},
		{
			"body of a type that did not stay, malformed",
			[][]byte{typeSettings, settingsBad, reduce, typeReduce},
			msg.Unknown{Fields: 1},
			msg.PayloadOrderQuantityReduce, true,
		},
		{
			"unknown inside counts once, whatever the order",
			[][]byte{settingsNew, typeSettings},
			msg.Unknown{Fields: 2},
			msg.PayloadSettings, true,
		},
		{
			"unknown inside of a body that does not count",
			[][]byte{typeSettings, settingsNew, typeEto},
			msg.Unknown{Fields: 1},
			msg.PayloadEto, false,
		},
		{"retired type", [][]byte{typeRetired, bodyRetired}, msg.Unknown{Fields: 1, Values: 1}, 22, false},
		{"future type", [][]byte{typeFuture, bodyFuture}, msg.Unknown{Fields: 1, Values: 1}, 45, false},
		{"negative type", [][]byte{typeNegative, settings}, msg.Unknown{Fields: 1, Values: 1}, -1, false},
		{"unknown type behind a body", [][]byte{settings, typeFuture}, msg.Unknown{Fields: 1, Values: 1}, 45, false},
		{"retired type with an envelope", [][]byte{typeRetired, envelope}, msg.Unknown{Values: 1}, 22, false},
		{"retired type with envelope and body", [][]byte{typeRetired, envelope, bodyRetired}, msg.Unknown{
			Fields: 1,
			Values: 1,
		}, 22, false},
		{
			"future type with an envelope",
			[][]byte{typeFuture, envelope, bodyFuture},
			msg.Unknown{Fields: 1, Values: 1},
			45, false,
		},
		{"large type with an envelope", [][]byte{typeLarge, envelope}, msg.Unknown{Values: 1}, 300, false},
		{
			"long type with an envelope",
			[][]byte{typeLong, envelope, settings},
			msg.Unknown{},
			msg.PayloadSettings,
			true,
		},
		{"type 0 with an envelope", [][]byte{{0x08, 0}, envelope}, msg.Unknown{Values: 1}, 0, false},
		{
			"session message with two envelopes",
			[][]byte{typeEto, envelope, envelope},
			msg.Unknown{},
			msg.PayloadEto,
			false,
		},
		{
			"body of another type, of short tags",
			[][]byte{typeLogin, envelope, create},
			msg.Unknown{Fields: 1},
			msg.PayloadLogin, false,
		},
		{
			"body behind the body",
			[][]byte{typeSettings, envelope, settings, create},
			msg.Unknown{Fields: 1},
			msg.PayloadSettings, true,
		},
		{
			"unknown inside, as it is written",
			[][]byte{typeSettings, envelope, settingsNew},
			msg.Unknown{Fields: 2},
			msg.PayloadSettings, true,
		},
		{"group", [][]byte{typeEto, group, envelope}, msg.Unknown{Fields: 1}, msg.PayloadEto, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var m msg.Payload
			var u msg.Unknown
			if err := m.Decode(slices.Concat(test.b...), &u); err != nil {
				t.Fatal(err)
			}
			if u != test.want {
				t.Errorf("counted %+v, want %+v", u, test.want)
			}
			if m.GetType() != test.typ || m.HasBody() != test.hasBody {
				t.Errorf("type %v, body %t, want %v, %t", m.GetType(), m.HasBody(), test.typ, test.hasBody)
			}
			if m.HasSettings() != (test.hasBody && test.typ == msg.PayloadSettings) {
				t.Errorf("settings: %t", m.HasSettings())
			}
			if err := m.Decode(slices.Concat(test.b...), &u); err != nil {
				t.Fatal(err)
			}
			if want := (msg.Unknown{Fields: 2 * test.want.Fields, Values: 2 * test.want.Values}); u != want {
				t.Errorf("counted %+v after two decodes, want %+v", u, want)
			}
		})
	}
}

// A malformed body is judged if the last type names it, wherever the type stands.
func TestMalformedBody(t *testing.T) {
	for name, b := range map[string][][]byte{
		"type first":       {typeSettings, settingsBad},
		"as it is written": {typeSettings, envelope, settingsBad},
		"type last":        {settingsBad, typeSettings},
		"there and back":   {typeSettings, settingsBad, typeEto, typeSettings},
		"two types":        {typeReduce, settingsBad, typeSettings},
		"in two parts":     {typeSettings, settings, settingsBad},
	} {
		var m msg.Payload
		if err := m.Decode(slices.Concat(b...), nil); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Parts of a body and of the envelope merge; of a value that comes twice the last one counts.
func TestPartsMerge(t *testing.T) {
	b := slices.Concat(
		[]byte{0x12, 2, 0x10, 5, 0x08, 29, 0x12, 4, 0x08, 7, 0x08, 8}, // envelope, type, envelope
		[]byte{0xf2, 0x01, 2, 0x08, 5, 0xf2, 0x01, 4, 0x10, 6, 0x10, 9},
	)
	var m msg.Payload
	decode(t, &m, b)
	const want = "payload{type=PAYLOAD_ORDER_QUANTITY_REDUCE eto_payload=payload{seq=8 type=PAYLOAD_HEARTBEAT} " +
		"order_quantity_reduce=order_quantity_reduce{order_id=5 new_quantity=9}}"
	if got := m.String(); got != want {
		t.Errorf("reads as %s, want %s", got, want)
	}
}

func TestUnknownOfMessages(t *testing.T) {
	for _, test := range []struct {
		name string
		m    message
		b    []byte
		want msg.Unknown
	}{
		{"side", new(msg.Execution), []byte{0x18, 3}, msg.Unknown{Values: 1}},
		{"side 0", new(msg.Execution), []byte{0x18, 0}, msg.Unknown{Values: 1}},
		{"side cut to 32 bits", new(msg.Execution), []byte{0x18, 0x81, 0x80, 0x80, 0x80, 0x10}, msg.Unknown{}},
		{"side twice, once unknown", new(msg.Execution), []byte{0x18, 3, 0x18, 1}, msg.Unknown{Values: 1}},
		{"reasons", new(msg.OrderInvalid), []byte{0x10, 1, 0x10, 99, 0x12, 3, 1, 98, 97}, msg.Unknown{Values: 3}},
		{"fields of each wire type", new(msg.Quote), slices.Concat(
			[]byte{0x98, 1, 5}, []byte{0x99, 1, 1, 2, 3, 4, 5, 6, 7, 8}, []byte{0x9a, 1, 1, 0}, group, []byte{
				0x9d, 1,
				1, 2, 3, 4,
			},
		), msg.Unknown{Fields: 5}},
		{"in an element", new(msg.ContractQuotes), []byte{0x1a, 2, 0x18, 1, 0x2a, 2, 0x18, 9}, msg.Unknown{
			Fields: 1,
			Values: 1,
		}},
	} {
		var u msg.Unknown
		if err := test.m.Decode(test.b, &u); err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		if u != test.want {
			t.Errorf("%s: counted %+v, want %+v", test.name, u, test.want)
		}
	}
}

// Every enum field counts a number that its schema does not name, and keeps it.
func TestUnknownValuesOfEveryField(t *testing.T) {
	eachField(t, func(t *testing.T, k kind, f protoreflect.FieldDescriptor, _ string) {
		if f.Kind() != protoreflect.EnumKind {
			return
		}
		for n := range byte(100) {
			want := msg.Unknown{Values: 1}
			if f.Enum().Values().ByNumber(protoreflect.EnumNumber(n)) != nil {
				want.Values = 0
			}
			b := append(tagOf(f), n)
			var u msg.Unknown
			if err := k.new().Decode(b, &u); err != nil || u != want {
				t.Errorf("%d: counted %+v, %v, want %+v", n, u, err, want)
			}
			checkAgainstGoogle(t, k, b)
		}
	})
}

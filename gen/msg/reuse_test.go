package msg_test

import (
	"bytes"
	"reflect"
	"testing"
	"unsafe"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/gen/convert"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// What an earlier message left in a value never shows in a later one, for any pair of a full
// message and one that has a single field or none.
func TestNothingOldShows(t *testing.T) {
	for _, k := range kinds {
		if k.isUnion() {
			continue
		}
		full := canonical(t, k.full(0))
		m := k.new()
		for _, later := range partials(t, k) {
			decode(t, m, full)
			decode(t, m, later)
			fresh := k.new()
			decode(t, fresh, later)
			if got, want := canonical(t, protoOf(m)), canonical(t, protoOf(fresh)); !bytes.Equal(got, want) {
				t.Errorf("%s: after %x, %x reads as %x, want %x", k.name, full, later, got, want)
			}
			if got, want := m.String(), fresh.String(); got != want {
				t.Errorf("%s: after a full message the text is %s, want %s", k.name, got, want)
			}
		}
	}
}

// The same for payloads, whose bodies lie side by side.
func TestNothingOldShowsInPayloads(t *testing.T) {
	var m msg.Payload
	k := kindOf(t, "smarkets.seto.Payload")
	for _, before := range payloadTypes() {
		full := canonical(t, k.full(before))
		for _, typ := range payloadTypes() {
			for _, later := range [][]byte{
				canonical(t, k.full(typ)),
				{0x08, byte(typ)},
				payloadWith(typ, nil),
			} {
				decode(t, &m, full)
				decode(t, &m, later)
				var fresh msg.Payload
				decode(t, &fresh, later)
				if got, want := canonical(t, protoOf(&m)), canonical(t, protoOf(&fresh)); !bytes.Equal(got, want) {
					t.Fatalf("after %x, %x reads as %x, want %x", full, later, got, want)
				}
			}
		}
	}
}

// What was decoded before does not make a difference to what is refused either. The type of this
// payload changes behind a body, so that the new type's body is read in memory that holds one.
func TestNothingOldCounts(t *testing.T) {
	var m msg.Payload
	quotes := m.MutableMarketQuotes()
	for range msg.ContractsMax {
		quotes.AddContractQuotes()
	}
	b := []byte{
		0x08, 13, 0x72, 0, // type, contract_quotes
		0x08, 12, 0x6a, 4, 0x12, 0, 0x30, 1, // type, market_quotes with one contract
	}
	decode(t, &m, b)
	if got := len(m.GetMarketQuotes().GetContractQuotes()); got != 1 {
		t.Errorf("%d contracts, want 1", got)
	}
}

// Repeated fields keep their memory, those of elements included.
func TestMemoryIsKept(t *testing.T) {
	k := kindOf(t, "smarkets.seto.Payload")
	full := canonical(t, k.full(seto.PayloadType_PAYLOAD_MARKET_QUOTES))
	var m msg.Payload
	decode(t, &m, full)
	memory := func() [3]unsafe.Pointer {
		contracts := m.GetMarketQuotes().GetContractQuotes()
		return [3]unsafe.Pointer{
			unsafe.Pointer(unsafe.SliceData(contracts)),
			unsafe.Pointer(unsafe.SliceData(contracts[2].GetBids())),
			unsafe.Pointer(unsafe.SliceData(contracts[2].GetExecutions())),
		}
	}
	before := memory()
	decode(t, &m, []byte{0x08, 1})
	decode(t, &m, payloadWith(seto.PayloadType_PAYLOAD_MARKET_QUOTES, []byte{0x12, 0}))
	m.Reset()
	m.GetMarketQuotes()
	decode(t, &m, full)
	if memory() != before {
		t.Error("repeated fields have new memory")
	}
}

// Text is borrowed from the payload, and an append to it copies.
func TestTextIsBorrowed(t *testing.T) {
	b := []byte{0x0a, 3, 'a', 'b', 'c', 0x12, 1, 'p'}
	var m msg.Login
	decode(t, &m, b)
	standard := convert.LoginToProto(&m)
	if user := m.GetUsername(); unsafe.SliceData(user) != &b[2] {
		t.Error("decoding copied the text")
	}
	if _ = append(m.GetUsername(), 'x'); !bytes.Equal(b[5:], []byte{0x12, 1, 'p'}) {
		t.Error("an append to borrowed text wrote the payload")
	}
	given := make([]byte, 2, 8)
	m.SetUsername(given)
	if _ = append(m.GetUsername(), 'x'); given[:3][2] != 0 {
		t.Error("an append to borrowed text wrote behind what was set")
	}
	b[2] = 'z'
	if standard.GetUsername() != "abc" {
		t.Error("LoginToProto shares memory with the payload")
	}
}

// No text field of any message, decoded or set, has room behind it that an append would write to.
func TestTextIsCapped(t *testing.T) {
	eachField(t, func(t *testing.T, k kind, f protoreflect.FieldDescriptor, name string) {
		if f.Kind() != protoreflect.StringKind && f.Kind() != protoreflect.BytesKind {
			return
		}
		b := append(tagOf(f), 3, 'a', 'b', 'c', 0x98, 0x7f, 1)
		m := k.new()
		decode(t, m, b)
		if got := call(m, "Get"+name)[0]; got.Len() != 3 || got.Cap() != 3 ||
			got.UnsafePointer() != unsafe.Pointer(&b[len(b)-6]) {
			t.Errorf("decoded, has %d bytes of %d, at %v", got.Len(), got.Cap(), got.UnsafePointer())
		}
		call(m, "Set"+name, reflect.ValueOf(b[:2]))
		if got := call(m, "Get"+name)[0]; got.Len() != 2 || got.Cap() != 2 ||
			got.UnsafePointer() != unsafe.Pointer(&b[0]) {
			t.Errorf("set, has %d bytes of %d, at %v", got.Len(), got.Cap(), got.UnsafePointer())
		}
	})
}

func decode(t *testing.T, m message, b []byte) {
	t.Helper()
	if err := m.Decode(b, nil); err != nil {
		t.Fatalf("%T of %x: %v", m, b, err)
	}
}

// payloadWith is a payload of the type, without an envelope, with the body's bytes.
func payloadWith(typ seto.PayloadType, body []byte) []byte {
	b := []byte{0x08, byte(typ)}
	if typ == seto.PayloadType_PAYLOAD_ETO {
		return b
	}
	tag := uint64(typ+1)<<3 | 2
	if tag >= 0x80 {
		b = append(b, byte(tag)|0x80)
		tag >>= 7
	}
	b = append(b, byte(tag), byte(len(body)))
	return append(b, body...)
}

// partials are the encodings of an empty message, and of one of each field.
func partials(t *testing.T, k kind) [][]byte {
	encoded := [][]byte{nil}
	for i := range k.fields.Len() {
		f := k.fields.Get(i)
		n := uint64(5000)
		p := k.newProto().ProtoReflect()
		switch {
		case f.IsList() && f.Kind() == protoreflect.MessageKind:
			p.Mutable(f).List().AppendMutable()
		case f.IsList():
			p.Mutable(f).List().Append(distinct(f, &n))
		case f.Kind() == protoreflect.MessageKind:
			p.Mutable(f)
		default:
			p.Set(f, distinct(f, &n))
		}
		encoded = append(encoded, canonical(t, p.Interface()))
	}
	return encoded
}

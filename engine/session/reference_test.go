package session

import (
	"math"
	"strings"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/wire"
)

func TestReference(t *testing.T) {
	k := newEstablished(t, Config{ReferenceBase: 100})
	seq, err := k.s.Send(k.now, msg.PayloadOrderCreate, orderCreate())
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := k.s.Reference(seq); !ok || r != 101 {
		t.Errorf("reference %d, %t", r, ok)
	}
	if r, ok := k.s.Reference(1); !ok || r != 0 {
		t.Errorf("the login has reference %d, %t", r, ok)
	}
	if _, ok := k.s.Reference(99); ok {
		t.Error("what was not sent has a reference")
	}
	// The counter passes over 0 at its end.
	k.s.refs = math.MaxUint64
	if seq, err = k.s.Send(k.now, msg.PayloadOrderCreate, orderCreate()); err != nil {
		t.Fatal(err)
	}
	if r, ok := k.s.Reference(seq); !ok || r != 1 {
		t.Errorf("reference %d, %t", r, ok)
	}
}

func TestVarintsIn(t *testing.T) {
	fields := orderFields{1: subjectField, 2: sideField, 15: priceField}
	for _, c := range []struct {
		hex           string
		subject, side uint64
	}{
		{"", 0, 0},
		{"0805", 5, 0},
		{"08050806", 6, 0},                    // the last counts
		{"1005" + "0805", 5, 5},               // in any order
		{"1805" + "0805", 5, 0},               // others are passed over
		{"800105" + "880105" + "0805", 5, 0},  // numbers beyond the table too
		{"f8ffffff0f05" + "0805", 5, 0},       // the highest
		{"09ffffffffffffffff" + "0805", 5, 0}, // fixed64
		{"0dffffffff" + "0805", 5, 0},         // fixed32
		{"0a0208ff" + "0805", 5, 0},           // bytes that look like it
		{"0805" + "08", 5, 0},
		{"0805" + "10", 5, 0}, // cut off
		{"0805" + "0a05ff", 5, 0},
		{"0805" + "0dff", 5, 0}, //
		{"0805" + "0b", 5, 0},
		{"0805" + "0a", 5, 0},
		{"ff", 0, 0}, // groups are not for us
	} {
		got := varintsIn(unhex(t, c.hex), &fields)
		if want := [fieldKinds]uint64{got[0], 0, c.subject, c.side}; got != want {
			t.Errorf("%s: %v, want %v", c.hex, got, want)
		}
	}
	if got := varintsIn(unhex(t, "7807"), &fields); got[priceField] != 7 {
		t.Errorf("the last of the table: %v", got)
	}
}

// described is all that an entry says of its message.
func described(e *entry) (d entry) {
	d.copyFrom(e)
	d.kind, d.key = e.kind, e.key
	return d
}

// TestDescribed sends the same messages in every family, and expects what they ask for to be
// remembered of each.
func TestDescribed(t *testing.T) {
	for text, want := range map[string]entry{
		"order_create side=SELL quantity=70000000000 price=2500 market_id=4000000000 contract_id=2 maq=9 label=x": {
			typ: uint8(msg.PayloadOrderCreate), side: uint8(msg.SideSell),
			subject: 70000000000, price: 2500, market: 4000000000, contract: 2,
		},
		"order_create side=BUY quantity=5 market_id=1 contract_id=3": {
			typ: uint8(msg.PayloadOrderCreate), side: uint8(msg.SideBuy), subject: 5, market: 1, contract: 3,
		},
		"order_cancel order_id=82892989397900053": {typ: uint8(msg.PayloadOrderCancel), subject: 82892989397900053},
		"order_cancel_all market_id=7":            {typ: uint8(msg.PayloadOrderCancelAll)},
		"order_quantity_reduce order_id=8 new_quantity=5": {
			typ: uint8(msg.PayloadOrderQuantityReduce), subject: 8,
		},
		"order_cancel_replace orig_order_id=9 price=3 quantity=4 label=": {
			typ: uint8(msg.PayloadOrderCancelReplace), subject: 9,
		},
	} {
		for _, base := range []uint64{0, 100} {
			k := newEstablished(t, Config{ReferenceBase: base})
			for _, how := range []string{"", " reference=7", " encoded", " encoded reference=7", "msg"} {
				var seq uint64
				var err error
				if name, fields, _ := strings.Cut(text, " "); how == "msg" {
					seq, err = k.s.Send(k.now, messageTypeOf(t, name), ourMessage(t, name, fields))
				} else {
					typ, m := messageOf(t, name, fields+how)
					seq, err = k.s.Send(k.now, typ, m)
				}
				if err != nil {
					t.Fatal(err)
				}
				e := k.s.request(seq)
				want := want
				want.seq, want.at = seq, k.now
				switch {
				case strings.HasSuffix(how, "7"):
					want.kind, want.key = byReference, 7
				case base != 0:
					want.kind, want.key = byReference, k.s.refs
				case want.typ == uint8(msg.PayloadOrderCreate):
					want.kind, want.key = bySequence, seq
				default:
					want.kind, want.key = byOrder, want.subject
				}
				if got := described(e); got != want {
					t.Errorf("%s%s:\n got %+v\nwant %+v", text, how, got, want)
				}
			}
		}
	}
}

// ourMessage is a message of package msg.
func ourMessage(t *testing.T, name, fields string) wire.Marshaler {
	t.Helper()
	_, m := messageOf(t, name, fields)
	b := make([]byte, m.SizeVT())
	if _, err := m.MarshalToSizedBufferVT(b); err != nil {
		t.Fatal(err)
	}
	ours := map[string]interface {
		wire.Marshaler
		Decode([]byte, *msg.Unknown) error
	}{
		"order_create": new(msg.OrderCreate), "order_cancel": new(msg.OrderCancel),
		"order_cancel_all": new(msg.OrderCancelAll), "order_quantity_reduce": new(msg.OrderQuantityReduce),
		"order_cancel_replace": new(msg.OrderCancelReplace),
	}[name]
	if err := ours.Decode(b, nil); err != nil {
		t.Fatal(err)
	}
	return ours
}

func messageTypeOf(t *testing.T, name string) msg.PayloadType {
	t.Helper()
	typ, _ := messageOf(t, name, "")
	return typ
}

// TestReferenceTags says the numbers of the reference fields twice, and the schema's a third time.
func TestReferenceTags(t *testing.T) {
	for _, typ := range []msg.PayloadType{
		msg.PayloadOrderCreate, msg.PayloadOrderCancel, msg.PayloadOrderCancelAll, msg.PayloadOrderQuantityReduce,
		msg.PayloadOrderCancelReplace,
	} {
		fields, number := fieldsOf(typ), 0
		body := new(seto.Payload).ProtoReflect().Descriptor().Fields().ByNumber(protoNumber(typ)).Message()
		want := int(body.Fields().ByName("reference").Number())
		for i, what := range fields {
			if what == referenceField {
				number = i
			}
		}
		if number != want || referenceTag(typ) != byte(want<<3) {
			t.Errorf("%v: reference is field %d, tag %d, want %d", typ, number, referenceTag(typ), want)
		}
	}
}

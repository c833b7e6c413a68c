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
	seq, err := send(k.s, k.now, msg.PayloadOrderCreate, orderCreate())
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
	k.s.references.last = math.MaxUint64
	if seq, err = send(k.s, k.now, msg.PayloadOrderCreate, orderCreate()); err != nil {
		t.Fatal(err)
	}
	if r, ok := k.s.Reference(seq); !ok || r != 1 {
		t.Errorf("reference %d, %t", r, ok)
	}
}

// described is all that an entry says of its message.
func described(e *entry) (d entry) {
	d.copyFrom(e)
	d.kind, d.key = e.kind, e.key
	return d
}

// TestEntryFields sends the same messages in every family, and expects what they ask for to be
// remembered of each.
func TestEntryFields(t *testing.T) {
	for text, want := range map[string]entry{
		"order_create side=SELL quantity=70000000000 price=2500 market_id=4000000000 contract_id=2 maq=9 label=x": {
			typ: uint8(msg.PayloadOrderCreate), side: uint8(msg.SideSell),
			subject: 70000000000, price: 2500, market: 4000000000, contract: 2,
		},
		"order_create side=BUY quantity=5 market_id=1 contract_id=3": {
			typ: uint8(msg.PayloadOrderCreate), side: uint8(msg.SideBuy), subject: 5, market: 1, contract: 3,
		},
		"order_cancel order_id=82892989397900053": {typ: uint8(msg.PayloadOrderCancel), subject: 82892989397900053},
		"order_cancel_all market_id=7":            {typ: uint8(msg.PayloadOrderCancelAll), market: 7},
		"order_quantity_reduce order_id=8 new_quantity=5": {
			typ: uint8(msg.PayloadOrderQuantityReduce), subject: 8,
		},
		"order_cancel_replace orig_order_id=9 price=3 quantity=4 label=": {
			typ: uint8(msg.PayloadOrderCancelReplace), subject: 9, price: 3,
		},
	} {
		for _, base := range []uint64{0, 100} {
			k := newEstablished(t, Config{ReferenceBase: base})
			for _, how := range []string{"", " reference=7", " encoded", " encoded reference=7", "msg"} {
				var seq uint64
				var err error
				if name, fields, _ := strings.Cut(text, " "); how == "msg" {
					seq, err = send(k.s, k.now, messageTypeOf(t, name), ourMessage(t, name, fields))
				} else {
					typ, m := messageOf(t, name, fields+how)
					seq, err = send(k.s, k.now, typ, m)
				}
				if err != nil {
					t.Fatal(err)
				}
				e := k.s.requests.bySequence(seq)
				want := want
				want.seq, want.sent = seq, k.now
				switch {
				case strings.HasSuffix(how, "7"):
					want.kind, want.key = byReference, 7
				case base != 0:
					want.kind, want.key = byReference, k.s.references.last
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

// TestReferenceTags holds the numbers of the reference fields to the schema's.
func TestReferenceTags(t *testing.T) {
	for _, typ := range []msg.PayloadType{
		msg.PayloadOrderCreate, msg.PayloadOrderCancel, msg.PayloadOrderCancelAll, msg.PayloadOrderQuantityReduce,
		msg.PayloadOrderCancelReplace,
	} {
		body := new(seto.Payload).ProtoReflect().Descriptor().Fields().ByNumber(protoNumber(typ)).Message()
		want := int(body.Fields().ByName("reference").Number())
		if referenceTag(typ) != byte(want<<3) {
			t.Errorf("%v: reference has tag %d, want %d", typ, referenceTag(typ), want<<3)
		}
	}
}

// TestReferencesCountUp counts from the number behind the last one, past 0 at the end, and not at all if it is
// off. One is used by making it the last.
func TestReferencesCountUp(t *testing.T) {
	for last, want := range map[uint64]uint64{1: 2, 100: 101, math.MaxUint64 - 1: math.MaxUint64, math.MaxUint64: 1} {
		r := references{last: last}
		if got := r.next(); got != want || r.next() != want || r.last != last {
			t.Errorf("%d comes after %d, want %d", got, last, want)
		}
		r.off = true
		if got := r.next(); got != 0 {
			t.Errorf("%d, and there are none", got)
		}
	}
}

// TestPutReference fills exactly the bytes that referenceSize counts, for every length of a reference.
func TestPutReference(t *testing.T) {
	if n := referenceSize(0); n != 0 {
		t.Errorf("no reference has %d bytes", n)
	}
	for shift := range 64 {
		for _, reference := range []uint64{1 << shift, 1<<shift | (1<<shift - 1)} {
			b := make([]byte, referenceSize(reference))
			putReference(b, msg.PayloadOrderCancel, reference)
			var m msg.OrderCancel
			var order msg.OrderCancel
			order.SetOrderId(5)
			body, err := order.MarshalVT()
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Decode(append(body, b...), nil); err != nil || m.GetReference() != reference {
				t.Errorf("%d: %d, %v", reference, m.GetReference(), err)
			}
		}
	}
	for typ, tag := range map[msg.PayloadType]byte{0: 0, msg.PayloadOrderAccepted: 0, typeMax: 0} {
		if got := referenceTag(typ); got != tag {
			t.Errorf("%d has tag %d", typ, got)
		}
	}
}

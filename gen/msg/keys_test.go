package msg_test

import (
	"errors"
	"slices"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/gen/msg"
)

// fromClient are the types of payload that a client sends, as the definitions say.
var fromClient = []msg.PayloadType{
	msg.PayloadLogin, msg.PayloadOrderCreate, msg.PayloadOrderCancel, msg.PayloadOrderCancelAll,
	msg.PayloadOrderCancelReplace, msg.PayloadOrderQuantityReduce, msg.PayloadMarketSubscribe,
	msg.PayloadMarketUnsubscribe,
	msg.PayloadEventSubscribe, msg.PayloadEventUnsubscribe, msg.PayloadPriceFeedSubscribe,
	msg.PayloadPriceFeedUnsubscribe,
	msg.PayloadMarketFeedSubscribe, msg.PayloadMarketFeedUnsubscribe, msg.PayloadSettings,
}

// eachBody calls f with every type that has a body and with the body's kind.
func eachBody(t *testing.T, f func(typ msg.PayloadType, k kind)) {
	t.Helper()
	for _, typ := range payloadTypes() {
		if field := bodyField(typ); field != nil {
			f(msg.PayloadType(typ), kindOf(t, string(field.Message().FullName())))
		}
	}
}

// subsets are messages of a kind with every field, with none, and with all but one.
func subsets(t *testing.T, k kind) (all []message) {
	t.Helper()
	for but := -2; but < k.fields.Len(); but++ {
		p := k.full(0)
		for i := range k.fields.Len() {
			if i == but || but == -2 {
				p.ProtoReflect().Clear(k.fields.Get(i))
			}
		}
		m := k.new()
		setProto(m, k.full(0)) // what was there must not shine through
		setProto(m, p)
		all = append(all, m)
	}
	return all
}

// present returns the value of the first of these fields that m has, else 0.
func present(k kind, m message, fields ...protoreflect.Name) uint64 {
	names := k.goNames()
	for _, f := range fields {
		if name, ok := names[f]; ok && has(m, name) {
			v := call(m, "Get"+name)[0]
			if v.CanInt() {
				return uint64(v.Int())
			}
			return v.Uint()
		}
	}
	return 0
}

// Every body says its type, in both families.
func TestBodiesKnowTheirType(t *testing.T) {
	type body interface{ PayloadType() msg.PayloadType }
	bodies := 0
	eachBody(t, func(typ msg.PayloadType, k kind) {
		bodies++
		if got := k.new().(body).PayloadType(); got != typ {
			t.Errorf("%s says it is %v, want %v", k.name, got, typ)
		}
		if got := k.newProto().(body).PayloadType(); got != typ {
			t.Errorf("the standard %s says it is %v, want %v", k.name, got, typ)
		}
	})
	if bodies != 40 {
		t.Errorf("%d bodies, want 40", bodies)
	}
}

// Keys are read from the message and from its bytes alike, absent fields as 0.
func TestKeys(t *testing.T) {
	sent := 0
	eachBody(t, func(typ msg.PayloadType, k kind) {
		for _, m := range subsets(t, k) {
			requester, ok := m.(interface{ Keys() msg.Keys })
			want := msg.Keys{Type: typ}
			if ok {
				want = msg.Keys{
					Type:      typ,
					Side:      msg.Side(present(k, m, "side")),
					Market:    uint32(present(k, m, "market_id")),
					Contract:  uint32(present(k, m, "contract_id")),
					Price:     uint32(present(k, m, "price")),
					Reference: present(k, m, "reference"),
					OrderID:   present(k, m, "order_id", "orig_order_id"),
					Quantity:  present(k, m, "quantity", "new_quantity"),
				}
				if got := requester.Keys(); got != want {
					t.Errorf("keys of %v are\n%+v, want\n%+v", m, got, want)
				}
			}
			got, err := msg.DecodeKeys(typ, canonical(t, protoOf(m)))
			if got != want || err != nil {
				t.Errorf("decoded keys of %v are\n%+v, %v, want\n%+v", m, got, err, want)
			}
			if ok != slices.Contains(fromClient, typ) {
				t.Errorf("%v: has Keys: %v", typ, ok)
			}
		}
		if slices.Contains(fromClient, typ) {
			sent++
		}
	})
	if sent != len(fromClient) {
		t.Errorf("%d messages have keys, want %d", sent, len(fromClient))
	}
	if got, err := msg.DecodeKeys(99, []byte{0xff}); got != (msg.Keys{Type: 99}) || err != nil {
		t.Errorf("keys of an unknown type are %+v, %v", got, err)
	}
	if _, err := msg.DecodeKeys(msg.PayloadOrderCreate, []byte{0x58}); !errors.Is(err, msg.ErrTruncated) {
		t.Errorf("keys of half a field: %v", err)
	}
}

func TestKeysAllocateNothing(t *testing.T) {
	var create msg.OrderCreate
	create.SetQuantity(40_0000)
	create.SetReference(7)
	create.SetLabelString("a")
	b, err := create.MarshalVT()
	if err == nil {
		t.Fatal("encoded without a side")
	}
	create.SetSide(msg.SideSell)
	create.SetMarketId(1)
	create.SetContractId(2)
	if b, err = create.MarshalVT(); err != nil {
		t.Fatal(err)
	}
	var sum uint64
	checkNoAllocs(t, []allocates{
		{"Keys", func() { sum += create.Keys().Quantity }},
		{"DecodeKeys", func() {
			k, err := msg.DecodeKeys(msg.PayloadOrderCreate, b)
			if err != nil || k != create.Keys() {
				t.Fatal(k, err)
			}
		}},
	})
}

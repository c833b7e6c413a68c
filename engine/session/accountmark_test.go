package session

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// TestAccountSequence asks every message of the schema that has the fields, and every
// one that has not.
func TestAccountSequence(t *testing.T) {
	count := 0
	fields := new(seto.Payload).ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		if field.Number() < 3 {
			continue
		}
		typ := msg.PayloadType(field.Number() - 1)
		wide := field.Message().Fields().ByName("account_sequence_64")
		p := &seto.Payload{}
		body := p.ProtoReflect().Mutable(field).Message()
		want := uint64(0)
		if wide != nil && typ != msg.PayloadLogin {
			count++
			want = 1<<40 + 7
			body.Set(wide, protoreflect.ValueOfUint64(want))
			body.Set(field.Message().Fields().ByName("account_sequence"), protoreflect.ValueOfUint32(5))
		}
		p.Type = seto.PayloadType(typ).Enum()
		b, err := proto.MarshalOptions{AllowPartial: true}.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var m msg.Payload
		if err := m.Decode(b, nil); err != nil {
			t.Fatal(err)
		}
		got := uint64(0)
		if inboundClassOf(typ) == orderReport {
			got, _, _, _, _, _ = reportKeys(&m, typ, 0)
		}
		if got != want {
			t.Errorf("%v: %d, want %d", typ, got, want)
		}
	}
	if count != 16 {
		t.Errorf("%d messages with an account sequence, want 16", count)
	}
}

// TestAccountSequence32 has the 32-bit field only.
func TestAccountSequence32(t *testing.T) {
	var p msg.Payload
	p.MutableOrderVoided().SetAccountSequence(7)
	for last, want := range map[uint64]uint64{0: 7, 1<<32 - 2: 7, 1<<32 - 1: 0, 1 << 40: 0} {
		if got, _, _, _, _, _ := reportKeys(&p, msg.PayloadOrderVoided, last); got != want {
			t.Errorf("after %d: %d, want %d", last, got, want)
		}
	}
}

// TestMarkWithoutSequence: a rejection names the sequence of its request to the session that sent that, and, repeated
// after a login, to another one too. It is the same message.
func TestMarkWithoutSequence(t *testing.T) {
	mark := func(seq uint64) uint64 {
		var p msg.Payload
		m := p.MutableOrderRejected()
		m.SetReference(7)
		m.SetReason(msg.OrderRejectedInsufficientFunds)
		m.SetAccountSequence_64(260)
		if seq != 0 {
			m.SetSeq(seq)
		}
		_, _, _, _, _, mark := reportKeys(&p, msg.PayloadOrderRejected, 0)
		return mark
	}
	if live, repeated := mark(0), mark(69); live != repeated {
		t.Errorf("mark %x, with a sequence %x", live, repeated)
	}
}

package replica_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine/replica"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/wire"
)

// script applies records that it makes, a millisecond apart.
type script struct {
	*replica.Replica
	t       *testing.T
	record  journal.Record
	in, out uint64 // messages
}

func newScript(t *testing.T) *script {
	r, err := replica.New(replica.Config{})
	if err != nil {
		t.Fatal(err)
	}
	return &script{Replica: r, t: t}
}

// apply applies a record.
func (s *script) apply(kind journal.Kind, payload []byte) {
	s.record.Kind, s.record.Payload = kind, payload
	s.record.Seq++
	s.record.At += 1e6
	s.Apply(&s.record)
}

// message applies a message, which is numbered.
func (s *script) message(kind journal.Kind, typ seto.PayloadType, m *seto.Payload) {
	s.t.Helper()
	number := &s.out
	if kind == journal.KindInbound {
		number = &s.in
	}
	*number++
	m.Type, m.EtoPayload = typ.Enum(), &eto.Payload{Seq: proto.Uint64(*number)}
	payload, err := proto.Marshal(m)
	if err != nil {
		s.t.Fatal(err)
	}
	if kind == journal.KindInbound {
		payload = wire.AppendFrame(nil, payload)
	}
	s.apply(kind, payload)
}

// place has an order accepted.
func (s *script) place() {
	s.message(journal.KindOutbound, seto.PayloadType_PAYLOAD_ORDER_CREATE, &seto.Payload{
		OrderCreate: &seto.OrderCreate{
			Side: seto.Side_SIDE_BUY.Enum(), Quantity: proto.Uint64(20_000), Price: proto.Uint32(2500),
			Reference: proto.Uint64(7), MarketId: proto.Uint32(1), ContractId: proto.Uint32(2),
		},
	})
	s.message(journal.KindInbound, seto.PayloadType_PAYLOAD_ORDER_ACCEPTED, &seto.Payload{
		OrderAccepted: &seto.OrderAccepted{
			Seq: proto.Uint64(2), Reference: proto.Uint64(7), OrderId: proto.Uint64(100),
			AccountSequence_64: proto.Uint64(1),
		},
	})
}

// TestBeginningRemoved reads a journal of whose first run the beginning was removed, with its subscription: a snapshot
// is shown, and the second run has nothing of the first.
func TestBeginningRemoved(t *testing.T) {
	s := newScript(t)
	s.place()
	s.message(journal.KindInbound, seto.PayloadType_PAYLOAD_MARKET_QUOTES, &seto.Payload{
		MarketQuotes: &seto.MarketQuotes{
			MarketId: proto.Uint32(1), ContractQuotes: []*seto.ContractQuotes{{
				MarketId: proto.Uint32(1), ContractId: proto.Uint32(2),
				Bids: []*seto.Quote{{Price: proto.Uint32(2500), Quantity: proto.Uint64(20_000)}},
			}},
		},
	})
	if b, ok := s.Books().Contract(1, 2); !ok || !b.Live() || s.Orders().LiveCount() != 1 {
		t.Errorf("book %t, %d orders", ok, s.Orders().LiveCount())
	}
	s.apply(journal.KindStart, nil)
	if _, ok := s.Books().Contract(1, 2); ok || s.Orders().LiveCount() != 0 {
		t.Errorf("the second run: book %t, %d orders", ok, s.Orders().LiveCount())
	}
}

// TestGapLost: if the record that says that a gap is filled may be lost, what is due is done.
func TestGapLost(t *testing.T) {
	s := newScript(t)
	s.apply(journal.KindStart, nil)
	s.place()
	s.apply(journal.KindLog, []byte(`level=WARN msg="gap" epoch=1 from=9 to=9`))
	s.message(journal.KindInbound, seto.PayloadType_PAYLOAD_ORDER_CANCEL_REJECTED, &seto.Payload{
		OrderCancelRejected: &seto.OrderCancelRejected{
			OrderId: proto.Uint64(100), AccountSequence_64: proto.Uint64(2),
			Reason: seto.OrderCancelRejectedReason_ORDER_CANCEL_REJECTED_NOT_LIVE.Enum(),
		},
	})
	s.record.At += 2e9
	s.apply(journal.KindRefusal, nil)
	if n := s.Orders().InDoubtCount(); n != 0 {
		t.Errorf("%d orders are in doubt while messages are missing", n)
	}
	s.apply(journal.KindLost, append([]byte{1}, make([]byte, 15)...))
	if n := s.Orders().InDoubtCount(); n != 1 {
		t.Errorf("%d orders are in doubt", n)
	}
}

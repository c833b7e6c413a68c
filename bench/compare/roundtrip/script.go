package roundtrip

import (
	"bufio"
	"encoding/binary"
	"os"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/wire"
)

// What the orders are about.
const (
	marketID   = 317_482
	contractID = 1_203_731
	reference  = 1_700_000_000_000_000 // of the order before the first
	orderID    = 82_892_989_397_900_000
)

// What the exchange allows: more than loopback can carry.
const ordersPerSecond = 100_000_000

// price and quantity of the n-th order, so that no two in a row look alike.
func price(n int) uint32    { return uint32(1 + n*37%9999) }
func quantity(n int) uint64 { return uint64(10_000 + n*7919%1_000_000) }

// turn is a request and what answers it.
type turn struct{ request, reply []byte }

// newScript prepares a login and orders. Turn 0 is the login; turn n is the n-th
// order, which is answered by its acceptance: one message there and one back.
func newScript(orders int) ([]turn, error) {
	var s scribe
	script := make([]turn, 1, orders+1)
	script[0].request = s.request(&seto.Payload{
		Type:  seto.PayloadType_PAYLOAD_LOGIN.Enum(),
		Login: &seto.Login{Username: proto.String(username), Password: proto.String(password)},
	}, eto.PayloadType_PAYLOAD_LOGIN.Enum())
	script[0].reply = append(s.reply(&seto.Payload{
		Type: seto.PayloadType_PAYLOAD_ETO.Enum(),
		EtoPayload: &eto.Payload{
			Type:          eto.PayloadType_PAYLOAD_LOGIN_RESPONSE.Enum(),
			LoginResponse: &eto.LoginResponse{Session: proto.String("6f0d6a3e5c"), Reset_: proto.Uint64(2)},
		},
	}), s.reply(&seto.Payload{
		Type: seto.PayloadType_PAYLOAD_THROTTLE_LIMITS_CHANGED.Enum(),
		ThrottleLimitsChanged: &seto.ThrottleLimitsChanged{
			AverageRatePs: proto.Uint32(ordersPerSecond), BurstSize: proto.Uint32(ordersPerSecond), TickMs: proto.Uint32(0),
		},
	})...)
	for n := 1; n <= orders; n++ {
		script = append(script, turn{s.request(order(n), nil), s.reply(accepted(n))})
	}
	return script, s.err
}

// Credentials that open nothing.
const (
	username = "bench"
	password = "bench"
)

func order(n int) *seto.Payload {
	return &seto.Payload{
		Type: seto.PayloadType_PAYLOAD_ORDER_CREATE.Enum(),
		OrderCreate: &seto.OrderCreate{
			MarketId: proto.Uint32(marketID), ContractId: proto.Uint32(contractID), Side: seto.Side_SIDE_BUY.Enum(),
			Price: proto.Uint32(price(n)), Quantity: proto.Uint64(quantity(n)), Reference: proto.Uint64(reference + uint64(n)),
		},
	}
}

// fill makes m the n-th order.
func fill(m *msg.OrderCreate, n int) {
	m.SetMarketId(marketID)
	m.SetContractId(contractID)
	m.SetSide(msg.SideBuy)
	m.SetPrice(price(n))
	m.SetQuantity(quantity(n))
	m.SetReference(reference + uint64(n))
}

func accepted(n int) *seto.Payload {
	return &seto.Payload{
		Type: seto.PayloadType_PAYLOAD_ORDER_ACCEPTED.Enum(),
		OrderAccepted: &seto.OrderAccepted{
			Seq: proto.Uint64(uint64(n + 1)), Reference: proto.Uint64(reference + uint64(n)), OrderId: proto.Uint64(orderID + uint64(n)),
			Price: proto.Uint32(price(n)), Quantity: proto.Uint64(quantity(n)), Side: seto.Side_SIDE_BUY.Enum(),
			MarketId: proto.Uint32(marketID), ContractId: proto.Uint32(contractID),
			AccountSequence_64: proto.Uint64(uint64(n)),
			AvailableBalance:   proto.Float64(10_479.17), Exposure: proto.Float64(-166.67),
		},
	}
}

// scribe encodes messages of both ends, with their sequences.
type scribe struct {
	in, out uint64
	err     error
}

func (s *scribe) request(m *seto.Payload, typ *eto.PayloadType) []byte {
	s.out++
	m.EtoPayload = &eto.Payload{Seq: proto.Uint64(s.out), Type: typ}
	return s.frame(m)
}

func (s *scribe) reply(m *seto.Payload) []byte {
	s.in++
	if m.EtoPayload == nil {
		m.EtoPayload = new(eto.Payload)
	}
	m.EtoPayload.Seq = proto.Uint64(s.in)
	return s.frame(m)
}

func (s *scribe) frame(m *seto.Payload) []byte {
	payload, err := proto.MarshalOptions{AllowPartial: true}.Marshal(m)
	if err != nil && s.err == nil {
		s.err = err
	}
	return wire.AppendFrame(nil, payload)
}

// writeScript writes what floor.c reads. Of the requests only the first and the last
// are in it: no other one is sent from there.
func writeScript(path string, script []turn) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	for i, t := range script {
		if i > 0 && i < len(script)-1 {
			t.request = nil
		}
		var lengths [8]byte
		binary.LittleEndian.PutUint32(lengths[:], uint32(len(t.request)))
		binary.LittleEndian.PutUint32(lengths[4:], uint32(len(t.reply)))
		for _, b := range [][]byte{lengths[:], t.request, t.reply} {
			if _, err := w.Write(b); err != nil {
				_ = f.Close()
				return err
			}
		}
	}
	if err := w.Flush(); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

package msg_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// Levels have a decoder of their own, used once there is memory for them. Levels of every shape,
// sound and not, between other fields and in both lists, are read by it as google reads them.
func TestBooks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var m msg.ContractQuotes
	for range 64 {
		m.AddBids()
		m.AddOffers()
	}
	accepted := 0
	for range 60_000 {
		var b []byte
		for range 1 + r.IntN(6) {
			body := level(r)
			b = append(b, []byte{0x1a, 0x22, 0x22, 0x1a, 0x2a}[r.IntN(5)], byte(len(body)))
			b = append(b, body...)
		}
		if r.IntN(8) > 0 {
			b = append(b, 0x48, 0x81, 0x82, 0x03, 0x50, 0x84, 0x85, 0x06, 0x98, 0x7f, 1, 0x98, 0x7f, 1)
		}
		if r.IntN(4) == 0 {
			b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		}
		b = b[:len(b)-r.IntN(2)*r.IntN(len(b))]
		err := m.Decode(b, nil)
		var google seto.ContractQuotes
		googleErr := proto.UnmarshalOptions{AllowPartial: true, DiscardUnknown: true}.Unmarshal(b, &google)
		if err != nil {
			if googleErr == nil && !errors.Is(err, msg.ErrWireType) {
				t.Fatalf("%x: %v, google accepts", b, err)
			}
			continue
		}
		accepted++
		if googleErr != nil {
			t.Fatalf("%x: accepted, google says %v", b, googleErr)
		}
		if got := canonical(t, protoOf(&m)); !bytes.Equal(got, canonical(t, &google)) {
			t.Fatalf("%x: read as\n%v, by google as\n%v", b, &m, &google)
		}
	}
	if accepted < 20_000 {
		t.Errorf("only %d books were accepted", accepted)
	}
}

// level is the body of a level, mostly as the exchange writes them.
func level(r *rand.Rand) []byte {
	price := binary.AppendUvarint([]byte{0x08}, uint64(r.Uint32N(10_000)))
	quantity := binary.AppendUvarint([]byte{0x10}, r.Uint64()>>r.IntN(64))
	switch r.IntN(12) {
	case 0:
		return append(quantity, price...)
	case 1:
		return price
	case 2:
		return quantity
	case 3: // longer than they need be
		price[len(price)-1] |= 0x80
		price = append(price, 0)
	case 4:
		quantity[len(quantity)-1] |= 0x80
		quantity = append(quantity, byte(r.Uint32N(2)))
	case 5: // more than is needed
		quantity = append(quantity, quantity...)
	case 6: // any bytes
		body := append(price, quantity...)
		body[r.IntN(len(body))] = byte(r.Uint32())
		return body
	case 7: // a quantity that ends early, and fields that do not come in order
		quantity = append(quantity, 0x18, 1, 0x08, 5)
	case 8:
		price = binary.AppendUvarint([]byte{0x08}, r.Uint64()>>r.IntN(64))
	}
	return append(price, quantity...)
}

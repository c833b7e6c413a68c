package msg_test

import (
	"testing"

	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// allocates is a call that production repeats.
type allocates struct {
	name string
	f    func()
}

// checkNoAllocs runs every call until its memory has grown and then holds it to 0 allocations. The
// race detector allocates by itself; under it the calls are made, and not counted.
func checkNoAllocs(t *testing.T, calls []allocates) {
	t.Helper()
	for _, c := range calls {
		c.f()
		if raceEnabled {
			continue
		}
		if n := testing.AllocsPerRun(50, c.f); n != 0 {
			t.Errorf("%s: %v allocations, want 0", c.name, n)
		}
	}
}

// Payloads of every type and every kind of session message are decoded into one reused value.
func TestDecodePayloadAllocatesNothing(t *testing.T) {
	k := kindOf(t, "smarkets.seto.Payload")
	var m msg.Payload
	var u msg.Unknown
	var calls []allocates
	add := func(name string, b []byte) {
		calls = append(calls, allocates{name, func() {
			if err := m.Decode(b, &u); err != nil {
				t.Fatal(err)
			}
		}})
	}
	for _, typ := range payloadTypes() {
		full := canonical(t, k.full(typ))
		add(typ.String(), full)
		add(typ.String()+" behind its body", append(full[2:len(full):len(full)], full[:2]...))
	}
	values := eto.PayloadType(0).Descriptor().Values()
	for i := range values.Len() {
		typ := eto.PayloadType(values.Get(i).Number())
		p := &seto.Payload{Type: seto.PayloadType_PAYLOAD_ETO.Enum(), EtoPayload: &eto.Payload{
			Seq:  new(uint64),
			Type: &typ,
		}}
		add("session "+typ.String(), canonical(t, p))
	}
	for i, v := range readVectors(t) {
		if i%3 == 0 {
			add("vector "+v.Type, v.Payload)
		}
	}
	checkNoAllocs(t, calls)

	// And round again, one after the other in the same value.
	checkNoAllocs(t, []allocates{{"all in turn", func() {
		for _, c := range calls {
			c.f()
		}
	}}})
}

func TestDecodeAllocatesNothing(t *testing.T) {
	var calls []allocates
	for _, k := range kinds {
		m := k.new()
		b := canonical(t, k.full(seto.PayloadType_PAYLOAD_MARKET_QUOTES))
		calls = append(calls, allocates{k.name, func() {
			if err := m.Decode(b, nil); err != nil {
				t.Fatal(err)
			}
		}})
	}
	checkNoAllocs(t, calls)
}

// Every message is measured and written into a buffer that is there.
func TestEncodeAllocatesNothing(t *testing.T) {
	var calls []allocates
	buffer := make([]byte, 1<<14)
	for _, k := range kinds {
		types := []seto.PayloadType{0}
		if k.isUnion() {
			types = payloadTypes()
		}
		for _, typ := range types {
			m := k.new()
			setProto(m, k.full(typ))
			calls = append(calls, allocates{k.name + " " + typ.String(), func() {
				n := m.SizeVT()
				if wrote, err := m.MarshalToSizedBufferVT(buffer[:n]); err != nil || wrote != n {
					t.Fatal(wrote, err)
				}
			}})
		}
	}
	checkNoAllocs(t, calls)
}

// The messages that a bot sends, filled by setters, and what it reads of those it gets.
func TestAccessAllocatesNothing(t *testing.T) {
	var order msg.OrderCreate
	var cancel msg.OrderCancel
	var quotes msg.ContractQuotes
	buffer := make([]byte, 1<<10)
	label := "label"
	encode := func(m message) {
		if _, err := m.MarshalToSizedBufferVT(buffer[:m.SizeVT()]); err != nil {
			t.Fatal(err)
		}
	}
	sum := uint64(0)
	checkNoAllocs(t, []allocates{
		{"order_create", func() {
			order.Reset()
			order.SetType(1)
			order.SetMarketId(1)
			order.SetContractId(2)
			order.SetSide(msg.SideBuy)
			order.SetQuantityType(msg.QuantityPayoffCurrency)
			order.SetQuantity(10_000)
			order.SetPriceType(msg.PricePercentOdds)
			order.SetPrice(5000)
			order.SetLabelString(label)
			encode(&order)
		}},
		{"order_cancel", func() {
			cancel.Reset()
			cancel.SetOrderId(1)
			encode(&cancel)
		}},
		{"contract_quotes", func() {
			quotes.Reset()
			quotes.SetMarketId(1)
			quotes.SetContractId(2)
			for i := range uint32(10) {
				level := quotes.AddBids()
				level.SetPrice(100 + i)
				level.SetQuantity(1)
			}
			encode(&quotes)
			for i := range quotes.GetBids() {
				sum += quotes.GetBids()[i].GetQuantity()
			}
			sum += quotes.GetLastExecution().GetQuantity()
		}},
	})
}

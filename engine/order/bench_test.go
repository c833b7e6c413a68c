package order_test

import (
	"fmt"
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// BenchmarkExecuted compares decoding a fill with applying it, with few and with many live orders.
func BenchmarkExecuted(b *testing.B) {
	r := exchange.Report{
		Type: msg.PayloadOrderExecuted, Side: msg.SideBuy, Market: 7, Contract: 7, Price: 5000, OrigPrice: 5000,
		Quantity:          10,
		AvailableQuantity: 8000, OrderID: 1<<40 | 9, AccountSequence: 1 << 40, ExecutedQuantity: 1 << 30,
		AvailableBalance: 123456789, Exposure: -123456,
	}
	p := payload(&r)
	p.MutableEtoPayload().SetSeq(1 << 20)
	raw, err := p.MarshalVT()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("decoded", func(b *testing.B) {
		var p msg.Payload
		for b.Loop() {
			p.Reset()
			if err := p.Decode(raw, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, n := range []uint64{10, 10_000} {
		b.Run(fmt.Sprintf("applied, %d live", n), func(b *testing.B) {
			m := must(b, order.Config{})
			sequence := uint64(0)
			for i := range n {
				create(b, m, i, &sequence)
			}
			x := p.MutableOrderExecuted()
			total := make([]uint64, n)
			i := uint64(0)
			for b.Loop() {
				i = (i + 7) % n
				sequence++
				total[i] += 10
				x.SetOrderId(i<<22 | 5)
				x.SetMarketId(uint32(i%100) + 1)
				x.SetContractId(uint32(i%1000) + 1)
				x.SetSide(msg.SideBuy + msg.Side(i%2))
				x.SetAccountSequence_64(sequence)
				x.SetTotalExecutedQuantity(total[i])
				m.Apply(p, order.Input{Now: int64(sequence)})
			}
		})
	}
}

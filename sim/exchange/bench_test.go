package exchange

import (
	"fmt"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// BenchmarkOrder measures an order with few and with many resting ones.
func BenchmarkOrder(b *testing.B) {
	for _, resting := range []int{10, 1_000, 100_000} {
		x := referenceExchange(b)
		for i := range resting {
			side, price := msg.SideBuy, uint32(1+i%4000)
			if i%2 == 1 {
				side, price = msg.SideSell, uint32(6000+i%4000-1)
			}
			if _, r := x.Submit("c", Create{Market: 1, Contract: 1, Side: side, Price: price, Quantity: 1}); !r.OK() {
				b.Fatal(r)
			}
		}
		l, t := x.Login("a", nil), x.Login("b", nil)
		for name, f := range map[string]func(){
			"cancel": func() {
				id, _ := l.Create(&Create{Market: 1, Contract: 1, Side: msg.SideBuy, Price: 5000, Quantity: 1000})
				l.Cancel(&Cancel{OrderID: id})
			},
			"fill": func() {
				l.Create(&Create{Market: 1, Contract: 1, Side: msg.SideBuy, Price: 5000, Quantity: 1000})
				t.Create(&Create{Market: 1, Contract: 1, Side: msg.SideSell, Price: 5000, Quantity: 1000})
			},
		} {
			b.Run(fmt.Sprintf("%s/resting=%d", name, resting), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					f()
				}
			})
		}
	}
}

package session

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// BenchmarkReceive is one message from received bytes to its event.
func BenchmarkReceive(b *testing.B) {
	quotes := new(msg.Payload)
	q := quotes.MutableContractQuotes()
	q.SetMarketId(1)
	q.SetContractId(2)
	for price := range uint32(5) {
		for _, level := range []*msg.Quote{q.AddBids(), q.AddOffers()} {
			level.SetPrice(2500 + 100*price)
			level.SetQuantity(100000)
		}
	}
	executed := new(msg.Payload)
	x := executed.MutableOrderExecuted()
	x.SetOrderId(7)
	x.SetPrice(2500)
	x.SetQuantity(100000)
	x.SetMarketId(1)
	x.SetContractId(2)
	x.SetSide(msg.SideBuy)
	x.SetAccountSequence_64(sequenceBase)
	heartbeat := new(msg.Payload)
	heartbeat.SetType(msg.PayloadEto)
	heartbeat.MutableEtoPayload().SetType(msg.EtoPayloadHeartbeat)
	for name, p := range map[string]*msg.Payload{"quotes": quotes, "execution": executed, "heartbeat": heartbeat} {
		b.Run(name, func(b *testing.B) {
			k := newFar(b, Config{})
			r := newRepeater(b, p)
			seq := uint64(sequenceBase)
			b.ReportAllocs()
			for b.Loop() {
				k.s.Filled(copy(k.s.Free(), r.next(seq)))
				seq++
				for {
					if e, err := k.s.Next(k.now); err != nil {
						b.Fatal(err)
					} else if e == nil {
						break
					}
				}
				k.s.Written(len(k.s.Pending()))
			}
		})
	}
}

// BenchmarkSend is one order from its fields to bytes that a socket may take.
func BenchmarkSend(b *testing.B) {
	for name, base := range map[string]uint64{"plain": 0, "with a reference added": 1 << 60} {
		b.Run(name, func(b *testing.B) {
			k := newFar(b, Config{ReferenceBase: base})
			k.s.throttle.change(k.now, 1<<30, 1000, 0)
			m := orderCreate()
			b.ReportAllocs()
			for b.Loop() {
				k.now += 1000
				seq, err := send(k.s, k.now, msg.PayloadOrderCreate, m)
				if err != nil {
					b.Fatal(err)
				}
				k.s.Written(len(k.s.Pending()))
				k.s.requests.release(k.s.requests.open.bySequence(seq))
			}
		})
	}
}

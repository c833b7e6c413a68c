package engine

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// crowded returns an engine that keeps its state in a file and has so many orders without an answer.
func crowded(b testing.TB, orders int, durable bool) *Engine {
	e, err := New(Config{
		Address: "exchange.test:1", DisableTLS: true,
		Session: session.Config{Username: "u", Password: "p"},
		State: StateConfig{
			File: filepath.Join(b.TempDir(), "state"), DurableIntents: durable, Orders: order.Config{Contracts: 1024},
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := e.Close(); err != nil {
			b.Error(err)
		}
	})
	for i := range orders {
		k := msg.Keys{
			Type: msg.PayloadOrderCreate, Side: msg.Side(odds.Buy), Market: uint32(1 + i%100),
			Contract: uint32(1 + i%1000), Price: 5000, Quantity: 10_000, Reference: uint64(i + 1),
		}
		if err := e.trading.orders.Sent(&k, uint64(i+1), e.now); err != nil {
			b.Fatal(err)
		}
	}
	return e
}

// BenchmarkSave is what an image costs the writer, by the number of orders, and the loop if it has to be made there.
func BenchmarkSave(b *testing.B) {
	for _, orders := range []int{10, 1000, 10_000} {
		b.Run(fmt.Sprint(orders), func(b *testing.B) {
			e := crowded(b, orders, false)
			p, buf := e.trading.persist, make([]byte, 0, 8<<20)
			b.ReportAllocs()
			for b.Loop() {
				b.SetBytes(int64(len(p.append(buf[:0], &p.cursor, e.trading.orders))))
			}
		})
	}
}

// BenchmarkIntent is what an intent costs the loop, until the disk has it.
func BenchmarkIntent(b *testing.B) {
	e := crowded(b, 0, true)
	k := msg.Keys{Type: msg.PayloadOrderCreate, Side: msg.SideBuy, Market: 1, Contract: 1, Price: 5000, Quantity: 1}
	b.ReportAllocs()
	for b.Loop() {
		e.noteIntent(&k, 1)
		if err := e.syncIntents(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkNote is what a message about orders costs the loop more, with a file: its copy for the writer.
func BenchmarkNote(b *testing.B) {
	e := crowded(b, 0, false)
	p := e.trading.persist
	var m msg.Payload
	m.SetType(msg.PayloadOrderExecuted)
	m.MutableEtoPayload().SetType(msg.EtoPayloadNone)
	m.MutableEtoPayload().SetSeq(1)
	x := m.MutableOrderExecuted()
	x.SetOrderId(1 << 40)
	x.SetMarketId(1)
	x.SetContractId(2)
	x.SetSide(msg.SideBuy)
	x.SetAccountSequence(1)
	x.SetPrice(5000)
	x.SetQuantity(10_000)
	x.SetTotalExecutedQuantity(10_000)
	x.SetAccountSequence_64(1 << 20)
	raw, err := m.MarshalVT()
	if err != nil {
		b.Fatal(err)
	}
	ev := &Event{Kind: session.Message, Payload: &m, Raw: raw, AccountSequence: 1 << 20}
	b.ReportAllocs()
	for b.Loop() {
		p.noteMessage(ev)
		p.replica.queue.Peek()
		p.replica.queue.Release()
	}
}

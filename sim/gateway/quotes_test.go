package gateway

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
)

// TestWriteQuotes compares frames of contract_quotes messages with those of writeMessage, at random numbers of all
// lengths, with fields that are missing, and with more levels and trades than the buffer takes.
func TestWriteQuotes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	number := func() uint64 { return random.Uint64() >> random.UintN(64) }
	levels := func(add func() *msg.Quote, most int) {
		for range random.IntN(most + 1) {
			l := add()
			l.SetPrice(uint32(number()))
			l.SetQuantity(number())
		}
	}
	rings := [2]*ring.SendRing{}
	for i := range rings {
		var err error
		if rings[i], err = ring.NewSendRing(ring.SendRingConfig{}); err != nil {
			t.Fatal(err)
		}
		defer rings[i].Close()
	}
	var b quotesBuffer
	var q msg.ContractQuotes
	written := 0
	for round := range 20_000 {
		q.Reset()
		levels(q.AddBids, quotesLevels/2+round%3/2)
		levels(q.AddOffers, quotesLevels/2)
		for range random.IntN(quotesTrades + 1 + round%5/4) {
			e := q.AddExecutions()
			e.SetPrice(uint32(number()))
			e.SetQuantity(number())
			e.SetLiquidity(msg.Side(number()))
			e.SetMicroseconds(number())
		}
		if random.IntN(2) == 0 {
			q.SetHighPrice(uint32(number()))
			q.SetLowPrice(uint32(number()))
		}
		if random.IntN(20) == 0 {
			e := q.MutableLastExecution()
			e.SetPrice(uint32(number()))
			e.SetQuantity(number())
			e.SetLiquidity(msg.SideBuy)
			e.SetMicroseconds(number())
		}
		q.SetMarketId(uint32(number()))
		q.SetContractId(uint32(number()))
		seq, replayed := number(), random.IntN(2) == 0
		ok, err := b.writeQuotes(rings[0], seq, &q, replayed, ring.Record{})
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			continue
		}
		written++
		if err := writeMessage(rings[1], seq, &q, replayed, ring.Record{}); err != nil {
			t.Fatal(err)
		}
		got, want := rings[0].Pending(), rings[1].Pending()
		if !bytes.Equal(got, want) {
			t.Fatalf("%v: wrote %x, want %x", &q, got, want)
		}
		rings[0].Written(len(got))
		rings[1].Written(len(want))
	}
	if written < 15_000 || written == 20_000 {
		t.Errorf("%d of 20,000 messages", written)
	}
	q.Reset()
	q.SetContractId(1)
	if ok, _ := b.writeQuotes(rings[0], 1, &q, false, ring.Record{}); ok {
		t.Error("a message without its market")
	}
	q.SetMarketId(1)
	q.AddBids().SetPrice(1)
	if ok, _ := b.writeQuotes(rings[0], 1, &q, false, ring.Record{}); ok {
		t.Error("a level without a quantity")
	}
}

// TestWriteQuotesFull has messages as long as the buffer takes, and longer ones, which it leaves to writeMessage.
func TestWriteQuotesFull(t *testing.T) {
	var b quotesBuffer
	for _, c := range []struct {
		bids, offers, trades int
		ok                   bool
	}{
		{quotesLevels, 0, quotesTrades, true},
		{0, quotesLevels, quotesTrades, true},
		{quotesLevels + 1, 0, 0, false},
		{quotesLevels, 1, 0, false},
		{0, 0, quotesTrades + 1, false},
	} {
		var q msg.ContractQuotes
		q.SetMarketId(math.MaxUint32)
		q.SetContractId(math.MaxUint32)
		q.SetHighPrice(math.MaxUint32)
		q.SetLowPrice(math.MaxUint32)
		for i := range c.bids + c.offers {
			add := q.AddBids
			if i >= c.bids {
				add = q.AddOffers
			}
			l := add()
			l.SetPrice(math.MaxUint32)
			l.SetQuantity(math.MaxUint64)
		}
		for range c.trades {
			e := q.AddExecutions()
			e.SetPrice(math.MaxUint32)
			e.SetQuantity(math.MaxUint64)
			e.SetLiquidity(-1)
			e.SetMicroseconds(math.MaxUint64)
		}
		n := b.encode(&q)
		if ok := n >= 0; ok != c.ok {
			t.Errorf("%+v: encoded to %d bytes", c, n)
		}
		if n >= 0 && n != q.SizeVT() {
			t.Errorf("%+v: %d bytes, want %d", c, n, q.SizeVT())
		}
	}
}

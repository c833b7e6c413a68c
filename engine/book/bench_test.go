package book_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

const benchDepth = 5

// traffic is a cycle of encoded updates of many books: after the last one every book is as before the first.
type traffic struct {
	books    int
	first    []*msg.MarketQuotes
	payloads [][]byte
}

// newTraffic makes a cycle of n updates that change so many levels each.
func newTraffic(books, n, levels int) *traffic {
	r := rand.New(rand.NewPCG(uint64(books), uint64(levels)))
	tr := &traffic{books: books}
	for i := range books {
		m := new(msg.MarketQuotes)
		m.SetMarketId(marketOf(i))
		q := m.AddContractQuotes()
		q.SetContractId(contractOf(i))
		for k := range uint32(benchDepth) {
			setLevel(q.AddBids(), 4999-10*k, 100_000)
			setLevel(q.AddOffers(), 5001+10*k, 100_000)
		}
		tr.first = append(tr.first, m)
	}
	undo := make([]*msg.ContractQuotes, books)
	add := func(i int, q *msg.ContractQuotes) {
		q.SetMarketId(marketOf(i))
		q.SetContractId(contractOf(i))
		var p msg.Payload
		p.SetType(msg.PayloadContractQuotes)
		p.MutableEtoPayload().SetSeq(uint64(1000 + len(tr.payloads)))
		*p.MutableContractQuotes() = *q
		b, err := p.MarshalVT()
		if err != nil {
			panic(err)
		}
		tr.payloads = append(tr.payloads, append(make([]byte, 0, len(b)+msg.SlackBytes), b...))
	}
	for len(tr.payloads) < n {
		i := r.IntN(books)
		if undo[i] != nil {
			add(i, undo[i])
			undo[i] = nil
			continue
		}
		do, back := new(msg.ContractQuotes), new(msg.ContractQuotes)
		if levels == 1 {
			side, rank := r.IntN(2), min(r.Uint32N(benchDepth), r.Uint32N(benchDepth))
			price := 4999 - 10*rank
			if side == 1 {
				price = 10_000 - price
			}
			quantity := uint64(10_000 + r.IntN(1_000_000))
			if r.IntN(3) == 0 {
				quantity = 0
			}
			for _, q := range []*msg.ContractQuotes{do, back} {
				if side == 0 {
					setLevel(q.AddBids(), price, quantity)
				} else {
					setLevel(q.AddOffers(), price, quantity)
				}
				quantity = 100_000
			}
		} else {
			for k := range uint32(levels / 2) {
				setLevel(do.AddBids(), 4999-10*k, uint64(10_000+r.IntN(1_000_000)))
				setLevel(do.AddOffers(), 5001+10*k, uint64(10_000+r.IntN(1_000_000)))
				setLevel(back.AddBids(), 4999-10*k, 100_000)
				setLevel(back.AddOffers(), 5001+10*k, 100_000)
			}
		}
		add(i, do)
		undo[i] = back
	}
	for i, q := range undo {
		if q != nil {
			add(i, q)
		}
	}
	return tr
}

func marketOf(i int) uint32   { return 31_000_000 + uint32(i/8) }
func contractOf(i int) uint32 { return 99_000_000 + uint32(i) }

func setLevel(q *msg.Quote, price uint32, quantity uint64) {
	q.SetPrice(price)
	q.SetQuantity(quantity)
}

// newBooks returns books with the snapshots of the traffic.
func (tr *traffic) newBooks(t testing.TB) *book.Books {
	b, err := book.New(book.Config{Markets: tr.books, Contracts: tr.books})
	if err != nil {
		t.Fatal(err)
	}
	tr.fill(t, b)
	return b
}

// fill applies the snapshots.
func (tr *traffic) fill(t testing.TB, b *book.Books) {
	for i := 0; i < tr.books; i += 8 {
		var all msg.MarketQuotes
		all.SetMarketId(marketOf(i))
		for k := i; k < min(i+8, tr.books); k++ {
			*all.AddContractQuotes() = tr.first[k].GetContractQuotes()[0]
		}
		if err := b.Subscribed(marketOf(i), 0); err != nil {
			t.Fatal(err)
		}
		if err := b.ApplySnapshot(&all, 0); err != nil {
			t.Fatal(err)
		}
	}
}

// decode decodes n updates and calls apply with each.
func (tr *traffic) decode(n int, apply func(*msg.ContractQuotes)) {
	var p msg.Payload
	k := 0
	for range n {
		if err := p.Decode(tr.payloads[k], nil); err != nil {
			panic(err)
		}
		if apply != nil {
			apply(p.GetContractQuotes())
		}
		if k++; k == len(tr.payloads) {
			k = 0
		}
	}
}

var sink odds.Quantity

// BenchmarkTouch reads the best levels.
func BenchmarkTouch(b *testing.B) {
	tr := newTraffic(1000, 1<<13, 1)
	books := tr.newBooks(b)
	list := make([]book.Contract, tr.books)
	for i := range list {
		list[i], _ = books.Contract(marketOf(i), contractOf(i))
	}
	for b.Loop() {
		bid, _ := list[b.N&511].Best(odds.Buy)
		offer, _ := list[b.N&511].Best(odds.Sell)
		sink = bid.Quantity + offer.Quantity
	}
}

// BenchmarkOrders is an update of one of 1,000 contracts with 10 own orders each, and the best bid without them.
func BenchmarkOrders(b *testing.B) {
	for _, orders := range []int{0, 1, 10} {
		b.Run(fmt.Sprintf("orders=%d", orders), func(b *testing.B) {
			tr := newTraffic(1000, 1<<13, 1)
			books, err := book.New(book.Config{Markets: 1000, Contracts: 1000, Orders: 10_000})
			if err != nil {
				b.Fatal(err)
			}
			tr.fill(b, books)
			for i := range 1000 * orders {
				k := i / orders
				err := books.OwnAdded(book.Own{
					ID: uint64(i), Market: marketOf(k), Contract: contractOf(k), Side: odds.Buy + odds.Side(i&1),
					Price: odds.Price(4999 - 10*(i%5/2) + i&1*2), Open: 1000,
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			b.ResetTimer()
			tr.decode(b.N, func(q *msg.ContractQuotes) {
				c, err := books.ApplyUpdate(q, 1)
				if err != nil {
					b.Fatal(err)
				}
				best, _ := c.WithoutOwn().Best(odds.Buy)
				sink = best.Quantity
			})
		})
	}
}

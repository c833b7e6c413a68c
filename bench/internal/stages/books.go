package stages

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// Shape of the books: as deep as the exchange shows them, so many in a market.
const (
	booksDepth     = 5
	booksInMarket  = 8
	booksMessages  = 1 << 12
	booksQuantity  = 100_000 // of each level before it is changed
	booksBestBid   = 4_999
	booksTickRange = 10
)

// Books returns the stages of a change of a book, with one and with many books. An operation is one change, of one to
// three levels or of ten.
func Books(levels int) Group {
	g := Group{Name: "book, 1 to 3 levels"}
	if levels == 10 {
		g.Name = "book, 10 levels"
	}
	var others []Stage
	for _, n := range []int{1, 1_000} {
		f := newDeltas(n, levels)
		ours := f.books()
		now := int64(0)
		add := func(to *[]Stage, name string, apply func(*msg.ContractQuotes) error) {
			*to = append(*to, Stage{Name: fmt.Sprintf("%s, %d books", name, n), Loop: f.loop(apply)})
		}
		add(&g.Stages, "decoded", func(*msg.ContractQuotes) error { return nil })
		add(&g.Stages, "applied", func(q *msg.ContractQuotes) error {
			now++
			_, err := ours.ApplyUpdate(q, now)
			return err
		})
		add(&others, "naive", f.naiveBooks())
	}
	g.Base, g.Stages, g.Others = g.Stages[0].Name, append(g.Stages, others...), len(others)
	return g
}

// deltas is changes of many books: after the last one each is as it was before the first.
type deltas struct {
	first    []*msg.MarketQuotes
	payloads [][]byte
}

func newDeltas(books, levels int) *deltas {
	r := rand.New(rand.NewPCG(uint64(books), uint64(levels)))
	f := new(deltas)
	for i := range books {
		if i%booksInMarket == 0 {
			m := new(msg.MarketQuotes)
			m.SetMarketId(marketBase + uint32(i/booksInMarket))
			f.first = append(f.first, m)
		}
		q := f.first[len(f.first)-1].AddContractQuotes()
		q.SetContractId(contractOf(i))
		for k := range uint32(booksDepth) {
			setLevel(q, k, booksQuantity)
			setLevel(q, booksDepth+k, booksQuantity)
		}
	}
	add := func(i int, q *msg.ContractQuotes) {
		var p msg.Payload
		*p.MutableContractQuotes() = *q
		p.MutableEtoPayload().SetSeq(sequenceBase + uint64(len(f.payloads)))
		m := p.MutableContractQuotes()
		m.SetMarketId(marketBase + uint32(i/booksInMarket))
		m.SetContractId(contractOf(i))
		b := fixture.Must(p.MarshalVT())
		f.payloads = append(f.payloads, append(make([]byte, 0, len(b)+wire.SlackBytes), b...))
	}
	undo := make([]*msg.ContractQuotes, books)
	for len(f.payloads) < booksMessages {
		i := r.IntN(books)
		if undo[i] != nil {
			add(i, undo[i])
			undo[i] = nil
			continue
		}
		do := new(msg.ContractQuotes)
		undo[i] = new(msg.ContractQuotes)
		count := levels
		if levels < 2*booksDepth {
			count = 1 + r.IntN(levels)
		}
		changed := r.Perm(2 * booksDepth)[:count]
		slices.Sort(changed) // the best first, as the exchange sends them
		for n, k := range changed {
			quantity := uint64(10_000 + r.IntN(1_000_000))
			if n == 0 && levels < 2*booksDepth && r.IntN(3) == 0 {
				quantity = 0
			}
			setLevel(do, uint32(k), quantity)
			setLevel(undo[i], uint32(k), booksQuantity)
		}
		add(i, do)
	}
	for i, q := range undo {
		if q != nil {
			add(i, q)
		}
	}
	return f
}

func contractOf(i int) uint32 { return 99_000_000 + uint32(i) }

// setLevel adds one of a book's levels: the bids, the best first, and then the offers.
func setLevel(q *msg.ContractQuotes, k uint32, quantity uint64) {
	level, price := q.AddBids, booksBestBid-booksTickRange*k
	if k >= booksDepth {
		level, price = q.AddOffers, 10_000-booksBestBid+booksTickRange*(k-booksDepth)
	}
	l := level()
	l.SetPrice(price)
	l.SetQuantity(quantity)
}

// loop decodes changes and applies them.
func (f *deltas) loop(apply func(*msg.ContractQuotes) error) func(n int) error {
	var p msg.Payload
	at := 0
	return func(n int) error {
		return fixture.Repeat(n, func(int) error {
			if err := p.Decode(f.payloads[at], nil); err != nil {
				return err
			}
			if at++; at == len(f.payloads) {
				at = 0
			}
			return apply(p.GetContractQuotes())
		})
	}
}

// books returns the books before the first change.
func (f *deltas) books() *book.Books {
	n := booksInMarket * len(f.first)
	b := fixture.Must(book.New(book.Config{Markets: n, Contracts: n}))
	for _, m := range f.first {
		fixture.Must(0, b.Subscribed(m.GetMarketId(), 0))
		fixture.Must(0, b.ApplySnapshot(m, 0))
	}
	return b
}

// naive is the book that one writes first: levels sorted by price, found by a map.
type naive struct{ bids, offers []naiveLevel }

type naiveLevel struct {
	price    uint32
	quantity uint64
}

// naiveBooks returns what applies a change to such books.
func (f *deltas) naiveBooks() func(*msg.ContractQuotes) error {
	books := make(map[uint64]*naive)
	apply := func(q *msg.ContractQuotes) error {
		n := books[uint64(q.GetMarketId())<<32|uint64(q.GetContractId())]
		if n == nil {
			return errMissing
		}
		n.bids = naiveSide(n.bids, q.GetBids(), func(a, b uint32) bool { return a > b })
		n.offers = naiveSide(n.offers, q.GetOffers(), func(a, b uint32) bool { return a < b })
		return nil
	}
	for _, m := range f.first {
		for _, q := range m.GetContractQuotes() {
			q.SetMarketId(m.GetMarketId())
			books[uint64(q.GetMarketId())<<32|uint64(q.GetContractId())] = new(naive)
			fixture.Must(0, apply(&q))
		}
	}
	return apply
}

func naiveSide(levels []naiveLevel, quotes []msg.Quote, better func(a, b uint32) bool) []naiveLevel {
	if len(quotes) == 0 {
		return levels
	}
	for i := range quotes {
		price, quantity := quotes[i].GetPrice(), quotes[i].GetQuantity()
		at := slices.IndexFunc(levels, func(l naiveLevel) bool { return l.price == price })
		switch {
		case quantity == 0 && at >= 0:
			levels = slices.Delete(levels, at, at+1)
		case quantity > 0 && at >= 0:
			levels[at].quantity = quantity
		case quantity > 0:
			levels = append(levels, naiveLevel{price, quantity})
		}
	}
	sort.Slice(levels, func(i, j int) bool { return better(levels[i].price, levels[j].price) })
	return levels[:min(len(levels), booksDepth)]
}

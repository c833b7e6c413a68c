package book

import "slices"

// Copy is a copy of a [Books] as of one moment, for readers of a journal that go back in time. It has only what is in
// use, and may be restored any number of times.
type Copy struct{ books Books }

// Copy returns a copy. It allocates.
func (b *Books) Copy() *Copy {
	c := &Copy{*b}
	to := &c.books
	to.market = slices.Clone(b.market[:b.markets.places])
	to.contract = slices.Clone(b.contract[:b.contracts.places])
	to.trades = slices.Clone(b.trades[:b.contracts.places])
	to.levels = slices.Clone(b.levels[:2*b.stride*b.contracts.places])
	to.order = slices.Clone(b.order[:b.orders.places])
	to.index, to.byMarket, to.byOrder = b.index.clone(), b.byMarket.clone(), b.byOrder.clone()
	to.markets, to.contracts, to.orders = b.markets.clone(), b.contracts.clone(), b.orders.clone()
	to.events, to.out = nil, [2][]uint64{}
	return c
}

// Restore makes b what it was, or another Books with an equal Config was, when the copy was made, but for Events, of
// which there are none. A copy of a Books with another Config is a bug of the caller's, and panics.
func (b *Books) Restore(c *Copy) {
	if b.config != c.books.config {
		panic("BUG: book: a copy of books with another configuration")
	}
	from := &c.books
	b.depth, b.causes, b.fed = from.depth, from.causes, from.fed
	b.due, b.stats, b.absent = from.due, from.stats, from.absent
	copy(b.market, from.market)
	copy(b.contract, from.contract)
	copy(b.trades, from.trades)
	copy(b.levels, from.levels)
	copy(b.order, from.order)
	b.index.restore(&from.index)
	b.byMarket.restore(&from.byMarket)
	b.byOrder.restore(&from.byOrder)
	b.markets.restore(&from.markets)
	b.contracts.restore(&from.contracts)
	b.orders.restore(&from.orders)
	b.events = b.events[:0]
}

func (s *slots) clone() slots { return slots{slices.Clone(s.unused), s.places} }

func (s *slots) restore(from *slots) {
	s.unused, s.places = append(s.unused[:0], from.unused...), from.places
}

func (x *index) clone() index { return index{slices.Clone(x.entries), slices.Clone(x.keys), x.shift} }

func (x *index) restore(from *index) {
	copy(x.entries, from.entries)
	copy(x.keys, from.keys)
}

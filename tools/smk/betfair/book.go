package betfair

import (
	"maps"
	"slices"
)

// Limits.
const (
	depth        = 5       // levels of a side that are written, as the exchange shows them
	depthMax     = 1000    // positions of a side that a file may have
	marketsMax   = 1 << 16 // of all files
	runnersMax   = 1024    // of a market
	lineBytesMax = 64 << 20
)

// Sides.
const (
	bids = iota
	offers
)

// market is what is known of a market.
type market struct {
	id       uint32
	runners  map[uint32]*book
	order    []uint32
	status   string
	inPlay   bool
	delay    int
	begun    bool               // its complete books were written
	removed  map[uint32]float64 // runners since the last state that was written, with their adjustments
	gone     map[uint32]bool    // those before
	finished bool
}

// book is what is known of a runner.
type book struct {
	name   string                 // "" unless the file has it
	sizes  [2]map[float64]float64 // by decimal odds
	best   [2]map[int]position    // of files with positions
	newest int                    // of the positions
	traded map[float64]float64    // volume so far, by decimal odds
	shown  [2][]level             // as written last
}

// level is a level as it is written.
type level struct {
	price    uint32
	quantity uint64
}

// position is what is at a position of a side.
type position struct {
	decimal, size float64
	set           int // a higher number is newer
}

func newBook() *book {
	b := &book{traded: make(map[float64]float64)}
	b.clear()
	return b
}

// clear empties both sides.
func (b *book) clear() {
	for side := range b.sizes {
		b.sizes[side], b.best[side] = make(map[float64]float64), make(map[int]position)
	}
}

// set sets the size at odds.
func (b *book) set(side int, decimal, size float64) {
	if size == 0 {
		delete(b.sizes[side], decimal)
	} else {
		b.sizes[side][decimal] = size
	}
}

// setPosition sets what is at a position of a side.
func (b *book) setPosition(side, n int, decimal, size float64) {
	if delete(b.best[side], n); size > 0 {
		b.newest++
		b.best[side][n] = position{decimal, size, b.newest}
	}
}

// levels returns the sizes of a side by decimal odds. Of the same odds at several positions, which is so only within a
// step, the newest counts.
func (b *book) levels(side int) map[float64]float64 {
	if len(b.best[side]) == 0 {
		return b.sizes[side]
	}
	all, newest := maps.Clone(b.sizes[side]), make(map[float64]int)
	for _, p := range b.best[side] {
		if p.set > newest[p.decimal] {
			all[p.decimal], newest[p.decimal] = p.size, p.set
		}
	}
	return all
}

// window returns the best levels of a side, best first. Odds that are one price are added up.
func (b *book) window(side int) []level {
	sums := make(map[uint32]uint64, len(b.sizes[side]))
	for decimal, size := range b.levels(side) {
		if q := payoffOf(size, decimal); q > 0 {
			sums[priceOf(decimal)] += q
		}
	}
	prices := slices.Sorted(maps.Keys(sums))
	if side == bids {
		slices.Reverse(prices)
	}
	prices = prices[:min(len(prices), depth)]
	levels := make([]level, len(prices))
	for i, p := range prices {
		levels[i] = level{p, sums[p]}
	}
	return levels
}

// changes returns the levels that are different from those that were written last, and remembers the new ones. A level
// that better ones pushed out is not mentioned.
func (b *book) changes(side int, now []level) (list []level) {
	was := b.shown[side]
	for _, l := range was {
		gone := !slices.ContainsFunc(now, func(n level) bool { return n.price == l.price })
		if gone && (len(now) < depth || b.better(side, l.price, now[len(now)-1].price)) {
			list = append(list, level{price: l.price})
		}
	}
	for _, l := range now {
		if !slices.Contains(was, l) {
			list = append(list, l)
		}
	}
	b.shown[side] = now
	return list
}

// better reports whether a price is better than another one on a side.
func (b *book) better(side int, p, than uint32) bool {
	if side == bids {
		return p > than
	}
	return p < than
}

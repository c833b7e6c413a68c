package book

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// Level is one price of a side.
type Level struct {
	Price    odds.Price
	Quantity odds.Quantity
}

// Contract is one contract's book in a [Books]. It is a value that refers to it: it shows what is there when it is
// asked, and nothing after the market is forgotten. Bids are resting buy orders: a seller takes them. Methods with a
// side take that of the resting orders. The zero value must not be used.
type Contract struct {
	b          *Books
	market, id uint32
	slot       int32 // where it was, or none
	withoutOwn bool
}

// Contract returns a contract's book, and false if its market is neither subscribed to nor has own orders. A contract
// of which the exchange has said nothing is empty, not unknown, in a live market.
func (b *Books) Contract(marketID, id uint32) (Contract, bool) {
	slot := b.find(marketID, id)
	return Contract{b: b, market: marketID, id: id, slot: slot},
		slot != none || b.byMarket.find(uint64(marketID)) != none
}

// Capacity returns for how many contracts there is room.
func (b *Books) Capacity() int { return len(b.contract) }

// Places returns how many places have ever had a book: there is none at those from here on to Capacity.
func (b *Books) Places() int { return b.contracts.places }

// Count returns how many contracts are kept.
func (b *Books) Count() int { return len(b.contract) - len(b.contracts.unused) }

// ContractAt returns the book at a place below Capacity, and false if there is none. It is for walks over all books
// in several steps: a book keeps its place for as long as it is kept.
func (b *Books) ContractAt(place int) (Contract, bool) {
	c := &b.contract[place]
	return Contract{b: b, market: c.market, id: c.id, slot: int32(place)}, c.id != 0
}

// at returns the contract's slot, or none. Slots are claimed and released as markets come and go.
func (c Contract) at() int32 {
	if c.slot != none {
		if is := &c.b.contract[c.slot]; is.id == c.id && is.market == c.market {
			return c.slot
		}
	}
	return c.b.find(c.market, c.id)
}

// WithoutOwn returns the book without the own orders. Pending ones are taken to be in it.
func (c Contract) WithoutOwn() Contract {
	c.withoutOwn = true
	return c
}

// Market returns the market's id.
func (c Contract) Market() uint32 { return c.market }

// ID returns the contract's id.
func (c Contract) ID() uint32 { return c.id }

// State returns what is known of the book, and why it is suspect if it is.
func (c Contract) State() (State, Causes) {
	var s status
	if i := c.at(); i != none {
		s = c.b.statusOfContract(&c.b.contract[i])
	} else if m := c.b.marketByID(c.market); m != nil {
		s = c.b.statusOf(m)
	}
	return s.state, s.causes
}

// Live reports whether the book is what the exchange shows.
func (c Contract) Live() bool {
	s, _ := c.State()
	return s == Live
}

// Updated returns the clock reading of the last message that changed the book, or of the market's snapshot, and 0 if
// there was none.
func (c Contract) Updated() int64 {
	if i := c.at(); i != none {
		return c.b.contract[i].updated
	}
	if m := c.b.marketByID(c.market); m != nil {
		return m.snapshot
	}
	return 0
}

// Age returns how many ns ago that was.
func (c Contract) Age(now int64) int64 { return now - c.Updated() }

// ExchangeState returns the contract's state as the exchange says, that of its market if it has said none.
func (c Contract) ExchangeState() msg.ContractStateType {
	if i := c.at(); i != none && c.b.contract[i].state != 0 {
		return c.b.contract[i].state
	}
	if m := c.b.marketByID(c.market); m != nil {
		return msg.ContractStateType(m.state) // the same numbers
	}
	return 0
}

// Last is the newest execution of a contract.
type Last struct {
	Price        odds.Price
	Quantity     odds.Quantity
	Side         odds.Side // of the resting order
	Microseconds uint64    // Unix time, by the exchange's clock
}

// trades returns what is known of the contract's executions.
func (c Contract) trades() trades {
	if i := c.at(); i != none {
		return c.b.trades[i]
	}
	return trades{}
}

// Last returns the newest execution, and false if there was none.
func (c Contract) Last() (Last, bool) {
	t := c.trades()
	return Last{Price: t.last, Quantity: t.lastQuantity, Side: t.liquidity, Microseconds: t.lastMicros}, t.last != 0
}

// High returns the highest price of an execution, 0 if it is unknown.
func (c Contract) High() odds.Price { return c.trades().high }

// Low returns the lowest price of an execution, 0 if it is unknown.
func (c Contract) Low() odds.Price { return c.trades().low }

// Traded returns the quantity of the executions since the snapshot. The exchange says what came before for whole
// markets only, see [Market.Volume].
func (c Contract) Traded() odds.Quantity {
	if i := c.at(); i != none {
		return c.b.contract[i].traded
	}
	return 0
}

// walk goes through a side's levels, best first.
type walk struct {
	words []uint64
	b     *Books
	own   int32
	side  int32
}

// walk begins at the best level of a side. Of an invalid side there are none.
func (c Contract) walk(side odds.Side) walk {
	i := c.at()
	if i == none || !side.Valid() {
		return walk{own: none}
	}
	at := sideIndex(side)
	w := walk{words: c.b.side(i, at), b: c.b, own: none, side: int32(at)}
	if c.withoutOwn {
		w.own = c.b.contract[i].own[at]
	}
	return w
}

// next returns the next level, and false after the last.
func (w *walk) next() (Level, bool) {
	for len(w.words) > 0 {
		word := w.words[0]
		w.words = w.words[1:]
		if word = w.less(word); word&quantityMask != 0 {
			return Level{
				Price:    odds.Price(keyOf(int(w.side), keyWord(word))),
				Quantity: odds.Quantity(word & quantityMask),
			}, true
		}
	}
	return Level{}, false
}

// less subtracts own orders from a level, down to 0.
func (w *walk) less(word uint64) uint64 {
	for w.own != none {
		o := &w.b.order[w.own]
		if uint32(o.key) < keyWord(word) {
			break
		}
		if uint32(o.key) == keyWord(word) {
			word -= min(word&quantityMask, uint64(o.open))
		}
		w.own = o.next
	}
	return word
}

// Best returns the best level of a side, and false if the side is empty.
func (c Contract) Best(side odds.Side) (Level, bool) {
	i := c.at()
	if i == none || !side.Valid() {
		return Level{}, false
	}
	return c.b.best(i, sideIndex(side), c.withoutOwn)
}

// Levels appends a side's levels to a list, best first.
func (c Contract) Levels(list []Level, side odds.Side) []Level {
	w := c.walk(side)
	for {
		l, ok := w.next()
		if !ok {
			return list
		}
		list = append(list, l)
	}
}

// Depth returns the number of levels of a side.
func (c Contract) Depth(side odds.Side) int {
	w := c.walk(side)
	if w.own == none {
		return len(w.words)
	}
	n := 0
	for {
		if _, ok := w.next(); !ok {
			return n
		}
		n++
	}
}

// At returns the quantity at a price of a side, 0 if no level of it is visible.
func (c Contract) At(side odds.Side, price odds.Price) odds.Quantity {
	w := c.walk(side)
	for {
		l, ok := w.next()
		if !ok {
			return 0
		}
		if l.Price == price {
			return l.Quantity
		}
	}
}

// Within returns the quantity at a price of a side and at better ones.
func (c Contract) Within(side odds.Side, price odds.Price) odds.Quantity {
	w := c.walk(side)
	var sum odds.Quantity
	for {
		l, ok := w.next()
		if !ok || side == odds.Buy && l.Price < price || side == odds.Sell && l.Price > price {
			return min(sum, odds.QuantityMax)
		}
		sum += l.Quantity
	}
}

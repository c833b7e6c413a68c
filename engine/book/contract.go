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
// asked, and is valid until the market is forgotten. Bids are resting buy orders: a seller takes them. Methods with
// a side take that of the resting orders. The zero value is of no book and must not be used.
type Contract struct {
	b          *Books
	market     int32
	slot       int32 // none if nothing was ever said of it: it is empty
	id         uint32
	withoutOwn bool
}

// Contract returns a contract's book, and false if its market is neither subscribed to nor has own orders. A contract
// of which the exchange has said nothing is empty, not unknown, in a live market.
func (b *Books) Contract(marketID, id uint32) (Contract, bool) {
	slot := b.byMarket.find(uint64(marketID))
	if slot == none {
		return Contract{}, false
	}
	return Contract{b: b, market: slot, slot: b.find(marketID, id), id: id}, true
}

// WithoutOwn returns the book without the own orders. Pending ones are taken to be in it.
func (c Contract) WithoutOwn() Contract {
	c.withoutOwn = true
	return c
}

// Market returns the market's id.
func (c Contract) Market() uint32 { return c.b.market[c.market].id }

// ID returns the contract's id.
func (c Contract) ID() uint32 { return c.id }

// State returns what is known of the book, and why it is suspect if it is.
func (c Contract) State() (State, Causes) {
	if c.slot == none {
		s := c.b.statusOf(&c.b.market[c.market])
		return s.state, s.causes
	}
	s := c.b.statusOfContract(&c.b.contract[c.slot])
	return s.state, s.causes
}

// Live reports whether the book is what the exchange shows.
func (c Contract) Live() bool {
	s, _ := c.State()
	return s == Live
}

// Updated returns the clock reading of the last message that changed the book, or of the market's snapshot.
func (c Contract) Updated() int64 {
	if c.slot == none {
		return c.b.market[c.market].heard
	}
	return c.b.contract[c.slot].updated
}

// Age returns how many ns ago that was.
func (c Contract) Age(now int64) int64 { return now - c.Updated() }

// ExchangeState returns the contract's state as the exchange says, that of its market if it has said none.
func (c Contract) ExchangeState() msg.ContractStateType {
	if c.slot != none && c.b.contract[c.slot].state != 0 {
		return c.b.contract[c.slot].state
	}
	return msg.ContractStateType(c.b.market[c.market].state) // the same numbers
}

// Last is the newest execution of a contract.
type Last struct {
	Price        odds.Price
	Quantity     odds.Quantity
	Side         odds.Side // of the resting order
	Microseconds uint64    // Unix time, by the exchange's clock
}

// Last returns the newest execution, and false if there was none.
func (c Contract) Last() (Last, bool) {
	if c.slot == none || c.b.trades[c.slot].last == 0 {
		return Last{}, false
	}
	t := &c.b.trades[c.slot]
	return Last{Price: t.last, Quantity: t.lastQuantity, Side: t.liquidity, Microseconds: t.lastMicros}, true
}

// High returns the highest price of an execution, 0 if it is unknown.
func (c Contract) High() odds.Price {
	if c.slot == none {
		return 0
	}
	return c.b.trades[c.slot].high
}

// Low returns the lowest price of an execution, 0 if it is unknown.
func (c Contract) Low() odds.Price {
	if c.slot == none {
		return 0
	}
	return c.b.trades[c.slot].low
}

// Traded returns the quantity of the executions since the snapshot. The exchange says what came before for whole
// markets only, see [Market.Volume].
func (c Contract) Traded() odds.Quantity {
	if c.slot == none {
		return 0
	}
	return c.b.contract[c.slot].traded
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
	if c.slot == none || !side.Valid() {
		return walk{own: none}
	}
	at := sideIndex(side)
	w := walk{words: c.b.side(c.slot, at), b: c.b, own: none, side: int32(at)}
	if c.withoutOwn {
		w.own = c.b.contract[c.slot].own[at]
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
	if c.withoutOwn || c.slot == none || !side.Valid() {
		w := c.walk(side)
		return w.next()
	}
	at := sideIndex(side)
	word := c.b.words(c.slot)[at*c.b.stride] // 0 if the side is empty
	return Level{
		Price:    odds.Price(keyOf(at, keyWord(word))) % whole,
		Quantity: odds.Quantity(word & quantityMask),
	}, word != 0
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

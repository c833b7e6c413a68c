package book

import "github.com/smk-go/smk/odds"

// Touch is what orders are judged by of a contract's book, for [Books.Touch].
type Touch struct {
	State   State
	Bid     odds.Price // the best price of each side, 0 if it is empty
	Offer   odds.Price
	Updated int64 // as of [Contract.Updated]
}

// Touch returns what State, Best and Updated of a contract's book without own orders do, at once. It returns false if
// its market is neither subscribed to nor has own orders.
func (b *Books) Touch(marketID, id uint32) (t Touch, ok bool) {
	i := b.find(marketID, id)
	if i == none {
		m := b.marketByID(marketID)
		if m == nil {
			return t, false
		}
		return Touch{State: b.statusOf(m).state, Updated: m.snapshot}, true
	}
	c := &b.contract[i]
	words := b.words(i)
	t.State, t.Updated = b.statusOfContract(c).state, c.updated
	bid, offer := words[0], words[b.stride] // 0 if a side is empty
	if own := c.own[bids]; own == none || uint32(b.order[own].key) < keyWord(bid) {
		t.Bid = odds.Price(keyWord(bid))
	} else {
		t.Bid = b.bestWithoutOwn(i, bids).Price
	}
	if own := c.own[offers]; own == none || uint32(b.order[own].key) < keyWord(offer) {
		t.Offer = odds.Price(whole-keyWord(offer)) % whole
	} else {
		t.Offer = b.bestWithoutOwn(i, offers).Price
	}
	return t, true
}

// bestWithoutOwn returns the best level of a side without own orders, zeros if it is empty.
func (b *Books) bestWithoutOwn(i int32, side int) Level {
	w := walk{words: b.side(i, side), b: b, own: b.contract[i].own[side], side: int32(side)}
	l, _ := w.next()
	return l
}

// best returns the best level of a side, with or without own orders, and false if it is empty.
func (b *Books) best(i int32, side int, withoutOwn bool) (Level, bool) {
	word := b.words(i)[side*b.stride] // 0 if the side is empty
	if withoutOwn {
		if own := b.contract[i].own[side]; own != none && uint32(b.order[own].key) >= keyWord(word) {
			l := b.bestWithoutOwn(i, side)
			return l, l.Price != 0
		}
	}
	return Level{
		Price:    odds.Price(keyOf(side, keyWord(word))) % whole,
		Quantity: odds.Quantity(word & quantityMask),
	}, word != 0
}

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
	t.Bid = b.best(i, bids, words[0])
	t.Offer = b.best(i, offers, words[b.stride])
	return t, true
}

// best returns the best price of a side without own orders, 0 if it is empty. word is the first of the side, 0 if it
// is empty with them.
func (b *Books) best(i int32, side int, word uint64) odds.Price {
	if own := b.contract[i].own[side]; own != none && uint32(b.order[own].key) >= keyWord(word) {
		w := walk{words: b.side(i, side), b: b, own: own, side: int32(side)}
		l, _ := w.next()
		return l.Price
	}
	if word == 0 {
		return 0
	}
	return odds.Price(keyOf(side, keyWord(word)))
}

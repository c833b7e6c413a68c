package book

import "github.com/smk-go/smk/odds"

// Touch is what orders are judged by of a contract's book.
type Touch struct {
	State   State
	Bid     odds.Price // the best price of each side, 0 if it is empty
	Offer   odds.Price
	Updated int64 // as of [Contract.Updated]
}

// Touch returns what State, Best and Updated do, at once.
func (c Contract) Touch() (t Touch) {
	i := c.at()
	if i == none {
		t.State, _ = c.State()
		t.Updated = c.Updated()
		return t
	}
	at := &c.b.contract[i]
	t.State, t.Updated = c.b.statusOfContract(at).state, at.updated
	t.Bid, t.Offer = c.best(i, bids), c.best(i, offers)
	return t
}

// best returns the best price of a side, 0 if it is empty.
func (c Contract) best(i int32, side int) odds.Price {
	b := c.b
	word := b.words(i)[side*b.stride] // 0 if the side is empty
	key := keyWord(word)
	if own := b.contract[i].own[side]; c.withoutOwn && own != none && uint32(b.order[own].key) >= key {
		l, _ := c.Best(odds.Buy + odds.Side(side))
		return l.Price
	}
	if word == 0 {
		return 0
	}
	return odds.Price(keyOf(side, key))
}

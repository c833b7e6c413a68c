package quote

import (
	"slices"
	"strconv"

	"github.com/smk-go/smk/odds"
)

// Contract names a contract. ID is not 0.
type Contract struct {
	Market, ID uint32
}

// String returns market/contract.
func (c Contract) String() string {
	return strconv.FormatUint(uint64(c.Market), 10) + "/" + strconv.FormatUint(uint64(c.ID), 10)
}

// Level is a price and the open quantity that is wanted there.
type Level struct {
	Price odds.Price
	Size  odds.Quantity
}

// Two is a quote with one level on each side. A Bid or Ask of 0 means none on that side.
type Two struct {
	Bid, Ask odds.Price
	Size     odds.Quantity // on each side

	Tolerance     odds.Price    // how far, in either direction, an order may be from its price
	SizeTolerance odds.Quantity // likewise for its open quantity
}

// Tolerance is how far an order may be from its level without being changed.
type Tolerance struct {
	Price odds.Price
	Size  odds.Quantity
}

// Set makes t the wish for a contract, in place of the one before. Nothing changes if it returns an error: ErrPrice,
// ErrQuantity, ErrCrossed, ErrContract or ErrContractsFull.
func (q *Quoter) Set(id Contract, t Two) error {
	switch {
	case t.Bid > odds.PriceMax || t.Ask > odds.PriceMax || t.Tolerance > odds.PriceMax:
		return ErrPrice
	case t.Bid|t.Ask != 0 && t.Size == 0 || !t.Size.Valid() || !t.SizeTolerance.Valid():
		return ErrQuantity
	case t.Bid >= t.Ask && t.Ask != 0:
		return ErrCrossed
	}
	slot, err := q.claim(id)
	if err != nil {
		return err
	}
	c := &q.contracts[slot]
	tol := Tolerance{t.Tolerance, t.SizeTolerance}
	same := c.wanted && c.tolerance == tol
	c.wanted, c.tolerance = true, tol
	same = q.setOne(slot, 0, t.Bid, t.Size) && same
	if same = q.setOne(slot, 1, t.Ask, t.Size) && same; !same {
		q.mark(slot)
	}
	return nil
}

// setOne stores the only level of a side, none if the price is 0, and reports whether it is what it was.
func (q *Quoter) setOne(slot int32, s int, p odds.Price, size odds.Quantity) (same bool) {
	side := &q.contracts[slot].sides[s]
	n := uint8(1)
	if p == 0 {
		n = 0
	}
	at := &q.levels[(int(slot)*2+s)*q.config.Levels]
	l := Level{p, size}
	if side.levels == n && (n == 0 || *at == l) {
		return true
	}
	side.levels, *at = n, l
	side.gaveUpUntil = 0
	return false
}

// SetLevels is Set with any number of levels a side up to Config.Levels, in any order, with different prices. They
// are copied. It can also return ErrLevels. Without any level the wish is to have no orders.
func (q *Quoter) SetLevels(id Contract, bids, asks []Level, t Tolerance) error {
	ordered := areOrdered(bids, asks) // which most are
	if len(bids) > q.config.Levels || len(asks) > q.config.Levels {
		return ErrLevels
	}
	if t.Price > odds.PriceMax {
		return ErrPrice
	}
	if !t.Size.Valid() {
		return ErrQuantity
	}
	if !ordered {
		if err := check(bids, asks); err != nil {
			return err
		}
	}
	slot, err := q.claim(id)
	if err != nil {
		return err
	}
	c := &q.contracts[slot]
	same := c.wanted && c.tolerance == t
	c.wanted, c.tolerance = true, t
	same = q.copyLevels(slot, 0, bids, ordered) && same
	if same = q.copyLevels(slot, 1, asks, ordered) && same; !same {
		q.mark(slot)
	}
	return nil
}

// areOrdered reports whether the levels of a wish are valid, and those of each side the best first.
func areOrdered(bids, asks []Level) bool {
	worst := odds.Price(0) // of the other side, and then the one before
	if len(bids) > 0 {
		worst = bids[0].Price
	}
	for i := range asks {
		l := &asks[i]
		if l.Price <= worst || !l.Price.Valid() || l.Size == 0 || !l.Size.Valid() {
			return false
		}
		worst = l.Price
	}
	worst = odds.PriceMax + 1
	for i := range bids {
		l := &bids[i]
		if l.Price >= worst || !l.Price.Valid() || l.Size == 0 || !l.Size.Valid() {
			return false
		}
		worst = l.Price
	}
	return true
}

// check returns what is wrong with the levels of a wish.
func check(bids, asks []Level) error {
	if err := checkLevels(bids); err != nil {
		return err
	}
	if err := checkLevels(asks); err != nil {
		return err
	}
	bid, ask := odds.Price(0), odds.PriceMax+1
	for i := range bids {
		bid = max(bid, bids[i].Price)
	}
	for i := range asks {
		ask = min(ask, asks[i].Price)
	}
	if bid >= ask {
		return ErrCrossed
	}
	return nil
}

// checkLevels returns what is wrong with the levels of a side.
func checkLevels(levels []Level) error {
	for i := range levels {
		l := &levels[i]
		switch {
		case !l.Price.Valid():
			return ErrPrice
		case l.Size == 0 || !l.Size.Valid():
			return ErrQuantity
		}
		for j := range i {
			if levels[j].Price == l.Price {
				return ErrLevels
			}
		}
	}
	return nil
}

// copyLevels stores the levels of a side, the best first, and reports whether they are what they were.
func (q *Quoter) copyLevels(slot int32, s int, levels []Level, ordered bool) (same bool) {
	side := &q.contracts[slot].sides[s]
	same = int(side.levels) == len(levels)
	side.levels = uint8(len(levels))
	wish := q.wish(slot, s)
	if len(wish) != len(levels) {
		panic("BUG: quote: a wish of another length")
	}
	if !ordered {
		same = sortLevels(wish, s, levels) && same
	} else {
		for i := range wish {
			if w, l := &wish[i], &levels[i]; *w != *l {
				*w, same = *l, false
			}
		}
	}
	if !same {
		side.gaveUpUntil = 0
	}
	return same
}

// sortLevels stores the levels of a side that are not in order, and reports whether they are what they were.
func sortLevels(wish []Level, s int, levels []Level) (same bool) {
	var sorted [LevelsMax]Level
	for i, l := range levels {
		for ; i > 0 && better(s, l.Price, sorted[i-1].Price); i-- {
			sorted[i] = sorted[i-1]
		}
		sorted[i] = l
	}
	same = slices.Equal(wish, sorted[:len(wish)])
	copy(wish, sorted[:])
	return same
}

// wish returns the stored levels of a side.
func (q *Quoter) wish(slot int32, s int) []Level {
	at := (int(slot)*2 + s) * q.config.Levels
	return q.levels[at:][:q.contracts[slot].sides[s].levels]
}

// better reports whether a price is nearer to the other side than another: higher for bids.
func better(s int, p, than odds.Price) bool { return (s == 0) == (p > than) && p != than }

// Pull takes all quotes of a contract away until the next Set.
func (q *Quoter) Pull(id Contract) {
	if slot := q.byContract.find(id.tableKey()); slot != none {
		q.pull(slot)
	}
}

// PullAll takes all quotes of all contracts away until the next Set of each.
func (q *Quoter) PullAll() {
	for i := range q.markets {
		if !q.inUse(int32(i)) {
			continue
		}
		for slot := q.markets[i].first; slot != none; slot = q.contracts[slot].next {
			q.pull(slot)
		}
	}
}

func (q *Quoter) pull(slot int32) {
	if c := &q.contracts[slot]; c.wanted {
		c.wanted = false
		q.mark(slot)
	}
}

// Retry makes a contract forget the refusals of its requests, so that the next step tries again.
func (q *Quoter) Retry(id Contract) {
	slot := q.byContract.find(id.tableKey())
	if slot == none {
		return
	}
	c := &q.contracts[slot]
	for s := range c.sides {
		side := &c.sides[s]
		side.retryAt, side.pausedUntil, side.gaveUpUntil, side.attempts = 0, 0, 0, 0
		for i := side.first; i != none; i = q.orders[i].next {
			q.orders[i].retryAt, q.orders[i].attempts, q.orders[i].failed = 0, 0, 0
		}
	}
	q.mark(slot)
}

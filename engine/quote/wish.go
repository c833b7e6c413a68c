package quote

import (
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
	if err := q.check(bids, asks, t); err != nil {
		return err
	}
	slot, err := q.claim(id)
	if err != nil {
		return err
	}
	c := &q.contracts[slot]
	same := c.wanted && c.tolerance == t
	c.wanted, c.tolerance = true, t
	for s, levels := range [2][]Level{bids, asks} {
		same = q.copyLevels(slot, s, levels) && same
	}
	if !same {
		q.mark(slot)
	}
	return nil
}

// check returns what is wrong with a wish.
func (q *Quoter) check(bids, asks []Level, t Tolerance) error {
	if len(bids) > q.config.Levels || len(asks) > q.config.Levels {
		return ErrLevels
	}
	if t.Price > odds.PriceMax {
		return ErrPrice
	}
	if !t.Size.Valid() {
		return ErrQuantity
	}
	for _, levels := range [2][]Level{bids, asks} {
		for i, l := range levels {
			switch {
			case !l.Price.Valid():
				return ErrPrice
			case l.Size == 0 || !l.Size.Valid():
				return ErrQuantity
			}
			for _, other := range levels[:i] {
				if other.Price == l.Price {
					return ErrLevels
				}
			}
		}
	}
	for _, b := range bids {
		for _, a := range asks {
			if b.Price >= a.Price {
				return ErrCrossed
			}
		}
	}
	return nil
}

// copyLevels stores the levels of a side, the best first, and reports whether they are what they were.
func (q *Quoter) copyLevels(slot int32, s int, levels []Level) (same bool) {
	var sorted [LevelsMax]Level
	for i, l := range levels {
		for ; i > 0 && better(s, l.Price, sorted[i-1].Price); i-- {
			sorted[i] = sorted[i-1]
		}
		sorted[i] = l
	}
	side := &q.contracts[slot].sides[s]
	same = int(side.levels) == len(levels)
	side.levels = uint8(len(levels))
	for i, l := range q.wish(slot, s) {
		same = same && l == sorted[i]
	}
	copy(q.wish(slot, s), sorted[:])
	if !same {
		side.gaveUpUntil = 0
	}
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

package risk

import (
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/odds"
)

// reference returns the price that a side's order is measured by, 0 if there is none.
func (c *Collar) reference(side odds.Side, b *Book) odds.Price {
	price, other := b.Offer, b.Bid
	if side == odds.Sell {
		price, other = other, price
	}
	switch {
	case c.Micro:
		price = b.Micro
	case !price.Valid():
		price = other
	}
	if !price.Valid() {
		return 0
	}
	return price
}

// usable returns what to do with a book, UseBook if the collar can be applied.
func (c *Collar) usable(b *Book, reference odds.Price) BookPolicy {
	policy := UseBook
	switch {
	case b.State == BookLive && (c.MaxAge == 0 || b.Age <= c.MaxAge):
	case b.State == BookLive || b.State == BookSuspect:
		policy = c.OnSuspect
		marks.Hit(marks.CollarSuspect)
	default:
		marks.Hit(marks.CollarAbsent)
		return c.OnAbsent
	}
	if policy == UseBook && reference == 0 {
		marks.Hit(marks.CollarEmpty)
		return c.OnEmpty
	}
	return policy
}

// bound returns the furthest price of a side's order.
func (c *Collar) bound(side odds.Side, reference odds.Price) odds.Price {
	if side == odds.Buy {
		bound := odds.PriceMax
		if c.Ticks > 0 {
			if p, ok := reference.MoveTicks(c.Ticks); ok {
				bound = p
			}
		}
		if c.Fraction > 0 {
			bound = min(bound, odds.Price(min(uint32(odds.PriceMax), uint32(reference)+c.share(reference))))
		}
		return bound
	}
	bound := odds.PriceMin
	if c.Ticks > 0 {
		if p, ok := reference.MoveTicks(-c.Ticks); ok {
			bound = p
		}
	}
	if c.Fraction > 0 {
		bound = max(bound, odds.Price(max(uint32(odds.PriceMin), uint32(reference)-c.share(reference))))
	}
	return bound
}

// share returns Fraction of a price, which is at most the price.
func (c *Collar) share(p odds.Price) uint32 { return uint32(p) * uint32(c.Fraction) / FractionMax }

package odds

import "strconv"

// Price is the price of a contract in hundredths of a percent of the payoff:
// 2500 is 25.00 %, decimal odds of 4. It is what the buyer puts into each payoff;
// the seller puts in the rest. Valid prices are PriceMin to PriceMax; the zero
// value is none of them.
//
// The exchange matches at every valid price. The tick ladder is how front ends
// show prices, and what NextTick, Snap and their like are about.
type Price uint16

// The lowest and the highest price. Both are ticks.
const (
	PriceMin Price = 1
	PriceMax Price = 9999
)

// priceWhole is the whole payoff as a price; nothing trades there.
const priceWhole = 10_000

// NewPrice returns the price that a message carries as n, or ErrPrice.
func NewPrice(n uint32) (Price, error) {
	if n < uint32(PriceMin) || n > uint32(PriceMax) {
		return 0, ErrPrice
	}
	return Price(n), nil
}

// Valid reports whether p is a price: 1 to 9999.
func (p Price) Valid() bool { return p-PriceMin < PriceMax }

// Complement returns the other side's share, 10000 - p: the price of all other
// outcomes together. Of an invalid price it is 0.
func (p Price) Complement() Price {
	if !p.Valid() {
		return 0
	}
	return priceWhole - p
}

// String returns p as percent text, "18.87%". Of an invalid price it returns
// "Price(0)", which no Parse function takes.
func (p Price) String() string {
	var buf [stringBytes]byte
	return string(p.Append(buf[:0]))
}

// Append appends what String returns.
func (p Price) Append(dst []byte) []byte {
	if !p.Valid() {
		return p.appendInvalid(dst)
	}
	return append(appendFixed(dst, uint64(p), 2, 0), '%')
}

func (p Price) appendInvalid(dst []byte) []byte {
	dst = append(dst, "Price("...)
	dst = strconv.AppendUint(dst, uint64(p), 10)
	return append(dst, ')')
}

// ParsePercent reads percent text: "18.87%", or the same without the sign.
// It is exact: what lies between two prices is refused. Errors are *[ParseError],
// around [ErrPrice] if the number is not a price.
func ParsePercent[T ~string | ~[]byte](s T) (Price, error) {
	const kind = "percent"
	if at, err := checkLength(s); err != nil {
		return 0, refuse(kind, s, at, err)
	}
	n, at, err := scanFixed(s, 0, 2, oddsMax)
	if err != nil {
		return 0, refuse(kind, s, at, err)
	}
	if at < len(s) && s[at] == '%' {
		at++
	}
	if at != len(s) {
		return 0, refuse(kind, s, at, ErrTrailing)
	}
	p, err := NewPrice(uint32(n))
	if err != nil {
		return 0, refuse(kind, s, 0, err)
	}
	return p, nil
}

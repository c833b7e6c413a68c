package exchange

import (
	"math/bits"
	"strconv"

	"github.com/smk-go/smk/gen/msg"
)

// Money is an exact amount in units of 10^-8 of the currency, the unit of a quantity times a price.
type Money int64

// Currency is one whole unit of the currency.
const Currency Money = 100_000_000

// Float returns the amount in whole currency, as messages carry it.
func (m Money) Float() float64 { return float64(m) / float64(Currency) }

// String formats the amount in whole currency with all digits that are not zero, at least two decimals:
// "12.50".
func (m Money) String() string {
	u, sign := uint64(m), ""
	if m < 0 {
		u, sign = -u, "-"
	}
	frac := strconv.FormatUint(u%uint64(Currency)+uint64(Currency), 10)[1:]
	for len(frac) > 2 && frac[len(frac)-1] == '0' {
		frac = frac[:len(frac)-1]
	}
	return sign + strconv.FormatUint(u/uint64(Currency), 10) + "." + frac
}

// Liability returns what a side risks with a quantity at a price: the buyer quantity x price, the seller
// quantity x (10000 - price).
func Liability(side msg.Side, quantity uint64, price uint32) Money {
	if side == msg.SideSell {
		price = PriceSum - price
	}
	return Money(quantity * uint64(price))
}

// average returns cost divided by quantity, rounded half up; 0 for no quantity.
func average(cost, quantity uint64) uint32 {
	if quantity == 0 {
		return 0
	}
	return uint32((cost + quantity/2) / quantity)
}

// mulDiv returns a x b / c, rounded down, without overflow if the result fits.
func mulDiv(a, b, c uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	q, _ := bits.Div64(hi, lo, c)
	return q
}

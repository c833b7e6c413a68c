package screen

import "fmt"

// PriceText returns a price in percent.
func PriceText(price uint32) string { return fmt.Sprintf("%d.%02d", price/100, price%100) }

// QuantityText returns a quantity in the currency of payoff.
func QuantityText(q int64) string { return decimal(q, 10_000) }

// MoneyText returns an amount rounded to a hundredth of the currency.
func MoneyText(m int64) string { return decimal(m, 100_000_000) }

// SignedQuantityText returns a quantity with its sign.
func SignedQuantityText(q int64) string { return signed(q) + QuantityText(q) }

// SignedMoneyText returns an amount with its sign.
func SignedMoneyText(m int64) string { return signed(m) + MoneyText(m) }

func signed(n int64) string {
	if n > 0 {
		return "+"
	}
	return ""
}

// decimal writes n wholes of unit with two digits, rounded away from 0 at a half.
func decimal(n, unit int64) string {
	sign, cent := "", unit/100
	u := uint64(n)
	if n < 0 {
		sign, u = "-", -u
	}
	hundredths := u/uint64(cent) + (u%uint64(cent)*2)/uint64(cent)
	if hundredths == 0 {
		sign = ""
	}
	return fmt.Sprintf("%s%d.%02d", sign, hundredths/100, hundredths%100)
}

package odds

// Overround returns by how much the prices of the outcomes of a market, one each,
// add up to more than the whole, in hundredths of a percent: 250 is 2.50 %, a
// book of 102.5 %. Below zero, buying every outcome is certain to win. Of no
// outcomes it is -10000. The error is ErrPrice.
func Overround(prices []Price) (int64, error) {
	sum := int64(-priceWhole)
	for _, p := range prices {
		if !p.Valid() {
			return 0, ErrPrice
		}
		sum += int64(p)
	}
	return sum, nil
}

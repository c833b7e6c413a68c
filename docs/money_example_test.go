package docs

import (
	"fmt"

	"github.com/smk-go/smk/odds"
)

func Example_moneyPrices() {
	price, err := odds.NewPrice(2500) // 25 %
	check(err)
	quantity := odds.Quantity(400_000) // pays 40.00 to the winner
	for _, side := range []odds.Side{odds.Buy, odds.Sell} {
		risk, err := side.Liability(price, quantity)
		check(err)
		profit, err := side.Profit(price, quantity)
		check(err)
		fmt.Println(side, quantity, "at", price, "risks", risk, "to win", profit)
	}

	quoted, err := odds.ParseDecimal("4.0") // the same price in other words
	check(err)
	same, err := quoted.Price(odds.HalfEven)
	check(err)
	stake, err := odds.ParseMoney("10")
	check(err)
	size, err := odds.QuantityForStake(stake, same)
	check(err)
	fmt.Println("a stake of", stake, "at", quoted, "buys", size)
	// Output:
	// buy 40.00 at 25% risks 10.00 to win 30.00
	// sell 40.00 at 25% risks 30.00 to win 10.00
	// a stake of 10.00 at 4.0000 buys 40.00
}

package odds_test

import (
	"fmt"
	"math"

	"github.com/smk-go/smk/odds"
)

// Balances come as floating point. The amount is what the exchange wrote, or an error.
func ExampleNewMoney() {
	for _, v := range []float64{100000000.01, 0.30000000000000004, -3.5, math.NaN(), 1e12} {
		m, err := odds.NewMoney(v)
		fmt.Println(m, err)
	}
	// Output:
	// 100000000.01 <nil>
	// 0.30 <nil>
	// -3.50 <nil>
	// 0.00 odds: amount of money is not a finite number
	// 0.00 odds: money in 1/100000000 currency outside -9223372036854775807..9223372036854775807
}

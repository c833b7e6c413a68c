package odds_test

import (
	"errors"
	"fmt"

	"github.com/smk-go/smk/odds"
)

// A price is said in four ways.
func ExamplePrice() {
	for _, p := range []odds.Price{2500, 5000, 8000} {
		fmt.Println(p, p.Decimal(), p.Fraction(), p.American())
	}
	// Output:
	// 25% 4.0000 3 to 1 +300
	// 50% 2.0000 Evens -100
	// 80% 1.2500 1 to 4 -400
}

// The ladder's odds are round, and no price in hundredths of a percent is quite theirs.
func ExamplePrice_Decimal() {
	for _, p := range []odds.Price{53, 54, 263} {
		fmt.Println(p, p.Decimal(), p.ExactDecimal(), p.IsTick())
	}
	// Output:
	// 0.53% 190.0000 188.6792 true
	// 0.54% 185.1852 185.1852 false
	// 2.63% 38.0000 38.0228 true
}

// What a message carries is checked once and is a price from then on.
func ExampleNewPrice() {
	_, err := odds.NewPrice(10000)
	fmt.Println(err)
	fmt.Println(errors.Is(err, odds.ErrPrice))
	// Output:
	// odds: price in 1/100 percent outside 1..9999
	// true
}

// Any form is told apart by its look.
func ExampleParsePrice() {
	for _, text := range []string{"25%", "4.0", "3/1", "+300", "Evens", "4,0"} {
		p, err := odds.ParsePrice(text, odds.HalfEven)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(text, "is", uint16(p))
	}
	// Output:
	// 25% is 2500
	// 4.0 is 2500
	// 3/1 is 2500
	// +300 is 2500
	// Evens is 5000
	// odds: decimal odds "4,0": byte 1: unexpected text
}

// Odds between two prices are rounded as the caller says: odds of 6.4 are
// 15.625 %.
func ExampleDecimal_Price() {
	d, err := odds.ParseDecimal("6.4")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range []odds.Rounding{odds.HalfEven, odds.Down, odds.Up} {
		p, err := d.Price(r)
		fmt.Println(r, p, err)
	}
	// Output:
	// half even 15.62% <nil>
	// down 15.62% <nil>
	// up 15.63% <nil>
}

// Fractions are those that bookmakers use, never better than the price.
func ExamplePrice_Fraction() {
	for _, p := range []odds.Price{1, 98, 1165, 2307, 5000, 6000} {
		fmt.Println(p, p.Fraction())
	}
	// Output:
	// 0.01% 10000 to 1
	// 0.98% 100 to 1
	// 11.65% 15 to 2
	// 23.07% 100 to 30
	// 50% Evens
	// 60% 4 to 6
}

// Every conversion has a form that appends to the caller's buffer.
func ExamplePrice_Append() {
	buf := make([]byte, 0, 64)
	p := odds.Price(5238)
	buf = p.Append(buf)
	buf = append(buf, ' ')
	buf = p.American().Append(buf)
	fmt.Println(string(buf))
	// Output: 52.38% -110
}

// The ladder is walked from any price, also from between two ticks.
func ExamplePrice_NextTick() {
	p := odds.Price(1860) // decimal odds of 5.3763
	next, _ := p.NextTick()
	previous, _ := p.PreviousTick()
	fmt.Println(p.IsTick(), next, previous)

	fourth, _ := p.MoveTicks(4)
	distance, _ := p.TickDistance(fourth)
	fmt.Println(fourth, distance)

	_, ok := odds.PriceMax.NextTick()
	fmt.Println(ok)
	// Output:
	// false 18.87% 18.52%
	// 20% 4
	// false
}

func ExampleTicksBelow() {
	for p := range odds.TicksBelow(35) {
		fmt.Print(p, " ", p.TickString(), "\n")
	}
	// Output:
	// 0.34% 290
	// 0.33% 300
	// 0.2% 500
	// 0.1% 1000
	// 0.01% 10000
}

// A buyer's price moves up to the ladder and a seller's down: equal or worse.
func ExamplePrice_Snap() {
	p := odds.Price(1860)
	for _, side := range []odds.Side{odds.Buy, odds.Sell} {
		snapped, _ := p.Snap(side)
		out, _ := p.SnapOut(side, 1)
		fmt.Println(side, snapped, snapped.TickString(), out)
	}
	// Output:
	// buy 18.87% 5.3 19.23%
	// sell 18.52% 5.4 18.18%
}

// A quantity is the payoff; the price divides it between the two sides.
func ExampleSide_Liability() {
	fmt.Println("quantity price  payoff  buyer seller")
	for _, bet := range []struct {
		quantity odds.Quantity
		price    odds.Price
	}{
		{400000, 2500},
		{100000, 2500},
		{500000, 50},
		{25000, 2000},
		{25000, 2500}, // the same lay bet, filled at a better price
		{150000, 3333},
		{150000, 2500}, // the same back bet, filled at a better price
		{1000, 5000},
	} {
		buyer, err := odds.Buy.Liability(bet.price, bet.quantity)
		if err != nil {
			fmt.Println(err)
			return
		}
		seller, err := odds.Sell.Liability(bet.price, bet.quantity)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%8d %5d %7v %6v %v\n", bet.quantity, bet.price, bet.quantity, buyer, seller)
	}
	// Output:
	// quantity price  payoff  buyer seller
	//   400000  2500   40.00  10.00 30.00
	//   100000  2500   10.00   2.50 7.50
	//   500000    50   50.00   0.25 49.75
	//    25000  2000    2.50   0.50 2.00
	//    25000  2500    2.50  0.625 1.875
	//   150000  3333   15.00 4.9995 10.0005
	//   150000  2500   15.00   3.75 11.25
	//     1000  5000    0.10   0.05 0.05
}

// The sum of the results of all fills if one outcome wins is what that outcome
// brings.
func ExampleSide_Result() {
	for _, won := range []bool{true, false} {
		back, err1 := odds.Buy.Result(2000, 100000, won)
		lay, err2 := odds.Sell.Result(2500, 100000, won)
		sum, err3 := back.Add(lay)
		fmt.Println(won, back, lay, sum, errors.Join(err1, err2, err3))
	}
	// Output:
	// true 8.00 -7.50 0.50 <nil>
	// false -2.00 2.50 0.50 <nil>
}

// A stake of 10.00 at odds of 4.0 is a payoff of 40.00, whichever side takes it.
func ExampleQuantityForStake() {
	back, err := odds.QuantityForStake(10*odds.Whole, 2500)
	fmt.Println(back, err)
	lay, err := odds.Sell.QuantityForLiability(30*odds.Whole, 2500)
	fmt.Println(lay, err)
	_, err = odds.QuantityForStake(odds.MoneyMax, 1)
	fmt.Println(err)
	// Output:
	// 40.00 <nil>
	// 40.00 <nil>
	// odds: quantity in 1/10000 currency outside 0..922337203685477
}

// The sum is exact; only the number asked for is rounded.
func ExampleAverage() {
	var a odds.Average
	for _, err := range []error{a.Add(2400, 100000), a.Add(2500, 50000)} {
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	down, _ := a.Price(odds.Down)
	up, _ := a.Price(odds.Up)
	decimal, _ := a.Decimal(odds.HalfEven)
	order, _ := a.Compare(2433)
	fmt.Println(a.Quantity(), a.Stake())
	fmt.Println(down, up, decimal, order > 0)
	// Output:
	// 15.00 3.65
	// 24.33% 24.34% 4.1096 true
}

func ExampleRate_Commission() {
	winnings, err := odds.ParseMoney("18.02")
	if err != nil {
		fmt.Println(err)
		return
	}
	charge, err := odds.Rate(200).Commission(winnings, odds.Cent, odds.HalfEven)
	if err != nil {
		fmt.Println(err)
		return
	}
	kept, err := winnings.Sub(charge)
	fmt.Println(charge, kept, err)
	// Output: 0.36 17.66 <nil>
}

func ExampleOverround() {
	over, err := odds.Overround([]odds.Price{4000, 3500, 2700})
	fmt.Println(over, err)
	// Output: 200 <nil>
}

// Amounts are read exactly or not at all.
func ExampleParseMoney() {
	for _, text := range []string{"0.625", "-3.50", "1e3", "0.123456789"} {
		m, err := odds.ParseMoney(text)
		fmt.Println(m, err)
	}
	// Output:
	// 0.625 <nil>
	// -3.50 <nil>
	// 0.00 odds: money "1e3": byte 1: unexpected text
	// 0.00 odds: money "0.123456789": byte 10: more decimal places than the unit holds
}

func ExampleMoney_Round() {
	m, err := odds.ParseMoney("0.3604")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, r := range []odds.Rounding{odds.HalfEven, odds.Up} {
		cents, err := m.Round(odds.Cent, r)
		fmt.Println(cents, err)
	}
	// Output:
	// 0.36 <nil>
	// 0.37 <nil>
}

// A traditional fraction has the price that it is listed with, also 31 to 1, which lies
// half way between two.
func ExampleFraction_Price() {
	for _, text := range []string{"3/1", "100 to 30", "31/1"} {
		f, err := odds.ParseFraction(text)
		if err != nil {
			fmt.Println(err)
			return
		}
		p, err := f.Price(odds.HalfEven)
		fmt.Println(f, p, err)
	}
	// Output:
	// 3 to 1 25% <nil>
	// 100 to 30 23.08% <nil>
	// 31 to 1 3.13% <nil>
}

// There are no odds between -100 and +100.
func ExampleAmerican_Price() {
	for _, a := range []odds.American{+300, -110, +50} {
		p, err := a.Price(odds.HalfEven)
		fmt.Println(a, p, err)
	}
	// Output:
	// +300 25% <nil>
	// -110 52.38% <nil>
	// +50 Price(0) odds: no price from 1 to 9999 has these odds
}

func ExampleParseQuantity() {
	q, err := odds.ParseQuantity("40")
	fmt.Println(int64(q), q, err)
	// Output: 400000 40.00 <nil>
}

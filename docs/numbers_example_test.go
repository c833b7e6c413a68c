package docs_test

import (
	"errors"
	"fmt"
	"slices"

	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/uuid"
)

func Example_uuid() {
	id := uuid.New(uuid.Event, 100) // Uuid.from_int(100, 'Event')
	fmt.Println(id.High(), id.Low(), id.Tag(), id.ShortHex())
	fmt.Println(id)                                               // to_slug()
	fmt.Println(id.Slug(uuid.SlugFormat{Bare: true}))             // to_slug(prefix=False)
	fmt.Println(id.Slug(uuid.SlugFormat{Base: 62, Pad: 8}))       // to_slug(base=62, pad=8)
	fmt.Println(id.Hex(), string(id.AppendHex(nil, 0)))           // to_hex(), to_hex(pad=0)
	fmt.Println(id.Tag().Hex(), string(id.Tag().Prefix()))        // UuidTag.hex_str, prefix
	fmt.Println(uuid.New128(uuid.Order, 1, 2).Big())              // unsplit64(1, 2)
	fmt.Println(slices.Contains(slices.Collect(tags()), "Order")) // TAGS
	// Output:
	// 0 100 Event 64
	// e-3wk5c
	// 3wk5c
	// e-0000rw1q
	// 00000000000000000000000000641100 641100
	// 1100 e
	// 18446744073709551618
	// true
}

func tags() func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, t := range uuid.Tags() {
			if !yield(t.String()) {
				return
			}
		}
	}
}

func Example_uuidFunctions() {
	fmt.Println(uuid.New(uuid.Event, 100).String()) // int_to_slug(100, 'Event')
	fmt.Println(uuid.New(uuid.Event, 100).Hex())    // int_to_uuid(100, 'Event'), event_id_to_uid(100)

	id, err := uuid.ParseSlug("e-3wk5c")
	check(err)
	number, ok := id.Uint64()                   // slug_to_int
	fmt.Println(number, ok, id.Tag(), id.Hex()) // return_tag='type'; slug_to_uuid

	id, err = uuid.ParseHex("00000000000000000000000000641100")
	check(err)
	fmt.Println(id.High(), id.Low(), uint16(id.Tag())) // uuid_to_int with split=True, return_tag='int'
	fmt.Println(id, id.ShortHex())                     // uuid_to_slug, uuid_to_short

	if id.Tag() != uuid.Order { // uid_or_int_to_int(value, 'Order')
		fmt.Println("not an order:", id.Tag())
	}
	_, err = uuid.ParseSlug("o-3wk5c")
	fmt.Println(errors.Is(err, uuid.ErrPrefix))
	// Output:
	// e-3wk5c
	// 00000000000000000000000000641100
	// 100 true Event 00000000000000000000000000641100
	// 0 100 4352
	// e-3wk5c 64
	// not an order: Event
	// true
}

func Example_odds() {
	p := odds.Price(2500)                       // Odds(Decimal('25.00'))
	fmt.Println(p)                              // percent_str
	fmt.Println(p.Fraction(), p.Fraction().Num) // fractional_str, fractional
	fmt.Println(p.Decimal(), p.TickString())    // decimal, decimal_str
	fmt.Println(odds.Price(53).Decimal())       // the ladder's odds of a tick
	fmt.Println(odds.Price(53).ExactDecimal())  // 100 / percent
	fmt.Println(p.American())                   // american_str; american is the integer

	p, err := odds.American(-110).Price(odds.HalfEven) // from_american
	check(err)
	fmt.Print(uint16(p), " ")
	p, err = odds.Decimal(40000).Price(odds.HalfEven) // from_decimal
	check(err)
	fmt.Print(uint16(p), " ")
	p, err = odds.Fraction{Num: 3, Den: 1}.Price(odds.HalfEven) // from_fractional
	check(err)
	fmt.Print(uint16(p), " ")
	p, err = odds.ParsePercent("25%") // from_percent
	check(err)
	fmt.Println(uint16(p))
	// Output:
	// 25%
	// 3 to 1 3
	// 4.0000 4.0
	// 190.0000
	// 188.6792
	// +300
	// 5238 2500 2500 2500
}

func Example_ticks() {
	buy, _ := odds.Price(30).Snap(odds.Buy)         // snap_to_decimal('buy', ...)
	out, ok := odds.Price(30).SnapOut(odds.Sell, 1) // snap_to_decimal_move_out_by
	fmt.Println(buy, out, ok)
	fmt.Println(slices.Collect(odds.TicksAbove(9750)))  // ticks_gt
	fmt.Println(slices.Collect(odds.TicksFrom(9804)))   // ticks_geq
	fmt.Println(slices.Collect(odds.TicksBelow(20)))    // ticks_lt
	fmt.Println(slices.Collect(odds.TicksDownFrom(20))) // ticks_leq
	fmt.Println(odds.Price(32).IsTick())                // is_a_tick
	fmt.Println(odds.PriceMin, odds.PriceMax)           // MIN_TICK, MAX_TICK
	for fraction, price := range odds.Fractions() {     // TABLE
		fmt.Println(fraction, price)
		break
	}
	// Output:
	// 0.33% 0.1% true
	// [98.04% 99.01% 99.99%]
	// [98.04% 99.01% 99.99%]
	// [0.1% 0.01%]
	// [0.2% 0.1% 0.01%]
	// false
	// 0.01% 99.99%
	// 10000 to 1 0.01%
}

func Example_money() {
	stake, err := odds.Buy.Liability(2500, 400000)
	check(err)
	profit, err := odds.Buy.Profit(2500, 400000)
	check(err)
	fmt.Println(stake, profit)
	// Output: 10.00 30.00
}

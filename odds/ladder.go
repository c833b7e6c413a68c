package odds

// TickCount is how many prices the tick ladder has.
const TickCount = 284

// The tick ladder is what front ends show and step through: decimal odds of even
// steps, each standing for the nearest price.
//
//	odds   1.0001  1.01   1.02 ...  500  1000  10000
//	price  9999    9901   9804 ...  20   10    1
//	index  283     282    281  ...  2    1     0
var ladder = newLadder()

type ladderTable struct {
	// By index of the tick, ascending by price.
	price   [TickCount]Price
	decimal [TickCount]Decimal
	places  [TickCount]uint8 // digits behind the point with which the odds are written

	// By price, 0 to priceWhole: the index of the lowest tick at or above it.
	ceiling [priceWhole + 1]uint16
}

// ladderBands are the ladder's odds, shortest first: from the end of the band
// before, in steps, up to and including last.
var ladderBands = [...]struct {
	last, step Decimal
	places     uint8
}{
	{1_0001, 1, 4}, // the first band starts at 1
	{1_0100, 99, 2},
	{2_0000, 100, 2},
	{3_0000, 200, 2},
	{4_0000, 500, 2},
	{6_0000, 1000, 1},
	{10_0000, 2000, 1},
	{20_0000, 5000, 1},
	{30_0000, 1_0000, 0},
	{50_0000, 2_0000, 0},
	{100_0000, 5_0000, 0},
	{300_0000, 10_0000, 0},
	{500_0000, 200_0000, 0},
	{1000_0000, 500_0000, 0},
	{10000_0000, 9000_0000, 0},
}

func newLadder() (t ladderTable) {
	i, d := TickCount, Decimal(decimalWhole)
	for _, band := range ladderBands {
		for d < band.last {
			d += band.step
			i--
			p, err := d.Price(HalfEven)
			if err != nil || i < 0 || i+1 < TickCount && p >= t.price[i+1] {
				panic("BUG: odds: tick ladder at " + d.String())
			}
			t.price[i], t.decimal[i], t.places[i] = p, d, band.places
		}
	}
	if i != 0 || t.price[0] != PriceMin || t.price[TickCount-1] != PriceMax {
		panic("BUG: odds: tick ladder is incomplete")
	}
	for p := range t.ceiling {
		if i < TickCount && p > int(t.price[i]) {
			i++
		}
		t.ceiling[p] = uint16(i)
	}
	return t
}

// ceilingTick returns the index of the lowest tick at or above p, TickCount if
// there is none. p may be anything.
func ceilingTick(p Price) int { return int(ladder.ceiling[min(p, priceWhole)]) }

// floorTick returns the index of the highest tick at or below p, -1 if there is
// none. p may be anything.
func floorTick(p Price) int {
	i := ceilingTick(p)
	if i < TickCount && ladder.price[i] == p {
		return i
	}
	return i - 1
}

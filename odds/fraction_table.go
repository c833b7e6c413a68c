package odds

// fractionCount is how many traditional fractions there are: evens, 144 shorter
// and their 144 mirror images.
const fractionCount = 289

// traditional holds the traditional fractions by ascending price, and of every
// price the index of the first at or above it.
var traditional = newFractionTable()

type fractionTable struct {
	fraction [fractionCount]Fraction
	price    [fractionCount]Price
	index    [PriceMax + 1]uint16
}

// shortFractions are evens and the fractions of shorter odds, longest first: num
// to den, num to den+step and so on, up to num to last.
var shortFractions = [...]struct{ num, den, last, step uint32 }{
	{1, 1, 1, 1},
	{20, 21, 21, 1},
	{10, 11, 11, 1},
	{5, 6, 6, 1},
	{4, 5, 5, 1},
	{8, 11, 11, 1},
	{4, 6, 6, 1},
	{8, 13, 13, 1},
	{60, 100, 100, 1},
	{4, 7, 7, 1},
	{8, 15, 15, 1},
	{1, 2, 2, 1},
	{40, 85, 85, 1},
	{4, 9, 9, 1},
	{40, 95, 95, 1},
	{2, 5, 5, 1},
	{4, 11, 11, 1},
	{1, 3, 3, 1},
	{30, 100, 100, 1},
	{2, 7, 7, 1},
	{20, 75, 75, 1},
	{1, 4, 4, 1},
	{20, 85, 85, 1},
	{2, 9, 9, 1},
	{20, 95, 95, 1},
	{1, 5, 5, 1},
	{2, 11, 11, 1},
	{1, 6, 6, 1},
	{2, 13, 13, 1},
	{15, 100, 100, 1},
	{1, 7, 7, 1},
	{2, 15, 15, 1},
	{1, 8, 8, 1},
	{2, 17, 17, 1},
	{1, 9, 9, 1},
	{10, 95, 95, 1},
	{1, 10, 11, 1},
	{17, 200, 200, 1},
	{1, 12, 12, 1},
	{8, 100, 100, 1},
	{1, 13, 13, 1},
	{15, 200, 200, 1},
	{1, 14, 33, 1},
	{3, 100, 100, 1},
	{1, 34, 66, 1},
	{3, 200, 200, 1},
	{1, 67, 100, 1},
	{1, 200, 1000, 100},
	{1, 2000, 3000, 1000},
	{1, 5000, 10000, 5000},
}

func newFractionTable() (t fractionTable) {
	const middle = fractionCount / 2
	i := middle
	for _, run := range shortFractions {
		for den := run.den; den <= run.last; den += run.step {
			if i >= fractionCount {
				panic("BUG: odds: table of fractions is too long")
			}
			t.set(i, Fraction{run.num, den})
			t.set(2*middle-i, Fraction{den, run.num})
			i++
		}
	}
	if i != fractionCount {
		panic("BUG: odds: table of fractions is incomplete")
	}
	for i = 1; i < fractionCount; i++ {
		if t.price[i] <= t.price[i-1] {
			panic("BUG: odds: table of fractions at " + t.fraction[i].String())
		}
	}
	i = 0
	for p := PriceMin; p <= PriceMax; p++ {
		if p > t.price[i] {
			i++
		}
		t.index[p] = uint16(i)
	}
	return t
}

func (t *fractionTable) set(i int, f Fraction) {
	p, err := f.Price(HalfUp)
	if err != nil {
		panic("BUG: odds: table of fractions at " + f.String())
	}
	t.fraction[i], t.price[i] = f, p
}

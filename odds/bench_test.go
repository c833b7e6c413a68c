package odds

import "testing"

// walk spreads a benchmark over all prices, so that neither the branch predictor
// nor one cache line flatters it.
func walk(p Price) Price {
	if p += 97; p > PriceMax {
		p -= PriceMax
	}
	return p
}

// sink keeps results alive.
var sink uint64

func benchmarkPrice(b *testing.B, f func(p Price) uint64) {
	b.ReportAllocs()
	var sum uint64
	p := PriceMin
	for b.Loop() {
		p = walk(p)
		sum += f(p)
	}
	sink += sum
}

func BenchmarkPriceDecimal(b *testing.B) {
	benchmarkPrice(b, func(p Price) uint64 { return uint64(p.Decimal()) })
}

func BenchmarkPriceDecimalOfTicks(b *testing.B) {
	benchmarkPrice(b, func(p Price) uint64 { return uint64(ladder.price[int(p)%TickCount].Decimal()) })
}

func BenchmarkPriceExactDecimal(b *testing.B) {
	benchmarkPrice(b, func(p Price) uint64 { return uint64(p.ExactDecimal()) })
}

func BenchmarkPriceFraction(b *testing.B) {
	benchmarkPrice(b, func(p Price) uint64 { return uint64(p.Fraction().Num) })
}

func BenchmarkPriceAmerican(b *testing.B) {
	benchmarkPrice(b, func(p Price) uint64 { return uint64(p.American()) })
}

func BenchmarkDecimalPrice(b *testing.B) {
	benchmarkPrice(b, func(p Price) uint64 {
		q, err := (Decimal(p) + decimalWhole).Price(HalfEven)
		if err != nil {
			b.Fatal(err)
		}
		return uint64(q)
	})
}

func BenchmarkPriceNextTick(b *testing.B) {
	benchmarkPrice(b, func(p Price) uint64 { q, _ := p.NextTick(); return uint64(q) })
}

func BenchmarkPriceMoveTicks(b *testing.B) {
	benchmarkPrice(b, func(p Price) uint64 { q, _ := p.MoveTicks(-3); return uint64(q) })
}

func BenchmarkPriceTickDistance(b *testing.B) {
	benchmarkPrice(b, func(p Price) uint64 { n, _ := p.TickDistance(5000); return uint64(n) })
}

func BenchmarkPriceSnap(b *testing.B) {
	benchmarkPrice(b, func(p Price) uint64 { q, _ := p.Snap(Buy); return uint64(q) })
}

func BenchmarkTicksAll(b *testing.B) {
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n = 0
		for range TicksAbove(0) {
			n++
		}
	}
	if n != TickCount {
		b.Fatal(n)
	}
}

func BenchmarkSideLiability(b *testing.B) {
	benchmarkPrice(b, func(p Price) uint64 {
		m, err := Sell.Liability(p, 400000)
		if err != nil {
			b.Fatal(err)
		}
		return uint64(m)
	})
}

func BenchmarkQuantityForStake(b *testing.B) {
	benchmarkPrice(b, func(p Price) uint64 {
		q, err := QuantityForStake(10*Whole, p)
		if err != nil {
			b.Fatal(err)
		}
		return uint64(q)
	})
}

func BenchmarkAverageAdd(b *testing.B) {
	var a Average
	benchmarkPrice(b, func(p Price) uint64 {
		if err := a.Add(p, 1000); err != nil {
			a = Average{}
		}
		return uint64(a.paid)
	})
}

func BenchmarkAveragePrice(b *testing.B) {
	var a Average
	if err := a.Add(2400, 100000); err != nil {
		b.Fatal(err)
	}
	benchmarkPrice(b, func(p Price) uint64 {
		a.quantity++ // another division every time
		q, _ := a.Price(HalfEven)
		return uint64(q)
	})
}

func BenchmarkRateCommission(b *testing.B) {
	benchmarkPrice(b, func(p Price) uint64 {
		m, err := Rate(200).Commission(Money(p)*Cent, Cent, HalfEven)
		if err != nil {
			b.Fatal(err)
		}
		return uint64(m)
	})
}

func BenchmarkParsePrice(b *testing.B) {
	for _, text := range []string{"4.85", "18.87%", "7 to 2", "+350"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p, err := ParsePrice(text, HalfEven)
				if err != nil {
					b.Fatal(err)
				}
				sink += uint64(p)
			}
		})
	}
}

func BenchmarkParseMoney(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		m, err := ParseMoney("1234.5678")
		if err != nil {
			b.Fatal(err)
		}
		sink += uint64(m)
	}
}

func BenchmarkMoneyAppend(b *testing.B) {
	b.ReportAllocs()
	buf := make([]byte, 0, 32)
	for b.Loop() {
		buf = Money(123_456_780_000).Append(buf[:0])
	}
	sink += uint64(len(buf))
}

func BenchmarkDecimalAppend(b *testing.B) {
	b.ReportAllocs()
	buf := make([]byte, 0, 32)
	p := PriceMin
	for b.Loop() {
		p = walk(p)
		buf = p.Decimal().Append(buf[:0])
	}
	sink += uint64(len(buf))
}

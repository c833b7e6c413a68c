package odds

import (
	"math"
	"strings"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
)

// same fails unless got says what the slow twin says.
func same(t *testing.T, what string, p Price, n int, got Price, ok bool, want Price, wantOK bool) {
	if got != want || ok != wantOK {
		t.Helper()
		t.Fatalf("%s of %d by %d: %d, %v, want %d, %v", what, uint16(p), n, uint16(got), ok, uint16(want), wantOK)
	}
}

func TestMoveTicks(t *testing.T) {
	ticks := slowLadder()
	eachPrice(func(p Price) {
		above, below := slowAbove(ticks, p, false), slowBelow(ticks, p, false)

		got, ok := p.NextTick()
		want, wantOK := nth(above, 0)
		same(t, "next", p, 1, got, ok, want, wantOK)

		got, ok = p.PreviousTick()
		want, wantOK = nth(below, 0)
		same(t, "previous", p, -1, got, ok, want, wantOK)

		for n := -TickCount - 2; n <= TickCount+2; n++ {
			switch {
			case n > 0:
				want, wantOK = nth(above, n-1)
			case n < 0:
				want, wantOK = nth(below, -n-1)
			default:
				wantOK = len(above)+len(below) < TickCount
				want = 0
				if wantOK {
					want = p
				}
			}
			got, ok = p.MoveTicks(n)
			same(t, "move", p, n, got, ok, want, wantOK)
			if !ok {
				continue
			}
			if d, ok := p.TickDistance(got); !ok || d != n {
				t.Fatalf("from %d to %d are %d ticks, %v, want %d", uint16(p), uint16(got), d, ok, n)
			}
		}
		for _, n := range []int{math.MinInt, math.MinInt32, math.MaxInt32, math.MaxInt} {
			got, ok = p.MoveTicks(n)
			same(t, "move", p, n, got, ok, 0, false)
		}
	})
	for _, p := range invalidPrices {
		for _, n := range []int{-1, 0, 1} {
			got, ok := p.MoveTicks(n)
			same(t, "move", p, n, got, ok, 0, false)
		}
		if n, ok := p.TickDistance(5000); ok || n != 0 {
			t.Errorf("from %d: %d ticks", uint16(p), n)
		}
		if n, ok := Price(5000).TickDistance(p); ok || n != 0 {
			t.Errorf("to %d: %d ticks", uint16(p), n)
		}
	}
	if n, ok := Price(5000).TickDistance(5001); ok || n != 0 {
		t.Errorf("to a price that is no tick: %d", n)
	}
}

func TestTickDecimal(t *testing.T) {
	n := 0
	eachPrice(func(p Price) {
		d, ok := p.TickDecimal()
		if !p.IsTick() {
			if ok || d != 0 || p.TickString() != "" || len(p.AppendTickFixed(nil)) != 0 {
				t.Fatalf("%d has odds %v on the ladder", uint16(p), d)
			}
			return
		}
		n++
		if got, err := d.Price(HalfEven); !ok || err != nil || got != p {
			t.Fatalf("%d has odds %v, which are %d, %v", uint16(p), d, uint16(got), err)
		}
		fixed := string(p.AppendTickFixed(nil))
		if got, err := ParseDecimal(fixed); err != nil || got != d {
			t.Fatalf("%d is written %q", uint16(p), fixed)
		}
		// Of the zeros behind the point all go but one straight behind it.
		short := fixed
		for strings.Contains(short, ".") && strings.HasSuffix(short, "0") && !strings.HasSuffix(short, ".0") {
			short = strings.TrimSuffix(short, "0")
		}
		if got := p.TickString(); got != short {
			t.Fatalf("%d is written %q, want %q", uint16(p), got, short)
		}
	})
	if n != TickCount {
		t.Errorf("%d ticks", n)
	}
	for p, want := range map[Price][2]string{
		9999: {"1.0001", "1.0001"},
		9091: {"1.1", "1.10"},
		7812: {"1.28", "1.28"},
		5000: {"2.0", "2.00"},
		2500: {"4.0", "4.00"},
		2439: {"4.1", "4.1"},
		500:  {"20.0", "20.0"},
		476:  {"21", "21"},
		1:    {"10000", "10000"},
	} {
		if got := [2]string{p.TickString(), string(p.AppendTickFixed(nil))}; got != want {
			t.Errorf("%d is written %q, want %q", uint16(p), got, want)
		}
	}
}

func TestTickProperties(t *testing.T) {
	properties := gopter.NewProperties(nil)
	price := gen.UInt16Range(1, 9999).Map(func(n uint16) Price { return Price(n) })
	steps := gen.IntRange(-TickCount, TickCount)
	properties.Property("there and back is where one was, if that is a tick", prop.ForAll(
		func(p Price, n int) bool {
			there, ok := p.MoveTicks(n)
			if !ok || !p.IsTick() {
				return true
			}
			back, ok := there.MoveTicks(-n)
			return ok && back == p
		}, price, steps))
	properties.Property("two moves one way are one", prop.ForAll(
		func(p Price, m, n int) bool {
			if (m < 0) != (n < 0) || m == 0 || n == 0 {
				return true
			}
			one, ok := p.MoveTicks(m)
			two, okTwo := one.MoveTicks(n)
			both, okBoth := p.MoveTicks(m + n)
			return both == two && okBoth == (ok && okTwo)
		}, price, steps, steps))
	properties.TestingRun(t)
}

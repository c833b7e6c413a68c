package odds

import "iter"

// TicksAbove returns the ticks above p, ascending. Like the other iterators it takes
// p as a bound, which need not be a tick nor even a price: TicksAbove(0) are all ticks.
func TicksAbove(p Price) iter.Seq[Price] { return ticksUp(floorTick(p) + 1) }

// TicksFrom returns the ticks at or above p, ascending.
func TicksFrom(p Price) iter.Seq[Price] { return ticksUp(ceilingTick(p)) }

// TicksBelow returns the ticks below p, descending.
func TicksBelow(p Price) iter.Seq[Price] { return ticksDown(ceilingTick(p) - 1) }

// TicksDownFrom returns the ticks at or below p, descending.
func TicksDownFrom(p Price) iter.Seq[Price] { return ticksDown(floorTick(p)) }

func ticksUp(first int) iter.Seq[Price] {
	return func(yield func(Price) bool) {
		for i := first; i < TickCount && yield(ladder.price[i]); i++ {
		}
	}
}

func ticksDown(first int) iter.Seq[Price] {
	return func(yield func(Price) bool) {
		for i := first; i >= 0 && yield(ladder.price[i]); i-- {
		}
	}
}

package odds

// Snap returns the nearest tick that is equal to p or worse for side: at or above
// p for a buyer, at or below p for a seller. A tick stays where it is. ok is
// false if p or side is invalid.
func (p Price) Snap(side Side) (tick Price, ok bool) { return p.SnapOut(side, 0) }

// SnapOut snaps p for side and moves it out by n more ticks, which are worse
// still for side. ok is false if the ladder ends before, if n is negative, or if p
// or side is invalid.
func (p Price) SnapOut(side Side, n int) (tick Price, ok bool) {
	if !p.Valid() || n < 0 || n > TickCount {
		return 0, false
	}
	switch side {
	case Buy:
		return TickAt(ceilingTick(p) + n)
	case Sell:
		return TickAt(floorTick(p) - n)
	}
	return 0, false
}

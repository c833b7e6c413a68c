package odds

// TickAt returns the tick with index i, counted from 0, the lowest price, to
// TickCount-1, the highest.
func TickAt(i int) (p Price, ok bool) {
	if uint(i) >= TickCount {
		return 0, false
	}
	return ladder.price[i], true
}

// TickIndex returns which tick p is, for TickAt. ok is false if p is not a tick.
func (p Price) TickIndex() (i int, ok bool) {
	i = ceilingTick(p)
	if i == TickCount || ladder.price[i] != p {
		return 0, false
	}
	return i, true
}

// IsTick reports whether p is on the tick ladder.
func (p Price) IsTick() bool {
	_, ok := p.TickIndex()
	return ok
}

// NextTick returns the lowest tick above p, which need not be a tick itself. ok is
// false if there is none or p is invalid.
func (p Price) NextTick() (tick Price, ok bool) { return p.MoveTicks(1) }

// PreviousTick returns the highest tick below p, which need not be a tick itself.
// ok is false if there is none or p is invalid.
func (p Price) PreviousTick() (tick Price, ok bool) { return p.MoveTicks(-1) }

// MoveTicks returns the tick n ticks above p, or -n below it if n is negative. If p
// lies between two ticks, 1 is the tick above, -1 the tick below, and 0 is none.
// ok is false if there is no such tick or p is invalid.
func (p Price) MoveTicks(n int) (tick Price, ok bool) {
	if !p.Valid() || n < -TickCount || n > TickCount {
		return 0, false
	}
	switch i := ceilingTick(p); {
	case ladder.price[i] == p || n < 0:
		return TickAt(i + n)
	case n > 0:
		return TickAt(i + n - 1)
	}
	return 0, false
}

// TickDistance returns how many ticks away tick is from p: the n for which
// p.MoveTicks(n) is tick. ok is false if tick is not a tick or p is invalid.
func (p Price) TickDistance(tick Price) (n int, ok bool) {
	to, ok := tick.TickIndex()
	if !ok || !p.Valid() {
		return 0, false
	}
	from := ceilingTick(p)
	if ladder.price[from] != p && to >= from {
		return to - from + 1, true
	}
	return to - from, true
}

// TickDecimal returns the odds that the ladder has for p, of which p is the
// nearest price: 1.28 for 7812, where ExactDecimal says 1.2801. ok is false if p
// is not a tick; Decimal is for those who take any price.
func (p Price) TickDecimal() (d Decimal, ok bool) {
	i, ok := p.TickIndex()
	if !ok {
		return 0, false
	}
	return ladder.decimal[i], true
}

// TickString returns the odds that the ladder has for p, in the exchange's short
// form: "1.1", "4.0", "20.0", "21". It is empty if p is not a tick.
func (p Price) TickString() string {
	var buf [stringBytes]byte
	return string(p.AppendTick(buf[:0]))
}

// AppendTick appends what TickString returns.
func (p Price) AppendTick(dst []byte) []byte {
	i, ok := p.TickIndex()
	if !ok {
		return dst
	}
	return appendFixed(dst, uint64(ladder.decimal[i]), decimalPlaces, min(1, int(ladder.places[i])))
}

// AppendTickFixed appends the odds that the ladder has for p with as many places
// as all odds of that size have: "1.10", "4.00", "20.0", "21". It appends nothing
// if p is not a tick.
func (p Price) AppendTickFixed(dst []byte) []byte {
	i, ok := p.TickIndex()
	if !ok {
		return dst
	}
	return appendFixed(dst, uint64(ladder.decimal[i]), decimalPlaces, int(ladder.places[i]))
}

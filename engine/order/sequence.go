package order

// window remembers which account sequences were applied, the newest ones one by one.
type window struct {
	bits [windowBits / 64]uint64
	base uint64 // added to account sequences: it grows when the exchange restarts them
	high uint64 // newest stamp
}

// freshness says whether a stamp was seen.
type freshness uint8

const (
	fresh freshness = iota
	repeated
	tooOld
)

// stamp returns the order of a message among all: its account sequence, or the newest one if it has none.
func (w *window) stamp(sequence uint64) uint64 {
	if sequence == 0 {
		return max(w.high, 1)
	}
	return w.base + sequence
}

// add notes a stamp.
func (w *window) add(s uint64) freshness {
	if s > w.high {
		w.forget(s)
		w.high = s
	} else if w.high-s >= windowBits {
		return tooOld
	}
	word, bit := &w.bits[s/64%uint64(len(w.bits))], uint64(1)<<(s%64)
	if *word&bit != 0 {
		return repeated
	}
	*word |= bit
	return fresh
}

// forget clears the bits from the newest stamp to s.
func (w *window) forget(s uint64) {
	if s-w.high >= windowBits {
		clear(w.bits[:])
		return
	}
	for at := w.high + 1; at <= s; {
		if at%64 == 0 && s-at >= 63 {
			w.bits[at/64%uint64(len(w.bits))] = 0
			at += 64
			continue
		}
		w.bits[at/64%uint64(len(w.bits))] &^= 1 << (at % 64)
		at++
	}
}

// restart makes every later stamp newer than all before.
func (w *window) restart() { w.base = w.high }

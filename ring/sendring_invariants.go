package ring

import "fmt"

// invariants returns what is broken in the ring's own order, or nil. Tests
// call it after every operation.
func (f *SendRing) invariants() error {
	if f.block == nil {
		return nil
	}
	size := f.mask + 1
	if f.low > f.sent || f.sent > f.head {
		return fmt.Errorf("order: low %d, sent %d, head %d", f.low, f.sent, f.head)
	}
	if f.waiting < 0 || f.waiting > f.count || f.count > len(f.index) || len(f.index) > f.records {
		return fmt.Errorf("order: waiting %d, count %d, index %d", f.waiting, f.count, len(f.index))
	}
	if (f.unsent == 0) != (f.sent == f.head) || f.unsent < 0 {
		return fmt.Errorf("unsent %d, sent %d, head %d", f.unsent, f.sent, f.head)
	}
	if f.waiting > 0 && f.unsent == 0 {
		return fmt.Errorf("waiting %d, nothing unsent", f.waiting)
	}
	if f.edge > f.head {
		return fmt.Errorf("edge %d beyond head %d", f.edge, f.head)
	}

	// The unsent stream: one run, or two with the block's end between.
	unsent := f.head - f.sent
	if f.sent < f.edge {
		blockEnd := (f.edge + f.mask) &^ f.mask
		if f.head <= blockEnd || blockEnd-f.sent > size || f.head-blockEnd > size {
			return fmt.Errorf("two runs: sent %d, edge %d, head %d", f.sent, f.edge, f.head)
		}
		unsent = (f.edge - f.sent) + (f.head - blockEnd)
	} else if f.unsent > 0 && f.sent&^f.mask != (f.head-1)&^f.mask {
		return fmt.Errorf("one run over the block's end: sent %d, head %d", f.sent, f.head)
	}
	if unsent != uint64(f.unsent) {
		return fmt.Errorf("unsent %d, by position %d", f.unsent, unsent)
	}

	// Nothing that matters is further back than one block.
	live := f.head
	if f.unsent > 0 {
		live = f.floor()
	}
	if f.count > 0 {
		live = min(live, f.oldest().at)
	}
	if f.low > live || f.head-live > size {
		return fmt.Errorf("low %d, live from %d, head %d", f.low, live, f.head)
	}
	if f.reserved > 0 {
		end := f.start + uint64(f.reserved)
		if f.start < f.head || f.start&^f.mask != (end-1)&^f.mask || live < f.head && end-live > size {
			return fmt.Errorf("reserved %d..%d, live from %d, head %d", f.start, end, live, f.head)
		}
	}

	// The index: whole frames, in order, waiting after written.
	at := live
	for i := range uint64(f.count) {
		seq := f.next - uint64(f.count) + i
		s := f.slot(seq)
		waits := i >= uint64(f.count-f.waiting)
		switch {
		case s.rec.Seq != seq:
			return fmt.Errorf("index has sequence %d at %d", s.rec.Seq, seq)
		case s.at < at || s.n == 0 || s.end() > f.head || s.at&^f.mask != (s.end()-1)&^f.mask:
			return fmt.Errorf("sequence %d at %d..%d, after %d, head %d", seq, s.at, s.end(), at, f.head)
		case waits != (s.end() > f.sent) || waits && s.state != NotSent:
			return fmt.Errorf("sequence %d at %d..%d, sent %d, waits %t, %v", seq, s.at, s.end(), f.sent, waits,
				s.state)
		}
		at = s.end()
	}
	return nil
}

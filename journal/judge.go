package journal

// A place without a record is the end of a segment, or damage. The difference is decided like this.
//
// The writer appends, so that a process that is killed leaves a prefix: nothing that is valid lies behind the first
// place that is not. If something valid does lie behind it, the place is damaged, with one exception: after a power cut
// blocks may be missing of what was not yet durable, while later ones were written. Such a block reads as zeros from
// where it was not yet durable, since the file was claimed in advance; and no record behind it says that all before it
// was durable, for the writer says so in the first record after each sync. That is an end, too.
//
// Whoever changes bytes of the very last record makes an end that cannot be told from one that was not written
// completely, unless the segment is sealed, or not the last one: those have to be whole.

// verdict is what is at a place without a record.
type verdict struct {
	torn    int64 // bytes from there to the last that is not zero
	damaged bool
}

// judge finds out what lies at the scanner's offset, where there is no record.
func (s *scanner) judge() (v verdict, err error) {
	end, err := s.lastByte(s.off)
	if err != nil {
		return v, err
	}
	v.torn = max(end+1-s.off, 0)
	budget := searchBytesRatio * s.size
	at, hole, err := s.search(s.off, end, &budget)
	if err != nil || at < 0 {
		v.damaged = budget < 0
		return v, err
	}
	if !hole {
		v.damaged = true
		return v, nil
	}
	for at >= 0 {
		b, err := s.parse(at)
		switch {
		case err != nil:
			return v, err
		case b == nil:
			if at, _, err = s.search(at+8, end, &budget); err != nil {
				return v, err
			}
			continue
		case b[atMarks]&markSynced != 0:
			v.damaged = true
			return v, nil
		}
		at += int64(len(b))
	}
	v.damaged = budget < 0
	return v, nil
}

// search returns the offset of the first record at or behind an offset, or -1, and whether a block of zeros lies
// before it. budget is how many bytes it may check; it is negative if that was not enough.
func (s *scanner) search(from, end int64, budget *int64) (at int64, hole bool, err error) {
	zeros := from // begin of the zeros that end at at
	for at = from; at <= end; at += 8 {
		b, err := s.view(at, header)
		if err != nil || len(b) < header {
			return -1, hole, err
		}
		if le.Uint64(b) == 0 {
			continue
		}
		if zeros == from {
			hole = at >= from&^(blockBytes-1)+blockBytes // the rest of the first block
		} else {
			block := (zeros + blockBytes - 1) &^ (blockBytes - 1)
			hole = hole || block+blockBytes <= at
		}
		if size, ok := usableHeader(b, s.size-at); ok && le.Uint64(b[atSeq:])-s.last < seqSpan {
			if *budget -= int64(size); *budget < 0 {
				return -1, hole, nil
			}
			if b, err := s.parse(at); err != nil || b != nil {
				return at, hole, err
			}
		}
		zeros = at + 8
	}
	return -1, hole, nil
}

// lastByte returns the offset of the last byte that is not zero, from an offset on, or -1.
func (s *scanner) lastByte(from int64) (last int64, err error) {
	last = -1
	for at := from; at < s.size; {
		b, err := s.view(at, int(min(readBytes, s.size-at)))
		if err != nil || len(b) == 0 {
			return last, err
		}
		for i := len(b) - 1; i >= 0; i-- {
			if b[i] != 0 {
				last = at + int64(i)
				break
			}
		}
		at += int64(len(b))
	}
	return last, nil
}

// seqSpan is how far ahead of the last record a later one of the same segment may be: the records that do not fit a
// segment were lost.
const seqSpan = 1 << 40

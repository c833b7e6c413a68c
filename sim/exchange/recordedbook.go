package exchange

// recordedSide is what a recording shows of one side of a contract, without orders of ours. Keys are those of
// [ladder].
type recordedSide struct {
	levels []recordedLevel // best first
	floor  uint32          // the lowest visible key; nothing is known of those below
}

// recordedLevel is one level.
type recordedLevel struct {
	key      uint32
	quantity uint64 // as recorded
	consumed uint64 // of that, taken by us
}

// free returns what there is to take.
func (l *recordedLevel) free() uint64 { return l.quantity - min(l.consumed, l.quantity) }

// find returns a level, nil if it has no quantity or was never visible.
func (s *recordedSide) find(key uint32) *recordedLevel {
	for i := range s.levels {
		if k := s.levels[i].key; k <= key {
			if k == key {
				return &s.levels[i]
			}
			return nil
		}
	}
	return nil
}

// free returns what there is to take at a key.
func (s *recordedSide) free(key uint32) uint64 {
	if l := s.find(key); l != nil && key >= s.floor {
		return l.free()
	}
	return 0
}

// set sets a level's quantity. Of a level that is set anew nothing is known of before. It returns the quantity before,
// and reports whether there was something to take: then there still is, unless the quantity is 0.
func (s *recordedSide) set(key uint32, quantity uint64, anew bool) (before uint64, left bool) {
	i := 0
	for i < len(s.levels) && s.levels[i].key > key {
		i++
	}
	if i < len(s.levels) && s.levels[i].key == key {
		l := &s.levels[i]
		if before, left = l.quantity, true; l.consumed > 0 {
			left = l.change(quantity, anew)
		}
		if l.quantity = quantity; quantity == 0 {
			s.levels = append(s.levels[:i], s.levels[i+1:]...)
		}
	} else if quantity > 0 {
		s.levels = append(s.levels, recordedLevel{})
		copy(s.levels[i+1:], s.levels[i:])
		s.levels[i] = recordedLevel{key: key, quantity: quantity}
	}
	return before, left
}

// change finds out what is consumed of a level that gets another quantity. What has left it is what we have taken, as
// far as there is such: only what was added can be taken again. It reports what set does.
func (l *recordedLevel) change(quantity uint64, anew bool) (left bool) {
	left = l.free() > 0
	if l.consumed -= min(l.consumed, l.quantity-min(l.quantity, quantity)); anew {
		l.consumed = 0
	}
	return left
}

// forget drops the levels below a key but those that keep says.
func (s *recordedSide) forget(below uint32, keep func(key uint32) bool) {
	n := len(s.levels)
	for n > 0 && s.levels[n-1].key < below {
		n--
	}
	kept := s.levels[:n]
	for _, l := range s.levels[n:] {
		if keep(l.key) {
			kept = append(kept, l)
		}
	}
	s.levels = kept
}

// total returns what the book shows at a key of a side: our orders and what is recorded.
func (c *contract) total(side int, key uint32) uint64 {
	n := c.sides[side].quantity(key)
	if c.recorded != nil {
		n += c.recorded[side].free(key)
	}
	return n
}

// recordedWindow copies the best levels of a recorded contract's side into buf.windows.
func (x *Exchange) recordedWindow(c *contract, side int) {
	book, recorded := &c.sides[side], &c.recorded[side]
	w := x.buf.windows[side][:0]
	own, floor := book.best(), recorded.floor
	for i := range recorded.levels {
		l := &recorded.levels[i]
		if l.key < floor {
			break
		}
		free := l.free()
		if free == 0 {
			continue
		}
		for own > l.key && len(w) < x.depth {
			w = append(w, shownLevel{key: own, quantity: book.quantity(own)})
			own = book.below(own)
		}
		if len(w) == x.depth {
			break
		}
		if own == l.key {
			free += book.quantity(own)
			own = book.below(own)
		}
		w = append(w, shownLevel{key: l.key, quantity: free})
	}
	for own > 0 && len(w) < x.depth {
		w = append(w, shownLevel{key: own, quantity: book.quantity(own)})
		own = book.below(own)
	}
	x.buf.windows[side] = w
}

package wire

// Mark is where the frames that [Buffer.Since] returns begin.
type Mark int

// markLarge is behind a frame that the block could not hold.
const markLarge Mark = BlockBytesMax + 1

// Mark returns a mark behind what Next has taken. Free, Reset and Close end its validity.
func (b *Buffer) Mark() Mark {
	switch {
	case b.large.taken:
		return markLarge
	case b.err != nil:
		return Mark(len(b.judged))
	}
	return Mark(b.read)
}

// Since returns the bytes that Next has taken since a mark: whole frames as they arrived, headers and padding
// included. After a [FrameError] they end with the bytes of the header that was refused. The slice is valid as long as
// the payloads are.
func (b *Buffer) Since(m Mark) []byte {
	taken := b.judged
	switch {
	case b.large.taken:
		if m == markLarge {
			return nil
		}
		return b.large.frame()
	case b.err == nil:
		taken = b.block[:b.read]
	}
	return taken[m:len(taken):len(taken)]
}

// refused returns how many bytes of a header lead to its refusal.
func refused(b []byte, limits Limits) int {
	for n := 1; n < len(b); n++ {
		if _, _, err := parseHeader(b[:n], limits); err != nil {
			return n
		}
	}
	return len(b)
}

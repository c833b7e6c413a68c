package wire

// Mark is a place in what [Buffer.Next] has taken, for [Buffer.Between].
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

// Between returns the bytes that Next has taken between two marks: whole frames as they arrived, headers and padding
// included. After a [FrameError] they end with the bytes of the header that was refused. The slice is valid as long as
// the payloads are.
func (b *Buffer) Between(from, to Mark) []byte {
	switch {
	case from == to:
		return nil
	case b.large.taken:
		return b.large.frame()
	case b.err != nil:
		return b.judged[from:to:to]
	}
	return b.block[from:to:to]
}

// judge keeps for Between what leads to the refusal of the header at the front: the bytes up to the first that does.
func (b *Buffer) judge() {
	end := b.read + 1
	for ; end < b.filled; end++ {
		if _, _, err := parseHeader(b.block[b.read:end], b.limits); err != nil {
			break
		}
	}
	b.judged = b.block[:end]
}

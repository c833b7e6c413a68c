package msg

// scratchBytes is the longest payload that is copied to where there is slack behind it.
const scratchBytes = 2 << 10

// scratch is memory for a payload and slack behind it. It holds nothing between decodes.
type scratch [scratchBytes + SlackBytes]byte

// withSlack copies b to memory with slack behind it and returns a pointer to that, nil if b is too long.
// Text is cut from b, never from the copy.
func (m *Payload) withSlack(b []byte) *byte {
	if len(b) > scratchBytes {
		return nil
	}
	copy(m.scratch[:], b)
	return &m.scratch[0]
}

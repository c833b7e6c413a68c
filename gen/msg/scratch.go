package msg

// scratchBytes is the longest payload that is copied to where there is slack behind it.
const scratchBytes = 2 << 10

// scratch is memory for a payload with slack behind it. The content means nothing between decodes.
type scratch [scratchBytes + SlackBytes]byte

// withSlack returns where b can be read with slack behind it: in a copy, or nil if it is too long.
// Text is cut from b, never from the copy.
func (m *Payload) withSlack(b []byte) *byte {
	if len(b) > scratchBytes {
		return nil
	}
	copy(m.scratch[:], b)
	return &m.scratch[0]
}

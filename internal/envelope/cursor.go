package envelope

import "github.com/smk-go/smk/internal/varint"

// cursor walks the fields of a message. The first failure sticks and empties the
// source: everything read after it is zero, and there is no more.
type cursor struct {
	b  []byte // the message, from the front of the payload
	at int    // the next byte

	// The current field.
	start int // where its tag starts
	num   uint32
	typ   uint8

	err *Error
}

func (c *cursor) more() bool { return c.at < len(c.b) }

func (c *cursor) fail(kind error, offset int) {
	if c.err == nil {
		c.err = &Error{Kind: kind, Offset: offset}
	}
	c.b, c.at, c.num, c.typ = nil, 0, 0, varint.TypeVarint
}

// varint reads a varint of at most 64 bits in at most ten bytes.
func (c *cursor) varint() uint64 {
	v, next := varint.Read(c.b, c.at)
	switch next {
	case varint.Truncated:
		c.fail(ErrTruncated, c.at)
	case varint.Overflow:
		c.fail(ErrVarint, c.at)
	default:
		c.at = next
	}
	return v
}

// tag reads the next tag into start, num and typ.
func (c *cursor) tag() {
	start := c.at
	v := c.varint()
	if num := v >> 3; num < 1 || num > varint.NumberMaxInGroup {
		c.fail(ErrFieldNumber, start)
		return
	}
	c.start, c.num, c.typ = start, uint32(v>>3), uint8(v&7)
}

// field reads the tag of a message's next field and returns its number, 0 after
// a failure.
func (c *cursor) field() uint32 {
	c.tag()
	if c.num > varint.NumberMax {
		c.fail(ErrFieldNumber, c.start)
	}
	return c.num
}

// varintValue reads the current field, which must be a varint.
func (c *cursor) varintValue() uint64 {
	if c.typ != varint.TypeVarint {
		c.fail(ErrWireType, c.start)
		return 0
	}
	return c.varint()
}

// end reads the length of the current field and returns where the field ends.
func (c *cursor) end() int {
	start := c.at
	length := c.varint()
	if length > uint64(len(c.b)-c.at) {
		c.fail(ErrTruncated, start)
		return 0
	}
	return c.at + int(length)
}

// enter limits the cursor to the current field, which must be a message, and
// returns what leave needs to lift the limit.
func (c *cursor) enter() (whole []byte) {
	if c.typ != varint.TypeBytes {
		c.fail(ErrWireType, c.start)
		return nil
	}
	end := c.end()
	whole, c.b = c.b, c.b[:end]
	return whole
}

func (c *cursor) leave(whole []byte) {
	if c.err == nil {
		c.b = whole
	}
}

// skip passes over the current field.
func (c *cursor) skip() {
	switch c.typ {
	case varint.TypeVarint:
		c.varint()
	case varint.TypeFixed64:
		c.skipFixed(8)
	case varint.TypeBytes:
		c.at = c.end()
	case varint.TypeStartGroup:
		c.skipGroup()
	case varint.TypeEndGroup:
		c.fail(ErrEndGroup, c.start)
	case varint.TypeFixed32:
		c.skipFixed(4)
	default:
		c.fail(ErrWireType, c.start)
	}
}

func (c *cursor) skipFixed(n int) {
	if len(c.b)-c.at < n {
		c.fail(ErrTruncated, c.at)
		return
	}
	c.at += n
}

// skipGroup passes over a group whose start is the current field. Its nesting
// lives in an array, so that a peer cannot make us recurse.
func (c *cursor) skipGroup() {
	var open [varint.GroupDepthMax]uint32 // numbers of the open groups
	open[0] = c.num
	for depth := 1; depth > 0; {
		c.tag()
		switch {
		case c.err != nil:
			return
		case c.typ == varint.TypeStartGroup && depth == varint.GroupDepthMax:
			c.fail(ErrGroupDepth, c.start)
		case c.typ == varint.TypeStartGroup:
			open[depth] = c.num
			depth++
		case c.typ == varint.TypeEndGroup && c.num == open[depth-1]:
			depth--
		default:
			c.skip() // an end that does not match fails here
		}
	}
}

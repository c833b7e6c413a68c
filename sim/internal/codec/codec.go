// Package codec reads and writes the simulator's state. One function per type describes its fields; a [Coder] that
// writes appends them, one that reads checks and sets them, so that both directions cannot differ.
//
// Numbers are varints. What is read is hostile: every count and string has a limit, a count is at most the bytes that
// are left, and the first error ends the reading: later calls change nothing.
package codec

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
)

// Error reports a state that cannot be read.
type Error struct {
	Offset int    // in the state, where it was noticed
	Text   string // what is wrong
}

func (e *Error) Error() string { return fmt.Sprintf("sim: state, byte %d: %s", e.Offset, e.Text) }

// Coder writes or reads a state.
type Coder struct {
	buf     []byte
	at      int
	reading bool
	err     error
}

// Writer returns a Coder that appends to b.
func Writer(b []byte) *Coder { return &Coder{buf: b} }

// Reader returns a Coder that reads b.
func Reader(b []byte) *Coder { return &Coder{buf: b, reading: true} }

// Reading reports whether the Coder reads.
func (c *Coder) Reading() bool { return c.reading }

// Bytes returns what was written.
func (c *Coder) Bytes() []byte { return c.buf }

// Failed reports whether the reading has failed.
func (c *Coder) Failed() bool { return c.err != nil }

// Err returns the first error, an [*Error].
func (c *Coder) Err() error { return c.err }

// Fail notes an error if it is the first.
func (c *Coder) Fail(format string, args ...any) {
	if c.err == nil {
		c.err = &Error{c.at, fmt.Sprintf(format, args...)}
	}
}

// End checks that nothing is left to be read.
func (c *Coder) End() {
	if c.reading && c.err == nil && c.at != len(c.buf) {
		c.Fail("%d bytes follow the end", len(c.buf)-c.at)
	}
}

// uint writes v, or returns the number that is read.
func (c *Coder) uint(v uint64) uint64 {
	if !c.reading {
		c.buf = binary.AppendUvarint(c.buf, v)
		return v
	}
	if c.err != nil {
		return 0
	}
	v, n := binary.Uvarint(c.buf[c.at:])
	if n <= 0 {
		c.Fail("a number is cut off or too long")
		return 0
	}
	c.at += n
	return v
}

// Uint is an unsigned number of at most limit.
func Uint[T ~uint8 | ~uint16 | ~uint32 | ~uint64](c *Coder, v *T, limit uint64) {
	n := c.uint(uint64(*v))
	if !c.reading || c.err != nil {
		return
	}
	if n > limit || uint64(T(n)) != n {
		c.Fail("%d is above %d", n, limit)
		return
	}
	*v = T(n)
}

// Int is a signed number, least to most.
func Int[T ~int | ~int32 | ~int64](c *Coder, v *T, least, most int64) {
	n := int64(*v)
	n = int64(c.uint(uint64(n)<<1 ^ uint64(n>>63)))
	if !c.reading || c.err != nil {
		return
	}
	n = int64(uint64(n)>>1) ^ -(n & 1)
	if n < least || n > most || int64(T(n)) != n {
		c.Fail("%d is not %d to %d", n, least, most)
		return
	}
	*v = T(n)
}

// Bool is a truth value.
func Bool(c *Coder, v *bool) {
	var n uint8
	if *v {
		n = 1
	}
	Uint(c, &n, 1)
	if c.reading && c.err == nil {
		*v = n == 1
	}
}

// String is a text of at most limit bytes.
func String(c *Coder, v *string, limit int) {
	n := Count(c, len(*v), limit)
	if !c.reading {
		c.buf = append(c.buf, *v...)
		return
	}
	if c.err == nil {
		*v = string(c.buf[c.at : c.at+n])
		c.at += n
	}
}

// Count is the length of a list whose elements take a byte or more each. It returns n, or what is read.
func Count(c *Coder, n, limit int) int {
	v := c.uint(uint64(n))
	if !c.reading {
		return n
	}
	if c.err != nil {
		return 0
	}
	if v > uint64(limit) || v > uint64(len(c.buf)-c.at) {
		c.Fail("a length of %d is above %d, or above the %d bytes left", v, limit, len(c.buf)-c.at)
		return 0
	}
	return int(v)
}

// Same is something that must be as it is written: the reader refuses anything else.
func Same(c *Coder, have string, what string) {
	got := have
	String(c, &got, len(c.buf)+len(have))
	if c.reading && c.err == nil && got != have {
		c.Fail("%s is %q, and %q in the configuration", what, got, have)
	}
}

// sourceBytes is the length of a written source of random numbers.
const sourceBytes = 20

// Source is a source of random numbers.
func Source(c *Coder, s *rand.PCG) {
	b, err := s.MarshalBinary()
	if err != nil || len(b) != sourceBytes {
		panic("BUG: sim: a source of random numbers is written otherwise")
	}
	text := string(b)
	String(c, &text, sourceBytes)
	if c.reading && c.err == nil {
		if err := s.UnmarshalBinary([]byte(text)); err != nil {
			c.Fail("the source of random numbers: %v", err)
		}
	}
}

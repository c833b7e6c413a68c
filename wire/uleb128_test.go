package wire

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
)

func TestHeader(t *testing.T) {
	for _, c := range []struct {
		n    int
		want string
	}{
		{0, "00"},
		{1, "01"},
		{127, "7f"},
		{128, "80 01"},
		{16383, "ff 7f"},
		{16384, "80 80 01"},
		{624485, "e5 8e 26"},
		{1<<21 - 1, "ff ff 7f"},
		{1 << 21, "80 80 80 01"},
		{268435202, "82 fe ff 7f"},
		{1 << 28, "80 80 80 80 01"},
		{math.MaxInt32, "ff ff ff ff 07"},
	} {
		want := unhex(t, c.want)
		got := make([]byte, HeaderBytesMax)
		n := putHeader(got, c.n)
		if !bytes.Equal(got[:n], want) || headerSize(c.n) != len(want) {
			t.Errorf("%d: header %x of size %d, want %x", c.n, got[:n], headerSize(c.n), want)
		}
	}
}

// All headers round trip, agree with encoding/binary, and may be made longer.
func TestHeaderProperties(t *testing.T) {
	properties := gopter.NewProperties(nil)
	properties.Property("what putHeader writes is read", prop.ForAll(
		func(n int, shift uint, more int) bool {
			n >>= shift
			header := make([]byte, HeaderBytesMax)
			size := putHeader(header, n)
			if v, k := binary.Uvarint(header); v != uint64(n) || k != size || headerSize(n) != size {
				return false
			}
			long := overlong(header[:size], min(more, HeaderBytesMax-size))
			limits := Limits{PayloadBytesMax: payloadBytesCeiling, HeaderBytesMax: HeaderBytesMax}
			got, length, err := parseHeader(append(long, 0xff, 0xff), limits)
			if n > payloadBytesCeiling {
				return err != nil && err.Kind == ErrFrameTooLong && err.Length <= uint64(n)
			}
			return err == nil && got == len(long) && length == n
		},
		gen.IntRange(0, math.MaxInt), gen.UIntRange(0, 62), gen.IntRange(0, HeaderBytesMax),
	))
	properties.Property("shortHeader agrees with parseHeader", prop.ForAll(
		func(b0, b1 byte) bool {
			size, length := shortHeader(b0, b1)
			wantSize, wantLength, err := parseHeader([]byte{b0, b1}, Limits{1 << 20, 10})
			return err == nil && size == wantSize && length == wantLength
		},
		gen.UInt8(), gen.UInt8(),
	))
	properties.TestingRun(t)
}

// overlong returns header with more bytes of zero groups behind its last.
func overlong(header []byte, more int) []byte {
	long := bytes.Clone(header)
	for range more {
		long[len(long)-1] |= 0x80
		long = append(long, 0)
	}
	return long
}

func TestNegativeLengthPanics(t *testing.T) {
	wantBug(t, "headerSize", func() { headerSize(-1) })
	wantBug(t, "putHeader", func() { putHeader(make([]byte, 16), -1) })
	wantBug(t, "frameSize", func() { frameSize(-1) })
}

package wire

import (
	"bytes"
	"errors"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
)

func TestFrameSize(t *testing.T) {
	for _, c := range []struct{ payload, frame int }{
		{0, 4}, {1, 4}, {2, 4}, {3, 4}, {4, 5}, {127, 128}, {128, 130}, {16383, 16385}, {16384, 16387},
	} {
		if got := frameSize(c.payload); got != c.frame {
			t.Errorf("%d: %d, want %d", c.payload, got, c.frame)
		}
	}
}

func TestAppendFrame(t *testing.T) {
	for _, c := range []struct{ payload, frame string }{
		{"", "00 00 00 00"},
		{"61", "01 61 00 00"},
		{"61 62", "02 61 62 00"},
		{"61 62 63", "03 61 62 63"},
		{"61 62 63 64", "04 61 62 63 64"},
	} {
		got := AppendFrame([]byte{9}, unhex(t, c.payload))
		if !bytes.Equal(got, append([]byte{9}, unhex(t, c.frame)...)) {
			t.Errorf("%s: %x, want 09 and %s", c.payload, got, c.frame)
		}
	}
}

// PutFrame, AppendFrame and enclose write the same bytes and touch no others, and
// Scan takes them apart again.
func TestFrameProperties(t *testing.T) {
	properties := gopter.NewProperties(nil)
	properties.Property("three ways, one frame", prop.ForAll(
		func(size int, shift uint, dirt byte) bool {
			size >>= shift
			payload := bytes.Repeat([]byte{dirt ^ 0x55}, size)
			want := AppendFrame(nil, payload)

			n, frame, err := Measure(raw(payload))
			if err != nil || n != size || frame != len(want) {
				return false
			}
			around := bytes.Repeat([]byte{dirt}, frame+8)
			if err := PutFrame(around[4:4+frame], raw(payload), size); err != nil || !framed(around, want, dirt) {
				return false
			}
			around = bytes.Repeat([]byte{dirt}, frame+8)
			window := enclose(around[4:4+frame], size)
			if len(window) != size || cap(window) != size {
				return false
			}
			copy(window, payload)
			if !framed(around, want, dirt) {
				return false
			}
			got, n, err := Scan(want, Limits{})
			return err == nil && n == len(want) && bytes.Equal(got, payload)
		},
		gen.IntRange(0, OutboundBytesMax), gen.UIntRange(0, 17), gen.UInt8(),
	))
	properties.TestingRun(t)
}

// framed reports whether around holds want between four bytes of dirt each.
func framed(around, want []byte, dirt byte) bool {
	edge := bytes.Repeat([]byte{dirt}, 4)
	return bytes.Equal(around, append(append(bytes.Clone(edge), want...), edge...))
}

// liar is a Marshaler that does not keep its word.
type liar struct {
	size, wrote int
	err         error
}

func (l liar) SizeVT() int { return l.size }

func (l liar) MarshalToSizedBufferVT([]byte) (int, error) { return l.wrote, l.err }

func TestPutFrameRefuses(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name string
		m    liar
		want MarshalError
	}{
		{"less than promised", liar{5, 4, nil}, MarshalError{5, 4, nil}},
		{"more than promised", liar{5, 6, nil}, MarshalError{5, 6, nil}},
		{"an error", liar{5, 0, broken}, MarshalError{5, 0, broken}},
		{"an error and all bytes", liar{5, 5, broken}, MarshalError{5, 5, broken}},
	} {
		err := PutFrame(make([]byte, frameSize(5)), c.m, 5)
		var got *MarshalError
		if !errors.As(err, &got) || *got != c.want || errors.Is(err, broken) != (c.m.err != nil) || got.Error() == "" {
			t.Errorf("%s: %v, want %v", c.name, err, &c.want)
		}
	}

	for _, size := range []int{OutboundBytesMax + 1, 1 << 30} {
		want := FrameError{ErrFrameTooLong, 0, uint64(size), OutboundBytesMax}
		_, _, measured := Measure(liar{size: size})
		for _, err := range []error{measured, PutFrame(nil, liar{}, size)} {
			var got *FrameError
			if !errors.As(err, &got) || *got != want || !errors.Is(err, ErrFrameTooLong) {
				t.Errorf("size %d: %v", size, err)
			}
		}
	}
	_, _, measured := Measure(liar{size: -1})
	for _, err := range []error{measured, PutFrame(nil, liar{}, -1)} {
		var got *MarshalError
		if !errors.As(err, &got) || *got != (MarshalError{Size: -1}) {
			t.Errorf("negative size: %v", err)
		}
	}
	if n, frame, err := Measure(raw(make([]byte, OutboundBytesMax))); err != nil || n != OutboundBytesMax ||
		frame != OutboundBytesMax+3 {
		t.Errorf("a payload as long as the limit: %d, %d, %v", n, frame, err)
	}
}

func TestRegionOfAnotherSizePanics(t *testing.T) {
	for _, n := range []int{0, 4, 6} {
		wantBug(t, "PutFrame", func() { _ = PutFrame(make([]byte, n), raw("1234"), 4) })
		wantBug(t, "enclose", func() { enclose(make([]byte, n), 4) })
	}
}

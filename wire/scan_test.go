package wire

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
)

func TestScan(t *testing.T) {
	for _, c := range []struct {
		block   string
		payload string
		n       int
	}{
		// Padding, and no padding.
		{"00 00 00 00", "", 4},
		{"01 61 00 00", "61", 4},
		{"02 61 62 00", "61 62", 4},
		{"03 61 62 63", "61 62 63", 4},
		{"03 61 62 63 99", "61 62 63", 4},
		{"04 61 62 63 64", "61 62 63 64", 5},
		{"01 61 ff ff", "61", 4}, // the content of padding is not looked at
		// Headers longer than they need be.
		{"80 80 00 00", "", 4},
		{"80 80 00", "", 0},
		{"81 00 61 00", "61", 4},
		{"82 80 00 61 62", "61 62", 5},
		{"80 80 80 80 80 80 80 80 80 00", "", 10},
		{"81 80 80 80 80 80 80 80 80 00 61", "61", 11},
		// Incomplete.
		{"", "", 0},
		{"00", "", 0},
		{"00 00 00", "", 0},
		{"02 61 62", "", 0},
		{"ff ff ff", "", 0},
		{"80 80 80 80", "", 0},
		{"80 80 80 80 80", "", 0},
		{"80 80 80 80 80 80 80 80 80", "", 0},
		{"04 61 62 63", "", 0},
		{"80 80 80 08 00", "", 0}, // 16 MiB announced
		{"81 80 80 80 80 80 80 80 80 00", "", 0},
	} {
		block := unhex(t, c.block)
		payload, n, err := Scan(block[:len(block):len(block)], Limits{})
		if err != nil || n != c.n || !bytes.Equal(payload, unhex(t, c.payload)) {
			t.Errorf("%s: %x, %d, %v", c.block, payload, n, err)
		}
		if cap(payload) != len(payload) {
			t.Errorf("%s: payload of %d bytes has capacity %d", c.block, len(payload), cap(payload))
		}
		if n == 0 != (payload == nil) {
			t.Errorf("%s: payload %#v with n = %d", c.block, payload, n)
		}
	}
}

func TestScanRefuses(t *testing.T) {
	for _, c := range []struct {
		block  string
		limits Limits
		want   FrameError
	}{
		{"81 80 80 08", Limits{}, FrameError{ErrFrameTooLong, 0, 16<<20 + 1, 16 << 20}},
		{"ff ff ff ff", Limits{}, FrameError{ErrFrameTooLong, 0, 1<<28 - 1, 16 << 20}}, // before the header ends
		{"80 80 80 80 01", Limits{}, FrameError{ErrFrameTooLong, 0, 1 << 28, 16 << 20}},
		{"80 80 80 80 80 80 80 80 80 01", Limits{}, FrameError{ErrFrameTooLong, 0, 1 << 63, 16 << 20}},
		{"80 80 80 80 80 80 80 80 80 02", Limits{}, FrameError{ErrFrameTooLong, 0, math.MaxUint64, 16 << 20}},
		{"81 80 80 80 80 80 80 80 80 7e", Limits{}, FrameError{ErrFrameTooLong, 0, math.MaxUint64, 16 << 20}},
		{"80 80 80 80 80 80 80 80 80 80", Limits{}, FrameError{ErrHeaderTooLong, 0, 0, 10}},
		{"81 80 80 80 80 80 80 80 80 80", Limits{}, FrameError{ErrHeaderTooLong, 0, 1, 10}},
		{"80 80 80 80 80 80 80 80 80 81", Limits{}, FrameError{ErrFrameTooLong, 0, 1 << 63, 16 << 20}},
		{"0b 61 61 61", Limits{PayloadBytesMax: 10}, FrameError{ErrFrameTooLong, 0, 11, 10}},
		{"80 01 61 61", Limits{PayloadBytesMax: 127}, FrameError{ErrFrameTooLong, 0, 128, 127}},
		{"81 80 80 80", Limits{HeaderBytesMax: 4}, FrameError{ErrHeaderTooLong, 0, 1, 4}},
	} {
		block := unhex(t, c.block)
		payload, n, err := Scan(block, c.limits)
		var got *FrameError
		if payload != nil || n != 0 || !errors.As(err, &got) || *got != c.want || !errors.Is(err, c.want.Kind) {
			t.Errorf("%s: %x, %d, %v, want %v", c.block, payload, n, err, &c.want)
		}
		// Less than four bytes are never judged, and each byte before the last is
		// needed.
		for i := range len(block) {
			if _, n, err := Scan(block[:i:i], c.limits); i < FrameBytesMin && (n != 0 || err != nil) {
				t.Errorf("%s: the first %d bytes give %d, %v", c.block, i, n, err)
			}
		}
	}
	if _, n, err := Scan([]byte{10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, Limits{PayloadBytesMax: 10}); n != 11 ||
		err != nil {
		t.Errorf("a payload as long as the limit: %d, %v", n, err)
	}
}

func TestFrameErrorText(t *testing.T) {
	err := &FrameError{ErrFrameTooLong, 1234, 99, 64}
	if got := err.Error(); got != "wire: frame too long: length 99, limit 64 bytes, at offset 1234 of the stream" {
		t.Error(got)
	}
}

// Scan and its twin agree on any bytes, and no byte beyond the block matters.
func TestScanProperties(t *testing.T) {
	properties := gopter.NewProperties(nil)
	properties.Property("one frame as the twin cuts it", prop.ForAll(
		func(front []byte, behind []byte, limit int) bool {
			limits := Limits{PayloadBytesMax: limit, HeaderBytesMax: 4 + limit%7}
			want := twinScan(front, limits)
			whole := append(bytes.Clone(front), behind...)
			block := whole[:len(front)]
			for consumed := 0; ; {
				payload, n, err := Scan(block[consumed:], limits)
				if err != nil || n == 0 {
					return consumed == want.consumed && errors.Is(err, want.kind)
				}
				if len(payload) > 0 {
					if len(want.payloads) == 0 || !bytes.Equal(payload, want.payloads[0]) ||
						cap(payload) != len(payload) {
						return false
					}
					want.payloads = want.payloads[1:]
				}
				consumed += n
			}
		},
		gen.SliceOf(gen.OneGenOf(gen.UInt8Range(0, 6), gen.UInt8Range(0x80, 0x82), gen.UInt8())),
		gen.SliceOfN(8, gen.UInt8()),
		gen.IntRange(1, 400),
	))
	properties.TestingRun(t)
}

package wire

import (
	"math/big"
	"testing"
)

// twinResult is what a stream holds, by the slow twin.
type twinResult struct {
	payloads [][]byte // without the empty ones
	empty    int
	consumed int   // bytes of whole frames
	kind     error // of the frame at consumed, or nil if that is incomplete
}

// twinScan is the readable reader of frames: one byte at a time, lengths without
// bounds.
func twinScan(stream []byte, limits Limits) (r twinResult) {
	limit := big.NewInt(int64(limits.PayloadBytesMax))
	for {
		rest := stream[r.consumed:]
		if len(rest) < 4 {
			return r
		}
		length, header, whole := new(big.Int), 0, false
		for !whole {
			if header == len(rest) {
				return r
			}
			c := rest[header]
			group := big.NewInt(int64(c & 127))
			length.Add(length, group.Lsh(group, uint(7*header)))
			header++
			if length.Cmp(limit) > 0 {
				r.kind = ErrFrameTooLong
				return r
			}
			whole = c < 128
			if !whole && header == limits.HeaderBytesMax {
				r.kind = ErrHeaderTooLong
				return r
			}
		}
		frame := header + int(length.Int64())
		payload := frame
		if frame < 4 {
			frame = 4
		}
		if frame > len(rest) {
			return r
		}
		if length.Sign() == 0 {
			r.empty++
		} else {
			r.payloads = append(r.payloads, rest[header:payload])
		}
		r.consumed += frame
	}
}

// The twin itself is held to the bytes that were written down by hand.
func TestTwin(t *testing.T) {
	r := twinScan([]byte{0, 0, 0, 0, 1, 'a', 0, 0, 0x83, 0, 'b', 'c', 'd', 0x80, 0x80, 0, 9}, Limits{100, 10})
	if len(r.payloads) != 2 || string(r.payloads[0]) != "a" || string(r.payloads[1]) != "bcd" ||
		r.empty != 2 || r.consumed != 17 || r.kind != nil {
		t.Errorf("%+v", r)
	}
}

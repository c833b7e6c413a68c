package msg

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestWord compares every word of inputs of every short length with its bytes, zeros behind the end.
func TestWord(t *testing.T) {
	block := bytes.Repeat([]byte{0xff}, 64) // what lies behind the end must not be seen
	for n := range 20 {
		b := block[: n : n+20]
		for i := range n {
			b[i] = byte(0x81 + i)
		}
		for i := range n {
			var want [wordBytes]byte
			copy(want[:], b[i:])
			if got := word(b, i); got != binary.LittleEndian.Uint64(want[:]) {
				t.Errorf("word %d of %d bytes is %#x, want %x", i, n, got, want)
			}
		}
		for i := range n {
			b[i] = 0xff
		}
	}
}

// TestShortVarints compares the readers of varints of a known length with varint.
func TestShortVarints(t *testing.T) {
	readers := [][]func(uint64) uint64{2: {two, eight}, 3: {three, eight}, 4: {four, eight}, 5: {eight}, 6: {eight}, 7: {eight}, 8: {eight}}
	r := rand.New(rand.NewPCG(1, 2))
	for n, all := range readers {
		for range 1000 {
			b := make([]byte, wordBytes)
			for i := range n {
				b[i] = byte(r.Uint32()) | 0x80
			}
			b[max(n-1, 0)] &= 0x7f
			want, _ := varint(b, 0)
			for k, read := range all {
				if got := read(binary.LittleEndian.Uint64(b)); got != want {
					t.Fatalf("reader %d of %x is %d, want %d", k, b, got, want)
				}
			}
		}
	}
}

// TestLong compares long with varint, over-long, overflowing and truncated ones included.
func TestLong(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200_000 {
		b := make([]byte, r.IntN(16))
		for i := range b {
			if b[i] = byte(r.Uint32()); r.IntN(8) > 0 {
				b[i] |= 0x80
			}
		}
		i := 0
		if len(b) > 0 {
			i = r.IntN(len(b))
		}
		want, wantNext := varint(b, i)
		if got, next := long(b, i); got != want || next != wantNext {
			t.Fatalf("long of %x at %d is %d, %d, want %d, %d", b, i, got, next, want, wantNext)
		}
	}
}

// TestLevels reads books of levels of every shape with and without appendLevels.
func TestLevels(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	taken := 0
	for range 20_000 {
		var source, want, got ContractQuotes
		for range r.IntN(8) {
			q := source.AddBids()
			if r.IntN(8) > 0 {
				q.SetPrice(r.Uint32N(10_000))
			} else if r.IntN(2) == 0 {
				q.SetPrice(r.Uint32())
			}
			if r.IntN(16) > 0 {
				q.SetQuantity(r.Uint64() >> r.IntN(64))
			}
		}
		var b []byte // by hand: what is not complete cannot be encoded
		for _, q := range source.GetBids() {
			var body []byte
			if q.HasPrice() {
				body = binary.AppendUvarint(append(body, 0x08), uint64(q.GetPrice()))
			}
			if q.HasQuantity() {
				body = binary.AppendUvarint(append(body, 0x10), q.GetQuantity())
			}
			b = append(append(b, 0x1a, byte(len(body))), body...)
		}
		b = append(b, 0x48, 1, 0x50, 2)
		if err := want.merge(b, 0, nil); err != nil {
			t.Fatal(err)
		}
		if err := got.Decode(b, nil); err != nil || got.String() != want.String() {
			t.Fatalf("%x: %v, %v, want %v", b, err, &got, &want)
		}
		got.bids = make([]Quote, 0, 8)
		bids, i := appendLevels(got.bids, b, 0, len(b), 0x1a, LevelsMax)
		if !slices.Equal(bids, want.bids[:len(bids)]) || len(bids) == 0 && i != 0 || len(bids) == len(want.bids) && i != len(b)-4 {
			t.Fatalf("%x: stops at %d with %v", b, i, bids)
		}
		taken += len(bids)
	}
	if taken < 20_000 {
		t.Errorf("only %d levels were read at once", taken)
	}
}

// TestLevelsStop expects levels to be left where there is no room, beyond the limit, and beyond
// the end.
func TestLevelsStop(t *testing.T) {
	b := bytes.Repeat([]byte{0x1a, 7, 8, 0x90, 0x4e, 0x10, 0x80, 0x89, 0x7a}, 6)
	for _, c := range []struct{ room, limit, end, want int }{
		{6, 100, 54, 5}, // the last one is too near to the end of the bytes
		{3, 100, 54, 3},
		{0, 100, 54, 0},
		{6, 2, 54, 2},
		{6, 100, 27, 3},
		{6, 100, 26, 2},
		{6, 100, 1, 0},
	} {
		got, i := appendLevels(make([]Quote, 0, c.room), b, 0, c.end, 0x1a, c.limit)
		if len(got) != c.want || i != 9*c.want {
			t.Errorf("%+v: %d levels, stops at %d", c, len(got), i)
		}
	}
	if got, i := appendLevels(make([]Quote, 0, 6), b, 0, len(b), 0x22, 100); len(got) != 0 || i != 0 {
		t.Errorf("another field's tag: %d levels, stops at %d", len(got), i)
	}
}

package msg

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/smk-go/smk/internal/varint"
)

// roomy returns a copy of b with so much slack that a fast decoder runs, filled with what lies behind.
func roomy(b []byte, behind ...byte) []byte {
	room := append(bytes.Clone(b), bytes.Repeat(append(behind, 0xff)[:1], SlackBytes)...)
	copy(room[len(b):], behind)
	return room[:len(b)]
}

// TestLoad compares every word and octet with the bytes.
func TestLoad(t *testing.T) {
	b := make([]byte, 64)
	for i := range b {
		b[i] = byte(0x81 + i)
	}
	for i := range len(b) - wordBytes {
		if got := load(first(b), i); got != binary.LittleEndian.Uint64(b[i:]) {
			t.Errorf("word %d is %#x, want %x", i, got, b[i:i+wordBytes])
		}
		if got := octet(first(b), i); got != b[i] {
			t.Errorf("octet %d is %#x, want %x", i, got, b[i])
		}
	}
}

// TestLong compares long with varint.Read, over-long and overflowing ones included.
func TestLong(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	b := make([]byte, 32)
	for range 200_000 {
		for i := range b {
			if b[i] = byte(r.Uint32()); r.IntN(8) > 0 {
				b[i] |= 0x80
			}
		}
		i := r.IntN(16)
		want, wantNext := varint.Read(b, i)
		if got, next := long(first(b), i); got != want || next != max(wantNext, 0) {
			t.Fatalf("long of %x at %d is %d, %d, want %d, %d", b, i, got, next, want, wantNext)
		}
	}
}

// TestLevels reads books of levels of every shape with and without levels.
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
		if err := got.Decode(roomy(b), nil); err != nil || got.String() != want.String() {
			t.Fatalf("%x: %v, %v, want %v", b, err, &got, &want)
		}
		bids, i := levels(make([]Quote, 0, r.IntN(9)), first(roomy(b)), 0, len(b), 0x1a, LevelsMax)
		if !slices.Equal(bids, want.bids[:len(bids)]) || len(bids) == 0 && i != 0 || len(bids) == len(want.bids) &&
			i != len(b)-4 {
			t.Fatalf("%x: stops at %d with %v", b, i, bids)
		}
		taken += len(bids)
	}
	if taken < 20_000 {
		t.Errorf("only %d levels were read at once", taken)
	}
}

// TestLevelsStop expects levels to be left beyond the limit and at another tag, and one that begins
// before the end to be the last.
func TestLevelsStop(t *testing.T) {
	b := roomy(bytes.Repeat([]byte{0x1a, 7, 8, 0x90, 0x4e, 0x10, 0x80, 0x89, 0x7a}, 6), 0x1a, 7, 8, 0x90, 0x4e, 0x10,
		0x80, 0x89, 0x7a)
	for _, c := range []struct{ room, limit, end, want int }{
		{6, 100, 54, 6},
		{3, 100, 54, 6},
		{0, 100, 54, 6},
		{6, 2, 54, 2},
		{0, 2, 54, 2},
		{6, 100, 27, 3},
		{6, 100, 26, 3}, // it ends at 27, which is not the end
		{6, 100, 1, 1},
		{6, 100, 0, 0},
	} {
		got, i := levels(make([]Quote, 0, c.room), first(b), 0, c.end, 0x1a, c.limit)
		if len(got) != c.want || i != 9*c.want {
			t.Errorf("%+v: %d levels, stops at %d", c, len(got), i)
		}
	}
	if got, i := levels(make([]Quote, 0, 6), first(b), 0, len(b), 0x22, 100); len(got) != 0 || i != 0 {
		t.Errorf("another field's tag: %d levels, stops at %d", len(got), i)
	}
}

// TestUsualLevels gives the loop over usual levels quantities of any bytes. What it takes the strict
// decoder reads as the same, and it takes every level that it is for.
func TestUsualLevels(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	taken := make(map[int]int)
	for range 100_000 {
		size := 4 + r.IntN(6)
		b := []byte{0x1a, byte(size), 0x08, byte(r.Uint32()) | 0x80, byte(r.Uint32()) & 0x7f, 0x10}
		for range size - 4 {
			b = append(b, byte(r.Uint32()))
		}
		if len(b) > 6 && r.IntN(2) == 0 { // as it ought to be
			for k := range b[6:] {
				b[6+k] |= 0x80
			}
			b[len(b)-1] &= 0x7f
		}
		var want ContractQuotes
		err := want.merge(b, 0, nil)
		room := make([]Quote, 1)
		n, next := usualLevels(room, first(roomy(b, byte(r.Uint32()))), 0, len(b), levelHead|0x1a)
		whole := err == nil && size >= 5 && size <= 8 && want.bids[0].has == hasLevel
		if _, end := varint.Read(b, 6); whole && end == len(b) != (n == 1) {
			t.Fatalf("%x: %d levels taken", b, n)
		}
		if n == 1 && (next != len(b) || err != nil || room[0] != want.bids[0]) {
			t.Fatalf("%x: %v, ends at %d, want %v, %v", b, &room[0], next, &want, err)
		}
		taken[size] += n
	}
	for size := 5; size <= 8; size++ {
		if taken[size] < 1000 {
			t.Errorf("of size %d only %d levels were taken", size, taken[size])
		}
	}
}

// TestScratch expects a copy with slack behind it of every payload that is not too long.
func TestScratch(t *testing.T) {
	var m Payload
	for n := range scratchBytes + SlackBytes + 1 {
		b := bytes.Repeat([]byte{byte(n)}, n)
		p := m.withSlack(b)
		if (p == nil) != (n > scratchBytes) {
			t.Fatalf("%d bytes: %v", n, p)
		}
		if p == nil {
			continue
		}
		if p != &m.scratch[0] || len(m.scratch) < n+SlackBytes || !bytes.Equal(m.scratch[:n], b) {
			t.Fatalf("%d bytes are not where there is slack behind them", n)
		}
	}
}

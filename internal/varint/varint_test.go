package varint

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// edges are the numbers at which a varint or a group of it changes its length.
func edges() []uint64 {
	all := []uint64{0, math.MaxUint64}
	for k := range 64 {
		all = append(all, 1<<k-1, 1<<k, 1<<k+1)
	}
	return all
}

// numbers calls f with edges and with random numbers of every length.
func numbers(f func(v uint64)) {
	for _, v := range edges() {
		f(v)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		f(r.Uint64() >> r.IntN(64))
	}
}

// What is written is what the standard library writes, and is read again.
func TestWriteAndRead(t *testing.T) {
	numbers(func(v uint64) {
		want := binary.AppendUvarint(nil, v)
		if n := Size(v); n != len(want) {
			t.Fatalf("Size(%#x) is %d, want %d", v, n, len(want))
		}
		b := bytes.Repeat([]byte{0xa5}, 16)
		at := PutBefore(b, 13, v)
		if !bytes.Equal(b[at:13], want) || bytes.Count(b, []byte{0xa5}) < 16-len(want) || b[13] != 0xa5 {
			t.Fatalf("PutBefore(%#x) writes %x at %d, want %x", v, b, at, want)
		}
		if got, next := Read(b, at); got != v || next != 13 {
			t.Fatalf("%x reads as %#x up to %d, want %#x", b, got, next, v)
		}
		for n := range want {
			if got, next := Read(want[:n], 0); got != 0 || next != Truncated {
				t.Fatalf("%x cut to %d bytes reads as %#x, %d", want, n, got, next)
			}
		}
	})
}

// What is read, refused and passed over is as the reference implementation has it, but for the depth
// of groups.
func TestReadAsReference(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	reads, spans, skips := 0, 0, 0
	for range 300_000 {
		b := make([]byte, r.IntN(24))
		for i := range b {
			switch b[i] = byte(r.Uint32()); r.IntN(4) {
			case 0:
				b[i] |= 0x80
			case 1:
				b[i] &= 0x0f
			}
		}
		want, n := protowire.ConsumeVarint(b)
		got, next := Read(b, 0)
		if next >= 0 != (n >= 0) || next >= 0 && (got != want || next != n) {
			t.Fatalf("%x reads as %#x, %d, want %#x, %d", b, got, next, want, n)
		}
		if next == Truncated != (n == protowireTruncated) {
			t.Fatalf("%x: code %d, the reference has %d", b, next, n)
		}
		content, n := protowire.ConsumeBytes(b)
		from, end := ReadSpan(b, 0)
		if end >= 0 != (n >= 0) || end >= 0 && (end != n || !bytes.Equal(b[from:end], content)) {
			t.Fatalf("%x: span is %d to %d, want %x to %d", b, from, end, content, n)
		}
		tag, at := Read(b, 0)
		if at < 0 || tag>>3 < 1 || tag>>3 > NumberMax || tag&7 == TypeEndGroup {
			continue
		}
		n = protowire.ConsumeFieldValue(protowire.Number(tag>>3), protowire.Type(tag&7), b[at:])
		skipped := Skip(b, at, tag)
		if skipped >= 0 != (n >= 0) || skipped >= 0 && skipped != at+n {
			t.Fatalf("%x: what follows is at %d, want %d", b, skipped, at+n)
		}
		if next >= 0 {
			reads++
		}
		if end >= 0 {
			spans++
		}
		if skipped >= 0 {
			skips++
		}
	}
	if reads < 10_000 || spans < 10_000 || skips < 10_000 {
		t.Errorf("only %d varints, %d spans, %d values were whole", reads, spans, skips)
	}
}

const protowireTruncated = -1

// Each way to be wrong has its code.
func TestCodes(t *testing.T) {
	long := bytes.Repeat([]byte{0x80}, 9)
	group := func(depth int) []byte {
		return append(bytes.Repeat([]byte{0x0b}, depth-1), bytes.Repeat([]byte{0x0c}, depth)...)
	}
	for _, c := range []struct {
		name string
		tag  uint64
		b    []byte
		want int
	}{
		{"varint", TypeVarint, append(slices.Clone(long), 1), 10},
		{"varint of 65 bits", TypeVarint, append(slices.Clone(long), 2), Overflow},
		{"varint of 11 bytes", TypeVarint, append(slices.Clone(long), 0x80, 0), Overflow},
		{"varint cut", TypeVarint, long, Truncated},
		{"fixed64", TypeFixed64, long[:8], 8},
		{"fixed64 cut", TypeFixed64, long[:7], Truncated},
		{"fixed32", TypeFixed32, long[:4], 4},
		{"fixed32 cut", TypeFixed32, long[:3], Truncated},
		{"bytes", TypeBytes, []byte{2, 1, 1}, 3},
		{"bytes cut", TypeBytes, []byte{2, 1}, Length},
		{"length of 2^63", TypeBytes, append(slices.Clone(long), 1), Length},
		{"wire type 6", 6, []byte{0}, WireType},
		{"wire type 7", 7, []byte{0}, WireType},
		{"empty group", TypeStartGroup, []byte{0x0c}, 1},
		{"group without end", TypeStartGroup, []byte{0x08, 1}, Truncated},
		{"another group's end", TypeStartGroup, []byte{0x14}, Group},
		{"field 0 in a group", TypeStartGroup, []byte{0x00, 0, 0x0c}, Number},
		{"largest field in a group", TypeStartGroup, []byte{0xf8, 0xff, 0xff, 0xff, 0x3f, 0, 0x0c}, 7},
		{"field beyond it in a group", TypeStartGroup, []byte{0x80, 0x80, 0x80, 0x80, 0x40, 0, 0x0c}, Number},
		{"deepest group", TypeStartGroup, group(GroupDepthMax), 2*GroupDepthMax - 1},
		{"deeper group", TypeStartGroup, group(GroupDepthMax + 1), Depth},
		{"wrong value in a group", TypeStartGroup, []byte{0x0e, 0x0c}, WireType},
	} {
		if got := Skip(c.b, 0, 1<<3|c.tag); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
		behind := append(bytes.Repeat([]byte{0xff}, 5), c.b...)
		if got := Skip(behind, 5, 1<<3|c.tag); got != c.want && got != c.want+5 {
			t.Errorf("%s, behind others: %d, want %d", c.name, got, c.want)
		}
	}
	if _, next := Read(nil, 1); next != Truncated {
		t.Errorf("beyond the end: %d", next)
	}
}

// The readers of words read what Read reads.
func TestWordsRead(t *testing.T) {
	readers := [][]func(uint64) uint64{
		2: {Two, Eight}, 3: {Three, Eight}, 4: {Four, Eight}, 5: {Eight}, 6: {Eight},
		7: {Eight}, 8: {Eight},
	}
	r := rand.New(rand.NewPCG(5, 6))
	for n, all := range readers {
		for range 1000 {
			b := make([]byte, 8)
			for i := range n {
				b[i] = byte(r.Uint32()) | 0x80
			}
			b[max(n-1, 0)] &= 0x7f
			want, _ := Read(b, 0)
			for k, read := range all {
				if got := read(binary.LittleEndian.Uint64(b)); got != want {
					t.Fatalf("reader %d of %x is %d, want %d", k, b, got, want)
				}
			}
		}
	}
}

// The writers of words write what the standard library writes.
func TestWordsWrite(t *testing.T) {
	numbers(func(v uint64) {
		check := func(name string, v, x uint64, n uint) {
			t.Helper()
			b := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint64(nil, x), Ninth(v))
			if want := binary.AppendUvarint(nil, v); n != uint(len(want)) || !bytes.Equal(b[:n], want) {
				t.Fatalf("%s(%#x) is %x of %d bytes, want %x", name, v, b, n, want)
			}
			if n <= 8 && x>>(8*n-1)>>1 != 0 {
				t.Fatalf("%s(%#x) is %#x, of which %d bytes count", name, v, x, n)
			}
		}
		x, n := Spread28(uint32(v) & (1<<28 - 1))
		check("Spread28", v&(1<<28-1), uint64(x), n)
		y, n := Spread32(uint32(v))
		check("Spread32", v&math.MaxUint32, y, n)
		y, n = Spread64(v)
		check("Spread64", v, y, n)
	})
}

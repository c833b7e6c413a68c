package uuid

import (
	"bytes"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

func TestValue(t *testing.T) {
	u := New128(Order, 1, 2)
	if u != New128(Order, 1, 2) || u == New128(Order, 2, 1) || u == New128(Event, 1, 2) || u == New(Order, 2) {
		t.Error("equality")
	}
	if New(Order, 2) != New128(Order, 0, 2) {
		t.Error("New and New128 differ")
	}
	if m := map[UUID]int{u: 7}; m[New128(Order, 1, 2)] != 7 || m[New(Order, 2)] != 0 {
		t.Error("as a map's key")
	}
	if n, ok := u.Uint64(); ok || n != 0 {
		t.Errorf("a number of 65 bits in 64: %d", n)
	}
	if unsafe.Sizeof(u) > 24 {
		t.Errorf("%d bytes", unsafe.Sizeof(u))
	}
}

// The zero value and unknown tags can be printed, but not mistaken.
func TestInvalid(t *testing.T) {
	for _, c := range []struct {
		u       UUID
		zero    bool
		slug    string
		base16  string
		hex     string
		marshal error
	}{
		{UUID{}, true, "?-0", "?-0", "00000000000000000000000000000000", ErrTag},
		{New(0, 1), false, "?-1ekg", "?-10000", "00000000000000000000000000010000", ErrTag},
		{New(0x000a, 0), false, "?-a", "?-a", "0000000000000000000000000000000a", ErrTag},
	} {
		if c.u.Valid() || c.u.IsZero() != c.zero {
			t.Errorf("%v: valid %t, zero %t", c.u, c.u.Valid(), c.u.IsZero())
		}
		if c.u.String() != c.slug || c.u.Slug(SlugFormat{Base: 16}) != c.base16 || c.u.Hex() != c.hex {
			t.Errorf("%v, %v, %v, want %+v", c.u.String(), c.u.Slug(SlugFormat{Base: 16}), c.u.Hex(), c)
		}
		for _, base := range allBases {
			for _, bare := range []bool{false, true} {
				if got, err := ParseSlugBase(c.u.Slug(SlugFormat{Base: base, Bare: bare}), base); err == nil {
					t.Errorf("%v: read as %v", c.u, got)
				}
			}
		}
		if got, err := ParseHex(c.u.Hex()); err == nil {
			t.Errorf("%v: read as %v", c.u, got)
		}
	}
}

// The order is that of the number and then of the tag, and all forms that have
// one length keep it.
func TestCompare(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	all := append(edges(), New(Order, 5), New(Order, 5))
	for range 1000 {
		all = append(all, random(rng))
	}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	binary := func(u UUID) []byte {
		b, err := u.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for i, u := range all[1:] {
		v := all[i]
		want := u.tagged().Cmp(v.tagged())
		if got := u.Compare(v); got != want || v.Compare(u) != -want || u.Compare(u) != 0 {
			t.Fatalf("%v to %v: %d, want %d", u, v, got, want)
		}
		if got := bytes.Compare(binary(u), binary(v)); got != want {
			t.Fatalf("%v to %v: %d by the binary form, want %d", u, v, got, want)
		}
		if got := bytes.Compare(u.AppendHex(nil, 36), v.AppendHex(nil, 36)); got != want {
			t.Fatalf("%v to %v: %d by hex, want %d", u, v, got, want)
		}
		for _, base := range []int{2, 3 + i%33, 36} {
			f := SlugFormat{Base: base, Pad: slugDigitsMax, Bare: true}
			if got := strings.Compare(u.Slug(f), v.Slug(f)); got != want {
				t.Fatalf("%v to %v: %d by slugs in base %d, want %d", u, v, got, base, want)
			}
		}
	}
	slices.SortFunc(all, UUID.Compare)
	if !slices.IsSortedFunc(all, func(u, v UUID) int { return u.tagged().Cmp(v.tagged()) }) {
		t.Error("not sorted")
	}
}

// Everything is appended: what was there stays, and what is behind is not
// touched.
func TestAppend(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for range 2000 {
		u := random(rng)
		f := SlugFormat{Base: 2 + rng.IntN(61), Pad: rng.IntN(200) - 20, Bare: rng.IntN(2) == 0}
		pad := rng.IntN(80) - 10
		for name, form := range map[string]func([]byte) []byte{
			"AppendSlug":     func(b []byte) []byte { return u.AppendSlug(b, f) },
			"AppendSlug, 36": func(b []byte) []byte { return u.AppendSlug(b, SlugFormat{Pad: f.Pad, Bare: f.Bare}) },
			"AppendSlug, 16": func(b []byte) []byte {
				return u.AppendSlug(b, SlugFormat{
					Base: 16, Pad: f.Pad,
					Bare: f.Bare,
				})
			},
			"AppendHex":      func(b []byte) []byte { return u.AppendHex(b, pad) },
			"AppendShortHex": u.AppendShortHex,
			"AppendText":     func(b []byte) []byte { b, _ = u.AppendText(b); return b },
			"AppendBinary":   func(b []byte) []byte { b, _ = u.AppendBinary(b); return b },
		} {
			alone := form(nil)
			block := bytes.Repeat([]byte{'#'}, 300)
			start := rng.IntN(20)
			got := form(block[:start])
			end := start + len(alone)
			if &got[0] != &block[0] || !bytes.Equal(got[start:], alone) {
				t.Fatalf("%s: %q into room, %q without", name, got[start:], alone)
			}
			if n := bytes.Count(block[:start], []byte{'#'}) + bytes.Count(block[end:],
				[]byte{'#'}); n != len(block)-len(alone) {
				t.Fatalf("%s: wrote outside its place: %q", name, block)
			}
			before := []byte("before")
			if got := form(before[:6:6]); string(got) != "before"+string(alone) {
				t.Fatalf("%s: %q behind full memory, want %q", name, got, alone)
			}
			room := bytes.Repeat([]byte{'#'}, len(alone))
			if got := form(room[: 0 : len(alone)-1]); !bytes.Equal(got, alone) || bytes.ContainsFunc(room,
				func(r rune) bool { return r != '#' }) {
				t.Fatalf("%s: one byte short of room, wrote %q into %q", name, got, room)
			}
		}
	}
}

// A base or a padding that does not exist is a fault in the program.
func TestContracts(t *testing.T) {
	u := New(Event, 100)
	for want, f := range map[string]func(){
		"BUG: uuid: no slugs in base 1":     func() { u.Slug(SlugFormat{Base: 1}) },
		"BUG: uuid: no slugs in base -1":    func() { u.Slug(SlugFormat{Base: -1}) },
		"BUG: uuid: no slugs in base 63":    func() { u.AppendSlug(nil, SlugFormat{Base: 63}) },
		"BUG: uuid: no padding to 1025":     func() { u.Slug(SlugFormat{Pad: PadMax + 1}) },
		"BUG: uuid: no padding to 1026":     func() { u.Slug(SlugFormat{Base: 62, Pad: PadMax + 2}) },
		"BUG: uuid: no padding to 1027":     func() { u.AppendHex(nil, PadMax+3) },
		"BUG: uuid: no padding to 99999999": func() { u.Slug(SlugFormat{Base: 16, Pad: 99999999}) },
	} {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("panic %v, want %q", got, want)
				}
			}()
			f()
		}()
	}
	for _, base := range allBases {
		agreeOnWriting(t, u, SlugFormat{Base: base, Pad: PadMax})
	}
	if got, err := ParseHex(u.AppendHex(nil, PadMax)); got != u || err != nil {
		t.Errorf("the widest hex is read as %v, %v", got, err)
	}
}

// math/big stays at the edge: in the one file that converts to and from it.
func TestBigAtTheEdge(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := file.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || name == "big.go" {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range parsed.Imports {
			if spec.Path.Value == `"math/big"` {
				t.Errorf("%s imports math/big", name)
			}
		}
	}
}

//go:build !race

package uuid

import (
	"encoding/json"
	"testing"
)

// Reading, and writing into a buffer, allocate nothing. The race detector
// allocates on its own account, so this file is not part of its build.
func TestNoAllocations(t *testing.T) {
	u := New128(Order, 1<<63, 1<<63)
	slug, hex, short := u.String(), u.Hex(), u.ShortHex()
	wide := u.Slug(SlugFormat{Base: 2, Pad: 200})
	slugBytes, hexBytes, wideBytes := []byte(slug), []byte(hex), []byte(wide)
	data, _ := u.MarshalBinary()
	value, _ := json.Marshal(u)
	number := u.Big()
	dst := make([]byte, 0, 300)
	var column any = slugBytes
	v := u
	read := func(got UUID, err error) {
		if err != nil || got != u {
			t.Errorf("%v, %v", got, err)
		}
	}
	for _, c := range []struct {
		name string
		f    func()
	}{
		{"ParseSlug", func() { read(ParseSlug(slug)) }},
		{"ParseSlug, bytes", func() { read(ParseSlug(slugBytes)) }},
		{"ParseSlugBase", func() { read(ParseSlugBase(wide, 2)) }},
		{"ParseSlugBase, bytes", func() { read(ParseSlugBase(wideBytes, 2)) }},
		{"ParseHex", func() { read(ParseHex(hex)) }},
		{"ParseHex, bytes", func() { read(ParseHex(hexBytes)) }},
		{"ParseShortHex", func() { read(ParseShortHex(Order, short)) }},
		{"Parse, slug", func() { read(Parse(slug)) }},
		{"Parse, hex of bytes", func() { read(Parse(hexBytes)) }},
		{"FromBig", func() { read(FromBig(Order, number)) }},
		{"UnmarshalText", func() { read(v, v.UnmarshalText(slugBytes)) }},
		{"UnmarshalBinary", func() { read(v, v.UnmarshalBinary(data)) }},
		{"UnmarshalJSON", func() { read(v, v.UnmarshalJSON(value)) }},
		{"Scan, bytes", func() { read(v, v.Scan(column)) }},
		{"AppendSlug", func() { dst = u.AppendSlug(dst[:0], SlugFormat{}) }},
		{"AppendSlug, bare", func() { dst = u.AppendSlug(dst[:0], SlugFormat{Bare: true}) }},
		{"AppendSlug, base 62", func() { dst = u.AppendSlug(dst[:0], SlugFormat{Base: 62}) }},
		{"AppendSlug, base 16", func() { dst = u.AppendSlug(dst[:0], SlugFormat{Base: 16}) }},
		{"AppendSlug, base 2, padded", func() { dst = u.AppendSlug(dst[:0], SlugFormat{Base: 2, Pad: 200}) }},
		{"AppendHex", func() { dst = u.AppendHex(dst[:0], HexPad) }},
		{"AppendHex, bare", func() { dst = u.AppendHex(dst[:0], 0) }},
		{"AppendShortHex", func() { dst = u.AppendShortHex(dst[:0]) }},
		{"AppendText", func() { dst, _ = u.AppendText(dst[:0]) }},
		{"AppendBinary", func() { dst, _ = u.AppendBinary(dst[:0]) }},
		{"Compare", func() { read(u, nil); _ = u.Compare(v) }},
		{"Tag.String, Prefix, TagOfName, TagOfPrefix", func() {
			tag, _ := TagOfName(u.Tag().String())
			if of, _ := TagOfPrefix(tag.Prefix()); of != Order {
				t.Error("tag")
			}
		}},
	} {
		if n := testing.AllocsPerRun(100, c.f); n != 0 {
			t.Errorf("%s: %v allocations, want none", c.name, n)
		}
	}
	// A string is one allocation, and so is the error of a refusal.
	for _, c := range []struct {
		name string
		f    func()
	}{
		{"String", func() { sink = u.String() }},
		{"Hex", func() { sink = u.Hex() }},
		{"Slug, base 62", func() { sink = u.Slug(SlugFormat{Base: 62}) }},
		{"refusal", func() { _, refused = ParseSlug("c-11yc") }},
		{"refusal of a long text", func() { _, refused = ParseHex(wide) }},
	} {
		if n := testing.AllocsPerRun(100, c.f); n != 1 {
			t.Errorf("%s: %v allocations, want 1", c.name, n)
		}
	}
}

var (
	sink    string
	refused error
)

package uuid

import (
	"encoding/json"
	"math/big"
	"os"
	"strconv"
	"testing"
)

// vector is one identifier as a reference writes it in every form.
type vector struct {
	Number      string `json:"number"`
	High        string `json:"high"`
	Low         string `json:"low"`
	Tag         string `json:"tag"`
	IntTag      uint16 `json:"int_tag"`
	Prefix      string `json:"prefix"`
	Hex         string `json:"hex"`
	HexUnpadded string `json:"hex_unpadded"`
	ShortHex    string `json:"shorthex"`
	Slug        string `json:"slug"`
	SlugBare    string `json:"slug_noprefix"`
	SlugBase62  string `json:"slug_base62"`
	SlugBase16  string `json:"slug_base16"`
	SlugBase2   string `json:"slug_base2"`
	SlugPad40   string `json:"slug_pad40"`
	Short       string `json:"short"`
}

func load(tb testing.TB, name string, into any) {
	tb.Helper()
	file, err := os.Open("testdata/" + name)
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	d := json.NewDecoder(file)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
}

func vectors(tb testing.TB) []vector {
	tb.Helper()
	var all []vector
	load(tb, "uuid.json", &all)
	if len(all) < 60 {
		tb.Fatalf("only %d vectors", len(all))
	}
	return all
}

// Everything that a reference writes is written here, and read.
func TestVectors(t *testing.T) {
	for _, v := range vectors(t) {
		tag, ok := TagOfName(v.Tag)
		if !ok || uint16(tag) != v.IntTag || tag.String() != v.Tag || string(rune(tag.Prefix())) != v.Prefix {
			t.Errorf("tag %s is %v, %04x, prefix %c", v.Tag, tag, uint16(tag), tag.Prefix())
		}
		if of, ok := TagOfPrefix(v.Prefix[0]); !ok || of != tag {
			t.Errorf("prefix %s is of %v", v.Prefix, of)
		}
		high, err1 := strconv.ParseUint(v.High, 10, 64)
		low, err2 := strconv.ParseUint(v.Low, 10, 64)
		number, good := new(big.Int).SetString(v.Number, 10)
		if err1 != nil || err2 != nil || !good {
			t.Fatalf("%+v", v)
		}
		u := New128(tag, high, low)
		if of, err := FromBig(tag, number); err != nil || of != u || u.Big().Cmp(number) != 0 {
			t.Errorf("%s: FromBig is %v, %v; Big is %v", v.Number, of, err, u.Big())
		}
		if u.High() != high || u.Low() != low || u.Tag() != tag || !u.Valid() || u.IsZero() {
			t.Errorf("%s: %d, %d, %v", v.Number, u.High(), u.Low(), u.Tag())
		}
		if n, ok := u.Uint64(); ok != (high == 0) || ok && (n != low || New(tag, n) != u) || !ok && n != 0 {
			t.Errorf("%s: Uint64 is %d, %t", v.Number, n, ok)
		}

		parse := func(base int) func(string) (UUID, error) {
			return func(text string) (UUID, error) { return ParseSlugBase(text, base) }
		}
		short := func(text string) (UUID, error) { return ParseShortHex(tag, text) }
		for _, form := range []struct {
			name  string
			got   string
			want  string
			parse func(string) (UUID, error)
		}{
			{"Hex", u.Hex(), v.Hex, ParseHex[string]},
			{"Hex, Parse", u.Hex(), v.Hex, Parse[string]},
			{"AppendHex", string(u.AppendHex(nil, 0)), v.HexUnpadded, ParseHex[string]},
			{"ShortHex", u.ShortHex(), v.ShortHex, short},
			{"AppendShortHex", string(u.AppendShortHex(nil)), v.ShortHex, short},
			{"String", u.String(), v.Slug, ParseSlug[string]},
			{"String, Parse", u.String(), v.Slug, Parse[string]},
			{"Slug", u.Slug(SlugFormat{}), v.Slug, parse(36)},
			{"bare", u.Slug(SlugFormat{Bare: true}), v.SlugBare, ParseSlug[string]},
			{"base 62", u.Slug(SlugFormat{Base: 62}), v.SlugBase62, parse(62)},
			{"base 16", u.Slug(SlugFormat{Base: 16}), v.SlugBase16, parse(16)},
			{"base 2", u.Slug(SlugFormat{Base: 2}), v.SlugBase2, parse(2)},
			{"pad 40", u.Slug(SlugFormat{Pad: 40}), v.SlugPad40, ParseSlug[string]},
		} {
			if form.got != form.want {
				t.Errorf("%s of %s: %q, want %q", form.name, v.Number, form.got, form.want)
			}
			if got, err := form.parse(form.want); err != nil || got != u {
				t.Errorf("%s: %q is read as %v, %v, want %v", form.name, form.want, got, err, u)
			}
		}
		// The other short form cuts zeros off a text, and so has no digit for zero.
		if v.Short != v.ShortHex && (v.Short != "" || v.ShortHex != "0") {
			t.Errorf("%s: short is %q, short hex %q", v.Number, v.Short, v.ShortHex)
		}
	}
}

// verdict is an input and what a reference says of it.
type verdict struct {
	Slug   *string `json:"slug"`
	Hex    *string `json:"hex"`
	OK     bool    `json:"ok"`
	Why    string  `json:"why"`
	Number string  `json:"number"`
	Tag    string  `json:"tag"`
}

// What a reference refuses is refused, and what it accepts is accepted, but for
// what TestAccidents names.
func TestVerdicts(t *testing.T) {
	var verdicts struct{ Slugs, Hex []verdict }
	load(t, "uuid_invalid.json", &verdicts)
	all := append(verdicts.Slugs, verdicts.Hex...)
	if len(all) < 26 {
		t.Fatalf("only %d verdicts", len(all))
	}
	apart := 0
	for _, v := range all {
		var text string
		var got UUID
		var err error
		var accident bool
		if v.Slug != nil {
			text = *v.Slug
			got, err = ParseSlug(text)
			_, accident = accidentalSlugs[text]
		} else {
			text = *v.Hex
			got, err = ParseHex(text)
			_, accident = accidentalHex[text]
		}
		if accident {
			apart++
			if !v.OK || err == nil {
				t.Errorf("%q is no accident: reference %t, here %v", text, v.OK, err)
			}
			continue
		}
		if v.OK != (err == nil) {
			t.Errorf("%q: %v, %v, want accepted %t", text, got, err, v.OK)
			continue
		}
		if v.OK && (got.Big().String() != v.Number || got.Tag().String() != v.Tag) {
			t.Errorf("%q: %v, want %s of %s", text, got, v.Number, v.Tag)
		}
	}
	if apart != 3 {
		t.Errorf("%d verdicts differ, want 3", apart)
	}
}

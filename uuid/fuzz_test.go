package uuid

import "testing"

// Whatever a text says, the package reads what its slow twin reads, or refuses it for
// the same reason; and what it reads it writes as the twin does.
func FuzzParseSlug(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.Slug, 36)
		f.Add(v.SlugBare, 36)
		f.Add(v.SlugBase62, 62)
		f.Add(v.SlugBase16, 16)
		f.Add(v.SlugBase2, 2)
		f.Add(v.SlugPad40, 36)
		f.Add(v.Slug, 37)
	}
	for text := range accidentalSlugs {
		f.Add(text, 36)
	}
	f.Fuzz(func(t *testing.T, text string, base int) {
		if base < BaseMin || base > BaseMax {
			if _, err := ParseSlugBase(text, base); err == nil {
				t.Fatalf("base %d is read", base)
			}
			base = BaseMin + int(uint(base)%(BaseMax-BaseMin+1))
		}
		agreeOnSlug(t, text, base)
		if u, err := ParseSlugBase(text, base); err == nil {
			agreeOnWriting(t, u, SlugFormat{Base: base})
			agreeOnWriting(t, u, SlugFormat{})
		}
		_, _ = Parse(text)
	})
}

func FuzzParseHex(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.Hex)
		f.Add(v.HexUnpadded)
		f.Add(v.ShortHex)
	}
	for text := range accidentalHex {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		agreeOnHex(t, text)
		if u, err := ParseHex(text); err == nil {
			if got, want := string(u.AppendHex(nil, len(text))), twinHex(u, len(text)); got != want {
				t.Fatalf("%q is written as %q, but the twin says %q", text, got, want)
			}
		}
		_, _ = Parse(text)
	})
}

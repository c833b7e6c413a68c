package uuid

import (
	"errors"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

// The slow twin says the same as this package with math/big and without any
// thought of speed.

func twinSlug(u UUID, f SlugFormat) string {
	if f.Base == 0 {
		f.Base = 36
	}
	text := u.tagged().Text(f.Base)
	for len(text) < f.Pad {
		text = "0" + text
	}
	if !f.Bare {
		text = string(rune(u.tag.Prefix())) + "-" + text
	}
	return text
}

func twinHex(u UUID, pad int) string {
	text := u.Big().Text(16) + u.tag.Hex()
	for len(text) < pad {
		text = "0" + text
	}
	return text
}

// twinDigits returns the number of a text, if all of it are digits and they fit.
func twinDigits(text string, base, bits int) (*big.Int, error) {
	if text == "" {
		return nil, ErrEmpty
	}
	n := new(big.Int)
	for _, c := range []byte(text) {
		if base <= 36 && c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		v := strings.IndexByte(alphabet[:base], c)
		if v < 0 {
			return nil, ErrDigit
		}
		n.Mul(n, big.NewInt(int64(base))).Add(n, big.NewInt(int64(v)))
		if n.BitLen() > bits {
			return nil, ErrTooLong
		}
	}
	return n, nil
}

func twinUntag(n *big.Int) (UUID, error) {
	tag := Tag(new(big.Int).And(n, big.NewInt(0xffff)).Uint64())
	if strings.HasPrefix(tag.String(), "Tag(") {
		return UUID{}, ErrTag
	}
	return FromBig(tag, n.Rsh(n, 16))
}

func twinParseSlug(text string, base int) (UUID, error) {
	if len(text) > TextBytesMax {
		return UUID{}, ErrTooLong
	}
	prefix, digits := "", text
	if strings.Index(text[min(1, len(text)):], "-") == 0 {
		prefix, digits = text[:1], text[2:]
	}
	n, err := twinDigits(digits, base, 144)
	if err != nil {
		return UUID{}, err
	}
	u, err := twinUntag(n)
	if err != nil {
		return UUID{}, err
	}
	if base <= 36 {
		prefix = strings.ToLower(prefix)
	}
	if prefix != "" && prefix != string(rune(u.tag.Prefix())) {
		return UUID{}, ErrPrefix
	}
	return u, nil
}

func twinParseHex(text string) (UUID, error) {
	if len(text) > TextBytesMax {
		return UUID{}, ErrTooLong
	}
	n, err := twinDigits(text, 16, 144)
	if err != nil {
		return UUID{}, err
	}
	if len(text) < 5 {
		return UUID{}, ErrTooShort
	}
	if tag := text[len(text)-4:]; tag != strings.ToLower(tag) {
		return UUID{}, ErrCase
	}
	return twinUntag(n)
}

func twinParseShortHex(tag Tag, text string) (UUID, error) {
	if len(text) > TextBytesMax {
		return UUID{}, ErrTooLong
	}
	n, err := twinDigits(text, 16, 128)
	if err != nil {
		return UUID{}, err
	}
	return FromBig(tag, n)
}

// agree fails unless the package and its twin say the same of the text.
func agree(t *testing.T, what, text string, got UUID, err error, want UUID, reason error) {
	t.Helper()
	if got != want || !errors.Is(err, reason) {
		t.Fatalf("%s %q: %v, %v, but the twin says %v, %v", what, text, got, err, want, reason)
	}
}

func agreeOnSlug(t *testing.T, text string, base int) {
	t.Helper()
	want, reason := twinParseSlug(text, base)
	got, err := ParseSlugBase(text, base)
	agree(t, "ParseSlugBase", text, got, err, want, reason)
	got, err = ParseSlugBase([]byte(text), base)
	agree(t, "ParseSlugBase of bytes", text, got, err, want, reason)
}

func agreeOnHex(t *testing.T, text string) {
	t.Helper()
	want, reason := twinParseHex(text)
	got, err := ParseHex(text)
	agree(t, "ParseHex", text, got, err, want, reason)
	got, err = ParseHex([]byte(text))
	agree(t, "ParseHex of bytes", text, got, err, want, reason)

	want, reason = twinParseShortHex(Event, text)
	got, err = ParseShortHex(Event, text)
	agree(t, "ParseShortHex", text, got, err, want, reason)
	got, err = ParseShortHex(Event, []byte(text))
	agree(t, "ParseShortHex of bytes", text, got, err, want, reason)
}

// agreeOnWriting checks everything that is written of u in that base, and reads
// it back.
func agreeOnWriting(t *testing.T, u UUID, f SlugFormat) {
	t.Helper()
	text := u.Slug(f)
	if want := twinSlug(u, f); text != want {
		t.Fatalf("Slug(%+v) of %s: %q, but the twin says %q", f, u.Hex(), text, want)
	}
	if f.Base == 0 {
		f.Base = BaseDefault
	}
	if got, err := ParseSlugBase(text, f.Base); got != u || err != nil {
		t.Fatalf("ParseSlugBase(%q, %d): %v, %v, want %v", text, f.Base, got, err, u)
	}
}

// Words, chunks and digits end somewhere. Every base is right there.
func TestEdges(t *testing.T) {
	for i, u := range edges() {
		for _, base := range allBases {
			agreeOnWriting(t, u, SlugFormat{Base: base, Bare: i&1 == 0})
		}
		for _, pad := range []int{-1, 0, 5, 20, 31, 32, 33, 36, 37, 100} {
			text := string(u.AppendHex(nil, pad))
			if want := twinHex(u, pad); text != want {
				t.Fatalf("AppendHex(%d) of %v: %q, but the twin says %q", pad, u, text, want)
			}
			if got, err := ParseHex(text); got != u || err != nil {
				t.Fatalf("ParseHex(%q): %v, %v, want %v", text, got, err, u)
			}
		}
		text := u.ShortHex()
		if want := u.Big().Text(16); text != want {
			t.Fatalf("ShortHex of %v: %q, but the twin says %q", u, text, want)
		}
		if got, err := ParseShortHex(u.tag, text); got != u || err != nil {
			t.Fatalf("ParseShortHex(%q): %v, %v, want %v", text, got, err, u)
		}
	}
}

// Powers of the base have the most zeros and the numbers before them the
// fewest; there are as many digits as there can be on either side.
func TestPowersOfTheBase(t *testing.T) {
	for _, base := range allBases {
		power := big.NewInt(1)
		for ; power.BitLen() <= 144; power.Mul(power, big.NewInt(int64(base))) {
			for d := int64(-2); d <= 2; d++ {
				n := new(big.Int).Add(power, big.NewInt(d))
				if n.Sign() < 0 || n.BitLen() > 144 {
					continue
				}
				// Any number will do, known tag or not: this is about the digits.
				u := New(Tag(new(big.Int).And(n, big.NewInt(0xffff)).Uint64()), 0)
				number, err := FromBig(u.tag, new(big.Int).Rsh(n, 16))
				if err != nil {
					t.Fatal(err)
				}
				want := n.Text(base)
				if got := number.Slug(SlugFormat{Base: base, Bare: true}); got != want {
					t.Fatalf("base %d: %q, want %q", base, got, want)
				}
				if w, ok := read(&radixes[base], want); !ok || w.uuid() != number {
					t.Fatalf("base %d: %q reads as %x, %t", base, want, w, ok)
				}
			}
		}
		over := power.Text(base) // the first power beyond 144 bits
		if _, ok := read(&radixes[base], over); ok {
			t.Fatalf("base %d: read %q, which is beyond 144 bits", base, over)
		}
		most := new(big.Int).Lsh(big.NewInt(1), 144)
		if _, ok := read(&radixes[base], most.Text(base)); ok {
			t.Fatalf("base %d: read 2^144", base)
		}
		if w, ok := read(&radixes[base], most.Sub(most, big.NewInt(1)).Text(base)); !ok ||
			w != (wide{1<<16 - 1, 1<<64 - 1, 1<<64 - 1}) {
			t.Fatalf("base %d: 2^144-1 reads as %x, %t", base, w, ok)
		}
	}
}

// What is nearly a slug is refused for the reason that the twin gives, or read
// as what the twin reads.
func TestMutations(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const bytes = alphabet + "-_+ .\x00\x7f\x80\xff/:@[`{"
	for range 40_000 {
		u := random(rng)
		base := 2 + rng.IntN(61)
		var text []byte
		hex := rng.IntN(3) == 0
		if hex {
			text = u.AppendHex(nil, rng.IntN(40))
		} else {
			text = u.AppendSlug(nil, SlugFormat{Base: base, Pad: rng.IntN(40), Bare: rng.IntN(2) == 0})
		}
		for range rng.IntN(3) {
			c := bytes[rng.IntN(len(bytes))]
			switch i := rng.IntN(len(text)); rng.IntN(4) {
			case 0:
				text[i] = c
			case 1:
				text = append(text[:i], text[i+1:]...)
			case 2:
				text = append(text[:i], append([]byte{c}, text[i:]...)...)
			case 3:
				text[i] ^= 'a' - 'A'
			}
			if len(text) == 0 {
				break
			}
		}
		if hex {
			agreeOnHex(t, string(text))
		} else {
			agreeOnSlug(t, string(text), base)
		}
	}
}

// Every truncation, at either end, is refused or is what the twin reads, and never the
// whole.
func TestTruncations(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		u := random(rng)
		for _, base := range allBases {
			text := u.Slug(SlugFormat{Base: base})
			for i := range len(text) {
				agreeOnSlug(t, text[:i], base)
				agreeOnSlug(t, text[len(text)-i:], base)
				if v, err := ParseSlugBase(text[:i], base); err == nil && v == u {
					t.Fatalf("%q is read as if it were %q", text[:i], text)
				}
			}
		}
		for _, text := range []string{u.Hex(), string(u.AppendHex(nil, 0))} {
			for i := range len(text) {
				agreeOnHex(t, text[:i])
				agreeOnHex(t, text[len(text)-i:])
				if v, err := ParseHex(text[:i]); err == nil && v == u {
					t.Fatalf("%q is read as if it were %q", text[:i], text)
				}
			}
		}
	}
}

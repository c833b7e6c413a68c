package uuid

import (
	"strings"
	"testing"

	"github.com/leanovate/gopter"
	"github.com/leanovate/gopter/gen"
	"github.com/leanovate/gopter/prop"
)

// identifiers generates numbers of every length with every tag.
func identifiers() gopter.Gen {
	return gopter.CombineGens(gen.OneConstOf(Account, ContractGroup, Contract, Order, Comment, Entity, Event, Session,
		User, Referrer),
		gen.UInt64(), gen.UInt64(), gen.IntRange(0, 128)).Map(func(v []any) UUID {
		return New128(v[0].(Tag), v[1].(uint64), v[2].(uint64)).shortened(v[3].(int))
	})
}

func holds(t *testing.T, law string, p gopter.Prop) {
	t.Helper()
	parameters := gopter.DefaultTestParameters()
	parameters.MinSuccessfulTests = 300
	properties := gopter.NewProperties(parameters)
	properties.Property(law, p)
	properties.TestingRun(t)
}

// Every base reads what it writes, with and without prefix, however padded, from
// a string and from bytes; and all of that is one identifier.
func TestRoundTrips(t *testing.T) {
	holds(t, "a slug is read as what was written", prop.ForAll(func(u UUID, pad int, bare bool) bool {
		for _, base := range allBases {
			text := u.Slug(SlugFormat{Base: base, Pad: pad, Bare: bare})
			v, err := ParseSlugBase(text, base)
			w, errBytes := ParseSlugBase([]byte(text), base)
			if err != nil || errBytes != nil || v != u || w != u {
				return false
			}
		}
		return true
	}, identifiers(), gen.IntRange(-5, 300), gen.Bool()))
	holds(t, "case means nothing up to base 36, and something above", prop.ForAll(func(u UUID, bare bool) bool {
		for _, base := range allBases {
			text := u.Slug(SlugFormat{Base: base, Bare: bare})
			upper := strings.ToUpper(text)
			v, err := ParseSlugBase(upper, base)
			if same := err == nil && v == u; same != (base <= 36 || upper == text) {
				return false
			}
		}
		return true
	}, identifiers(), gen.Bool()))
	holds(t, "hex is read as what was written", prop.ForAll(func(u UUID, pad int) bool {
		v, err := ParseHex(u.AppendHex(nil, pad))
		return err == nil && v == u
	}, identifiers(), gen.IntRange(-5, 300)))
	holds(t, "short hex is read as what was written", prop.ForAll(func(u UUID) bool {
		v, err := ParseShortHex(u.Tag(), u.ShortHex())
		return err == nil && v == u
	}, identifiers()))
	holds(t, "the number is what was put in", prop.ForAll(func(u UUID) bool {
		v, err := FromBig(u.Tag(), u.Big())
		return err == nil && v == u && New128(u.Tag(), u.High(), u.Low()) == u
	}, identifiers()))
	holds(t, "text, JSON, binary and SQL are read as what was written", prop.ForAll(func(u UUID) bool {
		var a, b, c, d UUID
		text, _ := u.MarshalText()
		value, _ := u.MarshalJSON()
		data, _ := u.MarshalBinary()
		column, _ := u.Value()
		return a.UnmarshalText(text) == nil && b.UnmarshalJSON(value) == nil && c.UnmarshalBinary(data) == nil &&
			d.Scan(column) == nil &&
			a == u && b == u && c == u && d == u
	}, identifiers()))
}

// A prefix is that of the tag, the digits are as few as they can be or as many as
// was asked, and all forms differ whenever identifiers do.
func TestForms(t *testing.T) {
	holds(t, "a slug has its shape", prop.ForAll(func(u UUID, base, pad int) bool {
		bare := u.Slug(SlugFormat{Base: base, Bare: true})
		padded := u.Slug(SlugFormat{Base: base, Pad: pad})
		return bare[0] != '0' && padded[0] == u.Tag().Prefix() && padded[1] == '-' &&
			len(padded) == 2+max(len(bare), pad) && strings.TrimLeft(padded[2:], "0") == bare
	}, identifiers(), gen.IntRange(2, 62), gen.IntRange(0, 300)))
	holds(t, "identifiers differ as their forms do", prop.ForAll(func(u, v UUID, base int) bool {
		f := SlugFormat{Base: base, Bare: true}
		same := u == v
		return same == (u.Slug(f) == v.Slug(f)) && same == (u.String() == v.String()) && same == (u.Hex() == v.Hex()) &&
			same == (u.Compare(v) == 0)
	}, identifiers(), identifiers(), gen.IntRange(2, 62)))
	holds(t, "the order is total", prop.ForAll(func(u, v, w UUID) bool {
		transitive := u.Compare(v) > 0 || v.Compare(w) > 0 || u.Compare(w) <= 0
		return transitive && u.Compare(v) == -v.Compare(u)
	}, identifiers(), identifiers(), identifiers()))
}

package uuid

import (
	"errors"
	"math/big"
	"strings"
	"testing"
)

// Every refusal says what and where.
func TestRefusals(t *testing.T) {
	zeros := func(n int) string { return strings.Repeat("0", n) }
	slug := func(text string, base int) error { _, err := ParseSlugBase(text, base); return err }
	hex := func(text string) error { _, err := ParseHex(text); return err }
	short := func(text string) error { _, err := ParseShortHex(Event, text); return err }
	text := func(text string) error { _, err := Parse(text); return err }
	binary := func(data []byte) error { return new(UUID).UnmarshalBinary(data) }
	number := func(n *big.Int) error { _, err := FromBig(Order, n); return err }

	for _, c := range []struct {
		err  error
		want error
		pos  int
		text string
	}{
		{slug("", 36), ErrEmpty, 0, "uuid: slug: empty"},
		{slug("a-", 36), ErrEmpty, 2, "uuid: slug: empty"},
		{slug("--", 36), ErrEmpty, 2, "uuid: slug: empty"},
		{slug("-", 36), ErrDigit, 0, `uuid: slug: bad digit "-" of base 36 at byte 0`},
		{slug("a--1", 36), ErrDigit, 2, `uuid: slug: bad digit "-" of base 36 at byte 2`},
		{slug("a-b-c", 36), ErrDigit, 3, `uuid: slug: bad digit "-" of base 36 at byte 3`},
		{slug("ab-11yc", 36), ErrDigit, 2, `uuid: slug: bad digit "-" of base 36 at byte 2`},
		{slug("a-é", 36), ErrDigit, 2, `uuid: slug: bad digit "\xc3" of base 36 at byte 2`},
		{slug("11yc\x00", 36), ErrDigit, 4, `uuid: slug: bad digit "\x00" of base 36 at byte 4`},
		{slug("c-14g2", 4), ErrDigit, 3, `uuid: slug: bad digit "4" of base 4 at byte 3`},
		{slug("m-tQo!", 62), ErrDigit, 5, `uuid: slug: bad digit "!" of base 62 at byte 5`},
		{slug("a", 36), ErrTag, 0, "uuid: slug: unknown tag 000a at byte 0"},
		{slug("000", 36), ErrTag, 0, "uuid: slug: unknown tag 0000 at byte 0"},
		{slug("x-1", 36), ErrTag, 2, "uuid: slug: unknown tag 0001 at byte 2"},
		{slug("c-11yc", 36), ErrPrefix, 0, `uuid: slug: wrong prefix "c" for ContractGroup`},
		{slug("x-11yc", 36), ErrPrefix, 0, `uuid: slug: wrong prefix "x" for ContractGroup`},
		{slug("--11yc", 36), ErrPrefix, 0, `uuid: slug: wrong prefix "-" for ContractGroup`},
		{slug("?-11yc", 36), ErrPrefix, 0, `uuid: slug: wrong prefix "?" for ContractGroup`},
		{slug("\x00-11yc", 36), ErrPrefix, 0, `uuid: slug: wrong prefix "\x00" for ContractGroup`},
		{slug("M-2gis", 62), ErrTag, 2, "uuid: slug: unknown tag 3aa8 at byte 2"},
		{slug("M-tQo", 62), ErrPrefix, 0, `uuid: slug: wrong prefix "M" for ContractGroup`},
		{slug("m-"+strings.Repeat("z", 28), 36), ErrTooLong, 29, "uuid: slug: too long at byte 29"},
		{slug("m-000"+strings.Repeat("z", 29), 36), ErrTooLong, 32, "uuid: slug: too long at byte 32"},
		{slug("1"+zeros(144), 2), ErrTooLong, 144, "uuid: slug: too long at byte 144"},
		{slug("m-"+zeros(PadMax-3)+"11yc", 36), ErrTooLong, TextBytesMax, "uuid: slug: too long at byte 1026"},
		{slug("!"+zeros(1e6), 36), ErrTooLong, TextBytesMax, "uuid: slug: too long at byte 1026"},
		{slug("11yc", 1), ErrBase, 0, "uuid: slug: bad base 1"},
		{slug("11yc", 0), ErrBase, 0, "uuid: slug: bad base 0"},
		{slug("11yc", -36), ErrBase, 0, "uuid: slug: bad base -36"},
		{slug("11yc", 63), ErrBase, 0, "uuid: slug: bad base 63"},

		{hex(""), ErrEmpty, 0, "uuid: hex: empty"},
		{hex("acc1"), ErrTooShort, 4, "uuid: hex: too short at byte 4"},
		{hex("1"), ErrTooShort, 1, "uuid: hex: too short at byte 1"},
		{hex("gg"), ErrDigit, 0, `uuid: hex: bad digit "g" of base 16 at byte 0`},
		{hex("1acc_"), ErrDigit, 4, `uuid: hex: bad digit "_" of base 16 at byte 4`},
		{hex("1ACC1"), ErrCase, 1, `uuid: hex: upper case in the tag "A" at byte 1`},
		{hex("1accF"), ErrCase, 4, `uuid: hex: upper case in the tag "F" at byte 4`},
		{hex("ffacc2"), ErrTag, 2, "uuid: hex: unknown tag acc2 at byte 2"},
		{hex("00000"), ErrTag, 1, "uuid: hex: unknown tag 0000 at byte 1"},
		{hex("a-123"), ErrDigit, 1, `uuid: hex: bad digit "-" of base 16 at byte 1`},
		{hex("1" + zeros(32) + "acc1"), ErrTooLong, 36, "uuid: hex: too long at byte 36"},
		{hex(zeros(TextBytesMax-4) + "1acc1"), ErrTooLong, TextBytesMax, "uuid: hex: too long at byte 1026"},

		{short(""), ErrEmpty, 0, "uuid: short hex: empty"},
		{short("1g"), ErrDigit, 1, `uuid: short hex: bad digit "g" of base 16 at byte 1`},
		{short("0001" + zeros(32)), ErrTooLong, 35, "uuid: short hex: too long at byte 35"},
		{short(zeros(TextBytesMax + 1)), ErrTooLong, TextBytesMax, "uuid: short hex: too long at byte 1026"},
		{
			func() error { _, err := ParseShortHex(Tag(1), "1"); return err }(), ErrTag, 0,
			"uuid: short hex: unknown tag 0001 at byte 0",
		},

		{text(""), ErrEmpty, 0, "uuid: text: empty"},
		{text("11yc"), ErrForm, 0, "uuid: text: not a form of an identifier"},
		{text("1acc1"), ErrForm, 0, "uuid: text: not a form of an identifier"},
		{text("c-11yc"), ErrPrefix, 0, `uuid: slug: wrong prefix "c" for ContractGroup`},
		{text(zeros(27) + "acc1"), ErrForm, 0, "uuid: text: not a form of an identifier"},
		{text(zeros(28) + "acc2"), ErrTag, 28, "uuid: hex: unknown tag acc2 at byte 28"},

		{binary(nil), ErrEmpty, 0, "uuid: binary: empty"},
		{binary(make([]byte, 17)), ErrTooShort, 17, "uuid: binary: too short at byte 17"},
		{binary(make([]byte, 19)), ErrTooLong, 18, "uuid: binary: too long at byte 18"},
		{binary(make([]byte, 18)), ErrTag, 16, "uuid: binary: unknown tag 0000 at byte 16"},

		{number(nil), ErrEmpty, 0, "uuid: big.Int: empty"},
		{number(big.NewInt(-1)), ErrRange, 0, "uuid: big.Int: number out of range"},
		{number(new(big.Int).Lsh(big.NewInt(1), 128)), ErrRange, 0, "uuid: big.Int: number out of range"},
	} {
		wants(t, c.text, c.err, c.want, c.pos)
		if got := c.err.Error(); got != c.text {
			t.Errorf("error %q, want %q", got, c.text)
		}
	}
}

// An error carries what its reason is about.
func TestErrorFields(t *testing.T) {
	_, err := ParseSlug("c-11yc")
	if e := wants(t, "prefix", err, ErrPrefix, 0); e.Byte != 'c' || e.Tag != ContractGroup {
		t.Errorf("%+v", e)
	}
	_, err = ParseSlug("x-1")
	if e := wants(t, "tag", err, ErrTag, 2); e.Tag != 1 {
		t.Errorf("%+v", e)
	}
	_, err = ParseSlugBase("3", 3)
	if e := wants(t, "digit", err, ErrDigit, 0); e.Byte != '3' || e.Base != 3 {
		t.Errorf("%+v", e)
	}
	_, err = ParseSlugBase("1", 99)
	if e := wants(t, "base", err, ErrBase, 0); e.Base != 99 {
		t.Errorf("%+v", e)
	}
	if err := errors.Unwrap(&Error{Err: ErrRange}); err != ErrRange {
		t.Errorf("unwraps to %v", err)
	}
}

// What identifies a session may open one: no error repeats what it refuses.
func TestErrorsHoldNoText(t *testing.T) {
	const secret = "8k9z998uxzp3343bc0ong"
	for _, err := range []error{
		func() error { _, err := ParseSlug("s-" + secret + "h"); return err }(),
		func() error { _, err := ParseSlug(secret + "!"); return err }(),
		func() error { _, err := ParseHex(secret); return err }(),
		func() error { _, err := Parse(secret); return err }(),
		new(UUID).Scan(secret),
		new(UUID).UnmarshalJSON([]byte(`"` + secret + `\n"`)),
		new(UUID).UnmarshalJSON([]byte(secret)),
	} {
		if err == nil || strings.Contains(err.Error(), secret[:4]) || strings.Contains(err.Error(),
			secret[len(secret)-4:]) {
			t.Errorf("error %v", err)
		}
	}
}

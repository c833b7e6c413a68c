package uuid

import (
	"strings"
	"testing"
)

// The reference is Python, and reads whatever its int() and lower() let through.
// The following it accepts without ever having meant to, and we refuse.

type refusal struct {
	err error
	pos int
	why string
}

var accidentalSlugs = map[string]refusal{
	"-11yc":                                       {ErrDigit, 0, "a prefix without a letter"},
	"-0011yc":                                     {ErrDigit, 0, "a prefix without a letter, padded"},
	"a-8\u212a9z998uxzp3343bc0ongh":               {ErrDigit, 3, "the Kelvin sign, whose lower case is k"},
	"8\u212a9z998uxzp3343bc0ongh":                 {ErrDigit, 1, "the Kelvin sign, without a prefix"},
	"m-laebsi7rpgfoz4oncaub1gcx1hk4":              {ErrTooLong, 29, "the number 2^128"},
	"laebsi7rpgfoz4oncaub1gcx1hk4":                {ErrTooLong, 27, "the number 2^128, without a prefix"},
	"m-hswjeymzomo4g3knk36n4wzj2o7kexa90":         {ErrTooLong, 30, "a number of 154 bits"},
	"m-" + strings.Repeat("0", PadMax-3) + "11yc": {ErrTooLong, TextBytesMax, "padding beyond any use"},
}

var accidentalHex = map[string]refusal{
	"+1acc1":                                {ErrDigit, 0, "a sign"},
	"-1acc1":                                {ErrDigit, 0, "a sign, for a number that no identifier has"},
	"-0acc1":                                {ErrDigit, 0, "a sign of zero"},
	" 1acc1":                                {ErrDigit, 0, "a space before"},
	"1 acc1":                                {ErrDigit, 1, "a space before the tag"},
	"\t1\nacc1":                             {ErrDigit, 0, "white space around the number"},
	"\u00a01acc1":                           {ErrDigit, 0, "a space that does not break"},
	"\u20031acc1":                           {ErrDigit, 0, "a wide space"},
	"1_0acc1":                               {ErrDigit, 1, "an underscore"},
	"0x1acc1":                               {ErrDigit, 1, "a prefix of the base"},
	"0X1acc1":                               {ErrDigit, 1, "a prefix of the base"},
	"-0x1acc1":                              {ErrDigit, 0, "a sign and a prefix of the base"},
	"0x_1acc1":                              {ErrDigit, 1, "a prefix of the base and an underscore"},
	"\u0661acc1":                            {ErrDigit, 0, "an Arabic digit"},
	"\uff11acc1":                            {ErrDigit, 0, "a digit of full width"},
	"\U0001d7d9acc1":                        {ErrDigit, 0, "a digit of mathematics"},
	"100000000000000000000000000000000acc1": {ErrTooLong, 36, "the number 2^128"},
	"fffffffffffffffffffffffffffffffffacc1": {ErrTooLong, 36, "a number of 132 bits"},
	strings.Repeat("0", TextBytesMax-4) + "1acc1": {ErrTooLong, TextBytesMax, "padding beyond any use"},
}

// TestAccidents says what we refuse although the reference accepts it, and why.
func TestAccidents(t *testing.T) {
	for text, want := range accidentalSlugs {
		_, err := ParseSlug(text)
		wants(t, "slug: "+want.why, err, want.err, want.pos)
	}
	for text, want := range accidentalHex {
		_, err := ParseHex(text)
		wants(t, "hex: "+want.why, err, want.err, want.pos)
		if _, err := Parse(text); err == nil {
			t.Errorf("text: %s: accepted", want.why)
		}
	}
}

// What looks like an accident and is none: the reference means it, and so do
// we.
func TestNoAccidents(t *testing.T) {
	for text, want := range map[string]UUID{
		"A-8K9Z998UXZP3343BC0ONGH": New128(Account, 0xcb2cfe2a, 0x4bcd43601),
		"m-0000000000000000011yc":  New(ContractGroup, 0),
		"11YC":                     New(ContractGroup, 0),
		"M-11yc":                   New(ContractGroup, 0),
	} {
		if got, err := ParseSlug(text); got != want || err != nil {
			t.Errorf("slug %q: %v, %v, want %v", text, got, err, want)
		}
	}
	if got, err := Parse("000000000000000000000000000Facc1"); got != New(Account, 0xf) || err != nil {
		t.Errorf("text: %v, %v", got, err)
	}
	for text, want := range map[string]UUID{
		"FFacc1":  New(Account, 0xff), // the number in upper case
		"0b1acc1": New(Account, 0xb1), // digits, not a prefix of base 2
		strings.Repeat("0", TextBytesMax-5) + "1acc1": New(Account, 1),
	} {
		if got, err := ParseHex(text); got != want || err != nil {
			t.Errorf("hex %q: %v, %v, want %v", text, got, err, want)
		}
	}
}

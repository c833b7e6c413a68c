package uuid

import (
	"errors"
	"strconv"
	"strings"
)

// Why something is not an identifier. An [*Error] wraps one of them.
var (
	// ErrEmpty: there is no digit.
	ErrEmpty = errors.New("uuid: empty")
	// ErrTooShort: there is no room for a number before the tag.
	ErrTooShort = errors.New("uuid: too short")
	// ErrTooLong: the number does not fit 128 bits, or the input is longer than
	// any form of an identifier.
	ErrTooLong = errors.New("uuid: too long")
	// ErrDigit: a byte is not a digit of the base.
	ErrDigit = errors.New("uuid: bad digit")
	// ErrCase: hex spells its tag in upper case, which the exchange's own library
	// refuses, too.
	ErrCase = errors.New("uuid: upper case in the tag")
	// ErrTag: no such tag is known.
	ErrTag = errors.New("uuid: unknown tag")
	// ErrPrefix: the prefix is not the tag's, or nobody's.
	ErrPrefix = errors.New("uuid: wrong prefix")
	// ErrBase: the base lies outside BaseMin to BaseMax.
	ErrBase = errors.New("uuid: bad base")
	// ErrRange: an integer is negative or does not fit 128 bits.
	ErrRange = errors.New("uuid: number out of range")
	// ErrForm: the input has none of the forms that are read here.
	ErrForm = errors.New("uuid: not a form of an identifier")
)

// Error says why something is not an identifier, and where. It does not hold
// the text: what identifies a session may be all it takes to use it.
type Error struct {
	Form string // what was read or written: "slug", "hex", "JSON", ...
	Err  error  // one of the Err values of this package
	Pos  int    // where in the input the refused begins, in bytes; 0 if Err is not about a place
	Base int    // of the digits, if Err is ErrDigit; what was asked for, if it is ErrBase
	Byte byte   // what is at Pos, if Err is ErrDigit or ErrCase; the prefix, if it is ErrPrefix
	Tag  Tag    // the tag of the number, if Err is ErrTag or ErrPrefix
}

// Error names the form, the reason, and what and where it is.
func (e *Error) Error() string {
	const house = "uuid: "
	text := house + e.Form + ": " + strings.TrimPrefix(e.Err.Error(), house)
	at := " at byte " + strconv.Itoa(e.Pos)
	char := " " + strconv.QuoteToASCII(string([]byte{e.Byte}))
	switch e.Err {
	case ErrTooShort, ErrTooLong:
		return text + at
	case ErrDigit:
		return text + char + " of base " + strconv.Itoa(e.Base) + at
	case ErrCase:
		return text + char + at
	case ErrPrefix:
		return text + char + " for " + e.Tag.String()
	case ErrTag:
		return text + " " + e.Tag.Hex() + at
	case ErrBase:
		return text + " " + strconv.Itoa(e.Base)
	}
	return text
}

// at completes the error.
func (e *Error) at(err error, pos int) *Error {
	e.Err, e.Pos = err, pos
	return e
}

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// The forms, as errors name them.
const (
	formSlug     = "slug"
	formHex      = "hex"
	formShortHex = "short hex"
	formText     = "text"
	formBinary   = "binary"
	formBig      = "big.Int"
	formJSON     = "JSON"
	formSQL      = "SQL"
)

// bug stops the program: a caller broke a contract that no input can break.
func bug(what string, n int) { panic("BUG: uuid: " + what + " " + strconv.Itoa(n)) }

package msg

import (
	"math"
	"strconv"
	"unsafe"
)

// bytesOf returns the bytes of s without a copy.
//
// A string's memory must never be written. The slice is read by the encoder and returned by getters
// whose documentation forbids writing. Its capacity is its length, so an append copies.
func bytesOf(s string) []byte {
	return unsafe.Slice(unsafe.StringData(s), len(s))
}

// appendField starts the next field of a message's text.
func appendField(dst []byte, first *bool, name string) []byte {
	if !*first {
		dst = append(dst, ' ')
	}
	*first = false
	dst = append(dst, name...)
	return append(dst, '=')
}

// textQuotedMax bounds how much of a text field String shows.
const textQuotedMax = 256

func appendQuoted(dst, text []byte) []byte {
	if len(text) <= textQuotedMax {
		return strconv.AppendQuote(dst, string(text))
	}
	dst = strconv.AppendQuote(dst, string(text[:textQuotedMax]))
	return append(dst, "..."...)
}

// What String shows of repeated fields: so many elements of each, and none once the text has so many
// bytes, for elements have elements.
const (
	textElementsMax = 64
	textBytesMax    = 16 << 10
)

// enough reports whether a repeated field is cut after k elements.
func enough(dst []byte, k int) bool { return k == textElementsMax || len(dst) >= textBytesMax }

// appendMore appends the number of elements that are not shown.
func appendMore(dst []byte, n int) []byte {
	dst = append(dst, " ... "...)
	dst = strconv.AppendInt(dst, int64(n), 10)
	return append(dst, " more"...)
}

func appendFloat(dst []byte, v float64) []byte {
	if math.Abs(v) < 1e15 {
		return strconv.AppendFloat(dst, v, 'f', -1, 64)
	}
	return strconv.AppendFloat(dst, v, 'g', -1, 64)
}

package config

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
)

// byteOrderMark is what some editors put before UTF-8 text.
const byteOrderMark = "\ufeff"

// errMark: files were joined, and the mark of the second is a part of its first line.
var errMark = fmt.Errorf("%w: a byte order mark is not at the start of the file", ErrText)

// cutMark returns a file's text without the byte order mark of UTF-8. The error is
// ErrUTF16, for the marks of other encodings.
func cutMark(content []byte) ([]byte, error) {
	for _, mark := range [...]string{"\xff\xfe", "\xfe\xff", "\x00\x00\xfe\xff"} { // the first is UTF-32's too
		if bytes.HasPrefix(content, []byte(mark)) {
			return nil, ErrUTF16
		}
	}
	return bytes.TrimPrefix(content, []byte(byteOrderMark)), nil
}

// readText reads a file of at most limit bytes of text, without its byte order mark.
func readText(path string, limit int) ([]byte, error) {
	content, err := readBounded(path, limit)
	if err != nil {
		return nil, err
	}
	return cutMark(content)
}

// blank reports whether a value has no visible character, or none but a pair of quotes,
// which other formats write for an empty value.
func blank(value string) bool {
	value = strings.TrimFunc(value, invisible)
	if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		value = strings.TrimFunc(value[1:n-1], invisible)
	}
	return value == ""
}

func invisible(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }

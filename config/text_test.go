package config

import (
	"errors"
	"slices"
	"testing"
)

// TestByteOrderMark: that of UTF-8 is skipped at a file's start, and nowhere else; those of
// other encodings say what they are.
func TestByteOrderMark(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{byteOrderMark, nil},
		{byteOrderMark + "[a]\r\nk = v\r\n", []string{"a.k=v"}},
		{byteOrderMark + "\n# c\n[a]\nk = " + byteOrderMark + "v\n", []string{"a.k=" + byteOrderMark + "v"}},
		{"[a]\nk = v" + byteOrderMark + "\n", []string{"a.k=v" + byteOrderMark}},
	} {
		sections, err := parse([]byte(c.text))
		if err != nil || !slices.Equal(flat(sections), c.want) {
			t.Errorf("%q: %q, %v, want %q", c.text, flat(sections), err, c.want)
		}
	}
	for _, c := range []struct {
		text string
		err  error
		line int
	}{
		{byteOrderMark + "word\n", ErrSyntax, 1},
		{byteOrderMark + "\n[a]\nword\n", ErrSyntax, 3},
		{byteOrderMark + byteOrderMark + "[a]\n", errMark, 1},
		{"[a]\nk = v\n" + byteOrderMark + "[b]\n", errMark, 3},
		{"[a]\nk = v\n" + byteOrderMark + "l = w\n", errMark, 3},
		{"[a]\nk = v\n  " + byteOrderMark + "w\n", errMark, 3},
		{"\n" + byteOrderMark + "# c\n", errMark, 2},
		{"\xff\xfe[\x00a\x00]\x00", ErrUTF16, 1},
		{"\xfe\xff\x00[\x00a\x00]", ErrUTF16, 1},
		{"\xff\xfe\x00\x00[\x00\x00\x00", ErrUTF16, 1},
		{"\x00\x00\xfe\xff\x00\x00\x00[", ErrUTF16, 1},
		{"[\x00a\x00]\x00", ErrText, 1},
	} {
		_, err := parse([]byte(c.text))
		var e *Error
		if !errors.As(err, &e) || e.Err != c.err || e.Origin.Line != c.line {
			t.Errorf("%q: %#v, want %v in line %d", c.text, err, c.err, c.line)
		}
	}
	for _, err := range []error{ErrUTF16, errMark} {
		want(t, err, ErrText)
	}
	_, _, err := loadText(t, "\xff\xfe[\x00")
	want(t, err, ErrUTF16, "bot.conf:1: not UTF-8 text but UTF-16")
	s, _, err := loadText(t, byteOrderMark+"[session]\nusername = bob\n")
	if err != nil || s.Engine.Session.Username != "bob" {
		t.Errorf("a whole file: %v", err)
	}
	if o, _ := s.Origin("session.username"); o.Line != 2 {
		t.Errorf("origin %v", o)
	}
}

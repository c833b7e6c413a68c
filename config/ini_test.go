package config

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// flat writes sections as "section.key=text@line".
func flat(sections []section) []string {
	var list []string
	for _, s := range sections {
		if len(s.entries) == 0 {
			list = append(list, s.name)
		}
		for _, e := range s.entries {
			list = append(list, s.name+"."+e.key+"="+e.text)
		}
	}
	return list
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"# only\n ; comments\n\n", nil},
		{"[a]", []string{"a"}},
		{"[a] ; comment\n[b]# x\n", []string{"a", "b"}},
		{"[a b]\nk=v", []string{"a b.k=v"}},
		{"[a]\nk = v\nl:w\nm =: x\nn := y\n", []string{"a.k=v", "a.l=w", "a.m=: x", "a.n== y"}},
		{"[a]\nK e Y\t =\tv  \n", []string{"a.k e y=v"}},
		{"[a]\nk =\nl:\n", []string{"a.k=", "a.l="}},
		{"[a]\r\nk = v\r\nl = w\r\n", []string{"a.k=v", "a.l=w"}},
		{"[a]\nk = v ; not a comment # neither\n", []string{"a.k=v ; not a comment # neither"}},
		{"[a]\nk = \"v\"\n", []string{"a.k=\"v\""}},
		{"[a]\nk = 1\n  2\n\t[3]\n", []string{"a.k=1\n2\n[3]"}},
		{"[a]\nk =\n  1\n\n  # no\n  2\n\n\n", []string{"a.k=\n1\n\n2"}},
		{"[a]\n  k = 1\n  l = 2\n    3\n m = 4\n", []string{"a.k=1", "a.l=2\n3", "a.m=4"}},
		{"[a]\nk = 1\n\n[b]\nk = 2", []string{"a.k=1", "b.k=2"}},
		{"[a]\nk = v\\\n", []string{"a.k=v\\"}},
		{"[a]\nk = é\n", []string{"a.k=é"}},
	} {
		sections, err := parse([]byte(c.text))
		if err != nil || !slices.Equal(flat(sections), c.want) {
			t.Errorf("%q: %q, %v, want %q", c.text, flat(sections), err, c.want)
		}
	}
}

func TestParseRefusals(t *testing.T) {
	for _, c := range []struct {
		text string
		err  error
		line int
		key  string
	}{
		{"k = v", ErrSyntax, 1, ""},
		{"\n\nk = v", ErrSyntax, 3, ""},
		{"[a]\nword\n", ErrSyntax, 2, ""},
		{"[a]\n = v\n", ErrSyntax, 2, ""},
		{"[a]\n: v\n", ErrSyntax, 2, ""},
		{"[a\nk=v", ErrSyntax, 1, ""},
		{"[]\n", ErrSyntax, 1, ""},
		{"[a] b\n", ErrSyntax, 1, ""},
		{"[a]\nk=1\n[b]\n[a]\n", ErrDuplicate, 4, "[a]"},
		{"[a]\nk=1\nK=2\n", ErrDuplicate, 3, "a.k"},
		{"[a]\nk=\x00\n", ErrText, 2, ""},
		{"[a]\n\xff=1\n", ErrText, 2, ""},
	} {
		_, err := parse([]byte(c.text))
		var e *Error
		if !errors.As(err, &e) || !errors.Is(err, c.err) || e.Origin.Line != c.line || e.Key != c.key {
			t.Errorf("%q: %#v, want %v", c.text, err, c)
		}
	}
}

func TestEdits(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"a", "", 1},
		{"", "ab", 2},
		{"abc", "abc", 0},
		{"abc", "acb", 1},
		{"abc", "abd", 1},
		{"abc", "ab", 1},
		{"abc", "xabc", 1},
		{"kitten", "sitting", 3},
		{strings.Repeat("a", 65), "a", 65},
	} {
		if got := edits(c.a, c.b); got != c.want || edits(c.b, c.a) != c.want {
			t.Errorf("%q, %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// FuzzINI: any file is read or refused with a line; what was read can be written
// and read again; and no error shows a password.
func FuzzINI(f *testing.F) {
	for _, seed := range []string{
		"[session]\nusername = u\npassword = correcthorse\n[engine]\naddress=%(x)s\n",
		"[DEFAULT]\na = %(b)s\nb = %(a)s%%\n[tls]\n  server_name: x\n    y\n\n# c\n",
		"\ufeff[a]\nk = v\n\ufeff[b]\n", "\xff\xfe[\x00a\x00]\x00",
		"[inherit]\nfrom = a, b\n[session]\npassword = correct%horse\nresume = %(password)s\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		sections, err := parse(content)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || len(content) <= FileBytesMax && (e.Origin.Line < 1 ||
				e.Origin.Line > strings.Count(string(content), "\n")+1) {
				t.Fatalf("%#v", err)
			}
			return
		}
		again, err := parse(write(sections))
		if err != nil || !slices.Equal(flat(again), flat(sections)) {
			t.Fatalf("%q\nwas written as %q\nand read as %q, %v", flat(sections), write(sections), flat(again), err)
		}
		var v Values
		v.merge("f", sections)
		for _, s := range v.Sections() {
			for _, key := range v.Keys(s) {
				if text, _, ok, err := v.Get(s, key); !ok || len(text) > ValueBytesMax || err != nil && text != "" {
					t.Fatalf("%s.%s: %d bytes, %t, %v", s, key, len(text), ok, err)
				}
			}
		}
		settings, err := resolve(&v, Options{})
		password, ok := v.raw("session", "password")
		if !ok || len(password.text) < 8 || strings.Count(strings.ToLower(string(content)),
			strings.ToLower(password.text)) != 1 {
			return // too short to tell, or said elsewhere too
		}
		shown := ""
		if err != nil {
			shown = err.Error()
		} else {
			shown = settings.String()
		}
		if strings.Contains(shown, password.text) {
			t.Fatalf("the password is shown: %s", shown)
		}
	})
}

// write writes sections as a file.
func write(sections []section) []byte {
	var b []byte
	for _, s := range sections {
		b = append(b, "["+s.name+"]\n"...)
		for _, e := range s.entries {
			b = append(b, e.key+" = "+strings.ReplaceAll(e.text, "\n", "\n ")+"\n"...)
		}
	}
	return b
}

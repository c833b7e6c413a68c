package config

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// section is what one file has between two headers.
type section struct {
	name    string
	line    int
	entries []entry
}

// entry is a key and its value as they are written: percent signs are as they were.
type entry struct {
	key  string // in lower case
	text string // lines of a continued value have a newline between them
	line int
}

// parse reads a file. The error is an *Error without a file's name. A parser of
// our own, for the libraries that read this syntax do not keep the lines that
// origins and errors name.
func parse(content []byte) ([]section, error) {
	if len(content) > FileBytesMax {
		return nil, &Error{Err: ErrTooLarge}
	}
	var (
		sections []section
		lines    []string // of the value that may go on
		indent   int      // of its key
		open     bool     // whether there is such a value
		names    = make(map[string]bool)
		keys     map[string]bool
		number   int
	)
	wrong := func(key string, err error) error {
		return &Error{Origin: Origin{Line: number}, Key: key, Err: err}
	}
	finish := func() {
		if open {
			entries := sections[len(sections)-1].entries
			entries[len(entries)-1].text = strings.TrimRight(strings.Join(lines, "\n"), " \t\r\n\v\f")
		}
		open = false
	}
	content, err := cutMark(content)
	if err != nil {
		number = 1
		return nil, wrong("", err)
	}
	for raw := range bytes.Lines(content) {
		number++
		if !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 {
			return nil, wrong("", ErrText)
		}
		text := strings.Trim(string(raw), " \t\r\n\v\f")
		if text == "" {
			if open {
				lines = append(lines, "")
			}
			continue
		}
		if strings.HasPrefix(text, byteOrderMark) {
			return nil, wrong("", errMark)
		}
		if text[0] == '#' || text[0] == ';' {
			continue
		}
		depth := bytes.IndexByte(raw, text[0])
		if open && depth > indent {
			lines = append(lines, text)
			continue
		}
		finish()
		if text[0] == '[' {
			name, rest, ok := strings.Cut(text[1:], "]")
			rest = strings.TrimLeft(rest, " \t")
			if !ok || name == "" || rest != "" && rest[0] != '#' && rest[0] != ';' {
				return nil, wrong("", ErrSyntax)
			}
			if names[name] {
				return nil, wrong("["+shown(name)+"]", ErrDuplicate)
			}
			names[name] = true
			keys = make(map[string]bool)
			sections = append(sections, section{name: name, line: number})
			continue
		}
		end := strings.IndexAny(text, "=:")
		if end <= 0 || len(sections) == 0 {
			return nil, wrong("", ErrSyntax)
		}
		key := strings.ToLower(strings.TrimRight(text[:end], " \t"))
		s := &sections[len(sections)-1]
		if keys[key] {
			return nil, wrong(full(s.name, key), ErrDuplicate)
		}
		keys[key] = true
		s.entries = append(s.entries, entry{key: key, line: number})
		lines = append(lines[:0], strings.TrimLeft(text[end+1:], " \t"))
		indent, open = depth, true
	}
	finish()
	return sections, nil
}

// full is how errors and origins name a key.
func full(section, key string) string { return shown(section) + "." + shown(key) }

// shown is a name as it is, or quoted if it is long or has what a terminal obeys.
func shown(name string) string {
	if q := inQuotes(name); q != `"`+name+`"` {
		return q
	}
	return name
}

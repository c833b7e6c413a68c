package config

import (
	"fmt"
	"io"
	"iter"
	"log/slog"
	"slices"
	"strings"
)

// defaultSection is the section whose values hold in all others.
const defaultSection = "DEFAULT"

// Values are the sections of all files that were read, one over the other. The
// zero value is empty.
type Values struct {
	sections []*valueSection // in the order in which they were first read
	byName   map[string]*valueSection
	referred map[string]bool // keys that values refer to, those of values that others replaced too
	profile  string          // whose sections win, "" for none
}

type valueSection struct {
	name   string
	origin Origin // of the last header
	keys   []string
	values map[string]rawValue
}

// rawValue is a value whose percent signs are as they were.
type rawValue struct {
	text   string
	origin Origin
}

// merge puts the sections of a file over what is there.
func (v *Values) merge(file string, sections []section) {
	for _, s := range sections {
		to := v.section(s.name)
		if to == nil {
			to = &valueSection{name: s.name, values: make(map[string]rawValue)}
			v.sections = append(v.sections, to)
			if v.byName == nil {
				v.byName = make(map[string]*valueSection)
			}
			v.byName[s.name] = to
		}
		to.origin = Origin{File: file, Line: s.line}
		for _, e := range s.entries {
			if _, ok := to.values[e.key]; !ok {
				to.keys = append(to.keys, e.key)
			}
			to.values[e.key] = rawValue{e.text, Origin{File: file, Line: e.line}}
			for key := range references(e.text) {
				if v.referred == nil {
					v.referred = make(map[string]bool)
				}
				v.referred[key] = true
			}
		}
	}
}

func (v *Values) section(name string) *valueSection { return v.byName[name] }

// Sections returns the names of all sections but [DEFAULT], in the order in which they
// were first read.
func (v *Values) Sections() []string {
	var names []string
	for _, s := range v.sections {
		if s.name != defaultSection {
			names = append(names, s.name)
		}
	}
	return names
}

// Keys returns the keys that a section has of its own, in the order in which they
// were first read, and those that it has in the profile alone.
func (v *Values) Keys(section string) (keys []string) {
	for _, name := range [...]string{section, v.profiled(section)} {
		s := v.section(name)
		if s == nil {
			continue
		}
		for _, key := range s.keys {
			if !slices.Contains(keys, key) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// Get returns a value of a section that exists, in the profile first, or what [DEFAULT] has for it, with
// references replaced, and whether there is one. The error is an *Error, of a
// reference to nothing or in a circle; ok is true with it.
func (v *Values) Get(section, key string) (text string, origin Origin, ok bool, err error) {
	text, origin, ok, _, err = v.get(section, strings.ToLower(key))
	return text, origin, ok, err
}

// get is Get, and says whether the text holds a credential.
func (v *Values) get(section, key string) (text string, origin Origin, ok, secret bool, err error) {
	if v.section(section) == nil && v.section(v.profiled(section)) == nil {
		return "", Origin{}, false, false, nil
	}
	raw, ok := v.raw(section, key)
	if !ok {
		return "", Origin{}, false, false, nil
	}
	x := expander{values: v, section: section, secret: isSecret(key)}
	if err := x.expand(raw.text, 0); err != nil {
		return "", raw.origin, true, x.secret, &Error{Origin: raw.origin, Key: full(section, key), Err: err}
	}
	return x.out.String(), raw.origin, true, x.secret, nil
}

// raw is a value as it is written, of the section in the profile, of the section, or else of [DEFAULT].
func (v *Values) raw(section, key string) (rawValue, bool) {
	for _, name := range [...]string{v.profiled(section), section, defaultSection} {
		if s := v.section(name); s != nil {
			if raw, ok := s.values[key]; ok {
				return raw, true
			}
		}
	}
	return rawValue{}, false
}

// String says how much there is: values may be credentials.
func (v Values) String() string {
	n := 0
	for _, s := range v.sections {
		n += len(s.keys)
	}
	return fmt.Sprintf("{%d sections, %d values}", len(v.sections), n)
}

// Format is String for every verb, so that none shows a credential.
func (v Values) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, v.String()) }

// LogValue is String.
func (v Values) LogValue() slog.Value { return slog.StringValue(v.String()) }

// emptied returns the error for a value that is blank once it is expanded. If the value refers
// to another, the error names the one at the end of the references.
func (v *Values) emptied(section, key string) error {
	first, _ := v.raw(section, key)
	last := first
	for more := true; more; { // ends, for a circle cannot be expanded
		more = false
		for next := range references(last.text) {
			key, more = next, true
			last, _ = v.raw(section, key)
			break
		}
	}
	if last.origin == first.origin {
		return ErrEmpty
	}
	return fmt.Errorf("%w: it refers to %s, which is empty in %s", ErrEmpty, shown(key), last.origin)
}

// references goes through the keys that a text refers to.
func references(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			_, rest, found := strings.Cut(text, "%")
			if !found {
				return
			}
			key, after, ok := reference(rest)
			if ok && !yield(key) {
				return
			}
			if ok {
				text = after
			} else {
				text = strings.TrimPrefix(rest, "%")
			}
		}
	}
}

// expander replaces the references in one value.
type expander struct {
	values  *Values
	section string
	secret  bool // whether anything in out may be a credential
	count   int  // of references so far
	out     strings.Builder
}

func (x *expander) expand(text string, depth int) error {
	if depth > ExpandDepthMax {
		return ErrDepth
	}
	for {
		before, rest, found := strings.Cut(text, "%")
		if x.out.Len()+len(before) > ValueBytesMax {
			return ErrTooLarge
		}
		x.out.WriteString(before)
		if !found {
			return nil
		}
		if strings.HasPrefix(rest, "%") {
			x.out.WriteByte('%')
			text = rest[1:]
			continue
		}
		key, rest, ok := reference(rest)
		if !ok {
			return ErrReference
		}
		raw, ok := x.values.raw(x.section, key)
		if !ok {
			return ErrReference
		}
		x.secret = x.secret || isSecret(key)
		if x.count++; x.count > ExpandsMax {
			return ErrTooLarge
		}
		if err := x.expand(raw.text, depth+1); err != nil {
			return err
		}
		text = rest
	}
}

// reference cuts the key out of what follows a percent sign.
func reference(text string) (key, rest string, ok bool) {
	if !strings.HasPrefix(text, "(") {
		return "", "", false
	}
	key, rest, ok = strings.Cut(text[1:], ")s")
	return strings.ToLower(key), rest, ok && key != "" && !strings.Contains(key, ")")
}

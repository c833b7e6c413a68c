package setup

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
)

// Error says what is wrong with a file, and where. It never quotes a value.
type Error struct {
	File string
	Line int
	Text string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text) }

// fileBytesMax bounds what is read; a file beyond it is a mistake.
const fileBytesMax = 16 << 20

// reader walks a JSON text with tables of what may be there.
type reader struct {
	name    string
	content []byte
	dec     *json.Decoder
	path    string           // in the file's words: accounts[1].balance
	goPath  string           // in the configuration's: Accounts[1].Balance
	places  map[string]place // by goPath
	counted int              // newlines are counted up to here
	line    int
}

// place is where a field of a configuration came from.
type place struct {
	line int
	path string
}

func newReader(name string, content []byte) (*reader, error) {
	if len(content) > fileBytesMax {
		return nil, &Error{name, 1, fmt.Sprintf("is longer than %d bytes", fileBytesMax)}
	}
	if bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff")) {
		return nil, &Error{name, 1, "is UTF-16 text by its byte order mark: save it as UTF-8"}
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	r := &reader{name: name, content: content, places: make(map[string]place), line: 1}
	r.dec = json.NewDecoder(bytes.NewReader(content))
	r.dec.UseNumber()
	return r, nil
}

// fail makes an error at the latest token.
func (r *reader) fail(format string, args ...any) error {
	r.here()
	text := fmt.Sprintf(format, args...)
	if r.path != "" {
		text = r.path + ": " + text
	}
	return &Error{r.name, r.line, text}
}

// here counts lines up to the end of the latest token.
func (r *reader) here() {
	at := int(r.dec.InputOffset())
	r.line += bytes.Count(r.content[r.counted:at], []byte("\n"))
	r.counted = at
}

// token returns the next token; what is no JSON is told with its line.
func (r *reader) token() (json.Token, error) {
	t, err := r.dec.Token()
	if err == nil {
		return t, nil
	}
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		at := min(max(int(syntax.Offset), 0), len(r.content))
		return nil, &Error{r.name, 1 + bytes.Count(r.content[:at], []byte("\n")), "is not JSON: " + syntax.Error()}
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, &Error{r.name, 1 + bytes.Count(r.content, []byte("\n")), "is not JSON: it ends too early"}
	}
	return nil, &Error{r.name, 1, "is not JSON: " + err.Error()}
}

// end makes sure that nothing follows.
func (r *reader) end() error {
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return r.fail("something follows the closing brace")
	}
	return nil
}

// field is one entry of a table: its name in the file and in the configuration, and how to
// read it.
type field struct {
	name, goName string
	read         func() error
}

// object reads an object that has these fields and no others.
func (r *reader) object(fields []field) error {
	t, err := r.token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		return r.fail("want an object in braces")
	}
	path, goPath := r.path, r.goPath
	defer func() { r.path, r.goPath = path, goPath }()
	if _, known := r.places[goPath]; !known { // an element of a list
		r.here()
		r.places[goPath] = place{r.line, path}
	}
	seen := make(map[string]bool)
	for r.dec.More() {
		t, err := r.token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		f := find(fields, name)
		r.path, r.goPath = path, goPath
		if f == nil {
			return r.fail("unknown field %q; there are %s", name, names(fields))
		}
		if seen[name] {
			return r.fail("field %q is given twice", name)
		}
		seen[name] = true
		r.path, r.goPath = join(path, name), join(goPath, f.goName)
		r.here()
		r.places[r.goPath] = place{r.line, r.path}
		if err := f.read(); err != nil {
			return err
		}
	}
	_, err = r.token()
	return err
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func find(fields []field, name string) *field {
	for i := range fields {
		if fields[i].name == name {
			return &fields[i]
		}
	}
	return nil
}

func names(fields []field) string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = f.name
	}
	return strings.Join(list, ", ")
}

// list reads an array; each reads one element.
func (r *reader) list(each func(i int) error) func() error {
	return func() error {
		t, err := r.token()
		if err != nil {
			return err
		}
		if t != json.Delim('[') {
			return r.fail("want a list in brackets")
		}
		path, goPath := r.path, r.goPath
		defer func() { r.path, r.goPath = path, goPath }()
		for i := 0; r.dec.More(); i++ {
			r.path, r.goPath = fmt.Sprintf("%s[%d]", path, i), fmt.Sprintf("%s[%d]", goPath, i)
			if err := each(i); err != nil {
				return err
			}
		}
		_, err = r.token()
		return err
	}
}

func (r *reader) text(p *string) func() error {
	return func() error {
		t, err := r.token()
		if err != nil {
			return err
		}
		s, ok := t.(string)
		if !ok {
			return r.fail("want text in quotes")
		}
		*p = s
		return nil
	}
}

func (r *reader) flag(p *bool) func() error {
	return func() error {
		t, err := r.token()
		if err != nil {
			return err
		}
		b, ok := t.(bool)
		if !ok {
			return r.fail("want true or false")
		}
		*p = b
		return nil
	}
}

// number reads a whole number that is not negative and has at most so many bits.
func (r *reader) number(bits int, set func(uint64)) func() error {
	return func() error {
		t, err := r.token()
		if err != nil {
			return err
		}
		n, ok := t.(json.Number)
		if !ok {
			return r.fail("want a whole number")
		}
		v, err := strconv.ParseUint(n.String(), 10, bits)
		if err != nil {
			return r.fail("want a whole number of 0 to %d", uint64(1)<<(bits-1)-1+uint64(1)<<(bits-1))
		}
		set(v)
		return nil
	}
}

func (r *reader) id(p *uint32) func() error { return r.number(32, func(v uint64) { *p = uint32(v) }) }

// money reads an amount, as text or as a number.
func (r *reader) money(p *sim.Money) func() error {
	return func() error {
		t, err := r.token()
		if err != nil {
			return err
		}
		s := fmt.Sprint(t)
		v, ok := ParseMoney(s)
		if _, isBool := t.(bool); isBool || !ok {
			return r.fail(`want an amount such as "10000.00", with at most eight decimals`)
		}
		*p = v
		return nil
	}
}

// ParseMoney reads an amount such as "10000" or "12.5", not negative, in currency units
// with at most eight decimals.
func ParseMoney(s string) (sim.Money, bool) {
	const decimals = 8
	whole, part, dot := strings.Cut(s, ".")
	if whole == "" || dot && part == "" || len(part) > decimals {
		return 0, false
	}
	digits := whole + part + strings.Repeat("0", decimals-len(part))
	v, err := strconv.ParseUint(digits, 10, 63)
	return sim.Money(v), err == nil
}

// duration reads a time span as nanoseconds.
func (r *reader) duration(p *int64) func() error {
	return func() error {
		var s string
		if err := r.text(&s)(); err != nil {
			return err
		}
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 {
			return r.fail(`want a time span such as "8s"`)
		}
		*p = int64(d)
		return nil
	}
}

var states = map[string]msg.MarketStateType{
	"NEW": msg.MarketStateNew, "OPEN": msg.MarketStateOpen,
	"LIVE": msg.MarketStateLive, "HALTED": msg.MarketStateHalted,
}

func (r *reader) state(p *msg.MarketStateType) func() error {
	return func() error {
		var s string
		if err := r.text(&s)(); err != nil {
			return err
		}
		v, ok := states[s]
		if !ok {
			return r.fail("want NEW, OPEN, LIVE or HALTED")
		}
		*p = v
		return nil
	}
}

package script

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

// setupBytesMax is the most bytes of a JSON file.
const setupBytesMax = 16 << 20

const byteOrderMark = "\ufeff"

// jsonReader decodes JSON by tables of the fields that are allowed.
type jsonReader struct {
	name      string
	content   []byte
	dec       *json.Decoder
	path      string              // in the file: accounts[1].balance
	goPath    string              // in the configuration: Accounts[1].Balance
	positions map[string]position // by goPath
	counted   int                 // offset up to which newlines are counted
	line      int
}

// position is where a field of a configuration was read.
type position struct {
	line int
	path string
}

func newJSONReader(name string, content []byte) (*jsonReader, error) {
	if len(content) > setupBytesMax {
		return nil, &Error{name, 1, fmt.Sprintf("is longer than %d bytes", setupBytesMax)}
	}
	if bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff")) {
		return nil, &Error{name, 1, "is UTF-16 text by its byte order mark: save it as UTF-8"}
	}
	content = bytes.TrimPrefix(content, []byte(byteOrderMark))
	r := &jsonReader{name: name, content: content, positions: make(map[string]position), line: 1}
	r.dec = json.NewDecoder(bytes.NewReader(content))
	r.dec.UseNumber()
	return r, nil
}

// fail returns an error at the latest token.
func (r *jsonReader) fail(format string, args ...any) error {
	r.countLines()
	text := fmt.Sprintf(format, args...)
	if r.path != "" {
		text = r.path + ": " + text
	}
	return &Error{r.name, r.line, text}
}

// countLines updates line to the end of the latest token.
func (r *jsonReader) countLines() {
	at := int(r.dec.InputOffset())
	r.line += bytes.Count(r.content[r.counted:at], []byte("\n"))
	r.counted = at
}

// token returns the next token, or an [*Error] with the line of a syntax error.
func (r *jsonReader) token() (json.Token, error) {
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

// end returns an error if anything follows the closing brace.
func (r *jsonReader) end() error {
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return r.fail("data after the closing brace")
	}
	return nil
}

// field is one allowed field: its name in the file and in the configuration, and its decoder.
type field struct {
	name, goName string
	read         func() error
}

// object decodes an object of these fields and no others.
func (r *jsonReader) object(fields []field) error {
	t, err := r.token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		return r.fail("want an object")
	}
	path, goPath := r.path, r.goPath
	defer func() { r.path, r.goPath = path, goPath }()
	if _, known := r.positions[goPath]; !known { // an element of a list
		r.countLines()
		r.positions[goPath] = position{r.line, path}
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
		r.countLines()
		r.positions[r.goPath] = position{r.line, r.path}
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

// list decodes an array; each decodes one element.
func (r *jsonReader) list(each func(i int) error) func() error {
	return func() error {
		t, err := r.token()
		if err != nil {
			return err
		}
		if t != json.Delim('[') {
			return r.fail("want an array")
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

func (r *jsonReader) text(p *string) func() error {
	return func() error {
		t, err := r.token()
		if err != nil {
			return err
		}
		s, ok := t.(string)
		if !ok {
			return r.fail("want a string")
		}
		*p = s
		return nil
	}
}

func (r *jsonReader) flag(p *bool) func() error {
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

// number decodes an unsigned integer of at most so many bits.
func (r *jsonReader) number(bits int, set func(uint64)) func() error {
	return func() error {
		t, err := r.token()
		if err != nil {
			return err
		}
		n, ok := t.(json.Number)
		if !ok {
			return r.fail("want an integer")
		}
		v, err := strconv.ParseUint(n.String(), 10, bits)
		if err != nil {
			return r.fail("want an integer of 0 to %d", uint64(1)<<(bits-1)-1+uint64(1)<<(bits-1))
		}
		set(v)
		return nil
	}
}

func (r *jsonReader) id(p *uint32) func() error {
	return r.number(32, func(v uint64) { *p = uint32(v) })
}

// money decodes an amount from a string or a number.
func (r *jsonReader) money(p *sim.Money) func() error {
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

// ParseMoney parses an amount in currency units, such as "10000" or "12.5": not negative, with at
// most eight decimals. It reports whether s is one.
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

// duration decodes a duration to nanoseconds.
func (r *jsonReader) duration(p *int64) func() error {
	return func() error {
		var s string
		if err := r.text(&s)(); err != nil {
			return err
		}
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 {
			return r.fail(`want a duration such as "8s"`)
		}
		*p = int64(d)
		return nil
	}
}

func (r *jsonReader) state(p *msg.MarketStateType) func() error {
	return func() error {
		var s string
		if err := r.text(&s)(); err != nil {
			return err
		}
		v, ok := states[s]
		if !ok || v > msg.MarketStateHalted { // settled and voided are no states to start in
			return r.fail("want NEW, OPEN, LIVE or HALTED")
		}
		*p = v
		return nil
	}
}

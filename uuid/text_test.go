package uuid

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"encoding"
	"encoding/gob"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
)

var (
	_ fmt.Stringer               = UUID{}
	_ encoding.TextMarshaler     = UUID{}
	_ encoding.TextAppender      = UUID{}
	_ encoding.TextUnmarshaler   = (*UUID)(nil)
	_ encoding.BinaryMarshaler   = UUID{}
	_ encoding.BinaryAppender    = UUID{}
	_ encoding.BinaryUnmarshaler = (*UUID)(nil)
	_ json.Marshaler             = UUID{}
	_ json.Unmarshaler           = (*UUID)(nil)
	_ driver.Valuer              = UUID{}
	_ sql.Scanner                = (*UUID)(nil)
)

// record holds identifiers in all the places that marshalers know.
type record struct {
	Order   UUID            `json:"order"`
	Absent  UUID            `json:"absent"`
	Omitted UUID            `json:"omitted,omitzero"`
	Pointer *UUID           `json:"pointer"`
	Events  []UUID          `json:"events"`
	Named   map[UUID]string `json:"named"`
}

func TestJSON(t *testing.T) {
	other := New(User, 0)
	in := record{
		Order:   New128(Order, 1, 2),
		Pointer: &other,
		Events:  []UUID{New(Event, 100), New(Event, 0)},
		Named:   map[UUID]string{New(Contract, 1): "yes"},
	}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"order":"o-5gv2rma270x9lp80","absent":null,"pointer":"u-2yo",` +
		`"events":["e-3wk5c","e-3cw"],"named":{"c-2j0s":"yes"}}`
	if string(text) != want {
		t.Errorf("%s\nwant %s", text, want)
	}
	out := record{Absent: New(Order, 9)}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	if out.Order != in.Order || !out.Absent.IsZero() || !out.Omitted.IsZero() || *out.Pointer != other ||
		len(out.Events) != 2 || out.Events[0] != in.Events[0] || out.Named[New(Contract, 1)] != "yes" {
		t.Errorf("%+v", out)
	}
}

func TestUnmarshalJSON(t *testing.T) {
	event := New(Event, 100)
	for text, want := range map[string]UUID{
		`"e-3wk5c"`:                          event,
		` "E-3WK5C" `:                        event,
		`"00000000000000000000000000641100"`: event,
		`"\u0065-3wk5\u0063"`:                event,
		`null`:                               {},
	} {
		u := New(User, 7)
		if err := json.Unmarshal([]byte(text), &u); err != nil || u != want {
			t.Errorf("%s: %v, %v, want %v", text, u, err, want)
		}
	}
	for _, c := range []struct {
		text string
		err  error
		pos  int
	}{
		{`""`, ErrEmpty, 0},
		{`"3wk5c"`, ErrForm, 0},
		{`"e-32!g"`, ErrDigit, 4},
		{`"e-3wk5c "`, ErrDigit, 7},
		{`"c-3wk5c"`, ErrPrefix, 0},
		{`"e-1"`, ErrTag, 2},
		{`100`, ErrForm, 0},
		{`true`, ErrForm, 0},
		{`{}`, ErrForm, 0},
		{`["e-3wk5c"]`, ErrForm, 0},
		{`"\n-3wk5c"`, ErrPrefix, 0},
	} {
		u := event
		err := json.Unmarshal([]byte(c.text), &u)
		wants(t, c.text, err, c.err, c.pos)
		if u != event {
			t.Errorf("%s: changed to %v", c.text, u)
		}
	}
	// Called directly, with what is no JSON at all.
	for _, text := range []string{
		"", `"`, `e-3wk5c`, `"e-3wk5c`, `e-3wk5c"`, `"e-3"20g"`, `"\x65-3wk5c"`, `"e-3wk5c\"`,
		"nul",
	} {
		u := event
		wants(t, text, u.UnmarshalJSON([]byte(text)), ErrForm, 0)
		if u != event {
			t.Errorf("%s: changed to %v", text, u)
		}
	}
}

// What is not valid is not written: there would be no way to read it.
func TestMarshalInvalid(t *testing.T) {
	for _, u := range []UUID{{}, New(Tag(1), 2)} {
		b, err := u.AppendText([]byte("x"))
		wants(t, "AppendText", err, ErrTag, 0)
		if string(b) != "x" {
			t.Errorf("AppendText wrote %q", b)
		}
		_, err = u.MarshalText()
		wants(t, "MarshalText", err, ErrTag, 0)
		b, err = u.AppendBinary([]byte("x"))
		wants(t, "AppendBinary", err, ErrTag, 0)
		if string(b) != "x" {
			t.Errorf("AppendBinary wrote %q", b)
		}
		_, err = u.MarshalBinary()
		if e := wants(t, "MarshalBinary", err, ErrTag, 0); e.Tag != u.tag || e.Form != "binary" {
			t.Errorf("%+v", e)
		}
		text, err := u.MarshalJSON()
		value, verr := u.Value()
		if u.IsZero() {
			if string(text) != "null" || err != nil || value != nil || verr != nil {
				t.Errorf("zero: JSON %s, %v; SQL %v, %v", text, err, value, verr)
			}
			continue
		}
		wants(t, "MarshalJSON", err, ErrTag, 0)
		wants(t, "Value", verr, ErrTag, 0)
	}
}

func TestText(t *testing.T) {
	event := New(Event, 100)
	text, err := event.MarshalText()
	if string(text) != "e-3wk5c" || err != nil {
		t.Errorf("%s, %v", text, err)
	}
	var u UUID
	if err := u.UnmarshalText(text); err != nil || u != event {
		t.Errorf("%v, %v", u, err)
	}
	wants(t, "bad", u.UnmarshalText([]byte("e-3wk5c.")), ErrDigit, 7)
	wants(t, "empty", u.UnmarshalText(nil), ErrEmpty, 0)
	if u != event {
		t.Errorf("changed to %v", u)
	}

	flags := flag.NewFlagSet("bot", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.TextVar(&u, "event", event, "")
	if err := flags.Parse([]string{"-event", "e-3cw"}); err != nil || u != New(Event, 0) {
		t.Errorf("%v, %v", u, err)
	}
	if got := fmt.Sprintf("%v %s %q", event, event, event); got != `e-3wk5c e-3wk5c "e-3wk5c"` {
		t.Error(got)
	}
}

func TestBinary(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	for range 1000 {
		u := random(rng)
		data, err := u.MarshalBinary()
		if err != nil || len(data) != BinaryBytes || fmt.Sprintf("%x", data) != string(u.AppendHex(nil, 36)) {
			t.Fatalf("%v: %x, %v", u, data, err)
		}
		var v UUID
		if err := v.UnmarshalBinary(data); err != nil || v != u {
			t.Fatalf("%x: %v, %v, want %v", data, v, err, u)
		}
		for n := range data {
			if err := v.UnmarshalBinary(data[:n]); err == nil {
				t.Fatalf("%x is accepted", data[:n])
			}
		}
		if v != u {
			t.Fatalf("changed to %v", v)
		}
		var stream bytes.Buffer
		if err := gob.NewEncoder(&stream).Encode(u); err != nil {
			t.Fatal(err)
		}
		v = UUID{}
		if err := gob.NewDecoder(&stream).Decode(&v); err != nil || v != u {
			t.Fatalf("gob: %v, %v, want %v", v, err, u)
		}
	}
}

func TestSQL(t *testing.T) {
	event := New(Event, 100)
	value, err := event.Value()
	if value != "e-3wk5c" || err != nil {
		t.Errorf("%v, %v", value, err)
	}
	if !driver.IsValue(value) {
		t.Errorf("%T is nothing a driver takes", value)
	}
	for _, src := range []any{
		"e-3wk5c", []byte("e-3wk5c"), "00000000000000000000000000641100",
		[]byte("00000000000000000000000000641100"),
	} {
		var u UUID
		if err := u.Scan(src); err != nil || u != event {
			t.Errorf("%v: %v, %v", src, u, err)
		}
	}
	u := event
	if err := u.Scan(nil); err != nil || !u.IsZero() {
		t.Errorf("NULL: %v, %v", u, err)
	}
	u = event
	wants(t, "string", u.Scan("e-3wk5c "), ErrDigit, 7)
	wants(t, "bytes", u.Scan([]byte("c-3wk5c")), ErrPrefix, 0)
	for src, want := range map[any]string{
		int64(100): "uuid: SQL int64: not a form of an identifier",
		1.5:        "uuid: SQL float64: not a form of an identifier",
		true:       "uuid: SQL bool: not a form of an identifier",
	} {
		err := u.Scan(src)
		if !errors.Is(err, ErrForm) || err.Error() != want {
			t.Errorf("%v: %v, want %s", src, err, want)
		}
	}
	if u != event {
		t.Errorf("changed to %v", u)
	}
}

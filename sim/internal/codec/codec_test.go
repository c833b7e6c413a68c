package codec

import (
	"math"
	"math/rand/v2"
	"testing"
)

type record struct {
	small  uint8
	large  uint64
	signed int64
	truth  bool
	text   string
	list   []uint32
}

func (r *record) code(c *Coder) {
	Uint(c, &r.small, 200)
	Uint(c, &r.large, math.MaxUint64)
	Int(c, &r.signed, math.MinInt64, math.MaxInt64)
	Bool(c, &r.truth)
	String(c, &r.text, 5)
	n := Count(c, len(r.list), 4)
	if c.Reading() {
		r.list = make([]uint32, n)
	}
	for i := range r.list {
		Uint(c, &r.list[i], math.MaxUint32)
	}
	Same(c, "end", "the last word")
	c.End()
}

// What is written is read, and what is cut off, too long or out of range is refused.
func TestCoder(t *testing.T) {
	want := record{200, math.MaxUint64, math.MinInt64, true, "hello", []uint32{1, math.MaxUint32, 3, 4}}
	w := Writer([]byte("before"))
	want.code(w)
	b := w.Bytes()[len("before"):]
	var got record
	r := Reader(b)
	got.code(r)
	if r.Err() != nil || got.large != want.large || got.signed != want.signed || got.text != want.text ||
		len(got.list) != 4 || got.list[1] != want.list[1] || !got.truth || got.small != want.small {
		t.Fatalf("%+v, %v", got, r.Err())
	}
	for n := range b {
		r := Reader(b[:n])
		new(record).code(r)
		if r.Err() == nil {
			t.Errorf("%d of %d bytes are accepted", n, len(b))
		}
	}
	for name, other := range map[string]record{
		"number": {small: 201}, "text": {text: "longer"}, "list": {list: make([]uint32, 5)},
	} {
		w := Writer(nil)
		other.code(w)
		r := Reader(w.Bytes())
		new(record).code(r)
		if r.Err() == nil {
			t.Errorf("a %s beyond its limit is accepted", name)
		}
	}
	r = Reader(append(b[:len(b):len(b)], 0))
	if new(record).code(r); r.Err() == nil {
		t.Error("a byte behind the end is accepted")
	}
}

// A source goes on where it was.
func TestSource(t *testing.T) {
	a, b := rand.NewPCG(1, 2), rand.NewPCG(3, 4)
	a.Uint64()
	w := Writer(nil)
	Source(w, a)
	r := Reader(w.Bytes())
	if Source(r, b); r.Err() != nil || a.Uint64() != b.Uint64() {
		t.Errorf("%v", r.Err())
	}
	r = Reader([]byte{1, 2})
	if Source(r, b); r.Err() == nil {
		t.Error("a source of one byte is accepted")
	}
}

package session

import (
	"math"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

func TestReference(t *testing.T) {
	k := newEstablished(t, Config{ReferenceBase: 100})
	seq, err := k.s.Send(k.now, msg.PayloadOrderCreate, orderCreate())
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := k.s.Reference(seq); !ok || r != 101 {
		t.Errorf("reference %d, %t", r, ok)
	}
	if r, ok := k.s.Reference(1); !ok || r != 0 {
		t.Errorf("the login has reference %d, %t", r, ok)
	}
	if _, ok := k.s.Reference(99); ok {
		t.Error("what was not sent has a reference")
	}
	// The counter passes over 0 at its end.
	k.s.refs = math.MaxUint64
	if seq, err = k.s.Send(k.now, msg.PayloadOrderCreate, orderCreate()); err != nil {
		t.Fatal(err)
	}
	if r, ok := k.s.Reference(seq); !ok || r != 1 {
		t.Errorf("reference %d, %t", r, ok)
	}
}

func TestVarintIn(t *testing.T) {
	for _, c := range []struct {
		hex  string
		want uint64
	}{
		{"", 0},
		{"0805", 5},
		{"08050806", 6},                    // the last counts
		{"1005" + "0805", 5},               // others are passed over
		{"09ffffffffffffffff" + "0805", 5}, // fixed64
		{"0dffffffff" + "0805", 5},         // fixed32
		{"0a0208ff" + "0805", 5},           // bytes that look like it
		{"0805" + "08", 5},
		{"0805" + "10", 5}, // cut off
		{"0805" + "0a05ff", 5},
		{"0805" + "0dff", 5}, //
		{"0805" + "0b", 5},
		{"0805" + "0a", 5},
		{"ff", 0}, // groups are not for us
	} {
		if got := varintIn(unhex(t, c.hex), 1); got != c.want {
			t.Errorf("%s: %d, want %d", c.hex, got, c.want)
		}
	}
}

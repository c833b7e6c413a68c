package fuzz

import (
	"math/rand/v2"
	"slices"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/fuzz/internal/oracle"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
)

// How many cases of each sort a message type gets. The payload, which has all others inside, gets
// payloadWeight times as many.
const (
	casesValid    = 150
	casesMutated  = 400
	casesNoise    = 250
	payloadWeight = 20
)

// The random cases are the same in every run. A failure prints the bytes, which is all that is
// needed to see it again.
const seed = 20240611

func eachCase(t *testing.T, cases int, f func(t *testing.T, r *rand.Rand, typ oracle.Type)) {
	for i, typ := range oracle.Types {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		t.Run(string(typ.Name), func(t *testing.T) {
			n := cases
			if typ.Name == "smarkets.seto.Payload" {
				n *= payloadWeight
			}
			for range n {
				f(t, r, typ)
			}
		})
	}
}

// Valid messages are encoded by all as the same bytes, and these decoded by all as the same message.
func TestValidMessages(t *testing.T) {
	var c oracle.Checker
	eachCase(t, casesValid, func(t *testing.T, r *rand.Rand, typ oracle.Type) {
		p := oracle.Random(r, typ)
		if err := oracle.CheckEncode(typ, p); err != nil {
			t.Fatalf("%v\nof %v", err, p)
		}
		b, err := p.MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Check(typ, b); err != nil {
			t.Fatalf("%v\nof %x", err, b)
		}
	})
	if c.Refused != 0 {
		t.Errorf("%d valid messages were refused", c.Refused)
	}
	if c.Deviations != [len(c.Deviations)]int{} {
		t.Errorf("valid messages met deviations: %v", c.Deviations)
	}
}

// Messages broken in every way we could think of are accepted or refused alike.
func TestBrokenMessages(t *testing.T) {
	var c oracle.Checker
	eachCase(t, casesMutated, func(t *testing.T, r *rand.Rand, typ oracle.Type) {
		b, err := oracle.Random(r, typ).MarshalVT()
		if err != nil {
			t.Fatal(err)
		}
		b = oracle.Mutate(r, b)
		if err := c.Check(typ, b); err != nil {
			t.Fatalf("%v\nof %x", err, b)
		}
	})
	if c.Accepted < 10_000 || c.Refused < 10_000 {
		t.Errorf("%d accepted, %d refused: too few of one to mean anything", c.Accepted, c.Refused)
	}
	for i, n := range c.Differences {
		d := oracle.Difference(i)
		// So many elements, or so few bytes as go wrong in a packed field, come up too rarely.
		if rare := d == oracle.DifferenceNone || d == oracle.DifferenceElements; n == 0 && !rare {
			t.Errorf("never met: %v", d)
		}
	}
	for i, n := range c.Deviations {
		d := oracle.Deviation(i)
		if rare := d == oracle.DeviationNone || d == oracle.DeviationElements || d == oracle.DeviationPacked; n == 0 &&
			!rare {
			t.Errorf("never met: %v", d)
		}
	}
}

// Bytes that never were a message are judged alike.
func TestNoise(t *testing.T) {
	var c oracle.Checker
	eachCase(t, casesNoise, func(t *testing.T, r *rand.Rand, typ oracle.Type) {
		b := oracle.Noise(r)
		if err := c.Check(typ, b); err != nil {
			t.Fatalf("%v\nof %x", err, b)
		}
	})
}

// Every prefix of every message in the vectors is judged alike.
func TestPrefixes(t *testing.T) {
	var c oracle.Checker
	eachMessage(t, func(index int, b []byte) {
		for n := range b {
			if err := c.Check(oracle.Types[index], b[:n:n]); err != nil {
				t.Fatalf("%s: %v\nof %x", oracle.Types[index].Name, err, b[:n])
			}
		}
	})
	if c.Refused < 10_000 {
		t.Errorf("only %d prefixes were refused", c.Refused)
	}
}

// A message that the table of types lacks would escape every test here.
func TestEveryTypeIsCompared(t *testing.T) {
	var want, got []protoreflect.FullName
	for _, file := range []protoreflect.FileDescriptor{eto.File_eto_proto, seto.File_seto_proto} {
		for i := range file.Messages().Len() {
			want = append(want, file.Messages().Get(i).FullName())
		}
	}
	for _, typ := range oracle.Types {
		got = append(got, typ.Name)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("compared are\n%q, want\n%q", got, want)
	}
}

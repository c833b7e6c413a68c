package inspect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/journal"
)

// Difference is the first one between two journals.
type Difference struct {
	Equal    bool   `json:"equal"`
	What     string `json:"what,omitempty"` // "payload sent", "digest" or "payload received"
	Number   int    `json:"number,omitempty"`
	A        *Side  `json:"a,omitempty"` // nil if it has no more
	B        *Side  `json:"b,omitempty"`
	Sent     int    `json:"sent"`
	Digests  int    `json:"digests"`
	Received int    `json:"received"`
}

// Side is the record of one journal that differs.
type Side struct {
	Place
	Time string `json:"time"`
	Text string `json:"text"`
}

// DiffOptions say what is compared.
type DiffOptions struct {
	RunA, RunB int  // runs of the journals, from 1; 0 for all
	Exact      bool // references are compared as they are, not as numbers from the first one of their journal
}

// Diff compares what was sent in two journals, then the digests, then what was received, and returns the first
// difference. Where both have recorded the same decisions, it shows what led to other ones.
func Diff(ctx context.Context, a, b string, o DiffOptions) (*Difference, error) {
	if err := errors.Join(needRun(ctx, a, o.RunA), needRun(ctx, b, o.RunB)); err != nil {
		return nil, err
	}
	d := &Difference{Equal: true}
	for _, part := range [...]struct {
		what  string
		kind  journal.Kind
		count *int
	}{
		{"payload sent", journal.KindOutbound, &d.Sent},
		{"digest", journal.KindDigest, &d.Digests},
		{"payload received", journal.KindInbound, &d.Received},
	} {
		n, sideA, sideB, err := diffKind(ctx, a, b, part.kind, o)
		if err != nil {
			return nil, err
		}
		*part.count = n
		if sideA != nil || sideB != nil {
			d.Equal, d.What, d.Number, d.A, d.B = false, part.what, n+1, sideA, sideB
			return d, nil
		}
	}
	return d, nil
}

// needRun returns an error if a journal has no such run: none of its records would be equal to none of the other's.
func needRun(ctx context.Context, dir string, run int) error {
	if run == 0 {
		return nil
	}
	runs, err := runsBefore(ctx, dir, math.MaxUint64)
	if err == nil && (run < 0 || run > runs) {
		err = fmt.Errorf("%s: there is no run %d: the journal has %d", dir, run, runs)
	}
	return err
}

// diffKind compares the records of a kind. It returns how many are equal, and the first ones that are not.
func diffKind(ctx context.Context, a, b string, kind journal.Kind, o DiffOptions) (n int, x, y *Side, err error) {
	nextA, stopA := iter.Pull2(ofKind(ctx, a, kind, o.RunA))
	defer stopA()
	nextB, stopB := iter.Pull2(ofKind(ctx, b, kind, o.RunB))
	defer stopB()
	var base [2]uint64
	for {
		one, errA, okA := nextA()
		other, errB, okB := nextB()
		switch {
		case errA != nil:
			return n, nil, nil, errA
		case errB != nil:
			return n, nil, nil, errB
		case !okA && !okB:
			return n, nil, nil, nil
		case okA && okB && (bytes.Equal(one.Payload, other.Payload) || !o.Exact && sameButBase(one, other, &base)):
			n++
			continue
		}
		if okA {
			x = sideOf(one)
		}
		if okB {
			y = sideOf(other)
		}
		return n, x, y, nil
	}
}

func ofKind(ctx context.Context, dir string, kind journal.Kind, run int) iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		for e, err := range Read(ctx, dir, Options{}) {
			if err != nil {
				yield(nil, err)
				return
			}
			if e.Kind == kind && (run == 0 || e.Run == run) && !yield(e, nil) {
				return
			}
		}
	}
}

func sideOf(e *Entry) *Side {
	return &Side{Place: e.Place(), Time: e.Time().Format(timeLayout), Text: e.Detail()}
}

// sameButBase reports whether two messages are the same but for the number that references count up from, which is
// another one in each run.
func sameButBase(a, b *Entry, base *[2]uint64) bool {
	if a.Message == nil || b.Message == nil || a.Message.Reference == 0 || b.Message.Reference == 0 {
		return false
	}
	if base[0] == 0 {
		base[0], base[1] = a.Message.Reference, b.Message.Reference
	}
	return proto.Equal(withReference(a.Message, a.Message.Reference-base[0]),
		withReference(b.Message, b.Message.Reference-base[1]))
}

// withReference returns a copy of the payload with another reference.
func withReference(m *Message, reference uint64) proto.Message {
	p := proto.Clone(m.Payload)
	body := m.body.Descriptor()
	p.ProtoReflect().Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if f.Kind() == protoreflect.MessageKind && f.Message() == body {
			v.Message().Set(body.Fields().ByName("reference"), protoreflect.ValueOfUint64(reference))
		}
		return true
	})
	return p
}

// WriteText writes the difference for people.
func (d *Difference) WriteText(w io.Writer) error {
	if d.Equal {
		_, err := fmt.Fprintf(w, "equal: %d payloads sent, %d digests, %d payloads received\n", d.Sent, d.Digests,
			d.Received)
		return err
	}
	side := func(s *Side) string {
		if s == nil {
			return "has no more"
		}
		return fmt.Sprintf("record %s, %s: %s", s.Number(), s.Time, s.Text)
	}
	_, err := fmt.Fprintf(w, "%s %d differs\n  A %s\n  B %s\n", d.What, d.Number, side(d.A), side(d.B))
	return err
}

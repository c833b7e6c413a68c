package oracle

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/gen/msg"
)

// Checker compares decodes. It keeps one flat value of each type and reuses it, so that what an
// earlier message left behind would show.
type Checker struct {
	used map[protoreflect.FullName]Flat

	// What the checks met.
	Accepted    int
	Refused     int
	Differences [differencesEnd]int
	Deviations  [deviationsEnd]int
}

var (
	lenient   = proto.UnmarshalOptions{AllowPartial: true, DiscardUnknown: true}
	canonical = proto.MarshalOptions{AllowPartial: true, Deterministic: true}
)

// Check decodes b as a message of type t with all decoders. The error says what differs and ought
// not to.
func (c *Checker) Check(t Type, b []byte) error {
	want := Expect(t.Descriptor, b)
	m, err := c.decode(t, b, want)
	if err != nil {
		return err
	}
	// The bytes as the flat message reads them.
	read := b
	if want.Err == nil && t.Name == payloadName {
		read = StripForeign(b)
	}
	google := t.NewStandard()
	googleErr := lenient.Unmarshal(read, google)
	vt := t.NewStandard()
	vtErr := vt.UnmarshalVT(read)
	if want.Err != nil {
		c.Refused++
		if err := c.refused(want, googleErr); err != nil {
			return err
		}
		return c.refusedByVT(want, vtErr)
	}

	c.Accepted++
	if googleErr != nil {
		return fmt.Errorf("accepted, google says: %w", googleErr)
	}
	if len(read) != len(b) {
		c.Differences[DifferenceForeign]++
	}
	if want.Unknown.Fields > 0 {
		c.Differences[DifferenceUnknown]++
	}
	value, err := canonical.Marshal(google)
	if err != nil {
		return err
	}
	if err := equalTo(t, m, value, "google"); err != nil {
		return err
	}
	switch {
	case vtErr == nil:
		dropUnknown(vt)
		if other, err := canonical.Marshal(vt); err != nil || !bytes.Equal(other, value) {
			return fmt.Errorf("vtprotobuf reads %x, %v, want %x", other, err, value)
		}
	case want.Partial:
		c.Deviations[DeviationRequired]++
	default:
		return fmt.Errorf("accepted, vtprotobuf says: %w", vtErr)
	}
	return encodes(t, m, google, value)
}

// Soil decodes b into the value of type t that the next Check uses again. Whether b is a message does
// not matter.
func (c *Checker) Soil(t Type, b []byte) { _ = c.usedValue(t).Decode(b, nil) }

func (c *Checker) usedValue(t Type) Flat {
	if c.used == nil {
		c.used = map[protoreflect.FullName]Flat{}
	}
	if c.used[t.Name] == nil {
		c.used[t.Name] = t.NewFlat()
	}
	return c.used[t.Name]
}

// decode decodes b into a new value and, twice, into a used one, which by the second time has memory
// for all of it, and compares the answers to want. What lies behind the bytes differs from one to the
// next: none of it may be seen.
func (c *Checker) decode(t Type, b []byte, want Outcome) (Flat, error) {
	var first Flat
	for _, try := range []struct {
		name   string
		m      Flat
		slack  int
		behind []byte // what the slack is filled with
	}{
		{"new value, no slack", t.NewFlat(), 0, nil},
		{"new value, slack of 0xff", t.NewFlat(), msg.SlackBytes, []byte{0xff}},
		{"used value, slack of 0x01", c.usedValue(t), msg.SlackBytes + 1, []byte{0x01}},
		{"used value, slack that goes on", c.usedValue(t), msg.SlackBytes, b},
		{"used value, too little slack", c.usedValue(t), msg.SlackBytes - 1, []byte{0x80}},
	} {
		input := bytes.Clone(b)
		for len(input) < len(b)+try.slack && len(try.behind) > 0 {
			input = append(input, try.behind...)
		}
		input = slices.Grow(input, max(0, len(b)+try.slack-len(input)))[: len(b) : len(b)+try.slack]
		var u msg.Unknown
		if err := sameError(try.m.Decode(input, &u), want.Err); err != nil {
			return nil, fmt.Errorf("%s: %w", try.name, err)
		}
		if u != want.Unknown {
			return nil, fmt.Errorf("%s: counted %+v, want %+v", try.name, u, want.Unknown)
		}
		if !bytes.Equal(input, b) {
			return nil, fmt.Errorf("%s: decoding changed the bytes", try.name)
		}
		if want.Err != nil {
			continue
		}
		if first == nil {
			first = try.m
			continue
		}
		value, err := canonical.Marshal(t.ToProto(first))
		if err != nil {
			return nil, err
		}
		if err := equalTo(t, try.m, value, "another value"); err != nil {
			return nil, fmt.Errorf("%s: %w", try.name, err)
		}
	}
	if err := sameError(t.NewFlat().Decode(b, nil), want.Err); err != nil {
		return nil, fmt.Errorf("without counters: %w", err)
	}
	return first, nil
}

// sameError compares what Decode returned to what it ought to return.
func sameError(got error, want *msg.DecodeError) error {
	if want == nil {
		if got != nil {
			return fmt.Errorf("refused: %w", got)
		}
		return nil
	}
	var e *msg.DecodeError
	if got == nil || !errors.As(got, &e) {
		return fmt.Errorf("decode says %v, want %v", got, want)
	}
	if *e != *want {
		return fmt.Errorf("decode says %+v, want %+v", *e, *want)
	}
	return nil
}

// refused checks that google refuses too, or that a listed difference excuses it.
func (c *Checker) refused(want Outcome, googleErr error) error {
	if want.Excuse == DifferenceNone && googleErr == nil {
		return fmt.Errorf("refused with %w, google accepts", want.Err)
	}
	if googleErr == nil {
		c.Differences[want.Excuse]++
	}
	return nil
}

// refusedByVT checks the same for vtprotobuf.
func (c *Checker) refusedByVT(want Outcome, vtErr error) error {
	if vtErr != nil {
		return nil
	}
	deviation := DeviationNone
	switch want.Err.Err {
	case msg.ErrOverflow:
		deviation = DeviationOverflow
	case msg.ErrFieldNumber:
		deviation = DeviationNumber
	case msg.ErrGroup:
		deviation = DeviationGroup
	case msg.ErrDepth:
		deviation = DeviationDepth
	case msg.ErrTooMany:
		deviation = DeviationElements
	case msg.ErrTruncated:
		if want.Err.Field == "reasons" {
			deviation = DeviationPacked
		}
	}
	if deviation == DeviationNone {
		return fmt.Errorf("refused with %w, vtprotobuf accepts", want.Err)
	}
	c.Deviations[deviation]++
	return nil
}

// equalTo checks that m, as a standard message, has the encoding value. As every present field is
// in the encoding and floats are by their bits, equal encodings are equal messages.
func equalTo(t Type, m Flat, value []byte, whose string) error {
	got, err := canonical.Marshal(t.ToProto(m))
	if err != nil {
		return err
	}
	if !bytes.Equal(got, value) {
		return fmt.Errorf("decoded as\n%x, by %s as\n%x", got, whose, value)
	}
	return nil
}

// Equal reports whether two messages are the same. As every present field is in the encoding and
// floats are by their bits, equal encodings are equal messages.
func Equal(a, b Standard) bool {
	x, errX := canonical.Marshal(a)
	y, errY := canonical.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

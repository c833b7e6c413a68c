package fuzz

import (
	"bytes"
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/fuzz/internal/oracle"
	"github.com/smk-go/smk/gen/convert"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
)

// answers are what the decoders say to some bytes.
type answers struct{ msg, google, vt error }

func ask(typ oracle.Type, b []byte) answers {
	return answers{
		msg:    typ.NewFlat().Decode(b, nil),
		google: proto.UnmarshalOptions{AllowPartial: true}.Unmarshal(b, typ.NewStandard()),
		vt:     typ.NewStandard().UnmarshalVT(b),
	}
}

// groups is a field of n groups in one another, which no message knows.
func groups(n int) []byte {
	return append(bytes.Repeat([]byte{0xa3, 0x06}, n), bytes.Repeat([]byte{0xa4, 0x06}, n)...)
}

var quote = []byte{0x08, 1, 0x10, 2} // a whole one

// Every difference between gen/msg and google's library that is on purpose, and nothing else, is
// listed in the oracle. Here each is shown by the least that shows it.
func TestDifferences(t *testing.T) {
	for _, test := range []struct {
		difference oracle.Difference
		typ        protoreflect.FullName
		b          []byte
		refused    error // by gen/msg, nil if it accepts
		google     bool  // accepts
	}{
		{oracle.DifferenceWireType, "smarkets.seto.Quote", []byte{0x0d, 1, 0, 0, 0}, msg.ErrWireType, true},
		{oracle.DifferenceWireType, "smarkets.seto.Payload", []byte{0x18, 1}, msg.ErrWireType, true},
		{oracle.DifferenceDepth, "smarkets.seto.Quote", groups(msg.GroupDepthMax + 1), msg.ErrDepth, true},
		{
			oracle.DifferenceElements, "smarkets.seto.OrderInvalid", bytes.Repeat([]byte{0x10, 1}, msg.ReasonsMax+1),
			msg.ErrTooMany, true,
		},
		{
			oracle.DifferenceElements, "smarkets.seto.MarketQuotes", bytes.Repeat([]byte{0x12, 0}, msg.ContractsMax+1),
			msg.ErrTooMany, true,
		},
		{oracle.DifferenceForeign, "smarkets.seto.Payload", []byte{0x08, 1, 0x1a, 1, 0xff}, nil, false},
		{oracle.DifferenceForeign, "smarkets.seto.Payload", []byte{0x08, 2, 0x22, 1, 0xff, 0x1a, 0}, nil, false},
		{oracle.DifferenceUnknown, "smarkets.seto.Quote", append([]byte{0x18, 1}, quote...), nil, true},
	} {
		typ := oracle.ByName(test.typ)
		got := ask(typ, test.b)
		if !errors.Is(got.msg, test.refused) || (got.google == nil) != test.google {
			t.Errorf("%v:\ngen/msg says %v, want %v\ngoogle says %v, want acceptance: %t", test.difference, got.msg,
				test.refused, got.google, test.google)
		}
		var c oracle.Checker
		if err := c.Check(typ, test.b); err != nil {
			t.Errorf("%v: %v", test.difference, err)
		}
		if c.Differences[test.difference] != 1 {
			t.Errorf("%v: the check met %v", test.difference, c.Differences)
		}
	}
}

// Unknown fields are dropped by us and written again by google, and a foreign body is kept by
// google alone.
func TestDroppedFields(t *testing.T) {
	b := append([]byte{0x18, 1}, quote...)
	var flat msg.Quote
	var google seto.Quote
	if err := errors.Join(flat.Decode(b, nil), proto.Unmarshal(b, &google)); err != nil {
		t.Fatal(err)
	}
	ours, err := flat.MarshalVT()
	if err != nil || !bytes.Equal(ours, quote) {
		t.Errorf("gen/msg writes %x, %v, want %x", ours, err, quote)
	}
	theirs, err := proto.Marshal(&google)
	if err != nil || len(theirs) != len(b) {
		t.Errorf("google writes %x, %v", theirs, err)
	}

	b = []byte{0x08, 1, 0x12, 2, 0x08, 1, 0x1a, 3, 0x0a, 1, 'u'} // a session message with a login body
	var payload msg.Payload
	var standard seto.Payload
	if err := errors.Join(payload.Decode(b, nil), proto.Unmarshal(b, &standard)); err != nil {
		t.Fatal(err)
	}
	if payload.HasLogin() || convert.PayloadToProto(&payload).Login != nil || standard.Login.GetUsername() != "u" {
		t.Errorf("gen/msg reads %v, google %v", &payload, &standard)
	}
}

// Every way in which vtprotobuf's decoder differs from both.
func TestDeviations(t *testing.T) {
	overflow := []byte{0x10, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02, 0x08, 1}
	for _, test := range []struct {
		deviation oracle.Deviation
		typ       protoreflect.FullName
		b         []byte
		refused   error // by gen/msg, nil if it accepts
		google    bool  // accepts
		vt        bool  // accepts
	}{
		{oracle.DeviationRequired, "smarkets.seto.Quote", quote[:2], nil, true, false},
		{oracle.DeviationRequired, "smarkets.seto.ContractQuotes", []byte{0x32, 0, 0x48, 1, 0x50, 1}, nil, true, false},
		{oracle.DeviationOverflow, "smarkets.seto.Quote", overflow, msg.ErrOverflow, false, true},
		{
			oracle.DeviationNumber, "smarkets.seto.Quote",
			append([]byte{0x80, 0x80, 0x80, 0x80, 0x10, 1}, quote...),
			msg.ErrFieldNumber, false, true,
		},
		{
			oracle.DeviationNumber, "smarkets.seto.Quote",
			append([]byte{0x88, 0x80, 0x80, 0x80, 0x80, 0x01, 9}, quote...),
			msg.ErrFieldNumber, false, true,
		},
		{
			oracle.DeviationNumber, "smarkets.seto.Quote",
			append([]byte{0xa3, 0x06, 0x00, 1, 0xa4, 0x06}, quote...),
			msg.ErrFieldNumber, false, true,
		},
		{
			oracle.DeviationGroup, "smarkets.seto.Quote",
			append([]byte{0xa3, 0x06, 0xac, 0x06}, quote...), msg.ErrGroup,
			false, true,
		},
		{
			oracle.DeviationPacked, "smarkets.seto.OrderInvalid",
			[]byte{0x12, 1, 0x88, 0x00, 0x08, 1},
			msg.ErrTruncated,
			false, true,
		},
		{
			oracle.DeviationDepth, "smarkets.seto.Quote", append(groups(msg.GroupDepthMax+1), quote...), msg.ErrDepth,
			true, true,
		},
		{oracle.DeviationElements, "smarkets.seto.OrderInvalid", append(bytes.Repeat([]byte{0x10, 1}, msg.ReasonsMax+1),
			0x08, 1), msg.ErrTooMany, true, true},
	} {
		typ := oracle.ByName(test.typ)
		got := ask(typ, test.b)
		if !errors.Is(got.msg, test.refused) || (got.google == nil) != test.google || (got.vt == nil) != test.vt {
			t.Errorf("%v:\ngen/msg says %v, want %v\ngoogle says %v, want acceptance: %t\n"+
				"vtprotobuf says %v, want acceptance: %t",
				test.deviation, got.msg, test.refused, got.google, test.google, got.vt, test.vt)
		}
		var c oracle.Checker
		if err := c.Check(typ, test.b); err != nil {
			t.Errorf("%v: %v", test.deviation, err)
		}
		if c.Deviations[test.deviation] != 1 {
			t.Errorf("%v: the check met %v", test.deviation, c.Deviations)
		}
	}
}

// Every difference and deviation says why it is there.
func TestDifferencesHaveReasons(t *testing.T) {
	for i, reason := range oracle.Differences {
		if reason == "" || oracle.Difference(i).String() != reason {
			t.Errorf("difference %d has no reason", i)
		}
	}
	for i, reason := range oracle.Deviations {
		if reason == "" || oracle.Deviation(i).String() != reason {
			t.Errorf("deviation %d has no reason", i)
		}
	}
}

package msg_test

import (
	"bytes"
	"errors"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/gen/msg"
)

// refusal is bytes that a message refuses, and why.
type refusal struct {
	name  string
	m     message
	b     []byte
	want  msg.DecodeError
	after []byte // what is accepted in place of it, one step back
}

func repeated(b []byte, n int) []byte { return bytes.Repeat(b, n) }

// nested is a field of n groups in one another.
func nested(n int) []byte {
	return append(repeated([]byte{0xa3, 0x06}, n), repeated([]byte{0xa4, 0x06}, n)...)
}

const (
	quotesName   = "smarkets.seto.MarketQuotes"
	stateName    = "smarkets.seto.MarketState"
	contractName = "smarkets.seto.ContractQuotes"
	invalidName  = "smarkets.seto.OrderInvalid"
	quoteName    = "smarkets.seto.Quote"
)

var refusals = []refusal{
	{
		"contracts of a snapshot", new(msg.MarketQuotes), repeated([]byte{0x12, 0}, msg.ContractsMax+1),
		msg.DecodeError{
			Message: quotesName, Field: "contract_quotes", Number: 2, Offset: 2 * msg.ContractsMax,
			Err: msg.ErrTooMany,
		},
		repeated([]byte{0x12, 0}, msg.ContractsMax),
	},
	{
		"contracts of a market", new(msg.MarketState), repeated([]byte{0x2a, 0}, msg.ContractsMax+1),
		msg.DecodeError{
			Message: stateName, Field: "contracts", Number: 5, Offset: 2 * msg.ContractsMax,
			Err: msg.ErrTooMany,
		},
		repeated([]byte{0x2a, 0}, msg.ContractsMax),
	},
	{
		"bids", new(msg.ContractQuotes), repeated([]byte{0x1a, 0}, msg.LevelsMax+1),
		msg.DecodeError{
			Message: contractName, Field: "bids", Number: 3, Offset: 2 * msg.LevelsMax,
			Err: msg.ErrTooMany,
		},
		repeated([]byte{0x1a, 0}, msg.LevelsMax),
	},
	{
		"offers", new(msg.ContractQuotes), repeated([]byte{0x22, 0}, msg.LevelsMax+1),
		msg.DecodeError{
			Message: contractName, Field: "offers", Number: 4, Offset: 2 * msg.LevelsMax,
			Err: msg.ErrTooMany,
		},
		repeated([]byte{0x22, 0}, msg.LevelsMax),
	},
	{
		"executions", new(msg.ContractQuotes), repeated([]byte{0x2a, 0}, msg.ExecutionsMax+1),
		msg.DecodeError{
			Message: contractName, Field: "executions", Number: 5, Offset: 2 * msg.ExecutionsMax,
			Err: msg.ErrTooMany,
		},
		repeated([]byte{0x2a, 0}, msg.ExecutionsMax),
	},
	{
		"reasons", new(msg.OrderInvalid), repeated([]byte{0x10, 1}, msg.ReasonsMax+1),
		msg.DecodeError{
			Message: invalidName, Field: "reasons", Number: 2, Offset: 2 * msg.ReasonsMax,
			Err: msg.ErrTooMany,
		},
		repeated([]byte{0x10, 1}, msg.ReasonsMax),
	},
	{
		"reasons, packed", new(msg.OrderInvalid), append([]byte{0x12, msg.ReasonsMax + 1}, repeated([]byte{1},
			msg.ReasonsMax+1)...),
		msg.DecodeError{Message: invalidName, Field: "reasons", Number: 2, Offset: 0, Err: msg.ErrTooMany},
		append([]byte{0x12, msg.ReasonsMax}, repeated([]byte{1}, msg.ReasonsMax)...),
	},
	{
		"reasons, packed and not", new(msg.OrderInvalid), append([]byte{0x10, 1, 0x12, msg.ReasonsMax},
			repeated([]byte{1}, msg.ReasonsMax)...),
		msg.DecodeError{Message: invalidName, Field: "reasons", Number: 2, Offset: 2, Err: msg.ErrTooMany},
		append([]byte{0x10, 1, 0x12, msg.ReasonsMax - 1}, repeated([]byte{1}, msg.ReasonsMax-1)...),
	},
	{
		"groups too deep", new(msg.Quote), append([]byte{0x08, 1}, nested(msg.GroupDepthMax+1)...),
		msg.DecodeError{Message: quoteName, Number: 100, Offset: 2, Err: msg.ErrDepth},
		nested(msg.GroupDepthMax),
	},
	{
		"group without an end", new(msg.Quote),
		[]byte{0xa3, 0x06, 0x08, 1},
		msg.DecodeError{Message: quoteName, Number: 100, Err: msg.ErrTruncated},
		[]byte{0xa3, 0x06, 0x08, 1, 0xa4, 0x06},
	},
	{
		"group with another's end", new(msg.Quote),
		[]byte{0xa3, 0x06, 0xac, 0x06},
		msg.DecodeError{Message: quoteName, Number: 100, Err: msg.ErrGroup},
		nil,
	},
	{
		"end of no group", new(msg.Quote),
		[]byte{0x08, 1, 0xa4, 0x06},
		msg.DecodeError{Message: quoteName, Number: 100, Offset: 2, Err: msg.ErrGroup},
		nil,
	},
	{
		"number 0", new(msg.Quote),
		[]byte{0x00, 1},
		msg.DecodeError{Message: quoteName, Err: msg.ErrFieldNumber},
		nil,
	},
	{
		"number 0 in a group", new(msg.Quote),
		[]byte{0xa3, 0x06, 0x00, 1, 0xa4, 0x06},
		msg.DecodeError{Message: quoteName, Number: 100, Err: msg.ErrFieldNumber},
		nil,
	},
	{
		"number too large", new(msg.Quote),
		[]byte{0x80, 0x80, 0x80, 0x80, 0x10, 1},
		msg.DecodeError{Message: quoteName, Number: 1 << 29, Err: msg.ErrFieldNumber},
		[]byte{0xf8, 0xff, 0xff, 0xff, 0x0f, 1},
	},
	{
		"number too large in a group", new(msg.Quote),
		[]byte{0xa3, 0x06, 0x80, 0x80, 0x80, 0x80, 0x40, 1, 0xa4, 0x06},
		msg.DecodeError{Message: quoteName, Number: 100, Err: msg.ErrFieldNumber},
		[]byte{0xa3, 0x06, 0xf8, 0xff, 0xff, 0xff, 0x3f, 1, 0xa4, 0x06},
	},
	{
		"reserved wire type", new(msg.Quote),
		[]byte{0x9e, 0x01},
		msg.DecodeError{Message: quoteName, Number: 19, Err: msg.ErrWireType},
		nil,
	},
	{
		"varint of 65 bits", new(msg.Quote),
		[]byte{0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02},
		msg.DecodeError{Message: quoteName, Field: "quantity", Number: 2, Err: msg.ErrOverflow},
		[]byte{0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
	},
	{
		"varint of 11 bytes", new(msg.Quote),
		[]byte{0x10, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00},
		msg.DecodeError{Message: quoteName, Field: "quantity", Number: 2, Err: msg.ErrOverflow},
		[]byte{0x10, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00},
	},
	{
		"tag of 11 bytes", new(msg.Quote),
		[]byte{0x90, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 1},
		msg.DecodeError{Message: quoteName, Err: msg.ErrOverflow},
		[]byte{0x90, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 1},
	},
	{
		"tag cut", new(msg.Quote),
		[]byte{0x08, 1, 0x90},
		msg.DecodeError{Message: quoteName, Offset: 2, Err: msg.ErrTruncated},
		nil,
	},
	{
		"value cut", new(msg.Quote),
		[]byte{0x08},
		msg.DecodeError{Message: quoteName, Field: "price", Number: 1, Err: msg.ErrTruncated},
		nil,
	},
	{
		"double cut", new(msg.BalanceChanged),
		[]byte{0x11, 0, 0, 0, 0, 0, 0, 0},
		msg.DecodeError{
			Message: "smarkets.seto.BalanceChanged", Field: "available_balance", Number: 2,
			Err: msg.ErrTruncated,
		},
		[]byte{0x11, 0, 0, 0, 0, 0, 0, 0, 0},
	},
	{
		"unknown fixed64 cut", new(msg.Quote),
		[]byte{0x99, 0x01, 0, 0, 0, 0, 0, 0, 0},
		msg.DecodeError{Message: quoteName, Number: 19, Err: msg.ErrTruncated},
		[]byte{0x99, 0x01, 0, 0, 0, 0, 0, 0, 0, 0},
	},
	{
		"unknown fixed32 cut", new(msg.Quote),
		[]byte{0x9d, 0x01, 0, 0, 0},
		msg.DecodeError{Message: quoteName, Number: 19, Err: msg.ErrTruncated},
		[]byte{0x9d, 0x01, 0, 0, 0, 0},
	},
	{
		"length beyond the input", new(msg.Login),
		[]byte{0x0a, 4, 'a', 'b', 'c'},
		msg.DecodeError{Message: "smarkets.seto.Login", Field: "username", Number: 1, Err: msg.ErrLength},
		[]byte{0x0a, 3, 'a', 'b', 'c'},
	},
	{
		"length of 64 bits", new(msg.Login),
		[]byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
		msg.DecodeError{Message: "smarkets.seto.Login", Field: "username", Number: 1, Err: msg.ErrLength},
		nil,
	},
	{
		"length of 63 bits", new(msg.MarketQuotes),
		[]byte{0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
		msg.DecodeError{Message: quotesName, Field: "contract_quotes", Number: 2, Err: msg.ErrLength},
		nil,
	},
	{
		"part's length beyond the part", new(msg.MarketQuotes),
		[]byte{0x12, 3, 0x1a, 2, 0x08, 0x30, 1},
		msg.DecodeError{Message: contractName, Field: "bids", Number: 3, Offset: 2, Err: msg.ErrLength},
		nil,
	},
	{
		"part's value beyond the part", new(msg.MarketQuotes),
		[]byte{0x12, 3, 0x1a, 1, 0x08, 0x30, 1},
		msg.DecodeError{Message: quoteName, Field: "price", Number: 1, Offset: 4, Err: msg.ErrTruncated},
		nil,
	},
	{
		"packed value beyond its field", new(msg.OrderInvalid),
		[]byte{0x12, 1, 0x81, 0x01},
		msg.DecodeError{Message: invalidName, Field: "reasons", Number: 2, Err: msg.ErrTruncated},
		[]byte{0x12, 2, 0x81, 0x01},
	},
	{
		"packed field beyond the input", new(msg.OrderInvalid),
		[]byte{0x12, 2, 1},
		msg.DecodeError{Message: invalidName, Field: "reasons", Number: 2, Err: msg.ErrLength},
		[]byte{0x12, 1, 1},
	},
	{
		"value cut in a group", new(msg.Quote),
		[]byte{0xa3, 0x06, 0x08, 0x80},
		msg.DecodeError{Message: quoteName, Number: 100, Err: msg.ErrTruncated},
		nil,
	},
	{
		"body of a payload", new(msg.Payload),
		[]byte{0x08, 13, 0x12, 0, 0x72, 4, 0x1a, 2, 0x0a, 0},
		msg.DecodeError{Message: quoteName, Field: "price", Number: 1, Offset: 8, Err: msg.ErrWireType},
		nil,
	},
	{
		"body that came before its type", new(msg.Payload),
		[]byte{0x72, 4, 0x1a, 2, 0x0a, 0, 0x08, 13},
		msg.DecodeError{Message: quoteName, Field: "price", Number: 1, Offset: 4, Err: msg.ErrWireType},
		nil,
	},
}

func TestRefusals(t *testing.T) {
	for _, test := range refusals {
		t.Run(test.name, func(t *testing.T) {
			err := test.m.Decode(test.b, nil)
			var e *msg.DecodeError
			if !errors.As(err, &e) || *e != test.want {
				t.Errorf("decode says %+v, want %+v", e, test.want)
			}
			if !errors.Is(err, test.want.Err) {
				t.Errorf("%v is not %v", err, test.want.Err)
			}
			if err := test.m.Decode(test.after, nil); err != nil {
				t.Errorf("one step back: %v", err)
			}
		})
	}
}

// Every sentinel of a decode is met above.
func TestRefusalsMeetEveryReason(t *testing.T) {
	for _, reason := range []error{
		msg.ErrTruncated, msg.ErrLength, msg.ErrOverflow, msg.ErrWireType, msg.ErrFieldNumber, msg.ErrGroup,
		msg.ErrDepth, msg.ErrTooMany,
	} {
		met := false
		for _, test := range refusals {
			met = met || test.want.Err == reason
		}
		if !met {
			t.Errorf("no test for %v", reason)
		}
	}
}

// Every known field is refused with every wire type but its own.
func TestWrongWireType(t *testing.T) {
	values := [8][]byte{0: {0}, 1: make([]byte, 8), 2: {0}, 5: make([]byte, 4)}
	refused := 0
	for _, k := range kinds {
		for i := range k.fields.Len() {
			f := k.fields.Get(i)
			for wire := range uint64(8) {
				tag := uint64(f.Number())<<3 | wire
				b := append([]byte{byte(tag)}, values[wire]...)
				if tag >= 0x80 {
					b = append([]byte{byte(tag) | 0x80, byte(tag >> 7)}, values[wire]...)
				}
				err := k.new().Decode(b, nil)
				if fits(f, wire) {
					if err != nil {
						t.Errorf("%s with wire type %d: %v", f.FullName(), wire, err)
					}
					continue
				}
				refused++
				want := msg.DecodeError{
					Message: k.name, Field: string(f.Name()), Number: int64(f.Number()),
					Err: msg.ErrWireType,
				}
				if wire == 4 {
					want.Err = msg.ErrGroup
				}
				var e *msg.DecodeError
				if !errors.As(err, &e) || *e != want {
					t.Errorf("%s with wire type %d: %v, want %v", f.FullName(), wire, err, &want)
				}
			}
		}
	}
	if refused < 2000 {
		t.Errorf("only %d fields refused", refused)
	}
}

// fits reports whether a field may come with a wire type.
func fits(f protoreflect.FieldDescriptor, wire uint64) bool {
	switch f.Kind() {
	case protoreflect.DoubleKind:
		return wire == 1
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return wire == 2
	default:
		return wire == 0 || wire == 2 && f.IsList()
	}
}

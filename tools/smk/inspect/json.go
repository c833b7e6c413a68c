package inspect

import (
	"encoding/json"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/journal"
)

// Object is an entry for machines. Times are RFC 3339 in UTC with nanoseconds, prices in hundredths of a percent of
// the payoff, quantities in 1/10000 of the currency.
type Object struct {
	Time      string `json:"time"`
	At        int64  `json:"at"` // the loop's clock in ns
	Seq       uint64 `json:"seq"`
	Part      int    `json:"part,omitempty"` // see [Entry]
	Kind      string `json:"kind"`
	Run       int    `json:"run,omitempty"`
	Epoch     uint32 `json:"epoch,omitempty"`
	Direction string `json:"direction,omitempty"`

	Columns

	Message  json.RawMessage `json:"message,omitempty"` // the whole payload as protobuf's JSON, credentials left out
	Text     string          `json:"text,omitempty"`    // of other kinds, as in cat
	Tape     []TapeObject    `json:"tape,omitempty"`
	Cut      bool            `json:"cut,omitempty"`
	Error    string          `json:"error,omitempty"`
	Segment  uint64          `json:"segment"`
	Position int64           `json:"offset"`
}

// Columns are the fields that most messages have; see [Message].
type Columns struct {
	Type            string `json:"type,omitempty"`
	SessionSeq      uint64 `json:"session_seq,omitempty"`
	Replayed        bool   `json:"replayed,omitempty"`
	Market          uint32 `json:"market,omitempty"`
	Contract        uint32 `json:"contract,omitempty"`
	Order           uint64 `json:"order,omitempty"`
	Original        uint64 `json:"original_order,omitempty"`
	Reference       uint64 `json:"reference,omitempty"`
	Side            string `json:"side,omitempty"`
	Price           uint32 `json:"price,omitempty"`
	Quantity        uint64 `json:"quantity,omitempty"`
	AccountSequence uint64 `json:"account_sequence,omitempty"`
	Reason          string `json:"reason,omitempty"`
}

// TapeObject is an entry of a tape.
type TapeObject struct {
	Kind    string `json:"kind"`
	At      int64  `json:"at"`
	Bytes   int    `json:"bytes,omitempty"`
	Offered int    `json:"offered,omitempty"`
	Text    string `json:"text,omitempty"`
	Error   string `json:"error,omitempty"`
}

// Object returns the entry for machines.
func (e *Entry) Object() *Object {
	o := &Object{
		Time: e.Time().Format(time.RFC3339Nano), At: e.At, Seq: e.Seq, Part: e.Part, Kind: e.Kind.String(), Run: e.Run,
		Epoch: e.Epoch, Cut: e.Flags&journal.FlagTruncated != 0, Segment: e.Segment, Position: e.Offset,
	}
	if e.Err != nil {
		o.Error = e.Err.Error()
	}
	m := e.Message
	switch {
	case m != nil:
		o.Direction = e.Kind.String()
		o.Type, o.SessionSeq, o.Replayed = m.Type, m.Seq, m.Replay
		o.Market, o.Contract, o.Order, o.Original = m.Market, m.Contract, m.Order, m.Original
		o.Reference, o.Side, o.Price, o.Quantity = m.Reference, m.Side, m.Price, m.Quantity
		o.AccountSequence, o.Reason = m.AccountSequence, m.Reason
		o.Message = m.JSON()
	case e.Kind == journal.KindTape:
		for _, t := range e.Tape {
			o.Tape = append(o.Tape, tapeObject(t))
		}
	default:
		o.Text = e.Detail()
	}
	return o
}

func tapeObject(t engine.TapeEntry) TapeObject {
	o := TapeObject{Kind: t.Kind.String(), At: t.At, Bytes: t.Bytes, Offered: t.Offered, Text: t.Text}
	if t.Err != nil {
		o.Error = t.Err.Error()
	}
	return o
}

// JSON returns the payload as protobuf's JSON with the schema's names, without credentials.
func (m *Message) JSON() json.RawMessage {
	p := proto.Clone(m.Payload)
	clearSecrets(p.ProtoReflect())
	b, err := protojson.MarshalOptions{UseProtoNames: true, AllowPartial: true}.Marshal(p)
	if err != nil { // a text that is not UTF-8
		quoted, _ := json.Marshal(err.Error())
		return quoted
	}
	return b
}

// clearSecrets removes the fields that the schema marks as credentials.
func clearSecrets(m protoreflect.Message) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case secret(f):
			m.Clear(f)
		case f.Kind() == protoreflect.MessageKind && !f.IsList():
			clearSecrets(v.Message())
		}
		return true
	})
}

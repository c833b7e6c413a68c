package inspect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/wire"
)

// decoded returns the entries of a record.
func decoded(r *journal.Record) (all []*Entry) {
	(&decoder{}).decode(r, func(e *Entry, _ error) bool {
		one := *e
		all = append(all, &one)
		return true
	})
	return all
}

// TestReceivedFrames takes the frames of a record apart: padded headers, frames without a payload, one that is cut, and
// the header of one that was refused. Every byte is counted once.
func TestReceivedFrames(t *testing.T) {
	b, err := proto.Marshal(heartbeat(1, false))
	if err != nil {
		t.Fatal(err)
	}
	frame := wire.AppendFrame(nil, b)
	padded := append([]byte{byte(len(b)) | 0x80, 0x80, 0}, b...)
	empty := []byte{0, 0, 0, 0}
	refused := []byte{0xff, 0xff, 0xff, 0xff, 0x7f}
	for _, c := range []struct {
		name     string
		frames   [][]byte
		flags    uint8
		messages int
		failed   bool // the last one
	}{
		{"one", [][]byte{frame}, 0, 1, false},
		{"three", [][]byte{frame, padded, frame}, 0, 3, false},
		{"empty ones", [][]byte{empty, frame, empty, empty, frame, empty}, 0, 2, false},
		{"nothing but empty ones", [][]byte{empty}, 0, 0, false},
		{"cut", [][]byte{frame[:len(frame)-3]}, journal.FlagTruncated, 1, true},
		{"refused", [][]byte{frame, refused}, 0, 2, true},
	} {
		all := bytes.Join(c.frames, nil)
		entries := decoded(&journal.Record{Kind: journal.KindInbound, Flags: c.flags, Seq: 7, Payload: all})
		size := 0
		for i, e := range entries {
			size += e.Frame
			number := "7"
			if c.messages > 1 {
				number = fmt.Sprintf("7.%d", i+1)
			}
			last := i == c.messages-1
			if e.Place().Number() != number || (e.Err != nil) != (last && c.failed) ||
				(e.Flags&journal.FlagTruncated != 0) != (c.flags != 0) {
				t.Errorf("%s: message %s, %v, flags %d", c.name, e.Place().Number(), e.Err, e.Flags)
			}
		}
		if len(entries) != c.messages || c.messages > 0 && size != len(all) {
			t.Errorf("%s: %d messages of %d bytes, want %d of %d", c.name, len(entries), size, c.messages, len(all))
		}
	}
}

func TestParsePlace(t *testing.T) {
	for text, want := range map[string]Place{"82": {82, 0}, "82.3": {82, 3}} {
		if p, err := ParsePlace(text); err != nil || p != want || p.Number() != text {
			t.Errorf("%s: %+v, %v", text, p, err)
		}
	}
	for _, text := range []string{"", "0", "x", "82.", "82.0", "82.-1", ".3", "1.2.3"} {
		if p, err := ParsePlace(text); err == nil {
			t.Errorf("%q is %+v", text, p)
		}
	}
}

// TestHostilePayloads decodes and prints payloads with bytes changed, cut and repeated: a journal has what a peer sent.
func TestHostilePayloads(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	change := envelope(2, seto.PayloadType_PAYLOAD_CONTRACT_QUOTES)
	change.ContractQuotes = quotes(map[uint32]uint64{2500: 1, 2450: 40}, map[uint32]uint64{2550: 1 << 63})
	rejected := envelope(3, seto.PayloadType_PAYLOAD_ORDER_REJECTED)
	rejected.OrderRejected = &seto.OrderRejected{
		Reason: seto.OrderRejectedReason_ORDER_REJECTED_CROSSED_SELF.Enum(), Label: proto.String("\x1b[2J\xff"),
	}
	whole, failed := 0, 0
	for _, m := range []*seto.Payload{change, rejected, login(), heartbeat(1, true)} {
		b, err := proto.Marshal(m)
		if err != nil {
			b, err = proto.MarshalOptions{AllowPartial: true}.Marshal(m)
		}
		if err != nil && !strings.Contains(err.Error(), "UTF-8") {
			t.Fatal(err)
		}
		for range 5000 {
			hostile := append([]byte(nil), b...)
			for range random.IntN(4) {
				if len(hostile) > 0 {
					hostile[random.IntN(len(hostile))] = byte(random.Uint32())
				}
			}
			hostile = hostile[:random.IntN(len(hostile)+1)]
			hostile = append(hostile, hostile[random.IntN(len(hostile)+1):]...)
			if random.IntN(2) == 0 { // else the header is hostile, too
				hostile = wire.AppendFrame(nil, hostile)
			}
			for _, e := range decoded(&journal.Record{Kind: journal.KindInbound, Payload: hostile}) {
				if e.Err != nil {
					failed++
				} else {
					whole++
				}
				text := e.Text()
				for _, r := range text {
					if r < ' ' || r == 0x7f {
						t.Fatalf("%q", text)
					}
				}
				line, err := json.Marshal(e.Object())
				if err != nil || !json.Valid(line) {
					t.Fatalf("%v: %s", err, line)
				}
				for l := range e.Message.Levels() {
					_ = l
				}
				maskMessage(e.Message.Payload.ProtoReflect(), RedactOptions{Amounts: true})
			}
		}
	}
	if whole < 1000 || failed < 1000 {
		t.Errorf("%d decoded, %d not", whole, failed)
	}
}

// TestSecretFields holds that no field which the schema marks is printed, even if a journal has it unmasked.
func TestSecretFields(t *testing.T) {
	m := login()
	m.Login.Password, m.Login.Cookie = proto.String("planted"), []byte("planted")
	m.EtoPayload.Login = &eto.Login{Session: proto.String("planted")}
	m.EtoPayload.LoginResponse = &eto.LoginResponse{Session: proto.String("planted")}
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range []seto.PayloadType{seto.PayloadType_PAYLOAD_LOGIN, seto.PayloadType_PAYLOAD_ETO} {
		e := decoded(&journal.Record{Kind: journal.KindOutbound, Payload: b})[0]
		e.Message.Payload.Type = typ.Enum()
		e.Message.findBody()
		line, err := json.Marshal(e.Object())
		if err != nil {
			t.Fatal(err)
		}
		if text := e.Text() + string(line); strings.Contains(text, "planted") || !strings.Contains(text, "masked") {
			t.Errorf("%s", text)
		}
	}
}

func TestFilter(t *testing.T) {
	m := envelope(5, seto.PayloadType_PAYLOAD_ORDER_EXECUTED)
	m.OrderExecuted = &seto.OrderExecuted{
		Price: proto.Uint32(2500), Quantity: proto.Uint64(1), OrderId: proto.Uint64(7),
		Side:     seto.Side_SIDE_SELL.Enum(),
		MarketId: proto.Uint32(1), ContractId: proto.Uint32(2), AccountSequence_64: proto.Uint64(9),
	}
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	wall := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	b = wire.AppendFrame(nil, b)
	e := decoded(&journal.Record{Kind: journal.KindInbound, Wall: wall.UnixNano(), Payload: b})[0]
	for i, c := range []struct {
		Filter
		want bool
	}{
		{Filter{}, true},
		{Filter{Market: 1, Contract: 2, Order: 7, AccountSequence: 9, Types: []string{"PAYLOAD_ORDER_EXECUTED"}}, true},
		{Filter{Kinds: []string{"outbound", "Inbound"}, Types: []string{"order_executed"}}, true},
		{Filter{From: wall, To: wall.Add(1)}, true},
		{Filter{Market: 2}, false},
		{Filter{Contract: 3}, false},
		{Filter{Order: 8}, false},
		{Filter{Reference: 1}, false},
		{Filter{AccountSequence: 8}, false},
		{Filter{Types: []string{"ORDER_ACCEPTED"}}, false},
		{Filter{Kinds: []string{"log"}}, false},
		{Filter{From: wall.Add(1)}, false},
		{Filter{To: wall}, false},
	} {
		if got := c.Match(e); got != c.want {
			t.Errorf("%d: %+v: %v", i, c.Filter, got)
		}
	}
	if log := (&Entry{Record: journal.Record{Kind: journal.KindLog}}); (&Filter{Market: 1}).Match(log) ||
		!(&Filter{Kinds: []string{"log"}}).Match(log) {
		t.Error("a log record")
	}
	if got := e.Message.Text(); got != "ORDER_EXECUTED #5 price=25%(4.0000) quantity=0.0001 order=7 side=sell "+
		"market=1 "+
		"contract=2 account_sequence=9" {
		t.Error(got)
	}
}

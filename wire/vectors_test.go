package wire

import (
	"bytes"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"
)

// vector is one message as a reference encodes it.
type vector struct {
	name     string
	envelope Envelope
	payload  []byte
	frame    []byte
}

// vectors returns those of testdata/frames.txt and then the captured ones.
func vectors(tb testing.TB) []vector {
	tb.Helper()
	file, err := os.ReadFile("testdata/frames.txt")
	if err != nil {
		tb.Fatal(err)
	}
	var all []vector
	for line := range strings.Lines(string(file)) {
		column := strings.Fields(line)
		if len(column) == 0 || column[0] == "#" {
			continue
		}
		if len(column) != 6 {
			tb.Fatalf("frames.txt: %q", line)
		}
		v := vector{name: "frames.txt/" + strconv.Itoa(len(all)), payload: unhex(tb, column[4]), frame: unhex(tb, column[5])}
		v.envelope = Envelope{Seq: number(tb, column[1]), Type: uint32(number(tb, column[0])), EtoType: EtoNone, Flags: Flags{has: hasType | hasEto | hasSeq}}
		if column[2] != "-" {
			v.envelope.EtoType = uint32(number(tb, column[2]))
			v.envelope.has |= hasEtoType
		}
		if column[3] != "-" {
			v.envelope.IsReplay = column[3] == "1"
			v.envelope.has |= hasIsReplay
		}
		all = append(all, v)
	}
	if len(all) < 200 {
		tb.Fatalf("only %d vectors in frames.txt", len(all))
	}
	for _, c := range captured {
		frame := unhex(tb, c.frame)
		all = append(all, vector{name: c.name, envelope: c.envelope, payload: frame[1:], frame: frame})
	}
	return all
}

const (
	common = hasType | hasEto | hasSeq
	typed  = common | hasEtoType
	marked = common | hasIsReplay
)

// captured holds frames as clients and servers of the exchange were seen to send
// them, or as its schema spells them.
var captured = []struct {
	name     string
	frame    string
	envelope Envelope
}{
	{"login u p", "10 08 02 12 04 08 01 10 07 1a 06 0a 01 75 12 01 70", Envelope{1, 2, EtoLogin, Flags{false, typed}}},
	{"login by cookie", "12 08 02 12 04 08 01 10 07 1a 08 1a 01 54 20 00 28 92 21", Envelope{1, 2, EtoLogin, Flags{false, typed}}},
	{"resume login", "15 08 02 12 09 08 03 10 07 2a 03 0a 01 53 1a 06 0a 01 75 12 01 70", Envelope{3, 2, EtoLogin, Flags{false, typed}}},
	{"ping", "08 08 01 12 04 08 02 10 02", Envelope{2, 1, EtoPing, Flags{false, typed}}},
	{"pong", "0a 08 01 12 06 08 02 10 03 18 00", Envelope{2, 1, EtoPong, Flags{false, typed | marked}}},
	{"server heartbeat", "0a 08 01 12 06 08 03 10 05 18 00", Envelope{3, 1, EtoHeartbeat, Flags{false, typed | marked}}},
	{"client heartbeat", "08 08 01 12 04 08 03 10 05", Envelope{3, 1, EtoHeartbeat, Flags{false, typed}}},
	{"replay", "0c 08 01 12 08 08 04 10 06 22 02 08 02", Envelope{4, 1, EtoReplay, Flags{false, typed}}},
	{"gapfill", "0a 08 01 12 06 08 03 10 04 18 01", Envelope{3, 1, EtoGapfill, Flags{true, typed | marked}}},
	{"logout", "0c 08 01 12 08 08 0f 10 09 3a 02 08 01", Envelope{15, 1, EtoLogout, Flags{false, typed}}},
	{"logout confirmation", "0e 08 01 12 0a 08 11 10 09 18 00 3a 02 08 03", Envelope{17, 1, EtoLogout, Flags{false, typed | marked}}},
	{"logout unauthorised", "0e 08 01 12 0a 08 01 10 09 18 00 3a 02 08 07", Envelope{1, 1, EtoLogout, Flags{false, typed | marked}}},
	{"throttle limits", "14 08 24 12 04 08 02 18 00 aa 02 09 08 f4 03 10 e8 07 18 c8 01", Envelope{2, 36, EtoNone, Flags{false, marked}}},
	{"market subscribe", "0c 08 0a 12 02 08 02 5a 04 10 a0 8d 06", Envelope{2, 10, EtoNone, Flags{false, common}}},
	{"order create", "1b 08 03 12 02 08 02 22 13 20 01 30 80 b5 18 40 c4 13 58 07 60 a0 8d 06 68 c0 9a 0c", Envelope{2, 3, EtoNone, Flags{false, common}}},
	{"order accepted", "1c 08 05 12 04 08 03 18 00 32 12 08 02 18 00 20 07 28 c4 13 30 80 b5 18 38 e9 07 40 37", Envelope{3, 5, EtoNone, Flags{false, marked}}},
	{"contract quotes", "19 08 0d 12 04 08 09 18 00 72 0f 1a 05 08 c4 13 10 00 48 a0 8d 06 50 c0 9a 0c", Envelope{9, 13, EtoNone, Flags{false, marked}}},
}

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func number(tb testing.TB, s string) uint64 {
	tb.Helper()
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// Every vector is cut, written and peeked at as the reference says.
func TestVectors(t *testing.T) {
	var stream, want []byte
	for _, v := range vectors(t) {
		payload, n, err := Scan(v.frame, Limits{})
		if err != nil || n != len(v.frame) || !bytes.Equal(payload, v.payload) {
			t.Errorf("%s: Scan gives %x, %d, %v", v.name, payload, n, err)
		}
		if got := AppendFrame(nil, v.payload); !bytes.Equal(got, v.frame) {
			t.Errorf("%s: AppendFrame gives %x, want %x", v.name, got, v.frame)
		}
		region := make([]byte, FrameSize(len(v.payload)))
		if err := PutFrame(region, raw(v.payload), len(v.payload)); err != nil || !bytes.Equal(region, v.frame) {
			t.Errorf("%s: PutFrame gives %x, %v, want %x", v.name, region, err, v.frame)
		}
		if env, err := Peek(v.payload); err != nil || env != v.envelope {
			t.Errorf("%s: Peek gives %+v, %v, want %+v", v.name, env, err, v.envelope)
		}
		stream = append(stream, v.frame...)
		want = append(want, v.payload...)
	}
	for _, chunk := range []int{1, 2, 3, 7, 64, 1000, len(stream)} {
		b := newBuffer(t, 256, Limits{})
		payloads, err := feed(t, b, stream, func() int { return chunk })
		if err != nil || !bytes.Equal(bytes.Join(payloads, nil), want) {
			t.Errorf("chunks of %d: other payloads, or %v", chunk, err)
		}
	}
}

// Every prefix of every frame is incomplete: neither a payload nor an error.
func TestVectorPrefixes(t *testing.T) {
	for _, v := range vectors(t) {
		b := newBuffer(t, 0, Limits{})
		for i := range v.frame {
			if payload, n, err := Scan(v.frame[:i:i], Limits{}); payload != nil || n != 0 || err != nil {
				t.Fatalf("%s: prefix of %d: %x, %d, %v", v.name, i, payload, n, err)
			}
			if payload, err := b.Next(); payload != nil || err != nil {
				t.Fatalf("%s: Buffer with a prefix of %d: %x, %v", v.name, i, payload, err)
			}
			b.Free()[0] = v.frame[i]
			b.Filled(1)
		}
		if payload, err := b.Next(); err != nil || !bytes.Equal(payload, v.payload) {
			t.Fatalf("%s: Buffer gives %x, %v", v.name, payload, err)
		}
	}
}

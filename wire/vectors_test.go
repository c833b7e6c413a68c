package wire

import (
	"bytes"
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

// vector is one message as a reference encodes it.
type vector struct {
	name    string // of a captured message, or "" for one of the reference library
	payload []byte
	frame   []byte
}

// vectors returns the messages of testdata/frames.txt.
func vectors(tb testing.TB) (all []vector) {
	tb.Helper()
	file, err := os.ReadFile("testdata/frames.txt")
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(string(file)) {
		line, name, _ := strings.Cut(line, "#")
		column := strings.Fields(line)
		if len(column) == 0 {
			continue
		}
		if len(column) != 6 {
			tb.Fatalf("frames.txt: %q", line)
		}
		all = append(all, vector{strings.TrimSpace(name), unhex(tb, column[4]), unhex(tb, column[5])})
	}
	if len(all) < 217 {
		tb.Fatalf("only %d vectors in frames.txt", len(all))
	}
	return all
}

// captured returns the vectors that clients and servers of the exchange were seen to send.
func captured(tb testing.TB) (all []vector) {
	tb.Helper()
	for _, v := range vectors(tb) {
		if v.name != "" {
			all = append(all, v)
		}
	}
	if len(all) < 17 {
		tb.Fatalf("only %d captured vectors in frames.txt", len(all))
	}
	return all
}

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// Every vector is cut and written as the reference does.
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
		region := make([]byte, frameSize(len(v.payload)))
		if err := PutFrame(region, raw(v.payload), len(v.payload)); err != nil || !bytes.Equal(region, v.frame) {
			t.Errorf("%s: PutFrame gives %x, %v, want %x", v.name, region, err, v.frame)
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

package wire

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// raw is a payload that marshals itself as vtprotobuf's code does.
type raw []byte

func (r raw) SizeVT() int { return len(r) }

func (r raw) MarshalToSizedBufferVT(b []byte) (int, error) {
	return copy(b[len(b)-len(r):], r), nil
}

// wantBug expects f to panic with a text that says whose fault it is.
func wantBug(t *testing.T, name string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if text := fmt.Sprint(recover()); !strings.HasPrefix(text, "BUG: wire: ") {
			t.Errorf("%s: panic %q", name, text)
		}
	}()
	f()
}

func newBuffer(tb testing.TB, blockBytes int, limits Limits) *Buffer {
	tb.Helper()
	b, err := NewBuffer(blockBytes, limits)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := b.Close(); err != nil {
			tb.Error(err)
		}
	})
	return b
}

// check holds b to what is always true of it.
func check(tb testing.TB, b *Buffer) {
	tb.Helper()
	l := &b.large
	switch {
	case b.read < 0 || b.read > b.filled || b.filled > len(b.block):
		tb.Fatalf("read %d, filled %d, block %d", b.read, b.filled, len(b.block))
	case b.err != nil && (b.filled != 0 || len(b.block) != 0):
		tb.Fatalf("%d bytes of %d after %v", b.filled, len(b.block), b.err)
	case b.memory != nil && cap(b.memory.Overread()) < len(b.block)+SlackBytes:
		tb.Fatal("no slack behind the block")
	case b.large.buf == nil && *l != large{}:
		tb.Fatalf("a large frame without a buffer: %+v", l)
	case l.buf != nil && (b.read != b.filled || l.size-l.head > b.limits.PayloadBytesMax):
		tb.Fatalf("%d bytes in the block behind a large frame of %d", b.filled-b.read, l.size)
	case l.buf != nil && (len(l.buf.B) > l.size || cap(l.buf.B) < len(l.buf.B)+SlackBytes):
		tb.Fatalf("a large frame of %d has %d bytes in %d", l.size, len(l.buf.B), cap(l.buf.B))
	}
}

// slackSeen keeps reads of slack from being left out.
var slackSeen byte

// feed drives b through stream in chunks and returns copies of the payloads, up to
// the first error. It checks that payloads stay as they are until the next Free.
func feed(tb testing.TB, b *Buffer, stream []byte, chunk func() int) (payloads [][]byte, err error) {
	tb.Helper()
	for len(stream) > 0 {
		free := b.Free()
		if cap(free) != len(free) {
			tb.Fatalf("%d bytes are free with capacity %d", len(free), cap(free))
		}
		check(tb, b)
		if len(free) == 0 {
			tb.Fatal("Free is empty though Next was drained")
		}
		n := copy(free, stream[:min(max(chunk(), 0), len(stream))])
		b.Filled(n)
		check(tb, b)
		stream = stream[n:]
		var lent [][]byte
		first := len(payloads)
		for {
			payload, err := b.Next()
			check(tb, b)
			if err != nil {
				return payloads, err
			}
			if payload == nil {
				break
			}
			if len(payload) == 0 || cap(payload) < len(payload)+SlackBytes {
				tb.Fatalf("payload of %d bytes with capacity %d", len(payload), cap(payload))
			}
			for _, c := range payload[len(payload) : len(payload)+SlackBytes] {
				slackSeen += c // it faults if the memory ends here
			}
			lent = append(lent, payload)
			payloads = append(payloads, bytes.Clone(payload))
		}
		for i, payload := range lent {
			if !bytes.Equal(payload, payloads[first+i]) {
				tb.Fatal("a payload changed before the next Free")
			}
		}
	}
	return payloads, nil
}

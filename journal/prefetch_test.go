package journal

import (
	"bytes"
	"sync/atomic"
	"testing"
)

// TestExpect fetches what follows long records, up to the ring's end and from its start, and changes nothing.
func TestExpect(t *testing.T) {
	c := Config{RingBytes: 1 << 14, SegmentBytes: 1 << 20}
	ring := newRing(c.RingBytes)
	r := newRecorder(&c, ring, 0, new(atomic.Uint64))
	payload := bytes.Repeat([]byte{0xA5}, prefetchMin)
	pattern := bytes.Repeat([]byte{0x5A}, c.RingBytes)
	for n := range 2 * prefetchMax {
		copy(ring.buf, pattern)
		r.expect(n + 1)
		if !bytes.Equal(ring.buf, pattern) {
			t.Fatalf("%d bytes expected at %d: the ring has changed", n+1, r.pos&r.mask)
		}
		r.Append(KindInbound, 0, 1, 0, payload[:prefetchMin-n%8]) // in the end at each multiple of 8
		ring.head.Store(r.pos)
	}
	if r.lost != 0 {
		t.Errorf("%d records lost", r.lost)
	}
}

package wire

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
)

// putting is a payload that also writes itself forwards, over all of the room that it may.
type putting struct{ raw }

func (p putting) Put(b *[PutBytes]byte) int {
	if len(p.raw) > PutBytes {
		return -1
	}
	for i := range b {
		b[i] = 0xcc
	}
	return copy(b[:], p.raw)
}

// exactly is the frame that Forward is to write, by the way that knows every size before.
func exactly(t *testing.T, h Head, body []byte) []byte {
	t.Helper()
	payload := h.SizeWithBody(len(body))
	frame := make([]byte, FrameSize(payload))
	copy(h.PutWithBody(Enclose(frame, payload), len(body)), body)
	return frame
}

// withTail is body with one more field.
func withTail(body []byte, tag byte, value uint64) []byte {
	if tag == 0 {
		return body
	}
	return binary.AppendUvarint(append(bytes.Clone(body), tag), value)
}

// checkForward writes a frame both ways, into memory whose every byte is watched, and reports whether
// Forward wrote it.
func checkForward(t *testing.T, h Head, body []byte, tag byte, value uint64) bool {
	t.Helper()
	const beyond = 32
	region := bytes.Repeat([]byte{0xa5}, ForwardBytes+beyond)
	start, size := Forward((*[ForwardBytes]byte)(region), h.Type, h.Seq, putting{body}, tag, value)
	if !bytes.Equal(region[ForwardBytes:], bytes.Repeat([]byte{0xa5}, beyond)) {
		t.Fatalf("%+v: wrote beyond its room", h)
	}
	if size == 0 {
		if start != 0 {
			t.Fatalf("%+v: a body without a frame", h)
		}
		return false
	}
	whole := withTail(body, tag, value)
	if want := exactly(t, h, whole); !bytes.Equal(region[:size], want) {
		t.Fatalf("%+v, body %x, %x %d:\nforwards %x\nwant     %x", h, body, tag, value, region[:size], want)
	}
	if !bytes.Equal(region[start:size], whole) {
		t.Fatalf("%+v: body %x, want %x", h, region[start:size], whole)
	}
	return true
}

// Frames of every type, sequence and length of body are those that the exact way writes, or are left
// to it.
func TestForward(t *testing.T) {
	var numbers []uint64
	for k := range 64 {
		numbers = append(numbers, 1<<k-1, 1<<k, 1<<k+1)
	}
	numbers = append(numbers, math.MaxUint64)
	body := bytes.Repeat([]byte{0x11, 0x80, 0xff}, 50)
	for _, n := range numbers {
		if wrote := checkForward(t, Head{Type: 3, Seq: n}, body[:40], 0, 0); wrote != (n < 1<<56) {
			t.Errorf("sequence %d is written: %t", n, wrote)
		}
		if !checkForward(t, Head{Type: 3, Seq: 9}, body[:40], 11<<3, n) {
			t.Errorf("reference %d is left", n)
		}
	}
	for typ := range uint32(300) {
		for _, seq := range []uint64{0, 1, 127, 128, 1 << 40} {
			if wrote := checkForward(t, Head{Type: typ, Seq: seq}, body[:30], 0, 0); wrote != (typ < 127) {
				t.Errorf("type %d is written: %t", typ, wrote)
			}
		}
	}
	for n := range 140 {
		for _, seq := range []uint64{1, 1 << 20} {
			for _, tag := range []byte{0, 0x58} {
				for _, h := range []Head{{Type: 3, Seq: seq}, {Type: 36, Seq: seq}} {
					whole := withTail(body[:n], tag, 1<<30)
					if wrote := checkForward(t, h, body[:n], tag, 1<<30); wrote != (h.SizeWithBody(len(whole)) < 128) {
						t.Errorf("%+v: a body of %d bytes is written: %t", h, len(whole), wrote)
					}
				}
			}
		}
	}
}

// What m leaves, and what is too long for it, is left.
func TestForwardLeaves(t *testing.T) {
	for n := PutBytes - 2; n < PutBytes+2; n++ {
		if checkForward(t, Head{Type: 3, Seq: 7}, make(raw, n), 0, 0) {
			t.Errorf("a body of %d bytes is written", n)
		}
	}
}

package envelope

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"github.com/smk-go/smk/wire"
)

// fastBody is an encoded body that overwrites all of the buffer.
type fastBody []byte

func (p fastBody) MarshalFast(b *[MarshalFastBytes]byte) int {
	if len(p) > MarshalFastBytes {
		return -1
	}
	for i := range b {
		b[i] = 0xcc
	}
	return copy(b[:], p)
}

// encodeSized is the frame that EncodeFrame has to write, by the encoder that computes the sizes first.
func encodeSized(t *testing.T, h Header, body []byte) []byte {
	t.Helper()
	n := h.SizeWithBody(len(body))
	frame := make([]byte, FrameSize(n))
	payload := PutFrameHeader(frame, n)
	copy(h.PutWithBody(payload, len(body)), body)
	if want := wire.AppendFrame(nil, payload); !bytes.Equal(frame, want) {
		t.Fatalf("%+v: frame %x, want %x", h, frame, want)
	}
	return frame
}

// withTail is body with one more field.
func withTail(body []byte, tag byte, value uint64) []byte {
	if tag == 0 {
		return body
	}
	return binary.AppendUvarint(append(bytes.Clone(body), tag), value)
}

// checkEncodeFrame writes a frame both ways, checks every byte around it, and reports whether EncodeFrame
// wrote it.
func checkEncodeFrame(t *testing.T, h Header, body []byte, tag byte, value uint64) bool {
	t.Helper()
	const beyond = 32
	region := bytes.Repeat([]byte{0xa5}, EncodeFrameBytes+beyond)
	start, size := EncodeFrame((*[EncodeFrameBytes]byte)(region), h.Type, h.Seq, fastBody(body), tag, value)
	if !bytes.Equal(region[EncodeFrameBytes:], bytes.Repeat([]byte{0xa5}, beyond)) {
		t.Fatalf("%+v: wrote beyond its room", h)
	}
	if size == 0 {
		if start != 0 {
			t.Fatalf("%+v: a body without a frame", h)
		}
		return false
	}
	whole := withTail(body, tag, value)
	if want := encodeSized(t, h, whole); !bytes.Equal(region[:size], want) {
		t.Fatalf("%+v, body %x, %x %d:\nencoded %x\nwant    %x", h, body, tag, value, region[:size], want)
	}
	if !bytes.Equal(region[start:size], whole) {
		t.Fatalf("%+v: body %x, want %x", h, region[start:size], whole)
	}
	return true
}

// Frames of every type, sequence and body length equal those of the sized encoder, or are declined.
func TestEncodeFrame(t *testing.T) {
	var numbers []uint64
	for k := range 64 {
		numbers = append(numbers, 1<<k-1, 1<<k, 1<<k+1)
	}
	numbers = append(numbers, math.MaxUint64)
	body := bytes.Repeat([]byte{0x11, 0x80, 0xff}, 50)
	for _, n := range numbers {
		if wrote := checkEncodeFrame(t, Header{Type: 3, Seq: n}, body[:40], 0, 0); wrote != (n < 1<<56) {
			t.Errorf("sequence %d is written: %t", n, wrote)
		}
		if !checkEncodeFrame(t, Header{Type: 3, Seq: 9}, body[:40], 11<<3, n) {
			t.Errorf("reference %d is declined", n)
		}
	}
	for typ := range uint32(300) {
		for _, seq := range []uint64{0, 1, 127, 128, 1 << 40} {
			if wrote := checkEncodeFrame(t, Header{Type: typ, Seq: seq}, body[:30], 0, 0); wrote != (typ < 127) {
				t.Errorf("type %d is written: %t", typ, wrote)
			}
		}
	}
	for n := range 140 {
		for _, seq := range []uint64{1, 1 << 20} {
			for _, tag := range []byte{0, 0x58} {
				for _, h := range []Header{{Type: 3, Seq: seq}, {Type: 36, Seq: seq}} {
					whole := withTail(body[:n], tag, 1<<30)
					if wrote := checkEncodeFrame(t, h, body[:n], tag,
						1<<30); wrote != (h.SizeWithBody(len(whole)) < 128) {
						t.Errorf("%+v: a body of %d bytes is written: %t", h, len(whole), wrote)
					}
				}
			}
		}
	}
}

// EncodeFrame declines a body that MarshalFast declines, and one that is too long for a frame.
func TestEncodeFrameDeclines(t *testing.T) {
	for n := MarshalFastBytes - 2; n < MarshalFastBytes+2; n++ {
		if checkEncodeFrame(t, Header{Type: 3, Seq: 7}, make([]byte, n), 0, 0) {
			t.Errorf("a body of %d bytes is written", n)
		}
	}
}

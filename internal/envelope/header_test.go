package envelope

import (
	"bytes"
	"encoding/hex"
	"math"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

func TestHeader(t *testing.T) {
	for _, c := range []struct {
		name   string
		header Header
		want   string
	}{
		{"ping", Header{Type: 1, Seq: 2, EtoType: 2}, "080112040802" + "1002"},
		{"heartbeat", Header{Type: 1, Seq: 3, EtoType: 5}, "0801120408031005"},
		{"gapfill", Header{Type: 1, Seq: 3, EtoType: 4, Replay: true}, "08011206080310041801"},
		{"application", Header{Type: 10, Seq: 2}, "080a12020802"},
		{"replayed application", Header{Type: 10, Seq: 2, Replay: true}, "080a120408021801"},
		{"highest", Header{Type: 44, Seq: math.MaxUint64}, "082c120b08ffffffffffffffffff01"},
		{"type of two bytes", Header{Type: 300, Seq: 1}, "08ac0212020801"},
	} {
		got := make([]byte, c.header.Size())
		if n := c.header.Put(got); n != len(got) || hex.EncodeToString(got) != c.want {
			t.Errorf("%s: %x of %d bytes, want %s", c.name, got, n, c.want)
		}
	}
}

// TestHeaderWithBody compares with the message's own encoding, over all types and
// the lengths where a varint grows.
func TestHeaderWithBody(t *testing.T) {
	for _, seq := range []uint64{1, 127, 128, 1 << 35, math.MaxUint64} {
		for _, label := range []int{0, 1, 90, 120, 127, 128, 16383, 16384} {
			var p msg.Payload
			o := p.MutableOrderCreate()
			o.SetSide(msg.Side(1))
			o.SetQuantity(1)
			o.SetMarketId(1)
			o.SetContractId(1)
			o.SetLabel(bytes.Repeat([]byte{'x'}, label))
			p.MutableEtoPayload().SetSeq(seq)
			want, err := p.MarshalVT()
			if err != nil {
				t.Fatal(err)
			}
			h := Header{Type: uint32(msg.PayloadOrderCreate), Seq: seq}
			n := o.SizeVT()
			got := make([]byte, h.SizeWithBody(n))
			if _, err := o.MarshalToSizedBufferVT(h.PutWithBody(got, n)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Fatalf("seq %d, label of %d:\n%x\n%x", seq, label, got, want)
			}
		}
	}
	h := Header{Type: uint32(msg.PayloadOrderCancelReplaceRejected), Seq: 1}
	if got := h.PutWithBody(make([]byte, h.SizeWithBody(0)), 0); len(got) != 0 || h.SizeWithBody(0) != 9 {
		t.Errorf("an empty body of type 44 takes %d bytes, want 9", h.SizeWithBody(0))
	}
}

func TestHeaderWithBodyWrongLength(t *testing.T) {
	h := Header{Type: 3, Seq: 1}
	wantBug(t, "PutWithBody", func() { h.PutWithBody(make([]byte, h.SizeWithBody(5)+1), 5) })
}

// The frame header is written around payloads of every length of the length, and nothing else is touched.
func TestPutFrameHeader(t *testing.T) {
	for _, n := range []int{6, 127, 128, 300, 1<<14 - 1, 1 << 14, 1 << 16, 1<<21 - 1, 1 << 21} {
		want := wire.AppendFrame(nil, bytes.Repeat([]byte{0xa5}, n))
		if got := FrameSize(n); got != len(want) {
			t.Errorf("%d: size %d, want %d", n, got, len(want))
		}
		frame := bytes.Repeat([]byte{0xa5}, len(want)+1)
		payload := PutFrameHeader(frame[:len(want)], n)
		if len(payload) != n || cap(payload) != n || !bytes.Equal(frame[:len(want)], want) {
			t.Errorf("%d: frame %x..., payload of %d bytes with capacity %d", n, frame[:8], len(payload), cap(payload))
		}
	}
}

func TestPutFrameHeaderWrongLength(t *testing.T) {
	for _, n := range []int{0, 1, 200, 201, 203} {
		wantBug(t, "PutFrameHeader", func() { PutFrameHeader(make([]byte, n), 200) })
	}
	for n := range 12 {
		wantBug(t, "negative length", func() { PutFrameHeader(make([]byte, n), -1) })
	}
}

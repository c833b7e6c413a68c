package wire

import (
	"bytes"
	"encoding/hex"
	"math"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

func TestHead(t *testing.T) {
	for _, c := range []struct {
		name string
		head Head
		want string
	}{
		{"ping", Head{Type: 1, Seq: 2, EtoType: 2}, "080112040802" + "1002"},
		{"heartbeat", Head{Type: 1, Seq: 3, EtoType: 5}, "0801120408031005"},
		{"gapfill", Head{Type: 1, Seq: 3, EtoType: 4, Replay: true}, "08011206080310041801"},
		{"application", Head{Type: 10, Seq: 2}, "080a12020802"},
		{"replayed application", Head{Type: 10, Seq: 2, Replay: true}, "080a120408021801"},
		{"highest", Head{Type: 44, Seq: math.MaxUint64}, "082c120b08ffffffffffffffffff01"},
		{"type of two bytes", Head{Type: 300, Seq: 1}, "08ac0212020801"},
	} {
		got := make([]byte, c.head.Size())
		if n := c.head.Put(got); n != len(got) || hex.EncodeToString(got) != c.want {
			t.Errorf("%s: %x of %d bytes, want %s", c.name, got, n, c.want)
		}
	}
}

// TestHeadWithBody compares with the message's own encoding, over all types and
// the lengths where a varint grows.
func TestHeadWithBody(t *testing.T) {
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
			h := Head{Type: uint32(msg.PayloadOrderCreate), Seq: seq}
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
	h := Head{Type: uint32(msg.PayloadOrderCancelReplaceRejected), Seq: 1}
	if got := h.PutWithBody(make([]byte, h.SizeWithBody(0)), 0); len(got) != 0 || h.SizeWithBody(0) != 9 {
		t.Errorf("an empty body of type 44 takes %d bytes, want 9", h.SizeWithBody(0))
	}
}

func TestHeadWithBodyWrongLength(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a payload that is too long was taken")
		}
	}()
	h := Head{Type: 3, Seq: 1}
	h.PutWithBody(make([]byte, h.SizeWithBody(5)+1), 5)
}

package gateway

import (
	"bytes"
	"strings"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/wire"
)

// writeFrame and writeMessage write what the message's own encoder writes, framed, at every size around which a
// length grows by a byte.
func TestWriteFrame(t *testing.T) {
	out, err := ring.NewSendRing(ring.SendRingConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	for _, seq := range []uint64{1, 127, 128, 1 << 40} {
		for _, n := range []int{0, 1, 90, 100, 110, 120, 127, 128, 16_000, 16_384, 20_000} {
			for _, label := range []string{"", strings.Repeat("x", n)} {
				var m msg.Payload
				e := m.MutableEtoPayload()
				e.SetSeq(seq)
				e.SetIsReplay(false)
				var body exchange.Message
				if label == "" {
					m.SetType(msg.PayloadEto)
					e.SetType(msg.EtoPayloadLoginResponse)
					e.MutableLoginResponse().SetSessionString(strings.Repeat("s", n))
					e.MutableLoginResponse().SetReset(2)
				} else {
					b := m.MutableBalanceChanged()
					b.SetReasonString(label)
					b.SetAvailableBalance(1)
					body = b
				}
				want, err := m.MarshalVT()
				if err != nil {
					t.Fatal(err)
				}
				want = wire.AppendFrame(nil, want)
				if body == nil {
					err = writeFrame(out, e, ring.Record{})
				} else {
					err = writeMessage(out, seq, body, false, ring.Record{})
				}
				if err != nil {
					t.Fatal(err)
				}
				got := out.Pending()
				if !bytes.Equal(got, want) {
					t.Fatalf("sequence %d, %d bytes: wrote %x, want %x", seq, n, got, want)
				}
				flag := replayFlag(got)
				got[flag] = 1
				e.SetIsReplay(true)
				if want, err = m.MarshalVT(); err != nil {
					t.Fatal(err)
				}
				if want = wire.AppendFrame(nil, want); !bytes.Equal(got, want) {
					t.Fatalf("sequence %d, %d bytes: replayed as %x, want %x", seq, n, got, want)
				}
				out.Written(len(got))
			}
		}
	}
}

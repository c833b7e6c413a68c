package bench

import (
	"testing"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/convert"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// BenchmarkSend is the way out, per order: room in the ring, the frame in it, commit, and the socket
// takes it. Both families of messages go through the same ring; what the session checks before, its
// own benchmark measures.
func BenchmarkSend(b *testing.B) {
	for _, feed := range []fixture.Feed{fixture.Create(), fixture.CreateVar()} {
		typ, bodies := bodiesOf(b, feed)
		b.Run(feed.Name+"/msg", func(b *testing.B) {
			send(b, feed, func(frames *ring.Frames, k uint64) int {
				m := bodies[k&uint64(feed.Mask())]
				m.refer.SetReference(fixture.FirstReference + k)
				region, err := frames.Reserve(wire.ForwardBytes)
				if err != nil {
					b.Fatal(err)
				}
				return forwards((*[wire.ForwardBytes]byte)(region), wire.Head{Type: uint32(typ), Seq: fixture.FirstSeq + k}, m)
			})
		})
		b.Run(feed.Name+"/seto", func(b *testing.B) {
			orders := standard(b, feed)
			send(b, feed, func(frames *ring.Frames, k uint64) int {
				m := orders[k&uint64(feed.Mask())]
				*m.Reference = fixture.FirstReference + k
				head := wire.Head{Type: uint32(typ), Seq: fixture.FirstSeq + k}
				n := m.SizeVT()
				payload := head.SizeWithBody(n)
				size := wire.FrameSize(payload)
				region, err := frames.Reserve(size)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := m.MarshalToSizedBufferVT(head.PutWithBody(wire.Enclose(region, payload), n)); err != nil {
					b.Fatal(err)
				}
				return size
			})
		})
	}
}

// standard are the feed's orders in the standard types.
func standard(b *testing.B, feed fixture.Feed) (orders []*seto.OrderCreate) {
	b.Helper()
	var p msg.Payload
	for _, payload := range feed.Payloads {
		if err := p.Decode(payload, nil); err != nil {
			b.Fatal(err)
		}
		orders = append(orders, convert.OrderCreateToProto(p.GetOrderCreate()))
	}
	return orders
}

func send(b *testing.B, feed fixture.Feed, write func(frames *ring.Frames, k uint64) (size int)) {
	frames, err := ring.NewFrames(ring.FramesConfig{})
	if err != nil {
		b.Fatal(err)
	}
	defer frames.Close()
	start(b, feed)
	k, sent := uint64(0), []byte(nil)
	for b.Loop() {
		frames.Commit(write(frames, k), ring.Record{Seq: k + 1})
		sent = frames.Pending()
		frames.Written(len(sent))
		k++
	}
	checkSent(b, feed, int(k)-1, sent)
}

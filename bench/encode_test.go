package bench

import (
	"bytes"
	"testing"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// BenchmarkEncode writes the frames of orders and cancels into a buffer that is used again, as the
// session writes them into its ring: sequence and reference change every time. Beside it are the two
// steps for messages that cannot be written forwards, and a copy of the frames.
func BenchmarkEncode(b *testing.B) {
	for _, feed := range fixture.Outbound() {
		typ, bodies := bodiesOf(b, feed)
		b.Run(feed.Name+"/memcpy", func(b *testing.B) { copyFloor(b, feed, feed.Frames()) })
		if typ == msg.PayloadEto {
			b.Run(feed.Name+"/head", func(b *testing.B) { encodeHead(b, feed) })
			continue
		}
		b.Run(feed.Name+"/msg", func(b *testing.B) { encode(b, feed, typ, bodies, forwards) })
		b.Run(feed.Name+"/two steps", func(b *testing.B) { encode(b, feed, typ, bodies, inTwoSteps) })
	}
}

// body is what is sent, as it is held by who sends it: no message is asked what it can do.
type body struct {
	wire.Putter
	refer interface{ SetReference(v uint64) }
}

// bodiesOf are the feed's messages.
func bodiesOf(b *testing.B, feed fixture.Feed) (typ msg.PayloadType, bodies []body) {
	b.Helper()
	for _, payload := range feed.Payloads {
		p := new(msg.Payload)
		if err := p.Decode(payload, nil); err != nil {
			b.Fatal(err)
		}
		switch typ = p.GetType(); typ {
		case msg.PayloadOrderCreate:
			bodies = append(bodies, body{p.GetOrderCreate(), p.GetOrderCreate()})
		case msg.PayloadOrderCancel:
			bodies = append(bodies, body{p.GetOrderCancel(), p.GetOrderCancel()})
		}
	}
	return typ, bodies
}

func encode(b *testing.B, feed fixture.Feed, typ msg.PayloadType, bodies []body, write func(*[wire.ForwardBytes]byte, wire.Head, body) int) {
	region := new([wire.ForwardBytes]byte)
	k, mask, size := uint64(0), uint64(feed.Mask()), 0
	start(b, feed)
	for b.Loop() {
		m := bodies[k&mask]
		m.refer.SetReference(fixture.FirstReference + k)
		size = write(region, wire.Head{Type: uint32(typ), Seq: fixture.FirstSeq + k}, m)
		k++
	}
	checkSent(b, feed, int(k)-1, region[:size])
}

func forwards(region *[wire.ForwardBytes]byte, head wire.Head, m body) int {
	_, size := wire.Forward(region, head.Type, head.Seq, m.Putter, 0, 0)
	return size
}

func inTwoSteps(region *[wire.ForwardBytes]byte, head wire.Head, m body) int {
	n := m.SizeVT()
	payload := head.SizeWithBody(n)
	size := wire.FrameSize(payload)
	if _, err := m.MarshalToSizedBufferVT(head.PutWithBody(wire.Enclose(region[:size], payload), n)); err != nil {
		return 0
	}
	return size
}

func encodeHead(b *testing.B, feed fixture.Feed) {
	region := make([]byte, wire.ForwardBytes)
	k, size := uint64(0), 0
	start(b, feed)
	for b.Loop() {
		head := wire.Head{Type: uint32(msg.PayloadEto), Seq: fixture.FirstSeq + k, EtoType: wire.EtoHeartbeat}
		payload := head.Size()
		size = wire.FrameSize(payload)
		head.Put(wire.Enclose(region[:size], payload))
		k++
	}
	checkSent(b, feed, int(k)-1, region[:size])
}

func checkSent(b *testing.B, feed fixture.Feed, k int, frame []byte) {
	b.Helper()
	if want, err := feed.Sent(k); err != nil || !bytes.Equal(frame, want) {
		b.Fatalf("writes %x, %v, want %x", frame, err, want)
	}
}

package bench

import (
	"testing"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// BenchmarkSend is the way out, per message: measure, reserve, encode in place, commit, and the
// socket takes it. Both families of messages go by the same door.
func BenchmarkSend(b *testing.B) {
	feed := fixture.Create()
	flat := new(msg.Payload)
	if err := flat.Decode(feed.Payloads[0], nil); err != nil {
		b.Fatal(err)
	}
	standard := flat.Proto()
	b.Run(feed.Name+"/msg", func(b *testing.B) {
		send(b, feed, flat, func(seq uint64) { flat.MutableEtoPayload().SetSeq(seq) })
	})
	b.Run(feed.Name+"/seto", func(b *testing.B) {
		send(b, feed, standard, func(seq uint64) { *standard.EtoPayload.Seq = seq })
	})
}

func send(b *testing.B, feed fixture.Feed, m wire.Marshaler, stamp func(seq uint64)) {
	frames, err := ring.NewFrames(ring.FramesConfig{})
	if err != nil {
		b.Fatal(err)
	}
	defer frames.Close()
	start(b, feed)
	seq := uint64(0)
	for b.Loop() {
		seq++
		stamp(seq)
		payload, frame, err := wire.Measure(m)
		if err != nil {
			b.Fatal(err)
		}
		region, err := frames.Reserve(frame)
		if err != nil {
			b.Fatal(err)
		}
		if err := wire.PutFrame(region, m, payload); err != nil {
			b.Fatal(err)
		}
		frames.Commit(frame, ring.Record{Seq: seq})
		frames.Written(len(frames.Pending()))
	}
}

package bench

import (
	"bytes"
	"testing"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// streamBytes is about how much a busy connection hands over at once.
const streamBytes = 64 << 10

// BenchmarkReceive is the way in, per frame: cut from the stream without and with decoding, and the
// same through the receive buffer, for which a copy stands in for the socket.
func BenchmarkReceive(b *testing.B) {
	for _, feed := range fixture.Inbound() {
		stream := streamOf(feed)
		b.Run(feed.Name+"/scan", func(b *testing.B) { scan(b, feed, stream, nil) })
		b.Run(feed.Name+"/scan+decode", func(b *testing.B) { scan(b, feed, stream, new(msg.Payload)) })
		b.Run(feed.Name+"/buffer", func(b *testing.B) { receive(b, feed, stream, nil) })
		b.Run(feed.Name+"/buffer+decode", func(b *testing.B) { receive(b, feed, stream, new(msg.Payload)) })
	}
}

// streamOf is the feed's frames again and again, whole frames only.
func streamOf(feed fixture.Feed) []byte {
	if len(feed.Stream) < streamBytes {
		return bytes.Repeat(feed.Stream, streamBytes/len(feed.Stream))
	}
	n := 0
	for {
		_, frame, _ := wire.Scan(feed.Stream[n:], wire.Limits{})
		if frame == 0 || n+frame > streamBytes {
			return feed.Stream[:n]
		}
		n += frame
	}
}

// scan cuts frames off the stream and decodes them into p unless it is nil.
func scan(b *testing.B, feed fixture.Feed, stream []byte, p *msg.Payload) {
	limits, err := wire.Limits{}.Resolve()
	if err != nil {
		b.Fatal(err)
	}
	start(b, feed)
	rest := stream
	for b.Loop() {
		payload, n, err := wire.Scan(rest, limits)
		if err != nil || n == 0 {
			b.Fatal(n, err)
		}
		if p != nil {
			if err := p.Decode(payload, nil); err != nil {
				b.Fatal(err)
			}
		}
		if rest = rest[n:]; len(rest) == 0 {
			rest = stream
		}
	}
}

// receive hands the stream to a receive buffer, takes payloads from it and decodes them into p
// unless it is nil.
func receive(b *testing.B, feed fixture.Feed, stream []byte, p *msg.Payload) {
	buffer, err := wire.NewBuffer(0, wire.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	defer buffer.Close()
	start(b, feed)
	for b.Loop() {
		payload, err := buffer.Next()
		if payload == nil && err == nil {
			buffer.Filled(copy(buffer.Free(), stream))
			payload, err = buffer.Next()
		}
		if err != nil {
			b.Fatal(err)
		}
		if p != nil {
			if err := p.Decode(payload, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
}

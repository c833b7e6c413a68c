package bench

import (
	"bytes"
	"testing"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/msg"
)

// BenchmarkEncode turns one value into one payload in a reused buffer, by the two calls that every
// send makes.
func BenchmarkEncode(b *testing.B) {
	for _, feed := range fixture.Single() {
		b.Run(feed.Name+"/msg", func(b *testing.B) { encode(b, feed) })
		b.Run(feed.Name+"/memcpy", func(b *testing.B) { copyFloor(b, feed) })
	}
}

func encode(b *testing.B, feed fixture.Feed) {
	p := new(msg.Payload)
	if err := p.Decode(feed.Payloads[0], nil); err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, longest(feed))
	start(b, feed)
	for b.Loop() {
		n, err := p.MarshalToSizedBufferVT(buf[:p.SizeVT()])
		if err != nil || n != len(buf) {
			b.Fatal(n, err)
		}
	}
	if !bytes.Equal(buf, feed.Payloads[0]) {
		b.Fatalf("encodes as %x, want %x", buf, feed.Payloads[0])
	}
}

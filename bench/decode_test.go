package bench

import (
	"testing"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/msg"
)

// BenchmarkDecode turns one payload into one reused value, as the session does.
func BenchmarkDecode(b *testing.B) {
	for _, feed := range fixture.Inbound() {
		b.Run(feed.Name+"/msg", func(b *testing.B) { decode(b, feed) })
		b.Run(feed.Name+"/bytesum", func(b *testing.B) { byteSumFloor(b, feed) })
		b.Run(feed.Name+"/memcpy", func(b *testing.B) { copyFloor(b, feed, feed.Payloads) })
	}
}

func decode(b *testing.B, feed fixture.Feed) {
	p := new(msg.Payload)
	var u msg.Unknown
	for _, payload := range feed.Payloads { // repeated fields grow to what the feed needs
		if err := p.Decode(payload, &u); err != nil {
			b.Fatal(err)
		}
	}
	start(b, feed)
	i := 0
	for b.Loop() {
		if err := p.Decode(feed.Payloads[i&feed.Mask()], &u); err != nil {
			b.Fatal(err)
		}
		i++
	}
	if u != (msg.Unknown{}) {
		b.Fatalf("the feed is not of this schema: %+v", u)
	}
}

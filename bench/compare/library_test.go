package compare

import (
	"testing"

	"github.com/smk-go/smk/bench/internal/fixture"
)

// TestLibrariesAgree compares every library with the values that gen/msg reads from every message, and with the frames
// that a client sends.
func TestLibrariesAgree(t *testing.T) {
	for _, l := range All() {
		for _, feed := range fixture.Inbound() {
			if err := l.Check(feed, false); err != nil {
				t.Error(err)
			}
		}
		for _, feed := range fixture.Outbound() {
			if err := l.Check(feed, l.Encode != nil); err != nil {
				t.Error(err)
			}
		}
	}
}

// BenchmarkCodec is every library on every message.
func BenchmarkCodec(b *testing.B) {
	for _, l := range All() {
		for _, feed := range fixture.Inbound() {
			loop, err := l.Loop(feed, false)
			benchmark(b, "decode/"+feed.Name+"/"+l.Name, loop, err)
		}
		for _, feed := range fixture.Outbound() {
			if l.Encode != nil {
				loop, err := l.Loop(feed, true)
				benchmark(b, "encode/"+feed.Name+"/"+l.Name, loop, err)
			}
		}
	}
}

func benchmark(b *testing.B, name string, loop Loop, err error) {
	if err != nil {
		b.Fatal(err)
	}
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		if err := loop(b.N); err != nil {
			b.Fatal(err)
		}
	})
}

//go:build !race

package wire

import (
	"bytes"
	"testing"
)

// The race detector allocates on its own account, so this file is left out under
// it.
func TestNoAllocations(t *testing.T) {
	frame := AppendFrame(nil, captured(t)[0].payload)
	padded := []byte{0x81, 0x80, 0, 'a', 0, 0, 0, 0}
	message := raw(captured(t)[0].payload)
	region := make([]byte, frameSize(len(message)))
	dst := make([]byte, 0, 64)
	limits := Limits{PayloadBytesMax: 1 << 20}

	b := newBuffer(t, 64, Limits{})
	turn := func(stream []byte, chunk int) {
		for len(stream) > 0 {
			n := copy(b.Free(), stream[:min(chunk, len(stream))])
			b.Filled(n)
			stream = stream[n:]
			for {
				payload, err := b.Next()
				if err != nil {
					t.Fatal(err)
				}
				if payload == nil {
					break
				}
			}
		}
	}
	many := bytes.Repeat(frame, 10)
	large := AppendFrame(nil, make([]byte, 100_000))

	for _, c := range []struct {
		name string
		f    func()
	}{
		{"Scan", func() { _, _, _ = Scan(frame, limits) }},
		{"Scan, default limits and padding", func() { _, _, _ = Scan(padded, Limits{}) }},
		{"Scan, incomplete", func() { _, _, _ = Scan(frame[:5], limits) }},
		{"Buffer, whole frames", func() { turn(frame, len(frame)) }},
		{"Buffer, split frames", func() { turn(many, 7) }},
		{"Buffer, padded and empty frames", func() { turn(padded, 3) }},
		{"Buffer, large frames", func() { turn(large, 4096) }},
		{"Buffer.Reset", func() { b.Reset() }},
		{"Buffer.Stats", func() { _ = b.Stats() }},
		{"Measure", func() { _, _, _ = Measure(&message) }},
		{"PutFrame", func() { _ = PutFrame(region, &message, len(message)) }},
		{"enclose", func() { enclose(region, len(message)) }},
		{"AppendFrame", func() { dst = AppendFrame(dst[:0], message) }},
		{"putHeader", func() { putHeader(region, headerSize(1<<20)) }},
	} {
		if n := testing.AllocsPerRun(1000, c.f); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
	if s := b.Stats(); s.Moves == 0 || s.Large == 0 || s.Empty == 0 {
		t.Errorf("a path was not walked: %+v", s)
	}

	// So often that the pool has learnt which sizes to keep; a power of two, which
	// with its slack is larger than the size that it would learn from the payload.
	learnt := AppendFrame(nil, make([]byte, 8192))
	for range 45_000 {
		turn(learnt, 4096)
	}
	if n := testing.AllocsPerRun(1000, func() { turn(learnt, 4096) }); n != 0 {
		t.Errorf("large frames of a size that the pool knows: %v allocations", n)
	}
}

//go:build !race

package fuzz

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// TestAllocationsOutward shows that no payload of the vectors, of whatever type, costs an allocation on
// its way out: sized, framed in place in the ring, committed, taken by the socket. The race detector
// allocates by itself, so this file is not built for it.
func TestAllocationsOutward(t *testing.T) {
	frames, err := ring.NewSendRing(ring.SendRingConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer frames.Close()
	seq := uint64(1)
	types := map[msg.PayloadType]bool{}
	for i, v := range readVectors(t) {
		var p msg.Payload
		if err := p.Decode(v.Payload, nil); err != nil {
			t.Fatalf("vector %d: %v", i, err)
		}
		types[p.GetType()] = true
		send := func() {
			payload, size, err := wire.Measure(&p)
			if err != nil {
				t.Fatal(err)
			}
			region, err := frames.Reserve(size)
			if err != nil {
				t.Fatal(err)
			}
			if err := wire.PutFrame(region, &p, payload); err != nil {
				t.Fatal(err)
			}
			frames.Commit(size, ring.Record{Seq: seq, Kind: uint32(p.GetType())})
			seq++
			frames.Written(len(frames.Pending()))
		}
		if n := testing.AllocsPerRun(20, send); n != 0 {
			t.Errorf("vector %d, %v: %v allocations to send", i, p.GetType(), n)
		}
		if frame, _, ok := frames.Frame(seq - 1); !ok || string(frame) != string(v.Frame) {
			t.Errorf("vector %d, %v: kept frame %x, want %x", i, p.GetType(), frame, v.Frame)
		}
	}
	if len(types) != 41 {
		t.Errorf("vectors of %d payload types, want 41", len(types))
	}
}

// TestAllocationsInward shows the same for the way in: cut from the receive buffer, its envelope parsed, decoded
// into a reused value that has grown once.
func TestAllocationsInward(t *testing.T) {
	vectors := readVectors(t)
	buffer, err := wire.NewBuffer(0, wire.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer buffer.Close()
	var p msg.Payload
	round := func() {
		for i := range vectors {
			free := buffer.Free()
			buffer.Filled(copy(free, vectors[i].Frame))
			payload, err := buffer.Next()
			if err != nil || len(payload) != len(vectors[i].Payload) {
				t.Fatalf("vector %d: %d bytes, %v", i, len(payload), err)
			}
			if _, err := envelope.Parse(payload); err != nil {
				t.Fatal(err)
			}
			if err := p.Decode(payload, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := testing.AllocsPerRun(20, round); n != 0 {
		t.Errorf("%v allocations for %d frames of every type", n, len(vectors))
	}
}

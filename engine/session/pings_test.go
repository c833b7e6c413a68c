package session

import "testing"

// TestPingsInOrder has pings come and go in every number that fits, around the end of the ring.
func TestPingsInOrder(t *testing.T) {
	var p pings
	next, oldest := uint64(1), uint64(1)
	take := func() {
		t.Helper()
		got, ok := p.take()
		if want := (ping{oldest, int64(1000 + oldest)}); !ok || got != want {
			t.Fatalf("%+v, %t, want %+v", got, ok, want)
		}
		oldest++
	}
	for n := range PingsMax + 1 {
		for next-oldest < uint64(n) {
			if p.full() {
				t.Fatalf("full with %d", next-oldest)
			}
			p.add(next, int64(1000+next))
			next++
		}
		if p.full() != (n == PingsMax) {
			t.Errorf("%d: full %t", n, p.full())
		}
		if n > 1 {
			take()
			take()
		}
	}
	for oldest < next {
		take()
	}
	if got, ok := p.take(); ok || got != (ping{}) {
		t.Errorf("%+v of none", got)
	}
}

// TestPingsDrop forgets the newest, and nothing else.
func TestPingsDrop(t *testing.T) {
	var p pings
	for seq := range uint64(3) {
		p.add(seq, 0)
	}
	p.drop()
	p.add(9, 0)
	for _, want := range []uint64{0, 1, 9} {
		if got, ok := p.take(); !ok || got.seq != want {
			t.Errorf("%d, %t, want %d", got.seq, ok, want)
		}
	}
	if _, ok := p.take(); ok {
		t.Error("one too many")
	}
}

package session

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestInFlightModel compares with a plain list.
func TestInFlightModel(t *testing.T) {
	const limit = 17
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 1))
		var u inFlight
		u.init(limit)
		var model []entry                // oldest first
		keys := []uint64{8, 500}[seed%2] // many of a key, or many to a chain
		for seq := uint64(1); seq < 2000; seq++ {
			switch {
			case r.IntN(2) == 0 && !u.full():
				e := entry{kind: byReference + keyKind(r.IntN(3)), key: r.Uint64N(keys), seq: seq, sent: int64(seq)}
				added := u.add(e.kind, e.key)
				added.seq, added.sent = e.seq, e.sent
				model = append(model, e)
			case len(model) > 0 && r.IntN(3) == 0:
				u.remove(u.first(), u.link(u.first()))
				model = model[1:]
			case len(model) > 0:
				want := model[r.IntN(len(model))]
				i := slices.IndexFunc(model, func(e entry) bool { return e.kind == want.kind && e.key == want.key })
				got, link, _ := u.find(want.kind, want.key, anyEntry)
				if got != nil && link != u.link(got) {
					t.Fatalf("seed %d: the link to %+v is another", seed, got)
				}
				if got == nil || got.seq != model[i].seq {
					t.Fatalf("seed %d: found %+v, want %+v", seed, got, model[i])
				}
				if bySeq := u.bySequence(got.seq); bySeq != got {
					t.Fatalf("seed %d: sequence %d is %+v", seed, got.seq, bySeq)
				}
				u.remove(got, link)
				model = slices.Delete(model, i, i+1)
			}
			if u.n != len(model) || u.full() != (len(model) == limit) {
				t.Fatalf("seed %d: %d entries, want %d", seed, u.n, len(model))
			}
			e := u.first()
			for _, want := range model {
				if e == nil || e.seq != want.seq || e.kind != want.kind || e.key != want.key || e.sent != want.sent {
					t.Fatalf("seed %d: %+v, want %+v", seed, e, want)
				}
				e = u.after(e)
			}
			if e != nil {
				t.Fatalf("seed %d: one too many: %+v", seed, e)
			}
			if u.bySequence(seq+1) != nil || has(&u, byOrder, keys+r.Uint64N(500)) || has(&u, 0, 0) {
				t.Fatalf("seed %d: found what is not there", seed)
			}
		}
	}
}

func has(u *inFlight, kind keyKind, key uint64) bool {
	e, _, _ := u.find(kind, key, anyEntry)
	return e != nil
}

// anyEntry is for finds by key alone.
func anyEntry(*entry) bool { return true }

// TestInFlightChains holds what an answer by reference relies on: of two kinds the same key is never in
// one chain, whatever the table's size.
func TestInFlightChains(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for _, limit := range []int{1, 2, 3, 8, 17, 4096} {
		var u inFlight
		u.init(limit)
		for range 2000 {
			key := r.Uint64() >> r.UintN(64)
			for _, kind := range []keyKind{bySequence, byOrder} {
				if u.head(byReference, key) == u.head(kind, key) {
					t.Fatalf("limit %d: key %d is in one chain by reference and as kind %d", limit, key, kind)
				}
			}
		}
	}
}

// TestInFlightMisfit finds the oldest that fits, and the oldest that does not, in whatever order they joined.
func TestInFlightMisfit(t *testing.T) {
	var u inFlight
	u.init(8)
	for _, seq := range []uint64{5, 3, 9, 4} {
		u.add(byReference, 1).seq = seq
	}
	fits := func(e *entry) bool { return e.seq >= 5 }
	found, link, misfit := u.find(byReference, 1, fits)
	if found == nil || found.seq != 5 || misfit == nil || misfit.seq != 3 || link != u.link(found) {
		t.Errorf("found %+v, misfit %+v", found, misfit)
	}
	if found, _, misfit := u.find(byOrder, 1, fits); found != nil || misfit != nil {
		t.Errorf("found %+v, misfit %+v of another kind", found, misfit)
	}
}

// TestInFlightReuse gives an entry that was removed to another message, with nothing of the first.
func TestInFlightReuse(t *testing.T) {
	var u inFlight
	u.init(1)
	e := u.add(byReference, 1)
	e.flags = flagResent | flagSuppressed | flagPending | flagDetached
	u.remove(e, u.link(e))
	if again := u.add(bySequence, 2); again != e || again.flags != 0 || again.kind != bySequence || again.key != 2 {
		t.Errorf("%+v", again)
	}
}

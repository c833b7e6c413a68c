package order_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/smk-go/smk/engine/order"
)

// roomy has room for a day of the tests.
var roomy = order.Config{Orders: 256, Retained: 512, Requests: 256, Contracts: 16, Fills: 1024}

// someState returns a state with a bit of everything.
func someState(t testing.TB, seed uint64, steps int) []byte {
	tr := newTrader(t, seed, roomy)
	for range steps {
		tr.step()
		tr.deliver(tr.rand.IntN(6))
	}
	return tr.m.AppendState([]byte("kept"))[4:]
}

// TestLoadStateRefuses: torn, changed and foreign bytes are refused with a typed error and leave an empty Manager.
func TestLoadStateRefuses(t *testing.T) {
	b := someState(t, 2, 200)
	m := must(t, roomy)
	empty := m.Digest()
	refuse := func(what string, b []byte) {
		t.Helper()
		err := m.LoadState(b)
		var state *order.StateError
		if !errors.As(err, &state) || state.Text == "" || m.Digest() != empty {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := m.LoadState(b); err != nil || string(m.AppendState(nil)) != string(b) {
		t.Fatal(err)
	}
	for n := 0; n < len(b); n += 1 + len(b)/300 {
		refuse("torn", b[:n])
		changed := append([]byte(nil), b...)
		changed[n] ^= 1 << (n % 8)
		refuse("changed", changed)
		refuse("torn, with a checksum", order.Corrected(append([]byte(nil), b[:n]...)))
	}
	refuse("too long", order.Corrected(append(append([]byte(nil), b...), 0)))
	refuse("another version", order.Corrected(func() []byte { c := append([]byte(nil), b...); c[8]++; return c }()))
	refuse("nothing", nil)
	tight := must(t, order.Config{Orders: 1, Retained: 1, Requests: 1, Contracts: 1, Fills: 1})
	var state *order.StateError
	if err := tight.LoadState(b); !errors.As(err, &state) {
		t.Errorf("without room: %v", err)
	}
}

// TestRestoredGoesOn: a restored Manager and the one that was stored go on alike.
func TestRestoredGoesOn(t *testing.T) {
	for seed := range uint64(20) {
		tr := newTrader(t, seed, roomy)
		twin := must(t, roomy)
		for i := range 300 {
			if i == 150 {
				if err := twin.LoadState(tr.m.AppendState(nil)); err != nil {
					t.Fatal(err)
				}
			}
			if i < 150 {
				tr.step()
				tr.deliver(tr.rand.IntN(6))
				continue
			}
			tr.both = twin
			tr.step()
			tr.deliver(tr.rand.IntN(6))
		}
		if tr.m.Digest() != twin.Digest() {
			t.Fatalf("seed %d: the digests differ%s", seed, listed(tr.m, twin))
		}
		if d := twin.Audit(); d != "" {
			t.Fatal(d)
		}
	}
}

// FuzzLoadState: hostile bytes, with a checksum that fits, lead to an error or to a state that holds together, goes
// on, and is stored as the same bytes.
func FuzzLoadState(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(someState(f, seed, 60+int(seed)*40))
	}
	f.Add(must(f, roomy).AppendState(nil))
	m := must(f, order.Config{Orders: 64, Retained: 256, Requests: 64, Contracts: 16, Fills: 256})
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := m.LoadState(order.Corrected(b)); err != nil {
			var state *order.StateError
			if !errors.As(err, &state) {
				t.Fatal(err)
			}
			return
		}
		if d := m.Audit(); d != "" {
			t.Fatal(d)
		}
		goOn(t, m)
	})
}

// goOn applies random messages to a Manager.
func goOn(t *testing.T, m *order.Manager) {
	tr := newTrader(t, 5, roomy)
	tr.m = m
	for range 30 {
		tr.step()
		tr.deliver(tr.rand.IntN(6))
	}
	m.Tick(1 << 60)
	if d := m.Audit(); d != "" {
		t.Fatal(d)
	}
}

// TestMutatedStates is FuzzLoadState with mutations of its own.
func TestMutatedStates(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	b := someState(t, 6, 120)
	m := must(t, order.Config{Orders: 64, Retained: 256, Requests: 64, Contracts: 16, Fills: 256})
	loaded := 0
	for range 3000 {
		c := append([]byte(nil), b...)
		for range 1 + r.IntN(3) {
			at := r.IntN(len(c))
			switch r.IntN(3) {
			case 0:
				c[at] ^= 1 << r.IntN(8)
			case 1:
				c[at] = byte(r.Uint32())
			case 2:
				for k := range min(8, len(c)-at) {
					c[at+k] = 0xff
				}
			}
		}
		if err := m.LoadState(order.Corrected(c)); err == nil {
			loaded++
			if d := m.Audit(); d != "" {
				t.Fatal(d)
			}
			if loaded%20 == 0 {
				goOn(t, m)
			}
		}
	}
	t.Logf("%d of 3000 are states", loaded)
}

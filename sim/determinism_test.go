package sim

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// session plays a few minutes of two clients on a busy exchange and returns a hash of every byte that they
// received.
func session(t *testing.T, seed uint64, d time.Duration) string {
	t.Helper()
	config := DefaultConfig()
	config.Seed = seed
	config.Agents.Rate = 200
	h := newHarness(t, config)
	r := rand.New(rand.NewPCG(seed, 9))
	clients := []*client{h.connect(), h.connect()}
	clients[0].token(DemoToken)
	clients[1].password("rival", "rival")
	for _, c := range clients {
		c.subscribe(DemoMarket)
	}
	var ids []uint64
	for end := h.sim.Now() + int64(d); h.sim.Now() < end; {
		h.wait(time.Duration(r.IntN(int(200 * time.Millisecond))))
		c := clients[r.IntN(2)]
		if r.IntN(3) == 0 && len(ids) > 0 {
			c.cancel(ids[r.IntN(len(ids))], 0)
		} else {
			c.create(msg.SideBuy+msg.Side(r.IntN(2)), 1000+r.Uint64N(100000), 3000+r.Uint32N(700), 1)
		}
		for _, c := range clients {
			for m := c.next(); m != nil; m = c.next() {
				if m.HasOrderAccepted() {
					ids = append(ids, m.GetOrderAccepted().GetOrderId())
				}
			}
			c.beat()
		}
	}
	digest := sha256.New()
	for _, c := range clients {
		if len(c.raw) < 10_000 {
			t.Fatalf("only %d bytes", len(c.raw))
		}
		digest.Write(c.raw)
	}
	return hex.EncodeToString(digest.Sum(nil)[:8])
}

// The same seed and the same inputs give the same bytes, on any machine and on any day.
func TestSameSeedSameBytes(t *testing.T) {
	const golden = "e69f9895d49cde4a"
	if got := session(t, 42, 2*time.Minute); got != golden {
		t.Errorf("seed 42 gives %s, want %s: if the exchange was changed on purpose, write the new one down", got,
			golden)
	}
	seen := map[string]uint64{}
	for seed := range uint64(20) {
		got := session(t, seed, 5*time.Second)
		if again := session(t, seed, 5*time.Second); again != got {
			t.Errorf("seed %d gives %s and %s", seed, got, again)
		}
		if other, ok := seen[got]; ok {
			t.Errorf("seeds %d and %d give the same", seed, other)
		}
		seen[got] = seed
	}
}

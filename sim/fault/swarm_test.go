package fault_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/fault"
	"github.com/smk-go/smk/sim/script"
)

// storm plays a while of three bots on a busy exchange with random faults, compares fresh bots with the exchange
// in the end, and returns a hash of what happened.
func storm(t *testing.T, seed uint64, d time.Duration) (string, [fault.Kinds]uint64) {
	t.Helper()
	config := sim.DefaultConfig()
	config.Seed = seed
	config.Agents.Rate = 20
	config.Limits = sim.Limits{
		InBytes: 1 << 13, PayloadBytes: 1 << 11, OutBytes: 1 << 18, OutFrames: 2048, Orders: 2048,
		History: 1024,
	}
	config.Markets[0].PendingTimeout = int64(2 * time.Second)
	w := newWorld(t, config)
	w.sim.Faults.SetSwarm()
	second := script.NewBot(w.sim, sim.DemoUsername, sim.DemoPassword)
	rival := script.NewBot(w.sim, "rival", "rival")
	w.bots = append(w.bots, second, rival)
	r := rand.New(rand.NewPCG(seed, 3))
	for end := w.sim.Now() + int64(d); w.sim.Now() < end; {
		w.wait(time.Duration(r.IntN(int(400 * time.Millisecond))))
		b := w.bots[r.IntN(3)]
		switch n := r.IntN(20); {
		case !b.Connected() || n == 0:
			w.reconnect(b, r)
		case n == 1:
			b.CancelAll(0)
		case n < 7:
			if ids := b.LiveIDs(); len(ids) > 0 {
				b.Cancel(ids[r.IntN(len(ids))])
			}
		case n == 7:
			_ = w.sim.Exchange.Goal(sim.DemoMarket, "goal")
		case n == 8:
			_ = w.sim.Exchange.SetState(sim.DemoMarket, msg.MarketStateLive, "")
		default:
			w.create(b, msg.SideBuy+msg.Side(r.IntN(2)), 3200+r.Uint32N(260))
		}
	}
	total := w.sim.Faults.Total()
	// Bots that read flipped bits may be wrong: fresh ones are compared.
	sum := sha256.New()
	for _, b := range w.bots {
		fmt.Fprintln(sum, b.Orders(), b.Err() != nil, b.Answers())
	}
	fmt.Fprintln(sum, total)
	w.bots = []*script.Bot{
		script.NewBot(w.sim, sim.DemoUsername, sim.DemoPassword),
		script.NewBot(w.sim, "rival", "rival"),
	}
	w.reconcile()
	return hex.EncodeToString(sum.Sum(nil)[:8]), total
}

func (w *world) reconnect(b *script.Bot, r *rand.Rand) {
	if r.IntN(2) == 0 {
		b.Resume()
	} else {
		b.Login(b.NextAccountSequence())
	}
}

// Whatever happens on the connections, the exchange's books are sound, and a client that reads its reports to
// the end agrees with it.
func TestSwarm(t *testing.T) {
	var total [fault.Kinds]uint64
	for seed := range uint64(60) {
		_, counts := storm(t, seed, 20*time.Second)
		for k, n := range counts {
			total[k] += n
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	for k, n := range total {
		if n == 0 {
			t.Errorf("%v never happened", fault.Kind(k))
		}
	}
}

// The same seed gives the same faults and the same outcome.
func TestSwarmIsDeterministic(t *testing.T) {
	seen := make(map[string]uint64)
	for seed := range uint64(40) {
		first, counts := storm(t, seed, 10*time.Second)
		again, countsAgain := storm(t, seed, 10*time.Second)
		if first != again || counts != countsAgain {
			t.Errorf("seed %d gives %s and %s, %v and %v", seed, first, again, counts, countsAgain)
		}
		if other, ok := seen[first]; ok {
			t.Errorf("seeds %d and %d give the same", seed, other)
		}
		seen[first] = seed
	}
}

// A connection's plan in a swarm depends only on the seed and its number.
func TestSwarmPlans(t *testing.T) {
	plans := func(seed uint64) (list []fault.Plan) {
		config := quiet()
		config.Seed = seed
		w := newWorld(t, config)
		w.sim.Faults.SetSwarm()
		for range 6 {
			if c, err := w.sim.Open(); err == nil {
				list = append(list, c.Plan())
			}
		}
		return list
	}
	first, again, other := fmt.Sprint(plans(1)), fmt.Sprint(plans(1)), fmt.Sprint(plans(2))
	if first != again || first == other {
		t.Error("plans do not follow the seed")
	}
	if p := plans(3); fmt.Sprint(p[0]) == fmt.Sprint(p[1]) {
		t.Error("all lines have one plan")
	}
}

// A thousand short days, each with its own faults: the books are sound in all of them, and a client that reads
// its reports to the end agrees with the exchange.
func TestThousandSeeds(t *testing.T) {
	for seed := range uint64(seeds) {
		if storm(t, 1_000_000+seed, 3*time.Second); t.Failed() {
			t.Fatalf("seed %d", 1_000_000+seed)
		}
	}
}

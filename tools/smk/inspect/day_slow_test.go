package inspect

import (
	"io"
	"testing"

	"github.com/smk-go/smk/engine/replica"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/prove"
)

// TestSlowOfDays records days full of faults, and holds the round trips to what was sent, and to the answers that the
// engine took: the next of their session, which none is that comes before a gap is filled.
func TestSlowOfDays(t *testing.T) {
	compared := 0
	seeds := []uint64{0} // with answers that come before a gap is filled
	for seed := *daysFrom; seed < *daysFrom+*days; seed++ {
		seeds = append(seeds, seed)
	}
	for _, seed := range seeds {
		prove.Observe(prove.New(seed), t.TempDir(), func(o *prove.Observed) {
			if !o.End {
				return
			}
			trips, err := Slowest(t.Context(), o.Dir, 1<<30)
			if err != nil {
				t.Fatal(err)
			}
			want := answersOf(t, o.Dir)
			for _, r := range trips {
				if r.Total < 0 || r.Held < 0 || r.Handler < 0 || r.Ring < 0 || r.Network < 0 || r.Queue < 0 ||
					r.Handler+r.Ring+r.Network+r.Queue > r.Total {
					t.Errorf("seed %d: times of %+v", seed, r)
				}
				if r.Reference == 0 {
					continue
				}
				compared++
				if at, ok := want[r.Reference]; !ok || at != r.Answered.Record {
					t.Errorf("seed %d, %s: answered by record %d, %t: %s", seed, o.Dir[len(o.Dir)-4:], at, ok, r.Text())
				}
				delete(want, r.Reference)
			}
			for reference, at := range want {
				t.Errorf("seed %d, %s: nothing of %d, answered by record %d", seed, o.Dir[len(o.Dir)-4:], reference, at)
			}
		})
	}
	if t.Logf("%d round trips", compared); compared == 0 {
		t.Error("nothing was compared")
	}
}

// answers are the records by which requests are answered, by the request's reference.
type answers struct {
	replica.Ignore
	sent map[uint64]bool
	at   map[uint64]uint64
}

// answersOf returns the answers that an engine took, by its journal.
func answersOf(t *testing.T, dir string) map[uint64]uint64 {
	t.Helper()
	a := answers{sent: map[uint64]bool{}, at: map[uint64]uint64{}}
	m, err := replica.New(replica.Config{Observer: a})
	if err != nil {
		t.Fatal(err)
	}
	in, err := journal.OpenDir(dir, journal.ReaderConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	for {
		record, err := in.Next()
		if err == io.EOF {
			return a.at
		}
		if err != nil {
			t.Fatal(err)
		}
		if record.Kind == journal.KindStart { // a process does not know what the one before it has asked
			clear(a.sent)
		}
		m.Apply(record)
	}
}

// Sent notes a request.
func (a answers) Sent(_ *journal.Record, k *msg.Keys) { a.sent[k.Reference] = true }

// Received notes an answer.
func (a answers) Received(r *journal.Record, p *msg.Payload) {
	reference := uint64(0)
	switch p.GetType() {
	case msg.PayloadOrderAccepted:
		reference = p.GetOrderAccepted().GetReference()
	case msg.PayloadOrderRejected:
		reference = p.GetOrderRejected().GetReference()
	case msg.PayloadOrderInvalid:
		reference = p.GetOrderInvalid().GetReference()
	case msg.PayloadOrderCancelled:
		reference = p.GetOrderCancelled().GetReference()
	case msg.PayloadOrderCancelRejected:
		reference = p.GetOrderCancelRejected().GetReference()
	case msg.PayloadOrderQuantityReduced:
		reference = p.GetOrderQuantityReduced().GetReference()
	case msg.PayloadOrderQuantityReduceRejected:
		reference = p.GetOrderQuantityReduceRejected().GetReference()
	case msg.PayloadOrderCancelReplaceAccepted:
		reference = p.GetOrderCancelReplaceAccepted().GetReference()
	case msg.PayloadOrderCancelReplaceRejected:
		reference = p.GetOrderCancelReplaceRejected().GetReference()
	case msg.PayloadOrderCancelAllAccepted:
		reference = p.GetOrderCancelAllAccepted().GetReference()
	case msg.PayloadOrderCancelAllRejected:
		reference = p.GetOrderCancelAllRejected().GetReference()
	}
	if _, answered := a.at[reference]; reference != 0 && a.sent[reference] && !answered {
		a.at[reference] = r.Seq
	}
}

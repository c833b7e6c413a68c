package stages

import (
	"testing"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/msg"
)

// TestStages runs every stage for several laps of its stream.
func TestStages(t *testing.T) {
	for _, open := range Groups() {
		g, err := open()
		if err != nil {
			t.Fatal(err)
		}
		t.Run(g.Name, func(t *testing.T) {
			base := false
			for _, stage := range g.Stages {
				base = base || stage.Name == g.Base
				for _, n := range []int{1, 7, 10_000} {
					if err := stage.Loop(n); err != nil {
						t.Errorf("%s, %d at once: %v", stage.Name, n, err)
						break
					}
				}
			}
			if !base {
				t.Errorf("no stage %s to compare with", g.Base)
			}
			if err := g.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestStreamCounts reads laps of every stream and expects numbers without a hole.
func TestStreamCounts(t *testing.T) {
	accepted := fixture.Accepted()
	for len(accepted.Payloads) < 300 { // laps end in the middle of a byte's range
		accepted.Payloads = append(accepted.Payloads, accepted.Payloads[0])
	}
	for _, feed := range append(Inbound(), accepted) {
		s, err := newStream(feed.Payloads)
		if err != nil {
			t.Fatal(err)
		}
		var p msg.Payload
		seq, account := uint64(sequenceBase), uint64(sequenceBase)
		for lap := range 8 {
			for i, b := range s.payloads {
				if err := p.Decode(b, nil); err != nil {
					t.Fatalf("%s lap %d, message %d: %v", feed.Name, lap, i, err)
				}
				if got := p.GetEtoPayload().GetSeq(); got != seq {
					t.Fatalf("%s lap %d, message %d: sequence %d, want %d", feed.Name, lap, i, got, seq)
				}
				seq++
				got := p.GetOrderExecuted().GetAccountSequence_64()
				switch {
				case p.HasOrderAccepted():
					got = p.GetOrderAccepted().GetAccountSequence_64()
					if reference := p.GetOrderAccepted().GetReference(); reference != got {
						t.Fatalf("%s lap %d, message %d: reference %d, want %d", feed.Name, lap, i, reference, got)
					}
				case !p.HasOrderExecuted():
					continue
				}
				if got != account {
					t.Fatalf("%s lap %d, message %d: account sequence %d, want %d", feed.Name, lap, i, got, account)
				}
				account++
			}
			s.renumber()
		}
	}
}

// TestCurves runs every curve at its ends.
func TestCurves(t *testing.T) {
	for _, curve := range Curves() {
		for _, size := range []int{curve.Sizes[0], curve.Sizes[len(curve.Sizes)-1]} {
			loop, end, err := curve.Open(size)
			if err != nil {
				t.Fatalf("%s, %d %s: %v", curve.Name, size, curve.Over, err)
			}
			if err := loop(20); err != nil {
				t.Errorf("%s, %d %s: %v", curve.Name, size, curve.Over, err)
			}
			if end != nil {
				if err := end(); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

package stages

import (
	"math"
	"testing"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/msg"
)

// TestStages runs every stage for several laps of its stream, and every curve at its ends.
func TestStages(t *testing.T) {
	groups := append(Groups(), Trading()...)
	steady := len(groups)
	for _, c := range Curves() {
		c.Sizes = []int{c.Sizes[0], c.Sizes[len(c.Sizes)-1]}
		groups = append(groups, func() Group { return c.Group(math.MaxInt) })
	}
	for i, open := range groups {
		g, most := open(), 5000
		if i >= steady {
			most = 20 // an engine's start takes a millisecond
		}
		t.Run(g.Name, func(t *testing.T) {
			base := false
			for _, stage := range g.Stages {
				base = base || stage.Name == g.Base
				for _, n := range []int{1, 7, most} {
					if err := stage.Do(n); err != nil {
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

// TestStream reads laps of every stream and expects numbers without a hole.
func TestStream(t *testing.T) {
	streams := [][][]byte{accepted(300)} // laps end in the middle of a byte's range
	for _, feed := range inbound() {
		streams = append(streams, feed.Payloads)
	}
	streams = append(streams, fixture.Executed().Payloads)
	for k, payloads := range streams {
		s := newStream(payloads)
		var p msg.Payload
		seq, account := uint64(sequenceBase), uint64(sequenceBase)
		for lap := range 8 {
			for i, b := range s.payloads {
				if err := p.Decode(b, nil); err != nil {
					t.Fatalf("stream %d, lap %d, message %d: %v", k, lap, i, err)
				}
				wantAccount, wantReference := uint64(0), uint64(0)
				if p.HasOrderAccepted() || p.HasOrderExecuted() {
					wantAccount = account
					account++
				}
				if p.HasOrderAccepted() {
					wantReference = wantAccount
				}
				got := p.GetOrderExecuted().GetAccountSequence_64() + p.GetOrderAccepted().GetAccountSequence_64()
				reference, request := p.GetOrderAccepted().GetReference(), p.GetOrderAccepted().GetSeq()
				if p.GetEtoPayload().GetSeq() != seq || got != wantAccount ||
					reference != wantReference || request != wantReference {
					t.Fatalf("stream %d, lap %d, message %d: %v, want sequence %d, account sequence %d, reference %d",
						k, lap, i, &p, seq, wantAccount, wantReference)
				}
				seq++
			}
			s.renumber()
		}
	}
}

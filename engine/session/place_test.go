package session

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// TestPlaceIsEnter sends random orders, with and without references, good and bad, by
// both ways until throttle, ring and waiting orders refuse them, and expects the same
// answers and the same bytes.
func TestPlaceIsEnter(t *testing.T) {
	answers := make(map[string]int)
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 3))
		config := Config{ReferenceBase: seed % 2, ThrottleOff: seed%4 < 2, UnansweredMax: 50 + 100*int(seed%3), AnswerTimeout: 1}
		config.Send.Bytes, config.Send.Records = ringBytesMin, 64
		placed, entered := newEstablished(t, config), newEstablished(t, config)
		if seed%5 == 0 {
			placed.s.out, entered.s.out = sequenceMax-3, sequenceMax-3
			placed.s.frames.Rebase(sequenceMax - 3)
			entered.s.frames.Rebase(sequenceMax - 3)
		}
		for range 200 {
			m := orderCreate()
			m.SetReference(r.Uint64N(2) * r.Uint64())
			switch r.IntN(20) {
			case 0:
				m.SetSide(msg.Side(7))
			case 1:
				m.ClearSide()
			case 2:
				m.SetLabelString(string(make([]byte, r.IntN(9_000))))
			}
			var got [2]string
			for i, k := range []*kit{placed, entered} {
				var seq uint64
				var err error
				if i == 0 {
					seq, err = k.s.Send(k.now, msg.PayloadOrderCreate, m)
				} else {
					seq, err = k.s.send(k.now, msg.PayloadOrderCreate, m)
				}
				reference, ok := k.s.Reference(seq)
				got[i] = fmt.Sprint(seq, err, reference, ok, k.s.refs, k.s.throttle.tokens, k.s.open.n, k.s.Stats())
				if err == nil {
					got[i] += fmt.Sprintf("%+v", described(k.s.request(seq)))
				}
				if i == 0 {
					answers[fmt.Sprint(err)]++
				}
			}
			if got[0] != got[1] {
				t.Fatalf("seed %d: placed %s, entered %s", seed, got[0], got[1])
			}
			if r.IntN(30) == 0 {
				if a, b := placed.sent(), entered.sent(); !bytes.Equal(a, b) {
					t.Fatalf("seed %d: placed %x, entered %x", seed, a, b)
				}
			}
			if r.IntN(40) == 0 {
				placed.now += second
				entered.now += second
				placed.events()
				entered.events()
			}
		}
	}
	for _, want := range []error{nil, ErrSide, ErrFull, ErrUnanswered, ErrSequenceSpent} {
		if answers[fmt.Sprint(want)] == 0 {
			t.Errorf("no order was answered with %v", want)
		}
	}
	if len(answers) < 8 {
		t.Errorf("answers %v", answers)
	}
}

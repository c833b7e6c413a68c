package session

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
)

// drawReport is an execution or an acceptance, with or without each field that the session reads.
func drawReport(r *rand.Rand, last uint64) (p msg.Payload, typ msg.PayloadType) {
	numbers := []uint64{0, 1, last - 1, last, last + 1, last + 2, math.MaxUint64}
	number := numbers[r.IntN(len(numbers))]
	if r.IntN(2) == 0 {
		m := p.MutableOrderExecuted()
		if r.IntN(4) > 0 {
			m.SetAccountSequence_64(number)
		}
		if r.IntN(2) > 0 {
			m.SetAccountSequence(uint32(number))
		}
		return p, msg.PayloadOrderExecuted
	}
	m := p.MutableOrderAccepted()
	if r.IntN(4) > 0 {
		m.SetAccountSequence_64(number)
	}
	if r.IntN(2) > 0 {
		m.SetAccountSequence(uint32(number))
	}
	if r.IntN(4) > 0 {
		m.SetReference(uint64(r.IntN(4)))
	}
	if r.IntN(4) > 0 {
		m.SetSeq(uint64(2 + r.IntN(4)))
	}
	// Mostly all that the create asked for, now and then a field that is left out or differs.
	if odd := func() bool { return r.IntN(12) == 0 }; !odd() {
		m.SetSide(msg.Side(1 + drawOdd(odd)))
		m.SetPrice(uint32(2500 + drawOdd(odd)))
		m.SetQuantity(uint64(400_000 + drawOdd(odd)))
		m.SetMarketId(uint32(317_002 + drawOdd(odd)))
		if !odd() {
			m.SetContractId(uint32(608_008 + drawOdd(odd)))
		}
	}
	return p, msg.PayloadOrderAccepted
}

// drawOdd is 1 if odd says so, else 0.
func drawOdd(odd func() bool) int {
	if odd() {
		return 1
	}
	return 0
}

// sameLog reports whether two account logs hold the same.
func sameLog(a, b *accountLog) bool {
	x, y := *a, *b
	if *x.recent != *y.recent || !slices.Equal(x.holes, y.holes) {
		return false
	}
	x.recent, x.holes, y.recent, y.holes = nil, nil, nil, nil
	return reflect.DeepEqual(x, y)
}

// TestApplyReportFast applies the same messages in two sessions, in one of them always in full.
func TestApplyReportFast(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	frames, err := ring.NewSendRing(ring.SendRingConfig{Bytes: 64, Records: 2}) // it keeps nothing
	if err != nil {
		t.Fatal(err)
	}
	defer frames.Close()
	short, answered, mismatches := 0, 0, uint64(0)
	for range 3_000 { // as many under the race detector: fewer answer nothing
		var kits [2]*Session
		last := []uint64{0, 1, 7, math.MaxUint32, 1 << 40}[r.IntN(5)]
		first, origin := r.IntN(4) == 0, Origin(r.IntN(2))
		var requests []uint64
		for range r.IntN(4) {
			requests = append(requests, uint64(r.IntN(3))) // references; 0 for none
		}
		for i := range kits {
			s := &Session{epoch: 3}
			s.clock.now, s.sequence.next, s.outbox.next, s.liveness.unanswered = second, 9, 2, true
			s.account.init(last, 0, nil)
			if first { // something is missing below
				s.account.receive(0, last+3, 7, false, false)
			}
			s.requests.init(frames, 8)
			for _, reference := range requests {
				kind, key := byReference, reference
				if reference == 0 {
					kind, key = bySequence, s.outbox.next
				}
				e := s.requests.open.add(kind, key)
				e.typ, e.seq = uint8(msg.PayloadOrderCreate), s.outbox.next
				e.side, e.subject = uint8(msg.SideBuy), 400_000
				e.price, e.market, e.contract = 2500, 317_002, 608_008
				if reference == 2 {
					e.typ = uint8(msg.PayloadOrderCancelReplace)
				}
				s.outbox.next++
			}
			kits[i] = s
		}
		p, typ := drawReport(r, last)
		var applied [2]bool
		var events [2]Event
		for i, s := range kits {
			s.payload = p
			events[i].Origin = origin
			if i == 0 {
				waiting := s.requests.open.n
				if applied[i] = s.applyReportFast(&events[i], typ); applied[i] {
					short++
					answered += waiting - s.requests.open.n
					continue
				}
			}
			applied[i] = s.applyReport(&events[i], typ)
		}
		a, b := kits[0], kits[1]
		mismatches += b.stats.AnswerMismatches
		if applied[0] != applied[1] || events[0].AccountSequence != events[1].AccountSequence ||
			!sameLog(&a.account, &b.account) ||
			a.sequence != b.sequence || a.queue.n != b.queue.n || a.stats != b.stats ||
			a.requests.open.n != b.requests.open.n ||
			events[0].Request != events[1].Request || a.liveness.unanswered != b.liveness.unanswered {
			t.Fatalf("%v after %d, first %t, %v:\nfast    %t %d %+v %d\nin full %t %d %+v %d",
				typ, last, first, requests,
				applied[0], events[0].AccountSequence, a.account.high, a.requests.open.n,
				applied[1], events[1].AccountSequence, b.account.high, b.requests.open.n)
		}
		inA, inB := &a.requests.open, &b.requests.open
		for e, f := inA.first(), inB.first(); e != nil; e, f = inA.after(e), inB.after(f) {
			if e.seq != f.seq {
				t.Fatalf("%v, %v: request %d waits, in full %d", typ, requests, e.seq, f.seq)
			}
		}
	}
	if short == 0 || answered == 0 || mismatches == 0 {
		t.Errorf("%d applied fast, %d requests answered by it; %d contradicted", short, answered, mismatches)
	}
}

// TestAnswered ends waits in a table so small that keys share their chains, and looks for the oldest
// of each key by hand.
func TestAnswered(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var s struct{ requests requests }
	s.requests.init(nil, 6)
	var waiting []entry
	for seq := range uint64(3_000) {
		if !s.requests.open.full() && r.IntN(2) == 0 {
			kind, key := byReference+keyKind(r.IntN(3)), uint64(r.IntN(20))
			s.requests.open.add(kind, key).seq = seq
			waiting = append(waiting, entry{kind: kind, key: key, seq: seq})
		} else {
			kind, key := byReference+keyKind(r.IntN(3)), uint64(r.IntN(20))
			if r.IntN(2) == 0 && len(waiting) > 0 {
				e := waiting[r.IntN(len(waiting))]
				kind, key = e.kind, e.key
			}
			for i, e := range waiting {
				if e.kind == kind && e.key == key {
					waiting = append(waiting[:i], waiting[i+1:]...)
					break
				}
			}
			if e, link, _ := s.requests.open.find(kind, key, anyEntry); e != nil {
				s.requests.answer(matched{request: e, link: link}, msg.PayloadOrderAccepted)
			}
		}
		if s.requests.open.n != len(waiting) {
			t.Fatalf("%d wait, want %d", s.requests.open.n, len(waiting))
		}
		e := s.requests.open.first()
		for _, want := range waiting {
			if e == nil || e.seq != want.seq {
				t.Fatalf("%+v waits, want %+v", e, want)
			}
			e = s.requests.open.after(e)
		}
	}
}

package session

import (
	"math"
	"math/rand/v2"
	"testing"
)

func newAccountLog(last uint64, applied ...AccountRange) *accountLog {
	l := new(accountLog)
	l.init(last, 0, applied)
	return l
}

// takeAs is receive as the session calls it: next where that is allowed.
func (l *accountLog) takeAs(now int64, number, mark uint64, repeats bool) verdict {
	if number == l.expected && number != 0 {
		l.next(mark)
		return accountNew
	}
	v, _, _ := l.receive(now, number, mark, repeats, false)
	return v
}

// TestAccountLogModel delivers the numbers 1 to n in an order, with losses and repetitions, and
// compares with a set: every number is new once, and the login asks from the lowest hole.
func TestAccountLogModel(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		l := newAccountLog(0)
		const n = 400
		near := 1 + r.IntN(20)
		order := make([]uint64, 0, n)
		for number := uint64(1); number <= n; number++ {
			order = append(order, number)
		}
		for i := range order {
			j := min(i+r.IntN(near), n-1)
			order[i], order[j] = order[j], order[i]
		}
		seen := map[uint64]bool{}
		var received []uint64 // those that were seen, so that a seed is a run
		lowest, high := uint64(0), uint64(0)
		for _, number := range order {
			switch r.IntN(10) {
			case 0: // lost
				continue
			case 1: // something again, if there is anything
				if len(received) > 0 {
					again := received[r.IntN(len(received))]
					if v := l.takeAs(0, again, again*7, r.IntN(2) == 0); v != accountDuplicate {
						t.Fatalf("seed %d: %d again: %v", seed, again, v)
					}
				}
			}
			if v := l.takeAs(0, number, number*7, r.IntN(2) == 0); v != accountNew {
				t.Fatalf("seed %d: %d: %v, with %+v", seed, number, v, l.holes)
			}
			seen[number], received = true, append(received, number)
			high = max(high, number)
			if lowest == 0 {
				lowest = number
			}
			want := lowest // what is below the first number is not asked for
			for seen[want+1] {
				want++
			}
			if l.resume != want || l.high != high {
				t.Fatalf("seed %d: after %d: resume %d, high %d, want %d, %d",
					seed, number, l.resume, l.high, want, high)
			}
			checkAccountLog(t, l, seen)
		}
	}
}

// checkAccountLog compares ranges and holes with the set of numbers, and a log made of what
// would be kept for a later run.
func checkAccountLog(t *testing.T, l *accountLog, seen map[uint64]bool) {
	t.Helper()
	open, before := 0, uint64(0)
	for _, h := range l.holes {
		if h.from > h.to || h.from <= before {
			t.Fatalf("holes %+v", l.holes)
		}
		if before = h.to + 1; !h.lost {
			open++
		}
	}
	if open != l.open {
		t.Fatalf("%d open, counted %d", l.open, open)
	}
	kept := newAccountLog(l.resume, l.applied(nil, 0)...)
	if kept.resume != l.resume || kept.high != l.high {
		t.Fatalf("kept %d, %+v: resume %d, high %d, want high %d",
			l.resume, l.applied(nil, 0), kept.resume, kept.high, l.high)
	}
	for number := l.resume; number <= l.high+1; number++ {
		_, missing := kept.find(number)
		if missing != (!seen[number] && number <= l.high) && number > 0 {
			t.Fatalf("%d missing %t in %+v, which were received as %+v", number, missing, kept.holes, l.holes)
		}
	}
}

// TestAccountLogApplied leaves out the number that is being handled.
func TestAccountLogApplied(t *testing.T) {
	l := newAccountLog(10)
	for _, number := range []uint64{11, 13, 14, 15, 20} {
		l.takeAs(0, number, 1, false)
	}
	for but, want := range map[uint64][]AccountRange{
		0: {{13, 15}, {20, 20}}, 20: {{13, 15}}, 13: {{14, 15}, {20, 20}}, 14: {{13, 13}, {15, 15}, {20, 20}},
	} {
		if l.resumeBefore != 11 {
			t.Fatalf("before %d", l.resumeBefore)
		}
		got := l.applied(nil, but)
		if len(got) != len(want) {
			t.Fatalf("without %d: %v, want %v", but, got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("without %d: %v, want %v", but, got, want)
			}
		}
	}
	l.takeAs(0, 12, 1, false) // makes everything up to 15 whole, but is not handled yet
	if got := l.applied(nil, 12); l.resume != 15 || l.resumeBefore != 11 ||
		len(got) != 2 || got[0] != (AccountRange{13, 15}) {
		t.Errorf("resume %d, before %d, without 12 %v", l.resume, l.resumeBefore, got)
	}
}

// TestAccountLogWrongNumber gets one absurd number, upwards and downwards: it is passed on, and
// changes nothing for those that follow, nor for what is resumed from.
func TestAccountLogWrongNumber(t *testing.T) {
	for _, wrong := range []uint64{1 << 40, math.MaxUint64, 100 + AccountLeapMax + 1, 3} {
		l := newAccountLog(0)
		for number := uint64(1); number <= 100; number++ {
			l.takeAs(0, number, number, false)
		}
		if v := l.takeAs(0, wrong, 12345, false); v != accountReset {
			t.Errorf("%d: %v", wrong, v)
		}
		for number := uint64(101); number <= 200; number++ {
			if v := l.takeAs(0, number, number, false); v != accountNew || l.resume != number || l.moving {
				t.Fatalf("after %d: %d is %v, resume %d", wrong, number, v, l.resume)
			}
			if v := l.takeAs(0, number, number, number%2 == 0); v != accountDuplicate {
				t.Fatalf("after %d: %d again is %v", wrong, number, v)
			}
		}
	}
	l := newAccountLog(100)
	if v := l.takeAs(0, 100+AccountLeapMax, 1, false); v != accountNew || l.resume != 100 {
		t.Errorf("the highest leap: %v, resume %d", v, l.resume)
	}
}

// TestAccountLogRestart has the exchange count from 1 again, its messages partly like the old ones.
func TestAccountLogRestart(t *testing.T) {
	for _, alike := range []bool{false, true} {
		for _, begin := range []uint64{1, 50, 1 << 41} {
			l := newAccountLog(0)
			for number := uint64(1); number <= 863; number++ {
				l.takeAs(0, number, number, false)
			}
			for i := range uint64(1000) {
				number := begin + i
				mark := number + 5000
				if alike && i > 0 && i%2 == 1 {
					mark = number // says the same as the old one
				}
				want := accountNew
				if i == 0 {
					want = accountReset
				}
				if v := l.takeAs(0, number, mark, false); v != want {
					t.Fatalf("from %d, alike %t: %d is %v, want %v", begin, alike, number, v, want)
				}
				if i > 0 && (l.resume != number || l.high != number) {
					t.Fatalf("from %d: after %d resume %d, high %d", begin, number, l.resume, l.high)
				}
			}
		}
	}
	// The second of the new numbers is missing.
	l := newAccountLog(500)
	l.takeAs(0, 1, 1, false)
	if v := l.takeAs(0, 3, 3, false); v != accountNew || l.resume != 1 || l.high != 3 {
		t.Errorf("%v, resume %d, high %d", v, l.resume, l.high)
	}
	if v := l.takeAs(0, 1, 1, false); v != accountDuplicate {
		t.Errorf("the first again: %v", v)
	}
	if v := l.takeAs(0, 2, 2, false); v != accountNew || l.resume != 3 {
		t.Errorf("the second: %v, resume %d", v, l.resume)
	}
	// What the exchange repeats for a login confirms nothing.
	l = newAccountLog(0)
	for number := uint64(1); number <= 20; number++ {
		l.takeAs(0, number, number, false)
	}
	l.takeAs(0, 10, 999, false) // wrong
	for number := uint64(11); number <= 20; number++ {
		if v := l.takeAs(0, number, number, true); v != accountDuplicate {
			t.Fatalf("%d repeated after a wrong number: %v", number, v)
		}
	}
}

// TestAccountLogOld: what is too old to be remembered is a repetition only if the exchange may be
// repeating itself.
func TestAccountLogOld(t *testing.T) {
	l := newAccountLog(1 << 20)
	if v := l.takeAs(0, 5, 1, true); v != accountDuplicate {
		t.Errorf("repeated: %v", v)
	}
	if v := l.takeAs(0, 5, 1, false); v != accountReset {
		t.Errorf("live: %v", v)
	}
	// Of an answer to an open request it is known that it is none.
	l = newAccountLog(1 << 20)
	if v, _, _ := l.receive(0, 5, 1, true, true); v != accountReset {
		t.Errorf("an answer: %v", v)
	}
}

// TestAccountLogGivesUp asks for holes and gives them up, the lowest first; what comes all the same is
// new once, and what appeared later is not given up.
func TestAccountLogGivesUp(t *testing.T) {
	l := newAccountLog(10)
	l.takeAs(0, 13, 1, false)
	l.takeAs(0, 15, 1, false)
	l.request()
	l.takeAs(0, 17, 1, true)
	l.replayed()
	l.takeAs(0, 20, 1, false)
	for _, want := range []AccountRange{{11, 12}, {14, 14}, {16, 16}} {
		h, ok := l.giveUp()
		if !ok || h.from != want.From || h.to != want.To {
			t.Fatalf("%+v %t, want %v", h, ok, want)
		}
	}
	if h, ok := l.giveUp(); ok || l.resume != 17 || l.open != 1 {
		t.Errorf("%+v %t, resume %d, %d open", h, ok, l.resume, l.open)
	}
	if v := l.takeAs(0, 12, 2, false); v != accountNew || l.resume != 17 {
		t.Errorf("%v, resume %d", v, l.resume)
	}
	if v := l.takeAs(0, 12, 2, false); v != accountDuplicate {
		t.Errorf("again: %v", v)
	}
	l.request()
	if h, ok := l.giveUp(); !ok || h.from != 18 {
		t.Errorf("%+v %t", h, ok)
	}
	if h, ok := l.giveUp(); ok {
		t.Errorf("%+v is given up twice", h)
	}
}

// TestAccountLogLasts reports each hole once, when it has lasted.
func TestAccountLogLasts(t *testing.T) {
	after := int64(AccountGapAfter)
	l := newAccountLog(10)
	l.takeAs(0, 12, 1, false)
	l.takeAs(5, 14, 1, false)
	l.takeAs(7, 16, 1, false)
	l.takeAs(8, 15, 1, false) // in time
	if l.due != after {
		t.Errorf("due at %d", l.due)
	}
	if h, ok := l.overdue(after - 1); ok {
		t.Errorf("too early: %+v", h)
	}
	if h, ok := l.overdue(after + 7); !ok || h.from != 11 {
		t.Errorf("%+v %t", h, ok)
	}
	if h, ok := l.overdue(after + 7); !ok || h.from != 13 {
		t.Errorf("%+v %t", h, ok)
	}
	if h, ok := l.overdue(after + 7); ok || l.due != math.MaxInt64 {
		t.Errorf("%+v, due %d", h, l.due)
	}
	if _, _, filled := l.receive(0, 11, 1, false, false); filled.from != 11 || filled.to != 11 {
		t.Errorf("filled %+v", filled)
	}
}

// TestAccountLogFull has more holes than there is room for: the lowest is dropped and named, one that
// was given up before any that was not, also when a hole falls in two.
func TestAccountLogFull(t *testing.T) {
	l := newAccountLog(1)
	for i := range uint64(AccountHolesMax) {
		if _, dropped, _ := l.receive(0, 10*(i+1), 1, false, false); dropped.from != 0 {
			t.Fatalf("%d: %+v", i, dropped)
		}
	}
	_, dropped, _ := l.receive(0, 10*(AccountHolesMax+1), 1, false, false)
	if dropped.from != 2 || dropped.to != 9 || l.open != AccountHolesMax || l.resume != 10 {
		t.Errorf("dropped %+v, %d open, resume %d", dropped, l.open, l.resume)
	}
	v, dropped, _ := l.receive(0, 25, 1, false, false)
	if v != accountNew || dropped.from != 11 || l.resume != 20 || l.open != AccountHolesMax {
		t.Errorf("%v, dropped %+v, resume %d, %d open", v, dropped, l.resume, l.open)
	}
	// The one that falls in two is the one that has to go.
	v, dropped, _ = l.receive(0, 22, 1, false, false)
	if v != accountNew || dropped.from != 21 || dropped.to != 24 {
		t.Errorf("%v, dropped %+v", v, dropped)
	}
	l.request()
	l.giveUp()
	resume := l.resume
	l.receive(0, 1<<15, 1, false, false) // fits the place of 21 to 24
	_, dropped, _ = l.receive(0, 1<<16, 1, false, false)
	if dropped.from != 0 || l.resume != resume {
		t.Errorf("dropped %+v, resume %d, want %d", dropped, l.resume, resume)
	}
	allocs := testing.AllocsPerRun(100, func() {
		l.receive(0, l.high+2, 1, false, false)
		l.receive(0, l.high+4, 1, false, false)
		l.receive(0, l.high-1, 1, false, false)
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// TestAccountLogEnd: numbers end.
func TestAccountLogEnd(t *testing.T) {
	l := newAccountLog(math.MaxUint64 - 1)
	if v := l.takeAs(0, math.MaxUint64, 1, false); v != accountNew || l.resume != math.MaxUint64 || l.expected != 0 {
		t.Errorf("%v, resume %d, expect %d", v, l.resume, l.expected)
	}
	if v := l.takeAs(0, math.MaxUint64, 1, false); v != accountDuplicate {
		t.Errorf("again: %v", v)
	}
}

// TestAccountCandidateAgain repeats the first message of what may be a new numbering: that confirms nothing.
func TestAccountCandidateAgain(t *testing.T) {
	l := newAccountLog(1)
	l.receive(0, 1, 1, false, false)
	l.receive(0, 2, 1, false, false)
	if v, _, _ := l.receive(0, 1, 9, false, false); v != accountReset {
		t.Fatalf("%v", v)
	}
	if v, _, _ := l.receive(0, 1, 9, false, false); v != accountDuplicate || l.high != 2 {
		t.Errorf("%v, %d", v, l.high)
	}
}

// TestAccountLogOfANewAccount: if the exchange had nothing to repeat from the first number on, what is missing before
// the first that comes is missing, also for a process that starts with what was received.
func TestAccountLogOfANewAccount(t *testing.T) {
	for _, empty := range []bool{false, true} {
		l := newAccountLog(0)
		l.empty = empty
		l.takeAs(0, 3, 1, false)
		want, open := uint64(3), 0
		if empty {
			want, open = 0, 1
		}
		if l.resume != want || l.open != open {
			t.Errorf("empty %t: resumes from %d, want %d; %d holes are open", empty, l.resume, want, l.open)
		}
		if v := l.takeAs(0, 1, 2, false); v != accountNew {
			t.Errorf("empty %t: the first one is %v", empty, v)
		}
	}
	l := newAccountLog(0, AccountRange{2, 5})
	l.takeAs(0, 6, 1, false)
	if l.resume != 0 || l.high != 6 || l.open != 1 {
		t.Errorf("resumes from %d, high %d, %d holes are open", l.resume, l.high, l.open)
	}
}

package session

import (
	"math"
	"slices"

	"github.com/smk-go/smk/internal/marks"
)

// accountLog remembers which account sequences were received, across sessions. Only a
// number that was really received makes a message a duplicate: below the highest one
// there may be holes, because the exchange delivers late or out of order, or lost
// something, or because numbers have holes. The next login requests what is missing: it
// resumes from the lowest hole.
//
//	received      hole     received   hole  received
//	1 ... 40      41-45    46 47 48   49    50
//	      ^resume                           ^high
//
// It has no pointer to the session: the session passes numbers and clock readings to it,
// and acts on what it returns.
type accountLog struct {
	known        bool   // a number was received, or the settings named one
	empty        bool   // the exchange had nothing to repeat from the first number on
	high         uint64 // the highest number received
	resume       uint64 // everything up to here was received or given up
	expected     uint64 // high+1 while that is all there is to know about the next number, else 0
	resumeBefore uint64 // resume as it was before the last number

	holes []accountHole // ascending; its capacity bounds it
	open  int           // of them, those not given up
	due   int64         // no open hole has to be reported before this clock reading

	recent *[accountRecent]recentReport // by number, modulo the length

	// A number that can neither follow nor repeat begins a new numbering, if the next
	// one follows it. Until then it is only a candidate.
	moving    bool
	candidate recentReport
}

// accountHole is a range of numbers that were not received.
type accountHole struct {
	from, to  uint64
	since     int64 // clock reading at which it appeared
	reported  bool  // as an AccountGap
	requested bool  // by the last login
	lost      bool  // it was requested in vain, and is not requested again
}

// recentReport is a number and the marks of its message; see markOf.
type recentReport struct{ number, mark uint64 }

// AccountRange is a range of account sequences, both ends included.
type AccountRange struct{ From, To uint64 }

// verdict is what the account log says about a message with a number.
type verdict uint8

const (
	accountNew       verdict = iota // it was not received before
	accountDuplicate                // it was
	accountReset                    // it was not received before, and its number is not of the numbering so far
)

// init sets what was received in an earlier run: everything up to last, and the ranges applied above it.
// mark is what mark returned of last, 0 if it is not known.
func (l *accountLog) init(last, mark uint64, applied []AccountRange) {
	l.holes = make([]accountHole, 0, AccountHolesMax)
	l.recent = new([accountRecent]recentReport)
	l.due = math.MaxInt64
	l.known, l.high = last != 0 || len(applied) > 0, last
	if mark != 0 {
		l.recent[last%accountRecent] = recentReport{last, mark}
	}
	for _, r := range applied {
		if r.From > l.high+1 {
			l.holes = append(l.holes, accountHole{from: l.high + 1, to: r.From - 1, reported: true})
			l.open++
		}
		l.high = r.To
	}
	l.update()
}

// mark returns the mark of the message with a number, 0 if it is not remembered.
func (l *accountLog) mark(number uint64) uint64 {
	if r := l.recent[number%accountRecent]; r.number == number {
		return r.mark
	}
	return 0
}

// update derives what the others say.
func (l *accountLog) update() {
	l.resume, l.expected = l.high, 0
	if l.open > 0 {
		for i := range l.holes {
			if !l.holes[i].lost {
				l.resume = l.holes[i].from - 1
				break
			}
		}
	}
	if l.known && !l.moving && l.high != math.MaxUint64 {
		l.expected = l.high + 1
	}
}

// next takes the number that was expected.
func (l *accountLog) next(mark uint64) {
	l.resumeBefore = l.resume
	if l.open == 0 {
		l.resume = l.expected
	}
	l.high = l.expected
	l.recent[l.high%accountRecent] = recentReport{l.high, mark}
	if l.expected++; l.expected == 0 {
		l.update()
	}
}

// receive takes any number. mark stands for what the message says. repeats says that the
// exchange may be repeating itself: it marked the message as replayed, or a login requested
// what follows a number not above this one. answers says that the message answers a
// request that nothing has answered before, so that it is no duplicate.
//
// dropped is a hole that had to be forgotten for want of room, and filled one that was
// reported and is filled now; both are zero if there is none.
func (l *accountLog) receive(
	now int64, number, mark uint64, repeats, answers bool,
) (v verdict, dropped, filled accountHole) {
	l.resumeBefore = l.resume
	switch i, missing := l.find(number); {
	case !l.known:
		l.known, l.high = true, number
		switch {
		case number == 1:
		case l.empty && number <= accountLate: // of a new account the first one comes late, or is lost
			l.addHole(accountHole{from: 1, to: number - 1, since: now})
		default:
			// What was sent just before may come late; it is not requested.
			late := max(number, accountLate+1) - accountLate
			l.holes = append(l.holes, accountHole{from: late, to: number - 1, lost: true})
		}
	case number > l.high && number-l.high <= AccountLeapMax:
		if number > l.high+1 {
			dropped = l.addHole(accountHole{from: l.high + 1, to: number - 1, since: now})
		}
		l.high = number
	case l.moving && number == l.candidate.number && mark == l.candidate.mark:
		marks.Hit(marks.AccountCandidateAgain)
		return accountDuplicate, dropped, filled
	case l.moving && l.follows(number, mark, repeats, missing):
		marks.Hit(marks.AccountRenumbered)
		l.restart(now, number)
	case missing:
		if h := l.holes[i]; h.from < number && number < h.to && len(l.holes) == cap(l.holes) {
			dropped = l.makeRoom() // for the two that it becomes
			marks.Hit(marks.AccountHoleSplitFull)
			i, missing = l.find(number)
		}
		if missing {
			marks.Hit(marks.AccountHoleFilled)
			filled = l.fill(i, number)
		}
	case number <= l.high && l.seen(number, mark, repeats && !answers):
		return accountDuplicate, dropped, filled
	default:
		l.moving, l.candidate = true, recentReport{number, mark}
		l.expected = 0
		return accountReset, dropped, filled
	}
	l.moving = false
	l.recent[number%accountRecent] = recentReport{number, mark}
	l.update()
	return accountNew, dropped, filled
}

// seen reports whether a number that is neither new nor missing was received with this
// mark. What is too old to be remembered was, if the exchange may be repeating itself.
func (l *accountLog) seen(number, mark uint64, repeats bool) bool {
	if r := l.recent[number%accountRecent]; r.number == number {
		return r.mark == mark
	}
	return repeats
}

// follows reports whether a number confirms the numbering that the candidate began: it
// comes behind it and is not explained better by the numbering so far.
func (l *accountLog) follows(number, mark uint64, repeats, missing bool) bool {
	if number-l.candidate.number-1 >= accountRecent {
		return false
	}
	next := number == l.candidate.number+1
	if l.recent[number%accountRecent] == (recentReport{number, mark}) {
		return next && !repeats
	}
	return next || !missing
}

// restart follows the numbering that the candidate began. What was missing of the old one
// cannot be requested any more.
func (l *accountLog) restart(now int64, number uint64) {
	first := l.candidate
	clear(l.recent[:])
	l.recent[first.number%accountRecent] = first
	l.holes, l.open, l.due = l.holes[:0], 0, math.MaxInt64
	if l.resumeBefore = first.number; number > first.number+1 {
		l.addHole(accountHole{from: first.number + 1, to: number - 1, since: now})
	}
	l.high = number
}

// find returns the hole that a number is missing in, or where one with it would be.
func (l *accountLog) find(number uint64) (i int, missing bool) {
	if len(l.holes) == 0 || number > l.holes[len(l.holes)-1].to {
		return len(l.holes), false
	}
	i, _ = slices.BinarySearchFunc(l.holes, number, func(h accountHole, n uint64) int {
		switch {
		case h.to < n:
			return -1
		case h.from > n:
			return 1
		}
		return 0
	})
	return i, l.holes[i].from <= number && number <= l.holes[i].to
}

// addHole notes a hole above all others.
func (l *accountLog) addHole(h accountHole) (dropped accountHole) {
	dropped = l.makeRoom()
	l.holes = append(l.holes, h)
	l.open++
	l.due = min(l.due, h.since+int64(AccountGapAfter))
	return dropped
}

// makeRoom forgets a hole if there are too many: one that was given up, else the lowest.
func (l *accountLog) makeRoom() (dropped accountHole) {
	if len(l.holes) < cap(l.holes) {
		return dropped
	}
	i := max(slices.IndexFunc(l.holes, func(h accountHole) bool { return h.lost }), 0)
	if !l.holes[i].lost {
		marks.Hit(marks.AccountHoleDropped)
		dropped = l.holes[i]
		l.open--
	}
	l.holes = slices.Delete(l.holes, i, i+1)
	return dropped
}

// fill takes a number out of hole i, which may make two of it. It returns the hole, as far as it is filled by
// that, if it had been reported and nothing of it is left.
func (l *accountLog) fill(i int, number uint64) (filled accountHole) {
	h := &l.holes[i]
	switch {
	case h.from == h.to:
		if h.reported {
			filled = *h
		}
		if !h.lost {
			l.open--
		}
		l.holes = slices.Delete(l.holes, i, i+1)
	case number == h.from:
		h.from++
	case number == h.to:
		h.to--
	default:
		upper := *h
		marks.Hit(marks.AccountHoleSplit)
		h.to, upper.from = number-1, number+1
		l.holes = slices.Insert(l.holes, i+1, upper)
		if !upper.lost {
			l.open++
		}
	}
	return filled
}

// request notes that a login requests everything that is missing.
func (l *accountLog) request() {
	for i := range l.holes {
		l.holes[i].requested = !l.holes[i].lost
	}
}

// replayed notes that the highest hole appeared while the exchange repeated itself, so
// that it belongs to what was requested.
func (l *accountLog) replayed() {
	if n := len(l.holes); n > 0 && l.holes[n-1].to+1 == l.high {
		l.holes[n-1].requested = true
	}
}

// giveUp gives up the lowest hole that was requested in vain and returns it, and false if there
// is none.
func (l *accountLog) giveUp() (h accountHole, ok bool) {
	for i := range l.holes {
		if at := &l.holes[i]; at.requested && !at.lost {
			at.lost, at.reported = true, true
			marks.Hit(marks.AccountHoleGivenUp)
			l.open--
			l.update()
			return *at, true
		}
	}
	return h, false
}

// overdue returns a hole that is AccountGapAfter old and was not reported, and marks it as
// reported. It returns false if there is none.
func (l *accountLog) overdue(now int64) (h accountHole, ok bool) {
	if now < l.due {
		return h, false
	}
	l.due = math.MaxInt64
	for i := range l.holes {
		at := &l.holes[i]
		switch due := at.since + int64(AccountGapAfter); {
		case at.reported || at.lost:
		case !ok && now >= due:
			marks.Hit(marks.AccountHoleOverdue)
			at.reported = true
			h, ok = *at, true
		default:
			l.due = min(l.due, due)
		}
	}
	return h, ok
}

// applied appends the ranges above resume that were received, but for one number, if that
// is not 0.
func (l *accountLog) applied(ranges []AccountRange, but uint64) []AccountRange {
	from := l.resume + 1
	if but != 0 {
		from = l.resumeBefore + 1
	}
	for _, h := range l.holes {
		if h.lost || h.from < from {
			continue
		}
		ranges = appendWithout(ranges, AccountRange{from, h.from - 1}, but)
		from = h.to + 1
	}
	return appendWithout(ranges, AccountRange{from, l.high}, but)
}

// appendWithout appends a range without one number.
func appendWithout(ranges []AccountRange, r AccountRange, but uint64) []AccountRange {
	if r.From <= but && but <= r.To {
		ranges = appendWithout(ranges, AccountRange{r.From, but - 1}, 0)
		r.From = but + 1
	}
	if r.From <= r.To {
		ranges = append(ranges, r)
	}
	return ranges
}

package session

import (
	"math"

	"github.com/smk-go/smk/internal/marks"
)

// sequencer holds the order of what arrives: the sequence that is expected next, which is also the
// acknowledgement of everything before it, and what is missing.
//
// One replay request is outstanding at a time. It is for everything from the first missing message on, so
// that what arrives meanwhile and cannot be used comes again with it.
type sequencer struct {
	next      uint64 // sequence expected next
	delivered bool   // Next returned the message with that sequence, and the driver handles it
	early     uint64 // highest sequence that arrived before login_response
	gap       gap
}

// gap is what is missing of the inbound sequence.
type gap struct {
	open     bool
	deferred bool   // the replay request waits for room in the send ring
	from     uint64 // first missing sequence
	high     uint64 // highest sequence seen; the gap is filled when next passes it
	deadline int64  // fair reading by which progress is expected
	failures int    // deadlines missed in a row
}

// position says where a sequence stands in the order.
type position uint8

const (
	inOrder      position = iota
	duplicate             // it was delivered or filled before
	ahead                 // others are missing before it
	beyondGapMax          // so many that the sequences cannot be trusted
)

// position returns where a sequence stands.
func (q *sequencer) position(seq uint64) position {
	switch {
	case seq == q.next:
		return inOrder
	case seq < q.next:
		return duplicate
	case seq-q.next > GapMax:
		marks.Hit(marks.GapTooLarge)
		return beyondGapMax
	}
	return ahead
}

// spent reports whether the sequences are used up.
func (q *sequencer) spent() bool { return q.next > sequenceMax }

// open begins a connection, with the sequences of the last one if that is resumed.
func (q *sequencer) open(resuming bool) {
	q.gap, q.early = gap{}, 0
	if !resuming {
		q.next = 1
	}
}

// miss notes that seq arrived and could not be used: next is missing before it, or before login_response it
// was next itself. It reports whether a gap opened, for which a replay has to be requested.
func (q *sequencer) miss(seq uint64, deadline int64) (opened bool) {
	if q.gap.open {
		q.gap.high = max(q.gap.high, seq)
		return false
	}
	q.gap = gap{open: true, from: q.next, high: seq, deadline: deadline}
	return true
}

// progress notes that next has advanced in a gap. It returns the range of a gap that is filled by that, and
// zeros otherwise.
func (q *sequencer) progress(deadline int64) (from, to uint64) {
	g := &q.gap
	g.deadline, g.failures = deadline, 0
	if q.next <= g.high {
		return 0, 0
	}
	from, to = g.from, g.high
	*g = gap{}
	return from, to
}

// gapAction is what a gap without progress asks for.
type gapAction uint8

const (
	gapWait gapAction = iota
	gapAskAgain
	gapGiveUp
)

// overdue returns what to do at a fair reading if no progress was made: ask once more, then give up.
func (q *sequencer) overdue(fair, timeout int64) gapAction {
	g := &q.gap
	if !g.open || fair < g.deadline {
		return gapWait
	}
	if g.failures++; g.failures >= replayFailuresMax {
		marks.Hit(marks.GapGivenUp)
		return gapGiveUp
	}
	g.deadline = fair + timeout
	marks.Hit(marks.ReplayRequestedAgain)
	return gapAskAgain
}

// due returns the fair reading at which overdue has something to do.
func (q *sequencer) due() int64 {
	if q.gap.open {
		return q.gap.deadline
	}
	return math.MaxInt64
}

package engine

import (
	"encoding/binary"

	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/wire"
)

// A tape has everything that the loop finds out from outside of itself, in the order in which it asks: clock readings,
// results of the socket and the dialer, what other goroutines ask for, results of the disk. A loop that is given the
// same answers does the same. So a recorded run is replayed: see [Replay].
//
// The loop asks through the methods below. On a nil tape they return what they are given; while a run is recorded
// they note it, too; in a replay they return what was noted. Most answers are the usual one, such as that nobody
// submitted anything, and only others are noted, with the number of usual ones since the last entry: misses. An entry
// is a byte, its tapeOp, and numbers as varints.
type tape struct {
	misses uint64 // usual answers since the last entry
	clock  int64  // last reading
	digest digest // rolling, of what was dispatched
	events uint64 // in it
	seed   uint64 // of the pauses between attempts to connect

	// Recording.
	session *session.Session // whose received frames come before; nil before there is one
	limits  wire.Limits      // of frames
	out     *journal.Journal
	rec     *journal.Recorder // nil in a replay
	epoch   uint32
	round   []byte // entries that are not in the journal yet
	begun   int64  // clock before the round
	line    []byte // of the log, reused
	most    int    // bytes of round that leave room for an entry in a record
	due     int64  // clock reading before which nothing was to be done when the round began
	silent  bool   // nothing is noted, and every answer is the usual one
	notes   bool   // recording and not silent: a usual answer is a miss
	happens bool   // the round has entries that a replay needs

	*player // replaying
}

// tapeOp is what an entry says.
type tapeOp byte

const (
	tapeNone      tapeOp = iota
	tapeRound            // flags, polls in a row that found nothing
	tapeClock            // nanoseconds since the last reading
	tapeRead             // bytes, error
	tapeWrite            // bytes offered, bytes written, error
	tapeDialed           // misses, can spin, lengths of the credentials, error
	tapeSubmitted        // misses, kind, type, bytes
	tapeRequests         // misses, bits
	tapeHalt             // trigger, reason
	tapeBeat             // misses, clock reading
	tapeDigest           // digest
	tapePending          // misses: something is submitted
	tapeAwake            // misses: the loop must not sleep
	tapeUnsent           // misses
	tapeProgressed
	tapeBuffered
	tapeFlushFailed // misses, error
	tapeWaitFailed
	tapeSaved      // misses: an image was written
	tapeNotRenewed // misses
	tapeSaveFailed // misses, error
	tapeSyncFailed
	tapeHaltFile // misses
	tapeDo       // a function that was called between rounds begins
	tapeClose    // between rounds
	tapeFence    // misses, clock reading
	tapeOps
)

// Flags of a round.
const (
	roundBlocks = 1 << iota // it may sleep
	roundPolled             // by Poll
)

// recording reports whether the tape notes what happens.
func (t *tape) recording() bool { return t != nil && t.rec != nil }

// replaying reports whether the answers are those of the tape.
func (t *tape) replaying() bool { return t != nil && t.rec == nil }

// note begins an entry.
func (t *tape) note(op tapeOp) {
	if len(t.round) > t.most {
		t.flush()
	}
	t.round = append(t.round, byte(op))
	t.misses, t.happens = 0, true
}

// noteUnusual begins an entry of which the usual answer is not noted.
func (t *tape) noteUnusual(op tapeOp) {
	misses := t.misses
	t.note(op)
	t.number(misses)
}

func (t *tape) number(v uint64) {
	if v < 0x80 {
		t.round = append(t.round, byte(v))
		return
	}
	t.round = binary.AppendUvarint(t.round, v)
}

// text appends bytes, at most tapeTextMax of them.
func (t *tape) text(s string) {
	s = s[:min(len(s), tapeTextMax)]
	t.number(uint64(len(s)))
	t.round = append(t.round, s...)
}

// flush appends the entries to the journal.
func (t *tape) flush() {
	if len(t.round) > 0 {
		t.append(journal.KindTape, 0, t.clock, t.round)
		t.round = t.round[:0]
	}
	t.happens = true // it cannot be left out any more
}

// read returns a clock reading: system's, or the one that was noted.
func (t *tape) read(system func() int64) int64 {
	if t.rec == nil {
		return t.player.clockReading(t)
	}
	now := system()
	if len(t.round) > t.most {
		t.flush()
	}
	// Most readings follow soon after the last one: two bytes of seven bits.
	switch d := uint64(now - t.clock); {
	case d < 0x80:
		t.round = append(t.round, byte(tapeClock), byte(d))
	case d < 0x4000:
		t.round = append(t.round, byte(tapeClock), byte(d)|0x80, byte(d>>7))
	default:
		t.round = binary.AppendUvarint(append(t.round, byte(tapeClock)), d)
	}
	t.clock, t.misses = now, 0
	return now
}

// flag returns v, of which false is the usual answer.
func (t *tape) flag(op tapeOp, v bool) bool {
	if t == nil {
		return v
	}
	if t.notes && !v {
		t.misses++
		return false
	}
	return t.askFlag(op, v)
}

// quiet says whether questions are left out.
func (t *tape) quiet(silent bool) { t.silent, t.notes = silent, t.rec != nil && !silent }

func (t *tape) askFlag(op tapeOp, v bool) bool {
	if t.silent {
		return v
	}
	if t.rec == nil {
		return t.player.unusual(t, op)
	}
	t.noteUnusual(op)
	return true
}

// failure returns err, of which nil is the usual answer.
func (t *tape) failure(op tapeOp, err error) error {
	if t == nil {
		return err
	}
	if t.notes && err == nil {
		t.misses++
		return nil
	}
	return t.askFailure(op, err)
}

func (t *tape) askFailure(op tapeOp, err error) error {
	if t.rec == nil {
		if !t.player.unusual(t, op) {
			return nil
		}
		return t.player.failure()
	}
	t.noteUnusual(op)
	t.noteError(err)
	return err
}

// word returns v, of which last is the usual answer.
func (t *tape) word(op tapeOp, v, last uint64) uint64 {
	if t == nil || t.silent {
		return v
	}
	if t.rec == nil {
		if !t.player.unusual(t, op) {
			return last
		}
		return t.player.number()
	}
	if v == last {
		t.misses++
		return v
	}
	t.noteUnusual(op)
	t.number(v)
	return v
}

// beginRound notes that the loop begins a round. due is the clock reading before which it has nothing to do.
func (e *Engine) beginTapeRound(block bool) {
	t := e.tape
	if t.rec == nil {
		return
	}
	flags := uint64(0)
	if block {
		flags |= roundBlocks
	}
	if e.spin.byPoll {
		flags |= roundPolled
	}
	if len(t.round) > 0 { // of calls between rounds
		t.flush()
		t.rec.Commit()
	}
	t.begun, t.due = t.clock, e.Deadline()
	t.note(tapeRound)
	t.number(flags)
	t.number(uint64(e.spin.idlePolls))
	t.misses, t.happens = 0, false
}

// endTapeRound makes what the round did part of the journal. A round in which nothing arrived and before whose end
// nothing was due is left out: the loop could have slept instead, and a loop that spins has thousands of them.
func (e *Engine) endTapeRound() {
	t := e.tape
	if t == nil { // it ended in this round
		return
	}
	if t.session.RecordNow(); t.rec == nil {
		return
	}
	if !t.happens && t.clock < t.due {
		t.round, t.clock = t.round[:0], t.begun
		return
	}
	t.flush()
	t.rec.Commit()
}

// noteDialed notes the result of an attempt to open a connection, and returns it with a connection that notes its own.
func (t *tape) noteDialed(d dialResult, ok bool) dialResult {
	if !ok {
		t.misses++
		return d
	}
	t.noteUnusual(tapeDialed)
	spins := uint64(0)
	if d.conn != nil && d.conn.CanSpin() {
		spins = 1
	}
	t.number(spins)
	for _, c := range [...]string{d.credentials.Username, d.credentials.Password, d.credentials.Token} {
		t.number(uint64(len(c)))
	}
	if d.panicked != nil {
		t.noteError(d.panicked)
	} else {
		t.result(d.err)
	}
	if d.conn != nil {
		d.conn = &tapeConn{d.conn, t}
	}
	return d
}

// What a submission is.
const (
	submittedNothing = iota // it could not be filled
	submittedFunction
	submittedMessage
)

// submitted returns work, the front of the submit queue, of which nil is the usual answer.
func (t *tape) submitted(work *submitted) *submitted {
	if t.rec == nil {
		if !t.player.unusual(t, tapeSubmitted) {
			return nil
		}
		return t.player.submission()
	}
	if work == nil {
		t.misses++
		return nil
	}
	kind := uint64(submittedMessage)
	switch {
	case !work.full:
		kind = submittedNothing
	case work.do != nil:
		kind = submittedFunction
	}
	if len(t.round) > t.most-work.size {
		t.flush()
	}
	t.noteUnusual(tapeSubmitted)
	if t.number(kind); kind == submittedMessage {
		t.number(uint64(work.keys.Type))
		t.number(uint64(work.size))
		t.round = append(t.round, work.bytes()...)
	}
	return work
}

// haltCause returns the cause of a halt that is applied, nil if another request took it.
func (t *tape) haltCause(cause *risk.Cause) *risk.Cause {
	if t == nil {
		return cause
	}
	if t.rec == nil {
		return t.player.haltCause(t)
	}
	t.note(tapeHalt)
	if cause == nil {
		t.number(0)
		return nil
	}
	t.number(1)
	t.number(uint64(cause.Trigger))
	t.text(cause.Who)
	t.text(cause.Reason)
	return cause
}

package engine

import (
	"encoding/binary"
	"fmt"
	"iter"
	"sync"

	"github.com/smk-go/smk/journal"
)

// TapeEntry is one thing that the loop found out from outside of itself, as a journal.KindTape record has it.
type TapeEntry struct {
	Kind    TapeKind
	At      int64 // the loop's newest clock reading then
	Bytes   int   // read or written
	Offered int   // that were to be written
	Err     error // of a read, a write, dialing, the socket or the disk
	Text    string
}

// TapeKind says what a TapeEntry is about.
type TapeKind uint8

// The kinds of entries.
const (
	TapeOther    TapeKind = iota // see Text
	TapeRound                    // the loop began a round
	TapeClock                    // it read the clock
	TapeRead                     // from the socket
	TapeWrite                    // to the socket
	TapeDialed                   // a connection was opened, or could not be
	TapeSubmit                   // it took what another goroutine submitted
	TapeRequests                 // it found requests to halt, stop or close
)

var tapeKindNames = [...]string{"other", "round", "clock", "read", "write", "dialed", "submitted", "requests"}

// String returns the kind's name.
func (k TapeKind) String() string {
	if int(k) < len(tapeKindNames) {
		return tapeKindNames[k]
	}
	return "unknown"
}

// TapeEntries returns the entries of a journal.KindTape record, in order. An entry that is not understood ends them
// with a *[ReplayError].
func TapeEntries(r *journal.Record) iter.Seq2[TapeEntry, error] {
	return func(yield func(TapeEntry, error) bool) {
		p := tapePlayers.Get().(*player)
		defer tapePlayers.Put(p)
		at := r.At // of the last reading
		p.beginRecord(r)
		for e, ok := p.entry(); ok; e, ok = p.entry() {
			if e.Kind == TapeClock {
				at -= e.At
			}
		}
		p.beginRecord(r)
		for e, ok := p.entry(); ok; e, ok = p.entry() {
			if e.Kind == TapeClock {
				at += e.At
			}
			if e.At = at; !yield(e, nil) {
				return
			}
		}
		if p.err != nil {
			yield(TapeEntry{}, p.err)
		}
	}
}

// TapeWritten finds out when bytes left: it returns the first clock reading of a journal.KindTape record behind a write
// of all that was offered, or behind its beginning if open is true, which says that an earlier record had the write and
// not the reading. If there is none, ok is false, and stillOpen says whether a write is without one. A record that is
// not understood has none. It is for readers of what an engine writes at full speed, for which [TapeEntries] is slow.
func TapeWritten(r *journal.Record, open bool) (at int64, stillOpen, ok bool) {
	p := tapePlayers.Get().(*player)
	defer tapePlayers.Put(p)
	p.beginRecord(r)
	passed, written := int64(0), int64(0) // since the reading before the record, and up to the one that is wanted
	for {
		if !open || ok {
			passed += p.skipReadings()
		}
		e, more := p.entry()
		if !more {
			return r.At - passed + written, open, ok && p.err == nil
		}
		switch {
		case ok:
		case e.Kind == TapeWrite && e.Bytes > 0 && e.Bytes == e.Offered:
			open = true
		case e.Kind == TapeClock && open:
			written, open, ok = passed+e.At, false, true
		}
		if e.Kind == TapeClock {
			passed += e.At
		}
	}
}

// skipReadings reads the readings of the clock that come next, which most entries are, and returns how long they took.
func (p *player) skipReadings() (passed int64) {
	for len(p.left) > 0 && tapeOp(p.left[0]) == tapeClock {
		v, n := binary.Uvarint(p.left[1:])
		if n <= 0 {
			break // entry finds the damage
		}
		passed, p.left = passed+int64(v), p.left[1+n:]
	}
	return passed
}

// tapePlayers are players that have nothing but a record.
var tapePlayers = sync.Pool{New: func() any { return &player{ended: true, function: func(int) {}} }}

// beginRecord has a player of tapePlayers read the entries of a record.
func (p *player) beginRecord(r *journal.Record) {
	p.left, p.at, p.op, p.skip, p.err = r.Payload, place{r.Seq, r.At}, tapeNone, 0, nil
}

// entry returns the next entry of the record. At is the time since the reading before for entries of the clock, and 0
// for others.
func (p *player) entry() (e TapeEntry, ok bool) {
	if p.next() == tapeNone {
		return e, false
	}
	p.describe(&e)
	p.op = tapeNone
	return e, p.err == nil
}

// describe reads the rest of an entry.
func (p *player) describe(e *TapeEntry) {
	e.Text = p.op.String()
	switch p.op {
	case tapeRound:
		e.Kind = TapeRound
		flags, _ := p.number(), p.number()
		if flags&roundBlocks != 0 {
			e.Text = "may sleep"
		}
	case tapeClock:
		e.Kind, e.At = TapeClock, int64(p.number())
	case tapeRead:
		e.Kind, e.Bytes, e.Err = TapeRead, int(p.number()), p.result()
	case tapeWrite:
		e.Kind, e.Offered, e.Bytes, e.Err = TapeWrite, int(p.number()), int(p.number()), p.result()
	case tapeDialed:
		e.Kind = TapeDialed
		for range 4 {
			p.number()
		}
		e.Err = p.result()
	case tapeSubmitted:
		e.Kind = TapeSubmit
		switch w := p.submission(); {
		case !w.full:
			e.Text = "nothing"
		case w.do != nil:
			e.Text = "a function"
		default:
			e.Text, e.Bytes = w.keys.Type.String(), w.size
		}
	case tapeRequests:
		e.Kind = TapeRequests
		e.Text = requestNames(uint32(p.number()))
	case tapeHalt:
		if p.number() != 0 {
			p.number()
			who, reason := p.text(), p.text()
			e.Text = "halt: " + who + " " + reason
		}
	case tapeBeat, tapeDigest, tapeFence:
		e.Text = fmt.Sprintf("%s %x", p.op, p.number())
	case tapeFlushFailed, tapeWaitFailed, tapeSaveFailed, tapeSyncFailed:
		e.Err = p.failure()
	}
}

// requestNames returns the names of the bits of requests.
func requestNames(bits uint32) string {
	text := ""
	for i, name := range [...]string{"stop", "close", "panic", "halt", "leave"} {
		if bits>>i&1 != 0 {
			if text != "" {
				text += ", "
			}
			text += name
		}
	}
	if text == "" {
		return "none"
	}
	return text
}

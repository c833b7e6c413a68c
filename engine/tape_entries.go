package engine

import (
	"fmt"
	"iter"

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
		at := r.At // of the last reading
		for e, err := range tapeEntries(r, 0) {
			if err == nil && e.Kind == TapeClock {
				at -= e.At
			}
		}
		for e, err := range tapeEntries(r, at) {
			if !yield(e, err) {
				return
			}
		}
	}
}

// tapeEntries returns the entries. If at is 0 At is the time since the reading before for entries of the clock.
func tapeEntries(r *journal.Record, at int64) iter.Seq2[TapeEntry, error] {
	return func(yield func(TapeEntry, error) bool) {
		p := &player{left: r.Payload, at: place{r.Seq, r.At}, ended: true}
		p.function = func(int) {}
		for p.next() != tapeNone {
			e := TapeEntry{At: at}
			p.describe(&e)
			if p.op = tapeNone; at != 0 && e.Kind == TapeClock {
				at += e.At
				e.At = at
			}
			if p.err != nil {
				yield(TapeEntry{}, p.err)
				return
			}
			if !yield(e, nil) {
				return
			}
		}
		if p.err != nil {
			yield(TapeEntry{}, p.err)
		}
	}
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

package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
)

// player answers what the loop asks with what a journal has noted. It reads the journal three times side by side: for
// the entries of the tape, for what the exchange sent, and for what was sent to it, which has to be the same again.
type player struct {
	address string

	entries journalReader
	left    []byte // entries of the record that is being read
	at      place  // of that record
	op      tapeOp // of the entry that is next, tapeNone if it was not read yet
	skip    uint64 // its misses
	ended   bool   // there are no more entries
	records uint64 // of the tape

	inbound  journalReader
	pending  *journal.Record // not in the stream yet
	stream   []byte          // of the connection: frames that were not read yet
	epoch    uint32          // connections opened
	dry      bool            // the connection has no more whole frames
	outbound journalReader
	sent     uint64 // payloads that were compared

	work       submitted
	function   func(n int) // does what the function submitted as number n did, nil if that cannot be done
	functions  int
	difference *Difference
	err        error // of the journal

	begin     runStart
	begun     int64 // clock reading of the start
	digests   uint64
	blocks    bool // of the round
	polled    bool
	idlePolls int
	closers   []io.Closer
}

// journalReader is a [journal.Reader].
type journalReader interface {
	Next() (*journal.Record, error)
}

// place is where something is in a journal.
type place struct {
	record uint64
	at     int64
}

// Difference is the first thing that a replay did not do as the recorded run did.
type Difference struct {
	Record   uint64 // of the journal, from 1
	At       int64  // clock reading
	Field    string // what differs
	Recorded string
	Replayed string
}

// Error says all of it.
func (d *Difference) Error() string {
	return fmt.Sprintf("engine: replay differs at record %d: %s: recorded %s, replayed %s",
		d.Record, d.Field, d.Recorded, d.Replayed)
}

// differs notes the first difference. The loop goes on to the end of its round with usual answers.
func (p *player) differs(where place, field, recorded, replayed string) {
	if p.difference == nil && p.err == nil {
		p.difference = &Difference{where.record, where.at, field, recorded, replayed}
	}
}

// over reports whether nothing more can be replayed.
func (p *player) over() bool { return p.difference != nil || p.err != nil || p.ended }

// next reads the next entry up to its misses, unless that was done.
func (p *player) next() tapeOp {
	if p.op != tapeNone {
		return p.op
	}
	for len(p.left) == 0 {
		if p.over() {
			return tapeNone
		}
		r, err := p.entries.Next()
		switch {
		case errors.Is(err, io.EOF):
			p.ended = true
			return tapeNone
		case err != nil:
			p.err = err
			return tapeNone
		}
		switch r.Kind {
		case journal.KindTape:
			if r.Flags&journal.FlagTruncated != 0 {
				p.err = &ReplayError{Record: r.Seq, Reason: "a record of the tape is not whole"}
				return tapeNone
			}
			p.left = append(p.left[:0], r.Payload...)
			p.at = place{r.Seq, r.At}
			p.records++
		case journal.KindLost:
			p.err = &ReplayError{Record: r.Seq, Reason: "records were lost here"}
			return tapeNone
		case journal.KindStart:
			if p.records > 0 { // another run follows
				p.ended = true
				return tapeNone
			}
		}
	}
	p.op, p.left = tapeOp(p.left[0]), p.left[1:]
	if p.op == tapeNone || p.op >= tapeOps {
		p.damaged()
		return tapeNone
	}
	if hasMisses[p.op] {
		p.skip = p.number()
	}
	return p.op
}

// hasMisses are the entries of which the usual answer is not noted.
var hasMisses = [tapeOps]bool{
	tapeRead: true, tapeDialed: true, tapeSubmitted: true, tapeRequests: true, tapeBeat: true, tapePending: true,
	tapeAwake: true, tapeUnsent: true, tapeProgressed: true, tapeBuffered: true, tapeFlushFailed: true,
	tapeWaitFailed: true, tapeSaved: true, tapeNotRenewed: true, tapeSaveFailed: true, tapeSyncFailed: true,
	tapeHaltFile: true, tapeFence: true,
}

var tapeOpNames = [tapeOps]string{
	"nothing", "a round", "a clock reading", "a read", "a write", "the result of dialing", "a submission", "a request",
	"a halt", "a beat", "a digest", "a submission to take", "a reason not to sleep", "bytes not sent",
	"progress of the socket", "buffered bytes", "a failed flush", "a failed wait", "a saved state",
	"a state that is not noted", "a failed save", "a failed sync", "a halt file", "a call of Do", "a call of Close",
	"a deadline of the fence",
}

// String returns what an entry is.
func (op tapeOp) String() string {
	if op < tapeOps {
		return tapeOpNames[op]
	}
	return "an unknown entry"
}

// taken ends the entry that was read.
func (p *player) taken(t *tape) { p.op, t.misses = tapeNone, 0 }

// unusual reports whether an answer that is not the usual one was noted for this question.
func (p *player) unusual(t *tape, op tapeOp) bool {
	if p.next() != op || p.skip != t.misses {
		t.misses++
		return false
	}
	p.taken(t)
	return true
}

// expect takes the next entry, which has to be op.
func (p *player) expect(t *tape, op tapeOp) bool {
	found := p.next()
	if found == op {
		p.taken(t)
		return true
	}
	if !p.over() {
		p.differs(p.at, "what the loop does next", found.String(), op.String())
	}
	return false
}

func (p *player) clockReading(t *tape) int64 {
	if !p.expect(t, tapeClock) {
		t.clock += tapeStep // loops that wait for a moment end
		return t.clock
	}
	t.clock += int64(p.number())
	return t.clock
}

// number reads a number of an entry.
func (p *player) number() uint64 {
	v, n := binary.Uvarint(p.left)
	if n <= 0 {
		p.damaged()
		return 0
	}
	p.left = p.left[n:]
	return v
}

func (p *player) text() string { return string(p.bytes()) }

// bytes reads bytes, which are valid until the next entry.
func (p *player) bytes() []byte {
	n := p.number()
	if n > uint64(len(p.left)) {
		p.damaged()
		return nil
	}
	b := p.left[:n]
	p.left = p.left[n:]
	return b
}

// damaged notes that an entry cannot be read, although its record is whole: another version wrote it.
func (p *player) damaged() {
	if p.err == nil {
		p.err = &ReplayError{Record: p.at.record, Reason: "an entry of the tape is not understood"}
	}
	p.left, p.op = nil, tapeNone
}

// open begins the stream of the next connection.
func (p *player) open() {
	p.epoch++
	p.stream, p.dry = p.stream[:0], false
}

func (p *player) readConn(t *tape, b []byte) (int, error) {
	if !p.unusual(t, tapeRead) {
		return 0, nil
	}
	n := int(min(p.number(), uint64(len(b))))
	err := p.result()
	p.fill(b[:n])
	return n, err
}

// fill reads what the exchange sent. The journal has whole frames; what the last read had of a frame that was never
// whole is the beginning of a frame that is not.
func (p *player) fill(b []byte) {
	for len(p.stream) < len(b) && !p.dry {
		if p.pending == nil && !p.nextInbound() || p.pending.Epoch != p.epoch {
			p.dry = true
			p.stream = append(p.stream, endlessFrame...)
			break
		}
		p.stream = append(p.stream, p.pending.Payload...)
		p.pending = nil
	}
	n := copy(b, p.stream)
	clear(b[n:])
	p.stream = append(p.stream[:0], p.stream[n:]...)
}

// endlessFrame is the header of a frame that is as long as frames may be.
var endlessFrame = []byte{0xff, 0xff, 0x3f}

func (p *player) nextInbound() bool {
	for {
		r, err := p.inbound.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) && p.err == nil {
				p.err = err
			}
			return false
		}
		if r.Kind == journal.KindInbound && r.Epoch >= p.epoch {
			if r.Flags&journal.FlagTruncated != 0 {
				p.err = &ReplayError{Record: r.Seq, Reason: "a payload is not whole"}
			}
			p.pending = r
			return true
		}
	}
}

func (p *player) writeConn(t *tape, b []byte) (int, error) {
	if !p.expect(t, tapeWrite) {
		return len(b), nil
	}
	offered, n := p.number(), p.number()
	err := p.result()
	if offered != uint64(len(b)) {
		p.differs(p.at, "bytes to be written", fmt.Sprint(offered), fmt.Sprint(len(b)))
	}
	return int(min(n, uint64(len(b)))), err
}

// compare compares a payload that the replay sends.
func (p *player) compare(payload []byte) {
	if p.over() {
		return
	}
	for {
		r, err := p.outbound.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				p.differs(p.at, "a payload sent", "none", describePayload(payload))
			} else if p.err == nil {
				p.err = err
			}
			return
		}
		if r.Kind != journal.KindOutbound {
			continue
		}
		if p.sent++; r.Flags&journal.FlagTruncated == 0 && !bytes.Equal(r.Payload, payload) {
			p.differs(place{r.Seq, r.At}, "a payload sent", describePayload(r.Payload), describePayload(payload))
		}
		return
	}
}

// dialed returns the result of an attempt to open a connection, if there was one.
func (p *player) dialed(t *tape) (d dialResult, ok bool) {
	if !p.unusual(t, tapeDialed) {
		return d, false
	}
	spins := p.number() != 0
	for _, c := range []*string{&d.credentials.Username, &d.credentials.Password, &d.credentials.Token} {
		*c = maskOf(p.number())
	}
	if d.err = p.result(); d.err == nil {
		p.open()
		d.conn = &playerConn{t, spins}
	}
	return d, true
}

// maskOf returns a credential of a length.
func maskOf(n uint64) string {
	return string(bytes.Repeat([]byte{'*'}, int(min(n, session.CredentialBytesMax))))
}

// ReplayError says why a journal cannot be replayed, or not any further.
type ReplayError struct {
	Record uint64 // of the journal, 0 if it is none
	Reason string
}

// Error returns the place and the reason.
func (e *ReplayError) Error() string {
	if e.Record == 0 {
		return "engine: replay: " + e.Reason
	}
	return fmt.Sprintf("engine: replay: record %d: %s", e.Record, e.Reason)
}

// submission reads what another goroutine submitted.
func (p *player) submission() *submitted {
	w := &p.work
	*w = submitted{full: true}
	switch p.number() {
	case submittedFunction:
		w.do = p.submittedFunction()
	case submittedMessage:
		typ := msg.PayloadType(p.number())
		w.buffer = append(w.buffer, p.bytes()...)
		w.size = len(w.buffer)
		var err error
		if w.keys, err = msg.DecodeKeys(typ, w.buffer); err != nil {
			p.damaged()
			w.full = false
		}
	default:
		w.full = false
	}
	return w
}

// submittedFunction returns what does the same as the next function that was given to Do.
func (p *player) submittedFunction() func() {
	n := p.functions
	p.functions++
	if p.function == nil {
		p.err = &ReplayError{Record: p.at.record, Reason: "a function that was given to Do; see ReplayConfig.Do"}
		return func() {}
	}
	return func() { p.function(n) }
}

// haltCause reads the cause of a halt.
func (p *player) haltCause(t *tape) *risk.Cause {
	if !p.expect(t, tapeHalt) || p.number() == 0 {
		return nil
	}
	return &risk.Cause{Trigger: risk.Trigger(p.number()), Who: p.text(), Reason: p.text()}
}

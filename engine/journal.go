package engine

import (
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/smk-go/smk/engine/internal/statefile"
	"github.com/smk-go/smk/engine/internal/transport"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/wire"
)

// runStart is what a replay has to know before the first round of a run; the payload of KindStart.
type runStart struct {
	Version       int
	ReferenceBase uint64         // what references count up from; with a file, of the first run
	Seed          uint64         // of the pauses between attempts to connect
	Credentials   [3]int         // lengths of username, password and token
	Files         []recordedFile // Config.State.File and the logs beside it
	Owner         statefile.Owner
	Redacted      bool   // the journal is a copy that leaves out what a replay needs
	Fenced        bool   // Config.Fence was set
	ReferenceTerm uint64 // Config.ReferenceTerm
}

// runStartVersion is the version of the tape's entries.
const runStartVersion = 1

// recordedFile is a file as it was at the start, without Content if there was none.
type recordedFile struct {
	Name    string
	Content []byte
}

// openJournal begins the recording of a run, if there is a journal. made is to be called when the engine is made: what
// the policy says about a disk that fails before is done then.
func (e *Engine) openJournal(c *Config) (made func(), err error) {
	if c.Journal.Dir == "" {
		return func() {}, nil
	}
	var ready atomic.Bool
	var early atomic.Pointer[error]
	failed := c.Journal.Failed
	j := c.Journal
	if j.Clock == nil {
		j.Clock = e.system.Now
	}
	policy := j.OnFailure
	j.Failed = func(err error) {
		if early.Store(&err); ready.Load() {
			e.journalFailed(policy, err)
		}
		if failed != nil {
			failed(err)
		}
	}
	made = func() {
		ready.Store(true)
		if err := early.Load(); err != nil {
			e.journalFailed(policy, *err)
		}
	}
	out, err := journal.Open(j)
	if err != nil {
		return nil, err
	}
	t := &tape{
		limits: c.Session.Limits, out: out, rec: out.Recorder(), notes: true, round: make([]byte, 0, tapeRoundBytes),
	}
	t.most = min(tapeRoundBytes, t.rec.PayloadMax()) - tapeEntryBytes
	start := runStart{Version: runStartVersion, Seed: c.Session.ReferenceBase, Owner: ownerOf(c)}
	s := &c.Session
	if start.Seed == 0 {
		start.Seed = referenceBase()
	}
	start.Credentials = [3]int{len(s.Username), len(s.Password), len(s.Token)}
	switch {
	case c.ReferenceTerm != 0 && c.State.File == "":
		s.ReferenceBase = c.ReferenceTerm << referenceTermShift
	case s.ReferenceBase == 0 && (!c.DisableReferences || c.State.File != ""):
		s.ReferenceBase = referenceBase() >> 2 // leaves room to count
	}
	start.ReferenceBase, start.Fenced, start.ReferenceTerm = s.ReferenceBase, c.Fence != nil, c.ReferenceTerm
	if start.Files, err = readStateFiles(c); err != nil {
		_ = out.Close()
		return nil, err
	}
	b, err := json.Marshal(start)
	if err != nil {
		panic("BUG: engine: " + err.Error())
	}
	t.clock = e.system.Now() // readings are noted from here on
	for continues := uint8(0); len(b) > 0; continues = StartContinues {
		n, flags := min(len(b), t.rec.PayloadMax()), continues
		if n < len(b) {
			flags |= StartGoesOn
		}
		t.rec.AppendWaiting(journal.KindStart, flags, 0, t.clock, b[:n])
		b = b[n:]
	}
	t.rec.Commit()
	t.seed = start.Seed
	e.journal = out
	e.useTape(t)
	return made, nil
}

// Flags of a KindStart record. A process may end between the records of its start: what the next one writes does not
// continue them.
const (
	StartGoesOn    = 1 << iota // the next one continues it
	StartContinues             // it continues the one before
)

// useTape has the loop ask through a tape.
func (e *Engine) useTape(t *tape) {
	e.tape, e.requests.tape = t, t
	system := e.system
	e.clock = transport.NewVirtualClock(func() int64 { return t.read(system.Now) })
}

// backoffSeed returns what the pauses between attempts to connect are drawn from.
func (e *Engine) backoffSeed(base uint64) uint64 {
	switch {
	case e.tape != nil:
		return e.tape.seed
	case base == 0:
		return referenceBase()
	}
	return base
}

// readStateFiles reads what the state is kept in.
func readStateFiles(c *Config) (files []recordedFile, err error) {
	if c.State.File == "" || c.State.Disable {
		return nil, nil
	}
	fs := c.State.Files
	if fs == nil {
		fs = statefile.OS{}
	}
	for _, name := range statefile.Names(c.State.File) {
		f, err := fs.Open(name, os.O_RDONLY)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(f)
		_ = f.Close()
		if err != nil {
			return nil, err
		}
		files = append(files, recordedFile{name, content})
	}
	return files, nil
}

// journalFailed does what the journal's policy says about a disk that fails. Any goroutine.
func (e *Engine) journalFailed(policy journal.FailurePolicy, err error) {
	switch policy {
	case journal.FailHalt:
		_ = e.requestHalt(risk.Cause{Trigger: risk.TriggerAPI, Who: "journal", Reason: err.Error()})
	case journal.FailStop:
		e.Stop()
	case journal.FailContinue:
	}
}

// closeJournal ends the recording. clean says that the run ended as it should.
func (e *Engine) closeJournal(clean bool) error {
	t := e.tape
	if !t.recording() {
		return nil
	}
	e.tape, e.requests.tape, e.clock = nil, nil, e.system
	if e.log != nil {
		e.log.tape = nil
	}
	if e.trading != nil {
		if e.trading.halts.beats.tape = nil; e.trading.persist != nil {
			e.trading.persist.tape = nil
		}
	}
	t.flush()
	if clean {
		t.rec.Append2(journal.KindEnd, 0, t.epoch, t.clock, uint64(t.digest), t.events)
	}
	t.rec.Commit()
	closed := make(chan error, 1)
	go func() { closed <- t.out.Close() }()
	patience := time.NewTimer(savePatience)
	defer patience.Stop()
	select {
	case err := <-closed:
		return err
	case <-patience.C:
		return &journal.DiskError{Op: "close", Path: e.config.Journal.Dir, Err: errSaveTimeout}
	}
}

// JournalStats returns what the journal did so far, and false without one. Any goroutine.
func (e *Engine) JournalStats() (s journal.Stats, ok bool) {
	if e.journal == nil {
		return s, false
	}
	return e.journal.Stats(), true
}

// record records what the session sent or received, or compares what it sent in a replay.
func (t *tape) record(r *TapRecord) {
	t.epoch = r.Epoch
	if t.rec == nil {
		if r.Direction == session.Outbound {
			t.player.compare(r.Payload)
		}
		return
	}
	flags := uint8(0)
	if r.Truncated {
		flags = journal.FlagTruncated
	}
	switch {
	case r.Direction == session.Outbound:
		t.rec.Append(journal.KindOutbound, flags, r.Epoch, r.At, r.Payload)
	case len(r.Payload) <= t.rec.PayloadMax():
		t.rec.Append(journal.KindInbound, flags, r.Epoch, r.At, r.Payload)
	default:
		t.recordLong(flags, r)
	}
}

// recordLong records frames that no record can have all of.
func (t *tape) recordLong(flags uint8, r *TapRecord) {
	for rest := r.Payload; len(rest) > 0; {
		n := 0
		for n < len(rest) {
			_, size, err := wire.Scan(rest[n:], t.limits)
			if err != nil || size == 0 {
				size = len(rest) - n // not whole
			}
			if n > 0 && n+size > t.rec.PayloadMax() {
				break
			}
			n += size
		}
		t.rec.Append(journal.KindInbound, flags, r.Epoch, r.At, rest[:n])
		rest = rest[n:]
	}
}

// append appends a record behind what was received before.
func (t *tape) append(kind journal.Kind, flags uint8, at int64, payload []byte) {
	if t.session != nil {
		t.session.RecordNow()
	}
	t.rec.Append(kind, flags, t.epoch, at, payload)
}

// refused records a message that was not sent.
func (t *tape) refused(now int64, keys *msg.Keys, err error) {
	if !t.recording() {
		return
	}
	b := append(t.line[:0], keys.Type.String()...)
	b = append(b, ": "...)
	t.line = append(b, err.Error()...)
	t.append(journal.KindRefusal, 0, now, t.line)
}

// log records a line of the log, as key=value with texts quoted.
func (t *tape) log(r *record) {
	b := append(t.line[:0], "level="...)
	b = append(b, levelName(r.level)...)
	text := func(key, value string) {
		if value != "" {
			b = append(append(append(b, ' '), key...), '=')
			b = strconv.AppendQuote(b, value)
		}
	}
	number := func(key string, value uint64) {
		if value != 0 {
			b = append(append(append(b, ' '), key...), '=')
			b = strconv.AppendUint(b, value, 10)
		}
	}
	text("msg", r.text)
	number("epoch", uint64(r.epoch))
	number("seq", r.seq)
	if r.typ != 0 {
		text("type", r.typ.String())
	}
	number("reference", r.reference)
	if r.from != 0 {
		number("from", r.from)
		number("to", r.to)
	}
	if r.fate != 0 {
		text("fate", r.fate.String())
	}
	text("handler", r.name)
	text("by", r.cause)
	number("took_ns", uint64(max(r.took, 0)))
	number("pause_ns", uint64(max(r.pause, 0)))
	if r.err != nil {
		text("cause", r.err.Error())
	}
	t.line = b
	t.append(journal.KindLog, 0, r.at, b)
}

func levelName(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return "ERROR"
	case l >= slog.LevelWarn:
		return "WARN"
	case l >= slog.LevelInfo:
		return "INFO"
	}
	return "DEBUG"
}

// describePayload returns what names a payload in a difference.
func describePayload(payload []byte) string {
	e, err := envelope.Parse(payload)
	if err != nil {
		return strconv.Itoa(len(payload)) + " bytes"
	}
	name := msg.PayloadType(e.Type).String()
	if e.EtoType != envelope.EtoNone {
		name = msg.EtoPayloadType(e.EtoType).String()
	}
	return name + " " + strconv.FormatUint(e.Seq, 10) + ": " + hex.EncodeToString(payload)
}

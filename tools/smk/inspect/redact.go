package inspect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/wire"
)

// RedactOptions say what is masked beyond what always is.
type RedactOptions struct {
	Amounts bool // prices, quantities and money too
}

// Redacted is what was copied.
type Redacted struct {
	Records uint64 `json:"records"`
	Tapes   uint64 `json:"tapes_left_out"`
	Lost    uint64 `json:"lost"` // records that the journal says are lost; a log record takes their place
}

// RedactedName is the name of a redacted journal.
const RedactedName = "redacted"

// driftMax is how far the wall clock of the copy may be from the journal's, in ns.
const driftMax = 1e6

// What amounts are masked with.
const (
	maskedPrice    = 5000
	maskedQuantity = 10_000
)

// Redact copies a journal into an empty folder for others to read: the texts of messages are masked, with asterisks of
// the same length, and so are the account's number, the name of the journal and causes in the log and of refusals. Left
// out are tapes, which have what was submitted and texts of errors, and what the runs began with; so the copy cannot be
// replayed. Identifiers of orders, references, markets and times stay. Records get new numbers. With an error there is
// no copy, except with damage of the journal: the copy has all that is before.
func Redact(ctx context.Context, from, to string, o RedactOptions) (done Redacted, err error) {
	if files, err := os.ReadDir(to); err == nil && slices.ContainsFunc(files, ofJournal) {
		return done, fmt.Errorf("%s has a journal already", to)
	}
	var clock, wall atomic.Int64
	var out *journal.Journal
	var rec *journal.Recorder
	for e, err := range Read(ctx, from, Options{Tape: true}) {
		if err == nil && out == nil {
			clock.Store(e.At)
			wall.Store(e.Wall)
			out, err = journal.Open(journal.Config{
				Dir: to, Name: RedactedName, OnFull: journal.FullWait, WaitMax: time.Hour, Durability: journal.SyncNone,
				Clock: clock.Load, Wall: wall.Load,
			})
			if err == nil {
				rec = out.Recorder()
			}
		}
		if err == nil && !e.Own {
			if drift := e.Wall - e.At - (wall.Load() - clock.Load()); drift > driftMax || drift < -driftMax {
				err = out.Sync() // what came before has the offset that was
				clock.Store(e.At)
				wall.Store(e.Wall)
			}
		}
		if err == nil {
			err = done.copy(rec, e, o)
		}
		if err != nil {
			return done, endCopy(out, to, err)
		}
	}
	return done, endCopy(out, to, nil)
}

// endCopy closes the copy, nil if there is none, and removes it if it is not what it should be: a part that is sealed
// would be taken for the whole.
func endCopy(out *journal.Journal, to string, err error) error {
	if out == nil {
		return err
	}
	closed := out.Close()
	if stats := out.Stats(); closed == nil && stats.Lost > 0 {
		closed = fmt.Errorf("%s: %d records could not be written", to, stats.Lost)
	}
	var damage *journal.DamageError
	if closed == nil && (err == nil || errors.As(err, &damage)) {
		return err
	}
	err = errors.Join(err, closed)
	files, listed := os.ReadDir(to)
	for _, f := range files {
		if ofJournal(f) {
			err = errors.Join(err, os.Remove(filepath.Join(to, f.Name())))
		}
	}
	return errors.Join(err, listed)
}

// ofJournal reports whether a file is a segment of a journal.
func ofJournal(f os.DirEntry) bool { return filepath.Ext(f.Name()) == ".smkj" }

// copy copies a record.
func (d *Redacted) copy(rec *journal.Recorder, e *Entry, o RedactOptions) error {
	payload := e.Payload
	kind := e.Kind
	switch {
	case kind == journal.KindTape:
		d.Tapes++
		return nil
	case kind == journal.KindLost && !e.Own:
		i, err := journal.DecodeLost(payload)
		if err != nil {
			return err
		}
		d.Lost += i.Records
		kind, payload = journal.KindLog, fmt.Appendf(nil, "level=WARN msg=\"records lost\" records=%d", i.Records)
	case kind == journal.KindGC: // the writer's own of the copy are about the copying
	case e.Own, kind == journal.KindStart && e.Flags&engine.StartContinues != 0:
		return nil
	case e.Message != nil:
		if e.Err != nil {
			e.Message.Payload.Reset() // nobody knows what it has
		}
		maskMessage(e.Message.Payload.ProtoReflect(), o)
		b, err := proto.MarshalOptions{AllowPartial: true, Deterministic: true}.Marshal(e.Message.Payload)
		if err != nil {
			return err
		}
		if payload = b; e.Inbound() {
			payload = wire.AppendFrame(nil, b)
		}
	case kind == journal.KindStart:
		payload = []byte(`{"Redacted":true}`) // a replay says so
	case kind == journal.KindLog:
		payload = maskLog(string(payload), o)
	case kind == journal.KindRefusal:
		payload = maskRefusal(string(payload), o)
	}
	rec.Append(kind, e.Flags&journal.FlagTruncated, e.Epoch, e.At, payload)
	rec.Commit()
	d.Records++
	return nil
}

// maskMessage masks the texts of a message, unknown fields, and the account's number.
func maskMessage(m protoreflect.Message, o RedactOptions) {
	m.SetUnknown(nil)
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsList() && f.Kind() == protoreflect.MessageKind:
			for i := range v.List().Len() {
				maskMessage(v.List().Get(i).Message(), o)
			}
		case f.IsList():
		case f.Kind() == protoreflect.MessageKind:
			maskMessage(v.Message(), o)
		case f.Kind() == protoreflect.StringKind:
			m.Set(f, protoreflect.ValueOfString(strings.Repeat("*", len(v.String()))))
		case f.Kind() == protoreflect.BytesKind:
			m.Set(f, protoreflect.ValueOfBytes([]byte(strings.Repeat("*", len(v.Bytes())))))
		case f.FullName() == "smarkets.eto.LoginResponse.id":
			m.Set(f, protoreflect.ValueOfUint64(0))
		case o.Amounts:
			maskAmount(m, f)
		}
		return true
	})
}

// maskAmount masks a price, a quantity or an amount of money.
func maskAmount(m protoreflect.Message, f protoreflect.FieldDescriptor) {
	name := string(f.Name())
	switch {
	case f.Kind() == protoreflect.DoubleKind:
		m.Set(f, protoreflect.ValueOfFloat64(0))
	case strings.HasSuffix(name, "price") && f.Kind() == protoreflect.Uint32Kind:
		m.Set(f, protoreflect.ValueOfUint32(maskedPrice))
	case f.Kind() == protoreflect.Uint64Kind && (strings.HasSuffix(name, "quantity") || name == "executed_volume"):
		m.Set(f, protoreflect.ValueOfUint64(maskedQuantity))
	case name == "maq" && f.Kind() == protoreflect.Uint32Kind:
		m.Set(f, protoreflect.ValueOfUint32(maskedQuantity))
	}
}

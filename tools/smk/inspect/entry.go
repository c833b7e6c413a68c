package inspect

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/journal"
)

// Entry is a record of a journal, or one of the messages in a record, decoded.
type Entry struct {
	journal.Record
	Part    int                // of the record's messages, from 1; 0 if it has no more than one
	Frame   int                // bytes that the message took in the stream
	Run     int                // of the engine, from 1; 0 before the first
	Message *Message           // of a payload, else nil
	Err     error              // why the payload, or the entries of the tape, could not be decoded
	Tape    []engine.TapeEntry // of a KindTape record
}

// Inbound reports whether the entry is a payload from the exchange.
func (e *Entry) Inbound() bool { return e.Kind == journal.KindInbound }

// Outbound reports whether the entry is a payload to the exchange.
func (e *Entry) Outbound() bool { return e.Kind == journal.KindOutbound }

// Time returns the wall clock's reading.
func (e *Entry) Time() time.Time { return time.Unix(0, e.Wall).UTC() }

// Options say what is read of a journal.
type Options struct {
	Tape   bool      // entries of KindTape records are decoded; such records are left out without
	Follow bool      // waits at the end for more, until the context ends
	Seek   time.Time // begins there; runs are counted from the journal's first on all the same

	// RunsLater counts the runs before Seek when another one begins, and entries until then have none: counting reads
	// all that is before.
	RunsLater bool
}

// NoJournalError is a folder without a journal.
type NoJournalError struct{ Dir string }

// Error names the folder.
func (e *NoJournalError) Error() string { return e.Dir + " has no journal with a record" }

// Read returns the entries of a journal in order. An entry is valid until the next one; its Message and Tape for
// good. The first error ends them: that of the journal, or of the context.
func Read(ctx context.Context, dir string, o Options) iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		r, err := journal.OpenDir(dir, journal.ReaderConfig{Follow: o.Follow})
		if err != nil {
			yield(nil, err)
			return
		}
		defer func() { _ = r.Close() }()
		if !o.Seek.IsZero() {
			if err := r.SeekTime(o.Seek.UnixNano()); err != nil {
				yield(nil, err)
				return
			}
		}
		fail := func(err error) {
			if !o.Follow || !errors.Is(err, context.Canceled) { // which is how following ends, wherever it is
				yield(nil, err)
			}
		}
		d, empty := decoder{tape: o.Tape}, o.Seek.IsZero()
		progress, _ := ctx.Value(progressKey{}).(*Progress)
		for {
			record, err := r.Next()
			if empty = empty && err == io.EOF; empty && !o.Follow {
				err = &NoJournalError{dir}
			}
			switch {
			case err == io.EOF && o.Follow:
				if err := r.Wait(ctx); err != nil {
					fail(err)
					return
				}
				continue
			case err == io.EOF:
				return
			case err == nil:
				err = ctx.Err()
			}
			if err != nil {
				fail(err)
				return
			}
			if !o.Seek.IsZero() && (!o.RunsLater || beginsRun(record)) {
				o.Seek = time.Time{}
				d.run, err = runsBefore(ctx, dir, record.Seq)
				if err != nil {
					fail(err)
					return
				}
			}
			progress.add(record)
			if !d.decode(record, yield) {
				return
			}
		}
	}
}

// runsBefore returns how many runs begin before a record, as far as the journal can be read up to there.
func runsBefore(ctx context.Context, dir string, seq uint64) (n int, err error) {
	r, err := journal.OpenDir(dir, journal.ReaderConfig{})
	if err != nil {
		return 0, err
	}
	defer func() { _ = r.Close() }()
	progress, _ := ctx.Value(progressKey{}).(*Progress)
	for {
		record, err := r.Next()
		if err != nil || record.Seq >= seq {
			return n, nil // damage before what is wanted is no reason not to read that
		}
		if beginsRun(record) {
			n++
		}
		if err := ctx.Err(); err != nil {
			return n, err
		}
		progress.add(record)
	}
}

// beginsRun reports whether a record is the first of a run.
func beginsRun(r *journal.Record) bool {
	return r.Kind == journal.KindStart && r.Flags&engine.StartContinues == 0
}

// decoder decodes records in order.
type decoder struct {
	tape     bool
	entry    Entry
	messages []message
	run      int
}

// decode yields the entries of a record, and returns false if yield did.
func (d *decoder) decode(r *journal.Record, yield func(*Entry, error) bool) bool {
	e := &d.entry
	*e = Entry{Record: *r, Run: d.run}
	switch r.Kind {
	case journal.KindStart:
		if beginsRun(r) {
			d.run++
		}
		e.Run = d.run
	case journal.KindInbound:
		return d.received(r, yield)
	case journal.KindOutbound:
		e.Frame = frameSize(r.Payload)
		e.Message, e.Err = Decode(r.Payload)
	case journal.KindTape:
		if !d.tape {
			return true
		}
		for t, err := range engine.TapeEntries(r) {
			if err != nil {
				e.Err = err
				break
			}
			e.Tape = append(e.Tape, t)
		}
	}
	return yield(e, nil)
}

// received yields the messages of a record of received frames.
func (d *decoder) received(r *journal.Record, yield func(*Entry, error) bool) bool {
	d.messages = appendMessages(d.messages[:0], r)
	for i, m := range d.messages {
		e := &d.entry
		*e = Entry{Record: *r, Run: d.run, Frame: m.frame}
		e.Payload = m.payload
		if len(d.messages) > 1 {
			e.Part = i + 1
		}
		if !m.cut {
			e.Flags &^= journal.FlagTruncated
		}
		if e.Message, e.Err = Decode(m.payload); m.err != nil {
			e.Err = m.err
		}
		if !yield(e, nil) {
			return false
		}
	}
	return true
}

// Reaches reports whether a journal that is read up to before a time is read no further. Records of the writer's own
// have the time of their writing, and others that were recorded before follow.
func (e *Entry) Reaches(t time.Time) bool { return !t.IsZero() && !e.Own && e.Wall >= t.UnixNano() }

// Place returns where the entry is.
func (e *Entry) Place() Place { return Place{e.Seq, e.Part} }

// Name returns the name of a journal, Config.Name of its first segment.
func Name(dir string) (name string, err error) {
	r, err := journal.OpenDir(dir, journal.ReaderConfig{})
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	record, err := r.Next()
	if err == io.EOF {
		return "", errors.New("the journal has no records")
	}
	if err != nil {
		return "", err
	}
	i, err := journal.DecodeSegment(record.Payload)
	return i.Name, err
}

package smknats

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/journal"
)

// Restored says how far a journal was restored.
type Restored struct {
	Blocks   int   // that were written
	Bytes    int64 // that were written
	Skipped  int   // blocks before the first whole segment, the rest of one whose beginning the stream has not any more
	Segment  uint64
	Offset   int64  // end of the segment
	Record   uint64 // last record in it
	Sequence uint64 // the stream's last message, which is in the journal
}

// Restore copies the log of an account into the journal of a folder, byte by byte, up to the message that is the
// stream's last when Restore begins. A folder that has a beginning of that journal, such as one of an earlier Restore,
// is written on; its end has to be where a record ends, as Restore leaves it. The journal is durable then. It may be
// read, checked, and written on by [journal.Open].
//
// It returns a *MismatchError if the folder has something else, such as a hole in its last segment because the power
// was cut before an earlier Restore had returned, a *GapError if blocks are missing in the stream, such as
// those that expired while Restore had yet to read them and that nothing follows, or all of them, a
// *MessageError for what is no block, a *journal.DiskError that wraps journal.ErrInUse if somebody writes to the
// folder, and jetstream.ErrStreamNotFound if there is no log. A stream that never had a message restores nothing.
func Restore(ctx context.Context, js jetstream.JetStream, environment, account, dir string) (Restored, error) {
	return restoreTo(ctx, js, environment, account, dir, systemDisk)
}

func restoreTo(
	ctx context.Context, js jetstream.JetStream, environment, account, dir string, to disk,
) (r Restored, err error) {
	names, err := NewNames(environment)
	if err != nil {
		return r, err
	}
	if _, err := Token(account); err != nil {
		return r, err
	}
	name := names.LogStream(account)
	stream, err := js.Stream(ctx, name)
	if err != nil {
		return r, fmt.Errorf("smknats: stream %s: %w", name, err)
	}
	info, err := stream.Info(ctx)
	switch {
	case err != nil:
		return r, fmt.Errorf("smknats: stream %s: %w", name, err)
	case info.State.Msgs == 0 && info.State.LastSeq == 0:
		return r, nil
	case info.State.Msgs == 0: // all that there was has expired or was purged
		_, segment, err := segments(dir)
		return r, errors.Join(err, &GapError{Where: name, Segment: segment})
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return r, fmt.Errorf("smknats: %w", err)
	}
	lock, held, err := journal.OS{}.Lock(filepath.Join(dir, "lock"))
	if held || err != nil {
		if held {
			err = &journal.DiskError{Path: dir, Op: "lock", Err: journal.ErrInUse}
		}
		return r, err
	}
	defer func() { _ = lock.Close() }()
	w := &restorer{
		dir: dir, name: name, subject: names.Log(account), stream: stream, result: &r, disk: to,
	}
	defer func() {
		if errors.Is(err, errRemoved) {
			err = &GapError{Where: name, Segment: w.end.segment, Offset: w.end.offset}
		}
		err = w.finish(err)
	}()
	first, err := w.begin(ctx, info.State.FirstSeq, info.State.LastSeq)
	if err != nil {
		return r, err
	}
	err = each(ctx, js, name, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: first,
	}, func(m jetstream.Msg, sequence uint64) error {
		id, err := parseBlock(w.subject, sequence, m.Headers(), len(m.Data()))
		if err != nil {
			return err
		}
		if err := w.write(id, m.Data()); err != nil {
			return err
		}
		if r.Sequence = sequence; sequence >= info.State.LastSeq {
			return errSeen
		}
		return nil
	}, jetstream.PullMaxMessages(restoreAhead))
	if !errors.Is(err, errSeen) {
		return r, err
	}
	return r, nil
}

// Limits of a restore.
const (
	restoreAhead = 64      // blocks that are asked for at a time
	restoreStart = 2 << 20 // bytes of a segment that the disk is not asked to write yet, a block apart
)

// restorer writes blocks into the segments of a journal.
type restorer struct {
	dir     string
	name    string
	subject string
	stream  jetstream.Stream
	result  *Restored

	end  place    // of what the folder has
	file *os.File // segment of end, nil if it is not open

	disk    disk
	started int64 // offset in file up to which the disk began to write, or to which the segment was there before
}

// disk is what makes a file durable.
type disk struct {
	// start begins to write a range and does not wait for it: the disk works while blocks come, and little is left for
	// sync at the segment's end.
	start func(f *os.File, offset, n int64) error
	sync  func(f *os.File) error
}

var systemDisk = disk{startWriting, (*os.File).Sync}

// begin finds out what the folder has, and returns the message of the stream to begin with.
func (w *restorer) begin(ctx context.Context, first, last uint64) (uint64, error) {
	var err error
	if _, w.end.segment, err = segments(w.dir); err != nil || w.end.segment == 0 {
		return first, err
	}
	info, err := os.Stat(segmentPath(w.dir, w.end.segment))
	if err != nil {
		return 0, fmt.Errorf("smknats: %w", err)
	}
	w.end.offset = info.Size()
	// What a Restore before did not make durable may have holes after a power cut: what is behind the last whole record
	// is compared.
	whole, _, err := lastWhole(w.dir, w.end.segment)
	var damage *journal.DamageError
	if err != nil && !errors.As(err, &damage) {
		return 0, err
	}
	// The last message that begins at the end of it or before.
	low, high := first, last+1
	for low+1 < high {
		middle := low + (high-low)/2
		id, err := w.id(ctx, middle)
		if err != nil {
			return 0, err
		}
		if at := id.place(); at.segment > w.end.segment || at.segment == w.end.segment && at.offset > whole {
			high = middle
		} else {
			low = middle
		}
	}
	if id, err := w.id(ctx, low); err == nil && id.offset == w.end.offset && id.segment == w.end.segment &&
		low > first {
		low-- // so that its bytes are compared
	}
	return w.besideCut(ctx, first, low, last)
}

func (w *restorer) id(ctx context.Context, sequence uint64) (blockID, error) {
	m, err := w.stream.GetMsg(ctx, sequence)
	if err != nil {
		return blockID{}, fmt.Errorf("smknats: stream %s, message %d: %w", w.name, sequence, err)
	}
	return parseBlock(w.subject, sequence, m.Header, len(m.Data))
}

// write writes a block, or compares it with what is there, and cuts off what it says is void.
func (w *restorer) write(id blockID, data []byte) error {
	if err := w.put(id, data); err != nil || !id.cut {
		return err
	}
	return w.cut(place{id.segment, id.offset + int64(len(data))})
}

func (w *restorer) put(id blockID, data []byte) error {
	at := id.place()
	switch {
	case at.offset == 0 && (w.end.segment == 0 || at.segment == w.end.segment+1):
		if err := w.create(at.segment); err != nil {
			return err
		}
	case w.end.segment == 0: // the stream does not begin with the segment's beginning
		w.result.Skipped++
		return nil
	case at.segment < w.end.segment || at.segment == w.end.segment && at.offset < w.end.offset:
		return w.compare(id, data)
	case at != w.end:
		return &GapError{w.name, w.end.segment, w.end.offset, at.segment}
	}
	if err := w.open(); err != nil {
		return err
	}
	if _, err := w.file.WriteAt(data, w.end.offset); err != nil {
		return fmt.Errorf("smknats: %w", err)
	}
	w.end.offset += int64(len(data))
	w.result.Blocks++
	w.result.Bytes += int64(len(data))
	w.note(id)
	return w.startWriting()
}

// startWriting has the disk begin with what is whole of restoreStart bytes: a page that the next block writes to, too,
// would be written twice.
func (w *restorer) startWriting() error {
	end := w.end.offset &^ (restoreStart - 1)
	if end <= w.started {
		return nil
	}
	if err := w.disk.start(w.file, w.started, end-w.started); err != nil {
		return fmt.Errorf("smknats: segment %d, offset %d: %w", w.end.segment, w.started, err)
	}
	w.started = end
	return nil
}

func (w *restorer) note(id blockID) {
	w.result.Segment, w.result.Offset, w.result.Record = w.end.segment, w.end.offset, id.record
}

// compare compares a block with what the folder has, and writes what is missing of it.
func (w *restorer) compare(id blockID, data []byte) error {
	at := id.place()
	n := len(data)
	if at.segment == w.end.segment {
		n = int(min(int64(n), w.end.offset-at.offset))
	}
	local, err := readSegment(w.dir, at.segment, at.offset, n)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || err == nil && !bytes.Equal(local, data[:n]) {
		return &MismatchError{w.name, w.dir, at.segment, at.offset, "the folder has other bytes there"}
	}
	if err != nil {
		return fmt.Errorf("smknats: %w", err)
	}
	if n < len(data) {
		id.offset += int64(n)
		return w.put(id, data[n:])
	}
	w.note(id)
	return nil
}

// create begins a segment.
func (w *restorer) create(number uint64) error {
	if err := w.closeFile(); err != nil {
		return err
	}
	f, err := os.OpenFile(segmentPath(w.dir, number), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("smknats: %w", err)
	}
	w.file, w.end, w.started = f, place{number, 0}, 0
	return nil
}

// open opens the segment that is written.
func (w *restorer) open() error {
	if w.file != nil {
		return nil
	}
	f, err := os.OpenFile(segmentPath(w.dir, w.end.segment), os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("smknats: %w", err)
	}
	w.file, w.started = f, w.end.offset
	return nil
}

// finish makes the last segment durable. A folder that had everything is no exception: the Restore that wrote it may
// have been killed before it had.
func (w *restorer) finish(err error) error {
	if err == nil && w.end.segment != 0 {
		err = w.open()
	}
	return errors.Join(err, w.closeFile())
}

// closeFile makes the segment durable, and its name.
func (w *restorer) closeFile() error {
	if w.file == nil {
		return nil
	}
	f := w.file
	w.file = nil
	if err := errors.Join(w.disk.sync(f), f.Close(), journal.OS{}.SyncDir(w.dir)); err != nil {
		return fmt.Errorf("smknats: %w", err)
	}
	return nil
}

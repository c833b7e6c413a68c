package smknats

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/journal"
)

// cutBytes is how much of a segment a block that cuts has, at most: what is before the place where the log goes on.
const cutBytes = 4 << 10

// Claim publishes something in the name of nobody behind the stream's message of a sequence, which a journal in a
// folder was restored up to: whoever was chained to that message is refused from then on. That is the last block once
// more, so that the log says the same twice there; or, if the last block is a part of a record whose rest never came,
// the end of the whole records before it, with a header that says that what follows is void: a journal that is opened
// seals its segment there.
//
// It reports false if the message is not the stream's last any more: then the journal has to be restored again.
func Claim(
	ctx context.Context, js jetstream.JetStream, environment, account, dir string, sequence uint64,
) (claimed bool, err error) {
	names, err := NewNames(environment)
	if err != nil {
		return false, err
	}
	name, subject := names.LogStream(account), names.Log(account)
	stream, err := js.Stream(ctx, name)
	if err != nil {
		return false, fmt.Errorf("smknats: stream %s: %w", name, err)
	}
	last, err := stream.GetMsg(ctx, sequence)
	if err != nil {
		return false, fmt.Errorf("smknats: stream %s: %w", name, err)
	}
	id, err := parseBlock(subject, sequence, last.Header, len(last.Data))
	if err != nil {
		return false, err
	}
	m := &nats.Msg{Subject: subject, Header: nats.Header{}, Data: last.Data}
	for _, h := range []string{
		headerVersion, headerSegment, headerOffset, headerRecord, headerWall, headerSealed, headerPart, headerCut,
	} {
		if v := last.Header.Get(h); v != "" {
			m.Header.Set(h, v)
		}
	}
	m.Header.Set(headerPublisher, newPublisherNumber())
	if id.part {
		if err := cutAt(m, dir, id); err != nil {
			return false, err
		}
	}
	_, err = js.PublishMsg(ctx, m,
		jetstream.WithExpectLastSequencePerSubject(sequence), jetstream.WithExpectStream(name))
	switch {
	case err == nil:
		return true, nil
	case isUnexpected(err):
		return false, nil
	}
	return false, fmt.Errorf("smknats: stream %s: %w", name, err)
}

// cutAt makes a message a block that cuts the log where the journal in a folder has its last whole record.
func cutAt(m *nats.Msg, dir string, id blockID) error {
	end, record, err := lastWhole(dir, id.segment)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // the stream has not the beginning of the segment any more, and so nobody has it from there
	}
	if err != nil {
		return err
	}
	if end = max(end, fileHeader); record == 0 {
		record = id.record
	}
	begin := max(0, end-cutBytes)
	if m.Data, err = readSegment(dir, id.segment, begin, int(end-begin)); err != nil {
		return fmt.Errorf("smknats: %w", err)
	}
	m.Header.Set(headerOffset, strconv.FormatInt(begin, 10))
	m.Header.Set(headerRecord, strconv.FormatUint(record, 10))
	m.Header.Set(headerCut, "1")
	m.Header.Del(headerPart)
	return nil
}

// lastWhole returns where the last whole record of a segment ends, 0 if it does not even have its header, and that
// record's number, 0 if there is none. The error is a *journal.DamageError, besides which both are returned, or a
// *journal.DiskError.
func lastWhole(dir string, segment uint64) (end int64, record uint64, err error) {
	r, err := journal.OpenFile(segmentPath(dir, segment), journal.ReaderConfig{})
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = r.Close() }()
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return end, record, nil
		}
		if err != nil {
			return end, record, err
		}
		end = rec.Offset + int64(len(rec.Raw))
		if !rec.Own {
			record = rec.Seq
		}
	}
}

// cut cuts off what the folder has of a segment behind a place.
func (w *restorer) cut(at place) error {
	if at.segment != w.end.segment || at.offset >= w.end.offset {
		return nil
	}
	if err := w.open(); err != nil {
		return err
	}
	if err := w.file.Truncate(at.offset); err != nil {
		return fmt.Errorf("smknats: %w", err)
	}
	w.end, w.started = at, min(w.started, at.offset)
	w.result.Offset = at.offset
	return nil
}

// besideCut returns the message to begin with if the one that was found is beside a cut: the folder may have what the
// stream has before the cut, parts of a record, or what it has behind it.
func (w *restorer) besideCut(ctx context.Context, first, found, last uint64) (uint64, error) {
	group, cut := found, found
	for ; cut <= last; cut++ { // forwards over parts to what cuts
		id, err := w.id(ctx, cut)
		if err != nil {
			return 0, err
		}
		if id.cut {
			break
		}
		if !id.part {
			cut = last
		}
	}
	if cut > last && found > first { // or backwards
		if id, err := w.id(ctx, found-1); err != nil || !id.cut {
			return found, err
		}
		cut = found - 1
	} else if cut > last {
		return found, nil
	}
	m, err := w.stream.GetMsg(ctx, cut)
	if err != nil {
		return 0, fmt.Errorf("smknats: stream %s, message %d: %w", w.name, cut, err)
	}
	id, err := parseBlock(w.subject, cut, m.Header, len(m.Data))
	if err != nil {
		return 0, err
	}
	at := place{id.segment, id.offset + int64(len(m.Data))}
	if at.segment != w.end.segment || at.offset >= w.end.offset {
		return found, nil
	}
	for cut < last { // to the last claim: another that follows at once says the same again
		id, err := w.id(ctx, cut+1)
		if err != nil {
			return 0, err
		}
		if !id.cut {
			break
		}
		cut++
	}
	if cut < last {
		if same, err := w.has(ctx, cut+1); err != nil || same {
			return cut + 1, err
		}
	}
	for group = cut; group > first; group-- {
		if id, err := w.id(ctx, group-1); err != nil || !id.part && !id.cut {
			return group, err
		}
	}
	return group, nil
}

// has reports whether the folder has the bytes of a message, as far as it goes.
func (w *restorer) has(ctx context.Context, sequence uint64) (bool, error) {
	m, err := w.stream.GetMsg(ctx, sequence)
	if err != nil {
		return false, fmt.Errorf("smknats: stream %s, message %d: %w", w.name, sequence, err)
	}
	id, err := parseBlock(w.subject, sequence, m.Header, len(m.Data))
	if err != nil || id.segment != w.end.segment || id.offset >= w.end.offset {
		return false, err
	}
	n := int(min(int64(len(m.Data)), w.end.offset-id.offset))
	local, err := readSegment(w.dir, id.segment, id.offset, n)
	if err != nil {
		return false, fmt.Errorf("smknats: %w", err)
	}
	return bytes.Equal(local, m.Data[:n]), nil
}

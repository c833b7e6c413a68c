package smknats

import (
	"context"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// logWriter publishes a journal as blocks. Each says which message of the subject has to be the last: the server
// refuses it if somebody else has written since. Only one is under way at a time, for a block may be chained to one
// that is known to be in the stream, and not to one that ought to be there: if another publisher's block took its
// sequence number, those behind would follow on that.
type logWriter struct {
	p       *Publisher
	stream  jetstream.Stream
	name    string
	subject string

	tail    *tail  // nil if the stream's end has to be read first
	last    uint64 // the stream's last message that is accounted for
	resumed bool   // last is known
	next    block  // to be sent
	ready   bool   // there is a next
}

// newLog returns the writer of an account's log.
func (p *Publisher) newLog() *logWriter {
	return &logWriter{p: p, name: p.names.LogStream(p.c.Account), subject: p.names.Log(p.c.Account)}
}

func (w *logWriter) close() {
	if w.tail != nil {
		w.tail.close()
		w.tail = nil
	}
	w.ready = false
}

// run publishes until ctx ends, or there is no way to go on. What a server does not answer is tried again for ever.
func (w *logWriter) run(ctx context.Context) error {
	defer w.close()
	for {
		if err := w.p.insist(ctx, w.step); err != nil {
			return err
		}
	}
}

// step publishes what there is, and waits for more. After an error it begins with the stream's end.
func (w *logWriter) step(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	if w.tail == nil {
		if err := w.resume(ctx); err != nil {
			return err
		}
	}
	if !w.ready {
		if w.next, w.ready, err = w.tail.read(); err != nil {
			return err
		}
		if !w.ready {
			return w.tail.wait(ctx)
		}
	}
	// The next block is read while this one is under way.
	b, next := w.next, make(chan fetched, 1)
	w.ready = false
	go func() {
		b, ok, err := w.tail.read()
		next <- fetched{b, ok, err}
	}()
	sequence, err := w.send(ctx, b)
	n := <-next
	if err == nil {
		w.last = sequence
		w.p.landed(b, sequence)
		w.next, w.ready, err = n.block, n.ok, n.err
	}
	return err
}

// fetched is what reading a block returned.
type fetched struct {
	block block
	ok    bool
	err   error
}

// send sends a block, waits until it is in the stream, and returns its sequence there.
func (w *logWriter) send(ctx context.Context, b block) (uint64, error) {
	h := nats.Header{}
	h.Set(headerVersion, strconv.Itoa(version))
	h.Set(headerSegment, strconv.FormatUint(b.segment, 10))
	h.Set(headerOffset, strconv.FormatInt(b.offset, 10))
	h.Set(headerRecord, strconv.FormatUint(b.record, 10))
	h.Set(headerWall, strconv.FormatInt(b.wall, 10))
	h.Set(headerPublisher, w.p.number)
	if b.sealed && !b.part {
		h.Set(headerSealed, "1")
	}
	if b.part {
		h.Set(headerPart, "1")
	}
	w.p.hook("block")
	ctx, cancel := w.p.link.request(ctx)
	defer cancel()
	ack, err := w.p.js.PublishMsg(ctx, &nats.Msg{Subject: w.subject, Header: h, Data: b.data},
		jetstream.WithExpectLastSequencePerSubject(w.last), jetstream.WithExpectStream(w.name),
		jetstream.WithRetryAttempts(0))
	if err != nil {
		return 0, fmt.Errorf("smknats: %s: %w", w.name, err)
	}
	return ack.Sequence, nil
}

// resume finds out where the stream ends and goes on from there.
func (w *logWriter) resume(ctx context.Context) error {
	ctx, cancel := w.p.link.request(ctx)
	defer cancel()
	var err error
	if w.stream == nil {
		if w.stream, err = openStream(ctx, w.p.js, w.p.logStream(), w.subject); err != nil {
			return err
		}
	}
	info, err := w.stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("smknats: %s: %w", w.name, err)
	}
	var from place
	var record uint64
	last := info.State.LastSeq
	if info.State.Msgs > 0 {
		m, err := w.stream.GetMsg(ctx, last)
		if err != nil {
			return fmt.Errorf("smknats: %s: %w", w.name, err)
		}
		id, err := parseBlock(w.subject, last, m.Header, len(m.Data))
		switch {
		case err != nil:
			return err
		case w.resumed && last > w.last && id.publisher != w.p.number:
			return &SecondWriterError{w.name, last, id.publisher}
		}
		if err := checkBlock(w.name, w.p.c.Dir, id, m.Data); err != nil {
			return err
		}
		from, record = place{id.segment, id.offset + int64(len(m.Data))}, id.record
	}
	w.close()
	if w.tail, err = openTail(w.p.c.Dir, from, record, w.p.c.BlockBytes, w.p.c.Poll); err != nil {
		return err
	}
	w.last, w.resumed = last, true
	w.p.resumed(from, record, last)
	return nil
}

package smknats

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Limits of the log's blocks.
const (
	blocksAhead  = 4                  // under way at a time
	existsAfter  = time.Second        // without more to send, the journal may have been removed
	blocksFaster = requestTimeout / 8 // one more at a time after a block that took less than this
)

// logWriter publishes a journal as blocks, so that each follows on the one before or is refused. A block that follows
// on one that is known to be in the stream says that one's sequence, which has to be the subject's last. A block that
// follows on one that is still under way cannot do that, for another publisher's block may get the sequence that it
// ought to have: it says that one's id, which nobody else's block has. Servers compare ids with their own last
// message; those of a stream with replicas do not all know it after one of them was away, so that there only one
// block is under way.
type logWriter struct {
	p       *Publisher
	stream  jetstream.Stream
	name    string
	subject string

	tail    *tail        // nil if the stream's end has to be read first
	last    uint64       // the stream's last message that is accounted for
	resumed bool         // last is known
	expired bool         // the stream does not have it any more, nor any other
	next    fetched      // to be sent, if next.ok
	reading chan fetched // of what follows, on a goroutine that sends to it; nil if there is none

	flights []blockFlight // oldest first
	window  int           // how many there may be at the moment
	most    int           // how many there may be at most
	number  uint64        // of blocks that were sent
}

// blockFlight is a block that is not acknowledged.
type blockFlight struct {
	end    place
	block  block // without data
	id     string
	sent   time.Time
	ctx    context.Context // ends when there will be no answer
	cancel context.CancelFunc
	future jetstream.PubAckFuture
}

// fetched is what reading a block returned.
type fetched struct {
	block block
	ok    bool
	err   error
}

// newLog returns the writer of an account's log.
func (p *Publisher) newLog() *logWriter {
	return &logWriter{p: p, name: p.names.LogStream(p.c.Account), subject: p.names.Log(p.c.Account)}
}

func (w *logWriter) close() {
	if w.reading != nil {
		<-w.reading
	}
	if w.tail != nil {
		w.tail.close()
		w.tail = nil
	}
	for _, f := range w.flights {
		f.cancel()
	}
	w.next, w.reading, w.flights = fetched{}, nil, nil
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

// step sends the next block if there is one and it may be under way, or else waits: for the oldest block's answer, or
// for more to send. After an error it begins with the stream's end.
func (w *logWriter) step(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			w.close()
			if w.resumed && transient(err) && !isUnexpected(err) {
				w.p.claim() // the log is full, say: books and orders do not wait for it
			}
		}
	}()
	if w.tail == nil {
		if err := w.resume(ctx); err != nil {
			return err
		}
	}
	if !w.next.ok && w.next.err == nil {
		if w.reading == nil {
			w.read()
		}
		w.next, w.reading = <-w.reading, nil
	}
	switch {
	case len(w.flights) > 0 && (!w.next.ok || len(w.flights) >= w.window):
		return w.land()
	case w.next.err != nil:
		return w.next.err
	case !w.next.ok:
		w.p.claim()
		return w.wait(ctx)
	}
	b := w.next.block
	w.next = fetched{}
	w.read() // while this one is sent
	return w.send(ctx, b)
}

// wait waits until there may be more to send, and now and then returns before.
func (w *logWriter) wait(ctx context.Context) error {
	wait, cancel := context.WithTimeout(ctx, existsAfter)
	defer cancel()
	err := w.tail.wait(wait)
	switch {
	case wait.Err() == nil || ctx.Err() != nil:
		return err
	case w.tail.gone():
		at := w.tail.at
		return &MismatchError{w.name, w.p.c.Dir, at.segment, at.offset, "the journal was removed or replaced"}
	}
	return nil
}

// read begins to read the next block.
func (w *logWriter) read() {
	done := make(chan fetched, 1)
	w.reading = done
	go func() {
		b, ok, err := w.tail.read()
		done <- fetched{b, ok, err}
	}()
}

// send sends a block.
func (w *logWriter) send(ctx context.Context, b block) error {
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
	// A number of this run, which no block has again: what was sent before an error may arrive after it.
	w.number++
	f := blockFlight{block: b, id: fmt.Sprintf("%s-%d", w.p.number, w.number), sent: time.Now()}
	f.block.data = nil
	options := []jetstream.PublishOpt{jetstream.WithExpectStream(w.name), jetstream.WithRetryAttempts(0)}
	if n := len(w.flights); n > 0 {
		options = append(options, jetstream.WithExpectLastMsgID(w.flights[n-1].id))
	} else {
		last := w.last
		if w.expired {
			last = 0 // as of a subject that has no message
		}
		options = append(options, jetstream.WithExpectLastSequencePerSubject(last))
	}
	if w.most > 1 {
		h.Set(jetstream.MsgIDHeader, f.id)
	}
	f.end = place{b.segment, b.offset + int64(len(b.data))}
	w.p.hook("block")
	f.ctx, f.cancel = w.p.link.request(ctx)
	var err error
	f.future, err = w.p.js.PublishMsgAsync(&nats.Msg{Subject: w.subject, Header: h, Data: b.data}, options...)
	if err != nil {
		f.cancel()
		return fmt.Errorf("smknats: %s: %w", w.name, err)
	}
	w.flights = append(w.flights, f)
	return nil
}

// land waits until the oldest block that is under way is in the stream.
func (w *logWriter) land() error {
	f := w.flights[0]
	var ack *jetstream.PubAck
	var err error
	select {
	case ack = <-f.future.Ok():
	case err = <-f.future.Err():
	case <-f.ctx.Done():
		err = f.ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("smknats: %s: %w", w.name, err)
	}
	f.cancel()
	w.flights = append(w.flights[:0], w.flights[1:]...)
	w.last, w.expired = ack.Sequence, false
	w.p.landed(f.block, f.end, ack.Sequence)
	w.p.claim()
	if w.window < w.most && time.Since(f.sent) < blocksFaster {
		w.window++
	}
	return nil
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
	last, expired := info.State.LastSeq, false
	switch {
	case info.State.Msgs == 0: // none yet, or all that there were have expired, and where they ended is not said
		if expired = last > 0; w.resumed && last == w.last {
			s := w.p.Stats()
			from, record = place{s.Segment, s.Offset}, s.Record
		}
	default:
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
	w.last, w.resumed, w.expired = last, true, expired
	w.window, w.most = 1, blocksAhead
	if info.Config.Replicas > 1 {
		w.most = 1
	}
	w.p.resumed(from, record, last)
	return nil
}

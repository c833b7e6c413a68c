package smknats

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/plugin/smknats/natspb"
)

// listEvery is how many of the looks at the stream have one that asks which subjects it has: with thousands of books
// that is a long answer.
const listEvery = 10

// check has books published again that the stream has not any more, because it was made anew, purged or lost its end:
// books that do not change would be missing there for long. It asks once a beat. That single books were purged does not
// show in the stream's numbers: now and then it asks which subjects there are.
func (w *bookWriter) check(ctx context.Context, now int64) error {
	if d := now - w.checked; d >= 0 && d < int64(w.p.c.Beat) {
		return nil
	}
	w.checked = now
	w.checks++
	ctx, cancel := w.p.link.request(ctx)
	defer cancel()
	var options []jetstream.StreamInfoOpt
	list := w.checks%listEvery == 0 && w.stream.CachedInfo().State.NumSubjects <= subjectsMax
	if list {
		options = append(options, jetstream.WithSubjectFilter(w.p.names.Books(0)))
	}
	info, err := w.stream.Info(ctx, options...)
	switch {
	case err != nil && (transient(err) || errors.Is(err, jetstream.ErrStreamNotFound)):
		w.p.fail(err) // it may be made anew just now
		return nil
	case err != nil:
		return fmt.Errorf("smknats: %s: %w", w.name, err)
	}
	anew := !info.Created.Equal(w.created) || info.State.LastSeq < w.high
	if anew {
		w.created, w.high = info.Created, 0
		clear(w.lasts)
	}
	for _, b := range w.books {
		purged := b.sequence < info.State.FirstSeq || list && !b.flying && info.State.Subjects[b.subject] == 0
		if anew || b.ours && purged {
			b.ends = w.f.ends
			b.sequence, b.ours, b.mine, b.dirty, b.unknown = 0, false, false, true, info.State.Msgs > 0
		}
	}
	return nil
}

// goneTurn is how many books whose last message is not known are read from the stream between two looks at the journal.
const goneTurn = 64

// empty publishes an empty book in the place of each one that the stream has of this account and that the run has not,
// or not yet, or not as far as the journal says: an engine that was killed has not said that they are not live any
// more, and of one whose journal has lost the run's beginning nobody knows.
func (w *bookWriter) empty(ctx context.Context, now int64) error {
	if !w.void {
		return nil
	}
	for subject, last := range w.lasts {
		var k bookKey
		if last.mine && len(w.books) < sentBooksMax {
			if _, err := fmt.Sscanf(subject, w.p.names.bookFormat(), &k.market, &k.contract); err == nil {
				w.of(k)
			}
		}
	}
	books, reads, waiting := w.f.replica.Books(), 0, false
	for k, b := range w.books {
		if _, known := books.Contract(k.market, k.contract); known || b.gone || b.taken {
			continue
		}
		if b.flying || len(w.flights) >= booksInFlight || reads == goneTurn {
			return nil // the rest next time
		}
		if !b.unknown && !b.ours && !b.mine { // the stream has none, or another account's
			b.gone = true
			continue
		}
		if b.unknown {
			reads++
			mine, err := w.readGone(ctx, b)
			if err != nil {
				return err
			}
			if !mine {
				b.gone = true
				delete(w.refused, b)
				continue
			}
		}
		if !w.fresh(b) {
			waiting = true
			continue
		}
		b.gone = true
		if err := w.send(b, &natspb.Book{
			State: natspb.BookState_BOOK_EMPTY.Enum(), Why: proto.String("unknown to this run"),
			Quotes: &seto.ContractQuotes{MarketId: proto.Uint32(k.market), ContractId: proto.Uint32(k.contract)},
		}, now); err != nil {
			return err
		}
		b.dirty = true // if the run gets to know it
	}
	w.void = waiting
	return nil
}

// readGone reads the last message of a book, and reports whether it is a book of this account that is not empty.
func (w *bookWriter) readGone(ctx context.Context, b *sentBook) (mine bool, err error) {
	ctx, cancel := w.p.link.request(ctx)
	defer cancel()
	b.ends = w.f.ends
	m, err := w.stream.GetLastMsgForSubject(ctx, b.subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		b.sequence, b.unknown = 0, false
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("smknats: %s: %w", b.subject, err)
	}
	e, err := parseEnvelope(m.Subject, m.Sequence, m.Data)
	if err != nil {
		return false, err
	}
	mine = e.GetAccount() == w.p.c.Account && e.GetBook().GetState() != natspb.BookState_BOOK_EMPTY
	b.sequence, b.unknown = m.Sequence, false
	return mine, nil
}

package smknats

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/plugin/smknats/natspb"
)

// Limits of the books' stream.
const (
	booksInFlight = 512              // messages that are not acknowledged, of all books
	bookAge       = 24 * time.Hour   // a book that nobody publishes any more is forgotten then
	bookAgain     = bookAge / 2      // one that does not change is published again
	sentBooksMax  = 2 * contractsMax // whose last message is known: those that the engine has, and as many that it had
)

// bookWriter publishes books, each at most once in Config.Conflate. The message about a book says which of its subject
// has to be the last one: what a publisher that woke up late sends is refused.
type bookWriter struct {
	p        *Publisher
	f        *feed
	name     string
	stream   jetstream.Stream
	created  time.Time           // when the stream was made
	checked  int64               // wall clock, when the stream was asked whether it is the same
	checks   uint64              // how often it was
	lasts    map[string]lastBook // of subjects that nothing was published to yet
	books    map[bookKey]*sentBook
	left     map[uint32]bool // markets that the engine unsubscribed from
	flights  []bookFlight
	refused  map[*sentBook]bool // whose last message was not taken
	high     uint64             // sequence of the newest message that was acknowledged
	void     bool               // the stream may have books that are live and that the run does not know
	flushed  int64              // wall clock
	starting bool               // not every book has been published once
	levels   []book.Level
}

// headerAccount has the account of a book, unless the book is empty: who begins reads no more than headers.
const headerAccount = "Smk-Account"

// lastBook is the last message of a book as it was when the publisher began.
type lastBook struct {
	sequence uint64
	mine     bool // a book of this account that is not empty
}

// bookKey is a contract.
type bookKey struct{ market, contract uint32 }

// sentBook is what the stream has of a book.
type sentBook struct {
	subject  string
	sequence uint64 // of its last message
	ends     uint64 // of the journal, when sequence was read from the stream: see fresh
	dirty    bool   // it has changed since
	flying   bool   // a message is not acknowledged yet
	unknown  bool   // sequence may not be that of the last message
	taken    bool   // another account publishes it
	gone     bool   // the stream does not say that it is live, or it is another account's; since the run knows it not
	ours     bool   // the last message is of this run
	mine     bool   // the last message was a book of this account that is not empty, when the publisher began
	state    book.State
	causes   book.Causes
	exchange seto.ContractStateType
	left     bool
	at       int64 // wall clock of the last message
}

// bookFlight is a message that is not acknowledged.
type bookFlight struct {
	b      *sentBook
	high   uint64 // sequence of the newest message that was acknowledged before
	future jetstream.PubAckFuture
}

// bookStream returns the settings of the books' stream: the last message of each book.
func (p *Publisher) bookStream() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: p.names.BookStream(), Description: "smk: the last book of each contract",
		Storage: jetstream.FileStorage, Replicas: p.c.replicas(p.js), MaxMsgsPerSubject: 1, MaxAge: bookAge,
		DenyDelete: true, MaxConsumers: consumersMax,
	}
}

// newBooks returns the writer of a feed's books.
func (p *Publisher) newBooks(f *feed) *bookWriter {
	return &bookWriter{
		p: p, f: f, name: p.names.BookStream(), lasts: map[string]lastBook{}, books: map[bookKey]*sentBook{},
		left: map[uint32]bool{}, refused: map[*sentBook]bool{}, starting: true, void: true,
	}
}

// open finds out what the stream has.
func (w *bookWriter) open(ctx context.Context) (err error) {
	ctx, cancel := w.p.link.request(ctx)
	defer cancel()
	if w.stream, err = openStream(ctx, w.p.js, w.p.bookStream(), w.p.names.Books(0)); err != nil {
		return err
	}
	w.created = w.stream.CachedInfo().Created
	missing := map[string]bool{}
	if err := addSubjects(ctx, w.stream, ">", missing, subjectsMax); err != nil {
		return err
	}
	if len(missing) == 0 {
		return nil
	}
	err = each(ctx, w.p.js, w.name, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy, FilterSubjects: []string{">"}, HeadersOnly: true,
	}, func(m jetstream.Msg, sequence uint64) error {
		w.lasts[m.Subject()] = lastBook{sequence, m.Headers().Get(headerAccount) == escape(w.p.c.Account, "-_")}
		if delete(missing, m.Subject()); len(missing) == 0 {
			return errSeen
		}
		return nil
	})
	if errors.Is(err, errSeen) {
		return nil
	}
	return err
}

// errSeen ends the reading of a stream.
var errSeen = errors.New("all was seen")

// began forgets which markets were left: a run begins, and knows of no book.
func (w *bookWriter) began() {
	clear(w.left)
	w.void = true
	for _, b := range w.books {
		b.gone = false
	}
}

// of returns what is known of a book.
func (w *bookWriter) of(k bookKey) *sentBook {
	b := w.books[k]
	if b == nil {
		if len(w.books) >= sentBooksMax {
			w.forget()
		}
		b = &sentBook{subject: w.p.names.Book(k.market, k.contract), dirty: true}
		b.sequence, b.mine = w.lasts[b.subject].sequence, w.lasts[b.subject].mine
		delete(w.lasts, b.subject)
		w.books[k] = b
	}
	return b
}

// forget forgets the books that the engine has not any more. What this run published of one that comes again is read
// when it is refused.
func (w *bookWriter) forget() {
	for k, b := range w.books {
		if _, ok := w.f.replica.Books().Contract(k.market, k.contract); !ok && !b.flying {
			if !b.ours && b.sequence != 0 {
				w.lasts[b.subject] = lastBook{b.sequence, b.mine && !b.gone}
			}
			delete(w.books, k)
			delete(w.refused, b)
		}
	}
}

// leave notes that the engine unsubscribed from a market, whose books it keeps.
func (w *bookWriter) leave(market uint32) {
	if _, ok := w.f.replica.Books().Market(market); ok {
		w.left[market] = true
	}
}

// changed notes that a book changed.
func (w *bookWriter) changed(market, contract uint32) { w.of(bookKey{market, contract}).dirty = true }

// marketChanged notes that all books of a market changed.
func (w *bookWriter) marketChanged(market uint32) {
	if m, ok := w.f.replica.Books().Market(market); ok {
		for c := range m.Contracts() {
			w.changed(market, c.ID())
		}
	}
}

// flush publishes the books that have changed, if it is time.
func (w *bookWriter) flush(ctx context.Context) error {
	now := w.p.c.Wall()
	if d := now - w.flushed; d >= 0 && d < int64(w.p.c.Conflate) {
		return nil
	}
	w.flushed = now
	if err := w.land(); err != nil {
		return err
	}
	if err := w.check(ctx, now); err != nil {
		return err
	}
	books, all := w.f.replica.Books(), true
	for i := range books.Places() {
		c, ok := books.ContractAt(i)
		if !ok {
			continue
		}
		b := w.of(bookKey{c.Market(), c.ID()})
		state, causes := c.State()
		exchange, left := seto.ContractStateType(c.ExchangeState()), w.left[c.Market()]
		b.dirty = b.dirty || state != b.state || causes != b.causes || exchange != b.exchange || left != b.left ||
			now-b.at > int64(bookAgain)
		switch {
		case !b.dirty || b.taken:
			continue
		case b.flying || len(w.flights) >= booksInFlight:
			all = all && b.ours
			continue
		}
		if b.unknown {
			if err := w.readLast(ctx, b); err != nil {
				return err
			}
			if b.taken {
				continue
			}
		}
		if !w.fresh(b) {
			all = all && b.ours
			continue
		}
		b.state, b.causes, b.exchange, b.left, b.gone = state, causes, exchange, left, false
		if err := w.send(b, w.bookOf(b, c), now); err != nil {
			return err
		}
		all = all && b.ours
	}
	w.starting = w.starting && !all
	return w.empty(ctx, now)
}

// fresh reports whether the journal was read to its end since the number of a book's last message was read from the
// stream: another publisher may have been further in the journal when it sent that message than this one is, which has
// just begun, or was stopped for a minute.
func (w *bookWriter) fresh(b *sentBook) bool { return w.f.ends > b.ends }

// send sends a book.
func (w *bookWriter) send(b *sentBook, book *natspb.Book, now int64) error {
	e := w.f.envelope()
	e.Body = &natspb.Envelope_Book{Book: book}
	data, err := proto.Marshal(e)
	if err != nil {
		return fmt.Errorf("smknats: %s: %w", b.subject, err)
	}
	m := &nats.Msg{Subject: b.subject, Data: data}
	if book.GetState() != natspb.BookState_BOOK_EMPTY {
		m.Header = nats.Header{headerAccount: {escape(w.p.c.Account, "-_")}}
	}
	w.p.hook("book")
	future, err := w.p.js.PublishMsgAsync(m,
		jetstream.WithExpectLastSequencePerSubject(b.sequence), jetstream.WithExpectStream(w.name),
		jetstream.WithRetryAttempts(0))
	if err != nil {
		return fmt.Errorf("smknats: %s: %w", b.subject, err)
	}
	b.dirty, b.flying, b.at = false, true, now
	w.flights = append(w.flights, bookFlight{b, w.high, future})
	return nil
}

// bookOf returns a book as it is published.
func (w *bookWriter) bookOf(b *sentBook, c book.Contract) *natspb.Book {
	q := &seto.ContractQuotes{MarketId: proto.Uint32(c.Market()), ContractId: proto.Uint32(c.ID())}
	q.Bids, q.Offers = w.side(c, odds.Buy), w.side(c, odds.Sell)
	if l, ok := c.Last(); ok {
		side := seto.Side_SIDE_BUY
		if l.Side == odds.Sell {
			side = seto.Side_SIDE_SELL
		}
		q.LastExecution = &seto.Execution{
			Price: proto.Uint32(uint32(l.Price)), Quantity: proto.Uint64(uint64(l.Quantity)), Liquidity: side.Enum(),
			Microseconds: proto.Uint64(l.Microseconds),
		}
	}
	state, why := natspb.BookState(b.state), ""
	if b.causes != 0 {
		why = b.causes.String()
	}
	if b.left && b.state == book.Live {
		state, why = natspb.BookState_BOOK_SUSPECT, "unsubscribed"
	}
	p := &natspb.Book{State: state.Enum(), Quotes: q}
	if why != "" {
		p.Why = &why
	}
	if b.exchange != 0 {
		p.ExchangeState = b.exchange.Enum()
	}
	return p
}

func (w *bookWriter) side(c book.Contract, side odds.Side) (list []*seto.Quote) {
	w.levels = c.Levels(w.levels[:0], side)
	for _, l := range w.levels {
		list = append(list, &seto.Quote{
			Price: proto.Uint32(uint32(l.Price)), Quantity: proto.Uint64(uint64(l.Quantity)),
		})
	}
	return list
}

// land takes the acknowledgements that have come.
func (w *bookWriter) land() error {
	left := w.flights[:0]
	for _, f := range w.flights {
		select {
		case ack := <-f.future.Ok():
			f.b.sequence, f.b.ours, f.b.flying = ack.Sequence, true, false
			delete(w.refused, f.b)
			w.p.landedBook()
			if w.high = max(w.high, ack.Sequence); ack.Sequence <= f.high {
				w.high = ack.Sequence
				w.all() // the stream was made anew, or lost its end to a power cut
			}
		case err := <-f.future.Err():
			if !transient(err) {
				return fmt.Errorf("smknats: %s: %w", f.b.subject, err)
			}
			w.p.fail(err)
			f.b.dirty, f.b.flying, f.b.unknown = true, false, true
			w.refused[f.b] = true
			if f.b.gone {
				f.b.gone, w.void = false, true
			}
		default:
			left = append(left, f)
		}
	}
	clear(w.flights[len(left):])
	w.flights = left
	return nil
}

// all has all books published again.
func (w *bookWriter) all() {
	for _, b := range w.books {
		b.dirty = true
	}
}

// readLast reads which message of a book is the last, after one was refused or not answered.
func (w *bookWriter) readLast(ctx context.Context, b *sentBook) error {
	ctx, cancel := w.p.link.request(ctx)
	defer cancel()
	b.ends = w.f.ends
	m, err := w.stream.GetLastMsgForSubject(ctx, b.subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		b.sequence, b.unknown = 0, false
		return nil
	}
	if err != nil {
		return fmt.Errorf("smknats: %s: %w", b.subject, err)
	}
	e, err := parseEnvelope(m.Subject, m.Sequence, m.Data)
	if err != nil {
		return err
	}
	switch {
	case e.GetPublisher() == w.p.number:
		b.ours = true
	case m.Sequence == b.sequence: // nobody has sent anything
	case e.GetAccount() != w.p.c.Account:
		b.taken = true
		delete(w.refused, b)
		w.p.takenBook()
	case b.ours || !w.starting:
		return &SecondWriterError{w.name, m.Sequence, e.GetPublisher()}
	}
	b.sequence, b.unknown = m.Sequence, false
	return nil
}

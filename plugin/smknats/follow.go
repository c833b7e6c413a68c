package smknats

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/smk-go/smk/plugin/smknats/natspb"
)

// Limits of a Follower.
const (
	followAhead    = 256 // messages that are read before Next is called
	followAccounts = 1024
	followBooks    = 1 << 16       // FollowConfig.BooksMax
	followOrders   = 1 << 14       // FollowConfig.OrdersMax
	followBytes    = 128 << 20     // of the messages that the books are from, together
	followOrder    = 4 << 10       // bytes of an order, or of an event and the orders in it, in a message
	followMax      = 1 << 17       // of what may be set
	staleUsual     = 3 * beatUsual // before a beat has said how often it comes
	staleBeats     = 3
)

// ErrClosed reports a Follower that is closed.
var ErrClosed = errors.New("smknats: closed")

// FollowConfig says what is followed.
type FollowConfig struct {
	Environment string
	Account     string   // whose orders; "" for books alone
	Markets     []uint32 // whose books; nil for all
	NoBooks     bool

	// From goes on with the orders where a Follower stopped, whose State it is: no event comes twice, and none is left
	// out without a Gap. nil begins with a picture of the orders.
	From *State

	// BooksMax and OrdersMax are how many books and orders are kept, up to 131,072; 0 for 65,536 and 16,384. Whoever
	// may write to the streams could have a consumer keep any number of them: one more ends the Follower with a
	// *LimitError.
	BooksMax, OrdersMax int

	// StaleAfter is for how long a publisher may be silent; 0 for three of the beats that it says it makes, 3 s at
	// first.
	StaleAfter time.Duration
}

// State is what a consumer keeps of a Follower beside what it made of its events, in the same write: how far it is with
// the orders, and what they are.
type State struct {
	Number   uint64   `json:"number"`   // of the last event
	Sequence uint64   `json:"sequence"` // of its message in the stream; 0 if there was none
	Created  int64    `json:"created"`  // when the stream was made, in ns since the Unix epoch; 0 if that is not known
	Orders   []*Order `json:"orders"`   // that have not ended
}

// Follower gives books and orders: pictures first, then changes. It belongs to one goroutine, but for Close.
type Follower struct {
	c      FollowConfig
	names  Names
	js     jetstream.JetStream
	cancel context.CancelFunc
	ended  chan struct{} // all goroutines have
	items  chan item
	beats  *beats
	queue  []Event
	books  map[bookKey]*heldBook
	bytes  int // of the books' messages
	orders map[orderKey]*Order
	state  State // but for Orders

	sequence uint64 // of the message whose events are in the queue
	created  int64  // its stream was
	err      error
}

// item is something that a reader has read.
type item struct {
	subject  string
	sequence uint64
	data     []byte
	complete bool             // the last one of the books' picture, or nothing but that
	envelope *natspb.Envelope // of orders
	created  int64            // when their stream was made
	gap      string           // of orders
	err      error            // the last item of a reader
}

// heldBook is a book with the message that brought it.
type heldBook struct {
	*Book
	sequence uint64
	bytes    int // of the message
}

// orderKey names an order: by the exchange's id, or before there is one by its reference.
type orderKey struct{ id, reference uint64 }

// complete fills in defaults. The error is a *ConfigError or ErrName.
func (c *FollowConfig) complete() (Names, error) {
	names, err := NewNames(c.Environment)
	if err != nil {
		return Names{}, err
	}
	if c.Account != "" {
		if _, err := Token(c.Account); err != nil {
			return Names{}, err
		}
	}
	for _, f := range []struct {
		name  string
		value *int
		usual int
	}{{"BooksMax", &c.BooksMax, followBooks}, {"OrdersMax", &c.OrdersMax, followOrders}} {
		if *f.value == 0 {
			*f.value = f.usual
		}
		if *f.value < 0 || *f.value > followMax {
			return Names{}, &ConfigError{f.name, "1 to 131,072"}
		}
	}
	switch {
	case c.StaleAfter < 0:
		return Names{}, &ConfigError{"StaleAfter", "below 0"}
	case c.NoBooks && c.Account == "":
		return Names{}, &ConfigError{"Account", "neither books nor orders are to be followed"}
	case c.From != nil && len(c.From.Orders) > c.OrdersMax:
		return Names{}, &ConfigError{"From", fmt.Sprintf("has more than %d orders", c.OrdersMax)}
	}
	return names, nil
}

// Follow begins to follow, until ctx ends or Close. Streams that are not there yet, and servers that are away, are
// waited for. The connection stays the caller's. The error is a *ConfigError or ErrName, or the subscription's.
func Follow(ctx context.Context, nc *nats.Conn, c FollowConfig) (*Follower, error) {
	names, err := c.complete()
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("smknats: %w", err)
	}
	f := &Follower{
		c: c, names: names, js: js, ended: make(chan struct{}), items: make(chan item, followAhead),
		beats: newBeats(c.StaleAfter), books: map[bookKey]*heldBook{}, orders: map[orderKey]*Order{},
	}
	subject := names.Beats()
	if c.Account != "" {
		f.beats.expect(c.Account)
	}
	if c.NoBooks { // whose publishers may be any
		subject = names.Control(c.Account, "beat")
	}
	sub, err := nc.Subscribe(subject, f.beats.receive)
	if err != nil {
		return nil, fmt.Errorf("smknats: %w", err)
	}
	ctx, f.cancel = context.WithCancel(ctx)
	var wait sync.WaitGroup
	read := func(run func(context.Context) error) {
		wait.Go(func() {
			if err := run(ctx); err != nil && ctx.Err() == nil {
				f.push(ctx, item{err: err})
			}
		})
	}
	if !c.NoBooks {
		read(f.readBooks)
	}
	if c.Account != "" {
		r := &orderReader{f: f, name: names.OrderStream(c.Account)}
		if c.From != nil {
			f.begin(c.From)
			r.number, r.sequence, r.created, r.known = c.From.Number, c.From.Sequence, c.From.Created, true
		}
		read(r.run)
	}
	go func() {
		wait.Wait()
		<-ctx.Done()
		_ = sub.Unsubscribe()
		close(f.ended)
	}()
	return f, nil
}

// Close ends the Follower and waits until it has ended.
func (f *Follower) Close() {
	f.cancel()
	<-f.ended
}

// Next returns the next event, which it waits for. The error is ctx's, ErrClosed after Close or the end of Follow's
// context, a *MessageError for a message that is not understood, a *LimitError for more than is kept, or an error of
// the server that does not pass, such as a missing right. After all but the first the Follower has ended; State is
// what it was.
func (f *Follower) Next(ctx context.Context) (Event, error) {
	for len(f.queue) == 0 {
		if f.err != nil {
			return Event{}, f.err
		}
		f.queue = f.beats.events(f.queue)
		if len(f.queue) > 0 {
			break
		}
		timer := time.NewTimer(f.beats.due())
		select {
		case <-ctx.Done():
			timer.Stop()
			return Event{}, ctx.Err()
		case <-f.ended:
			timer.Stop()
			return Event{}, ErrClosed
		case <-timer.C:
		case <-f.beats.changed:
		case i := <-f.items:
			f.err = f.take(i)
		}
		timer.Stop()
	}
	e := f.queue[0]
	if err := f.applyOrder(e); err != nil {
		f.queue, f.err = nil, err
		return Event{}, err
	}
	f.queue = f.queue[1:]
	return e, nil
}

// push hands an item to Next.
func (f *Follower) push(ctx context.Context, i item) {
	select {
	case f.items <- i:
	case <-ctx.Done():
	}
}

// take makes events of an item.
func (f *Follower) take(i item) error {
	switch {
	case i.err != nil:
		return i.err
	case i.gap != "":
		f.queue = append(f.queue, Event{Kind: Gap, Account: f.c.Account, Text: i.gap})
	case i.envelope != nil:
		f.takeOrders(i)
	default:
		return f.takeBook(i)
	}
	return nil
}

// takeBook makes an event of a book.
func (f *Follower) takeBook(i item) error {
	if i.data != nil {
		e, err := parseEnvelope(i.subject, i.sequence, i.data)
		if err != nil {
			return err
		}
		b := bookFrom(e)
		if e.GetBook() == nil || f.names.Book(b.Market, b.Contract) != i.subject {
			return &MessageError{i.subject, i.sequence, "not the book of its subject"}
		}
		f.beats.expect(b.Account)
		k := bookKey{b.Market, b.Contract}
		if held := f.books[k]; held == nil || held.sequence < i.sequence ||
			// A stream that was made anew, or lost its end to a power cut, counts anew, and may have come as far.
			b.Published.After(held.Published) {
			if err := f.keepBook(k, &heldBook{b, i.sequence, len(i.data)}, i.subject); err != nil {
				return err
			}
			f.queue = append(f.queue, Event{Kind: BookChanged, Account: b.Account, Book: b})
		}
	}
	if i.complete {
		f.queue = append(f.queue, Event{Kind: BooksComplete})
	}
	return nil
}

// keepBook keeps a book in the place of the one before.
func (f *Follower) keepBook(k bookKey, b *heldBook, subject string) error {
	held, books, size := f.books[k], len(f.books), f.bytes+b.bytes
	if held != nil {
		size -= held.bytes
	} else {
		books++
	}
	switch {
	case books > f.c.BooksMax:
		return &LimitError{subject, b.sequence, "books", f.c.BooksMax}
	case size > followBytes:
		return &LimitError{subject, b.sequence, "bytes of books", followBytes}
	}
	f.books[k], f.bytes = b, size
	return nil
}

// Book returns a contract's book, nil if nothing is known of it. Whether it is the present one is Book.Live and
// Follower.Stale of its account.
func (f *Follower) Book(market, contract uint32) *Book {
	if b := f.books[bookKey{market, contract}]; b != nil {
		return b.Book
	}
	return nil
}

// Books returns all books that are known, by market and contract.
func (f *Follower) Books() []*Book {
	var list []*Book
	for _, b := range f.books {
		list = append(list, b.Book)
	}
	slices.SortFunc(list, func(a, b *Book) int {
		return slices.Compare([]uint32{a.Market, a.Contract}, []uint32{b.Market, b.Contract})
	})
	return list
}

// Stale reports whether the publisher of an account was silent for too long, says that it is behind, or has sent no
// beat yet.
func (f *Follower) Stale(account string) bool { return f.beats.stale(account) }

// Orders returns the orders that have not ended, as of the last event that Next returned, by id and reference.
func (f *Follower) Orders() []*Order {
	return slices.SortedFunc(maps.Values(f.orders), func(a, b *Order) int {
		return slices.Compare([]uint64{a.ID, a.Reference}, []uint64{b.ID, b.Reference})
	})
}

// State returns what is to be kept to go on behind the last event that Next returned.
func (f *Follower) State() State {
	s := f.state
	s.Orders = f.Orders()
	return s
}

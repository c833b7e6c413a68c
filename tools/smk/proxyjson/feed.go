package proxyjson

import (
	"slices"
	"sync"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/proxy"
	"github.com/smk-go/smk/sim/exchange"
)

// feed is what a client has yet to be sent. The engine's loop fills it as the sink of a login, and the goroutine of a
// connection takes from it. A book that changes again before it is taken replaces what was there; of everything else
// there may be only so much, and then the connection ends.
type feed struct {
	engine *engine.Engine

	mu       sync.Mutex
	queue    []*Message // oldest first
	max      int        // of the queue
	books    []contract // that changed, oldest first
	changed  map[contract]*Book
	overflow bool
	wake     chan struct{} // capacity 1

	seen   map[contract]bool // of the loop: books that the client has been sent
	answer *Report           // of the loop: the newest one
	levels []book.Level      // reused
	list   []contract        // reused
}

// contract names a contract in a market.
type contract struct{ market, contract uint32 }

const (
	queueMax = 4096
	booksMax = 16384 // that changed, and that the client has been sent
)

func newFeed(e *engine.Engine) *feed {
	return &feed{
		engine: e, max: queueMax, wake: make(chan struct{}, 1),
		changed: map[contract]*Book{}, seen: map[contract]bool{},
	}
}

// push adds a message.
func (f *feed) push(m *Message) {
	f.mu.Lock()
	if len(f.queue) >= f.max {
		f.overflow = true
	} else {
		f.queue = append(f.queue, m)
	}
	f.mu.Unlock()
	f.signal()
}

// begin adds a message that a login begins with, for which there is always room.
func (f *feed) begin(m *Message) {
	f.mu.Lock()
	f.max++
	f.mu.Unlock()
	f.push(m)
}

func (f *feed) signal() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// take returns the next message, nil if there is none. slow says that the client did not read fast enough.
func (f *feed) take() (m *Message, slow bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.overflow:
		return nil, true
	case len(f.queue) > 0:
		m = f.queue[0]
		f.queue[0] = nil
		f.queue = f.queue[1:]
	case len(f.books) > 0:
		c := f.books[0]
		f.books = f.books[1:]
		m = &Message{Type: "book", Book: f.changed[c]}
		delete(f.changed, c)
	}
	return m, false
}

// Report implements proxy.Sink; it is not called.
func (f *feed) Report(*exchange.Report, bool) {}

// Room implements proxy.Sink.
func (f *feed) Room(int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.queue) < queueMax/2 && len(f.books) < booksMax/2
}

// Resend implements proxy.Sink.
func (f *feed) Resend(m exchange.Message) { f.Publish(m) }

// Publish implements proxy.Sink.
func (f *feed) Publish(m exchange.Message) {
	switch b := m.(type) {
	case *msg.ContractQuotes:
		f.change(contract{b.GetMarketId(), b.GetContractId()})
	case *msg.MarketQuotes:
		f.snapshot(b)
	default:
		if out := messageOf(m); out != nil {
			f.push(out)
		}
	}
}

// snapshot sends every book of a market: a contract that a snapshot leaves out is empty.
func (f *feed) snapshot(q *msg.MarketQuotes) {
	f.list = f.list[:0]
	for c := range f.seen {
		if c.market == q.GetMarketId() {
			f.list = append(f.list, c)
		}
	}
	quotes := q.GetContractQuotes()
	for i := range quotes {
		if c := (contract{q.GetMarketId(), quotes[i].GetContractId()}); !f.seen[c] {
			f.list = append(f.list, c)
		}
	}
	for _, c := range f.list {
		f.change(c)
	}
}

// change notes that a book changed, and what it is now.
func (f *feed) change(c contract) {
	b := f.book(c)
	if b == nil {
		return
	}
	f.hold(c, b)
}

// hold keeps a book until it is taken. A client that has more of them than there is room for is cut off.
func (f *feed) hold(c contract, b *Book) {
	if !f.seen[c] && len(f.seen) >= booksMax {
		f.forget()
	}
	f.mu.Lock()
	_, waits := f.changed[c]
	switch {
	case !waits && len(f.books) >= booksMax || !f.seen[c] && len(f.seen) >= booksMax:
		f.overflow = true
	case !waits:
		f.books = append(f.books, c)
		fallthrough
	default:
		f.changed[c], f.seen[c] = b, true
	}
	f.mu.Unlock()
	f.signal()
}

// forget forgets the contracts that the engine has no book of any more: a client may subscribe to one market after the
// other.
func (f *feed) forget() {
	for c := range f.seen {
		if _, ok := f.engine.Book(c.market, c.contract); !ok {
			delete(f.seen, c)
		}
	}
}

// book returns a book as it is, nil if it is not known.
func (f *feed) book(c contract) *Book {
	b, ok := f.engine.Book(c.market, c.contract)
	if !ok {
		return nil
	}
	state, _ := b.State()
	out := &Book{Market: c.market, Contract: c.contract, State: state.String()}
	out.Bids, out.Offers = f.side(b, odds.Buy), f.side(b, odds.Sell)
	if last, ok := b.Last(); ok {
		out.Last = &Trade{uint32(last.Price), uint64(last.Quantity), last.Microseconds}
	}
	return out
}

func (f *feed) side(b book.Contract, s odds.Side) []Level {
	f.levels = b.Levels(f.levels[:0], s)
	list := make([]Level, 0, len(f.levels))
	for _, l := range f.levels {
		list = append(list, Level{uint32(l.Price), uint64(l.Quantity)})
	}
	return list
}

// PublishReport implements proxy.OrderSink.
func (f *feed) PublishReport(m exchange.Message, o *proxy.Order, sequence uint64, replayed bool) {
	f.answer = reportOf(m, o, sequence, replayed)
	f.push(&Message{Type: "order", Order: f.answer})
}

// OrderChanged implements proxy.OrderSink.
func (f *feed) OrderChanged(o *proxy.Order) {
	f.push(&Message{Type: "order", Order: &Report{Event: o.State.String(), Order: orderOf(o)}})
}

// UpstreamChanged implements proxy.OrderSink. Books are what they were, and not live: they are sent again.
func (f *feed) UpstreamChanged(up bool) {
	f.push(&Message{Type: "status", Status: &Status{up}})
	f.list = f.list[:0]
	for c := range f.seen {
		f.list = append(f.list, c)
	}
	slices.SortFunc(f.list, func(a, b contract) int {
		if a.market != b.market {
			return int(int64(a.market) - int64(b.market))
		}
		return int(int64(a.contract) - int64(b.contract))
	})
	for _, c := range f.list {
		f.change(c)
	}
}

package engine

import "github.com/smk-go/smk/engine/book"

// Bounds of a walk over all books, for one tick: the loop returns to the socket in between.
const (
	bookWalkMax  = 64   // books that OnBook's handlers are called with
	bookSlotsMax = 4096 // places looked at, most of which may be empty
)

// bookWalk is the walk over all books that follows a change of the state of many. It goes round: a change in the middle
// of a walk has it go on for a whole round, so that the last ones have their turn whatever happens.
type bookWalk struct {
	at   int // place of the next book
	left int // places to go, 0 if there is no walk
}

// begin begins a walk, or has it go on for a whole round.
func (w *bookWalk) begin(b *book.Books) { w.left = b.Places() }

// next appends the next books of a walk to a list.
func (w *bookWalk) next(b *book.Books, list []book.Contract) []book.Contract {
	for n, end := 0, max(w.left-bookSlotsMax, 0); w.left > end && n < bookWalkMax; w.left-- {
		if c, ok := b.ContractAt(w.at); ok {
			list = append(list, c)
			n++
		}
		if w.at++; w.at >= b.Places() {
			w.at = 0
		}
	}
	return list
}

// bookStateChanged has OnBook's handlers called with the books that an event is about. Of many at once a walk brings
// them.
func (t *trading) bookStateChanged(ev *book.Event) {
	if len(t.handlers.book.entries) == 0 {
		return
	}
	m, ok := t.books.Market(ev.Market)
	switch {
	case ev.Market == 0:
		t.bookWalk.begin(t.books)
	case !ok: // nothing is left of it
	case ev.Kind == book.ContractChanged:
		if c, ok := t.books.Contract(ev.Market, ev.Contract); ok {
			t.addBook(c)
		}
	default:
		for c := range m.Contracts() {
			t.addBook(c)
		}
	}
}

// addBook has OnBook's handlers called with a book, once if it is the last one already.
func (t *trading) addBook(c book.Contract) {
	list := t.events.books
	if n := len(list); n > 0 && list[n-1].Market() == c.Market() && list[n-1].ID() == c.ID() {
		return
	}
	if len(list) >= tradingEventsUsual {
		t.bookWalk.begin(t.books)
		return
	}
	t.events.books = append(list, c)
}

// marketChanged reports whether the state of a market changed.
func marketChanged(events []book.Event, market uint32) bool {
	for i := range events {
		if ev := &events[i]; ev.Kind == book.MarketChanged && ev.Market == market {
			return true
		}
	}
	return false
}

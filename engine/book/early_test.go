package book_test

import (
	"testing"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/odds"
)

// An update that comes before the first snapshot has nothing to change, and is said to be too early.
func TestUpdateBeforeTheSnapshot(t *testing.T) {
	s := newScript(t, book.Config{})
	s.subscribe()
	if _, err := s.b.ApplyUpdate(update(1, 1, 4800, 5200, 5), s.now); err != book.ErrNoSnapshot {
		t.Error(err)
	}
	s.state(book.Awaiting, 0)
	s.snapshot(4900, 5100)
	s.state(book.Live, 0)
	c, _ := s.b.Contract(1, 1)
	if c.At(odds.Buy, 4800) != 0 || c.At(odds.Sell, 5200) != 0 || c.At(odds.Buy, 4900) == 0 {
		t.Errorf("%v %v", c.Levels(nil, odds.Buy), c.Levels(nil, odds.Sell))
	}
}

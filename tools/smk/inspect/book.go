package inspect

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/smk-go/smk/journal"
)

// Book is what the exchange had said of a contract's book at a moment. The best price is first.
type Book struct {
	Market   uint32       `json:"market"`
	Contract uint32       `json:"contract"`
	Time     string       `json:"time"` // of the last change
	Place                 // of it
	Bids     []PriceLevel `json:"bids"`
	Offers   []PriceLevel `json:"offers"`
	Stale    bool         `json:"stale"` // the connection broke after the last change

	bids, offers map[uint32]uint64
	wall         int64
}

// PriceLevel is a price with the quantity there.
type PriceLevel struct {
	Price    uint32 `json:"price"`    // hundredths of a percent of the payoff
	Quantity uint64 `json:"quantity"` // 1/10000 of the currency
}

// Moment is up to where a journal is read: a time, exclusive, or a record, inclusive. The zero value is its end.
type Moment struct {
	Time time.Time
	Place
}

// depthLeast is how many levels of a side the exchange shows at least.
const depthLeast = 5

// Books returns the books of a market, or of one contract, as they were known at a moment, by contract. A market of 0
// is all. The exchange shows the best levels of each side and does not say when another one pushes a level out of what
// it shows; so each side is cut to the most levels that a snapshot has had. If the journal is damaged before the
// moment it returns the books before the damage, and the *journal.DamageError.
func Books(ctx context.Context, dir string, market, contract uint32, at Moment) ([]*Book, error) {
	books, depth := map[uint32]*Book{}, depthLeast
	var damage error
	for e, err := range Read(ctx, dir, Options{}) {
		if isDamage(err) {
			damage = err
			break
		}
		if err != nil {
			return nil, err
		}
		if !at.Time.IsZero() && e.Wall >= at.Time.UnixNano() || at.Record != 0 && at.before(e) {
			break
		}
		switch {
		case e.Kind == journal.KindStart, e.Kind == journal.KindLost, e.Outbound() && e.Message.Type == typeLogin:
			for _, b := range books {
				b.Stale = true
			}
		case e.Inbound() && (market == 0 || e.Message.Market == market):
			for _, q := range e.Message.Payload.GetMarketQuotes().GetContractQuotes() {
				depth = max(depth, len(q.GetBids()), len(q.GetOffers()))
			}
			changeBooks(books, e, contract, depth)
		}
	}
	all := []*Book{}
	for _, id := range slices.Sorted(maps.Keys(books)) {
		b := books[id]
		b.Bids, b.Offers = levels(b.bids, -1), levels(b.offers, 1)
		all = append(all, b)
	}
	return all, damage
}

// changeBooks applies a message with books.
func changeBooks(books map[uint32]*Book, e *Entry, wanted uint32, depth int) {
	m := e.Message
	var changed []*Book
	begin := func(id uint32, fresh bool) {
		b := books[id]
		if wanted != 0 && id != wanted {
			return
		}
		if b == nil || fresh {
			b = &Book{Market: m.Market, Contract: id, bids: map[uint32]uint64{}, offers: map[uint32]uint64{}}
			books[id] = b
		}
		b.Time, b.wall, b.Place = e.Time().Format(time.RFC3339Nano), e.Wall, e.Place()
		b.Stale = b.Stale && !fresh
		changed = append(changed, b)
	}
	if q := m.Payload.GetContractQuotes(); q != nil {
		begin(q.GetContractId(), false)
	}
	for _, q := range m.Payload.GetMarketQuotes().GetContractQuotes() {
		begin(q.GetContractId(), true)
	}
	for l := range m.Levels() {
		b := books[l.Contract]
		if l.Execution || b == nil {
			continue
		}
		side := b.offers
		if l.Bid {
			side = b.bids
		}
		if side[l.Price] = l.Quantity; l.Quantity == 0 {
			delete(side, l.Price)
		}
	}
	for _, b := range changed {
		cutSide(b.bids, -1, depth)
		cutSide(b.offers, 1, depth)
	}
}

// cutSide removes the levels of a side that are not among the best.
func cutSide(side map[uint32]uint64, order, depth int) {
	if len(side) <= depth {
		return
	}
	for _, l := range levels(side, order)[depth:] {
		delete(side, l.Price)
	}
}

// levels returns the levels of a side, by rising prices if order is 1, by falling ones if it is -1.
func levels(side map[uint32]uint64, order int) []PriceLevel {
	all := []PriceLevel{}
	for _, price := range slices.Sorted(maps.Keys(side)) {
		all = append(all, PriceLevel{price, side[price]})
	}
	if order < 0 {
		slices.Reverse(all)
	}
	return all
}

// WriteText writes the book for people.
func (b *Book) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	stale := ""
	if b.Stale {
		stale = ", stale: the connection broke since"
	}
	fmt.Fprintf(w, "contract %d of market %d, since %s (record %s)%s\n", b.Contract, b.Market,
		time.Unix(0, b.wall).UTC().Format(timeLayout), b.Number(), stale)
	fmt.Fprintln(t, "quantity\tbid\tquantity\toffer\t")
	for i := range max(len(b.Bids), len(b.Offers)) {
		for _, side := range [...][]PriceLevel{b.Bids, b.Offers} {
			if i < len(side) {
				fmt.Fprintf(t, "%s\t%s\t", quantityText(side[i].Quantity), percent(side[i].Price))
			} else {
				fmt.Fprint(t, "\t\t")
			}
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

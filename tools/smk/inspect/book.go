package inspect

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/replica"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/wire"
)

// Book is what a bot knew of a contract's book at a moment. The best price is first.
type Book struct {
	Market   uint32       `json:"market"`
	Contract uint32       `json:"contract"`
	Time     string       `json:"time"` // of the last change
	Place                 // of it
	Bids     []PriceLevel `json:"bids"`
	Offers   []PriceLevel `json:"offers"`
	Stale    bool         `json:"stale"`         // it may have changed since: what is missing, or was not asked for
	Why      string       `json:"why,omitempty"` // it is stale, or cannot be traded on

	wall int64
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

// For how many books and levels there is room: more than a bot has.
const (
	bookMarketsMax   = 1 << 12
	bookContractsMax = 1 << 14
	bookDepthMax     = 1 << 7
)

// Books returns the books of a market, or of one contract, as the bot knew them at a moment, by contract. A market of 0
// is all. A book that the bot did not know any more, of an earlier run or of a market that it had left, is there as it
// was, and stale. If the journal is damaged before the moment it returns the books before the damage, and the
// *journal.DamageError. The error is a *book.LimitError if there are too many.
func Books(ctx context.Context, dir string, market, contract uint32, at Moment) ([]*Book, error) {
	s := &shelf{market: market, contract: contract, changed: map[contractKey]change{}, old: map[contractKey]*Book{}}
	var err error
	s.replica, err = replica.New(replica.Config{
		Books:    book.Config{Markets: bookMarketsMax, Contracts: bookContractsMax, DepthMax: bookDepthMax},
		Observer: s,
	})
	if err != nil {
		return nil, err
	}
	for e, err := range Read(ctx, dir, Options{}) {
		if isDamage(err) {
			s.err = err
			break
		}
		if err != nil {
			return nil, err
		}
		if e.Reaches(at.Time) || at.Record != 0 && at.before(e) {
			break
		}
		s.add(e)
	}
	all := slices.Collect(maps.Values(s.books()))
	slices.SortFunc(all, func(a, b *Book) int {
		return cmp.Or(cmp.Compare(a.Contract, b.Contract), cmp.Compare(a.Market, b.Market))
	})
	return all, s.err
}

// shelf has the books of a journal up to a record.
type shelf struct {
	replica.Ignore
	replica          *replica.Replica
	market, contract uint32 // that are wanted
	changed          map[contractKey]change
	old              map[contractKey]*Book // that are not known any more
	entry            *Entry                // that is applied
	frame            []byte
	err              error
}

type contractKey struct{ market, contract uint32 }

// change is where a book changed last.
type change struct {
	place Place
	wall  int64
}

// add applies a message, or a record without messages.
func (s *shelf) add(e *Entry) {
	s.entry = e
	r := e.Record
	if e.Inbound() {
		s.frame = wire.AppendFrame(s.frame[:0], r.Payload)
		r.Payload = s.frame
	}
	if beginsRun(&r) {
		s.store(0, "the run ended")
		clear(s.changed)
	}
	s.replica.Apply(&r)
}

// store keeps the books of a market, or of all if it is 0, that may not be known for much longer.
func (s *shelf) store(market uint32, why string) {
	for key, b := range s.books() {
		if market == 0 || key.market == market {
			if !b.Stale {
				b.Stale, b.Why = true, why
			}
			s.old[key] = b
		}
	}
}

// Sent follows that a market is left.
func (s *shelf) Sent(_ *journal.Record, k *msg.Keys) {
	if k.Type == msg.PayloadMarketUnsubscribe {
		s.store(k.Market, "the market was unsubscribed from")
	}
}

// Applied follows a change of books.
func (s *shelf) Applied(_ *journal.Record, p *msg.Payload, err error) {
	if _, full := err.(*book.LimitError); full && s.err == nil {
		s.err = err
	}
	if err != nil {
		return
	}
	at := change{s.entry.Place(), s.entry.Wall}
	switch p.GetType() {
	case msg.PayloadContractQuotes:
		q := p.GetContractQuotes()
		s.changed[contractKey{q.GetMarketId(), q.GetContractId()}] = at
	case msg.PayloadMarketQuotes:
		q := p.GetMarketQuotes()
		maps.DeleteFunc(s.old, func(key contractKey, _ *Book) bool { return key.market == q.GetMarketId() })
		is, _ := s.replica.Books().Market(q.GetMarketId())
		for c := range is.Contracts() {
			s.changed[contractKey{q.GetMarketId(), c.ID()}] = at
		}
	}
}

// books returns the books that are wanted.
func (s *shelf) books() map[contractKey]*Book {
	all := maps.Clone(s.old)
	have := s.replica.Books()
	for i := range have.Places() {
		c, ok := have.ContractAt(i)
		if !ok || s.market != 0 && c.Market() != s.market || s.contract != 0 && c.ID() != s.contract {
			continue
		}
		key := contractKey{c.Market(), c.ID()}
		at, changed := s.changed[key]
		state, causes := c.State()
		if _, stored := all[key]; !changed || stored && state < book.Live {
			continue
		}
		b := &Book{
			Market: key.market, Contract: key.contract, Place: at.place, wall: at.wall,
			Time: time.Unix(0, at.wall).UTC().Format(time.RFC3339Nano),
			Bids: ladder(c, odds.Buy), Offers: ladder(c, odds.Sell),
		}
		switch {
		case state < book.Live:
			b.Stale, b.Why = true, state.String()
		case state == book.Suspect:
			b.Stale, b.Why = causes&^(book.Halt|book.Crossed) != 0, causes.String()
		}
		all[key] = b
	}
	return all
}

// ladder returns the levels of a side.
func ladder(c book.Contract, side odds.Side) []PriceLevel {
	all := []PriceLevel{}
	for _, l := range c.Levels(nil, side) {
		all = append(all, PriceLevel{uint32(l.Price), uint64(l.Quantity)})
	}
	return all
}

// WriteText writes the book for people.
func (b *Book) WriteText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	why := b.Why
	if b.Stale {
		why = "stale: " + why
	}
	if why != "" {
		why = ", " + why
	}
	fmt.Fprintf(w, "contract %d of market %d, since %s (record %s)%s\n", b.Contract, b.Market,
		time.Unix(0, b.wall).UTC().Format(timeLayout), b.Number(), why)
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

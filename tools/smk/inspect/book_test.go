package inspect

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/journal"
)

func quotes(bids, offers map[uint32]uint64) *seto.ContractQuotes {
	q := &seto.ContractQuotes{MarketId: proto.Uint32(1), ContractId: proto.Uint32(2)}
	for price, quantity := range bids {
		q.Bids = append(q.Bids, &seto.Quote{Price: proto.Uint32(price), Quantity: proto.Uint64(quantity)})
	}
	for price, quantity := range offers {
		q.Offers = append(q.Offers, &seto.Quote{Price: proto.Uint32(price), Quantity: proto.Uint64(quantity)})
	}
	return q
}

// TestBooks holds a book to snapshots and changes, before, between and after them.
func TestBooks(t *testing.T) {
	p := newPen(t) // record 1
	snapshot := envelope(1, seto.PayloadType_PAYLOAD_MARKET_QUOTES)
	snapshot.MarketQuotes = &seto.MarketQuotes{
		MarketId: proto.Uint32(1), ContractQuotes: []*seto.ContractQuotes{
			quotes(map[uint32]uint64{2500: 10, 2400: 20}, map[uint32]uint64{2600: 30}),
		},
	}
	p.message(journal.KindInbound, snapshot) // record 2
	change := envelope(2, seto.PayloadType_PAYLOAD_CONTRACT_QUOTES)
	change.ContractQuotes = quotes(map[uint32]uint64{2500: 0, 2450: 40}, map[uint32]uint64{2550: 50})
	p.message(journal.KindInbound, change)              // record 3
	p.message(journal.KindOutbound, login())            // record 4
	snapshot.EtoPayload.Seq = proto.Uint64(3)           // as it was
	p.message(journal.KindInbound, snapshot)            // record 5
	p.message(journal.KindInbound, heartbeat(4, false)) // record 6
	dir := p.close()
	before := [][]PriceLevel{{{2500, 10}, {2400, 20}}, {{2600, 30}}}
	for _, c := range []struct {
		record uint64
		want   [][]PriceLevel
		stale  bool
	}{
		{1, nil, false},
		{2, before, false},
		{3, [][]PriceLevel{{{2450, 40}, {2400, 20}}, {{2550, 50}, {2600, 30}}}, false},
		{4, [][]PriceLevel{{{2450, 40}, {2400, 20}}, {{2550, 50}, {2600, 30}}}, true},
		{5, before, false},
		{0, before, false},
	} {
		books, err := Books(t.Context(), dir, 1, 2, Moment{Place: Place{Record: c.record}})
		if err != nil {
			t.Fatal(err)
		}
		if c.want == nil {
			if len(books) != 0 {
				t.Errorf("%+v", books[0])
			}
			continue
		}
		if len(books) != 1 || !slices.Equal(books[0].Bids, c.want[0]) || !slices.Equal(books[0].Offers, c.want[1]) ||
			books[0].Stale != c.stale {
			t.Errorf("record %d: %+v", c.record, books)
		}
	}
	p = newPen(t)
	p.message(journal.KindInbound, snapshot)
	change.ContractQuotes = quotes(map[uint32]uint64{2510: 1, 2520: 2, 2530: 3, 2540: 4}, nil)
	p.message(journal.KindInbound, change)
	want := []PriceLevel{{2540, 4}, {2530, 3}, {2520, 2}, {2510, 1}, {2500, 10}} // and 2400 is not shown any more
	if books, err := Books(t.Context(), p.close(), 1, 2, Moment{}); err != nil || len(books) != 1 ||
		!slices.Equal(books[0].Bids, want) || !slices.Equal(books[0].Offers, before[1]) {
		t.Errorf("%v: %+v, want %v", err, books, want)
	}
	if books, err := Books(t.Context(), dir, 3, 0, Moment{}); err != nil || len(books) != 0 {
		t.Errorf("another market: %v, %v", books, err)
	}
	books, err := Books(t.Context(), dir, 1, 0, Moment{Place: Place{Record: 3}})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := books[0].WriteText(&text); err != nil || !strings.HasSuffix(text.String(), `
  quantity    bid  quantity  offer
     0.004  24.5%     0.005  25.5%
     0.002    24%     0.003    26%
`) {
		t.Errorf("%v: %s", err, &text)
	}
}

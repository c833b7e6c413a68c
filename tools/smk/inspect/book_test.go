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
	subscribe := func(seq uint64) *seto.Payload {
		m := envelope(seq, seto.PayloadType_PAYLOAD_MARKET_SUBSCRIBE)
		m.MarketSubscribe = &seto.MarketSubscribe{MarketId: proto.Uint32(1)}
		return m
	}
	p := newPen(t)                                // record 1
	p.message(journal.KindOutbound, login())      // record 2
	p.message(journal.KindInbound, loggedIn(1))   // record 3
	p.message(journal.KindOutbound, subscribe(2)) // record 4
	snapshot := envelope(2, seto.PayloadType_PAYLOAD_MARKET_QUOTES)
	snapshot.MarketQuotes = &seto.MarketQuotes{
		MarketId: proto.Uint32(1), ContractQuotes: []*seto.ContractQuotes{
			quotes(map[uint32]uint64{2500: 10, 2400: 20}, map[uint32]uint64{2600: 30}),
		},
	}
	p.message(journal.KindInbound, snapshot) // record 5
	change := envelope(3, seto.PayloadType_PAYLOAD_CONTRACT_QUOTES)
	change.ContractQuotes = quotes(map[uint32]uint64{2500: 0, 2450: 40}, map[uint32]uint64{2550: 50})
	p.message(journal.KindInbound, change) // record 6
	early := envelope(5, seto.PayloadType_PAYLOAD_CONTRACT_QUOTES)
	early.ContractQuotes = quotes(map[uint32]uint64{2450: 41}, nil)
	p.message(journal.KindInbound, early)                                    // record 7, before 4
	p.text(journal.KindLog, `level=WARN msg="gap" epoch=1 from=4 to=4`)      // record 8
	p.message(journal.KindInbound, snapshot)                                 // record 9, once more
	p.text(journal.KindLog, `level=WARN msg="session disconnected" epoch=1`) // record 10
	p.message(journal.KindOutbound, login())                                 // record 11
	p.message(journal.KindInbound, loggedIn(1))                              // record 12
	p.message(journal.KindOutbound, subscribe(2))                            // record 13
	p.message(journal.KindInbound, snapshot)                                 // record 14, as it was
	p.message(journal.KindInbound, heartbeat(3, false))                      // record 15
	unsubscribe := envelope(3, seto.PayloadType_PAYLOAD_MARKET_UNSUBSCRIBE)
	unsubscribe.MarketUnsubscribe = &seto.MarketUnsubscribe{MarketId: proto.Uint32(1)}
	p.message(journal.KindOutbound, unsubscribe)  // record 16
	p.message(journal.KindOutbound, subscribe(4)) // record 17
	snapshot.EtoPayload.Seq = proto.Uint64(4)
	p.message(journal.KindInbound, snapshot) // record 18
	p.text(journal.KindStart, "{}")          // record 19
	dir := p.close()
	before := [][]PriceLevel{{{2500, 10}, {2400, 20}}, {{2600, 30}}}
	changed := [][]PriceLevel{{{2450, 40}, {2400, 20}}, {{2550, 50}, {2600, 30}}}
	for _, c := range []struct {
		record uint64
		want   [][]PriceLevel
		why    string
	}{
		{1, nil, ""},
		{4, nil, ""},
		{5, before, ""},
		{6, changed, ""},
		{7, changed, ""}, // the bot does not know it yet
		{8, changed, "gap"},
		{9, changed, "gap"},
		{10, changed, "reconnect, gap"},
		{13, changed, "reconnect"},
		{14, before, ""},
		{15, before, ""},
		{16, before, "the market was unsubscribed from"},
		{17, before, "the market was unsubscribed from"},
		{18, before, ""},
		{0, before, "the run ended"},
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
			books[0].Stale != (c.why != "") || books[0].Why != c.why {
			t.Errorf("record %d: %+v", c.record, books)
		}
	}
	p = newPen(t)
	p.message(journal.KindOutbound, login())
	p.message(journal.KindInbound, loggedIn(1))
	p.message(journal.KindOutbound, subscribe(2))
	snapshot.EtoPayload.Seq = proto.Uint64(2)
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
	books, err := Books(t.Context(), dir, 1, 0, Moment{Place: Place{Record: 6}})
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

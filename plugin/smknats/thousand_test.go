package smknats

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
	"github.com/smk-go/smk/wire"
)

// many writes a journal of an engine that is subscribed to many contracts.
type many struct {
	t         testing.TB
	j         *journal.Journal
	r         *rand.Rand
	dir       string
	contracts int
	seq       uint64
	at        int64
	mu        sync.Mutex          // guards what follows
	books     []map[uint32]uint64 // of each contract: bids below 5000, offers above
}

// contractsMarket is how many contracts a market of many has.
const contractsMarket = 20

func newMany(t testing.TB, contracts int) *many {
	t.Helper()
	m := &many{t: t, r: rand.New(rand.NewPCG(1, 1)), dir: t.TempDir(), contracts: contracts}
	var err error
	m.j, err = journal.Open(journal.Config{
		Dir: m.dir, Name: "many", OnFull: journal.FullWait, Durability: journal.SyncNone,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.j.Close() })
	rec := m.j.Recorder()
	rec.Append(journal.KindStart, 0, 0, 0, []byte("{}"))
	m.out(&seto.Payload{
		Type:       seto.PayloadType_PAYLOAD_LOGIN.Enum(),
		EtoPayload: &eto.Payload{Type: eto.PayloadType_PAYLOAD_LOGIN.Enum(), Seq: proto.Uint64(1)},
		Login:      &seto.Login{},
	})
	m.in(&seto.Payload{EtoPayload: &eto.Payload{
		Type: eto.PayloadType_PAYLOAD_LOGIN_RESPONSE.Enum(), LoginResponse: &eto.LoginResponse{
			Session: proto.String("x"), Reset_: proto.Uint64(2),
		},
	}})
	for market := range contracts / contractsMarket {
		m.out(&seto.Payload{
			Type:            seto.PayloadType_PAYLOAD_MARKET_SUBSCRIBE.Enum(),
			EtoPayload:      &eto.Payload{Seq: proto.Uint64(uint64(market) + 2)},
			MarketSubscribe: &seto.MarketSubscribe{MarketId: proto.Uint32(uint32(market) + 1)},
		})
		q := &seto.MarketQuotes{
			MarketId: proto.Uint32(uint32(market) + 1), PriceType: seto.PriceType_PRICE_PERCENT_ODDS.Enum(),
			QuantityType: seto.QuantityType_QUANTITY_PAYOFF_CURRENCY.Enum(),
		}
		for i := range contractsMarket {
			m.books = append(m.books, map[uint32]uint64{})
			c := m.quotes(market*contractsMarket + i)
			for price := uint32(4996); price < 5005; price++ {
				m.level(c, market*contractsMarket+i, price, uint64(1+m.r.IntN(1e6)))
			}
			q.ContractQuotes = append(q.ContractQuotes, c)
		}
		m.in(&seto.Payload{Type: seto.PayloadType_PAYLOAD_MARKET_QUOTES.Enum(), MarketQuotes: q})
	}
	rec.Commit()
	return m
}

func (m *many) quotes(contract int) *seto.ContractQuotes {
	return &seto.ContractQuotes{
		MarketId: proto.Uint32(uint32(contract/contractsMarket) + 1), ContractId: proto.Uint32(uint32(contract) + 1),
	}
}

func (m *many) level(q *seto.ContractQuotes, contract int, price uint32, quantity uint64) {
	l := &seto.Quote{Price: proto.Uint32(price), Quantity: proto.Uint64(quantity)}
	if price < 5000 {
		q.Bids = append(q.Bids, l)
	} else {
		q.Offers = append(q.Offers, l)
	}
	m.books[contract][price] = quantity
}

// change changes a level of a random contract.
func (m *many) change() {
	m.mu.Lock()
	defer m.mu.Unlock()
	contract := m.r.IntN(m.contracts)
	q := m.quotes(contract)
	m.level(q, contract, 4996+uint32(m.r.IntN(9)), uint64(1+m.r.IntN(1e6)))
	m.in(&seto.Payload{Type: seto.PayloadType_PAYLOAD_CONTRACT_QUOTES.Enum(), ContractQuotes: q})
}

func (m *many) in(p *seto.Payload) {
	if p.EtoPayload == nil {
		p.EtoPayload = &eto.Payload{}
	}
	m.seq++
	p.EtoPayload.Seq = proto.Uint64(m.seq)
	b, err := proto.MarshalOptions{AllowPartial: true}.Marshal(p)
	if err != nil {
		m.t.Fatal(err)
	}
	m.at += 1000
	m.j.Recorder().Append(journal.KindInbound, 0, 1, m.at, wire.AppendFrame(nil, b))
}

func (m *many) out(p *seto.Payload) {
	b, err := proto.MarshalOptions{AllowPartial: true}.Marshal(p)
	if err != nil {
		m.t.Fatal(err)
	}
	m.at += 1000
	m.j.Recorder().Append(journal.KindOutbound, 0, 1, m.at, b)
}

// flush has readers see what was appended.
func (m *many) flush() {
	m.j.Recorder().Commit()
	if err := m.j.Sync(); err != nil {
		m.t.Fatal(err)
	}
}

// differs says how a follower's books differ from the journal's.
func (m *many) differs(f *Follower) string {
	if n := len(f.Books()); n != m.contracts {
		return fmt.Sprintf("%d books, want %d", n, m.contracts)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for contract, levels := range m.books {
		b := f.Book(uint32(contract/contractsMarket)+1, uint32(contract)+1)
		if b == nil || !b.Live || len(b.Bids)+len(b.Offers) != len(levels) {
			return fmt.Sprintf("contract %d: %+v, want %v", contract+1, b, levels)
		}
		for _, side := range [][]Level{b.Bids, b.Offers} {
			for _, l := range side {
				if levels[uint32(l.Price)] != uint64(l.Quantity) {
					return fmt.Sprintf("contract %d: %+v, want %v", contract+1, b, levels)
				}
			}
		}
	}
	return ""
}

// TestThousand has a follower that joins late, and one that does not read meanwhile: both have the right books of 1,000
// contracts in the end, and the late one has each of them once in its picture.
func TestThousand(t *testing.T) {
	const contracts, changes = 1000, 20_000
	s := natstest.Start(t, nil)
	m := newMany(t, contracts)
	m.flush()
	c := Config{
		Environment: "test", Account: "demo", Dir: m.dir, DisableLog: true, Poll: time.Millisecond,
		Conflate: 5 * time.Millisecond,
	}
	p := run(t, s, c, nil)
	slow := follow(t, s, FollowConfig{})
	until(t, slow, "books", func(e Event) bool { return len(slow.Books()) == contracts })
	for range changes {
		m.change()
	}
	m.flush()
	p.until("read", func(s Stats) bool { return s.Read == m.j.Recorder().Seq() && !s.Behind })
	began := time.Now()
	late := follow(t, s, FollowConfig{})
	picture, seen := 0, map[bookKey]bool{}
	until(t, late, "the picture", func(e Event) bool {
		if e.Kind == BookChanged {
			picture++
			seen[bookKey{e.Book.Market, e.Book.Contract}] = true
		}
		return e.Kind == BooksComplete
	})
	complete := time.Since(began)
	if len(seen) != contracts {
		t.Fatalf("a picture of %d books in %d messages", len(seen), picture)
	}
	if m.differs(late) != "" { // the publisher was at work
		until(t, late, m.differs(late), func(e Event) bool { return e.Kind == BookChanged && m.differs(late) == "" })
	}
	t.Logf("%d contracts: the picture was complete after %v, and right after %v",
		contracts, complete, time.Since(began))
	if m.differs(slow) != "" {
		until(t, slow, m.differs(slow), func(e Event) bool { return e.Kind == BookChanged && m.differs(slow) == "" })
	}
	if stats := p.Stats(); stats.Books < contracts || stats.Books > contracts+changes || stats.Failures != 0 {
		t.Errorf("%+v", stats)
	}
}

//go:build !race

package engine_test

import (
	"io"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/internal/statefile"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
)

// tradingTraffic is a way to trade for ever, in rounds of some messages of the exchange. The first of each changes the
// book, which makes the bot send one message.
type tradingTraffic struct {
	name    string
	round   int
	act     func(e *engine.Engine, i int) error // in the handler of the first message of round i
	message func(i, part int) *seto.Payload
}

// countingFS is a disk that keeps nothing, and allocates nothing.
type countingFS struct {
	images, intents atomic.Int64
}

func (fs *countingFS) Open(_ string, flag int) (statefile.File, error) {
	if flag&os.O_CREATE == 0 {
		return nil, os.ErrNotExist
	}
	return fs, nil
}

func (fs *countingFS) Rename(string, string) error          { fs.images.Add(1); return nil }
func (*countingFS) Remove(string) error                     { return nil }
func (*countingFS) SyncDir(string) error                    { return nil }
func (fs *countingFS) Lock(string) (io.Closer, bool, error) { return fs, false, nil }
func (*countingFS) Read([]byte) (int, error)                { return 0, io.EOF }
func (fs *countingFS) Write(b []byte) (int, error)          { return len(b), nil }
func (*countingFS) Close() error                            { return nil }
func (fs *countingFS) Sync() error                          { fs.intents.Add(1); return nil }
func (*countingFS) Truncate(int64) error                    { return nil }

const allocReferences = 1_000_000

var tradingTraffics = []tradingTraffic{
	{
		name: "orders and fills", round: 3,
		act: func(e *engine.Engine, i int) error {
			_, err := e.Place(order.Limit{
				Market: 7, Contract: 8, Side: odds.Buy + odds.Side(i%2), Price: 5000, Quantity: 10000,
				Reference: uint64(i + 1),
			})
			return err
		},
		message: func(i, part int) *seto.Payload {
			if part == 1 {
				return accepted(uint64(3+i), uint64(i+1), uint64(1000+i), uint64(2*i+1))
			}
			side := seto.Side_SIDE_BUY
			if i%2 == 1 {
				side = seto.Side_SIDE_SELL
			}
			m := executed(2*i + 1)
			m.OrderExecuted.OrderId, m.OrderExecuted.Side = proto.Uint64(uint64(1000+i)), &side
			m.OrderExecuted.Price = proto.Uint32(5000)
			return m
		},
	},
	{
		name: "quotes that are replaced", round: 3,
		act: func(e *engine.Engine, i int) error {
			return e.Quote(7, 8, quote.Two{Bid: odds.Price(3000 + 100*(i%2)), Size: 10000})
		},
		message: func(i, part int) *seto.Payload {
			reference, id, price := proto.Uint64(uint64(allocReferences+1+i)), uint64(1000+i), uint32(3000+100*(i%2))
			switch {
			case i == 0 && part == 1:
				return accepted(3, *reference, id, 1)
			case i == 0:
				return quotes(7, 8, 2100)
			case part == 1:
				return &seto.Payload{
					Type: seto.PayloadType_PAYLOAD_ORDER_PENDING_REPLACE.Enum(),
					OrderPendingReplace: &seto.OrderPendingReplace{
						OrderId: &id, OrigOrderId: proto.Uint64(id - 1), Price: &price, Quantity: proto.Uint64(10000),
						AccountSequence_64: proto.Uint64(uint64(2 * i)), Reference: reference,
					},
				}
			}
			return &seto.Payload{
				Type: seto.PayloadType_PAYLOAD_ORDER_CANCEL_REPLACE_ACCEPTED.Enum(),
				OrderCancelReplaceAccepted: &seto.OrderCancelReplaceAccepted{
					OrderId: &id, OrigOrderId: proto.Uint64(id - 1), Price: &price, Quantity: proto.Uint64(10000),
					QuantityLeft: proto.Uint64(10000), AccountSequence_64: proto.Uint64(uint64(2*i + 1)),
					Reference: reference,
				},
			}
		},
	},
}

// TestTradingAllocatesNothing trades over a socket with every limit and all handlers, and counts what the process
// allocates.
func TestTradingAllocatesNothing(t *testing.T) {
	for _, tr := range tradingTraffics {
		t.Run(tr.name, func(t *testing.T) { checkTradingAllocations(t, &tr, nil, "") })
		t.Run(tr.name+", with a journal", func(t *testing.T) { checkTradingAllocations(t, &tr, nil, t.TempDir()) })
	}
	fs := new(countingFS)
	t.Run("with a file", func(t *testing.T) { checkTradingAllocations(t, &tradingTraffics[0], fs, "") })
	if images, intents := fs.images.Load(), fs.intents.Load(); images < 4 || intents < 1000 {
		t.Errorf("%d images, %d groups of intents", images, intents)
	}
}

func checkTradingAllocations(t *testing.T, tr *tradingTraffic, files *countingFS, journalDir string) {
	const warm, measured = 100, 1000 // rounds
	n := newNetwork(t, "tcp", false, loopback(t))
	config := n.config()
	config.Session.DisableThrottle, config.Session.ReferenceBase = true, allocReferences
	config.State = engine.StateConfig{
		Orders: order.Config{Orders: 64, Retained: 64},
		Quotes: quote.Config{Orders: 64},
		Risk: risk.Config{
			OrderQuantityMax: 20000, Collar: risk.Collar{Ticks: 284, OnEmpty: risk.SkipCollar}, RefuseSelfCross: true,
			ContractOrdersMax: 10, OrdersMax: 20, ContractExposureMax: 1 << 40, MarketExposureMax: 1 << 40,
			AccountExposureMax: 1 << 40, LossMax: 1 << 40,
		},
	}
	config.Journal = journal.Config{Dir: journalDir, Durability: journal.SyncGroup}
	if files != nil {
		config.Session.ReferenceBase = 0
		config.State.File, config.State.DurableIntents = "/state", true
		config.State.SaveEvery = 5 * time.Millisecond
		engine.SetStateFS(&config, files)
	}
	var handled, events, fills, books atomic.Int64
	loggedIn := make(chan struct{})
	start(t, config, func(e *engine.Engine) {
		e.OnLoggedIn(func(*engine.Event) {
			var m msg.MarketSubscribe
			m.SetMarketId(7)
			if _, err := e.SendMarketSubscribe(&m); err != nil {
				t.Error(err)
			}
			close(loggedIn)
		})
		round := 0
		e.OnContractQuotes(func(_ *engine.Event, m *msg.ContractQuotes) {
			if m.GetBids()[0].GetPrice() == 2100 {
				return
			}
			if err := tr.act(e, round); err != nil {
				t.Error(err)
			}
			round++
		})
		e.OnMessage(func(*engine.Event) { handled.Add(1) })
		e.OnOrder(func(*order.Order, *order.Event) { events.Add(1) })
		e.OnFill(func(*order.Order, order.Fill) { fills.Add(1) })
		e.OnBook(func(book.Contract) { books.Add(1) })
	})
	p := n.accept(t)
	p.login()
	<-loggedIn
	answer := make([]byte, 64<<10)
	countFrames(t, p.conn, answer)
	p.write(p.frame(&seto.Payload{
		Type: seto.PayloadType_PAYLOAD_MARKET_QUOTES.Enum(),
		MarketQuotes: &seto.MarketQuotes{
			MarketId: proto.Uint32(7), ContractQuotes: []*seto.ContractQuotes{quotes(7, 8, 2500).ContractQuotes},
		},
	}))
	frames := make([][]byte, tr.round*(warm+measured))
	for i := range frames {
		if i%tr.round == 0 {
			frames[i] = p.frame(quotes(7, 8, 2500))
		} else {
			frames[i] = p.frame(tr.message(i/tr.round, i%tr.round))
		}
	}
	var before, after runtime.MemStats
	for i, frame := range frames {
		if i == warm*tr.round {
			runtime.GC()
			runtime.ReadMemStats(&before)
		}
		p.write(frame)
		if i%tr.round == 0 {
			countFrames(t, p.conn, answer)
		}
		for handled.Load() < int64(i+2) {
			runtime.Gosched()
		}
	}
	runtime.ReadMemStats(&after)
	if mallocs := after.Mallocs - before.Mallocs; mallocs > allocNoise {
		t.Errorf("%d allocations in %d rounds", mallocs, measured)
	}
	if events.Load() < int64(2*warm+2*measured)-1 || books.Load() < int64(warm+measured) {
		t.Errorf("%d events, %d fills, %d books", events.Load(), fills.Load(), books.Load())
	}
}

package main

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
)

// What the bot of a match quotes with: two levels a side, moved when the middle has moved.
const (
	matchSpread               = 45 // hundredths of a percent from the middle to the first level
	matchLevels               = 2
	matchStep                 = 30     // between the levels
	matchSize   odds.Quantity = 60_000 // of the first level; the second is twice as large
	matchSkew                 = 6      // hundredths of a percent for each size that is held
	matchHold                 = 12     // sizes held beyond which a side is not quoted
	matchMoved                = 12     // hundredths of a percent: a smaller move is left alone
	matchPeriod               = 100 * time.Millisecond
	matchEvent                = 50_000 // the match, of whose ball the exchange tells
	matchLinger               = 1500 * time.Millisecond
)

// matchBot quotes every contract of a match until it is settled. It is a bot as in the guide, for people to look at:
// what it does is slow enough to be followed.
type matchBot struct {
	*engine.Engine
	markets map[uint32][]uint32 // contracts by market
	middles map[uint32]odds.Price
	over    map[uint32]bool
	started bool
	ending  bool
	failure error

	counts matchCounts
}

// matchCounts is what the progress line says. Any goroutine may read it.
type matchCounts struct {
	orders, fills, voided atomic.Int64
	profit                atomic.Int64 // cash less what the account began with
	state                 atomic.Value // string
}

// newMatchBot returns a bot for what the exchange's hello says. start is called once it trades.
func newMatchBot(e *engine.Engine, h *hello, start func() error) (*matchBot, error) {
	b := &matchBot{
		Engine: e, markets: map[uint32][]uint32{}, middles: map[uint32]odds.Price{}, over: map[uint32]bool{},
	}
	b.counts.state.Store("warm-up")
	for _, m := range h.Markets {
		for _, c := range m.Contracts {
			b.markets[m.ID] = append(b.markets[m.ID], c.ID)
		}
	}
	e.OnLoggedIn(b.loggedIn)
	e.OnBook(func(book.Contract) {
		if !b.started {
			b.started = true
			b.fail(start())
		}
	})
	e.OnOrder(func(_ *order.Order, ev *order.Event) {
		switch ev.Kind {
		case order.OrderAccepted, order.OrderReplaced:
			b.counts.orders.Add(1)
		case order.OrderFilled:
			b.counts.fills.Add(1)
		case order.FillVoided:
			b.counts.voided.Add(1)
		}
	})
	e.OnMarketState(b.marketState)
	e.OnRunningballNotification(func(_ *engine.Event, m *msg.RunningballNotification) {
		b.counts.state.Store(string(m.GetDetails()))
	})
	_, err := e.Every(matchPeriod, b.quoteAll)
	return b, err
}

// fail ends a match that cannot go on.
func (b *matchBot) fail(err error) {
	if b.failure == nil && err != nil {
		b.failure = err
		b.Stop()
	}
}

func (b *matchBot) loggedIn(ev *engine.Event) {
	if ev.Epoch > 1 {
		return
	}
	for market := range b.markets {
		b.fail(b.Subscribe(market))
	}
	var m msg.EventSubscribe
	m.SetEventId(matchEvent)
	_, _ = b.SendEventSubscribe(&m) // the match is seen without it, too
}

// marketState ends the match when every market is settled.
func (b *matchBot) marketState(_ *engine.Event, m *msg.MarketState) {
	if m.GetState() != msg.MarketStateSettled && m.GetState() != msg.MarketStateVoided {
		return
	}
	b.over[m.GetMarketId()] = true
	if len(b.over) < len(b.markets) || b.ending {
		return
	}
	b.ending = true
	if _, err := b.After(matchLinger, b.Stop); err != nil {
		b.Stop()
	}
}

// quoteAll quotes what has moved.
func (b *matchBot) quoteAll() {
	a := b.Account()
	b.counts.profit.Store(int64(a.Realised))
	if b.Mode().Mode != risk.Active {
		clear(b.middles)
		return
	}
	for market, contracts := range b.markets {
		for _, c := range contracts {
			if !b.over[market] {
				b.quote(market, c)
			}
		}
	}
}

func (b *matchBot) quote(market, contract uint32) {
	c, ok := b.Book(market, contract)
	if !ok {
		return
	}
	mid, ok := c.WithoutOwn().MidPrice()
	if !ok {
		return
	}
	p := b.Position(market, contract)
	held := int((p.Final + p.Provisional) / matchSize)
	fair := odds.Price(min(max(int(mid)-held*matchSkew, 1), int(odds.PriceMax)))
	if was := b.middles[contract]; was != 0 && max(was, fair)-min(was, fair) < matchMoved {
		return
	}
	b.middles[contract] = fair
	var bids, asks []quote.Level
	for i := range matchLevels {
		away, size := matchSpread+i*matchStep, matchSize*odds.Quantity(1+i)
		if price := int(fair) - away; price >= priceLow && held < matchHold {
			bids = append(bids, quote.Level{Price: odds.Price(price), Size: size})
		}
		if price := int(fair) + away; price <= priceHigh && held > -matchHold {
			asks = append(asks, quote.Level{Price: odds.Price(price), Size: size})
		}
	}
	b.fail(b.QuoteLevels(market, contract, bids, asks, quote.Tolerance{Size: matchSize / 2}))
}

// matchConfig returns the settings of the bot of a match.
func matchConfig(h *hello, dir string, run int) engine.Config {
	return engine.Config{
		Address: h.Address, DisableTLS: true,
		Session: session.Config{
			Username: h.Username, Password: h.Password, AccountFromStart: true, RequireCaughtUp: true,
			CancelAllOnFailure: true,
		},
		State: engine.StateConfig{
			OnUnresolved: engine.CancelUnresolvedMarket,
			Quotes:       quote.Config{Levels: matchLevels},
			Risk: risk.Config{
				OrderQuantityMax: 20 * matchSize, MarketExposureMax: lossMax, ContractOrdersMax: 16,
				RefuseSelfCross: true,
			},
		},
		ReconnectBackoff: []time.Duration{0, 100 * time.Millisecond},
		CancelAllOnPanic: true,
		Journal: journal.Config{
			Dir: dir, Name: fmt.Sprintf("smk demo, match %d", run), Durability: journal.SyncNone, KeepBytes: matchKeep,
		},
	}
}

// matchKeep is how much of the journal of matches is kept.
const matchKeep = 1 << 30

// errDiffers reports that bot and exchange do not agree.
var errDiffers = errors.New("the bot's account differs from the exchange's")

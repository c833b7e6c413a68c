//go:build !race

package book_test

import (
	"testing"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// Nothing that repeats allocates, with 1,000 contracts and 10,000 own orders.
func TestNothingAllocates(t *testing.T) {
	const contracts, each = 1000, 10
	b, err := book.New(book.Config{Markets: contracts, Contracts: contracts, Orders: contracts*each + 1})
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	now, id := int64(0), uint64(0)
	snapshots := make([]msg.MarketQuotes, contracts)
	for i := range snapshots {
		m := uint32(i + 1)
		must(b.Subscribed(m, now))
		snapshots[i].SetMarketId(m)
		q := snapshots[i].AddContractQuotes()
		q.SetContractId(1)
		fillQuotes(q, 4900, 5100, 1000)
		must(b.ApplySnapshot(&snapshots[i], now))
		for range each {
			id++
			must(b.OwnAdded(book.Own{
				ID: id, Market: m, Contract: 1, Side: odds.Buy, Price: 4900, Open: 50,
				Pending: true,
			}))
			must(b.OwnAccepted(id, 50))
		}
	}
	var q msg.ContractQuotes
	var levels [8]book.Level
	k := uint32(0)
	round := func() {
		k++
		now++
		market := k%contracts + 1
		q.Reset()
		q.SetMarketId(market)
		q.SetContractId(1)
		setLevel(q.AddBids(), 4900, uint64(1000+k%7))
		for i := range uint32(6) {
			setLevel(q.AddOffers(), 5100+i, uint64(k%5)*100)
		}
		e := q.AddExecutions()
		e.SetPrice(4900)
		e.SetQuantity(3)
		e.SetLiquidity(msg.SideBuy)
		must(b.ApplySnapshot(&snapshots[market-1], now))
		c, err := b.ApplyUpdate(&q, now)
		must(err)
		c = c.WithoutOwn()
		best, _ := c.Best(odds.Buy)
		take := c.Take(odds.Sell, 100)
		c.Levels(levels[:0], odds.Sell)
		c.Micro()
		sink = best.Quantity + take.Quantity
		own := uint64(market-1)*each + 1
		must(b.OwnFilled(own, 40))
		must(b.OwnReducing(own, true))
		must(b.OwnChanged(own, 30))
		must(b.OwnRemoved(own))
		must(b.OwnAdded(book.Own{ID: own, Market: market, Contract: 1, Side: odds.Buy, Price: 4900, Open: 50}))
		b.Queue(own)
		m, _ := b.Market(market)
		m.Overround(odds.Buy)
		must(b.ApplySnapshot(&snapshots[market-1], now))
		setLevel(q.AddBids(), 0, 5)
		if _, err := b.ApplyUpdate(&q, now); err == nil {
			t.Fatal("a refused update is not")
		}
		b.Advance(now)
		b.Gap(now)
		b.Recovered(true, now)
		if k%100 == 0 {
			b.Disconnected(now)
			b.Connected(false, now)
		}
		b.Unsubscribed(market, now)
		must(b.Subscribed(market, now))
		must(b.ApplySnapshot(&snapshots[market-1], now))
	}
	if n := testing.AllocsPerRun(2000, round); n != 0 {
		t.Errorf("%v allocations a round", n)
	}
}

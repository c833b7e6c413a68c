package order_test

import (
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// TestManyMarketsSettled settles more markets than can be told apart, and than one call has events for: what the cash
// brought together is taken for all of them, in several calls.
func TestManyMarketsSettled(t *testing.T) {
	const markets = 100
	m, err := order.New(order.Config{Orders: markets, Retained: markets, Contracts: markets, DriftAfter: 1})
	if err != nil {
		t.Fatal(err)
	}
	sequence := uint64(0)
	apply := func(now int64, r exchange.Report) []order.Event {
		sequence++
		r.AccountSequence, r.HasReference = sequence, r.Reference != 0
		return m.Apply(payload(&r), order.Input{Now: now})
	}
	balance := func(now int64, available, exposure exchange.Money) []order.Event {
		r := exchange.Report{Type: msg.PayloadBalanceChanged, AvailableBalance: available, Exposure: exposure}
		return m.Apply(payload(&r), order.Input{Now: now})
	}
	m.CaughtUp(true, nil, 1)
	balance(1, 1000*exchange.Currency, 0)
	for i := range uint32(markets) {
		k := msg.Keys{
			Type: msg.PayloadOrderCreate, Side: msg.SideBuy, Market: 1 + i, Contract: 1000 + i, Price: 5000,
			Quantity: 10_000, Reference: uint64(1 + i),
		}
		if err := m.Sent(&k, uint64(1+i), 1); err != nil {
			t.Fatal(err)
		}
		at := exchange.Report{
			Side: msg.SideBuy, OrderID: uint64(1 + i), Reference: uint64(1 + i), Price: 5000, Quantity: 10_000,
			Market: 1 + i, Contract: 1000 + i,
		}
		at.Type = msg.PayloadOrderAccepted
		apply(1, at)
		at.Type, at.Reference, at.ExecutedQuantity = msg.PayloadOrderExecuted, 0, 10_000
		apply(1, at)
	}
	for i := range uint32(markets) {
		var p msg.Payload
		p.SetType(msg.PayloadMarketState)
		p.MutableMarketState().SetMarketId(1 + i)
		p.MutableMarketState().SetState(msg.MarketStateSettled)
		m.Apply(&p, order.Input{Now: 2})
	}
	if c := m.Completeness(); c.Why&order.ResultUnknown == 0 {
		t.Fatalf("nothing is awaited: %+v", c)
	}
	settled := 0
	count := func(events []order.Event) {
		for i := range events {
			if events[i].Kind == order.MarketSettled {
				settled++
			}
		}
	}
	count(balance(3, 1007*exchange.Currency, 0))
	calls := 0
	for now := int64(10); settled < markets && calls < 50; now += 10 {
		calls++
		count(m.Tick(now))
		count(balance(now+1, 1007*exchange.Currency, 0))
		count(m.Confirm(now + 5))
	}
	if settled != markets || m.Account().Cash != 1007*1e8 {
		t.Errorf("%d markets settled in %d calls, %+v", settled, calls, m.Account())
	}
	if d := m.Audit(); d != "" {
		t.Error(d)
	}
}

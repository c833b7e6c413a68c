package order_test

import (
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/exchange"
)

// TestStakes compares the stakes of markets with what the contracts' orders and positions say one by one: of orders
// that wait for their answer, rest, are filled in part, have ended, and of replaces on their way.
func TestStakes(t *testing.T) {
	m := must(t, order.Config{})
	sequence, id := uint64(0), func(i uint64) uint64 { return i<<22 | 5 }
	const orders = 3000 // three in each contract
	for i := range uint64(orders) {
		create(t, m, i, &sequence)
		switch i % 4 {
		case 1:
			sequence++
			m.Apply(payload(&exchange.Report{
				Type: msg.PayloadOrderExecuted, Side: msg.SideBuy + msg.Side(i%2), Market: uint32(i%100) + 1,
				Contract: uint32(i%1000) + 1, Price: uint32(i%9999) + 1, OrigPrice: uint32(i%9999) + 1, Quantity: 4000,
				ExecutedQuantity: 4000, AvailableQuantity: 6000, OrderID: id(i), AccountSequence: sequence,
			}), order.Input{Now: 1})
		case 2:
			sequence++
			m.Apply(payload(&exchange.Report{
				Type: msg.PayloadOrderCancelled, Side: msg.SideBuy + msg.Side(i%2), Market: uint32(i%100) + 1,
				Contract: uint32(i%1000) + 1, OrderID: id(i), AccountSequence: sequence,
			}), order.Input{Now: 1})
		case 3:
			k := msg.Keys{
				Type:      msg.PayloadOrderCancelReplace,
				OrderID:   id(i),
				Price:     5000,
				Quantity:  50_000,
				Reference: 1<<30 + i,
			}
			if i%8 == 3 {
				k = msg.Keys{
					Type:      msg.PayloadOrderCreate,
					Side:      msg.SideSell,
					Market:    uint32(i%100) + 1,
					Contract:  uint32(i%1000) + 1,
					Price:     3000,
					Quantity:  20_000,
					Reference: 1<<30 + i,
				}
			}
			if err := m.Sent(&k, 1<<30+i, 1); err != nil {
				t.Fatal(err)
			}
		}
	}
	seen := 0
	for market := uint32(1); market <= 100; market++ {
		named := id(uint64(market - 1)) // an order of the market's first contract
		var s order.Stake
		for w := m.Stakes(market, named); w.Next(&s); {
			seen++
			p := m.Position(market, s.Contract)
			want := order.Stake{Contract: s.Contract, Wins: p.IfWins, Loses: p.IfLoses, Asked: p.Asked}
			m.LiveOf(market, s.Contract, func(o *order.Order) bool {
				open, price := o.Available, o.Price
				if o.State == order.PendingNew {
					open = o.Quantity
				}
				if o.Side == odds.Sell {
					price = price.Complement()
				}
				risk := odds.Money(open) * odds.Money(price)
				if o.Side == odds.Buy {
					want.Buying += risk
				} else {
					want.Selling += risk
				}
				if o.State == order.PendingNew {
					want.Asked -= risk
				}
				if o.ID == named {
					want.OfOrder = risk
				}
				return true
			})
			if s != want {
				t.Errorf("market %d: %+v, want %+v", market, s, want)
			}
		}
	}
	if seen < 500 {
		t.Errorf("%d stakes", seen)
	}
}

// TestStakesTooLarge compares stakes that do not fit into an amount, of replaces between their stages that nobody here
// asked for, with the orders one by one, while they come and go.
func TestStakesTooLarge(t *testing.T) {
	m := must(t, order.Config{})
	sequence := uint64(0)
	apply := func(r exchange.Report) {
		sequence++
		r.AccountSequence, r.Side, r.Market, r.Contract = sequence, msg.SideBuy, 1, 1
		m.Apply(payload(&r), order.Input{Now: int64(sequence)})
	}
	const orders = 20
	for i := range uint64(2 * orders) {
		id := 1 + i%orders
		if i < orders {
			apply(exchange.Report{
				Type: msg.PayloadOrderPendingReplace, OrderID: 1000 + id, OrigOrderID: id, Price: 9999,
				Quantity: uint64(order.QuantityMax) - i,
			})
		} else {
			apply(exchange.Report{Type: msg.PayloadOrderCancelled, OrderID: 1000 + id})
		}
		want := odds.Money(0)
		m.LiveOf(1, 1, func(o *order.Order) bool {
			open := o.Available
			if o.State == order.PendingNew {
				open = o.Quantity
			}
			want += min(odds.Money(open)*odds.Money(o.Price), odds.MoneyMax-want)
			return true
		})
		var s order.Stake
		if w := m.Stakes(1, 0); !w.Next(&s) || s.Buying != want || w.Next(&s) {
			t.Errorf("after message %d: %+v, want %v", i, s, want)
		}
		if i == orders-1 && want != odds.MoneyMax {
			t.Errorf("all orders can lose only %v", want)
		}
		if d := m.Audit(); d != "" {
			t.Fatal(d)
		}
	}
}

package bench

import (
	"fmt"
	"testing"

	"github.com/smk-go/smk/bench/internal/instrcount"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
)

const (
	orderContracts = 1_000
	orderCash      = 1e7 // of the account, in whole currency
	orderPrice     = 5_000
	orderQuantity  = 1 << 20
	fillQuantity   = 100
)

// keptOrders is a Manager with live purchases, and messages about them.
type keptOrders struct {
	m        *order.Manager
	live     int
	sequence uint64
	p        msg.Payload
	executed []uint64
}

func newKeptOrders(live int) *keptOrders {
	m, err := order.New(order.Config{})
	check(err)
	k := &keptOrders{m: m, live: live, executed: make([]uint64, live)}
	for i := range live {
		k.create(i, orderQuantity)
		k.accept(i, orderQuantity)
	}
	return k
}

func (k *keptOrders) create(i int, quantity uint64) {
	at := uint32(i % orderContracts)
	keys := msg.Keys{
		Type: msg.PayloadOrderCreate, Side: msg.SideBuy, Market: 1 + at, Contract: 1 + at, Price: orderPrice,
		Quantity: quantity, Reference: uint64(i) + 1,
	}
	check(k.m.Admit(&keys))
	check(k.m.Sent(&keys, uint64(i)+1, 1))
}

// exposure returns what the messages say that is reserved.
func (k *keptOrders) exposure(more uint64) float64 {
	return -float64(uint64(k.m.Account().Reserved)+more*orderPrice) / 1e8
}

func (k *keptOrders) accept(i int, quantity uint64) {
	exposure := k.exposure(quantity)
	k.sequence++
	a, at := k.p.MutableOrderAccepted(), uint32(i%orderContracts)
	a.Reset()
	a.SetOrderId(orderID(i))
	a.SetReference(uint64(i) + 1)
	a.SetSide(msg.SideBuy)
	a.SetMarketId(1 + at)
	a.SetContractId(1 + at)
	a.SetPrice(orderPrice)
	a.SetQuantity(quantity)
	a.SetAccountSequence_64(k.sequence)
	a.SetAvailableBalance(orderCash + exposure)
	a.SetExposure(exposure)
	k.apply()
}

func orderID(i int) uint64 { return (1<<40+uint64(i))<<16 | 5 }

// fill fills a part of an order. What it reserves stays the same.
func (k *keptOrders) fill(i int) {
	exposure := k.exposure(0)
	k.sequence++
	k.executed[i] += fillQuantity
	x, at := k.p.MutableOrderExecuted(), uint32(i%orderContracts)
	x.Reset()
	x.SetOrderId(orderID(i))
	x.SetSide(msg.SideBuy)
	x.SetMarketId(1 + at)
	x.SetContractId(1 + at)
	x.SetPrice(orderPrice)
	x.SetOrigPrice(orderPrice)
	x.SetExecutedAvgPrice(orderPrice)
	x.SetQuantity(fillQuantity)
	x.SetPendingTimeout(0)
	x.SetTotalExecutedQuantity(k.executed[i])
	x.SetAvailableQuantity(orderQuantity - k.executed[i])
	x.SetAccountSequence_64(k.sequence)
	x.SetAvailableBalance(orderCash + exposure)
	x.SetExposure(exposure)
	k.apply()
}

func (k *keptOrders) cancelled(i int, quantity uint64) {
	exposure := k.exposure(0) + float64(quantity*orderPrice)/1e8
	k.sequence++
	c, at := k.p.MutableOrderCancelled(), uint32(i%orderContracts)
	c.Reset()
	c.SetOrderId(orderID(i))
	c.SetSide(msg.SideBuy)
	c.SetMarketId(1 + at)
	c.SetContractId(1 + at)
	c.SetExecutedQuantity(0)
	c.SetAccountSequence_64(k.sequence)
	c.SetAvailableBalance(orderCash + exposure)
	c.SetExposure(exposure)
	k.apply()
}

func (k *keptOrders) apply() {
	if len(k.m.Apply(&k.p, order.Input{Now: int64(k.sequence)})) != 1 {
		panic("not applied as usual")
	}
}

// orderPaths are messages about orders with so many live ones, made and applied.
func orderPaths(live int) []instrcount.Path {
	return []instrcount.Path{
		{Name: fmt.Sprintf("fill with %d orders", live), Calls: 1, New: func(testing.TB) func(int) {
			k := newKeptOrders(live)
			return func(i int) { k.fill(i * 7 % live) }
		}},
		{Name: fmt.Sprintf("quote's life with %d orders", live), Calls: 1, New: func(testing.TB) func(int) {
			k := newKeptOrders(live)
			return func(i int) {
				k.create(live+i, fillQuantity)
				k.accept(live+i, fillQuantity)
				k.cancelled(live+i, fillQuantity)
			}
		}},
	}
}

// TestOrderGrowth: messages about orders take as many instructions with 10,000 live orders as with 10.
func TestOrderGrowth(t *testing.T) {
	if reason := uncountable(); reason != "" {
		t.Log("instructions: not available: " + reason)
		return
	}
	paths := append(orderPaths(10), orderPaths(10_000)...)
	counts := instrcount.Count(t, paths)
	for i := range len(counts) / 2 {
		few, many := counts[i], counts[i+len(counts)/2]
		if t.Logf("%s: %d, with 10,000: %d", paths[i].Name, few, many); many*100 > few*110 {
			t.Errorf("%s: %d instructions, with 10,000 %d", paths[i].Name, few, many)
		}
	}
}

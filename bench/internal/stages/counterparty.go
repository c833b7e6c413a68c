package stages

import (
	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/wire"
)

// cash is the account's money.
const cash = 1_000_000 * odds.Whole

// counterparty answers what a bot sends as the exchange does, with the amounts of money that follow.
type counterparty struct {
	seq, account, id uint64 // the last ones

	amounts *order.Manager // of what was answered
	orders  map[uint64]*standing
	p       msg.Payload
	out     [][]byte // payloads to be sent, with slack
	block   []byte   // that they are in
}

// standing is an order of the account.
type standing struct {
	id, executed, left uint64
	keys               msg.Keys // of its request
}

func newCounterparty(config order.Config) *counterparty {
	return &counterparty{
		seq: sequenceBase - 1, account: sequenceBase - 1, id: 82_892_989_397_900_053,
		amounts: fixture.Must(order.New(config)), orders: make(map[uint64]*standing),
	}
}

// answer answers a request of order entry. It returns the order that it makes, otherwise the one that it is about.
func (x *counterparty) answer(k *msg.Keys, seq uint64) *standing {
	fixture.Must(0, x.amounts.Admit(k))
	fixture.Must(0, x.amounts.Sent(k, seq, 0))
	o := x.orders[k.OrderID]
	switch k.Type {
	case msg.PayloadOrderCreate:
		o = x.place(*k, k.Quantity)
		m := x.p.MutableOrderAccepted()
		m.SetSeq(seq)
		m.SetReference(k.Reference)
		m.SetPrice(k.Price)
		m.SetQuantity(k.Quantity)
		x.send(m, o, seq)
	case msg.PayloadOrderCancel:
		x.cancel(o, k.Reference, seq)
	case msg.PayloadOrderQuantityReduce:
		o.left = k.Quantity
		m := x.p.MutableOrderQuantityReduced()
		m.SetReason(msg.OrderQuantityReducedMemberRequested)
		m.SetReference(k.Reference)
		m.SetNewQuantity(o.left)
		m.SetOrigPrice(o.keys.Price)
		m.SetExecutedQuantity(o.executed)
		x.send(m, o, seq)
	case msg.PayloadOrderCancelReplace:
		old := o
		delete(x.orders, old.id)
		keys := old.keys
		keys.Price, keys.Quantity = k.Price, k.Quantity
		o = x.place(keys, k.Quantity-old.executed)
		p := x.p.MutableOrderPendingReplace()
		p.SetOrigOrderId(old.id)
		p.SetPrice(k.Price)
		p.SetQuantity(k.Quantity)
		p.SetReference(k.Reference)
		x.send(p, o, seq)
		m := x.p.MutableOrderCancelReplaceAccepted()
		m.SetOrigOrderId(old.id)
		m.SetPrice(k.Price)
		m.SetQuantity(k.Quantity)
		m.SetQuantityLeft(o.left)
		m.SetReference(k.Reference)
		x.send(m, o, seq)
	}
	return o
}

// place makes an order.
func (x *counterparty) place(k msg.Keys, left uint64) *standing {
	x.id++
	o := &standing{id: x.id, left: left, keys: k}
	x.orders[o.id] = o
	return o
}

// cancel ends an order, for the request with a reference unless that is 0.
func (x *counterparty) cancel(o *standing, reference, seq uint64) {
	delete(x.orders, o.id)
	m := x.p.MutableOrderCancelled()
	m.SetReason(msg.OrderCancelledMemberRequested)
	if reference != 0 {
		m.SetReference(reference)
	}
	m.SetExecutedQuantity(o.executed)
	m.SetOrigPrice(o.keys.Price)
	x.send(m, o, seq)
}

// fill executes some of an order.
func (x *counterparty) fill(o *standing, quantity uint64) {
	o.executed, o.left = o.executed+quantity, o.left-quantity
	m := x.p.MutableOrderExecuted()
	m.SetPrice(o.keys.Price)
	m.SetQuantity(quantity)
	m.SetPendingTimeout(0)
	m.SetTotalExecutedQuantity(o.executed)
	m.SetExecutedAvgPrice(o.keys.Price)
	m.SetAvailableQuantity(o.left)
	m.SetOrigPrice(o.keys.Price)
	x.send(m, o, 0)
}

// report is a message about an order.
type report interface {
	SetOrderId(uint64)
	SetMarketId(uint32)
	SetContractId(uint32)
	SetSide(msg.Side)
	SetAccountSequence_64(uint64)
}

// send sends a report, which is in x.p.
func (x *counterparty) send(m report, o *standing, seq uint64) {
	x.account++
	m.SetOrderId(o.id)
	m.SetMarketId(o.keys.Market)
	m.SetContractId(o.keys.Contract)
	m.SetSide(o.keys.Side)
	m.SetAccountSequence_64(x.account)
	x.amounts.Apply(&x.p, order.Input{RequestSeq: seq})
	if m, ok := m.(interface {
		SetAvailableBalance(float64)
		SetExposure(float64)
	}); ok {
		reserved := x.amounts.Account().Reserved
		m.SetAvailableBalance((cash - reserved).Float())
		m.SetExposure(-reserved.Float())
	}
	x.push()
}

// push sends x.p.
func (x *counterparty) push() {
	x.seq++
	x.p.MutableEtoPayload().SetSeq(x.seq)
	x.p.MutableEtoPayload().SetIsReplay(false)
	b := fixture.Must(x.p.MarshalVT())
	if cap(x.block)-len(x.block) < len(b)+wire.SlackBytes {
		x.block = make([]byte, 0, 1<<20)
	}
	front := len(x.block)
	x.block = append(x.block, b...)
	x.out = append(x.out, x.block[front:])
	x.p.Reset()
}

// forget forgets what was sent.
func (x *counterparty) forget() { x.out, x.block = x.out[:0], x.block[:0] }

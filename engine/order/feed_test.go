package order_test

import (
	"math/rand/v2"
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// feed is what the account of a market maker sees: requests that it sends, and the exchange's messages in the bytes
// that arrive. The orders are in feedContracts contracts and touched in random order. Requests are sent some chunks
// before their answers come, so that what they touched is in no cache by chance. The amounts in the messages agree
// with ours.
type feed struct {
	setup  []step
	chunks []chunk
}

// chunk is measured messages, and what comes before.
type chunk struct {
	before   []step
	measured []step
}

// step is a request that is sent, or a message.
type step struct {
	sent bool
	keys msg.Keys
	seq  uint64
	raw  []byte // with slack behind
}

const (
	chunkEvents   = 16
	feedContracts = 1000
	feedMarkets   = 250
	feedTouches   = 4 // changes of an order after which it ends
)

// feedOrder is a live order of a feed.
type feedOrder struct {
	id, reference      uint64
	market, contract   uint32
	price              uint32
	side               msg.Side
	quantity, executed uint64
	available, cost    uint64
	touches            int
}

// feedKinds are what the measured messages of a feed may be.
var feedKinds = []string{"accepted", "partial", "final", "cancelled", "reduced", "replaced", "mixed"}

// mixedKinds is a chunk of a mixed feed: of 16 messages 6 are acceptances, 4 cancels, 3 fills, 1 is a reduction and 2
// are the stages of a replace.
var mixedKinds = []string{
	"accepted", "cancelled", "partial", "accepted", "final", "cancelled", "accepted", "reduced", "accepted",
	"cancelled", "replaced", "accepted", "final", "accepted", "cancelled",
}

// feedMaker makes a feed. Its Manager applies what is made: it says what the amounts are.
type feedMaker struct {
	t         testing.TB
	m         *order.Manager
	rand      *rand.Rand
	pool      []*feedOrder // live, without a request
	to        *[]step
	reference uint64
	seq       uint64
	sequence  uint64
}

// newFeed returns a feed with so many live orders and a few more. kind is one of feedKinds.
func newFeed(t testing.TB, kind string, live, chunks int) *feed {
	out := new(feed)
	f := &feedMaker{t: t, m: must(t, order.Config{}), rand: rand.New(rand.NewPCG(1, uint64(live))), to: &out.setup}
	for range live {
		f.renew()
	}
	kinds := mixedKinds
	if kind != "mixed" {
		kinds = make([]string, chunkEvents)
		if kind == "replaced" {
			kinds = kinds[:chunkEvents/2] // of two messages each
		}
		for i := range kinds {
			kinds[i] = kind
		}
	}
	ahead := min(live/64, 48)
	out.chunks = make([]chunk, chunks)
	var plans [][]func()
	for n := range chunks {
		c := &out.chunks[n]
		f.to = &c.before
		for len(plans) <= min(n+ahead, chunks-1) {
			var answers []func()
			for _, k := range kinds {
				answers = append(answers, f.plan(k, kind == "mixed"))
			}
			plans = append(plans, answers)
		}
		f.to = &c.measured
		for _, answer := range plans[n] {
			answer()
		}
	}
	return out
}

// plan sends a request and returns what makes its answer. Unless others do, it keeps the number of live orders.
func (f *feedMaker) plan(kind string, mixed bool) (answer func()) {
	switch kind {
	case "accepted":
		if !mixed {
			f.cancelled(f.take(), 0)
		}
		o := f.create()
		return func() { f.accepted(o) }
	case "cancelled", "final":
		if !mixed {
			f.renew()
		}
		o := f.take()
		if kind == "final" {
			return func() { f.fill(o, o.available) }
		}
		ref := f.send(msg.Keys{Type: msg.PayloadOrderCancel, OrderID: o.id})
		return func() { f.cancelled(o, ref) }
	case "partial":
		o := f.take()
		return func() {
			f.fill(o, o.available/8)
			f.pool = append(f.pool, o)
		}
	case "reduced":
		o := f.take()
		left := o.available / 8 * 7
		ref := f.send(msg.Keys{Type: msg.PayloadOrderQuantityReduce, OrderID: o.id, Quantity: o.available - left})
		return func() { f.reduced(o, left, ref) }
	case "replaced":
		o := f.take()
		price := o.price%9998 + 1
		ref := f.send(msg.Keys{
			Type: msg.PayloadOrderCancelReplace, OrderID: o.id, Quantity: o.quantity, Price: price,
		})
		return func() { f.replaced(o, price, ref) }
	}
	panic("BUG: feed of " + kind)
}

// take returns a random order out of the pool.
func (f *feedMaker) take() *feedOrder {
	for {
		if len(f.pool) == 0 {
			f.renew()
		}
		i := f.rand.IntN(len(f.pool))
		o := f.pool[i]
		f.pool[i] = f.pool[len(f.pool)-1]
		f.pool = f.pool[:len(f.pool)-1]
		if o.touches++; o.touches <= feedTouches {
			return o
		}
		f.cancelled(o, 0)
		f.renew()
	}
}

// renew creates an order and accepts it.
func (f *feedMaker) renew() { f.accepted(f.create()) }

func (f *feedMaker) create() *feedOrder {
	at := f.rand.Uint32N(feedContracts)
	o := &feedOrder{
		market: 317_000 + at%feedMarkets, contract: 1_203_000 + at, price: 1 + f.rand.Uint32N(9999),
		side: msg.SideBuy + msg.Side(f.rand.IntN(2)), quantity: 1_000_000,
	}
	o.available = o.quantity
	o.reference = f.send(msg.Keys{
		Type: msg.PayloadOrderCreate, Side: o.side, Market: o.market, Contract: o.contract, Price: o.price,
		Quantity: o.quantity,
	})
	return o
}

func (f *feedMaker) send(k msg.Keys) (reference uint64) {
	f.seq++
	f.reference++
	k.Reference = 1_700_000_000_000_000 + f.reference
	if err := f.m.Admit(&k); err != nil {
		f.t.Fatal(err)
	}
	if err := f.m.Sent(&k, f.seq, int64(f.sequence)); err != nil {
		f.t.Fatal(err)
	}
	*f.to = append(*f.to, step{sent: true, keys: k, seq: f.seq})
	return k.Reference
}

// report starts a message about an order.
func (f *feedMaker) report(typ msg.PayloadType, o *feedOrder) *exchange.Report {
	f.sequence++
	r := &exchange.Report{
		Type: typ, Side: o.side, AccountSequence: 181_000 + f.sequence, OrderID: o.id, Market: o.market,
		Contract: o.contract, Price: o.price, OrigPrice: o.price, Quantity: o.quantity,
		ExecutedQuantity: o.executed, AvailableQuantity: o.available, NewQuantity: o.available,
	}
	if o.executed > 0 {
		r.AveragePrice = uint32(o.cost / o.executed)
	}
	return r
}

// apply applies a message, with the amounts that follow from it.
func (f *feedMaker) apply(r *exchange.Report) {
	r.Label = ""
	f.m.Apply(payload(r), order.Input{Now: int64(f.sequence)})
	reserved := int64(f.m.Account().Reserved)
	const cash = int64(4e14)
	r.AvailableBalance, r.Exposure = exchange.Money(cash-reserved), exchange.Money(-reserved)
	p := payload(r)
	p.MutableEtoPayload().SetSeq(48_000 + f.sequence)
	p.MutableEtoPayload().SetIsReplay(false)
	raw, err := p.MarshalVT()
	if err != nil {
		f.t.Fatal(err)
	}
	b := make([]byte, len(raw), len(raw)+msg.SlackBytes)
	copy(b, raw)
	*f.to = append(*f.to, step{raw: b})
}

func (f *feedMaker) accepted(o *feedOrder) {
	o.id = (1<<40+o.reference%1e9)<<16 | 5
	r := f.report(msg.PayloadOrderAccepted, o)
	r.Seq, r.Reference, r.HasReference = f.seq, o.reference, true
	f.apply(r)
	f.pool = append(f.pool, o)
}

func (f *feedMaker) cancelled(o *feedOrder, reference uint64) {
	r := f.report(msg.PayloadOrderCancelled, o)
	r.Reference, r.HasReference, r.Reason = reference, reference != 0, 1
	f.apply(r)
}

func (f *feedMaker) fill(o *feedOrder, quantity uint64) {
	o.executed += quantity
	o.available -= quantity
	o.cost += quantity * uint64(o.price)
	r := f.report(msg.PayloadOrderExecuted, o)
	r.Quantity = quantity
	f.apply(r)
}

func (f *feedMaker) reduced(o *feedOrder, left, reference uint64) {
	o.available, o.quantity = left, o.executed+left
	r := f.report(msg.PayloadOrderQuantityReduced, o)
	r.Reference, r.HasReference, r.Reason = reference, true, 1
	f.apply(r)
	f.pool = append(f.pool, o)
}

// replaced makes both stages of a replace.
func (f *feedMaker) replaced(o *feedOrder, price uint32, reference uint64) {
	original := o.id
	next := *o
	next.price, next.reference, next.executed, next.cost = price, reference, 0, 0
	f.seq++
	next.id = (1<<41+reference%1e9)<<16 | 5
	for _, typ := range []msg.PayloadType{msg.PayloadOrderPendingReplace, msg.PayloadOrderCancelReplaceAccepted} {
		r := f.report(typ, &next)
		r.OrigOrderID, r.Reference, r.HasReference = original, reference, true
		r.Quantity, r.AvailableQuantity = o.quantity, o.available
		f.apply(r)
	}
	next.quantity = o.quantity - o.executed
	f.pool = append(f.pool, &next)
}

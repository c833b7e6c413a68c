package order_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// twins are a Manager and one without the fast path, which has to do the same.
type twins struct {
	m, general *order.Manager
	taken, all int // messages that the fast path applied, of how many
	states     [2][]byte
}

func newTwins(t testing.TB, c order.Config) *twins {
	w := &twins{m: must(t, c), general: must(t, c)}
	order.WithoutFastPath(w.general)
	return w
}

// apply applies a message to both and returns how they differ, "" if they do not.
func (w *twins) apply(p *msg.Payload, in order.Input) string {
	fast := order.TakesFastPath(w.m, func() { w.m.Apply(p, in) })
	w.general.Apply(p, in)
	if w.all++; fast {
		w.taken++
	}
	return w.differ()
}

// differ compares the events of the last call, and the states.
func (w *twins) differ() string {
	if a, b := order.Events(w.m), order.Events(w.general); !slices.Equal(a, b) {
		return fmt.Sprintf("events\n%+v\nand without the fast path\n%+v", a, b)
	}
	for i, m := range []*order.Manager{w.m, w.general} {
		w.states[i] = m.AppendState(w.states[i][:0])
	}
	if a, b := w.states[0], w.states[1]; string(a) != string(b) {
		return fmt.Sprintf("states: %+v, %+v%s", w.m.Account(), w.general.Account(), listed(w.m, w.general))
	}
	return ""
}

// do does something to both.
func (w *twins) do(f func(m *order.Manager)) {
	f(w.m)
	f(w.general)
}

// TestFastPathFeeds: the fast path applies all of a usual feed but the replaces, and does what is done without it.
func TestFastPathFeeds(t *testing.T) {
	for _, kind := range feedKinds {
		f := newFeed(t, kind, 40, 12)
		w := newTwins(t, order.Config{Orders: 128, Retained: 64, Contracts: 1024, Fills: 512})
		now := int64(0)
		p := new(msg.Payload)
		run := func(steps []step) {
			for i := range steps {
				now++
				if s := &steps[i]; s.sent {
					w.do(func(m *order.Manager) { _ = m.Sent(&s.keys, s.seq, now) })
				} else if err := p.Decode(s.raw, nil); err != nil {
					t.Fatal(err)
				} else if d := w.apply(p, order.Input{Now: now}); d != "" {
					t.Fatalf("%s: %v: %s", kind, p.GetType(), d)
				}
			}
		}
		run(f.setup)
		w.taken, w.all = 0, 0
		for _, c := range f.chunks {
			run(c.before)
			run(c.measured)
		}
		if d := w.m.Audit(); d != "" {
			t.Error(d)
		}
		const least = 95
		if w.taken*100 < w.all*least {
			t.Errorf("%s: the fast path applied %d of %d", kind, w.taken, w.all)
		}
	}
}

// TestFastPathDays: the same with an exchange, delays, losses and replays.
func TestFastPathDays(t *testing.T) {
	taken := 0
	for seed := range seeds(40) {
		tr := newTrader(t, seed, roomy)
		tr.shuffled = seed%4 == 0
		w := newTwins(t, roomy)
		w.m = tr.m
		if err := w.general.LoadState(tr.m.AppendState(nil)); err != nil {
			t.Fatal(err)
		}
		tr.both = w.general
		tr.taken = &taken
		for i := range 200 {
			what := tr.step()
			tr.deliver(tr.rand.IntN(6))
			if d := w.differ(); d != "" {
				t.Fatalf("seed %d, step %d, %s: %s", seed, i, what, d)
			}
		}
	}
	t.Logf("the fast path applied %d messages", taken)
}

// TestFastPathHostile: the same with messages that are nearly usual, of which anything may be missing or wrong.
func TestFastPathHostile(t *testing.T) {
	c := order.Config{Orders: 8, Retained: 8, Requests: 8, Contracts: 5, Fills: 24}
	taken, all := 0, 0
	for seed := range seeds(30) {
		h := &nearlyUsual{rand: rand.New(rand.NewPCG(seed, 11)), twins: newTwins(t, c), scratch: must(t, c)}
		hostile := &hostile{m: h.m, rand: h.rand}
		for i := range 400 {
			if d := h.step(hostile); d != "" {
				t.Fatalf("seed %d, step %d: %s", seed, i, d)
			}
		}
		if d := h.m.Audit(); d != "" {
			t.Fatalf("seed %d: %s", seed, d)
		}
		taken, all = taken+h.taken, all+h.all
	}
	t.Logf("the fast path applied %d of %d messages", taken, all)
	if taken < all/8 {
		t.Errorf("the fast path applied only %d of %d messages", taken, all)
	}
}

// nearlyUsual makes messages that are usual but for one thing or two.
type nearlyUsual struct {
	*twins
	rand     *rand.Rand
	scratch  *order.Manager
	sequence uint64
	id       uint64
	now      int64
	replace  msg.Keys // the last one that was sent
}

func (h *nearlyUsual) step(wild *hostile) string {
	r := h.rand
	h.now++
	switch r.IntN(40) {
	case 0, 1: // anything
		if p := wild.report(); r.IntN(8) == 0 {
			return h.apply(p, order.Input{Now: h.now})
		}
		if p := wild.state(); r.IntN(8) == 0 {
			return h.apply(p, order.Input{Now: h.now})
		}
	case 2:
		market := uint32(1 + r.IntN(2))
		h.do(func(m *order.Manager) { _ = m.DefineMarket(market, h.now%2 == 0) })
		return h.differ()
	case 3:
		ref := h.reference()
		h.do(func(m *order.Manager) { m.ApplyFate(msg.PayloadOrderCreate, ref, 0, order.FateInDoubt, h.now) })
		return h.differ()
	case 4, 5, 6, 7, 8, 9, 10, 11:
		h.create()
		return h.differ()
	case 12, 13, 14:
		h.request()
		return h.differ()
	case 15:
		h.now += 2 * second
		h.do(func(m *order.Manager) { m.Tick(h.now) })
		return h.differ()
	}
	return h.message()
}

func (h *nearlyUsual) create() {
	r := h.rand
	k := msg.Keys{
		Type: msg.PayloadOrderCreate, Side: msg.SideBuy + msg.Side(r.IntN(2)), Market: 1 + r.Uint32N(2),
		Contract: 1 + r.Uint32N(2), Price: pick[uint32](r, 1, 5000, 9999), Reference: h.reference(),
		Quantity: pick[uint64](r, 1, 10, 1000, 1000, 1<<20, 1<<44),
	}
	h.id++
	h.do(func(m *order.Manager) {
		if m.ByReference(k.Reference) == nil && m.Admit(&k) == nil {
			_ = m.Sent(&k, h.id, h.now)
		}
	})
}

func (h *nearlyUsual) reference() uint64 { return 1 + h.rand.Uint64N(24) }

// any returns one of the orders, nil if there is none.
func (h *nearlyUsual) any() (found *order.Order) {
	n := 0
	for o := range h.m.Live {
		if n++; h.rand.IntN(n) == 0 {
			found = o
		}
	}
	for o := range h.m.Ended {
		if n++; h.rand.IntN(2*n) == 0 {
			found = o
		}
	}
	return found
}

func (h *nearlyUsual) request() {
	r := h.rand
	o := h.any()
	if o == nil {
		return
	}
	k := msg.Keys{
		Type:    pick(r, msg.PayloadOrderCancel, msg.PayloadOrderQuantityReduce, msg.PayloadOrderCancelReplace),
		OrderID: o.ID, Reference: 100 + r.Uint64N(6), Price: 5000, Quantity: uint64(max(o.Available/2, 1)),
	}
	if k.Type == msg.PayloadOrderCancelReplace {
		h.replace = k
	}
	h.do(func(m *order.Manager) { _ = m.Sent(&k, 1+k.Reference, h.now) })
}

// message applies the message of a report of one of the orders.
func (h *nearlyUsual) message() string {
	r := h.rand
	o := h.any()
	if o == nil {
		return ""
	}
	h.sequence = order.Newest(h.m) + 1
	rep := exchange.Report{
		Type: pick(r, msg.PayloadOrderExecuted, msg.PayloadOrderExecuted, msg.PayloadOrderCancelled,
			msg.PayloadOrderQuantityReduced, msg.PayloadOrderExecuteConfirmed),
		Side: msg.Side(o.Side), AccountSequence: h.sequence, OrderID: o.ID, Market: o.Market, Contract: o.Contract,
		Price: uint32(o.Price), OrigPrice: uint32(o.Price), Reference: 100 + r.Uint64N(6), HasReference: true,
		Reason: 1, NewQuantity: uint64(o.Available) / 2, AvailableQuantity: uint64(o.Available) / 2,
	}
	if o.ID == 0 || r.IntN(30) == 0 {
		rep.Type, rep.Reference, rep.Quantity = msg.PayloadOrderAccepted, o.Reference, uint64(o.Quantity)
		rep.OrderID = 1000 + h.sequence
	} else {
		rep.Quantity = uint64(o.Available) - rep.AvailableQuantity
	}
	rep.ExecutedQuantity = uint64(max(o.Executed, 0))
	if rep.Type == msg.PayloadOrderExecuted {
		rep.ExecutedQuantity += rep.Quantity
	}
	switch replaced := h.m.ByID(h.replace.OrderID); {
	case o.State == order.PendingNew && o.Original != 0 && r.IntN(3) > 0: // second stage
		rep.Type = pick(r, msg.PayloadOrderCancelReplaceAccepted, msg.PayloadOrderCancelReplaceAccepted,
			msg.PayloadOrderCancelReplaceRejected)
		rep.OrderID, rep.OrigOrderID, rep.Quantity = o.ID, o.Original, uint64(o.Quantity)
		rep.AvailableQuantity = uint64(o.Quantity) - uint64(o.Quantity)/8
	case replaced != nil && r.IntN(4) == 0: // first stage
		rep.Type, rep.OrigOrderID, rep.OrderID = msg.PayloadOrderPendingReplace, replaced.ID, 1000+h.sequence
		rep.Market, rep.Contract, rep.Side = replaced.Market, replaced.Contract, msg.Side(replaced.Side)
		rep.Reference, rep.Price, rep.Quantity = h.replace.Reference, h.replace.Price, h.replace.Quantity
		h.replace = msg.Keys{}
	}
	for range r.IntN(9) - 6 {
		h.spoil(&rep)
	}
	in := order.Input{Now: h.now, Replayed: r.IntN(20) == 0}
	if r.IntN(20) == 0 {
		in.RequestSeq = 101 + r.Uint64N(6)
	}
	p := payload(&rep)
	for range r.IntN(6) - 4 {
		clearField(r, p)
	}
	if r.IntN(3) > 0 { // the amounts that follow from it
		if err := h.scratch.LoadState(h.m.AppendState(nil)); err != nil {
			return err.Error()
		}
		h.scratch.Apply(p, in)
		a := h.scratch.Account()
		rep.AvailableBalance, rep.Exposure = exchange.Money(1e13-a.Reserved), exchange.Money(-a.Reserved)
		switch {
		case p.HasOrderExecuted():
			money(p.MutableOrderExecuted(), &rep)
		case p.HasOrderAccepted():
			money(p.MutableOrderAccepted(), &rep)
		case p.HasOrderCancelled():
			money(p.MutableOrderCancelled(), &rep)
		}
	}
	return h.apply(p, in)
}

// spoil changes something.
func (h *nearlyUsual) spoil(rep *exchange.Report) {
	r := h.rand
	switch r.IntN(14) {
	case 0:
		rep.Side = msg.Side(pick[int32](r, 0, 1, 2, 3, 257, -1))
	case 1:
		rep.AccountSequence -= uint64(r.IntN(3))
	case 2:
		rep.AccountSequence += uint64(r.IntN(4))
	case 3:
		rep.OrderID = uint64(r.IntN(3)) * h.sequence
	case 4:
		rep.Price = pick[uint32](r, 0, 1, 4000, 9999, 10000, 1<<16+1)
	case 5:
		rep.OrigPrice = pick[uint32](r, 0, 1, 9999, 10000)
	case 6:
		rep.AveragePrice = pick[uint32](r, 0, 1, 9999, 10000)
	case 7:
		rep.PendingTimeout = 8
	case 8:
		rep.AvailableQuantity = pick[uint64](r, 0, 1, 10, 1<<45, 1<<46, 1<<46+1)
	case 9:
		rep.NewQuantity = pick[uint64](r, 0, 1, 10, 1<<45, 1<<46, 1<<46+1)
	case 10:
		rep.ExecutedQuantity = pick(r, 0, 1, rep.ExecutedQuantity+1, 1<<46, 1<<46+1)
	case 11:
		rep.Quantity = pick[uint64](r, 0, 1, 10, 1<<45, 1<<46, 1<<46+1)
	case 12:
		rep.Market, rep.Contract = r.Uint32N(3), r.Uint32N(3)
	case 13:
		rep.Reference = pick(r, 0, h.reference(), 100+r.Uint64N(6))
	}
}

// clearField makes a field absent.
func clearField(r *rand.Rand, p *msg.Payload) {
	switch p.GetType() {
	case msg.PayloadOrderExecuted:
		m := p.MutableOrderExecuted()
		pick(r, m.ClearPrice, m.ClearQuantity, m.ClearPendingTimeout, m.ClearOrderId, m.ClearSide, m.ClearMarketId,
			m.ClearContractId, m.ClearAccountSequence_64, m.ClearTotalExecutedQuantity, m.ClearExecutedAvgPrice,
			m.ClearAvailableQuantity, m.ClearOrigPrice, m.ClearAvailableBalance, m.ClearExposure)()
	case msg.PayloadOrderAccepted:
		m := p.MutableOrderAccepted()
		pick(r, m.ClearPrice, m.ClearQuantity, m.ClearOrderId, m.ClearSide, m.ClearMarketId, m.ClearContractId,
			m.ClearAccountSequence_64, m.ClearReference, m.ClearSeq, m.ClearAvailableBalance, m.ClearExposure)()
	case msg.PayloadOrderCancelled:
		m := p.MutableOrderCancelled()
		pick(r, m.ClearOrderId, m.ClearSide, m.ClearMarketId, m.ClearContractId, m.ClearAccountSequence_64,
			m.ClearReference, m.ClearExecutedQuantity, m.ClearExecutedAvgPrice, m.ClearOrigPrice, m.ClearReason,
			m.ClearAvailableBalance, m.ClearExposure)()
	case msg.PayloadOrderPendingReplace:
		m := p.MutableOrderPendingReplace()
		pick(r, m.ClearOrderId, m.ClearOrigOrderId, m.ClearSide, m.ClearMarketId, m.ClearContractId, m.ClearPrice,
			m.ClearQuantity, m.ClearReference, m.ClearAccountSequence_64)()
	case msg.PayloadOrderCancelReplaceAccepted:
		m := p.MutableOrderCancelReplaceAccepted()
		pick(r, m.ClearOrderId, m.ClearOrigOrderId, m.ClearSide, m.ClearMarketId, m.ClearContractId, m.ClearPrice,
			m.ClearQuantity, m.ClearQuantityLeft, m.ClearReference, m.ClearAccountSequence_64)()
	case msg.PayloadOrderQuantityReduced:
		m := p.MutableOrderQuantityReduced()
		pick(r, m.ClearOrderId, m.ClearSide, m.ClearMarketId, m.ClearContractId, m.ClearAccountSequence_64,
			m.ClearReference, m.ClearExecutedQuantity, m.ClearExecutedAvgPrice, m.ClearOrigPrice, m.ClearReason,
			m.ClearNewQuantity)()
	}
}

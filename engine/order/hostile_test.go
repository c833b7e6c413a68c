package order_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/exchange"
)

// tight is a configuration in which everything is soon full.
var tight = order.Config{Orders: 6, Retained: 5, Requests: 4, Contracts: 3, Fills: 8, RetainFor: 5 * second}

// hostile plays a peer that says anything and a bot that sends anything.
type hostile struct {
	m    *order.Manager
	rand *rand.Rand
	now  int64
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

func (h *hostile) quantity() uint64 {
	return pick[uint64](h.rand, 0, 1, 4, 10, 1000, 1<<45, 1<<46-1, 1<<46, 1<<46+1, 1<<62, 1<<63, 1<<64-1)
}

func (h *hostile) price() uint32 {
	return pick[uint32](h.rand, 0, 1, 5000, 5000, 5000, 9999, 10000, 1<<32-1)
}

func (h *hostile) report() *msg.Payload {
	r := h.rand
	types := []msg.PayloadType{}
	for typ := range order.Effects {
		types = append(types, msg.PayloadType(typ))
	}
	rep := exchange.Report{
		Type: pick(r, types...), Side: msg.Side(pick(r, 1, 2, 2, 1, 3)), Reason: int32(r.IntN(5)),
		AccountSequence: pick[uint64](r, 0, uint64(r.IntN(200)), uint64(r.IntN(100000)), 1<<64-1),
		Seq:             uint64(r.IntN(5)), Reference: uint64(r.IntN(8)), HasReference: r.IntN(3) > 0,
		OrderID: uint64(r.IntN(12)), OrigOrderID: uint64(r.IntN(12)),
		Market: uint32(r.IntN(4)), Contract: uint32(r.IntN(4)),
		Price: h.price(), OrigPrice: h.price(), AveragePrice: h.price(), PendingTimeout: uint32(r.IntN(2)),
		Quantity: h.quantity(), NewQuantity: h.quantity(), SourceQuantity: h.quantity(),
		ExecutedQuantity: h.quantity(), AvailableQuantity: h.quantity(),
		AvailableBalance: exchange.Money(r.Uint64()), Exposure: exchange.Money(r.Uint64()),
	}
	return payload(&rep)
}

func (h *hostile) state() *msg.Payload {
	r := h.rand
	p := new(msg.Payload)
	s := p.MutableMarketState()
	s.SetMarketId(uint32(r.IntN(4)))
	s.SetState(msg.MarketStateType(r.IntN(9)))
	for range r.IntN(3) {
		c := s.AddContracts()
		c.SetContractId(uint32(r.IntN(4)))
		c.SetState(msg.ContractStateType(r.IntN(9)))
		c.SetReduceType(msg.ReduceType(r.IntN(4)))
		c.SetReduceFactor(pick[uint32](r, 0, 1, 3000, 9999, 10000, 1<<32-1))
	}
	return p
}

func (h *hostile) step() (events int) {
	r, m := h.rand, h.m
	h.now += r.Int64N(second)
	switch r.IntN(30) {
	case 0, 1, 2, 3, 4:
		k := msg.Keys{
			Type: pick(r, msg.PayloadOrderCreate, msg.PayloadOrderCancel, msg.PayloadOrderCancelReplace,
				msg.PayloadOrderQuantityReduce, msg.PayloadOrderCancelAll, msg.PayloadMarketSubscribe),
			Side: msg.Side(r.IntN(4)), Market: uint32(r.IntN(4)), Contract: uint32(r.IntN(4)), Price: h.price(),
			Reference: uint64(r.IntN(8)), OrderID: uint64(r.IntN(12)), Quantity: h.quantity(),
		}
		if err := m.Admit(&k); err == nil || r.IntN(3) == 0 {
			_ = m.Sent(&k, uint64(r.IntN(5)), h.now)
		}
	case 5:
		return len(m.ApplyFate(pick(r, msg.PayloadOrderCreate, msg.PayloadOrderCancel, msg.PayloadOrderCancelReplace),
			uint64(r.IntN(8)), uint64(r.IntN(5)), order.Fate(r.IntN(5)), h.now))
	case 6:
		return len(m.Tick(h.now)) + len(m.Confirm(h.now))
	case 7:
		list, _ := m.Resolve(uint64(r.IntN(8)), order.Outcome{
			Placed: r.IntN(2) == 0, OrderID: uint64(r.IntN(12)), Ended: r.IntN(2) == 0,
		}, h.now)
		return len(list)
	case 8:
		list, _ := m.SettleMarket(uint32(r.IntN(4)), []uint32{uint32(r.IntN(4))}, h.now)
		return len(list)
	case 9:
		_ = m.DefineMarket(uint32(r.IntN(5)), r.IntN(2) == 0)
	case 10:
		list, _ := m.ResolveID(uint64(r.IntN(12)), order.Outcome{Placed: r.IntN(2) == 0}, h.now)
		return len(list)
	case 11:
		if r.IntN(20) == 0 {
			return len(m.AccountReset(h.now))
		}
		return len(m.Disconnected(h.now)) + len(m.CaughtUp(r.IntN(2) == 0, nil, h.now)) + len(m.Reconciled(h.now))
	case 12:
		return len(m.Apply(h.state(), order.Input{Now: h.now}))
	default:
		return len(m.Apply(h.report(), order.Input{
			Now: h.now, RequestSeq: uint64(r.IntN(5)), Replayed: r.IntN(4) == 0,
		}))
	}
	return 0
}

// TestHostile: whatever the exchange says, sums and lists hold together, nothing overflows and nothing panics.
func TestHostile(t *testing.T) {
	for seed := range seeds(60) {
		h := &hostile{must(t, tight), rand.New(rand.NewPCG(seed, 9)), 0}
		if seed%3 == 0 {
			h.m = must(t, order.Config{Orders: 64, Retained: 64, Requests: 16, Contracts: 16, Fills: 64})
		}
		for i := range 600 {
			h.step()
			if d := h.m.Audit(); d != "" {
				t.Fatalf("seed %d, step %d: %s", seed, i, d)
			}
			a := h.m.Account()
			if a.WorstCase < a.Reserved-a.Awaiting || a.Awaiting < 0 || a.Awaiting > a.Final || a.Reserved < 0 ||
				a.Open < 0 || a.Final < 0 || a.Provision < 0 || a.Asked < 0 ||
				a.WorstCase > 1<<62+1<<61 {
				t.Fatalf("seed %d, step %d: %+v", seed, i, a)
			}
		}
		b := h.m.AppendState(nil)
		twin := must(t, order.Config{Orders: 64, Retained: 64, Requests: 16, Contracts: 16, Fills: 64})
		if err := twin.LoadState(b); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if string(twin.AppendState(nil)) != string(b) {
			t.Fatalf("seed %d: the restored state differs%s", seed, listed(h.m, twin))
		}
	}
}

// TestFull: what finds no room is refused before it is sent; what the exchange reports all the same makes room of
// terminal orders or is reported.
func TestFull(t *testing.T) {
	m := must(t, order.Config{Orders: 3, Retained: 1, Requests: 2, Contracts: 2, Fills: 4})
	create := msg.Keys{
		Type: msg.PayloadOrderCreate, Side: msg.SideBuy, Market: 1, Contract: 1, Price: 5000, Quantity: 10000,
	}
	refused := func(k msg.Keys, what string) {
		t.Helper()
		var full *order.FullError
		if err := m.Admit(&k); !errors.As(err, &full) || full.What != what || full.Error() == "" {
			t.Errorf("%v, want %s", err, what)
		}
	}
	big := create
	big.Quantity = uint64(order.QuantityMax) + 1
	refused(big, "exposure")
	for i := range uint64(3) {
		create.Reference, create.Contract = i+1, uint32(i%2)+1
		if err := m.Sent(&create, i, 0); err != nil {
			t.Fatal(err)
		}
	}
	refused(create, "orders")
	var full *order.FullError
	if err := m.Sent(&create, 4, 0); !errors.As(err, &full) || m.LiveCount() != 3 {
		t.Error(err)
	}
	replace := msg.Keys{Type: msg.PayloadOrderCancelReplace, OrderID: 1, Price: 1, Quantity: 1}
	refused(replace, "orders")
	cancel := msg.Keys{Type: msg.PayloadOrderCancel, OrderID: 9}
	for i := range uint64(4) { // a cancel is never refused
		cancel.Reference = 10 + i
		if m.Admit(&cancel) != nil || m.Sent(&cancel, 10+i, 0) != nil {
			t.Error("a cancel is refused")
		}
	}
	accept := func(id uint64) []order.Event {
		r := exchange.Report{
			Type: msg.PayloadOrderAccepted, Side: msg.SideSell, AccountSequence: id, OrderID: id, Market: 1,
			Contract: 1,
			Price:    5000, Quantity: 10000,
		}
		return m.Apply(payload(&r), order.Input{})
	}
	if events := accept(101); len(events) != 1 || events[0].Kind != order.OrderAccepted || !events[0].Foreign {
		t.Errorf("%+v", events)
	}
	events := accept(102)
	if len(find(events, order.Overflow)) != 1 || m.Completeness().Why&order.Overflowed == 0 {
		t.Errorf("%+v", events)
	}
	if d := m.Audit(); d != "" {
		t.Error(d)
	}
	m = must(t, order.Config{Orders: 8, Retained: 8, Contracts: 2})
	for i := range uint32(2) {
		create.Reference, create.Contract = uint64(i)+1, i+1
		if err := m.Sent(&create, uint64(i), 0); err != nil {
			t.Fatal(err)
		}
	}
	create.Contract = 3
	refused(create, "contracts")
}

// TestRetained: terminal orders are kept by number and time, those with provisional fills longer; their fills
// stay in the position.
func TestRetained(t *testing.T) {
	m := must(t, order.Config{Orders: 2, Retained: 3, RetainFor: 10 * second})
	sequence := uint64(0)
	apply := func(r exchange.Report) []order.Event {
		sequence++
		r.AccountSequence, r.Side, r.Market, r.Contract, r.OrigPrice = sequence, msg.SideBuy, 1, 1, 5000
		return m.Apply(payload(&r), order.Input{Now: int64(r.OrderID) * second})
	}
	fill := func(id uint64, timeout uint32) {
		apply(exchange.Report{
			Type: msg.PayloadOrderExecuted, OrderID: id, Price: 5000, Quantity: 1000, ExecutedQuantity: 1000,
			PendingTimeout: timeout,
		})
	}
	fill(1, 8)
	for id := uint64(2); id <= 8; id++ {
		fill(id, 0)
	}
	n := 0
	for range m.Ended {
		n++
	}
	p := m.Position(1, 1)
	if n != 5 || m.ByID(1) == nil || m.ByID(2) != nil || m.ByID(8) == nil || p.Final != 7000 || p.Provisional != 1000 {
		t.Errorf("%d kept, position %+v", n, p)
	}
	if m.Stats().Evicted != 3 {
		t.Errorf("%+v", m.Stats())
	}
	if due := m.Due(); due > 18*second {
		t.Errorf("due %d", due)
	}
	m.Tick(18 * second)
	if m.ByID(8) != nil || m.ByID(1) == nil {
		t.Error("kept for too long, or forgotten with a provisional fill")
	}
	apply(exchange.Report{Type: msg.PayloadOrderExecuteConfirmed, OrderID: 1, Price: 5000, Quantity: 1000})
	m.Tick(40 * second)
	if p = m.Position(1, 1); m.ByID(1) != nil || p.Final != 8000 || p.Provisional != 0 {
		t.Errorf("position %+v", p)
	}
	events := apply(exchange.Report{Type: msg.PayloadOrderVoided, OrderID: 3, SourceQuantity: 1000})
	if bad := find(events, order.Anomaly); len(bad) != 1 || bad[0].Anomaly != order.UnknownOrder ||
		m.Completeness().Why&order.FillsForgotten == 0 {
		t.Errorf("%+v", events)
	}
	if d := m.Audit(); d != "" {
		t.Error(d)
	}
}

// TestRetainedForever: the longest time that there is does not end before it began.
func TestRetainedForever(t *testing.T) {
	const now = 1_800_000_000 * second
	m := must(t, order.Config{Orders: 2, Retained: 3, RetainFor: 1<<63 - 1})
	m.Apply(payload(&exchange.Report{
		Type: msg.PayloadOrderExecuted, Side: msg.SideBuy, OrderID: 1, Market: 1, Contract: 1, AccountSequence: 1,
		Price: 5000, OrigPrice: 5000, Quantity: 1000, ExecutedQuantity: 1000,
	}), order.Input{Now: now})
	m.Tick(now + second)
	if due := m.Due(); due != 1<<63-1 || m.ByID(1) == nil {
		t.Errorf("due %d, kept %v", due, m.ByID(1))
	}
}

// TestMarketsMakeRoom: markets that are over, or have nothing, make room for others.
func TestMarketsMakeRoom(t *testing.T) {
	m := must(t, order.Config{Orders: 64, Retained: 64, Contracts: 4})
	for id := uint32(1); id <= 100; id++ {
		for ct := uint32(1); ct <= 2; ct++ {
			k := msg.Keys{
				Type: msg.PayloadOrderCreate, Side: msg.SideBuy, Market: id, Contract: ct, Price: 5000, Quantity: 10000,
				Reference: uint64(id)*2 + uint64(ct),
			}
			if err := m.Admit(&k); err != nil {
				t.Fatalf("market %d: %v", id, err)
			}
			if err := m.Sent(&k, 1, 0); err != nil {
				t.Fatal(err)
			}
			r := exchange.Report{
				Type: msg.PayloadOrderExecuted, Side: msg.SideBuy, OrderID: k.Reference, Market: id, Contract: ct,
				Price:    5000,
				Quantity: 10000, ExecutedQuantity: 10000, AccountSequence: k.Reference*2 + 1, OrigPrice: 5000,
			}
			m.Apply(payload(&r), order.Input{})
			r.Type, r.Reference, r.HasReference, r.AccountSequence = msg.PayloadOrderAccepted, k.Reference, true,
				k.Reference*2
			m.Apply(payload(&r), order.Input{})
		}
		if _, err := m.SettleMarket(id, []uint32{1}, 0); err != nil {
			t.Fatal(err)
		}
	}
	if a := m.Account(); a.WorstCase != 0 || a.Realised != 0 || m.LiveCount() != 0 {
		t.Errorf("%+v, %d live", a, m.LiveCount())
	}
	if d := m.Audit(); d != "" {
		t.Error(d)
	}
}

// TestLimit: a Limit becomes the message, or says what is wrong with it.
func TestLimit(t *testing.T) {
	good := order.Limit{
		Market: 1, Contract: 2, Side: odds.Sell, Price: 2500, Quantity: 400000, TimeInForce: msg.KeepInPlay,
		Minimum:   1000,
		Reference: 7, Label: []byte("x"),
	}
	var m msg.OrderCreate
	if err := good.Create(&m); err != nil {
		t.Fatal(err)
	}
	k := m.Keys()
	want := msg.Keys{
		Type: msg.PayloadOrderCreate, Side: msg.SideSell, Market: 1, Contract: 2, Price: 2500, Reference: 7,
		Quantity: 400000,
	}
	if k != want || m.GetTif() != msg.KeepInPlay || m.GetMaq() != 1000 || string(m.GetLabel()) != "x" {
		t.Errorf("%v", &m)
	}
	if risk, err := good.Liability(); err != nil || risk != 400000*7500 {
		t.Error(risk, err)
	}
	bare := order.Limit{Market: 1, Contract: 2, Side: odds.Buy, Price: 1, Quantity: 1}
	if err := bare.Create(&m); err != nil || m.HasTif() || m.HasMaq() || m.HasReference() || m.HasLabel() {
		t.Error(err, &m)
	}
	for _, c := range []struct {
		change func(l *order.Limit)
		want   error
	}{
		{func(l *order.Limit) { l.Market = 0 }, order.ErrMarket},
		{func(l *order.Limit) { l.Contract = 0 }, order.ErrMarket},
		{func(l *order.Limit) { l.Side = 0 }, order.ErrSide},
		{func(l *order.Limit) { l.Price = 10000 }, order.ErrPrice},
		{func(l *order.Limit) { l.Quantity = 0 }, order.ErrQuantity},
		{func(l *order.Limit) { l.Quantity = order.QuantityMax + 1 }, order.ErrQuantity},
		{func(l *order.Limit) { l.Minimum = l.Quantity + 1 }, order.ErrMinimum},
		{func(l *order.Limit) { l.Minimum = -1 }, order.ErrMinimum},
		{func(l *order.Limit) { l.Quantity, l.Minimum = 1<<33, 1<<32 }, order.ErrMinimum},
		{func(l *order.Limit) { l.TimeInForce = 5 }, order.ErrTime},
	} {
		l := good
		c.change(&l)
		if err := l.Create(&m); err != c.want {
			t.Errorf("%+v: %v, want %v", l, err, c.want)
		}
	}
}

package session

import (
	"slices"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
)

// requestKit is an outbox and the requests that are sent by it, without a session.
type requestKit struct {
	t   *testing.T
	o   *outbox
	q   *requests
	now int64
}

func newRequestKit(t *testing.T, records int) *requestKit {
	k := &requestKit{t: t, o: newOutbox(t, 0, records), q: new(requests), now: 1000}
	k.q.init(k.o.frames, 8)
	return k
}

// send sends a message without a body, and tracks it if it is order entry.
func (k *requestKit) send(typ msg.PayloadType, kind keyKind, key uint64) (seq uint64) {
	k.t.Helper()
	seq = k.o.next
	reference := uint64(0)
	if kind == byReference {
		reference = key
	}
	size, err := k.o.encodeSized(typ, &rawMessage{}, classCancelAll, reference)
	if err != nil {
		k.t.Fatal(err)
	}
	if classOf(typ).orderEntry() {
		e := k.q.open.add(kind, key)
		e.typ, e.seq, e.sent, e.subject = uint8(typ), seq, k.now, 7
	}
	k.o.commit(k.now, size, uint32(typ), reference)
	return seq
}

// open returns the sequences in flight, oldest first.
func (k *requestKit) open() (seqs []uint64) {
	for e := k.q.open.first(); e != nil; e = k.q.open.after(e) {
		seqs = append(seqs, e.seq)
	}
	return seqs
}

// doubts returns the sequences in doubt, oldest first.
func (k *requestKit) doubts() (seqs []uint64) {
	for e := k.q.doubts.first(); e != nil; e = k.q.doubts.after(e) {
		seqs = append(seqs, e.seq)
	}
	return seqs
}

func (k *requestKit) entry(seq uint64) *entry {
	k.t.Helper()
	e := k.q.open.bySequence(seq)
	if e == nil {
		k.t.Fatalf("%d is not in flight", seq)
	}
	return e
}

// TestRequestsSuppress suppresses a range, but for what the exchange may have, and counts each once.
func TestRequestsSuppress(t *testing.T) {
	k := newRequestKit(t, 0)
	for range 6 {
		k.send(msg.PayloadOrderCreate, byReference, k.o.next) // 1 to 6
	}
	k.entry(3).flags = flagResent
	k.entry(4).flags = flagPending
	for range 2 {
		k.q.suppressUntil(2, 6)
	}
	var suppressed []uint64
	for seq := range uint64(7) {
		if e := k.q.open.bySequence(seq); e != nil && e.is(flagSuppressed) {
			suppressed = append(suppressed, seq)
		}
	}
	if !slices.Equal(suppressed, []uint64{2, 5}) || k.q.suppressed != 2 {
		t.Errorf("%d suppressed: %d", k.q.suppressed, suppressed)
	}
	if e := k.q.open.firstSuppressed(); e == nil || e.seq != 2 {
		t.Errorf("the first is %+v", e)
	}
	k.q.release(k.entry(3))
	if k.q.release(k.entry(2)); k.q.suppressed != 1 || !slices.Equal(k.open(), []uint64{1, 4, 5, 6}) {
		t.Errorf("%d suppressed of %d", k.q.suppressed, k.open())
	}
	k.q.release(k.entry(5))
	if k.q.suppressed != 0 || k.q.open.firstSuppressed() != nil {
		t.Errorf("%d suppressed", k.q.suppressed)
	}
}

// TestRequestsAnswer ends waits and doubts, and keeps a replace that is pending.
func TestRequestsAnswer(t *testing.T) {
	k := newRequestKit(t, 0)
	k.send(msg.PayloadOrderCreate, byReference, 11)
	k.send(msg.PayloadOrderCancelReplace, byReference, 12)
	k.send(msg.PayloadOrderCreate, byReference, 13)
	find := func(reference uint64) (m matched) {
		t.Helper()
		m.request, m.link, _ = k.q.open.find(byReference, reference, anyEntry)
		if m.request == nil {
			m.request, m.link, _ = k.q.doubts.find(byReference, reference, anyEntry)
			m.doubt = true
		}
		if m.request == nil {
			t.Fatalf("%d is not there", reference)
		}
		return m
	}
	k.q.suppress(k.entry(1))
	k.q.suppress(k.entry(2))
	m := find(12)
	if !m.fresh(msg.PayloadOrderPendingReplace) {
		t.Error("the first stage is not fresh")
	}
	k.q.answer(m, msg.PayloadOrderPendingReplace)
	if e := k.entry(2); !e.is(flagPending) || e.is(flagSuppressed) || k.q.suppressed != 1 {
		t.Errorf("%+v, %d suppressed", e, k.q.suppressed)
	}
	if m.fresh(msg.PayloadOrderPendingReplace) || !m.fresh(msg.PayloadOrderCancelReplaceAccepted) {
		t.Error("fresh is another stage")
	}
	if e := k.q.oldestWithoutAnswer(); e == nil || e.seq != 1 {
		t.Errorf("the oldest without an answer is %+v", e)
	}
	k.q.answer(find(11), msg.PayloadOrderAccepted)
	if e := k.q.oldestWithoutAnswer(); k.q.suppressed != 0 || e == nil || e.seq != 3 {
		t.Errorf("%d suppressed, the oldest without an answer is %+v", k.q.suppressed, e)
	}
	k.q.doubt(k.entry(3))
	k.q.release(k.entry(3))
	k.q.doubt(k.entry(2))
	k.q.release(k.entry(2))
	if len(k.open()) != 0 || !slices.Equal(k.doubts(), []uint64{3, 2}) || k.q.oldestWithoutAnswer() != nil {
		t.Errorf("in flight %d, in doubt %d", k.open(), k.doubts())
	}
	k.q.answer(find(12), msg.PayloadOrderPendingReplace)
	if k.q.suppressed != 0 || k.q.doubts.n != 2 {
		t.Errorf("%d suppressed, in doubt %d", k.q.suppressed, k.doubts())
	}
	k.q.answer(find(12), msg.PayloadOrderCancelReplaceAccepted)
	if k.q.resolvedDoubts != 1 || !slices.Equal(k.doubts(), []uint64{3}) {
		t.Errorf("%d resolved, in doubt %d", k.q.resolvedDoubts, k.doubts())
	}
	k.q.forgetDoubt(k.q.doubts.first())
	if k.q.resolvedDoubts != 1 || k.q.doubts.n != 0 {
		t.Errorf("%d resolved, in doubt %d", k.q.resolvedDoubts, k.doubts())
	}
}

// TestRequestsDetachDoubts keeps what is in doubt, in its order, and finds nothing of it by its old sequence.
func TestRequestsDetachDoubts(t *testing.T) {
	k := newRequestKit(t, 0)
	k.send(msg.PayloadOrderCreate, byReference, 11)
	k.send(msg.PayloadOrderCreate, bySequence, 2)
	k.send(msg.PayloadOrderCancel, byOrder, 7)
	k.entry(1).flags = flagPending
	k.entry(2).flags = flagResent
	for range 3 {
		e := k.q.open.first()
		k.q.doubt(e)
		k.q.release(e)
	}
	k.q.detachDoubts()
	if !slices.Equal(k.doubts(), []uint64{1, 2, 3}) {
		t.Errorf("in doubt %d", k.doubts())
	}
	want := []struct {
		kind  keyKind
		key   uint64
		flags entryFlags
	}{{byReference, 11, flagPending | flagDetached}, {byNothing, 2, flagDetached}, {byOrder, 7, flagDetached}}
	e := k.q.doubts.first()
	for _, w := range want {
		if e.kind != w.kind || e.key != w.key || e.flags != w.flags || e.sent != 1000 || e.subject != 7 {
			t.Errorf("%+v, want %+v", e, w)
		}
		e = k.q.doubts.after(e)
	}
	if has(&k.q.doubts, bySequence, 2) || k.q.resolvedDoubts != 0 {
		t.Error("found by its sequence of an earlier session")
	}
	k.q.detachDoubts()
	if k.q.doubts.n != 3 || !k.q.doubts.first().is(flagPending) {
		t.Errorf("in doubt %d", k.doubts())
	}
}

// TestRequestsBySequence finds requests by the sequence that they were sent with, whether the ring still keeps
// them or not.
func TestRequestsBySequence(t *testing.T) {
	for _, evicted := range []bool{false, true} {
		k := newRequestKit(t, ringRecordsMin)
		k.send(msg.PayloadOrderCreate, byReference, 3) // its reference is another one's sequence
		k.send(msg.PayloadOrderCreate, bySequence, 2)
		k.send(msg.PayloadOrderCancel, byReference, 3) // the same reference again
		k.send(msg.PayloadOrderCancel, byOrder, 2)
		k.send(msg.PayloadMarketSubscribe, 0, 0) // 5
		if err := k.o.sendBare(k.now, envelope.EtoPing); err != nil {
			t.Fatal(err)
		}
		k.o.frames.Drop()
		for evicted && k.o.frames.Oldest() <= 6 {
			if err := k.o.sendBare(k.now, envelope.EtoHeartbeat); err != nil {
				t.Fatal(err)
			}
			k.o.frames.Drop()
		}
		for seq := range uint64(8) {
			e := k.q.bySequence(seq)
			if want := 1 <= seq && seq <= 4; (e != nil) != want || want && e.seq != seq {
				t.Errorf("evicted %t, %d: %+v", evicted, seq, e)
			}
		}
		k.q.release(k.entry(2))
		if e := k.q.bySequence(2); e != nil {
			t.Errorf("evicted %t: found after its answer: %+v", evicted, e)
		}
	}
}

// TestRequestsOrdersInFlight knows what can bring an order to the book.
func TestRequestsOrdersInFlight(t *testing.T) {
	for typ, want := range map[msg.PayloadType]bool{
		msg.PayloadOrderCreate: true, msg.PayloadOrderCancelReplace: true, msg.PayloadOrderCancel: false,
		msg.PayloadOrderCancelAll: false, msg.PayloadOrderQuantityReduce: false,
	} {
		k := newRequestKit(t, 0)
		if k.q.ordersInFlight() {
			t.Error("an order of none")
		}
		k.send(msg.PayloadOrderCancel, byOrder, 5)
		k.send(typ, byReference, 6)
		if got := k.q.ordersInFlight(); got != want {
			t.Errorf("%v: %t", typ, got)
		}
	}
}

// TestRequestsMatchAccepted has an acceptance differ from the create in one field at a time. Then it is left to
// match, and nothing has changed.
func TestRequestsMatchAccepted(t *testing.T) {
	accepted := func() *msg.OrderAccepted {
		m := new(msg.OrderAccepted)
		m.SetSeq(1)
		m.SetSide(msg.SideSell)
		m.SetPrice(2500)
		m.SetQuantity(7)
		m.SetMarketId(8)
		m.SetContractId(9)
		return m
	}
	for name, c := range map[string]struct {
		change    func(m *msg.OrderAccepted, k *requestKit)
		reference uint64
		ok, ends  bool
	}{
		"the same":        {func(*msg.OrderAccepted, *requestKit) {}, 5, true, true},
		"sequence":        {func(m *msg.OrderAccepted, _ *requestKit) { m.SetSeq(2) }, 5, false, false},
		"side":            {func(m *msg.OrderAccepted, _ *requestKit) { m.SetSide(msg.SideBuy) }, 5, false, false},
		"price":           {func(m *msg.OrderAccepted, _ *requestKit) { m.SetPrice(2501) }, 5, false, false},
		"quantity":        {func(m *msg.OrderAccepted, _ *requestKit) { m.SetQuantity(6) }, 5, false, false},
		"market":          {func(m *msg.OrderAccepted, _ *requestKit) { m.SetMarketId(9) }, 5, false, false},
		"contract":        {func(m *msg.OrderAccepted, _ *requestKit) { m.SetContractId(8) }, 5, false, false},
		"suppressed":      {func(_ *msg.OrderAccepted, k *requestKit) { k.q.suppress(k.entry(1)) }, 5, false, false},
		"another type":    {func(_ *msg.OrderAccepted, k *requestKit) { k.entry(1).typ++ }, 5, false, false},
		"of none":         {func(*msg.OrderAccepted, *requestKit) {}, 6, true, false},
		"of none, doubts": {func(_ *msg.OrderAccepted, k *requestKit) { k.q.doubt(k.entry(1)) }, 6, false, false},
	} {
		k := newRequestKit(t, 0)
		k.send(msg.PayloadOrderCreate, byReference, 5)
		e := k.entry(1)
		e.side, e.price, e.market, e.contract = uint8(msg.SideSell), 2500, 8, 9
		m := accepted()
		c.change(m, k)
		var of Request
		before := *e
		if ok := k.q.matchAccepted(m, c.reference, &of); ok != c.ok || (k.q.open.n == 0) != c.ends {
			t.Errorf("%s: %t, %d in flight", name, ok, k.q.open.n)
		}
		want := Request{}
		if c.ends {
			want = Request{Seq: 1, Sent: 1000, Type: msg.PayloadOrderCreate, Reference: 5}
		} else if *e != before {
			t.Errorf("%s: %+v, was %+v", name, *e, before)
		}
		if of != want {
			t.Errorf("%s: answers %+v", name, of)
		}
	}
}

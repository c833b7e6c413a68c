package session

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// TestEventRequest expects the request on each event that answers or is about one, however it is found, and none
// on others.
func TestEventRequest(t *testing.T) {
	const millisecond = int64(1e6)
	create := func(k *kit, reference uint64) (seq uint64) {
		m := orderCreate()
		m.SetReference(reference)
		seq, err := send(k.s, k.now, msg.PayloadOrderCreate, m)
		if err != nil {
			t.Fatal(err)
		}
		return seq
	}
	accepted := func(set func(*msg.OrderAccepted)) func(k *kit) {
		return func(k *kit) {
			var p msg.Payload
			p.SetType(msg.PayloadOrderAccepted)
			m := p.MutableOrderAccepted()
			m.SetOrderId(77)
			set(m)
			k.feed(k.payload(&p))
		}
	}
	for name, c := range map[string]struct {
		reference uint64
		then      func(k *kit)
		kind      EventKind
	}{
		"accepted in full": {7, accepted(func(m *msg.OrderAccepted) {
			m.SetAccountSequence_64(1)
			m.SetReference(7)
			m.SetSeq(2)
			m.SetSide(msg.SideBuy)
			m.SetPrice(2500)
			m.SetQuantity(400_000)
			m.SetMarketId(317_002)
			m.SetContractId(608_008)
		}), Message},
		"accepted by reference": {7, accepted(func(m *msg.OrderAccepted) {
			m.SetReference(7)
			m.SetSeq(2)
		}), Message},
		"accepted by sequence": {0, accepted(func(m *msg.OrderAccepted) { m.SetSeq(2) }), Message},
		"without an answer":    {7, func(k *kit) { k.now += int64(AnswerTimeout) - 5*millisecond }, SendResolved},
		"contradicted": {7, accepted(func(m *msg.OrderAccepted) {
			m.SetReference(7)
			m.SetSeq(2)
			m.SetSide(msg.SideSell)
		}), AnswerMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			k := newEstablished(t, Config{PeerTimeout: timeMax, HeartbeatAfter: timeMax})
			sent := k.now
			want := Request{
				Seq: create(k, c.reference), Sent: sent, Type: msg.PayloadOrderCreate, Reference: c.reference,
			}
			k.events() // the driver waits
			k.now += 5 * millisecond
			c.then(k)
			if err := k.s.Tick(k.now); err != nil {
				t.Fatal(err)
			}
			events := k.events()
			if len(events) == 0 || events[0].Kind != c.kind {
				t.Fatalf("events %v, want %v", events, c.kind)
			}
			if got := events[0].Request; got != want || events[0].Received-got.Sent != k.now-sent {
				t.Errorf("request %+v, want %+v", got, want)
			}
		})
	}
	t.Run("answers nothing", func(t *testing.T) {
		k := newEstablished(t, Config{})
		create(k, 7)
		for reference := range uint64(2) {
			accepted(func(m *msg.OrderAccepted) {
				m.SetReference(7 + reference)
				m.SetSeq(2 + reference)
			})(k)
		}
		k.feed(k.state(false))
		events := k.events()
		if len(events) != 3 || events[0].Request.Seq == 0 ||
			events[1].Request != (Request{}) || events[2].Request != (Request{}) {
			t.Errorf("events %v", events)
		}
	})
}

// TestEventRequestAfterAnAbsence expects the send time as it was read, whatever time the driver was away since.
func TestEventRequestAfterAnAbsence(t *testing.T) {
	k := newEstablished(t, Config{})
	sent := k.now
	k.mustSend(msg.PayloadOrderCreate, orderCreate())
	k.now += 3600 * second // in a handler: nothing was read
	if events := k.events(); len(events) != 0 {
		t.Fatalf("events %v: an hour without the driver is no silence", events)
	}
	events, err := k.waitUntil(k.now + int64(AnswerTimeout) + second)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		if e.Kind == SendResolved {
			if e.Request.Sent != sent || e.Received-e.Request.Sent <= 3600*second {
				t.Errorf("%v: sent at %d, want %d", e, e.Request.Sent, sent)
			}
			return
		}
	}
	t.Error("no fate")
}

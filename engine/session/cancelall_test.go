package session

import (
	"errors"
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/wire"
)

// TestCancelAllInAFullRing finds room for order_cancel_all behind a socket that takes
// nothing, whatever fills the ring.
func TestCancelAllInAFullRing(t *testing.T) {
	for name, fill := range map[string]func(k *kit) error{
		"orders": func(k *kit) error {
			_, err := send(k.s, k.now, msg.PayloadOrderCreate, orderCreate())
			return err
		},
		"long messages": func(k *kit) error {
			_, err := send(k.s, k.now, msg.PayloadMarketSubscribe, &rawMessage{make([]byte, 1700)})
			return err
		},
		"cancels": func(k *kit) error {
			_, err := send(k.s, k.now, msg.PayloadOrderCancel, orderCancel(8))
			return err
		},
		"heartbeats": func(k *kit) error { return k.s.outbox.sendBare(k.now, envelope.EtoHeartbeat) },
		"pongs": func(k *kit) error {
			k.feed(k.eto(msg.EtoPayloadPing, nil))
			k.events()
			if k.s.liveness.pongs > 0 {
				return ErrFull
			}
			return nil
		},
	} {
		for _, records := range []int{16, 64, 4096} {
			for shift := range 3 { // of what fills the ring against the end of the block
				config := Config{DisableThrottle: true}
				config.Send.Bytes, config.Send.Records = ringBytesMin, records
				k := newEstablished(t, config)
				for range 7 * shift {
					k.mustSend(msg.PayloadMarketSubscribe, &rawMessage{make([]byte, 300)})
					k.sent()
				}
				for k.s.outbox.frames.Waiting() < 2 { // the socket took a part of one
					if err := fill(k); err != nil {
						t.Fatalf("%s: %v", name, err)
					}
				}
				k.s.Written(len(k.s.Pending()) - 1)
				var err error
				for err == nil {
					err = fill(k)
				}
				wantErr(t, err, ErrFull)
				if name == "orders" || name == "long messages" {
					k.mustSend(msg.PayloadOrderCancel, orderCancel(9))
				}
				for i := range cancelAllRecords {
					if _, err := send(k.s, k.now, msg.PayloadOrderCancelAll, new(msg.OrderCancelAll)); err != nil {
						t.Errorf("%s, %d records: order_cancel_all %d: %v", name, records, i+1, err)
					}
				}
			}
		}
	}
}

// TestInFlightKeepsRoom counts how many of each class join a table that creates have
// filled.
func TestInFlightKeepsRoom(t *testing.T) {
	const most = 5
	k := newEstablished(t, Config{DisableThrottle: true, UnansweredMax: most, ReferenceBase: 1})
	fits := func(typ msg.PayloadType, m wire.Marshaler) (n int) {
		for {
			if _, err := send(k.s, k.now, typ, m); err != nil {
				wantErr(t, err, ErrUnanswered)
				return n
			}
			n++
			k.sent()
		}
	}
	var reduce msg.OrderQuantityReduce
	reduce.SetOrderId(8)
	reduce.SetNewQuantity(5)
	var replace msg.OrderCancelReplace
	replace.SetOrigOrderId(8)
	replace.SetPrice(2500)
	replace.SetQuantity(5)
	for _, c := range []struct {
		typ  msg.PayloadType
		m    wire.Marshaler
		want int
	}{
		{msg.PayloadOrderCreate, orderCreate(), most},
		{msg.PayloadOrderCancelReplace, &replace, 0},
		{msg.PayloadOrderCancel, orderCancel(8), cancelsKept},
		{msg.PayloadOrderQuantityReduce, &reduce, 0},
		{msg.PayloadOrderCancelAll, new(msg.OrderCancelAll), cancelAllsKept},
		{msg.PayloadOrderCancel, orderCancel(8), 0},
		{msg.PayloadOrderCreate, orderCreate(), 0},
	} {
		if n := fits(c.typ, c.m); n != c.want {
			t.Errorf("%v: %d fit, want %d", c.typ, n, c.want)
		}
	}
}

// TestCancelAllDuringReplay sends order_cancel_all amid a replay that waits for room,
// and again as its last message: a peer that takes nothing out of turn gets it then.
func TestCancelAllDuringReplay(t *testing.T) {
	config := Config{ReferenceBase: 100}
	config.Send.Bytes = ringBytesMin
	k := newEstablished(t, config)
	const messages = 4
	for i := range messages {
		k.mustSend(msg.PayloadMarketSubscribe, &rawMessage{make([]byte, 2050)})
		if i == 0 {
			k.sent()
		}
	}
	k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(2) }))
	k.events()
	if !k.s.resender.active {
		t.Fatal("the replay does not wait")
	}
	seq, err := send(k.s, k.now, msg.PayloadOrderCancelAll, new(msg.OrderCancelAll))
	if err != nil || seq != messages+2 {
		t.Fatalf("order_cancel_all: %d, %v", seq, err)
	}
	if _, err := send(k.s, k.now, msg.PayloadOrderCreate, orderCreate()); !errors.Is(err, ErrFull) {
		t.Errorf("order_create: %v", err)
	}
	if _, err := send(k.s, k.now, msg.PayloadOrderCancel, orderCancel(8)); err != nil {
		t.Errorf("order_cancel: %v", err)
	}
	next := uint64(2) // what such a peer waits for
	for sent := k.sent(); len(sent) > 0; {
		payload, n, err := wire.Scan(sent, wire.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		sent = sent[n:]
		if env, err := envelope.Parse(payload); err != nil {
			t.Fatal(err)
		} else if env.Seq == next {
			next++
		}
	}
	if _, out := k.s.Counters(); next != out || out != messages+4 {
		t.Errorf("the peer has everything below %d, sent was everything below %d", next, out)
	}
	if k.s.hasDeferred() {
		t.Error("the replay still waits")
	}
}

func orderCancel(id uint64) *msg.OrderCancel {
	m := new(msg.OrderCancel)
	m.SetOrderId(id)
	return m
}

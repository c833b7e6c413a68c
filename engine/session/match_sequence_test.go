package session

import (
	"fmt"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// TestAnswerBySequence has answers without a reference to requests that have one.
func TestAnswerBySequence(t *testing.T) {
	for _, answer := range []string{
		"order_accepted order_id=7", "order_rejected reason=MARKET_HALTED", "order_invalid reasons=INVALID_PRICE",
	} {
		for _, c := range []struct {
			fields   string
			answers  bool
			mismatch bool
		}{
			{" seq=4", true, false},
			{" seq=5", false, true}, // a cancel
			{" seq=3", false, false},
			{" seq=1", false, false},
			{" seq=99", false, false},
			{"", false, false},
			{" seq=0", false, false},
			{" seq=4 is_replay", false, false}, // it may be one of an earlier session
		} {
			k := newEstablished(t, Config{ReferenceBase: 100})
			k.ping()
			k.ping()
			k.mustSend(msg.PayloadOrderCreate, orderCreate()) // C4
			cancel := new(msg.OrderCancel)
			cancel.SetOrderId(7)
			k.mustSend(msg.PayloadOrderCancel, cancel) // C5
			k.feed(frameOf(t, "2", answer+c.fields))
			k.events()
			if answered := k.s.requests.open.n == 1 && k.s.requests.open.first().seq == 5; answered != c.answers ||
				(k.s.Stats().AnswerMismatches == 1) != c.mismatch {
				t.Errorf("%s%s: answered %t, %+v", answer, c.fields, answered, k.s.Stats())
			}
		}
	}
	// What it says besides must fit.
	k := newEstablished(t, Config{ReferenceBase: 100})
	k.mustSend(msg.PayloadOrderCreate, orderCreate())
	k.feed(frameOf(t, "2", "order_accepted seq=2 side=SELL"))
	k.wantKinds(k.events(), AnswerMismatch, Message)
	k.feed(frameOf(t, "3", "order_accepted seq=2 side=BUY"))
	k.wantKinds(k.events(), Message)
	if k.s.requests.open.n != 0 {
		t.Error("it waits for its answer")
	}
}

// TestAnswerBySequenceWhileCatchingUp does not take for an answer what the exchange may repeat of an
// earlier session: until the ping behind the login is answered a number above that asked for is one.
func TestAnswerBySequenceWhileCatchingUp(t *testing.T) {
	k := newKit(t, Config{AccountSequence: 10, ReferenceBase: 100})
	k.open()
	k.login()
	k.events()
	k.mustSend(msg.PayloadOrderCreate, orderCreate()) // C3, behind the ping
	k.feed(frameOf(t, "2", "order_rejected seq=3 reason=MARKET_HALTED account_sequence_64=11"))
	k.events()
	if k.s.requests.open.n != 1 {
		t.Error("an answer of an earlier session ended the wait")
	}
	k.feed(frameOf(t, "3", "PONG"))
	k.feed(frameOf(t, "4", "order_rejected seq=3 reason=MARKET_HALTED account_sequence_64=12"))
	k.events()
	if k.s.requests.open.n != 0 {
		t.Error("the order's own answer did not end the wait")
	}
}

// TestAnswerBySequenceOfAnEvictedOrder has frames gone from the ring.
func TestAnswerBySequenceOfAnEvictedOrder(t *testing.T) {
	for _, base := range []uint64{0, 100} {
		config := Config{ReferenceBase: base}
		config.Send.Records = ringRecordsMin
		k := newEstablished(t, config)
		for range 40 {
			k.mustSend(msg.PayloadOrderCreate, orderCreate())
			k.sent()
		}
		for i, seq := range []uint64{2, 41, 20, 3, 25, 26, 30} {
			if k.s.requests.bySequence(seq) == nil || k.s.requests.bySequence(seq).seq != seq {
				t.Fatalf("the request %d is not found", seq)
			}
			k.feed(frameOf(t, fmt.Sprint(2+i), fmt.Sprint("order_rejected reason=MARKET_HALTED seq=", seq)))
			k.events()
			if k.s.requests.bySequence(seq) != nil || k.s.requests.open.n != 39-i {
				t.Fatalf("%d was answered, and %d wait", seq, k.s.requests.open.n)
			}
		}
		for _, seq := range []uint64{0, 1, 2, 20, 41, 42, 1 << 60} {
			if e := k.s.requests.bySequence(seq); e != nil {
				t.Errorf("%d: %+v", seq, e)
			}
		}
	}
}

// TestRequestByOrder looks requests up that have no reference, of all that the ring knows.
func TestRequestByOrder(t *testing.T) {
	k := newEstablished(t, Config{})
	for i := range uint64(5) {
		cancel := new(msg.OrderCancel)
		cancel.SetOrderId(8 + i%2)
		k.mustSend(msg.PayloadOrderCancel, cancel)
	}
	k.mustSend(msg.PayloadMarketSubscribe, &rawMessage{})
	k.ping()
	for seq := range uint64(12) {
		e := k.s.requests.bySequence(seq)
		if want := seq >= 2 && seq < 7; (e != nil) != want || want && e.seq != seq {
			t.Errorf("%d: %+v", seq, e)
		}
	}
}

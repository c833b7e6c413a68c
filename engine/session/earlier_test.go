package session

import (
	"errors"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// earlierCreate is an order_create of an earlier run.
func earlierCreate(reference uint64) EarlierRequest {
	return EarlierRequest{
		Keys: msg.Keys{
			Type: msg.PayloadOrderCreate, Reference: reference, Side: msg.SideBuy, Market: 7, Contract: 8, Price: 5000,
			Quantity: 100,
		},
		Seq: 40 + reference, Sent: 5,
	}
}

// TestEarlierRequests: what an earlier run sent without an answer is resolved by what the exchange repeats, in its own
// sequence or not, and is reported as unresolved if nothing is said of it, before CaughtUp, which is not complete.
func TestEarlierRequests(t *testing.T) {
	cancel := EarlierRequest{Keys: msg.Keys{Type: msg.PayloadOrderCancel, OrderID: 9}, Seq: 99}
	k := newKit(t, Config{
		AccountFromStart: true, AccountSequence: 10,
		InDoubt: []EarlierRequest{earlierCreate(1), earlierCreate(2), earlierCreate(0), earlierCreate(3), cancel},
	})
	k.open()
	k.login()
	accept := func(reference, account uint64, replayed bool) {
		var p msg.Payload
		p.SetType(msg.PayloadOrderAccepted)
		m := p.MutableOrderAccepted()
		m.SetReference(reference)
		m.SetSeq(40 + reference)
		m.SetOrderId(1000 + reference)
		m.SetMarketId(7)
		m.SetContractId(8)
		m.SetSide(msg.SideBuy)
		m.SetPrice(5000)
		m.SetQuantity(100)
		m.SetAccountSequence_64(account)
		p.MutableEtoPayload().SetIsReplay(replayed)
		k.feed(k.payload(&p))
	}
	accept(1, 11, true)
	accept(2, 12, false) // accepted only now
	var requests []uint64
	for _, e := range k.events() {
		if e.Kind == Message && e.Request.Seq != 0 {
			requests = append(requests, e.Request.Reference)
		}
		if e.Kind == AnswerMismatch || e.Kind == SendResolved {
			t.Errorf("%+v", e)
		}
	}
	if len(requests) != 2 || requests[0] != 1 || requests[1] != 2 {
		t.Errorf("answers to %v", requests)
	}
	k.feed(k.eto(msg.EtoPayloadPong, nil))
	events := k.events()
	var unresolved []EarlierRequest
	for _, e := range events {
		switch e.Kind {
		case SendUnresolved:
			unresolved = append(unresolved, EarlierRequest{msg.Keys{Type: e.Type, Reference: e.Reference}, e.Seq, 0})
		case CaughtUp:
			if e.Complete || len(unresolved) != 3 {
				t.Errorf("caught up with %v: %+v", unresolved, e)
			}
		}
	}
	if len(unresolved) != 3 || unresolved[0].Seq != 40 || unresolved[1].Keys.Reference != 3 ||
		unresolved[2].Keys.Type != msg.PayloadOrderCancel {
		t.Errorf("unresolved %+v", unresolved)
	}
	accept(3, 13, false) // all the same
	for _, e := range k.events() {
		if e.Kind != Message {
			t.Errorf("%+v", e)
		}
	}
}

// TestEarlierRequestsRefused: what cannot be in doubt is refused.
func TestEarlierRequestsRefused(t *testing.T) {
	for _, c := range []Config{
		{InDoubt: []EarlierRequest{{Keys: msg.Keys{Type: msg.PayloadMarketSubscribe}}}},
		{InDoubt: []EarlierRequest{earlierCreate(1), earlierCreate(2)}, UnansweredMax: 1},
	} {
		c.Username, c.Password = "user", "pass"
		var typed *ConfigError
		if _, err := New(c); !errors.As(err, &typed) || typed.Field != "InDoubt" {
			t.Errorf("%v", err)
		}
	}
}

// TestAccountMark: a number that was the last of an earlier run is reported as a new numbering if another message has
// it now, and is a repetition if the same one has.
func TestAccountMark(t *testing.T) {
	mark := markOf(msg.PayloadOrderCancelled, 9, 0, 0)
	for order, want := range map[uint64]EventKind{9: 0, 10: AccountReset} {
		l := new(accountLog)
		l.init(40, mark, nil)
		if l.mark(40) != mark || l.mark(41) != 0 {
			t.Errorf("marks %d, %d", l.mark(40), l.mark(41))
		}
		v, _, _ := l.receive(0, 40, markOf(msg.PayloadOrderCancelled, order, 0, 0), true, false)
		if (v == accountReset) != (want == AccountReset) || (v == accountDuplicate) != (want == 0) {
			t.Errorf("order %d: %v", order, v)
		}
	}
}

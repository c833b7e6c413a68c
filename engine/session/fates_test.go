package session

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
)

// TestFates reports each order in flight and then each other message that did not leave, oldest first.
func TestFates(t *testing.T) {
	k := newRequestKit(t, 0)
	r := new(resender)
	r.init(&Config{})
	k.send(msg.PayloadOrderCreate, byReference, 11)    // 1: sent
	k.send(msg.PayloadOrderCreate, byReference, 12)    // 2: sent, suppressed
	k.send(msg.PayloadMarketSubscribe, 0, 0)           // 3: sent
	k.send(msg.PayloadOrderCreate, byReference, 13)    // 4: sent in part
	k.o.frames.Written(len(k.o.frames.Pending()) - 1)  // all but a byte
	k.send(msg.PayloadOrderCreate, byReference, 14)    // 5: not sent
	k.send(msg.PayloadOrderCancelReplace, byOrder, 15) // 6: not sent, pending
	k.send(msg.PayloadMarketSubscribe, 0, 0)           // 7: not sent
	k.send(msg.PayloadOrderCreate, byReference, 16)    // 8: not sent, answered
	_ = k.o.sendBare(k.now, envelope.EtoPing)          // 9: not sent
	k.send(msg.PayloadMarketUnsubscribe, 0, 0)         // 10: not sent, but for a copy
	k.q.release(k.entry(8))
	k.q.suppress(k.entry(2))
	k.entry(6).flags = flagPending
	r.copied = 10
	k.o.frames.Drop()
	f := fates{}
	if e, of, fate := f.next(k.q, r); e != nil || of != (Request{}) || fate != 0 {
		t.Error("a fate before the end")
	}
	f.begin(ErrPeerSilent)
	if !f.open || f.cause != ErrPeerSilent { //nolint:errorlint // kept as it is
		t.Errorf("%+v", f)
	}
	for _, want := range []struct {
		seq  uint64
		typ  msg.PayloadType
		fate Fate
	}{
		{1, msg.PayloadOrderCreate, InDoubt},
		{2, msg.PayloadOrderCreate, NotDelivered},
		{4, msg.PayloadOrderCreate, InDoubt},
		{5, msg.PayloadOrderCreate, NotSent},
		{6, msg.PayloadOrderCancelReplace, InDoubt},
		{7, msg.PayloadMarketSubscribe, NotSent},
		{10, msg.PayloadMarketUnsubscribe, InDoubt},
	} {
		e, of, fate := f.next(k.q, r)
		if fate != want.fate || of.Seq != want.seq || of.Type != want.typ || of.Sent != 1000 {
			t.Errorf("%+v is %v, want %+v", of, fate, want)
		}
		if tracked := classOf(want.typ).orderEntry(); (e != nil) != tracked {
			t.Errorf("%d: entry %+v", want.seq, e)
		} else if tracked {
			k.q.release(e)
		}
	}
	for range 2 {
		if e, of, fate := f.next(k.q, r); e != nil || of != (Request{}) || fate != 0 || f.open {
			t.Errorf("%+v is %v after the last", of, fate)
		}
	}
}

// TestFatesPartial has a message that is not tracked leave in part: it is in doubt, as the ring cannot know.
func TestFatesPartial(t *testing.T) {
	k := newRequestKit(t, 0)
	r := new(resender)
	r.init(&Config{})
	k.send(msg.PayloadMarketSubscribe, 0, 0)
	k.o.frames.Written(1)
	k.send(msg.PayloadMarketSubscribe, 0, 0)
	k.o.frames.Drop()
	f := fates{}
	f.begin(nil)
	for seq, want := range []Fate{1: InDoubt, 2: NotSent} {
		if seq == 0 {
			continue
		}
		if _, of, fate := f.next(k.q, r); of.Seq != uint64(seq) || fate != want {
			t.Errorf("%+v is %v, want %v", of, fate, want)
		}
	}
}

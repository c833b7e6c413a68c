package session

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// TestUnresponsive sends order after order to a peer that answers none: heartbeats, replay requests and
// gapfills go back and forth, and that has an end.
func TestUnresponsive(t *testing.T) {
	k := newEstablished(t, Config{ReferenceBase: 100, ThrottleOff: true})
	start := k.now
	var err error
	var fates int
	for i := 0; err == nil && i < 2000; i++ {
		if _, sendErr := k.s.Send(k.now, msg.PayloadOrderCreate, orderCreate()); sendErr != nil {
			t.Fatal(sendErr)
		}
		k.feed(k.eto(msg.EtoPayloadHeartbeat, nil))
		if i%5 == 0 {
			_, out := k.s.Counters()
			k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(out - 1) }))
			k.feed(k.eto(msg.EtoPayloadGapfill, nil))
		}
		var events []Event
		events, err = k.waitUntil(k.now + second/10)
		for _, e := range events {
			if e.Kind == SendResolved {
				fates++
			}
		}
	}
	wantErr(t, err, ErrUnresponsive)
	const due = AnswerTimeout + PeerTimeout
	if after := time.Duration(k.now - start); after < due || after > due+time.Second/10 {
		t.Errorf("ended after %v", after)
	}
	if p := PolicyOf(err); p != (Policy{Retry: RetryBackoff}) || fates < 290 {
		t.Errorf("policy %+v, %d fates", p, fates)
	}
	// The next connection begins anew.
	k.s.Lost(k.now, err)
	k.events()
	k.open()
	k.login()
	k.events()
	if _, err := k.waitUntil(k.now + int64(PeerTimeout)*2/3 - 1); err != nil || k.s.unheard != 0 {
		t.Error(err)
	}
}

// TestResponsive is not ended by a peer that answers now and then, or by one request without an answer as
// long as others have theirs.
func TestResponsive(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(k *kit, i int)
		ends   bool
	}{
		{"one in 300", func(k *kit, i int) {
			if i%300 == 299 {
				_, out := k.s.Counters()
				k.say(fmt.Sprint("order_rejected reason=MARKET_HALTED seq=", out-1))
			}
		}, false},
		{"late, when it is in doubt", func(k *kit, i int) {
			if i%300 == 299 {
				k.say(fmt.Sprint("order_rejected reason=MARKET_HALTED reference=", k.s.doubts.first().key))
			}
		}, false},
		{"what is nobody's", func(k *kit, i int) {
			k.say("order_rejected reason=MARKET_HALTED reference=5")
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newEstablished(t, Config{ReferenceBase: 100, ThrottleOff: true})
			for i := range 1500 {
				k.mustSend(msg.PayloadOrderCreate, orderCreate())
				k.feed(k.eto(msg.EtoPayloadHeartbeat, nil))
				c.answer(k, i)
				if _, err := k.waitUntil(k.now + second/10); err != nil {
					if !c.ends || !errors.Is(err, ErrUnresponsive) {
						t.Errorf("after %d orders: %v", i, err)
					}
					return
				}
			}
			if c.ends {
				t.Error("goes on for ever")
			}
		})
	}
}

// TestUnresponsiveDeadline wakes the driver in time, after one order that nobody answered, and gives the
// peer up then and not before.
func TestUnresponsiveDeadline(t *testing.T) {
	k := newEstablished(t, Config{HeartbeatAfter: timeMax, PeerTimeout: 30 * time.Second})
	k.mustSend(msg.PayloadOrderCreate, orderCreate())
	k.sent()
	if _, err := k.waitUntil(k.now + int64(AnswerTimeout)); err != nil {
		t.Fatal(err)
	}
	told := k.now
	for k.now < told+int64(25*time.Second) {
		k.feed(k.eto(msg.EtoPayloadHeartbeat, nil))
		k.events()
		k.now += second
	}
	k.feed(k.eto(msg.EtoPayloadHeartbeat, nil))
	k.events()
	if due := k.s.Deadline(); due != told+int64(30*time.Second) {
		t.Errorf("deadline %v after the fate was reported", time.Duration(due-told))
	}
	if _, err := k.waitUntil(told + int64(30*time.Second) - 1); err != nil {
		t.Error(err)
	}
	_, err := k.waitUntil(k.now + 1)
	wantErr(t, err, ErrUnresponsive)
}

// TestWithheldIsNotUnresponsive: that orders were withheld from a replay is no reason to give the peer up,
// which got on by it. It is if after a while there are others again, and nothing was answered between.
func TestWithheldIsNotUnresponsive(t *testing.T) {
	for _, answered := range []bool{false, true} {
		k := newEstablished(t, Config{ReferenceBase: 100, PeerTimeout: 30 * time.Second})
		withheld := func() ([]Event, error) {
			_, seq := k.s.Counters()
			k.mustSend(msg.PayloadOrderCreate, orderCreate())
			if _, err := k.waitUntil(k.now + int64(StaleAfter) + 1); err != nil {
				t.Fatal(err)
			}
			k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(seq) }))
			events, err := k.drain()
			k.sent()
			return events, err
		}
		if _, err := withheld(); err != nil {
			t.Fatal(err)
		}
		for end := k.now + int64(30*time.Second); k.now < end; {
			k.feed(k.eto(msg.EtoPayloadHeartbeat, nil))
			k.events()
			if _, err := k.waitUntil(min(k.now+second, end)); err != nil {
				t.Fatalf("withheld once: %v", err)
			}
		}
		if answered {
			_, seq := k.s.Counters()
			k.mustSend(msg.PayloadOrderCreate, orderCreate())
			k.say(fmt.Sprint("order_rejected reason=MARKET_HALTED seq=", seq))
			k.events()
		}
		events, err := withheld()
		if (err != nil) == answered || err != nil && !errors.Is(err, ErrUnresponsive) {
			t.Errorf("answered %t: %v", answered, err)
		}
		k.wantKinds(events, SendResolved)
	}
	// A while is PeerTimeout: not less.
	k := newEstablished(t, Config{})
	k.s.goesUnheard(unheardWithheld)
	k.now += int64(PeerTimeout) - 1
	k.s.now = k.now
	if k.s.fair() >= k.s.unheardDue() {
		t.Error("due too early")
	}
	if k.s.goesUnheard(unheardInDoubt); k.s.unheard != unheardInDoubt || k.s.unheardDue() != k.now+1 {
		t.Error("the first one does not count")
	}
	if k.s.goesUnheard(unheardWithheld); k.s.unheard != unheardInDoubt {
		t.Error("in doubt is forgotten")
	}
}

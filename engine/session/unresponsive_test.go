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
	k := newEstablished(t, Config{ReferenceBase: 100, DisableThrottle: true})
	start := k.now
	var err error
	var fates int
	for i := 0; err == nil && i < 2000; i++ {
		if _, sendErr := send(k.s, k.now, msg.PayloadOrderCreate, orderCreate()); sendErr != nil {
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
	if _, err := k.waitUntil(k.now + int64(PeerTimeout)*2/3 - 1); err != nil || k.s.liveness.unanswered {
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
				k.receiveText(fmt.Sprint("order_rejected reason=MARKET_HALTED seq=", out-1))
			}
		}, false},
		{"late, when it is in doubt", func(k *kit, i int) {
			if i%300 == 299 {
				doubt := k.s.requests.doubts.first()
				k.receiveText(fmt.Sprint("order_rejected reason=MARKET_HALTED reference=", doubt.key))
			}
		}, false},
		{"a reference of no request", func(k *kit, i int) {
			k.receiveText("order_rejected reason=MARKET_HALTED reference=5")
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newEstablished(t, Config{ReferenceBase: 100, DisableThrottle: true})
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

// TestOneUnansweredIsNotUnresponsive has one order in doubt, or one left out of a replay, and a peer that
// sends and has nothing to answer: it is not given up. It is for the next one, or for a request for a
// replay, if PeerTimeout has passed and nothing was answered between.
func TestOneUnansweredIsNotUnresponsive(t *testing.T) {
	replay := func(k *kit) {
		_, out := k.s.Counters()
		k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(out - 1) }))
	}
	again := func(k *kit) ([]Event, error) { replay(k); return k.drain() }
	inDoubt := func(k *kit) ([]Event, error) {
		k.mustSend(msg.PayloadOrderCreate, orderCreate())
		return k.waitUntil(k.now + int64(AnswerTimeout))
	}
	suppressed := func(k *kit) ([]Event, error) {
		k.mustSend(msg.PayloadOrderCreate, orderCreate())
		if _, err := k.waitUntil(k.now + int64(StaleAfter) + 1); err != nil {
			return nil, err
		}
		replay(k)
		events, err := k.drain()
		k.sent()
		return events, err
	}
	for name, first := range map[string]func(*kit) ([]Event, error){"in doubt": inDoubt, "suppressed": suppressed} {
		for _, c := range []struct {
			name   string
			pause  int64 // beyond the time that it takes to do it again
			again  func(k *kit) ([]Event, error)
			takes  time.Duration
			answer bool
			ends   bool
		}{
			{"in doubt again, too early", -1, inDoubt, AnswerTimeout, false, false},
			{"in doubt again", 0, inDoubt, AnswerTimeout, false, true},
			{"suppressed again, too early", -1, suppressed, StaleAfter + 1, false, false},
			{"suppressed again", 0, suppressed, StaleAfter + 1, false, true},
			{"in doubt again, one answered", 0, inDoubt, AnswerTimeout, true, false},
			{"asks again, too early", -1, again, 0, false, false},
			{"asks again", 0, again, 0, false, true},
			{"asks again, one answered", 0, again, 0, true, false},
			{"only an hour", int64(time.Hour), func(k *kit) ([]Event, error) { return k.drain() }, 0, false, false},
		} {
			t.Run(name+", "+c.name, func(t *testing.T) {
				k := newEstablished(t, Config{ReferenceBase: 100})
				if events, err := first(k); err != nil || len(events) != 1 || events[0].Kind != SendResolved {
					t.Fatal(events, err)
				}
				reported := k.now
				idle := reported + int64(PeerTimeout-c.takes) + c.pause
				for k.now < idle {
					k.feed(k.eto(msg.EtoPayloadHeartbeat, nil))
					if _, err := k.waitUntil(min(k.now+second, idle)); err != nil {
						t.Fatalf("idle: %v", err)
					}
				}
				if c.answer {
					_, seq := k.s.Counters()
					k.mustSend(msg.PayloadOrderCreate, orderCreate())
					k.receiveText(fmt.Sprint("order_rejected reason=MARKET_HALTED seq=", seq))
					k.events()
				}
				events, err := c.again(k)
				if (err != nil) != c.ends || err != nil && !errors.Is(err, ErrUnresponsive) {
					t.Errorf("%v %v after the first fate", err, time.Duration(k.now-reported))
				}
				if c.takes == AnswerTimeout && (len(events) == 0 || events[len(events)-1].Kind != SendResolved) {
					t.Errorf("the fate of the second was not reported: %v", events)
				}
			})
		}
	}
}

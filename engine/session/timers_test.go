package session

import (
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// accept encodes the acceptance of an order by its reference.
func (k *kit) accept(reference, number uint64) []byte {
	k.t.Helper()
	var p msg.Payload
	m := p.MutableOrderAccepted()
	m.SetReference(reference)
	m.SetSeq(2)
	m.SetOrderId(1000 + reference)
	m.SetAccountSequence_64(number)
	return k.payload(&p)
}

// create sends an order with a reference.
func (k *kit) create(reference uint64) {
	k.t.Helper()
	m := orderCreate()
	m.SetReference(reference)
	if _, err := send(k.s, k.now, msg.PayloadOrderCreate, m); err != nil {
		k.t.Fatal(err)
	}
}

// tick is what a driver does when it comes back to wait: everything that was received is taken, then
// timers run, and what they say is taken.
func (k *kit) tick() (events []Event, err error) {
	k.t.Helper()
	events, err = k.drain()
	if err == nil {
		err = k.s.Tick(k.now)
	}
	if err == nil {
		var more []Event
		more, err = k.drain()
		events = append(events, more...)
	}
	k.sent()
	return events, err
}

// waitUntil lets time pass as a driver does, which comes back at each deadline.
func (k *kit) waitUntil(end int64) (events []Event, err error) {
	k.t.Helper()
	for err == nil && k.now < end {
		k.now = min(max(k.s.Deadline(), k.now+1), end)
		var more []Event
		more, err = k.tick()
		events = append(events, more...)
	}
	return events, err
}

// TestReceivedAnswerInTime reads an acceptance long after it came: it was there in time.
func TestReceivedAnswerInTime(t *testing.T) {
	for _, late := range []time.Duration{11 * time.Second, time.Hour} {
		k := newEstablished(t, Config{})
		k.create(77)
		k.sent()
		k.feed(k.accept(77, 1))
		k.now += int64(late)
		events, err := k.tick()
		if err != nil {
			t.Fatal(err)
		}
		k.wantKinds(events, Message)
	}
}

// TestTickBeforeNext judges nothing that may have been answered already; a heartbeat is due all the same.
func TestTickBeforeNext(t *testing.T) {
	k := newEstablished(t, Config{})
	k.create(77)
	k.sent()
	k.now += 5 * second
	k.feed(k.accept(77, 1))
	for range 20 {
		k.now += 5 * second
		if err := k.s.Tick(k.now); err != nil {
			t.Fatal(err)
		}
		if len(k.sent()) == 0 {
			t.Error("no heartbeat")
		}
	}
	k.wantKinds(k.events(), Message)
}

// TestSlowHandlersOrder is sent by a handler that then works for longer than an answer may take. The
// wait for the answer begins when the driver is back.
func TestSlowHandlersOrder(t *testing.T) {
	for _, timeout := range []time.Duration{AnswerTimeout, 200 * time.Millisecond, 2 * time.Millisecond} {
		k := newEstablished(t, Config{AnswerTimeout: timeout})
		if _, err := k.waitUntil(k.now + 3*second); err != nil {
			t.Fatal(err)
		}
		k.feed(k.eto(msg.EtoPayloadPong, nil))
		if e, err := k.s.Next(k.now); err != nil || e == nil || e.Kind != Pong {
			t.Fatal(e, err)
		}
		k.create(77)                // in the handler,
		k.now += int64(2 * timeout) // which goes on
		events, err := k.tick()
		if err != nil {
			t.Fatal(err)
		}
		k.wantKinds(events)
		if t.Failed() {
			t.Fatal(timeout)
		}
		back := k.now
		events, err = k.waitUntil(back + int64(timeout)/2)
		if err != nil {
			t.Fatal(err)
		}
		k.wantKinds(events)
		events, err = k.waitUntil(back + int64(timeout))
		if err != nil {
			t.Fatal(err)
		}
		k.wantKinds(events, SendResolved)
	}
}

// TestStopped stops the process in each state for a minute, or an hour. What the exchange said
// meanwhile counts; that it said nothing does not count against it, for it is not known whether the
// whole machine stood still. Afterwards it has its time.
func TestStopped(t *testing.T) {
	type state struct {
		name  string
		start func(k *kit)
		limit time.Duration
		want  error
		comes func(k *kit) []byte // in time, read after the stop
	}
	states := []state{
		{"login", func(k *kit) { k.open() }, LoginTimeout, ErrLoginTimeout, func(k *kit) []byte {
			return k.eto(msg.EtoPayloadLoginResponse, func(e *msg.EtoPayload) {
				e.MutableLoginResponse().SetSessionString("A")
			})
		}},
		{"silence", func(k *kit) {}, PeerTimeout, ErrPeerSilent, func(k *kit) []byte {
			return k.eto(msg.EtoPayloadHeartbeat, nil)
		}},
		{"gap", func(k *kit) {
			k.server++
			k.feed(k.eto(msg.EtoPayloadHeartbeat, nil))
			k.server -= 2
			k.events()
		}, 2 * ReplayTimeout, ErrReplayTimeout, func(k *kit) []byte {
			return append(k.eto(msg.EtoPayloadGapfill, nil), k.eto(msg.EtoPayloadGapfill, nil)...)
		}},
		{"logout", func(k *kit) {
			if err := k.s.Logout(k.now); err != nil {
				k.t.Fatal(err)
			}
			k.events()
		}, LogoutTimeout, ErrLogoutTimeout, func(k *kit) []byte {
			return k.eto(msg.EtoPayloadLogout, func(e *msg.EtoPayload) {
				e.MutableLogout().SetReason(msg.EtoLogoutConfirmation)
			})
		}},
	}
	for _, st := range states {
		for _, stopped := range []time.Duration{time.Minute, time.Hour} {
			for _, comes := range []bool{false, true} {
				k := newKit(t, Config{})
				if st.name != "login" {
					k.open()
					k.login()
					k.events()
					k.sent()
				}
				st.start(k)
				k.sent()
				k.events()
				if err := k.s.Tick(k.now); err != nil {
					t.Fatal(st.name, err)
				}
				k.events()
				k.now += int64(stopped)
				if comes {
					k.feed(st.comes(k))
				}
				_, err := k.tick()
				if comes && st.name == "logout" {
					if asked, ok := err.(*LogoutError); !ok || !asked.Clean() {
						t.Errorf("%s: %v", st.name, err)
					}
					continue
				}
				if err != nil {
					t.Errorf("%s, stopped for %v: %v", st.name, stopped, err)
					continue
				}
				if comes {
					continue
				}
				// Of the time before, no more is left than patience, and one that asks for a sign of life.
				back := k.now
				_, err = k.waitUntil(back + int64(st.limit)*2)
				wantErr(t, err, st.want)
				if waited := time.Duration(k.now - back); waited > st.limit {
					t.Errorf("%s: gave up %v after the stop, limit %v", st.name, waited, st.limit)
				}
				if k.s.Stats().Away < stopped-PeerTimeout {
					t.Errorf("%s: away for %v", st.name, k.s.Stats().Away)
				}
			}
		}
	}
}

// TestHeartbeatAfterStop: the exchange received nothing from us.
func TestHeartbeatAfterStop(t *testing.T) {
	k := newEstablished(t, Config{})
	k.now += 60 * second
	if _, err := k.drain(); err != nil {
		t.Fatal(err)
	}
	if err := k.s.Tick(k.now); err != nil {
		t.Fatal(err)
	}
	if len(k.sent()) == 0 {
		t.Error("nothing was sent")
	}
}

// TestWaitingIsNotAway: a driver that waits until the deadline, however far, is there.
func TestWaitingIsNotAway(t *testing.T) {
	k := newEstablished(t, Config{HeartbeatAfter: time.Hour, PeerTimeout: 2 * time.Hour})
	for range 5 {
		k.feed(k.eto(msg.EtoPayloadHeartbeat, nil))
		if _, err := k.waitUntil(k.now + int64(50*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	if away := k.s.Stats().Away; away != 0 {
		t.Errorf("away for %v", away)
	}
}

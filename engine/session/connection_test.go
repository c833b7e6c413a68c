package session

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// The tests of this file cross the end of a connection: what belongs to one does not reach the next, and
// what has to reach it does.

// reconnect loses the connection and opens another. In a session that is resumed it answers the login so.
func (k *kit) reconnect(resumed bool) {
	k.t.Helper()
	k.s.Lost(k.now, io.EOF)
	k.events()
	k.sent()
	server := k.server
	k.open()
	if resumed {
		k.server = server
	}
	k.receiveText("LOGIN_RESPONSE session=A")
	k.events()
	k.sent()
	if k.s.login.resuming != resumed || k.s.State() != Established {
		k.t.Fatalf("resumed %t, %v", k.s.login.resuming, k.s)
	}
}

// TestPingsOfAnOldConnection: in a fresh session a pong answers no ping of the one before, however many
// there were; in a resumed one it does.
func TestPingsOfAnOldConnection(t *testing.T) {
	for _, resume := range []ResumeMode{ResumeAccount, ResumeSession, ResumeNone} {
		resumed := resume == ResumeSession
		k := newEstablished(t, Config{Resume: resume})
		k.ping() // C2
		for range PingsMax - 1 {
			k.ping()
		}
		k.reconnect(resumed)
		k.now += second
		_, err := k.s.Ping(k.now)
		if resumed {
			wantErr(t, err, ErrPings)
		} else if err != nil {
			t.Errorf("%v: %v", resume, err)
		}
		k.feed(k.eto(msg.EtoPayloadPong, nil))
		events := k.events()
		k.wantKinds(events, Pong)
		want := Event{Ping: 2, RoundTrip: 0}
		if resumed {
			want.RoundTrip = second
		}
		if events[0].Ping != want.Ping || events[0].RoundTrip != want.RoundTrip {
			t.Errorf("%v: pong of %d after %d, want %+v", resume, events[0].Ping, events[0].RoundTrip, want)
		}
	}
}

// TestEarlyMessagesOfAnOldConnection: what came before an answer to the login that never came makes no
// gap on the next connection.
func TestEarlyMessagesOfAnOldConnection(t *testing.T) {
	for _, resume := range []ResumeMode{ResumeAccount, ResumeSession} {
		k := newKit(t, Config{Resume: resume})
		k.open()
		k.server = 9
		k.feed(k.state(false))
		k.replayEarly(1)
		k.events()
		k.s.Lost(k.now, io.EOF)
		k.events()
		k.sent()
		k.open()
		k.login()
		k.wantKinds(k.events(), StateChanged, StateChanged, LoggedIn, CaughtUp)
		if len(k.frames()) != 1 { // the login
			t.Errorf("%v: something was sent for it", resume)
		}
	}
}

// replayEarly has the server ask for a replay before it answers the login.
func (k *kit) replayEarly(from uint64) {
	k.t.Helper()
	k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(from) }))
}

// TestGapOfAnOldConnection: a gap is asked for again only where the session goes on.
func TestGapOfAnOldConnection(t *testing.T) {
	k := newEstablished(t, Config{})
	k.server = 9
	k.feed(k.state(false))
	k.wantKinds(k.events(), Gap, StateChanged)
	if _, err := k.waitUntil(k.now + int64(ReplayTimeout)); err != nil { // asked twice
		t.Fatal(err)
	}
	k.reconnect(false)
	if k.s.Deadline() < k.now+int64(ReplayTimeout) {
		t.Error("something is due for the gap")
	}
	k.feed(k.state(false))
	k.wantKinds(k.events(), Message)
	k.server = 5
	k.feed(k.state(false))
	k.events()
	if _, err := k.waitUntil(k.now + int64(ReplayTimeout)); err != nil {
		t.Errorf("the gap before counts: %v", err)
	}
}

// TestLogoutOfAnOldConnection: a confirmation that was not requested on this connection is none, even if
// a logout was sent on the one before.
func TestLogoutOfAnOldConnection(t *testing.T) {
	k := newEstablished(t, Config{})
	if err := k.s.Logout(k.now); err != nil {
		t.Fatal(err)
	}
	k.reconnect(false)
	k.receiveText("LOGOUT CONFIRMATION")
	events, err := k.drain()
	var logout *LogoutError
	if !errors.As(err, &logout) || logout.Asked || logout.Clean() || PolicyOf(err) != (Policy{RetryBackoff, true}) {
		t.Errorf("%v: %+v, policy %+v", err, logout, PolicyOf(err))
	}
	k.wantKinds(events, LoggedOut)
	k.s.Lost(k.now, err)
	k.events()
	if err := k.s.Open(k.now); err != nil {
		t.Errorf("no new login: %v", err)
	}
}

// TestLogoutConfirmation is the other side of it.
func TestLogoutConfirmation(t *testing.T) {
	k := newEstablished(t, Config{})
	if err := k.s.Logout(k.now); err != nil {
		t.Fatal(err)
	}
	k.receiveText("LOGOUT CONFIRMATION")
	_, err := k.drain()
	var logout *LogoutError
	if !errors.As(err, &logout) || !logout.Asked || !logout.Clean() || PolicyOf(err).Retry != RetryNever {
		t.Errorf("%v", err)
	}
}

// TestDeferredOfAnOldConnection: pongs, replays, a replay request and settings that found no room are not
// sent on the next connection, but for the settings of the next login.
func TestDeferredOfAnOldConnection(t *testing.T) {
	for _, resume := range []ResumeMode{ResumeAccount, ResumeSession} {
		config := Config{Resume: resume}
		config.Send.Bytes, config.Send.Records = ringBytesMin, 4096
		k := newEstablished(t, config)
		for k.s.outbox.sendBare(k.now, 5) == nil {
		}
		k.feed(k.eto(msg.EtoPayloadPing, nil))
		k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(2) }))
		k.server += 3
		k.feed(k.state(false))
		k.events()
		if s := k.s; s.liveness.pongs != 1 || !s.resender.active || !s.sequence.gap.deferred {
			t.Fatal("nothing is deferred")
		}
		k.server = 4
		k.s.Lost(k.now, io.EOF)
		k.events()
		k.sent()
		k.open()
		if resume == ResumeSession {
			k.server = 4
		}
		k.receiveText("LOGIN_RESPONSE session=A")
		k.events()
		if frames := k.frames(); len(frames) != 1 || frames[0].typ != msg.PayloadLogin || k.s.hasDeferred() {
			t.Errorf("%v: sent %+v", resume, frames)
		}
	}
}

// TestProbeOfAnOldConnection: the next connection asks its peer for a sign of life again, at its time.
func TestProbeOfAnOldConnection(t *testing.T) {
	k := newEstablished(t, Config{})
	if _, err := k.waitUntil(k.now + int64(PeerTimeout) - 1); err != nil || k.s.liveness.pings.n != 1 {
		t.Fatal(k.s.liveness.pings.n, err)
	}
	k.reconnect(false)
	start := k.now
	if _, err := k.waitUntil(start + int64(PeerTimeout)*2/3 - 1); err != nil || k.s.liveness.pings.n != 0 {
		t.Errorf("%d pings, %v", k.s.liveness.pings.n, err)
	}
	if _, err := k.waitUntil(start + int64(PeerTimeout)*2/3); err != nil || k.s.liveness.pings.n != 1 {
		t.Errorf("%d pings, %v", k.s.liveness.pings.n, err)
	}
	_, err := k.waitUntil(start + int64(time.Hour))
	wantErr(t, err, ErrPeerSilent)
	if k.now != start+int64(PeerTimeout) {
		t.Errorf("given up after %v", time.Duration(k.now-start))
	}
}

// TestCopiesOfAnOldSession: that something of an earlier session was sent again says nothing about what
// was not sent in this one.
func TestCopiesOfAnOldSession(t *testing.T) {
	k := newEstablished(t, Config{})
	k.mustSend(msg.PayloadOrderCreate, orderCreate())
	k.sent()
	k.replay(1)
	k.sent()
	k.reconnect(false)
	k.mustSend(msg.PayloadOrderCreate, orderCreate())
	k.s.Lost(k.now, io.EOF)
	events := k.events()
	k.wantKinds(events, StateChanged, SendResolved)
	if len(events) > 1 && events[1].Fate != NotSent {
		t.Errorf("the order is %v", events[1].Fate)
	}
}

// TestFatesAcrossAResume loses a session with an order that was sent, one sent in part and one not sent,
// resumes it, and loses it for good: the fates are those of the first connection, reported once.
func TestFatesAcrossAResume(t *testing.T) {
	k := newEstablished(t, Config{Resume: ResumeSession})
	k.mustSend(msg.PayloadOrderCreate, orderCreate()) // 2
	k.sent()
	k.mustSend(msg.PayloadOrderCreate, orderCreate()) // 3
	k.mustSend(msg.PayloadOrderCreate, orderCreate()) // 4
	k.s.Written(5)
	k.s.Lost(k.now, io.EOF)
	k.wantKinds(k.events(), StateChanged)
	k.open()
	k.receiveText("LOGOUT UNKNOWN_SESSION")
	_, err := k.drain()
	k.s.Lost(k.now, err)
	events := k.events()
	k.wantKinds(events, StateChanged, SendResolved, SendResolved, SendResolved)
	for i, want := range []Fate{InDoubt, InDoubt, NotSent} {
		if e := events[1+i]; e.Seq != uint64(2+i) || e.Fate != want || !errors.Is(e.Cause, err) {
			t.Errorf("%d is %v: %v", e.Seq, e.Fate, e.Cause)
		}
	}
	k.open()
	k.login()
	for _, e := range k.events() {
		if e.Kind == SendResolved {
			t.Errorf("the fate of %d comes again", e.Seq)
		}
	}
}

// TestSuppressedOfAnOldConnection: what a replay left out is not delivered, whatever happens to the connection
// and the session after that.
func TestSuppressedOfAnOldConnection(t *testing.T) {
	k := newEstablished(t, Config{Resume: ResumeSession})
	k.mustSend(msg.PayloadOrderCreate, orderCreate())
	k.mustSend(msg.PayloadOrderCreate, orderCreate())
	k.sent()
	k.now += int64(StaleAfter) + 1
	k.server = 4
	k.feed(k.eto(msg.EtoPayloadReplay, func(e *msg.EtoPayload) { e.MutableReplay().SetSeq(3) }))
	if e, err := k.s.Next(k.now); err != nil || e.Kind != Gap || k.s.requests.suppressed != 1 {
		t.Fatal(e, err)
	}
	k.server = 2
	k.s.Lost(k.now, io.EOF)
	k.events()
	k.open()
	k.server = 2
	k.receiveText("LOGIN_RESPONSE session=A")
	var fates []Event
	for _, e := range k.events() {
		if e.Kind == SendResolved {
			fates = append(fates, e)
		}
	}
	if len(fates) != 1 || fates[0].Seq != 3 || fates[0].Fate != NotDelivered ||
		k.s.requests.suppressed != 0 || k.s.requests.open.n != 1 {
		t.Errorf("%+v, %d suppressed, %d wait", fates, k.s.requests.suppressed, k.s.requests.open.n)
	}
}

// TestThrottleOfAnOldConnection: what was taken is taken, and a pause goes on, until the next limits.
func TestThrottleOfAnOldConnection(t *testing.T) {
	k := newEstablished(t, Config{})
	k.limits(100, 100, 1000)
	if n := k.fit(classCreate); n != 90 {
		t.Errorf("%d creates fit, want 90", n)
	}
	k.feed(k.eto(msg.EtoPayloadThrottleExceeded, nil))
	k.events()
	k.reconnect(false)
	if n := k.fit(classCancel); n != 0 || k.s.ThrottledUntil() != k.now+second {
		t.Errorf("%d cancels fit in the pause, then wait until %d", n, k.s.ThrottledUntil())
	}
	k.limits(100, 200, 1000) // not the first: the bucket stays as it is
	if n := k.fit(classCancel); n != 0 {
		t.Errorf("%d cancels fit into an empty bucket", n)
	}
	k.now += second
	if creates, cancels := k.fit(classCreate), k.fit(classCancel); creates != 74 || cancels != 19 {
		t.Errorf("%d creates and %d cancels fit after a tick", creates, cancels)
	}
}

// TestDeadlineOfALongHeartbeat lets everything else be due in time where heartbeats are rare.
func TestDeadlineOfALongHeartbeat(t *testing.T) {
	config := Config{
		HeartbeatAfter: timeMax, PeerTimeout: 3 * time.Second, ReplayTimeout: 500 * time.Millisecond,
		AnswerTimeout: 700 * time.Millisecond,
		LoginTimeout:  900 * time.Millisecond, LogoutTimeout: 800 * time.Millisecond,
	}
	in := func(k *kit, what string, want time.Duration) {
		t.Helper()
		if got := time.Duration(k.s.Deadline() - k.now); got != want {
			t.Errorf("%s: deadline in %v, want %v", what, got, want)
		}
	}
	k := newKit(t, config)
	k.open()
	k.events()
	in(k, "login", 900*time.Millisecond)
	k.login()
	k.events()
	k.sent()
	in(k, "idle", 2*time.Second) // two thirds of PeerTimeout
	k.create(5)
	in(k, "order", 700*time.Millisecond)
	k.server = 5
	k.feed(k.state(false))
	k.events()
	in(k, "gap", 500*time.Millisecond)
	k.server = 2
	for range 4 {
		k.feed(k.state(true))
	}
	k.feed(k.accept(5, 1))
	k.events()
	in(k, "idle", 2*time.Second)
	start := k.now
	if _, err := k.waitUntil(start + 2*second); err != nil || k.s.liveness.pings.n != 1 {
		t.Fatal(k.s.liveness.pings.n, err)
	}
	in(k, "silent", time.Second)
	if _, err := k.waitUntil(start + 3*second - 1); err != nil {
		t.Fatal(err)
	}
	_, err := k.waitUntil(start + 3*second)
	wantErr(t, err, ErrPeerSilent)

	// A peer that drips is given up after two PeerTimeouts without a whole message.
	k = newEstablished(t, config)
	start = k.now
	k.feed([]byte{0x0a})
	for k.now < start+5*second {
		k.feed([]byte{0x08})
		k.events()
		if _, err := k.waitUntil(k.now + second); err != nil {
			t.Fatal(err)
		}
	}
	k.feed([]byte{0x08})
	k.events()
	in(k, "drip", time.Second)
	_, err = k.waitUntil(start + 6*second)
	wantErr(t, err, ErrPeerSilent)

	k = newEstablished(t, config)
	if err := k.s.Logout(k.now); err != nil {
		t.Fatal(err)
	}
	in(k, "logout", 800*time.Millisecond)
}

// TestBytesOfAnOldConnection: the piece of a message that the connection ended with is none of the next
// one's.
func TestBytesOfAnOldConnection(t *testing.T) {
	for _, resumed := range []bool{false, true} {
		config := Config{}
		if resumed {
			config.Resume = ResumeSession
		}
		k := newEstablished(t, config)
		piece := k.state(false)
		k.server-- // it did not arrive
		k.feed(piece[:len(piece)-1])
		k.wantKinds(k.events())
		k.reconnect(resumed)
		k.feed(k.state(false))
		k.wantKinds(k.events(), Message)
	}
}

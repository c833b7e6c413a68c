package session

import "testing"

// newLiveness returns the liveness of a connection that opened at fair reading 1000.
func newLiveness() *liveness {
	l := new(liveness)
	l.open(1000, false)
	return l
}

// TestLivenessCheck has nothing arrive: a ping asks for a sign of life after two thirds of the timeout, once,
// and the exchange is given up after all of it.
func TestLivenessCheck(t *testing.T) {
	const timeout = 300
	l := newLiveness()
	if l.due(timeout) != 1200 {
		t.Errorf("due at %d", l.due(timeout))
	}
	for _, s := range []struct {
		fair int64
		want livenessAction
		due  int64
	}{
		{1000, peerAlive, 1200},
		{1199, peerAlive, 1200},
		{1200, peerProbe, 1300},
		{1201, peerAlive, 1300},
		{1299, peerAlive, 1300},
		{1300, peerSilent, 1300},
		{5000, peerSilent, 1300},
	} {
		if got := l.check(s.fair, timeout); got != s.want || l.due(timeout) != s.due {
			t.Errorf("at %d: %d, want %d, due at %d", s.fair, got, s.want, l.due(timeout))
		}
	}
	// A byte, which came after the ping, is a sign of life. The next silence is asked about again.
	l = newLiveness()
	l.check(1200, timeout)
	l.lastByte = 1250
	for _, s := range []struct {
		fair int64
		want livenessAction
	}{{1300, peerAlive}, {1449, peerAlive}, {1450, peerProbe}, {1549, peerAlive}, {1550, peerSilent}} {
		if got := l.check(s.fair, timeout); got != s.want {
			t.Errorf("a byte at 1250, at %d: %d, want %d", s.fair, got, s.want)
		}
	}
	// A byte at the reading of the ping may have come before it.
	l = newLiveness()
	l.check(1200, timeout)
	if l.lastByte = 1200; l.check(1400, timeout) != peerProbe {
		t.Error("no second ping")
	}
}

// TestLivenessPartialFrame gives up an exchange whose bytes never make a message.
func TestLivenessPartialFrame(t *testing.T) {
	const timeout = 300
	l := newLiveness()
	for fair := int64(1000); fair < 1600; fair += 10 {
		l.lastByte = fair
		if got := l.check(fair+9, timeout); got != peerAlive {
			t.Fatalf("at %d: %d", fair+9, got)
		}
		if due := l.due(timeout); due != min(fair+200, 1600) {
			t.Errorf("at %d: due at %d", fair, due)
		}
	}
	if got := l.check(1600, timeout); got != peerSilent {
		t.Errorf("at 1600: %d", got)
	}
	if l.lastFrame = 1595; l.check(1600, timeout) != peerAlive {
		t.Error("a whole message is no sign of life")
	}
}

// TestLivenessOpen keeps nothing of a connection but the pings of a session that is resumed.
func TestLivenessOpen(t *testing.T) {
	for _, resuming := range []bool{false, true} {
		l := newLiveness()
		l.pings.add(5, 6)
		l.unread, l.pongs = true, 3
		l.check(1200, 300)
		l.noteUnanswered(1250)
		want := newLiveness()
		want.lastByte, want.lastFrame, want.unansweredSince = 2000, 2000, 1250
		if resuming {
			want.pings = l.pings
		}
		if l.open(2000, resuming); *l != *want {
			t.Errorf("resuming %t: %+v, want %+v", resuming, *l, *want)
		}
	}
}

// TestLivenessUnresponsive counts from the first fate without an answer, until something is answered.
func TestLivenessUnresponsive(t *testing.T) {
	const timeout = 300
	l := newLiveness()
	if l.unresponsive(1<<40, timeout) {
		t.Error("unresponsive before anything was sent")
	}
	l.noteUnanswered(2000)
	l.noteUnanswered(2299)
	if l.unresponsive(2299, timeout) || !l.unresponsive(2300, timeout) || !l.unresponsive(2301, timeout) {
		t.Error("not unresponsive from 2300 on")
	}
	if l.answered(); l.unresponsive(2400, timeout) {
		t.Error("unresponsive after an answer")
	}
	l.noteUnanswered(2500)
	if l.unresponsive(2799, timeout) || !l.unresponsive(2800, timeout) {
		t.Error("not unresponsive from 2800 on")
	}
}

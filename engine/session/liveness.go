package session

import (
	"math"

	"github.com/smk-go/smk/internal/marks"
)

// liveness is the watchdog of a connection: when something arrived last, whether a ping has been sent since,
// and whether what is sent is answered. All readings are fair ones.
type liveness struct {
	unread    bool  // bytes arrived since the clock was last read
	lastByte  int64 // a byte arrived
	lastFrame int64 // a whole message arrived
	probed    int64 // a ping was sent because nothing arrived

	// Fates were reported without an answer since, and nothing was answered.
	unanswered      bool
	unansweredSince int64

	pongs int // to be sent to the exchange
	pings pings
}

// open begins a connection. The pings of a session that is resumed may still be answered.
func (l *liveness) open(fair int64, resuming bool) {
	if !resuming {
		l.pings = pings{}
	}
	l.unread, l.lastByte, l.lastFrame, l.probed = false, fair, fair, math.MinInt64
	l.unanswered, l.pongs = false, 0
}

// livenessAction is what silence asks for.
type livenessAction uint8

const (
	peerAlive livenessAction = iota
	peerProbe                // send a ping
	peerSilent
)

// check returns what the exchange's silence asks for. It is not given up before a ping was sent.
func (l *liveness) check(fair, timeout int64) livenessAction {
	switch silent := fair - l.lastByte; {
	case silent >= timeout, fair-l.lastFrame >= partialTimeouts*timeout:
		marks.Hit(marks.PeerSilent)
		return peerSilent
	case silent >= probeAfter(timeout) && l.probed <= l.lastByte:
		l.probed = fair
		marks.Hit(marks.PeerProbed)
		return peerProbe
	}
	return peerAlive
}

// due returns the fair reading at which check has something to do.
func (l *liveness) due(timeout int64) int64 {
	at := l.lastFrame + partialTimeouts*timeout
	if l.probed <= l.lastByte {
		return min(at, l.lastByte+probeAfter(timeout))
	}
	return min(at, l.lastByte+timeout)
}

// probeAfter returns the silence after which a ping is sent.
func probeAfter(timeout int64) int64 { return timeout * pingShare / pingShareOf }

// answered notes that something that was sent is answered.
func (l *liveness) answered() { l.unanswered = false }

// noteUnanswered notes that the fate of a message is reported without its answer.
func (l *liveness) noteUnanswered(fair int64) {
	if !l.unanswered {
		l.unanswered, l.unansweredSince = true, fair
	}
}

// unresponsive reports whether nothing was answered for too long. It is for what shows that nothing
// changed: the fate of one more message, or one more request for a replay. An exchange that discards what
// it is sent, because something before that is missing and never arrives, seems alive otherwise: heartbeats,
// requests and gapfills go back and forth. One message without an answer and nothing after it
// shows nothing.
func (l *liveness) unresponsive(fair, timeout int64) bool {
	return l.unanswered && fair-l.unansweredSince >= timeout
}

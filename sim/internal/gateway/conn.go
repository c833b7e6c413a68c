package gateway

import (
	"fmt"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// state is where a connection is in its life.
type state uint8

const (
	stateLogin        state = iota // waits for a login
	stateOpen                      // logged in
	stateClosing                   // the last message is queued: send it, then close
	stateFailed                    // close at once
	stateDisconnected              // the transport is gone
)

// Conn is the exchange's half of one connection.
type Conn struct {
	gateway *Gateway
	in      *wire.Buffer
	session *session

	state         state
	dirty         bool
	closeBytes    int // when closing: bytes up to the end of the last message
	err           error
	logoutReason  msg.EtoLogoutReason // of the last message
	logoutSilence time.Duration       // until then, since the client's last message
	successor     *Conn               // waits to resume the session
	resuming      pendingResume       // what a peer that waits was asked for
	tap           Tap                 // may be nil

	openedAt   int64
	receivedAt int64
	beatAt     int64 // when the next heartbeat is due
	heartbeats int   // sent since anything was heard

	ahead   uint64 // the highest sequence that came too early; 0 means no gap
	gapAt   int64  // when the gap opened
	askedAt int64  // when a replay was last asked for
	asked   int    // how often without progress

	replays replayRun

	stats Stats
}

// served is what a client was sent again in a row of requests of which none shows that it got
// all of what the first was answered with.
type replayRun struct {
	n     int
	end   uint64 // the newest sequence when the first was served
	since int64  // when that was
	last  int64  // when the last was served
}

// Stats counts what a connection was sent and did.
type Stats struct {
	Messages  uint64 // carried out
	Discarded uint64 // came again or too early
	Unknown   uint64 // types and fields without a meaning
	Ignored   uint64 // messages that a client has no business to send
}

// Stats returns the counts.
func (p *Conn) Stats() Stats { return p.stats }

// stopped reports whether nothing more is said to the client.
func (p *Conn) isClosing() bool { return p.state > stateOpen }

// Username returns the account's, "" before the login.
func (p *Conn) Username() string { return p.session.username }

// Free returns where the driver reads to; see [wire.Buffer]. It is never empty
// after Filled has returned, but nil once the connection is to be closed.
func (p *Conn) Free() []byte {
	if p.isClosing() {
		return nil
	}
	return p.in.Free()
}

// Filled takes n bytes that were read into what Free returned and carries out
// every whole message. What there is to send is then in Pending; whether to
// close is in Closing.
func (p *Conn) Filled(now int64, n int) {
	if p.isClosing() {
		return
	}
	h := p.gateway
	h.now = max(h.now, now)
	h.exchange.Advance(h.now)
	p.in.Filled(n)
	p.processInput()
}

// drain carries out every whole message that there is.
func (p *Conn) processInput() {
	for !p.isClosing() && p.resuming.conn == nil {
		payload, err := p.in.Next()
		if err != nil {
			p.abort(err)
			return
		}
		if payload == nil {
			return
		}
		if p.tap != nil {
			p.tap.OnReceive(payload)
		} else {
			p.processPayload(payload)
		}
	}
}

// receive carries out one payload.
func (p *Conn) processPayload(payload []byte) {
	m := &p.gateway.incoming
	var unknown msg.Unknown
	if err := m.Decode(payload, &unknown); err != nil {
		if p.state == stateLogin && isClientHello(payload) {
			err = ErrTLS
		}
		p.abort(fmt.Errorf("sim: %w", err))
		return
	}
	p.stats.Unknown += unknown.Fields + unknown.Values
	p.receivedAt, p.heartbeats = p.gateway.now, 0
	p.session.loginsSeen = p.gateway.logins
	eto := m.GetEtoPayload()
	if p.state == stateLogin {
		p.login(m)
		return
	}
	switch seq := eto.GetSeq(); {
	case seq < p.session.inSeq:
		p.stats.Discarded++
	case seq > p.session.inSeq:
		p.handleEarly(m, seq)
	default:
		p.session.inSeq++
		p.advanceGap()
		p.stats.Messages++
		if p.tap == nil || p.tap.OnRequest(m.GetType()) {
			p.dispatch(m, seq)
		}
	}
}

// early handles a message that others should have come before. A request for a
// replay is served, so that two gaps cannot wait for each other, and a logout is
// honoured; the rest will come again.
func (p *Conn) handleEarly(m *msg.Payload, seq uint64) {
	eto := m.GetEtoPayload()
	if m.GetType() == msg.PayloadEto {
		switch eto.GetType() {
		case msg.EtoPayloadReplay:
			p.serveReplay(eto)
		case msg.EtoPayloadLogout:
			p.confirmLogout()
			return
		}
	}
	p.stats.Discarded++
	p.ahead = max(p.ahead, seq)
	if p.asked == 0 && !p.isClosing() {
		p.openGap()
	}
}

// openGap asks for the first of what is missing on.
func (p *Conn) openGap() {
	p.gapAt = p.gateway.now
	p.requestReplay()
}

// ask asks the client to send again from where the gap begins.
func (p *Conn) requestReplay() {
	p.asked++
	p.askedAt = p.gateway.now
	p.session.sendEto(msg.EtoPayloadReplay, kindGapfill, func(e *msg.EtoPayload) {
		e.MutableReplay().SetSeq(p.session.inSeq)
	})
}

// progress notes that the next message came.
func (p *Conn) advanceGap() {
	if p.asked == 0 {
		return
	}
	p.askedAt, p.asked = p.gateway.now, 1
	if p.session.inSeq > p.ahead {
		p.ahead, p.asked = 0, 0
	}
}

// serveReplay sends again what the client asks for. What is not kept any more
// cannot be made up: the session is over then. So it is when the client asks for the
// same too often, or for too long.
func (p *Conn) serveReplay(eto *msg.EtoPayload) {
	from, now, r := eto.GetReplay().GetSeq(), p.gateway.now, &p.replays
	if r.n == 0 || from > r.end || now >= r.last+int64(replaysTimeout) {
		*r = replayRun{end: p.session.outSeq - 1, since: now}
	}
	if r.n == replaysMax || now >= r.since+int64(replaysTimeout) {
		p.abort(ErrReplays)
		return
	}
	r.n++
	r.last = now
	if !p.session.replay(from) {
		p.logout(msg.EtoLogoutUnknownSession)
		p.session.unresumable = true
	}
}

// confirmLogout answers a client's logout.
func (p *Conn) confirmLogout() {
	p.session.cancelOnFailure = false
	p.logout(msg.EtoLogoutConfirmation)
	p.session.unresumable = true // it is over
}

// logout sends the last message of the connection.
func (p *Conn) logout(reason msg.EtoLogoutReason) {
	if p.isClosing() {
		return
	}
	p.session.sendEto(msg.EtoPayloadLogout, kindGapfill, func(e *msg.EtoPayload) {
		e.MutableLogout().SetReason(reason)
	})
	if p.isClosing() {
		return // there was no room for it
	}
	p.logoutReason, p.logoutSilence = reason, time.Duration(p.gateway.now-p.receivedAt)
	p.state, p.closeBytes = stateClosing, p.session.out.PendingBytes()
	p.gateway.markDirty(p)
}

// fail ends the connection without a word.
func (p *Conn) abort(cause error) {
	if p.state >= stateFailed {
		return
	}
	p.state, p.err = stateFailed, cause
	p.gateway.markDirty(p)
}

// Err returns why the exchange ended the connection, nil if it did so in order or
// not at all.
func (p *Conn) Err() error { return p.err }

// Pending returns the bytes to be sent next; see [ring.Frames].
func (p *Conn) Pending() []byte {
	if p.state >= stateFailed {
		return nil
	}
	b := p.session.out.Pending()
	if p.state == stateClosing {
		b = b[:min(len(b), p.closeBytes)]
	}
	return b
}

// Written says that the first n bytes of Pending were sent. It does nothing on a
// connection that failed meanwhile.
func (p *Conn) Written(n int) {
	if p.state >= stateFailed {
		return
	}
	p.session.out.Written(n)
	p.closeBytes -= n
	if x := p.session.login; x != nil && x.HasPendingSnapshots() {
		x.SendSnapshots() // also after a resume, when its answer is sent
	}
}

// Closing reports whether the driver is to close the connection, now: after what
// was to be said is sent, or at once if the client broke the rules.
func (p *Conn) Closing() bool {
	return p.state >= stateFailed || p.state == stateClosing && p.closeBytes == 0
}

// Disconnected says that the transport is gone and that nothing reads from Pending's
// memory any more. It must be the last call on a peer and also follows a close
// that Closing asked for.
func (p *Conn) Disconnected(now int64) {
	if p.state == stateDisconnected {
		return
	}
	h := p.gateway
	h.now = max(h.now, now)
	s := p.session
	p.detach()
	h.arm(s)
	if s.login == nil || s.unresumable {
		h.release(s)
	} else {
		h.keepSession(s)
	}
	if p.successor != nil {
		p.successor.continueResume()
	}
}

// drop takes the peer off the host and gives its receive buffer back.
func (p *Conn) detach() {
	h := p.gateway
	p.state = stateDisconnected
	for i, other := range h.conns {
		if other == p {
			h.conns = append(h.conns[:i], h.conns[i+1:]...)
			break
		}
	}
	if from := p.resuming.conn; from != nil {
		from.successor, p.resuming = nil, pendingResume{}
	}
	p.session.conn = nil
	p.session.disconnectedAt = h.now
	p.session.out.Drop()
	if err := p.in.Close(); err != nil {
		panic("BUG: sim: " + err.Error())
	}
}

// Draining reports whether the last message is queued: the driver should not take
// long over it.
func (p *Conn) Draining() bool { return p.state == stateClosing }

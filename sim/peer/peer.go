package peer

import (
	"fmt"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// state is where a connection is in its life.
type state uint8

const (
	stateLogin   state = iota // waits for a login
	stateOpen                 // logged in
	stateClosing              // the last message is queued: send it, then close
	stateFailed               // close at once
	stateLost                 // the transport is gone
)

// Peer is the exchange's half of one connection.
type Peer struct {
	host *Host
	in   *wire.Buffer
	s    *session

	state  state
	marked bool
	left   int // when closing: bytes up to the end of the last message
	cause  error
	ended  LogoutError // what the last message said
	taker  *Peer       // waits to resume the session
	taken  taken       // what a peer that waits was asked for
	tap    Tap         // may be nil

	openedAt   int64
	heardAt    int64
	beatAt     int64 // when the next heartbeat is due
	heartbeats int   // sent since anything was heard

	ahead   uint64 // the highest sequence that came too early; 0 means no gap
	gapAt   int64  // when the gap opened
	askedAt int64  // when a replay was last asked for
	asked   int    // how often without progress

	served served

	stats Stats
}

// served is what a client was sent again in a row of requests of which none shows that it got
// all of what the first was answered with.
type served struct {
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
func (p *Peer) Stats() Stats { return p.stats }

// stopped reports whether nothing more is said to the client.
func (p *Peer) stopped() bool { return p.state > stateOpen }

// Username returns the account's, "" before the login.
func (p *Peer) Username() string { return p.s.username }

// Free returns where the driver reads to; see [wire.Buffer]. It is never empty
// after Filled has returned, but nil once the connection is to be closed.
func (p *Peer) Free() []byte {
	if p.stopped() {
		return nil
	}
	return p.in.Free()
}

// Filled takes n bytes that were read into what Free returned and carries out
// every whole message. What there is to send is then in Pending; whether to
// close is in Closing.
func (p *Peer) Filled(now int64, n int) {
	if p.stopped() {
		return
	}
	h := p.host
	h.now = max(h.now, now)
	h.x.Advance(h.now)
	p.in.Filled(n)
	p.drain()
}

// drain carries out every whole message that there is.
func (p *Peer) drain() {
	for !p.stopped() && p.taken.from == nil {
		payload, err := p.in.Next()
		if err != nil {
			p.fail(err)
			return
		}
		if payload == nil {
			return
		}
		if p.tap != nil {
			p.tap.Received(payload)
		} else {
			p.receive(payload)
		}
	}
}

// receive carries out one payload.
func (p *Peer) receive(payload []byte) {
	m := &p.host.payload
	var unknown msg.Unknown
	if err := m.Decode(payload, &unknown); err != nil {
		if p.state == stateLogin && isClientHello(payload) {
			err = ErrTLS
		}
		p.fail(fmt.Errorf("sim: %w", err))
		return
	}
	p.stats.Unknown += unknown.Fields + unknown.Values
	p.heardAt, p.heartbeats = p.host.now, 0
	p.s.heard = p.host.logins
	eto := m.GetEtoPayload()
	if p.state == stateLogin {
		p.login(m)
		return
	}
	switch seq := eto.GetSeq(); {
	case seq < p.s.in:
		p.stats.Discarded++
	case seq > p.s.in:
		p.early(m, seq)
	default:
		p.s.in++
		p.progress()
		p.stats.Messages++
		if p.tap == nil || p.tap.Request(m.GetType()) {
			p.dispatch(m, seq)
		}
	}
}

// early handles a message that others should have come before. A request for a
// replay is served, so that two gaps cannot wait for each other, and a logout is
// honoured; the rest will come again.
func (p *Peer) early(m *msg.Payload, seq uint64) {
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
	if p.asked == 0 && !p.stopped() {
		p.openGap()
	}
}

// openGap asks for the first of what is missing on.
func (p *Peer) openGap() {
	p.gapAt = p.host.now
	p.ask()
}

// ask asks the client to send again from where the gap begins.
func (p *Peer) ask() {
	p.asked++
	p.askedAt = p.host.now
	p.s.control(msg.EtoPayloadReplay, kindGapfill, func(e *msg.EtoPayload) {
		e.MutableReplay().SetSeq(p.s.in)
	})
}

// progress notes that the next message came.
func (p *Peer) progress() {
	if p.asked == 0 {
		return
	}
	p.askedAt, p.asked = p.host.now, 1
	if p.s.in > p.ahead {
		p.ahead, p.asked = 0, 0
	}
}

// serveReplay sends again what the client asks for. What is not kept any more
// cannot be made up: the session is over then. So it is when the client asks for the
// same too often, or for too long.
func (p *Peer) serveReplay(eto *msg.EtoPayload) {
	from, now, r := eto.GetReplay().GetSeq(), p.host.now, &p.served
	if r.n == 0 || from > r.end || now >= r.last+int64(replaysFor) {
		*r = served{end: p.s.next - 1, since: now}
	}
	if r.n == replaysMax || now >= r.since+int64(replaysFor) {
		p.fail(ErrReplays)
		return
	}
	r.n++
	r.last = now
	if !p.s.replay(from) {
		p.logout(msg.EtoLogoutUnknownSession)
		p.s.broken = true
	}
}

// confirmLogout answers a client's logout.
func (p *Peer) confirmLogout() {
	p.s.cancelOnFailure = false
	p.logout(msg.EtoLogoutConfirmation)
	p.s.broken = true // it is over
}

// logout sends the last message of the connection.
func (p *Peer) logout(reason msg.EtoLogoutReason) {
	if p.stopped() {
		return
	}
	p.s.control(msg.EtoPayloadLogout, kindGapfill, func(e *msg.EtoPayload) {
		e.MutableLogout().SetReason(reason)
	})
	if p.stopped() {
		return // there was no room for it
	}
	p.ended = LogoutError{Reason: reason, Silence: time.Duration(p.host.now - p.heardAt)}
	p.state, p.left = stateClosing, p.s.out.PendingBytes()
	p.host.mark(p)
}

// fail ends the connection without a word.
func (p *Peer) fail(cause error) {
	if p.state >= stateFailed {
		return
	}
	p.state, p.cause = stateFailed, cause
	p.host.mark(p)
}

// Err returns why the exchange ended the connection, nil if it did so in order or
// not at all.
func (p *Peer) Err() error { return p.cause }

// Pending returns the bytes to be sent next; see [ring.Frames].
func (p *Peer) Pending() []byte {
	if p.state >= stateFailed {
		return nil
	}
	b := p.s.out.Pending()
	if p.state == stateClosing {
		b = b[:min(len(b), p.left)]
	}
	return b
}

// Written says that the first n bytes of Pending were sent. It does nothing on a
// connection that failed meanwhile.
func (p *Peer) Written(n int) {
	if p.state >= stateFailed {
		return
	}
	p.s.out.Written(n)
	p.left -= n
	if x := p.s.exchange; x != nil && x.Behind() {
		x.Continue() // also after a resume, when its answer is sent
	}
}

// Closing reports whether the driver is to close the connection, now: after what
// was to be said is sent, or at once if the client broke the rules.
func (p *Peer) Closing() bool {
	return p.state >= stateFailed || p.state == stateClosing && p.left == 0
}

// Lost says that the transport is gone and that nothing reads from Pending's
// memory any more. It must be the last call on a peer and also follows a close
// that Closing asked for.
func (p *Peer) Lost(now int64) {
	if p.state == stateLost {
		return
	}
	h := p.host
	h.now = max(h.now, now)
	s := p.s
	p.drop()
	h.arm(s)
	if s.exchange == nil || s.broken {
		h.forget(s)
	} else {
		h.keep(s)
	}
	if p.taker != nil {
		p.taker.takeOver()
	}
}

// drop takes the peer off the host and gives its receive buffer back.
func (p *Peer) drop() {
	h := p.host
	p.state = stateLost
	for i, other := range h.peers {
		if other == p {
			h.peers = append(h.peers[:i], h.peers[i+1:]...)
			break
		}
	}
	if from := p.taken.from; from != nil {
		from.taker, p.taken = nil, taken{}
	}
	p.s.peer = nil
	p.s.lostAt = h.now
	p.s.out.Drop()
	if err := p.in.Close(); err != nil {
		panic("BUG: sim: " + err.Error())
	}
}

// Ending reports whether the last message is queued: the driver should not take
// long over it.
func (p *Peer) Ending() bool { return p.state == stateClosing }

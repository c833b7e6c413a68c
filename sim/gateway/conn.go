package gateway

import (
	"fmt"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// state is the state of a connection.
type state uint8

const (
	stateLogin        state = iota // waiting for a login
	stateOpen                      // logged in
	stateClosing                   // the last message is queued; then the driver closes
	stateFailed                    // the driver closes at once
	stateDisconnected              // the transport is closed
)

// Conn is the server's half of one connection. It belongs to the goroutine of its gateway.
type Conn struct {
	gateway *Gateway
	in      *wire.Buffer
	session *session

	state         state
	dirty         bool
	changed       bool // since Changed was called
	closeBytes    int  // while closing: bytes up to the end of the last message
	err           error
	logoutReason  msg.EtoLogoutReason // of the logout that was sent
	logoutSilence time.Duration       // from the client's last message until then
	successor     *Conn               // the connection that waits to resume the session; nil if none does
	resuming      pendingResume       // of a connection that waits
	tap           Tap                 // may be nil

	openedAt    int64
	receivedAt  int64
	heartbeatAt int64 // when the next heartbeat is due
	unanswered  int   // sent since the client's last message

	highestEarly uint64 // the highest sequence that came too early; 0 means no gap
	gapOpenedAt  int64  // when the gap opened
	requestedAt  int64  // when a replay was last requested
	requests     int    // requests without progress

	replays replayRun

	stats Stats
}

// replayRun is a run of replay requests, none of which shows that the client received all of what
// the first was answered with.
type replayRun struct {
	n      int
	newest uint64 // the newest sequence when the first was served
	since  int64  // when the first was served
	last   int64  // when the last was served
}

// Stats counts the heartbeats of a connection's client, and the incoming messages that were not carried out.
type Stats struct {
	Heartbeats uint64 // received

	Discarded uint64 // out of sequence
	Ignored   uint64 // of types that a client does not send
}

// Stats returns the counts.
func (c *Conn) Stats() Stats { return c.stats }

// isClosing reports whether nothing more is sent after what is queued.
func (c *Conn) isClosing() bool { return c.state > stateOpen }

// Username returns the account's username, "" before the login.
func (c *Conn) Username() string { return c.session.username }

// NextSequence returns the sequence of the next message to the client.
func (c *Conn) NextSequence() uint64 { return c.session.outSeq }

// ExpectedSequence returns the sequence that the next message of the client has to have.
func (c *Conn) ExpectedSequence() uint64 { return c.session.inSeq }

// Free returns the memory that the driver reads into; see [wire.Buffer]. It is not empty after
// Filled has returned, and nil once the connection is closing.
func (c *Conn) Free() []byte {
	if c.isClosing() {
		return nil
	}
	return c.in.Free()
}

// Filled handles n bytes that were read into what Free returned: it carries out every complete
// message. The answers are in Pending; Closing reports whether to close.
func (c *Conn) Filled(now int64, n int) {
	if c.isClosing() {
		return
	}
	g := c.gateway
	g.now = max(g.now, now)
	g.exchange.Advance(g.now)
	c.in.Filled(n)
	c.processInput()
}

// processInput handles every complete message in the buffer.
func (c *Conn) processInput() {
	for !c.isClosing() && c.resuming.conn == nil {
		payload, err := c.in.Next()
		if err != nil {
			c.abort(err)
			return
		}
		if payload == nil {
			return
		}
		if c.tap != nil {
			c.tap.OnReceive(payload)
		} else {
			c.processPayload(payload)
		}
	}
}

// processPayload handles one payload.
func (c *Conn) processPayload(payload []byte) {
	m := &c.gateway.incoming
	if err := m.Decode(payload, nil); err != nil {
		if c.state == stateLogin && isClientHello(payload) {
			err = ErrTLS
		}
		c.abort(fmt.Errorf("sim: %w", err))
		return
	}
	c.receivedAt, c.unanswered = c.gateway.now, 0
	c.session.loginsSeen = c.gateway.logins
	eto := m.GetEtoPayload()
	if c.state == stateLogin {
		c.login(m)
		return
	}
	switch seq := eto.GetSeq(); {
	case seq < c.session.inSeq:
		c.stats.Discarded++
	case seq > c.session.inSeq:
		c.handleEarly(m, seq)
	default:
		c.session.inSeq++
		c.advanceGap()
		if c.tap == nil || c.tap.OnRequest(m.GetType()) {
			c.dispatch(m, seq)
		}
	}
}

// handleEarly handles a message whose predecessors are missing. It serves a replay request, so that
// two gaps cannot wait for each other, and accepts a logout; anything else will be replayed.
func (c *Conn) handleEarly(m *msg.Payload, seq uint64) {
	eto := m.GetEtoPayload()
	if m.GetType() == msg.PayloadEto {
		switch eto.GetType() {
		case msg.EtoPayloadReplay:
			c.serveReplay(eto)
		case msg.EtoPayloadLogout:
			c.confirmLogout()
			return
		}
	}
	c.stats.Discarded++
	c.highestEarly = max(c.highestEarly, seq)
	if c.requests == 0 && !c.isClosing() {
		c.openGap()
	}
}

// openGap requests the first replay of a gap.
func (c *Conn) openGap() {
	c.gapOpenedAt = c.gateway.now
	c.requestReplay()
}

// requestReplay requests a replay from the first missing sequence on.
func (c *Conn) requestReplay() {
	c.requests++
	c.requestedAt = c.gateway.now
	c.session.sendEto(msg.EtoPayloadReplay, kindGapfill, func(e *msg.EtoPayload) {
		e.MutableReplay().SetSeq(c.session.inSeq)
	})
}

// advanceGap records that the next expected message arrived.
func (c *Conn) advanceGap() {
	if c.requests == 0 {
		return
	}
	c.requestedAt, c.requests = c.gateway.now, 1
	if c.session.inSeq > c.highestEarly {
		c.highestEarly, c.requests = 0, 0
	}
}

// serveReplay resends what the client requests. If it is not kept any more, the session ends, and
// if the client requests the same too often or for too long, the connection ends.
func (c *Conn) serveReplay(eto *msg.EtoPayload) {
	from, now, r := eto.GetReplay().GetSeq(), c.gateway.now, &c.replays
	if r.n == 0 || from > r.newest || now >= r.last+int64(replaysTimeout) {
		*r = replayRun{newest: c.session.outSeq - 1, since: now}
	}
	if r.n == replaysMax || now >= r.since+int64(replaysTimeout) {
		c.abort(ErrReplays)
		return
	}
	r.n++
	r.last = now
	if !c.session.replay(from) {
		c.logout(msg.EtoLogoutUnknownSession)
		c.session.unresumable = true
	}
}

// confirmLogout answers a client's logout.
func (c *Conn) confirmLogout() {
	c.session.cancelOnFailure = false
	c.logout(msg.EtoLogoutConfirmation)
	c.session.unresumable = true // a logout ends it
}

// logout queues the last message of the connection.
func (c *Conn) logout(reason msg.EtoLogoutReason) {
	if c.isClosing() {
		return
	}
	c.session.sendEto(msg.EtoPayloadLogout, kindGapfill, func(e *msg.EtoPayload) {
		e.MutableLogout().SetReason(reason)
	})
	if c.isClosing() {
		return // the ring was full
	}
	c.logoutReason, c.logoutSilence = reason, time.Duration(c.gateway.now-c.receivedAt)
	c.state, c.closeBytes = stateClosing, c.session.out.PendingBytes()
	c.gateway.markDirty(c)
}

// abort ends the connection without a message.
func (c *Conn) abort(cause error) {
	if c.state >= stateFailed {
		return
	}
	c.state, c.err = stateFailed, cause
	c.gateway.markDirty(c)
}

// Err returns why the exchange aborted the connection. It is nil if it did not, or ended it by a
// logout.
func (c *Conn) Err() error { return c.err }

// Pending returns the bytes to send next; see [ring.SendRing].
func (c *Conn) Pending() []byte {
	if c.state >= stateFailed {
		return nil
	}
	b := c.session.out.Pending()
	if c.state == stateClosing {
		b = b[:min(len(b), c.closeBytes)]
	}
	return b
}

// Written consumes the first n bytes of Pending, which were sent. It does nothing on a connection
// that was aborted meanwhile.
func (c *Conn) Written(n int) {
	if c.state >= stateFailed {
		return
	}
	c.session.out.Written(n)
	c.closeBytes -= n
	if x := c.session.login; x != nil && x.HasPendingSnapshots() {
		x.SendSnapshots() // also after a resume, once its answer is sent
	}
}

// Closing reports whether the driver must close the connection now: the last message is sent, or
// the connection was aborted.
func (c *Conn) Closing() bool {
	return c.state >= stateFailed || c.state == stateClosing && c.closeBytes == 0
}

// Disconnected tells the gateway that the transport is closed and that Pending's memory is not read
// any more. It must be the last call on a connection, also after Closing reported true.
func (c *Conn) Disconnected(now int64) {
	if c.state == stateDisconnected {
		return
	}
	g := c.gateway
	g.now = max(g.now, now)
	s := c.session
	c.detach()
	g.arm(s)
	if s.login == nil || s.unresumable {
		g.release(s)
	} else {
		g.keepSession(s)
	}
	if c.successor != nil {
		c.successor.continueResume()
	}
}

// detach removes the connection from the gateway and releases its receive buffer.
func (c *Conn) detach() {
	g := c.gateway
	c.state = stateDisconnected
	for i, other := range g.conns {
		if other == c {
			g.conns = append(g.conns[:i], g.conns[i+1:]...)
			break
		}
	}
	if from := c.resuming.conn; from != nil {
		from.successor, c.resuming = nil, pendingResume{}
	}
	c.session.conn = nil
	c.session.disconnectedAt = g.now
	c.session.out.Drop()
	if err := c.in.Close(); err != nil {
		panic("BUG: sim: " + err.Error())
	}
}

// Draining reports whether the last message is queued but not sent. The driver should limit the
// time for it.
func (c *Conn) Draining() bool { return c.state == stateClosing }

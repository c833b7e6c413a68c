package engine

import (
	"time"

	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/wire"
)

// Message is a message of the application layer that a client sends: one of gen/msg or gen/seto, or the
// caller's own that marshals itself as vtprotobuf's types do.
type Message interface {
	wire.Marshaler
	PayloadType() msg.PayloadType // the type that it is sent as
}

// sender is the origin of a message.
type sender uint8

const (
	fromBot     sender = iota // a handler, or another goroutine
	fromRestore               // a subscription that the engine restores
	fromEngine                // an order_cancel_all of the engine
)

// restrictions are why messages may not pass the gate, 0 if all may. The loop only.
type restrictions uint8

const (
	gateRestoring restrictions = 1 << iota // subscriptions are not sent again yet: the bot waits
	gateStopping                           // a shutdown is under way, or everything is being released
	gateMuted                              // a handler panicked: no code of the bot's is called any more; stopping too
	gateTapping                            // a handler of payloads runs, while the session is working
	gateTrading                            // orders and risk checks are asked; always, if there are any
	gateFencing                            // the fence is asked; always, if there is one

	gateAsks = gateTrading | gateFencing // restrictions that only have somebody asked
)

func (r restrictions) has(one restrictions) bool { return r&one != 0 }
func (r *restrictions) set(these restrictions)   { *r |= these }
func (r *restrictions) clear(one restrictions)   { *r &^= one }

// send is the gate: every message of the application layer that a bot or the engine sends passes here, and
// nowhere else. keys are the fields of m that state and limits need, read at its origin. The order is:
// restrictions of the engine's state, number of subscriptions, room for the order and risk checks, session
// (throttle, encoding into the send ring, table of requests in flight, tap), subscriptions, orders.
func (e *Engine) send(m wire.Marshaler, keys *msg.Keys, from sender) (seq uint64, err error) {
	if e.gate != 0 || subscribing(keys.Type) {
		if err := e.admit(m, keys, from); err != nil {
			e.tape.refused(e.now, keys, err)
			return 0, err
		}
	}
	if seq, err = e.session.Send(e.now, m, keys); err != nil || e.gate != 0 || subscribing(keys.Type) {
		return e.sent(m, keys, from, seq, err)
	}
	return seq, nil
}

// sent follows a message that the session accepted, if it may have to be remembered, or refused.
func (e *Engine) sent(m wire.Marshaler, keys *msg.Keys, from sender, seq uint64, err error) (uint64, error) {
	if err == session.ErrFull && from != fromRestore {
		seq, err = e.retry(m, keys)
		marks.Hit(marks.SendRetried)
	}
	if err != nil {
		e.tape.refused(e.now, keys, err)
	}
	if err == nil && from == fromBot {
		e.subscribed(keys.Type)
	}
	if err == nil && e.trading != nil {
		e.recordSent(keys, seq)
	}
	e.continuePanic()
	return seq, err
}

// admit returns why a message may not be sent in the state that the engine is in, nil if it may.
func (e *Engine) admit(m wire.Marshaler, keys *msg.Keys, from sender) error {
	if e.fencing.on && (e.fencing.ended || e.now >= e.fenceUntil()) {
		return ErrFenced
	}
	if from == fromBot {
		if e.gate&^gateAsks != 0 {
			if err := e.refusal(keys.Type); err != nil {
				return err
			}
		}
		if subscribing(keys.Type) {
			return e.subscriptions.admit(m, keys)
		}
	}
	if e.trading != nil {
		if err := e.trading.persist.refusal(keys.Type); err != nil {
			return err
		}
		return e.admitTrading(keys)
	}
	return nil
}

// admitTrading asks the trading state, after what other goroutines may have said meanwhile: a handler may go on for
// long after a halt, or after the last beat of a process that was stopped.
func (e *Engine) admitTrading(keys *msg.Keys) error {
	t, now := e.trading, e.now
	if e.requests.halting() {
		e.applyHalt()
	}
	if t.halts.beats.period != 0 {
		now = e.clock.Now()
		t.followBeats(now)
	}
	return t.admit(now, keys)
}

// Send sends a message and returns the sequence that it took. It encodes m at once, so that m may be changed
// when Send has returned, and writes it to the socket when the handlers of what was received have returned, after
// 64 messages or a millisecond at the latest. The typed sends, such as [Engine.SendOrderCreate], are the same.
//
// An error means that nothing was sent and no sequence taken: one of package
// session, [ErrSubscriptions], [ErrInTap], or [ErrRestoring] or [ErrStopping], which are
// session.ErrNotLoggedIn too. See [session.SafeToResend].
//
// An order_cancel_all is accepted whenever the session is logged in: it passes the throttle, has reserved room
// in the send ring and in the table of requests in flight, and waits neither for subscriptions to be restored nor
// for the end of a replay. Cancels and reductions have some reserved room, too.
//
// Subscriptions and settings are valid for one session of the exchange. The engine keeps those that were sent
// and, after a login that began a new session, sends them again before it calls OnLoggedIn's handlers.
func (e *Engine) Send(m Message) (seq uint64, err error) {
	keys, ok := keysOf(m)
	if !ok {
		if keys, err = e.encoded.encode(m); err != nil {
			return 0, err
		}
		return e.send(&e.encoded, &keys, fromBot)
	}
	return e.send(m, &keys, fromBot)
}

// refusal returns why a message may not be sent now, nil if it may: nothing while the session is working or
// after a panic, nothing before the subscriptions are restored, and no order once the engine stops. Messages
// that can only lower the risk are exempt from the latter two.
func (e *Engine) refusal(typ msg.PayloadType) error {
	if err := e.unsafe(); err != nil {
		return err
	}
	if lowersRisk(typ) {
		return nil
	}
	places := typ == msg.PayloadOrderCreate || typ == msg.PayloadOrderCancelReplace
	if places && e.shutdown.step != shutdownNone && e.life.phase != phaseEnded {
		marks.Hit(marks.SendStopping)
		return ErrStopping
	}
	if e.gate.has(gateRestoring) && e.session.State().LoggedIn() {
		marks.Hit(marks.SendRestoring)
		return ErrRestoring
	}
	return nil
}

// unsafe returns why the session must not be called now, nil if it may be.
func (e *Engine) unsafe() error {
	switch {
	case e.gate.has(gateTapping):
		return ErrInTap
	case e.gate.has(gateMuted):
		return ErrClosed
	}
	return nil
}

// lowersRisk reports whether a message can only lower the risk: it is never refused for the engine's state, and
// has reserved room in every queue.
func lowersRisk(typ msg.PayloadType) bool {
	switch typ {
	case msg.PayloadOrderCancel, msg.PayloadOrderCancelAll, msg.PayloadOrderQuantityReduce:
		return true
	}
	return false
}

// retry sends a message that the send ring had no room for after the ring was written to the
// socket: handlers may send more than the ring holds. If the socket accepts nothing either,
// retry waits for it, without reading, for SendWait in all until the loop reads again.
func (e *Engine) retry(m wire.Marshaler, keys *msg.Keys) (seq uint64, err error) {
	if !e.conn.writable() || e.pace.sendWait <= 0 {
		return 0, session.ErrFull
	}
	if !e.timing.inHandler { // else it is the handler's time
		e.timeHandlers()
		e.readClock()
		defer e.waitedToSend(e.now)
	}
	for begun := e.clock.Now(); ; {
		if err := e.push(); err != nil {
			e.writeFailed(err)
			return 0, session.ErrFull
		}
		if seq, err = e.session.Send(e.now, m, keys); err != session.ErrFull || !e.conn.stalled() {
			return seq, err
		}
		if e.config.Clock != nil { // nothing waits in virtual time
			return 0, session.ErrFull
		}
		now := e.clock.Now()
		if e.pace.sendWait -= now - begun; e.pace.sendWait <= 0 {
			return 0, session.ErrFull
		}
		begun = now
		if err := e.conn.socket.WaitWritable(now + e.pace.sendWait); err != nil {
			e.writeFailed(err)
			return 0, session.ErrFull
		}
	}
}

// waitedToSend notes the time of a retry outside of handlers, so that it does not count as that of the handlers
// before and after it. begun is the clock reading at its beginning.
func (e *Engine) waitedToSend(begun int64) {
	e.readClock()
	took := time.Duration(e.now - begun)
	e.pace.sincePoll.note(took, causeSend)
	e.pace.sinceLag.note(took, causeSend)
}

package engine

import (
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
)

// eventKinds is the number of event kinds there are.
const eventKinds = int(session.AnswerMismatch) + 1

// handlers are the functions that the bot has registered. The loop only.
type handlers struct {
	messages messageHandlers
	every    eventHandlers             // of messages, of any type
	events   [eventKinds]eventHandlers // of events that are no messages, by kind
	payload  payloadHandlers
	uncalled string // the method that registered a handler that would never be called
}

// dispatch applies an event to the stages and calls its handlers.
func (e *Engine) dispatch(ev *Event) {
	if e.stages.used {
		e.stages.event(ev)
	}
	if ev.Kind == session.Message {
		typ := ev.Payload.GetType()
		if ev.Request.Seq != 0 && typ != msg.PayloadOrderPendingReplace {
			e.measured.answered(requestKindOf(ev.Request.Type), ev.Request.Sent, ev.Received-ev.Request.Sent)
		}
		if e.stats.received(typ); e.gate.has(gateStopping) {
			if e.shutdownMessage(ev, typ); e.gate.has(gateMuted) {
				return
			}
		}
		if len(e.handlers.every.entries) > 0 {
			e.notify(&e.handlers.every, ev)
		}
		if uint(typ) < uint(len(deliver)) && deliver[typ] != nil {
			deliver[typ](e, ev)
		}
		if e.trading != nil {
			e.notifyTrading()
		}
		if t := e.tape; t != nil { // the handlers may have ended the engine
			if t.events++; t.events%digestEvery == 0 {
				e.digestEvent(ev)
			}
		}
		return
	}
	e.log.event(ev)
	if e.tape != nil {
		defer e.countOther(ev)
	}
	switch ev.Kind {
	case session.LoggedIn:
		e.measured.connectedAt = ev.Received
		e.onLogin(ev)
	case session.Pong:
		e.measured.ponged(ev)
	case session.CaughtUp:
		e.reportRecovery()
	case session.LoggedOut:
		e.life.logoutConfirmed = e.session.State() == session.LogoutSent && ev.Reason == msg.EtoLogoutConfirmation
	}
	if e.gate.has(gateStopping) {
		e.shutdownEvent(ev)
	}
	if !e.gate.has(gateMuted) {
		e.notify(&e.handlers.events[ev.Kind], ev)
		if e.trading != nil {
			e.notifyTrading()
		}
	}
}

// OnMessage registers a handler of every message of the application layer, of
// known and unknown types alike. It is called before the handlers of the message's
// own type.
func (e *Engine) OnMessage(handler func(*Event)) Registration { return e.handlers.every.add(handler) }

// OnLoggedIn registers a handler of logins, from which on sends are possible. Payload is
// the answer.
func (e *Engine) OnLoggedIn(handler func(*Event)) Registration {
	return e.on(session.LoggedIn, handler)
}

// OnLoggedOut registers a handler of logouts by the exchange, with their Reason,
// the confirmation of our own included.
func (e *Engine) OnLoggedOut(handler func(*Event)) Registration {
	return e.on(session.LoggedOut, handler)
}

// OnState registers a handler of the session's changes of State, with their Cause
// if the connection ended.
func (e *Engine) OnState(handler func(*Event)) Registration {
	return e.on(session.StateChanged, handler)
}

// OnGap registers a handler of gaps: messages From to To are missing and were requested.
// Until they arrive nothing else is delivered, fills and books included: for up to twice
// session.Config.ReplayTimeout, 10 s by default, after the last that arrived, and then the
// connection ends. Sends are written meanwhile, so that a bot can cancel its quotes.
func (e *Engine) OnGap(handler func(*Event)) Registration { return e.on(session.Gap, handler) }

// OnRecovered registers a handler of gaps that closed: everything From to To was
// delivered.
func (e *Engine) OnRecovered(handler func(*Event)) Registration {
	return e.on(session.Recovered, handler)
}

// OnCaughtUp registers a handler that is called once after each login, when everything
// that the exchange repeats of the account's messages has been delivered. Complete reports
// whether nothing is known or suspected to be missing, and Cause what is. From then on a
// bot knows its orders and fills, and may quote.
func (e *Engine) OnCaughtUp(handler func(*Event)) Registration {
	return e.on(session.CaughtUp, handler)
}

// OnAccountGap registers a handler of possible losses of account messages: From to To
// have been missing for a while. The next login requests them.
func (e *Engine) OnAccountGap(handler func(*Event)) Registration {
	return e.on(session.AccountGap, handler)
}

// OnAccountRecovered registers a handler of account messages From to To that OnAccountGap
// reported and that arrived after all.
func (e *Engine) OnAccountRecovered(handler func(*Event)) Registration {
	return e.on(session.AccountRecovered, handler)
}

// OnAccountLost registers a handler of account messages From to To that the exchange did
// not repeat when a login requested them. They are not requested again.
func (e *Engine) OnAccountLost(handler func(*Event)) Registration {
	return e.on(session.AccountLost, handler)
}

// OnAccountReset registers a handler of account sequences that neither follow nor repeat the
// last ones: the exchange counts anew, or a number was wrong.
func (e *Engine) OnAccountReset(handler func(*Event)) Registration {
	return e.on(session.AccountReset, handler)
}

// OnPong registers a handler of answers to [Engine.Ping], with their RoundTrip, and to the pings that the engine sends
// itself when the exchange's amounts seem to differ from its own; Ping tells them apart.
func (e *Engine) OnPong(handler func(*Event)) Registration { return e.on(session.Pong, handler) }

// OnThrottleExceeded registers a handler of throttle_limit_exceeded: the exchange dropped a
// message, without saying which.
func (e *Engine) OnThrottleExceeded(handler func(*Event)) Registration {
	return e.on(session.ThrottleExceeded, handler)
}

// OnSendResolved registers a handler of sent messages that got no answer, with their
// Fate: not sent, not delivered, or in doubt.
func (e *Engine) OnSendResolved(handler func(*Event)) Registration {
	return e.on(session.SendResolved, handler)
}

// OnSendUnresolved registers a handler of sent messages in doubt that no message of the
// exchange will resolve any more. An order among them may be live.
func (e *Engine) OnSendUnresolved(handler func(*Event)) Registration {
	return e.on(session.SendUnresolved, handler)
}

// OnAnswerMismatch registers a handler of messages that name a request by its reference
// or sequence and contradict it. The message follows, and is delivered like any other.
func (e *Engine) OnAnswerMismatch(handler func(*Event)) Registration {
	return e.on(session.AnswerMismatch, handler)
}

// OnUnknown registers a handler of session messages of types that the session does not know.
func (e *Engine) OnUnknown(handler func(*Event)) Registration { return e.on(session.Unknown, handler) }

func (e *Engine) on(kind session.EventKind, handler func(*Event)) Registration {
	return e.handlers.events[kind].add(handler)
}

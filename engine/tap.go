package engine

// payloadHandlers are the functions that see the payloads of both directions.
type payloadHandlers struct {
	tap  func(*TapRecord) // session.Config.Tap, nil if it is not set
	list list[func(*TapRecord)]
}

// OnPayload registers a handler of every payload of both directions: inbound ones before they are decoded,
// session messages, duplicates and malformed ones included; outbound ones as they are queued. Credentials are
// masked. The record is valid until the handler returns. The handler runs while the session is working, so that
// sends, and [Engine.Ping], return [ErrInTap]; those of [Submitter] are possible.
func (e *Engine) OnPayload(handler func(*TapRecord)) Registration {
	e.session.SetTap(e.tap)
	return e.handlers.payload.list.add(handler)
}

// tap is what the session calls with each payload once there are functions that see them: Config's, then the
// handlers.
func (e *Engine) tap(r *TapRecord) {
	p := &e.handlers.payload
	if p.tap != nil {
		e.callTap("session.Config.Tap", p.tap, r)
	}
	l := &p.list
	if len(l.entries) == 0 {
		return
	}
	l.walking = true
	for i, n := 0, len(l.entries); i < n; i++ {
		if at := &l.entries[i]; !at.dead {
			e.callTap(at.name, at.fn, r)
		}
	}
	l.walked()
}

// callTap calls one of the functions that see payloads. One that is called while a handler sends counts as the
// time of that handler.
//
// A panic must not unwind the session, which is in the middle of something: a message would be committed without
// having taken its sequence. So it is recovered here, no code of the bot's is called any more, and the engine
// ends in the next round. Within a handler it continues when the session is done; see continuePanic.
func (e *Engine) callTap(name string, f func(*TapRecord), r *TapRecord) {
	if e.gate.has(gateMuted) {
		return
	}
	alone := !e.timing.inHandler
	if alone {
		e.timing.startHandler(name)
	}
	e.gate.set(gateTapping)
	defer func() {
		e.gate.clear(gateTapping)
		if value := recover(); value != nil {
			e.notePanic(newPanicError(name, value))
			if alone {
				e.timing.abort()
			}
		}
	}()
	f(r)
	if alone {
		e.endHandler()
	}
}

// notePanic mutes the bot's code after a panic, and has the loop end the engine in its next round.
func (e *Engine) notePanic(p *PanicError) {
	if e.life.panicked == nil {
		e.life.panicked = p
	}
	e.gate.set(gateMuted | gateStopping)
	e.requests.add(requestPanic)
}

// continuePanic continues the panic of a tap in the handler whose send the tap saw.
func (e *Engine) continuePanic() {
	if e.gate.has(gateMuted) && e.timing.inHandler {
		panic(e.life.panicked.Value)
	}
}

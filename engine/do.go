package engine

// Do calls f, which belongs to a bot that has a loop of its own, between two calls of Poll. It adds one thing: with a
// journal, what f makes the engine do is part of the run, and a replay calls [ReplayConfig.Do] in its place, with the
// number of the function among those of Do and [Submitter.Do]. What such a bot does outside of Do cannot be replayed.
// Within a handler it only calls f.
func (e *Engine) Do(f func()) {
	if e.tape == nil || e.running.Load() {
		f()
		return
	}
	e.noteCall(tapeDo)
	f()
	if t := e.tape; t.recording() { // f may have closed the engine
		t.session.RecordNow()
		t.flush()
		t.rec.Commit()
	}
}

// noteCall notes a call between rounds.
func (e *Engine) noteCall(op tapeOp) {
	if t := e.tape; t.recording() {
		t.note(op)
	}
}

// replayCalls makes the calls that were noted between two rounds.
func (e *Engine) replayCalls(p *player) {
	for {
		switch p.next() {
		case tapeDo:
			p.taken(e.tape)
			p.submittedFunction()()
		case tapeClose:
			p.taken(e.tape)
			_ = e.closeNow() // what it says is the outcome, too
		default:
			return
		}
		if e.tape == nil || e.life.phase == phaseEnded {
			return
		}
	}
}

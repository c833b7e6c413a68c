package engine

import "time"

// handled ends what the call of a handler began, and looks how long it took: since
// the last handler ended, or since the loop last read the clock.
func (e *Engine) handled() {
	name := e.handler
	e.handler = ""
	if e.config.SlowHandler < 0 {
		return
	}
	now := e.clock.now()
	took := time.Duration(now - e.mark)
	e.mark = now
	if took > e.stats.HandlerMax {
		e.stats.HandlerMax, e.stats.SlowestHandler = took, name
	}
	if took >= e.config.SlowHandler {
		e.stats.SlowHandlers++
		e.log.slow(now, name, took)
	}
}

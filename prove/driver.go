package prove

import (
	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
)

// driver is an engine whose calls are noted if it has a journal: what a bot decides depends on its world, which is not
// there any more when the journal is replayed. So each handler of the replay makes the calls that it has made, and so
// does each function that was given to Do.
type driver struct {
	*engine.Engine
	script *script         // nil without a journal
	asked  map[uint64]bool // sequences of cancels of everything
	inside []int           // numbers of the calls of handlers that have not returned
}

// script is what the code of a bot did to its engine.
type script struct {
	config   engine.Config
	disk     *journalDisk
	register []func(r *rerun)
	handlers int                            // calls of handlers
	calls    map[int][]func(*engine.Engine) // in a call of a handler
	betweens []func(*engine.Engine)         // in functions that were given to Do
	replay   *rerun
}

// do makes a call.
func (d *driver) do(f func(*engine.Engine)) {
	s := d.script
	if s == nil {
		f(d.Engine)
		return
	}
	if n := len(d.inside); n > 0 {
		at := d.inside[n-1]
		s.calls[at] = append(s.calls[at], f)
		f(d.Engine)
		return
	}
	s.betweens = append(s.betweens, f)
	d.Engine.Do(func() { f(d.Engine) })
}

// handle calls a handler.
func (d *driver) handle(f func()) {
	if d.script == nil {
		f()
		return
	}
	d.inside = append(d.inside, d.script.handlers)
	d.script.handlers++
	f()
	d.inside = d.inside[:len(d.inside)-1]
}

// on notes that a handler is registered.
func (d *driver) on(register func(r *rerun)) {
	if d.script != nil {
		d.script.register = append(d.script.register, register)
	}
}

// rerun is a replay of a script.
type rerun struct {
	*engine.Engine
	script   *script
	handlers int
}

// step is every handler of the replay.
func (r *rerun) step() {
	at := r.handlers
	r.handlers++
	for _, f := range r.script.calls[at] {
		f(r.Engine)
	}
}

func (r *rerun) event(*engine.Event) { r.step() }

// timer returns the handler of a timer, in the run and in its replay.
func (d *driver) timer(e *engine.Engine, f func()) func() {
	if e == d.Engine {
		return func() { d.handle(f) }
	}
	return func() { d.script.replay.step() }
}

// The methods of engine.Engine that register handlers.

func (d *driver) OnMessage(f func(*engine.Event)) {
	d.on(func(r *rerun) { r.OnMessage(r.event) })
	d.Engine.OnMessage(d.event(f))
}

func (d *driver) OnLoggedIn(f func(*engine.Event)) {
	d.on(func(r *rerun) { r.OnLoggedIn(r.event) })
	d.Engine.OnLoggedIn(d.event(f))
}

func (d *driver) OnState(f func(*engine.Event)) {
	d.on(func(r *rerun) { r.OnState(r.event) })
	d.Engine.OnState(d.event(f))
}

func (d *driver) OnCaughtUp(f func(*engine.Event)) {
	d.on(func(r *rerun) { r.OnCaughtUp(r.event) })
	d.Engine.OnCaughtUp(d.event(f))
}

func (d *driver) OnAccountGap(f func(*engine.Event)) {
	d.on(func(r *rerun) { r.OnAccountGap(r.event) })
	d.Engine.OnAccountGap(d.event(f))
}

func (d *driver) OnAccountLost(f func(*engine.Event)) {
	d.on(func(r *rerun) { r.OnAccountLost(r.event) })
	d.Engine.OnAccountLost(d.event(f))
}

func (d *driver) OnAccountReset(f func(*engine.Event)) {
	d.on(func(r *rerun) { r.OnAccountReset(r.event) })
	d.Engine.OnAccountReset(d.event(f))
}

func (d *driver) OnThrottleExceeded(f func(*engine.Event)) {
	d.on(func(r *rerun) { r.OnThrottleExceeded(r.event) })
	d.Engine.OnThrottleExceeded(d.event(f))
}

func (d *driver) OnSendResolved(f func(*engine.Event)) {
	d.on(func(r *rerun) { r.OnSendResolved(r.event) })
	d.Engine.OnSendResolved(d.event(f))
}

func (d *driver) OnSendUnresolved(f func(*engine.Event)) {
	d.on(func(r *rerun) { r.OnSendUnresolved(r.event) })
	d.Engine.OnSendUnresolved(d.event(f))
}

func (d *driver) event(f func(*engine.Event)) func(*engine.Event) {
	return func(ev *engine.Event) { d.handle(func() { f(ev) }) }
}

func (d *driver) OnPayload(f func(*engine.TapRecord)) {
	d.on(func(r *rerun) { r.OnPayload(func(*engine.TapRecord) { r.step() }) })
	d.Engine.OnPayload(func(t *engine.TapRecord) { d.handle(func() { f(t) }) })
}

func (d *driver) OnOrder(f func(*order.Order, *order.Event)) {
	d.on(func(r *rerun) { r.OnOrder(func(*order.Order, *order.Event) { r.step() }) })
	d.Engine.OnOrder(func(o *order.Order, ev *order.Event) { d.handle(func() { f(o, ev) }) })
}

func (d *driver) OnFill(f func(*order.Order, order.Fill)) {
	d.on(func(r *rerun) { r.OnFill(func(*order.Order, order.Fill) { r.step() }) })
	d.Engine.OnFill(func(o *order.Order, one order.Fill) { d.handle(func() { f(o, one) }) })
}

func (d *driver) OnBook(f func(book.Contract)) {
	d.on(func(r *rerun) { r.OnBook(func(book.Contract) { r.step() }) })
	d.Engine.OnBook(func(c book.Contract) { d.handle(func() { f(c) }) })
}

func (d *driver) OnSaved(f func(error)) {
	d.on(func(r *rerun) { r.OnSaved(func(error) { r.step() }) })
	d.Engine.OnSaved(func(err error) { d.handle(func() { f(err) }) })
}

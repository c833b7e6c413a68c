package engine

import (
	"reflect"
	"runtime"
)

// Registration is a registered handler, or a timer that is set.
type Registration struct {
	list remover
	id   uint64
}

// Remove removes the handler, or cancels the timer. It is not called again, not even for
// the event that is being dispatched. Removing again does nothing, as does removing the
// zero Registration. Like registering, it is for the loop's goroutine, or for any before
// the loop runs.
func (r Registration) Remove() {
	if r.list != nil {
		r.list.remove(r.id)
	}
}

type remover interface{ remove(id uint64) }

// list is the handlers of one kind, in the order of their registration. F is a
// function type.
//
// Handlers may register and remove handlers while they are called: a removed entry stays
// in place, dead, until the walk of the list is over, and an entry that was added
// meanwhile is not called for the same event.
type list[F any] struct {
	entries []entry[F]
	last    uint64 // id of the newest
	dead    int
	walking bool
}

type entry[F any] struct {
	fn   F
	id   uint64
	name string
	dead bool
}

func (l *list[F]) add(fn F) Registration {
	if reflect.ValueOf(fn).IsNil() {
		panic("BUG: engine: handler is nil")
	}
	l.last++
	l.entries = append(l.entries, entry[F]{fn: fn, id: l.last, name: nameOf(fn)})
	return Registration{list: l, id: l.last}
}

func (l *list[F]) remove(id uint64) {
	for i := range l.entries {
		if l.entries[i].id == id && !l.entries[i].dead {
			l.entries[i].dead = true
			l.dead++
		}
	}
	if !l.walking {
		l.compact()
	}
}

// walked ends a walk.
func (l *list[F]) walked() {
	l.walking = false
	if l.dead > 0 {
		l.compact()
	}
}

// compact removes dead entries.
func (l *list[F]) compact() {
	kept := l.entries[:0]
	for i := range l.entries {
		if !l.entries[i].dead {
			kept = append(kept, l.entries[i])
		}
	}
	clear(l.entries[len(kept):])
	l.entries, l.dead = kept, 0
}

// call calls the handlers of a message of their type.
func call[M any](e *Engine, l *list[func(*Event, *M)], ev *Event, m *M) {
	l.walking = true
	for i, n := 0, len(l.entries); i < n; i++ {
		if at := &l.entries[i]; !at.dead {
			e.timing.startHandler(at.name)
			at.fn(ev, m)
			e.endHandler()
		}
	}
	l.walked()
}

// eventHandlers are the handlers of a kind of event that carries no typed message.
type eventHandlers = list[func(*Event)]

// notify calls the handlers of a kind of event.
func (e *Engine) notify(l *eventHandlers, ev *Event) {
	l.walking = true
	for i, n := 0, len(l.entries); i < n; i++ {
		if at := &l.entries[i]; !at.dead {
			e.timing.startHandler(at.name)
			at.fn(ev)
			e.endHandler()
		}
	}
	l.walked()
}

// nameOf returns the name of a function in the program.
func nameOf(fn any) string {
	if f := runtime.FuncForPC(reflect.ValueOf(fn).Pointer()); f != nil {
		return f.Name()
	}
	return "unknown handler"
}

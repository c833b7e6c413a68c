package engine

import (
	"reflect"
	"runtime"
)

// Registration is a handler's place among the handlers of its kind.
type Registration struct {
	list remover
	id   uint64
}

// Remove takes the handler out. It is not called again, not even for the event
// that is being handed out. Removing again does nothing, as does removing the
// zero Registration. Like registering, it is for the goroutine that the loop
// runs on, or for any before the loop runs.
func (r Registration) Remove() {
	if r.list != nil {
		r.list.remove(r.id)
	}
}

type remover interface{ remove(id uint64) }

// list holds the handlers of one kind, in the order of their registration. F is a
// function type.
//
// Handlers may register and remove while they are called: a removed entry stays
// in place, dead, until the call that walks the list is over, and an entry that
// was added meanwhile is not called for the event under way.
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

// walked ends what setting walking began.
func (l *list[F]) walked() {
	l.walking = false
	if l.dead > 0 {
		l.compact()
	}
}

// compact takes dead entries out.
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

// call hands a message to the handlers of its kind.
func call[M any](e *Engine, l *list[func(*Event, *M)], ev *Event, m *M) {
	l.walking = true
	for i, n := 0, len(l.entries); i < n; i++ {
		if at := &l.entries[i]; !at.dead {
			e.timing.starts(at.name)
			at.fn(ev, m)
			e.handled()
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
			e.timing.starts(at.name)
			at.fn(ev)
			e.handled()
		}
	}
	l.walked()
}

// nameOf is the name that a function has in the program.
func nameOf(fn any) string {
	if f := runtime.FuncForPC(reflect.ValueOf(fn).Pointer()); f != nil {
		return f.Name()
	}
	return "unknown handler"
}

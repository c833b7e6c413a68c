package engine

import "time"

// After calls f once, on the loop, when d has passed; Remove of the Registration cancels it. f
// is called between two events like a handler: it may send, register, remove and set timers,
// must not block, and a panic in it is treated like one in a handler. It is called with or
// without a connection, while Run or Poll runs, and not after a panic. With d of zero or less
// it is called before the loop sleeps again.
//
// After claims the timer's memory; firing allocates nothing. The error is [ErrTimers], or
// [ErrClosed] once the engine ends. Like registering a handler it is for the loop's
// goroutine, or for any before the loop runs; others use [Submitter.Do].
func (e *Engine) After(d time.Duration, f func()) (Registration, error) {
	return e.addTimer(d, 0, f)
}

// Every calls f every d, first when d has passed; see [Engine.After]. d must be positive. The
// calls are due at multiples of d from now on: a late call does not move the next ones, and of
// several that were missed one is made.
func (e *Engine) Every(d time.Duration, f func()) (Registration, error) {
	if d <= 0 {
		panic("BUG: engine: Every needs a positive duration, not " + d.String())
	}
	return e.addTimer(d, d, f)
}

func (e *Engine) addTimer(d, period time.Duration, f func()) (Registration, error) {
	if f == nil {
		panic("BUG: engine: function of a timer is nil")
	}
	at := e.clock.Now()
	if at += int64(d); at < int64(d) { // beyond the end of the clock
		at = never
	}
	at = max(at, e.now+1) // not before the timers that are due now have fired
	id, err := e.timers.add(timer{at: at, period: int64(period), f: f, name: nameOf(f)})
	if err != nil {
		return Registration{}, err
	}
	return Registration{list: &e.timers, id: id}, nil
}

// fireTimers calls the functions that are due, each once, until the slice is over, but at least one.
func (e *Engine) fireTimers() {
	asOf := e.now
	for e.timers.due <= asOf {
		if e.gate.has(gateMuted) {
			e.timers.close()
			return
		}
		e.timeHandlers() // a timer is timed by itself
		f, name := e.timers.fire(asOf)
		e.spin.idlePolls = 0
		e.timing.startHandler(name)
		f()
		e.endHandler()
		e.timeHandlers()
		if e.now >= e.pace.sliceEnd {
			return
		}
	}
}

// timer is a function and when to call it.
type timer struct {
	at     int64 // clock reading
	period int64 // 0 for once
	id     uint64
	f      func()
	name   string
	place  int32 // in the heap; of a free slot, the next free one
}

// timers are the timers of an engine: a heap of slots, ordered by the clock reading at which
// they are due and by the order in which they were set. It grows when a timer is set while
// all slots are in use, and never shrinks.
type timers struct {
	due    int64 // clock reading at which the first is due, never without timers
	slots  []timer
	heap   []int32
	free   int32  // the first free slot, -1 if there is none
	order  uint64 // number of the timer that was set last
	closed bool
}

// The low bits of a timer's id are its slot, those above tell the timers of one slot apart.
const (
	timerSlotBits = 16
	timerSlotMask = 1<<timerSlotBits - 1
	_             = uint(timerSlotMask + 1 - TimersMax)
)

func newTimers() timers { return timers{due: never, free: -1} }

// add sets a timer and returns its id.
func (t *timers) add(tm timer) (id uint64, err error) {
	if t.closed {
		return 0, ErrClosed
	}
	slot := t.free
	switch {
	case slot >= 0:
		t.free = t.slots[slot].place
	case len(t.slots) == TimersMax:
		return 0, ErrTimers
	default:
		slot = int32(len(t.slots))
		t.slots = append(t.slots, timer{})
	}
	t.order++
	tm.id = t.order<<timerSlotBits | uint64(slot)
	tm.place = int32(len(t.heap))
	t.slots[slot] = tm
	t.heap = append(t.heap, slot)
	t.up(len(t.heap) - 1)
	t.due = t.slots[t.heap[0]].at
	return tm.id, nil
}

// remove cancels the timer with an id, if there is one.
func (t *timers) remove(id uint64) {
	slot := int(id & timerSlotMask)
	if slot < len(t.slots) && t.slots[slot].id == id {
		t.take(int(t.slots[slot].place))
	}
}

// fire returns the function that is due first and sets it again if it has a period: for the
// first of its times after now.
func (t *timers) fire(now int64) (f func(), name string) {
	tm := &t.slots[t.heap[0]]
	f, name = tm.f, tm.name
	if tm.period == 0 {
		t.take(0)
		return f, name
	}
	missed := (now - tm.at) / tm.period
	tm.at += (missed + 1) * tm.period
	if tm.at <= now { // beyond the end of the clock
		tm.at = never
	}
	t.down(0)
	t.due = t.slots[t.heap[0]].at
	return f, name
}

// take frees the slot at a place of the heap.
func (t *timers) take(place int) {
	slot, last := t.heap[place], len(t.heap)-1
	t.put(place, t.heap[last])
	t.heap = t.heap[:last]
	if place < last {
		t.up(place)
		t.down(place)
	}
	t.slots[slot] = timer{place: t.free}
	t.free = slot
	t.due = never
	if last > 0 {
		t.due = t.slots[t.heap[0]].at
	}
}

// close cancels all timers, and refuses new ones.
func (t *timers) close() { *t = timers{due: never, free: -1, closed: true} }

func (t *timers) put(place int, slot int32) {
	t.heap[place] = slot
	t.slots[slot].place = int32(place)
}

// before reports whether the timer at place i of the heap comes before that at j.
func (t *timers) before(i, j int) bool {
	a, b := &t.slots[t.heap[i]], &t.slots[t.heap[j]]
	return a.at < b.at || a.at == b.at && a.id < b.id
}

func (t *timers) swap(i, j int) {
	a, b := t.heap[i], t.heap[j]
	t.put(i, b)
	t.put(j, a)
}

func (t *timers) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !t.before(i, parent) {
			return
		}
		t.swap(i, parent)
		i = parent
	}
}

func (t *timers) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(t.heap) {
			return
		}
		if right := child + 1; right < len(t.heap) && t.before(right, child) {
			child = right
		}
		if !t.before(child, i) {
			return
		}
		t.swap(i, child)
		i = child
	}
}

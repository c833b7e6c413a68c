package engine

import (
	"testing"
	"time"

	"github.com/smk-go/smk/engine/session"
)

// handlersOn returns an engine with a clock that counts its readings, and what calls a handler that takes a time.
func handlersOn(t *testing.T) (e *Engine, readings *int, call func(name string, took time.Duration)) {
	t.Helper()
	now, count := int64(1), 0
	e, err := New(Config{
		Session: session.Config{Token: "token", ReferenceBase: 1},
		Address: "127.0.0.1:1", DisableTLS: true, LoopDelay: -1,
		Clock: func() int64 { count++; return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	e.timeHandlers()
	return e, &count, func(name string, took time.Duration) {
		e.timing.startHandler(name)
		now += int64(took)
		e.endHandler()
	}
}

// TestTimingInGroups counts clock readings: handlers that take no time are timed in groups, and one interruption, after
// which all is as before, has them timed by themselves for a while only.
func TestTimingInGroups(t *testing.T) {
	_, readings, call := handlersOn(t)
	quick := func(n int) (read int) {
		before := *readings
		for range n {
			call("quick", handlerUsual-1)
		}
		return *readings - before
	}
	if n := quick(2 * handlersSingle); n < handlersSingle {
		t.Errorf("%d readings at the start, each call is to be timed", n)
	}
	const calls = 100 * handlersGroup
	if n := quick(calls); n > calls/handlersGroup+1 {
		t.Errorf("%d readings of %d quick calls", n, calls)
	}
	call("quick", 40*time.Millisecond)                 // the process did not run
	if n := quick(calls); n > calls/handlersGroup+64 { // 32 of them one by one, and then in groups that grow
		t.Errorf("%d readings after an interruption", n)
	}
}

// TestTimingFindsSlow: a handler that is slow each time is timed and named by itself soon after it began to be.
func TestTimingFindsSlow(t *testing.T) {
	e, readings, call := handlersOn(t)
	for range 4 * handlersSingle {
		call("quick", 0)
	}
	mixed := func(n int) (read int) {
		before := *readings
		for i := range n {
			if i%8 == 7 {
				call("slow", 5*handlersSlow)
			} else {
				call("quick", 0)
			}
		}
		return *readings - before
	}
	mixed(2 * handlersGroup)
	if n := mixed(handlersSingle); n != handlersSingle {
		t.Errorf("%d readings of %d calls of which some are slow", n, handlersSingle)
	}
	e.stats.HandlerMax = 0
	call("slow", 30*time.Millisecond)
	if got := e.stats; got.SlowestHandler != "slow" || got.HandlerMax != 30*time.Millisecond || got.SlowHandlers != 1 {
		t.Errorf("%q took %v, %d slow", got.SlowestHandler, got.HandlerMax, got.SlowHandlers)
	}
}

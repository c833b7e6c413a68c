package risk

import (
	"errors"
	"math"
	"testing"
	"time"
)

const retry = int64(CancelAllRetry)

// killStep is one call, at a reading, and the state that it leads to.
type killStep struct {
	at     int64
	call   func(*Gate, int64)
	state  KillState
	asked  bool // the next Tick at the same reading asks for an order_cancel_all
	resume bool // Resume is possible
}

func orders(open, inDoubt int) func(*Gate, int64) {
	return func(g *Gate, now int64) { g.Orders(now, OpenOrders{open, inDoubt, true}) }
}

func halt(g *Gate, now int64)      { g.Halt(now, Cause{}) }
func loggedIn(g *Gate, now int64)  { g.LoggedIn(now) }
func loggedOut(g *Gate, now int64) { g.LoggedOut(now) }
func nothing(*Gate, int64)         {}

func sent(id uint64) func(*Gate, int64) { return func(g *Gate, now int64) { g.CancelAllSent(now, id) } }

func answered(id uint64, accepted bool) func(*Gate, int64) {
	return func(g *Gate, now int64) { g.CancelAllAnswered(now, id, accepted) }
}

func incomplete(open, inDoubt int) func(*Gate, int64) {
	return func(g *Gate, now int64) { g.Orders(now, OpenOrders{Open: open, InDoubt: inDoubt}) }
}

// TestKillSwitch walks through the states.
func TestKillSwitch(t *testing.T) {
	for name, steps := range map[string][]killStep{
		"nothing is open": {
			{0, loggedIn, KillIdle, false, true},
			{0, orders(0, 0), KillIdle, false, true},
			{1, halt, KillFlat, false, true},
		},
		"nothing is open as far as is known": {
			{0, loggedIn, KillIdle, false, true},
			{0, incomplete(0, 0), KillIdle, false, true},
			{1, halt, KillAsking, true, false},
			{1, sent(7), KillWaiting, false, false},
			{2, answered(7, true), KillFlat, false, true},
		},
		"one is open": {
			{0, loggedIn, KillIdle, false, true},
			{0, orders(1, 0), KillIdle, false, true},
			{1, halt, KillAsking, true, false},
			{1, sent(7), KillWaiting, false, false},
			{2, answered(7, true), KillWaiting, false, false},
			{3, orders(0, 0), KillFlat, false, true},
		},
		"cancelled before the answer": {
			{0, loggedIn, KillIdle, false, true},
			{0, orders(1, 0), KillIdle, false, true},
			{1, halt, KillAsking, true, false},
			{1, sent(7), KillWaiting, false, false},
			{2, orders(0, 0), KillFlat, false, true},
			{3, answered(7, true), KillFlat, false, true},
		},
		"in doubt needs an acceptance": {
			{0, loggedIn, KillIdle, false, true},
			{0, orders(1, 2), KillIdle, false, true},
			{1, halt, KillAsking, true, false},
			{1, sent(7), KillWaiting, false, false},
			{2, orders(0, 2), KillWaiting, false, false},
			{3, answered(7, true), KillInDoubt, false, true},
			{4, orders(0, 1), KillInDoubt, false, true},
			{5, orders(0, 0), KillFlat, false, true},
		},
		"one in doubt was live": {
			{0, loggedIn, KillIdle, false, true},
			{0, orders(0, 1), KillIdle, false, true},
			{1, halt, KillAsking, true, false},
			{1, sent(7), KillWaiting, false, false},
			{3, answered(7, true), KillInDoubt, false, true},
			{retry, orders(1, 0), KillAsking, false, false},
			{1 + retry, nothing, KillAsking, true, false},
			{1 + retry, sent(8), KillWaiting, false, false},
			{2 + retry, answered(7, true), KillWaiting, false, false},
			{2 + retry, orders(0, 1), KillWaiting, false, false},
			{3 + retry, answered(8, true), KillInDoubt, false, true},
			{4 + retry, orders(0, 2), KillAsking, false, false},
		},
		"an answer to an earlier one proves nothing": {
			{0, loggedIn, KillIdle, false, true},
			{0, orders(0, 1), KillIdle, false, true},
			{0, sent(6), KillIdle, false, true},
			{1, halt, KillAsking, true, false},
			{2, answered(6, true), KillAsking, false, false},
			{2, sent(7), KillWaiting, false, false},
			{2, answered(6, true), KillWaiting, false, false},
			{2, answered(8, true), KillWaiting, false, false},
			{2, answered(7, false), KillWaiting, false, false},
			{2 + retry - 1, nothing, KillWaiting, false, false},
			{2 + retry, nothing, KillWaiting, true, false},
			{2 + retry, sent(8), KillWaiting, false, false},
			{3 + retry, answered(7, true), KillInDoubt, false, true},
		},
		"the connection is lost": {
			{0, orders(1, 0), KillIdle, false, true},
			{1, halt, KillAsking, false, false},
			{math.MaxInt64 - 2*retry, nothing, KillAsking, false, false},
			{math.MaxInt64 - 2*retry, loggedIn, KillAsking, true, false},
			{math.MaxInt64 - 2*retry, sent(7), KillWaiting, false, false},
			{math.MaxInt64 - 2*retry, loggedOut, KillAsking, false, false},
			{math.MaxInt64 - 2*retry, orders(0, 1), KillAsking, false, false},
			{math.MaxInt64 - 2*retry, loggedIn, KillAsking, true, false},
			{math.MaxInt64 - 2*retry, answered(7, true), KillAsking, false, false},
			{math.MaxInt64 - 2*retry, sent(1), KillWaiting, false, false},
			{math.MaxInt64 - 2*retry, answered(1, true), KillInDoubt, false, true},
		},
		"it cannot be sent": {
			{0, loggedIn, KillIdle, false, true},
			{0, orders(1, 0), KillIdle, false, true},
			{1, halt, KillAsking, true, false},
			{retry, nothing, KillAsking, false, false},
			{1 + retry, nothing, KillAsking, true, false},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGate(t, Config{})
			for i, s := range steps {
				s.call(g, s.at)
				if asked := g.Tick(s.at); asked != s.asked {
					t.Errorf("step %d: asked %t", i, asked)
				}
				st := g.Status()
				if st.Kill != s.state || st.Kill.Done() != (s.resume && st.Kill != KillIdle) {
					t.Fatalf("step %d: %+v", i, st)
				}
				if !s.resume && !errors.Is(g.Resume(s.at, Cause{}), ErrHalting) {
					t.Fatalf("step %d: resumed at work", i)
				}
			}
		})
	}
}

// TestKillGivesUp lets every try fail, and expects a new connection or a second Halt to begin anew.
func TestKillGivesUp(t *testing.T) {
	const tries = 3
	g := newGate(t, Config{CancelAllTries: tries, CancelAllRetry: time.Second})
	g.LoggedIn(0)
	g.Orders(0, OpenOrders{Open: 1, Complete: true})
	g.Halt(0, Cause{Reason: "first"})
	now, id := int64(0), uint64(0)
	fail := func() {
		t.Helper()
		for i := range tries {
			if !g.Tick(now) {
				t.Fatalf("try %d is not asked for", i)
			}
			id++
			g.CancelAllSent(now, id)
			if at, ok := g.Deadline(); !ok || at != now+int64(time.Second) {
				t.Fatalf("try %d: deadline %d %t", i, at, ok)
			}
			now += int64(time.Second)
		}
		if g.Tick(now) || g.Status().Kill != KillGaveUp || g.Status().Tries != tries {
			t.Fatalf("after the last try: %+v", g.Status())
		}
		if at, ok := g.Deadline(); ok {
			t.Fatalf("it gave up and has a deadline: %d", at)
		}
	}
	fail()
	if !g.Halt(now, Cause{Reason: "second"}) || g.Status().Cause.Reason != "first" {
		t.Errorf("a second Halt: %+v", g.Status())
	}
	fail()
	g.LoggedOut(now)
	g.LoggedIn(now)
	fail()
	g.CancelAllAnswered(now, id, true)
	g.Orders(now, OpenOrders{Complete: true})
	if st := g.Status(); st.Kill != KillFlat || st.CancelAll != 2*tries {
		t.Errorf("late success: %+v", st)
	}
	if err := g.Resume(now, Cause{}); err != nil || g.Status().Kill != KillIdle || g.Status().CancelAll != 0 {
		t.Errorf("resumed: %v, %+v", err, g.Status())
	}
}

// TestReadingsEnd expects readings not to wrap around, and a watchdog to have no deadline before the first of them.
func TestReadingsEnd(t *testing.T) {
	for _, c := range []struct{ now, d, want int64 }{
		{1, 2, 3},
		{math.MaxInt64 - 5, 5, math.MaxInt64},
		{math.MaxInt64 - 5, 6, math.MaxInt64},
		{math.MaxInt64, math.MaxInt64, math.MaxInt64},
		{math.MinInt64, 1, math.MinInt64 + 1},
	} {
		if got := after(c.now, c.d); got != c.want {
			t.Errorf("after(%d, %d) = %d, want %d", c.now, c.d, got, c.want)
		}
	}
	g := newGate(t, Config{Watchdog: time.Second})
	if at, ok := g.Deadline(); ok {
		t.Errorf("deadline %d before the first reading", at)
	}
	g.LoggedIn(math.MaxInt64 - 1)
	g.Orders(math.MaxInt64-1, OpenOrders{Open: 1})
	if g.Halt(math.MaxInt64-1, Cause{}); !g.Tick(math.MaxInt64-1) || g.Tick(math.MaxInt64-1) {
		t.Errorf("at the end of time: %+v", g.Status())
	}
}

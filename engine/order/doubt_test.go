package order_test

import (
	"testing"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
)

// TestResolveOverdue: what was sent too long ago, and of which complete messages have no trace, was not carried out.
func TestResolveOverdue(t *testing.T) {
	l := newLine(t, order.Config{}).create()
	l.m.ApplyFate(msg.PayloadOrderCreate, ref, 2, order.FateInDoubt, l.now)
	sent := l.order().Sent
	if events, more := l.m.ResolveOverdue(true, sent-1, l.now); len(events) != 0 || more || l.m.Doubts() != 1 {
		t.Errorf("too early: %+v, %t, %d doubts", events, more, l.m.Doubts())
	}
	events, more := l.m.ResolveOverdue(true, sent, l.now)
	if len(events) != 1 || more || events[0].Kind != order.DoubtResolved || events[0].State != order.NotPlaced ||
		events[0].Reason.String() != "no trace of it" {
		t.Errorf("%+v, %t", events, more)
	}
	if a := l.m.Account(); a.WorstCase != 0 || l.m.Doubts() != 0 || l.m.InDoubtCount() != 0 {
		t.Errorf("%+v, %d doubts", a, l.m.Doubts())
	}
	l.then(accepted) // after all
	if o := l.order(); o.State != order.Live || l.m.Account().WorstCase != 5000e4 {
		t.Errorf("%+v", o)
	}
}

// TestResolveOverdueRequests: a cancel in doubt had no effect, and its order is as it was. A state that is read again
// has the same doubts.
func TestResolveOverdueRequests(t *testing.T) {
	l := newLine(t, order.Config{}).create()
	l.then(accepted)
	l.send(msg.PayloadOrderCancel, 20)
	l.m.ApplyFate(msg.PayloadOrderCancel, 20, 20, order.FateInDoubt, l.now)
	if o := l.order(); o.Overlay != order.PendingCancel || l.m.Doubts() != 1 {
		t.Fatalf("%+v, %d doubts", o, l.m.Doubts())
	}
	again, err := order.New(order.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.LoadState(l.m.AppendState(nil)); err != nil || again.Doubts() != 1 {
		t.Errorf("%v, %d doubts", err, again.Doubts())
	}
	events, more := l.m.ResolveOverdue(true, l.now, l.now)
	if len(events) != 1 || more || events[0].Kind != order.DoubtResolved ||
		events[0].Request != msg.PayloadOrderCancel {
		t.Errorf("%+v, %t", events, more)
	}
	if o := l.order(); o.Overlay != 0 || o.State != order.Live || l.m.Doubts() != 0 {
		t.Errorf("%+v, %d doubts", o, l.m.Doubts())
	}
}

// TestResolveOverdueOfEnded: a request about an order that has ended had no effect, even if messages are missing. One
// about an order that is live stays in doubt then.
func TestResolveOverdueOfEnded(t *testing.T) {
	l := newLine(t, order.Config{}).create()
	l.then(accepted)
	l.send(msg.PayloadOrderCancelReplace, 20)
	l.m.ApplyFate(msg.PayloadOrderCancelReplace, 20, 20, order.FateInDoubt, l.now)
	if events, more := l.m.ResolveOverdue(false, l.now, l.now); len(events) != 0 || more || l.m.Doubts() != 1 {
		t.Errorf("live: %+v, %t, %d doubts", events, more, l.m.Doubts())
	}
	l.then(cancelled)
	if events, _ := l.m.ResolveOverdue(false, l.now-1, l.now); len(events) != 0 || l.m.Doubts() != 1 {
		t.Errorf("too early: %+v, %d doubts", events, l.m.Doubts())
	}
	events, more := l.m.ResolveOverdue(false, l.now, l.now)
	if len(events) != 1 || more || events[0].Kind != order.DoubtResolved || events[0].Reference != 20 ||
		l.m.Doubts() != 0 {
		t.Errorf("%+v, %t, %d doubts", events, more, l.m.Doubts())
	}
}

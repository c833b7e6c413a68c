package engine

import (
	"testing"
	"time"
)

// TestCancellationCovers opened orders by a later order_cancel_all, or by their ends.
func TestCancellationCovers(t *testing.T) {
	c := cancellation{lastSent: notSent}
	c.sentAt(1, 10)
	c.open(1001, 11)
	c.open(1002, 11)
	c.confirm(10)
	if c.done() || c.opens != 2 {
		t.Errorf("after the first: done %t, %d opened", c.done(), c.opens)
	}
	if c.close(1001); c.done() || c.opens != 1 || c.opened[0].id != 1002 {
		t.Errorf("one closed: %+v", c.opened[:c.opens])
	}
	if c.confirm(11); !c.done() {
		t.Error("the second covers the rest")
	}
	// One that is not known by its number needs a new one.
	if c.open(0, 12); c.done() {
		t.Error("an unknown order is covered")
	}
	if c.confirm(11); c.done() {
		t.Error("an old order_cancel_all counts")
	}
	if c.confirm(12); !c.done() {
		t.Error("a new one does not count")
	}
	for i := range uint64(openedMax + 1) {
		c.open(2000+i, 13)
	}
	if c.confirm(12); c.done() || c.accepted {
		t.Error("more orders than are remembered are covered by an old one")
	}
	if c.confirm(13); !c.done() {
		t.Error("not covered by a new one")
	}
	if c.login(); c.done() || c.pendings != 0 || !c.catchUp || c.due(time.Second) != 0 {
		t.Errorf("after a login: %+v", c)
	}
}

// TestCancellationIsDue at once, after a share of the timeout without an answer, after a pause for orders that
// were opened meanwhile, and never while only answers are missing.
func TestCancellationIsDue(t *testing.T) {
	const timeout = 4 * time.Second
	c := cancellation{lastSent: notSent, notBefore: notSent}
	check := func(when string, want int64) {
		t.Helper()
		if got := c.due(timeout); got != want {
			t.Errorf("%s: %d, want %d", when, got, want)
		}
	}
	check("at first", notSent)
	c.sentAt(100, 10)
	check("without an answer", 100+int64(timeout)/cancelTries)
	c.removePending(0)
	check("not accepted", 100+int64(cancelPause))
	c.confirm(10)
	check("accepted", never)
	c.open(1001, 11)
	check("opened", 100+int64(cancelPause))
	c.retry(200)
	check("refused", 200+int64(cancelPause))
	for i := range uint64(cancelsMax + 1) {
		c.sentAt(300, 20+i)
	}
	if c.pendings != cancelsMax || c.pending[0] != 21 || c.pending[cancelsMax-1] != 20+cancelsMax {
		t.Errorf("pending: %d", c.pending[:c.pendings])
	}
}

// TestCancellationOfADay does not wait for hours before it tries again because there are hours, nor so shortly that the
// answer to none is waited for.
func TestCancellationOfADay(t *testing.T) {
	c := cancellation{lastSent: notSent, notBefore: notSent}
	now, last := int64(0), int64(0)
	for i := range uint64(cancelsMax) {
		c.sentAt(now, i+1)
		at := c.due(durationMax)
		if took := at - now; took <= last || i == 0 && took > int64(10*time.Second) {
			t.Errorf("try %d follows after %v", i+2, time.Duration(took))
		}
		now, last = at, at-now
	}
	if now < int64(10*time.Minute) {
		t.Errorf("the answer to the first is waited for %v", time.Duration(now))
	}
}

// TestCancellationDoubts are resolved by their references, each once, also those beyond what is remembered.
func TestCancellationDoubts(t *testing.T) {
	var c cancellation
	for i := range uint64(openedMax + 2) {
		c.doubt(1 + i)
	}
	c.resolve(0)
	c.resolve(openedMax + 1)
	if c.inDoubt != openedMax+2 {
		t.Errorf("%d in doubt", c.inDoubt)
	}
	c.resolve(1)
	c.resolve(1)
	if c.inDoubt != openedMax+1 {
		t.Errorf("%d in doubt after an answer", c.inDoubt)
	}
	for i := range uint64(openedMax) {
		c.resolve(1 + i)
	}
	if c.inDoubt != 2 {
		t.Errorf("%d in doubt at the end", c.inDoubt)
	}
}

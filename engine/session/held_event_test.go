package session

import (
	"bytes"
	"testing"
)

// TestFreeKeepsQueuedEvents: a message that gives rise to another event first is returned after it, and refers to the
// receive buffer until then, so that this must not be moved in between.
func TestFreeKeepsQueuedEvents(t *testing.T) {
	k := newEstablished(t, Config{AccountSequence: 2 * accountRecent})
	k.receiveText("order_voided order_id=1 account_sequence_64=7") // of a new numbering, it seems
	ev, err := k.s.Next(k.now)
	if err != nil || ev == nil || ev.Kind != AccountReset {
		t.Fatalf("%v, %v", ev, err)
	}
	if free := k.s.Free(); len(free) != 0 {
		t.Fatalf("%d bytes are free while an event waits", len(free))
	}
	ev, err = k.s.Next(k.now)
	if err != nil || ev == nil || ev.Kind != Message {
		t.Fatalf("%v, %v", ev, err)
	}
	if raw := bytes.Clone(ev.Raw); len(raw) == 0 || ev.AccountSequence != 7 {
		t.Errorf("%v", ev)
	}
	if ev, err = k.s.Next(k.now); ev != nil || err != nil {
		t.Fatalf("%v, %v", ev, err)
	}
	if len(k.s.Free()) == 0 {
		t.Error("nothing is free")
	}
}

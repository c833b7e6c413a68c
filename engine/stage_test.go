package engine

import (
	"slices"
	"testing"

	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
)

// TestStages shows messages and other events to the stages in their order, and then to the handlers, and
// goes on with the stages alone once a handler has panicked.
func TestStages(t *testing.T) {
	e, err := New(Config{
		Address: "localhost:1", DisableTLS: true, Session: session.Config{Username: "user", Password: "pass"},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var order []string
	see := func(name string) func(*Event) { return func(*Event) { order = append(order, name) } }
	e.stages.set(stageBooks, see("books"))
	e.stages.set(stageOrders, see("orders"))
	e.OnMessage(see("every message"))
	e.OnContractQuotes(func(*Event, *msg.ContractQuotes) { order = append(order, "quotes") })
	e.OnGap(see("gap"))
	var p msg.Payload
	p.SetType(msg.PayloadContractQuotes)
	p.MutableContractQuotes().SetContractId(1)
	events := []*Event{{Kind: session.Message, Payload: &p}, {Kind: session.Gap}}
	for _, muted := range []bool{false, true} {
		want := []string{"orders", "books", "every message", "quotes", "orders", "books", "gap"}
		if muted {
			want = []string{"orders", "books", "orders", "books"}
		}
		if order, e.gate = nil, 0; muted {
			e.gate = gateMuted | gateStopping
		}
		for _, ev := range events {
			e.dispatch(ev)
		}
		if !slices.Equal(order, want) {
			t.Errorf("muted %t: %q, want %q", muted, order, want)
		}
	}
	e.gate = 0
}

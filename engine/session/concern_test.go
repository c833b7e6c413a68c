package session

import (
	"strings"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// TestConcerns holds the table to what the schema names. TestAccountSequence reads all
// messages about orders that are numbered.
func TestConcerns(t *testing.T) {
	// Their requests are not ours, and nothing in them is for the session.
	asked := []msg.PayloadType{
		msg.PayloadOrderCreate, msg.PayloadOrderCancel, msg.PayloadOrderCancelAll, msg.PayloadOrderQuantityReduce, msg.PayloadOrderCancelReplace,
	}
	for typ := msg.PayloadType(-3); typ < typesEnd+100; typ++ {
		want := market
		switch {
		case !typ.Known():
			want = nameless
		case typ == msg.PayloadThrottleLimitsChanged:
			want = limits
		case strings.Contains(typ.String(), "_ORDER_"):
			want = orders
		}
		for _, request := range asked {
			if typ == request {
				want = market
			}
		}
		if got := concernOf(typ); got != want {
			t.Errorf("%v: %d, want %d", typ, got, want)
		}
		if want == orders {
			var p msg.Payload
			p.SetType(typ)
			reportKeys(&p, typ, 0) // knows it, or panics
		}
	}
}

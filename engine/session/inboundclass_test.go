package session

import (
	"strings"
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// TestInboundClasses holds the table to what the schema names. TestAccountSequence reads all
// messages about orders that are numbered.
func TestInboundClasses(t *testing.T) {
	// Their requests are not ours, and nothing in them is for the session.
	asked := []msg.PayloadType{
		msg.PayloadOrderCreate, msg.PayloadOrderCancel, msg.PayloadOrderCancelAll,
		msg.PayloadOrderQuantityReduce, msg.PayloadOrderCancelReplace,
	}
	for typ := msg.PayloadType(-3); typ < typesEnd+100; typ++ {
		want := marketData
		switch {
		case !typ.Known():
			want = unknownType
		case typ == msg.PayloadThrottleLimitsChanged:
			want = throttleLimits
		case strings.Contains(typ.String(), "_ORDER_"):
			want = orderReport
		}
		for _, request := range asked {
			if typ == request {
				want = marketData
			}
		}
		if got := inboundClassOf(typ); got != want {
			t.Errorf("%v: %d, want %d", typ, got, want)
		}
		if want == orderReport {
			var p msg.Payload
			p.SetType(typ)
			reportKeys(&p, typ, 0) // knows it, or panics
		}
	}
}

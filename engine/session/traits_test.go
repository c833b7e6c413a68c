package session

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
)

// TestTraits holds the table to what the schema names and to what answerIn reads.
// TestAccountSequence holds it to the messages that are numbered.
func TestTraits(t *testing.T) {
	for typ := msg.PayloadType(-3); typ < typesEnd+100; typ++ {
		got := traitsOf(typ)
		if (got&nameless != 0) != !typ.Known() {
			t.Errorf("%v: nameless is %t", typ, got&nameless != 0)
		}
		if got&nameless != 0 && got != nameless {
			t.Errorf("%v: has no name and traits %b", typ, got)
		}
		var p msg.Payload
		p.SetType(typ)
		if _, ok := answerIn(&p); ok != (got&answers != 0) {
			t.Errorf("%v: answers is %t", typ, !ok)
		}
		if (got&limits != 0) != (typ == msg.PayloadThrottleLimitsChanged) {
			t.Errorf("%v: limits is %t", typ, got&limits != 0)
		}
	}
}

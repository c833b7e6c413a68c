package inspect

import (
	"strings"
	"testing"
)

// TestFilterCheck: what no record can be is refused, with what may have been meant.
func TestFilterCheck(t *testing.T) {
	for _, f := range []Filter{
		{},
		{Types: []string{"ORDER_CREATE", "order_executed", "PAYLOAD_MARKET_QUOTES", "PING", "unknown"}},
		{Kinds: []string{"inbound", "Refusal", "end", "kind 77"}},
	} {
		if err := f.Check(); err != nil {
			t.Errorf("%+v: %v", f, err)
		}
	}
	for want, f := range map[string]Filter{
		`"executed"; there is ORDER_EXECUTED`: {Types: []string{"PING", "executed"}},
		`"orders", as ORDER_CREATE is one`:    {Types: []string{"orders"}},
		`"", as ORDER_CREATE`:                 {Types: []string{""}},
		`"message": there are segment, seal,`: {Kinds: []string{"message"}},
	} {
		if err := f.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", f, err, want)
		}
	}
}

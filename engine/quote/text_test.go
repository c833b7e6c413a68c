package quote_test

import (
	"testing"

	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/odds"
)

// TestEventText holds what events print.
func TestEventText(t *testing.T) {
	at := quote.Contract{Market: 5, ID: 6}
	for want, ev := range map[string]quote.Event{
		"5/6 held: gap, suspect book": {Contract: at, Kind: quote.Held, Reasons: quote.Gap | quote.SuspectBook},
		"5/6 resumed":                 {Contract: at, Kind: quote.Resumed},
		"5/6 gave up: sell":           {Contract: at, Kind: quote.GaveUp, Side: odds.Sell},
	} {
		if got := ev.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

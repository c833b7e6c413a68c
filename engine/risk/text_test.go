package risk_test

import (
	"testing"

	"github.com/smk-go/smk/engine/risk"
)

// TestEventText holds what events print.
func TestEventText(t *testing.T) {
	cause := risk.Cause{Trigger: risk.TriggerSignal, Reason: "user defined signal 1"}
	for want, ev := range map[string]risk.Event{
		"mode halted, was active: signal: user defined signal 1": {Mode: risk.Halted, Cause: cause},
		"kill switch asking, 6 open, 1 in doubt: signal: user defined signal 1": {
			Kind: risk.KillChanged, Kill: risk.KillAsking, Open: 6, InDoubt: 1, Cause: cause,
		},
		"loss exceeded: 12.50": {Kind: risk.LossExceeded, Amount: 125e7},
		"watchdog expired":     {Kind: risk.WatchdogExpired},
	} {
		if got := ev.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

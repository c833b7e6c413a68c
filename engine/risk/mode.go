package risk

// Mode says what may be traded.
type Mode uint8

// The modes, by strictness.
const (
	Active   Mode = iota // all that keeps the limits
	Reducing             // only what lowers the worst case of a market
	Halted               // nothing: cancels and reductions alone
)

var modeNames = [...]string{"active", "reducing", "halted"}

// String returns the mode's name.
func (m Mode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return "unknown mode"
}

// Trigger says what changed a mode.
type Trigger uint8

// The triggers. Those up to TriggerOther are the caller's, the others the gate's own.
const (
	TriggerAPI    Trigger = iota // the program
	TriggerSignal                // a signal of the operating system
	TriggerFile                  // a file that appeared
	TriggerOther
	TriggerWatchdog
	TriggerDrift
	TriggerLoss
)

var triggerNames = [...]string{"api", "signal", "file", "other", "watchdog", "drift", "loss"}

// String returns the trigger's name.
func (t Trigger) String() string {
	if int(t) < len(triggerNames) {
		return triggerNames[t]
	}
	return "unknown trigger"
}

// CauseBytesMax is how long each text of a [Cause] may be; of a longer one the beginning is kept.
const CauseBytesMax = 256

// Cause says why a mode changed and who changed it. Strings are kept as they are.
type Cause struct {
	Trigger Trigger
	Who     string // the person or part of a program, empty if unknown
	Reason  string
}

// String returns the trigger, the reason and who it was.
func (c Cause) String() string {
	text := c.Trigger.String()
	if c.Reason != "" {
		text += ": " + c.Reason
	}
	if c.Who != "" {
		text += ", by " + c.Who
	}
	return text
}

// bounded returns the cause with texts of bounded length.
func (c Cause) bounded() Cause {
	c.Who = c.Who[:min(len(c.Who), CauseBytesMax)]
	c.Reason = c.Reason[:min(len(c.Reason), CauseBytesMax)]
	return c
}

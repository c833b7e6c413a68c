package goal

import (
	"fmt"
	"math"
)

// Sense is the side of a limit that is good.
type Sense uint8

// Senses.
const (
	AtMost  Sense = iota // less is better
	AtLeast              // more is better
)

func (s Sense) String() string {
	if s == AtMost {
		return "<="
	}
	return ">="
}

// none is the stretch of a goal that has none: nothing reaches it.
var none = math.NaN()

// Goal is a limit for one measured number.
type Goal struct {
	// Number is the goal's place in the plan; several numbers may belong to one goal. A guard has
	// the number 0: it keeps the goals from being reached by tricks.
	Number int

	// Key names the measured number, once in the table.
	Key string

	// What says what is measured, for people.
	What string

	Sense   Sense
	Limit   float64
	Stretch float64 // NaN if there is none
}

// Guard is the number of what is not a goal of its own.
const Guard = 0

// Verdict is what a measurement says of a goal.
type Verdict uint8

// Verdicts.
const (
	NotMeasured Verdict = iota
	Missed
	Reached
	Stretched
)

func (v Verdict) String() string {
	switch v {
	case Missed:
		return "MISSED"
	case Reached:
		return "reached"
	case Stretched:
		return "stretch"
	}
	return "not measured"
}

// MarshalText writes the verdict's name.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText reads a verdict's name.
func (v *Verdict) UnmarshalText(text []byte) error {
	for *v = NotMeasured; *v <= Stretched; *v++ {
		if v.String() == string(text) {
			return nil
		}
	}
	return fmt.Errorf("no verdict is called %q", text)
}

// Verdict judges a measured value. A limit is met by being equal to it.
func (g Goal) Verdict(measured float64) Verdict {
	switch {
	case math.IsNaN(measured):
		return NotMeasured
	case g.met(measured, g.Stretch):
		return Stretched
	case g.met(measured, g.Limit):
		return Reached
	}
	return Missed
}

// met reports whether the value is on the good side of the limit. Nothing is with a NaN.
func (g Goal) met(measured, limit float64) bool {
	if g.Sense == AtMost {
		return measured <= limit
	}
	return measured >= limit
}

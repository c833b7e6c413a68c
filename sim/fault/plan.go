package fault

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// Kind is a kind of fault.
type Kind uint8

// The kinds of faults, by the occasion at which they may happen.
const (
	// For each message to the client that has its sequence.
	Drop      Kind = iota // it is lost: a gap
	Duplicate             // it arrives twice
	Delay                 // it arrives later, up to Plan.DelayMax, and others overtake it
	Reorder               // it arrives after the next one
	Corrupt               // one bit of it is flipped
	Split                 // it arrives in pieces of a few bytes
	Coalesce              // it waits for others, up to Plan.CoalesceFor, and all arrive at once
	Drip                  // it arrives in pieces of eight bytes, Plan.DripEvery apart
	Cut                   // the connection breaks in the middle of it
	Stall                 // nothing moves in either direction, up to Plan.StallMax
	HalfOpen              // nothing moves any more, and the exchange closes after Plan.HalfOpenFor

	// For each connection.
	Refuse // it is closed at once

	// For each message from the client.
	DropIn      // it is lost: the exchange sees a gap
	DuplicateIn // it arrives twice
	DelayIn     // it arrives later and others overtake it
	ReorderIn   // it arrives after the next one
	CorruptIn   // one bit is flipped; for each read

	// For each message to the client before it gets its sequence, so that there is no gap.
	DropBefore      // it is lost
	DuplicateBefore // it is sent twice, as two messages
	DelayBefore     // it is sent later
	ReorderBefore   // it is sent after the next one
	Swap            // the answer to a create is sent after the next such answer, if that is the next message
	Unconfirmed     // the answer to a request is lost
	Skip            // a sequence before it is skipped

	// For each order request in sequence.
	Unheard   // it is not carried out and not answered
	Throttled // it is not carried out, and THROTTLE_EXCEEDED reports that something was dropped

	Kinds // number of kinds
)

var kindNames = [Kinds]string{
	"drop", "duplicate", "delay", "reorder", "corrupt", "split", "coalesce", "drip", "cut", "stall", "half-open",
	"refuse",
	"drop-in", "duplicate-in", "delay-in", "reorder-in", "corrupt-in",
	"drop-before", "duplicate-before", "delay-before", "reorder-before", "swap", "unconfirmed", "skip",
	"unheard", "throttled",
}

// String returns the name that [Parse] accepts.
func (k Kind) String() string {
	if k < Kinds {
		return kindNames[k]
	}
	return "unknown kind"
}

// accountOnly is the name of Plan.AccountOnly.
const accountOnly = "account-only"

// Million is the chance of a certain event.
const Million = 1_000_000

// Plan says which faults happen on a connection, and how often. The zero value has no faults. Durations that are
// zero mean the defaults.
type Plan struct {
	Chance [Kinds]uint32 // in a million

	// AccountOnly restricts DelayBefore and ReorderBefore to messages with an account sequence, so that these come out
	// of order and books stay right. What is repeated after a login is in order, and none of them is sent after a
	// balance_changed that it was before.
	AccountOnly bool

	DelayMax    time.Duration // 0 means 200 ms
	StallMax    time.Duration // 0 means 2 s
	CoalesceFor time.Duration // 0 means 50 ms
	DripEvery   time.Duration // 0 means 10 ms
	HalfOpenFor time.Duration // 0 means 2 min
}

// With returns a copy of the plan with a chance, in a million, for some kinds.
func (p Plan) With(chance uint32, kinds ...Kind) Plan {
	for _, k := range kinds {
		p.Chance[k] = min(chance, Million)
	}
	return p
}

// Inactive reports whether the plan has no faults.
func (p Plan) Inactive() bool { return p.Chance == [Kinds]uint32{} }

// Resolve returns the plan with the defaults of its durations.
func (p Plan) Resolve() Plan {
	for _, d := range []struct {
		v    *time.Duration
		zero time.Duration
	}{
		{&p.DelayMax, 200 * time.Millisecond},
		{&p.StallMax, 2 * time.Second},
		{&p.CoalesceFor, 50 * time.Millisecond},
		{&p.DripEvery, 10 * time.Millisecond},
		{&p.HalfOpenFor, 2 * time.Minute},
	} {
		if *d.v <= 0 {
			*d.v = d.zero
		}
	}
	return p
}

// Swarm returns a random plan: about a third of the kinds, each with its own chance. Kinds that end a connection
// are rarer than others.
func Swarm(random *rand.Rand) Plan {
	var p Plan
	for k := range p.Chance {
		if random.IntN(3) != 0 {
			continue
		}
		most := 100_000
		switch Kind(k) {
		case Cut, HalfOpen, Corrupt, CorruptIn, Stall:
			most = 20_000
		case Refuse:
			most = 300_000
		}
		p.Chance[k] = uint32(1 + random.IntN(most)>>random.IntN(6))
	}
	p.DelayMax = time.Duration(1+random.IntN(1000)) * time.Millisecond
	p.StallMax = time.Duration(1+random.IntN(5000)) * time.Millisecond
	return p
}

var spans = []struct {
	name string
	of   func(*Plan) *time.Duration
}{
	{"delay-max", func(p *Plan) *time.Duration { return &p.DelayMax }},
	{"stall-max", func(p *Plan) *time.Duration { return &p.StallMax }},
	{"coalesce-for", func(p *Plan) *time.Duration { return &p.CoalesceFor }},
	{"drip-every", func(p *Plan) *time.Duration { return &p.DripEvery }},
	{"half-open-for", func(p *Plan) *time.Duration { return &p.HalfOpenFor }},
}

// Parse parses a plan such as "drop=1%,delay=0.05,delay-max=1s": kinds with their chance, in percent or as a
// fraction, and durations. "none" has no faults. The error names the part that is wrong.
func Parse(text string) (Plan, error) {
	var p Plan
	if text == "none" {
		return p, nil
	}
	seen := make(map[string]bool)
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(part, "=")
		if seen[name] {
			return p, fmt.Errorf("%q is given twice", name)
		}
		seen[name] = true
		if err := p.set(name, value); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (p *Plan) set(name, value string) error {
	for _, s := range spans {
		if s.name != name {
			continue
		}
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 || d > time.Hour {
			return fmt.Errorf("%s: %q is not a duration of at most 1h", name, value)
		}
		*s.of(p) = d
		return nil
	}
	if name == accountOnly {
		if value != "" {
			return fmt.Errorf("%s takes no value", name)
		}
		p.AccountOnly = true
		return nil
	}
	for k, known := range kindNames {
		if known != name {
			continue
		}
		number, percent := strings.CutSuffix(value, "%")
		f, err := strconv.ParseFloat(number, 64)
		if percent {
			f /= 100
		}
		if err != nil || !(f >= 0 && f <= 1) {
			return fmt.Errorf("%s: %q is not a chance such as 1%% or 0.01", name, value)
		}
		p.Chance[k] = uint32(f*Million + 0.5)
		return nil
	}
	return fmt.Errorf("%q is not a fault; there are %s", name, strings.Join(Names(), ", "))
}

// Names returns the names that [Parse] accepts.
func Names() []string {
	list := append([]string(nil), kindNames[:]...)
	list = append(list, accountOnly)
	for _, s := range spans {
		list = append(list, s.name)
	}
	return list
}

// String formats the plan as [Parse] accepts it.
func (p Plan) String() string {
	var parts []string
	for k, c := range p.Chance {
		if c > 0 {
			parts = append(parts, fmt.Sprintf("%v=%s%%", Kind(k), strconv.FormatFloat(float64(c)/(Million/100), 'f', -1,
				64)))
		}
	}
	for _, s := range spans {
		if d := *s.of(&p); d > 0 {
			parts = append(parts, fmt.Sprintf("%s=%v", s.name, d))
		}
	}
	if p.AccountOnly {
		parts = append(parts, accountOnly)
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ",")
}

package inspect

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/smk-go/smk/journal"
)

// How a cause is found: the largest of what is known to have taken time, if that is half of it. A pause of the garbage
// collector explains a call that was slow, a slow call explains what waited behind it, and what waited in the receive
// buffer explains an answer that was read late; what nothing here explains was outside.

func isDamage(err error) bool {
	var damage *journal.DamageError
	return errors.As(err, &damage)
}

// judge finds the stages and the cause of a round trip, and keeps it if it is among the slowest.
func (s *tracker) judge(r *RoundTrip) {
	if r.led != nil && r.led.moved != 0 && r.led.moved <= r.queued {
		r.start = min(r.start, r.led.moved)
	}
	r.Handler = r.handlerTime()
	r.written, r.read = r.out.moved, r.back.moved
	if r.written < r.queued || r.written > r.taken {
		r.written = r.queued
	}
	if r.read < r.written || r.read > r.taken || r.connections > 0 {
		r.read = r.taken
	}
	r.Ring, r.Network, r.Queue = r.written-r.queued, r.read-r.written, r.taken-r.read
	r.Total = r.taken - r.start
	if len(s.slowest) == s.top && r.Total <= s.slowest[s.top-1].Total {
		return
	}
	s.collect(r)
	r.decide()
	s.keep(r)
}

// handlerTime returns how long it is since the message that led to the request was read.
func (r *RoundTrip) handlerTime() int64 {
	switch {
	case r.led == nil:
		return 0
	case r.led.moved == 0 || r.led.moved > r.queued:
		return r.queued - r.led.at
	}
	return r.queued - r.led.moved
}

// collect gathers what happened during a round trip.
func (s *tracker) collect(r *RoundTrip) {
	var spans []span
	for _, b := range s.busy {
		if b.to <= r.start || b.from >= r.taken {
			continue
		}
		spans = append(spans, b)
		if d := min(b.to, r.taken) - max(b.from, r.start); d > r.LongestCall {
			r.LongestCall, r.SlowHandler = d, s.nameOf(b)
		}
	}
	for i := len(s.recent) - 1; i >= 0; i-- {
		f := s.recent[i]
		if f.at < r.start {
			break
		}
		if f == r.back || f.at > r.taken {
			continue
		}
		r.Messages++
		r.Bytes += f.size
		if f.moved != 0 && f.moved < f.at {
			spans = append(spans, span{from: f.moved, to: f.at})
		}
	}
	if r.Queue > 0 {
		spans = append(spans, span{from: r.read, to: r.taken})
	}
	for _, v := range s.evidence {
		if v.to < r.start || v.from > r.taken {
			continue
		}
		switch {
		case v.kind == journal.KindGC:
			r.Collections += v.gc.Collections
			r.PauseMax = max(r.PauseMax, v.gc.PauseMax)
		case v.slow:
			spans = append(spans, span{from: v.from, to: v.to})
			if d := min(v.to, r.taken) - max(v.from, r.start); d > r.LongestCall {
				r.LongestCall, r.SlowHandler = d, v.name
			}
		case v.stopped:
			r.stopped = max(r.stopped, min(v.to, r.taken)-max(v.from, r.start))
		}
	}
	r.Busy = covered(spans, r.queued-r.Handler, r.taken)
}

// nameOf returns what a busy time was spent on: the handler that the log names, or what came before.
func (s *tracker) nameOf(b span) string {
	name, most := "", int64(0)
	for _, v := range s.evidence {
		if d := min(v.to, b.to) - max(v.from, b.from); v.name != "" && !v.stopped && d > most && d >= v.took/2 {
			name, most = v.name, d
		}
	}
	switch {
	case name != "" && most >= (b.to-b.from)/2:
		return name
	case b.after != "":
		return "a call that was not slow enough for the log, after " + b.after + " arrived,"
	}
	return "a call that was not slow enough for the log"
}

// covered returns how much of a time spans cover.
func covered(spans []span, from, to int64) (sum int64) {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	for _, b := range spans {
		start, end := max(b.from, from), min(b.to, to)
		if end > start {
			sum += end - start
			from = end
		}
	}
	return sum
}

// decide names the cause.
func (r *RoundTrip) decide() {
	half := r.Total / 2
	pause := r.PauseMax
	if pause > 2*r.Total {
		// The two stops of a collection are counted as one pause, and the longer has to fit: nothing is sent or read in
		// the middle of one.
		pause = 0
	}
	switch {
	case r.Held >= half && r.Refusals > 0:
		r.Cause = CauseThrottle
		r.Why = fmt.Sprintf("the throttle refused it %d times for %s", r.Refusals, micros(r.Held))
	case r.connections > 0:
		r.Cause = CauseConnection
		r.Why = fmt.Sprintf("the connection broke before the answer; it came on a later one, %d opened since",
			r.connections)
	case pause >= half:
		r.Cause = CauseGC
		r.Why = fmt.Sprintf("%d collections about then, longest pause %s", r.Collections, micros(r.PauseMax))
	case r.stopped >= half:
		r.Cause = CauseStopped
		r.Why = "the process did not run for " + micros(r.stopped)
	case r.Busy < half && (r.out.moved == 0 || r.back.moved == 0):
		r.Cause = CauseUnknown
		r.Why = "the journal does not have when it was written and read"
	case r.Busy < half:
		r.Cause = CausePeer
		r.Why = fmt.Sprintf("the loop was busy for %s of %s", micros(r.Busy), micros(r.Total))
		if r.refused {
			r.Why += "; the exchange's throttle refused it"
		}
	case r.LongestCall >= r.Busy/2:
		r.Cause = CauseHandler
		r.Why = fmt.Sprintf("%s took %s", r.SlowHandler, micros(r.LongestCall))
		if r.Collections > 0 {
			r.Why += fmt.Sprintf(", with %d garbage collections about then, longest pause %s", r.Collections,
				micros(r.PauseMax))
		}
	default:
		r.Cause = CauseBacklog
		r.Why = fmt.Sprintf("%d messages of %d bytes were handled before the answer, the loop was busy for %s",
			r.Messages, r.Bytes, micros(r.Busy))
	}
}

// Text returns the round trip as three lines for people.
func (r *RoundTrip) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%10s  %s %s #%d", micros(r.Total), r.Time, r.Type, r.Seq)
	if r.Reference != 0 {
		fmt.Fprintf(&b, " reference=%d", r.Reference)
	}
	if r.Order != 0 {
		fmt.Fprintf(&b, " order=%d", r.Order)
	}
	fmt.Fprintf(&b, ", %s (records %d and %s)\n            ", r.Answer, r.Record, r.Answered.Number())
	if r.Held > 0 {
		fmt.Fprintf(&b, "held %s, ", micros(r.Held))
	}
	fmt.Fprintf(&b, "handler %s, ring %s, exchange and network %s, queue %s\n", micros(r.Handler), micros(r.Ring),
		micros(r.Network), micros(r.Queue))
	fmt.Fprintf(&b, "            %s: %s", r.Cause, r.Why)
	return b.String()
}

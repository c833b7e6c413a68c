package config

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/smk-go/smk/journal"
)

// recording are the settings of the journal.
var recording = []setting{
	{"journal", "dir", "Journal.Dir", false, text(func(t *target) *string { return &t.Journal.Dir })},
	{"journal", "name", "Journal.Name", false, text(func(t *target) *string { return &t.Journal.Name })},
	{"journal", "ring_bytes", "Journal.RingBytes", false, size(func(t *target) *int { return &t.Journal.RingBytes })},
	{"journal", "segment_bytes", "Journal.SegmentBytes", false, size(func(t *target) *int {
		return &t.Journal.SegmentBytes
	})},
	{"journal", "on_full", "Journal.OnFull", false, choice(func(t *target) *journal.FullPolicy {
		return &t.Journal.OnFull
	}, "count", "wait")},
	{"journal", "wait_max", "Journal.WaitMax", false, period(func(t *target) *time.Duration {
		return &t.Journal.WaitMax
	})},
	{"journal", "durability", "Journal.Durability", false, choice(func(t *target) *journal.Durability {
		return &t.Journal.Durability
	}, "interval", "none", "group", "each")},
	{"journal", "interval", "Journal.Interval", false, period(func(t *target) *time.Duration {
		return &t.Journal.Interval
	})},
	{"journal", "pause", "Journal.Pause", false, period(func(t *target) *time.Duration { return &t.Journal.Pause })},
	{"journal", "on_failure", "Journal.OnFailure", false, choice(func(t *target) *journal.FailurePolicy {
		return &t.Journal.OnFailure
	}, "halt", "continue", "stop")},
	{"journal", "keep_bytes", "Journal.KeepBytes", false, size(func(t *target) *int64 { return &t.Journal.KeepBytes })},
	{"journal", "keep_for", "Journal.KeepFor", false, period(func(t *target) *time.Duration {
		return &t.Journal.KeepFor
	})},
}

// size takes a number of bytes that is not 0, with or without a unit.
func size[T int | int64](field func(*target) *T) func(*target, string) (string, bool) {
	units := [...]struct {
		name  string
		bytes int64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"B", 1}}
	return func(t *target, s string) (string, bool) {
		unit := int64(1)
		for _, u := range units {
			if number, ok := strings.CutSuffix(s, u.name); ok {
				s, unit = strings.TrimRight(number, " "), u.bytes
				break
			}
		}
		n, err := strconv.ParseInt(s, 10, 64)
		ok := err == nil && n > 0 && s[0] != '+' && n <= math.MaxInt64/unit && int64(T(n*unit)) == n*unit
		if ok {
			*field(t) = T(n * unit)
		}
		return "a size greater than 0, such as 64MiB, 10GiB or 1048576", ok
	}
}

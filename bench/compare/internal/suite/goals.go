package suite

import (
	"fmt"
	"math"

	"github.com/smk-go/smk/bench/compare"
	"github.com/smk-go/smk/bench/compare/roundtrip"
)

// Sense is the side of a limit that is good.
type Sense string

// Senses.
const (
	AtMost  Sense = "<=" // less is better
	AtLeast Sense = ">=" // more is better
)

// Guard is the number of what is not a goal of its own: it keeps the goals from being reached by tricks.
const Guard = 0

// none is the stretch of a goal that has none: nothing reaches it.
var none = math.NaN()

// goal is a limit for one measured number: the time of one variant of a group divided by that of
// another. Without over it is millions of operations a second, and without both a number of its own
// that the group's name stands for.
type goal struct {
	number        int // in the plan; several limits may have one
	what          string
	sense         Sense
	limit         float64
	stretch       float64 // NaN if there is none
	part          string
	group         string
	over, under   string
	neverMeasured string // why it is not measured on any machine
}

// goals are all goals in the order of the plan, the guards at the end. Both sides of a ratio are
// measured in turn in one run.
var goals = []goal{
	{1, "decode executed, ours / byte sum in Go", AtMost, 0.95, 0.75, codec, "decode executed", ours, byteSum, ""},
	{2, "decode executed, ours / memcpy", AtMost, 6.5, 5, codec, "decode executed", ours, memcpy, ""},

	{3, "decode executed, C++ libprotobuf / ours", AtLeast, 4, 5, codec, "decode executed", cppReused, ours, ""},
	{3, "decode quotes 10+10, C++ libprotobuf / ours", AtLeast, 4, 6, codec, "decode quotes", cppReused, ours, ""},
	{3, "decode mixed feed, C++ libprotobuf / ours", AtLeast, 3.5, 4.5, codec, "decode mixed", cppReused, ours, ""},

	{4, "decode executed, vtprotobuf pooled / ours", AtLeast, 15, 18, codec, "decode executed", compare.VTPooled, ours, ""},
	{4, "decode quotes 10+10, vtprotobuf pooled / ours", AtLeast, 14, 20, codec, "decode quotes", compare.VTPooled, ours, ""},

	{5, "decode executed, google.golang.org/protobuf / ours", AtLeast, 30, 40, codec, "decode executed", compare.Google, ours, ""},
	{5, "decode quotes 10+10, google.golang.org/protobuf / ours", AtLeast, 45, 60, codec, "decode quotes", compare.Google, ours, ""},

	{6, "decode executed, easyproto / ours", AtLeast, 5.5, 7, codec, "decode executed", compare.Easy, ours, ""},
	{6, "decode executed, hyperpb with a profile / ours", AtLeast, 12, 15, codec, "decode executed", compare.Hyper, ours, ""},

	{7, "decode quotes 10+10, ours / byte sum in Go", AtMost, 1.0, 0.7, codec, "decode quotes", ours, byteSum, ""},

	{8, "encode order frame, ours / memcpy", AtMost, 5, 4, codec, "encode create", ours, memcpy, ""},
	{8, "encode order frame, vtprotobuf / ours", AtLeast, 3.3, 4, codec, "encode create", compare.VTPlain, ours, ""},
	{8, "encode order frame, C++ libprotobuf / ours", AtLeast, 1.8, 2.2, codec, "encode create", cppEncode, ours, ""},

	{9, "executed, scan and decode / decode alone", AtMost, 1.10, 1.03, layout, "scan executed", scanned, cut, ""},
	{9, "mixed feed, scan and decode / decode alone", AtMost, 1.10, 1.03, layout, "scan mixed", scanned, cut, ""},

	{10, "one execution, fields in one other order / in order", AtMost, 7, 4, layout, "one executed", otherOrder, inOrder, ""},
	{10, "one book 10+10, fields in one other order / in order", AtMost, 7, 4, layout, "one quotes", otherOrder, inOrder, ""},
	{10, "different executions, fields in 1,024 orders / in order", AtMost, 7, 4, layout, "different executed", shuffled, inOrder, ""},
	{10, "different quotes 10+10, fields in 1,024 orders / in order", AtMost, 7, 4, layout, "different quotes", shuffled, inOrder, ""},
	{10, "different executions, unknown fields between / without, per byte", AtMost, 7, 4, layout, "different executed", unknown, inOrder, ""},
	{10, "different quotes 10+10, unknown fields between / without, per byte", AtMost, 7, 4, layout, "different quotes", unknown, inOrder, ""},

	{11, "round trip, engine / C busy polling, p50", AtMost, 1.05, 1.02, network, roundtrip.P50, roundtrip.EngineSpins, roundtrip.Floor, ""},
	{11, "round trip, engine / C busy polling, p99", AtMost, 1.10, 1.04, network, roundtrip.P99, roundtrip.EngineSpins, roundtrip.Floor, ""},
	{11, "round trip, engine / C busy polling, p99.9", AtMost, 1.25, 1.10, network, roundtrip.P999, roundtrip.EngineSpins, roundtrip.Floor, ""},

	{12, "round trip, net.Conn with google protobuf / engine, p50", AtLeast, 2.5, 2.8, network, roundtrip.P50, roundtrip.Naive, roundtrip.EngineSpins, ""},
	{12, "round trip, net.Conn with google protobuf / engine, p99", AtLeast, 5, 7, network, roundtrip.P99, roundtrip.Naive, roundtrip.EngineSpins, ""},

	{13, "round trip, spin then block / C busy polling, p50", AtMost, 1.06, 1.03, network, roundtrip.P50, roundtrip.EngineAdapts, roundtrip.Floor, ""},
	{13, "round trip, spin then block / C busy polling, p99", AtMost, 1.10, 1.05, network, roundtrip.P99, roundtrip.EngineAdapts, roundtrip.Floor, ""},

	{
		14, "hand-over to a loop that looks at the ring alone / one cache line's transfer, p50", AtMost, 2, 1.2,
		network, roundtrip.HandOver, roundtrip.Ring, roundtrip.CacheLine, "",
	},
	{
		14, "hand-over to the spinning engine, which also looks at its socket / one cache line's transfer, p50", AtMost, 2, 1.2,
		network, roundtrip.HandOver, roundtrip.ToEngine, roundtrip.CacheLine, "",
	},
	{15, "wake by a blocked eventfd / our hand-over, p50", AtLeast, 50, 100, network, roundtrip.HandOver, roundtrip.Eventfd, roundtrip.ToEngine, ""},

	{16, "round trip, crypto/tls over our connection / plain, p50", AtMost, 1.22, none, network, roundtrip.P50, roundtrip.EngineTLSGo, roundtrip.EngineGo, ""},
	{16, "round trip, crypto/tls over our connection / plain, p99", AtMost, 1.25, none, network, roundtrip.P99, roundtrip.EngineTLSGo, roundtrip.EngineGo, ""},

	{17, "round trip, own TLS record layer / plain, p50", AtMost, 1.15, 1.10, "", "", "", "", "not built: crypto/tls stays as it is"},

	{18, "allocations per message, plain", AtMost, 0, 0, codec, allocsPlain, "", "", ""},
	{18, "allocations per record read, crypto/tls", AtMost, 1, 0, network, allocsTLS, "", "", ""},

	{19, "longest stall in collections, 1 GiB of our state / none", AtMost, 2, 1.2, network, roundtrip.Stall, roundtrip.StateLarge, roundtrip.StateSmall, ""},

	{20, "identifier to slug, math/big / ours", AtLeast, 5, 8, slug, "identifier to slug", mathBig, own, ""},
	{20, "slug to identifier, math/big / ours", AtLeast, 8, 12, slug, "slug to identifier", mathBig, own, ""},

	{Guard, "decode executed, 1,024 different / one again and again", AtMost, 1.35, none, layout, "varied executed", different, one, ""},
	{Guard, "encode order frame, 1,024 different / one again and again", AtMost, 1.35, none, layout, "varied create", different, one, ""},
	{Guard, "engine, order out and answer in / encode and decode alone", AtMost, 2, none, stage, "order", "engine", "encode+decode", ""},
	{Guard, "engine, quote in, order out, answer in / codec alone", AtMost, 2, none, stage, "trade", "engine", "decode+encode+decode", ""},
	{Guard, "mixed feed, scan to handler / scan and decode alone", AtMost, 2, none, stage, "in mixed", "engine", "scan+decode", ""},
	{Guard, "mixed feed, scan to handler, million messages a second on one core", AtLeast, 10, none, stage, "in mixed", "", "engine", ""},
}

// Verdict is what a measurement says of a goal.
type Verdict string

// Verdicts.
const (
	NotMeasured Verdict = "not measured"
	Missed      Verdict = "MISSED"
	Reached     Verdict = "reached"
	Stretched   Verdict = "stretch"
)

// UnmarshalText reads a verdict.
func (v *Verdict) UnmarshalText(text []byte) error {
	switch *v = Verdict(text); *v {
	case NotMeasured, Missed, Reached, Stretched:
		return nil
	}
	return fmt.Errorf("no verdict is called %q", text)
}

// verdict judges a measured value. A limit is met by being equal to it.
func (g goal) verdict(measured float64) Verdict {
	switch {
	case math.IsNaN(measured):
		return NotMeasured
	case g.met(measured, g.stretch):
		return Stretched
	case g.met(measured, g.limit):
		return Reached
	}
	return Missed
}

// met reports whether the value is on the good side of the limit. Nothing is with a NaN.
func (g goal) met(measured, limit float64) bool {
	if g.sense == AtMost {
		return measured <= limit
	}
	return measured >= limit
}

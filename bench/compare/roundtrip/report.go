package roundtrip

import (
	"errors"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Config says how much to measure. The zero value takes between one and two minutes.
type Config struct {
	// Rounds is how often each client takes its turn. 0 means 11.
	Rounds int

	// RoundTrips is how many count in each turn, and Warm how many come before
	// them. 0 means 10000 and 1000.
	RoundTrips int
	Warm       int

	// Interval is the time between two orders of the clients that have a
	// schedule. 0 means 50 microseconds.
	Interval time.Duration

	// HandOvers is how often work is handed over in each round. 0 means 20000.
	HandOvers int

	// StateBytes is the size of the send ring of the loop that holds much, and
	// Stall for how long its worst stall is looked for in each of StallRounds.
	// 0 means 1 GiB, 2 s and 3.
	StateBytes  int
	Stall       time.Duration
	StallRounds int
}

func (c Config) resolve() (Config, error) {
	for _, d := range []struct {
		value *int
		def   int
		least int
	}{
		{&c.Rounds, 11, 1},
		{&c.RoundTrips, 10_000, 10},
		{&c.Warm, 1000, 1},
		{&c.HandOvers, 20_000, 10},
		{&c.StateBytes, 1 << 30, 1 << 20},
		{&c.StallRounds, 3, 1},
	} {
		if *d.value == 0 {
			*d.value = d.def
		}
		if *d.value < d.least || *d.value > 1<<30 {
			return c, errors.New("roundtrip: a setting is out of range")
		}
	}
	if c.Interval == 0 {
		c.Interval = 50 * time.Microsecond
	}
	if c.Stall == 0 {
		c.Stall = 2 * time.Second
	}
	if c.Interval < 0 || c.Stall < 0 {
		return c, errors.New("roundtrip: a time is negative")
	}
	return c, nil
}

// Report is what was measured.
type Report struct {
	Cores      [2]int // of the client and of the server
	Rounds     int
	RoundTrips int           // of each client in each round
	Interval   time.Duration // of the clients with a schedule

	// CacheLine is the time that one cache line takes between the two cores and
	// back, halved, in microseconds.
	CacheLine Spread

	// Clients in the order in which they take their turns.
	Clients []Client

	// NaiveToEngine is the time of the client that a user would write first,
	// divided by that of the spinning engine in the same round.
	NaiveToEngine Ratio

	// TLSToPlain is the time of the spinning engine with TLS, divided by its time
	// without, both against the same server in Go that spins too.
	TLSToPlain Ratio

	HandOver HandOver
	Stall    Stall

	// Notes say what could not be measured and why.
	Notes []string
}

// Names of the clients.
const (
	Floor         = "C, busy"
	FloorBlocks   = "C, blocking"
	EngineSpins   = "engine, WaitSpin"
	EngineAdapts  = "engine, WaitSpinBlock"
	EngineBlocks  = "engine, WaitBlock"
	Naive         = "net.Conn and google protobuf"
	FloorOnTime   = "C, busy, on schedule"
	EngineOnTime  = "engine, Poll, on schedule"
	NaiveOnTime   = "net.Conn and google protobuf, on schedule"
	EnginePlainGo = "engine, WaitSpin, server in Go"
	EngineTLSGo   = "engine, WaitSpin, TLS, server in Go"
)

// Client is what one client took, over all rounds.
type Client struct {
	Name       string
	OnSchedule bool // times count from scheduled moments
	RoundTrips int64

	// Times in microseconds, by round.
	P50, P99, P999 Spread

	// ToFloor is the time divided by the mean of the floor's in the runs before
	// and after; of a client on schedule, by that of the floor on schedule. It
	// is zero for the floors themselves and without a C compiler.
	ToFloor Ratio

	// Allocs and AllocBytes are what the process of the client allocated per round
	// trip, in the least round. They are -1 for clients in C.
	Allocs, AllocBytes float64

	// Curve is the distribution of all rounds together.
	Curve []Point
}

// Point says that a share of round trips, in percent, took at most so many
// microseconds.
type Point struct{ Percentile, Micros float64 }

// Ratio is a ratio of percentiles, by round.
type Ratio struct{ P50, P99, P999 Spread }

// Spread is what several rounds gave.
type Spread struct{ Median, Min, Max float64 }

// HandOver is what it takes to hand work to another thread, in microseconds, from
// before the hand-over to a reading of the clock there.
type HandOver struct {
	// CacheLine is a word that one thread writes and the other waits for: the least
	// there can be. Ring is a ring.MPSC and a consumer that does nothing else.
	CacheLine, Ring Spread

	// Engine is Remote.Do to an engine that spins over an open connection, until it
	// calls the function. Sent is Remote.OrderCreate, until the caller sees
	// that the loop has encoded it; that is two transfers.
	Engine, Sent Spread

	// Eventfd is a write to an eventfd, until a thread that sleeps on it in epoll_wait
	// has woken up. EngineBlocks is Remote.Do to an engine that sleeps.
	Eventfd, EngineBlocks Spread

	EngineToCacheLine Spread // by round
	RingToCacheLine   Spread
	EventfdToEngine   Spread
}

// Stall is the longest that a loop which spins was kept from it while garbage was
// collected, in microseconds: with the least state, and with a large send ring.
type Stall struct {
	Small, Large, LargeToSmall Spread
	StateBytes                 int
	Collections                int // of one round, at least
}

// spread summarises rounds.
func spread(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	s := slices.Sorted(slices.Values(values))
	return Spread{Median: (s[(len(s)-1)/2] + s[len(s)/2]) / 2, Min: s[0], Max: s[len(s)-1]}
}

// percentiles are those of one run, in nanoseconds.
type percentiles [3]float64

var ranks = [3]float64{50, 99, 99.9}

func percentilesOf(h *hdrhistogram.Histogram) (p percentiles) {
	for i, rank := range ranks {
		p[i] = float64(h.ValueAtQuantile(rank))
	}
	return p
}

// over divides rank by rank.
func (p percentiles) over(q percentiles) percentiles {
	for i := range p {
		p[i] /= q[i]
	}
	return p
}

// mean of two runs.
func mean(p, q percentiles) percentiles {
	for i := range p {
		p[i] = (p[i] + q[i]) / 2
	}
	return p
}

// ratio summarises rounds.
func ratio(rounds []percentiles) (r Ratio) {
	for i, s := range []*Spread{&r.P50, &r.P99, &r.P999} {
		var values []float64
		for _, p := range rounds {
			values = append(values, p[i])
		}
		*s = spread(values)
	}
	return r
}

// timesMax bounds the times that a histogram tells apart: ten seconds.
const timesMax = int64(10 * time.Second)

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, timesMax, 3) }

// histogram sorts nanoseconds.
func histogram(times []uint32) *hdrhistogram.Histogram {
	h := newHistogram()
	for _, ns := range times {
		_ = h.RecordValue(min(max(int64(ns), 1), timesMax)) // never out of range
	}
	return h
}

// curve is a distribution as points that a picture can be drawn through.
func curve(h *hdrhistogram.Histogram) []Point {
	var points []Point
	for _, b := range h.CumulativeDistributionWithTicks(10) {
		points = append(points, Point{Percentile: b.Quantile, Micros: float64(b.ValueAt) / 1e3})
	}
	return points
}

// Package roundtrip measures what it takes to get from the wire to a decision and back: round trips over loopback to
// a server that answers each order with its acceptance, and the hand-over of work to a loop that spins.
//
// Every client talks to the same server, a program in C that does nothing but find the ends of frames and send the
// next of its prepared replies. The floor is a client in C that sends prepared bytes and counts what comes back.
// Network times of one machine drift by more than what is to be shown, so nothing is compared across runs: clients
// take turns, and each is divided by the floor's runs right before and right after it.
package roundtrip

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/smk-go/smk/bench/compare/internal/measure"
)

// Config is how much to measure.
type Config struct {
	Rounds     int // in which each client takes its turn
	RoundTrips int // that count in each turn
	Warm       int // round trips before those
	HandOvers  int // of work in each round

	StateBytes  int           // of the send ring of the loop that holds much
	Stall       time.Duration // in which the longest stall is measured
	StallRounds int
}

// Long is a measurement of between one and two minutes with 9 rounds.
func Long(rounds int) Config {
	return Config{
		Rounds: rounds, RoundTrips: 10_000, Warm: 1000, HandOvers: 20_000,
		StateBytes: 1 << 30, Stall: 2 * time.Second, StallRounds: 3,
	}
}

// Short is the shortest measurement.
var Short = Config{
	Rounds: 1, RoundTrips: 100, Warm: 20, HandOvers: 100,
	StateBytes: 4 << 20, Stall: 20 * time.Millisecond, StallRounds: 1,
}

// Names of clients.
const (
	Floor        = "C, busy"
	FloorBlocks  = "C, blocking"
	EngineSpins  = "engine, WaitSpin"
	EngineRecord = "engine with a journal, WaitSpin"
	EngineState  = "engine with state, WaitSpin"
	EngineAdapts = "engine, WaitSpinBlock"
	EngineBlocks = "engine, WaitBlock"
	Naive        = "net.Conn and google protobuf"
	EngineGo     = "engine, WaitSpin, server in Go"
	EngineTLSGo  = "engine, WaitSpin, TLS, server in Go"
)

// Groups of ratios, and the names in those that are not clients.
const (
	P50  = "round trip p50"
	P99  = "round trip p99"
	P999 = "round trip p99.9"

	HandOver  = "hand-over"
	CacheLine = "cache line" // a word that one thread writes and the other waits for
	Ring      = "ring"       // a ring.MPSC and a consumer that does nothing else
	ToEngine  = "engine"     // Submitter.Do to an engine that spins over an open connection
	Eventfd   = "eventfd"    // a write to an eventfd on which a thread sleeps in epoll_wait

	Stall      = "stall"
	StateSmall = "least state"
	StateLarge = "much state"
)

// Report is what was measured.
type Report struct {
	Clients []Client // in the order in which they take their turns
	Ratios  []Ratio
	Facts   []measure.Fact
	Notes   []string // what could not be measured and why
}

// Ratio is the quotients of two numbers that were measured in the same rounds.
type Ratio struct {
	Group, Over, Under string
	Rounds             []float64
}

// Client is what one client took, over all rounds.
type Client struct {
	Name string `json:"name"`

	// Micros are p50, p99 and p99.9, by round.
	Micros [3]measure.Spread `json:"micros"`

	// ToFloor is Micros divided by the mean of the floor's in the runs before and after. It is nil for the floors
	// themselves.
	ToFloor *[3]measure.Spread `json:"to_floor,omitempty"`

	// Allocs is what the process of the client allocated per round trip, in the least round, -1 for clients in C.
	Allocs float64 `json:"allocs"`

	// RoundTrips is how many there were, and Curve their distribution: the share, in percent, that took at most so
	// many microseconds.
	RoundTrips int64        `json:"round_trips"`
	Curve      [][2]float64 `json:"curve"`
}

// percentiles are p50, p99 and p99.9 by round, as microseconds or as ratios.
type percentiles [3][]float64

// The rank of each of the percentiles, and the group of its ratios.
var (
	ranks  = [3]float64{50, 99, 99.9}
	groups = [3]string{P50, P99, P999}
)

// add adds a round.
func (p *percentiles) add(h *hdrhistogram.Histogram) {
	for i, rank := range ranks {
		p[i] = append(p[i], float64(h.ValueAtQuantile(rank))/1e3)
	}
}

func (p *percentiles) spreads() (s [3]measure.Spread) {
	for i, rounds := range p {
		s[i] = measure.SpreadOf(rounds)
	}
	return s
}

func (p *percentiles) ratios(over, under string) (all []Ratio) {
	for i, rounds := range p {
		all = append(all, Ratio{groups[i], over, under, rounds})
	}
	return all
}

// timesMax is the longest time in a histogram.
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

// curve is a distribution as points that a line can be drawn through.
func curve(h *hdrhistogram.Histogram) (points [][2]float64) {
	for _, b := range h.CumulativeDistributionWithTicks(10) {
		points = append(points, [2]float64{b.Quantile, float64(b.ValueAt) / 1e3})
	}
	return points
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
)

// summary is what a demo has to tell: the bot's account of the trade, and whether the exchange
// agrees with it.
type summary struct {
	Address string  `json:"address"`
	Seed    uint64  `json:"seed"`
	Seconds float64 `json:"seconds"` // from login response to the last cancel

	Units units `json:"units"` // of the numbers below

	Orders   orderCounts `json:"orders"`
	Fills    fillCounts  `json:"fills"`
	Position position    `json:"position"`
	Messages messages    `json:"messages"`

	RoundTrip percentiles `json:"round_trip_us"` // create sent to accepted received, in microseconds

	// AllocationsPerMessage is of the bot's whole process while it traded: every malloc of every
	// goroutine, divided by the messages in both directions.
	AllocationsPerMessage float64 `json:"allocations_per_message"`
	GarbageCollections    uint32  `json:"garbage_collections"`

	CleanLogout bool     `json:"clean_logout"` // the exchange confirmed it
	Agrees      bool     `json:"exchange_agrees"`
	Differences []string `json:"differences,omitempty"`
}

// units says for machines what the amounts are counted in.
type units struct {
	Payoff string `json:"payoff"` // bought, sold and net
	Cash   string `json:"cash"`
}

type orderCounts struct {
	Created   int `json:"created"`
	Accepted  int `json:"accepted"`
	Rejected  int `json:"rejected"`
	Filled    int `json:"filled"`
	Cancelled int `json:"cancelled"`
}

type fillCounts struct {
	Count  int    `json:"count"`
	Voided int    `json:"voided"` // of these, taken back after the goal
	Bought uint64 `json:"bought"` // payoff in 1/10000 of the currency
	Sold   uint64 `json:"sold"`
}

// position is the outcome of all fills in the one contract the bot trades.
type position struct {
	Net  int64 `json:"net"`  // payoff bought less sold, 1/10000 of the currency
	Cash int64 `json:"cash"` // received less paid, 1e-8 of the currency
}

type messages struct {
	In        uint64  `json:"in"`
	Out       uint64  `json:"out"`
	PerSecond float64 `json:"per_second"`
}

type percentiles struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p99_9"`
	Max   float64 `json:"max"`
}

// writeJSON prints the summary for machines.
func (s *summary) writeJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(s)
}

// writeText prints the summary for people.
func (s *summary) writeText(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	line("exchange", "%s, seed %d (its clock is the real one: runs differ)", s.Address, s.Seed)
	line("orders", "%d created, %d accepted, %d rejected, %d filled, %d cancelled",
		s.Orders.Created, s.Orders.Accepted, s.Orders.Rejected, s.Orders.Filled, s.Orders.Cancelled)
	line("fills", "%d, of which the goal voided %d; bought %s and sold %s of payoff", s.Fills.Count, s.Fills.Voided,
		money(s.Fills.Bought), money(s.Fills.Sold))
	line("position", "%s of payoff for %s of cash", signedMoney(s.Position.Net), signedMoney(s.Position.Cash/1e4))
	line("messages", "%d in, %d out, %.0f a second", s.Messages.In, s.Messages.Out, s.Messages.PerSecond)
	line("round trip", "p50 %.1f us, p99 %.1f us, p99.9 %.1f us, max %.1f us (%d orders)",
		s.RoundTrip.P50, s.RoundTrip.P99, s.RoundTrip.P999, s.RoundTrip.Max, s.RoundTrip.Count)
	line("allocations", "%.4f a message, %d garbage collections", s.AllocationsPerMessage, s.GarbageCollections)
	line("logout", "%s", map[bool]string{true: "confirmed by the exchange", false: "not confirmed"}[s.CleanLogout])
	line("exchange's truth", "%s", map[bool]string{true: "agrees to the last unit", false: "DIFFERS"}[s.Agrees])
	for _, d := range s.Differences {
		line("", "%s", d)
	}
	return t.Flush()
}

// money prints 1/10000 of a currency.
func money(v uint64) string { return fmt.Sprintf("%d.%04d", v/10000, v%10000) }

func signedMoney(v int64) string {
	if v < 0 {
		return "-" + money(uint64(-v))
	}
	return "+" + money(uint64(v))
}

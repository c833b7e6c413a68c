package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/smk-go/smk/odds"
)

// summary is what a demo has to tell: the bot's account of the trade, and whether the exchange
// agrees with it.
type summary struct {
	Address string  `json:"address"`
	Seed    uint64  `json:"seed"`
	Seconds float64 `json:"seconds"` // from the first price to the last cancel

	Units units `json:"units"` // of the numbers below

	Orders    orderCounts `json:"orders"`
	Cut       cut         `json:"cut"`
	Fills     fillCounts  `json:"fills"`
	Position  position    `json:"position"` // of all contracts together
	Positions []holding   `json:"positions"`
	Outcomes  []outcome   `json:"outcomes"`
	Money     money       `json:"money"`
	Messages  messages    `json:"messages"`

	RoundTrip percentiles `json:"round_trip_us"` // create or replace sent to its acceptance, in microseconds

	// AllocationsPerMessage is of the bot's whole process while it traded and was connected: every malloc of every
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
	Cash   string `json:"cash"`   // and all other money
}

// orderCounts are of creates and replaces: each accepted one is an order of its own.
type orderCounts struct {
	Created   int `json:"created"`
	Accepted  int `json:"accepted"`
	Rejected  int `json:"rejected"`
	Lost      int `json:"lost"` // with the connection: the exchange never had them
	Filled    int `json:"filled"`
	Replaced  int `json:"replaced"`
	Cancelled int `json:"cancelled"`
	Live      int `json:"live"` // when the bot had ended
}

// cut is what the broken connection did.
type cut struct {
	Count    int     `json:"count"`
	Replaces int     `json:"replaces_in_flight"` // when it broke
	InDoubt  int     `json:"in_doubt"`           // messages of which it was not known whether they had arrived
	Seconds  float64 `json:"caught_up_after"`    // the last one: until everything was known again
}

type fillCounts struct {
	Count  int    `json:"count"`
	Voided int    `json:"voided"` // of these, taken back after the goal
	Bought uint64 `json:"bought"` // payoff in 1/10000 of the currency
	Sold   uint64 `json:"sold"`
}

// add adds a fill, or takes it back if the quantity is negative.
func (f *fillCounts) add(side odds.Side, quantity odds.Quantity) {
	if side == odds.Buy {
		f.Bought += uint64(quantity)
		return
	}
	f.Sold += uint64(quantity)
}

// position is the outcome of all fills.
type position struct {
	Net  int64 `json:"net"`  // payoff bought less sold, 1/10000 of the currency
	Cash int64 `json:"cash"` // received less paid, 1e-8 of the currency
}

// holding is the position in one contract.
type holding struct {
	Contract uint32 `json:"contract"`
	Name     string `json:"name"`
	Net      int64  `json:"net"`
	Cash     int64  `json:"cash"`
}

// outcome is what the fills bring if a contract wins, after commission.
type outcome struct {
	Contract uint32 `json:"contract"`
	Name     string `json:"name"`
	Profit   int64  `json:"profit"`
}

// money is the account's.
type money struct {
	Cash      int64 `json:"cash"`
	Available int64 `json:"available"`
	WorstCase int64 `json:"worst_case"`
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

// compare compares the bot's account with the exchange's.
func (s *summary) compare(t truth) {
	differ := func(what string, bot, exchange int64) {
		if bot != exchange {
			s.Differences = append(s.Differences, fmt.Sprintf("%s: bot %d, exchange %d", what, bot, exchange))
		}
	}
	differ("orders accepted", int64(s.Orders.Accepted), int64(t.Orders))
	differ("orders live", int64(s.Orders.Live), int64(t.Live))
	if s.Orders.Live == t.Live && t.Live != 0 {
		s.Differences = append(s.Differences, fmt.Sprintf("orders live at the end: %d", t.Live))
	}
	differ("bought", int64(s.Fills.Bought), int64(t.Bought))
	differ("sold", int64(s.Fills.Sold), int64(t.Sold))
	differ("contracts", int64(len(s.Positions)), int64(len(t.Positions)))
	for i := range min(len(s.Positions), len(t.Positions)) {
		p, q := &s.Positions[i], &t.Positions[i]
		differ(fmt.Sprintf("position in %d", q.Contract), p.Net, q.Net)
		differ(fmt.Sprintf("flow in %d", q.Contract), p.Cash, q.Cash)
	}
	differ("cash", s.Money.Cash, t.Money.Cash)
	differ("available", s.Money.Available, t.Money.Available)
	differ("worst case", s.Money.WorstCase, t.Money.WorstCase)
	s.Agrees = len(s.Differences) == 0
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
	o, c := s.Orders, s.Cut
	line("exchange", "%s, seed %d (its clock is the real one: runs differ)", s.Address, s.Seed)
	line("orders", "%d created, %d accepted, %d rejected, %d lost; %d replaced, %d filled, %d cancelled, %d live",
		o.Created, o.Accepted, o.Rejected, o.Lost, o.Replaced, o.Filled, o.Cancelled, o.Live)
	line("connection", "cut %s with %d replaces in flight; %d in doubt, all known again after %.1f ms",
		times(c.Count), c.Replaces, c.InDoubt, c.Seconds*1e3)
	line("fills", "%d, of which the goal voided %d; bought %s and sold %s of payoff", s.Fills.Count, s.Fills.Voided,
		odds.Quantity(s.Fills.Bought), odds.Quantity(s.Fills.Sold))
	var held, wins []string
	for _, p := range s.Positions {
		held = append(held, p.Name+" "+signed(odds.Quantity(p.Net)))
	}
	for _, p := range s.Outcomes {
		wins = append(wins, p.Name+" "+signed(odds.Money(p.Profit)))
	}
	line("position", "%s of payoff", strings.Join(held, ", "))
	line("profit if it wins", "%s", strings.Join(wins, ", "))
	line("money", "cash %s, of which %s are available and %s can be lost", odds.Money(s.Money.Cash),
		odds.Money(s.Money.Available), odds.Money(s.Money.WorstCase))
	line("messages", "%d in, %d out, %.0f a second", s.Messages.In, s.Messages.Out, s.Messages.PerSecond)
	line("round trip", "p50 %.1f us, p99 %.1f us, p99.9 %.1f us, max %.1f us (%d orders)",
		s.RoundTrip.P50, s.RoundTrip.P99, s.RoundTrip.P999, s.RoundTrip.Max, s.RoundTrip.Count)
	line("allocations", "%.4f a message, %d garbage collections", s.AllocationsPerMessage, s.GarbageCollections)
	line("logout", "%s", map[bool]string{true: "confirmed by the exchange", false: "not confirmed"}[s.CleanLogout])
	line("exchange's truth", "%s", map[bool]string{
		true: "agrees to the last unit: orders, positions, money", false: "DIFFERS",
	}[s.Agrees])
	for _, d := range s.Differences {
		line("", "%s", d)
	}
	return t.Flush()
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// signed prints an amount with its sign.
func signed[T interface {
	~int64
	fmt.Stringer
}](v T) string {
	if v < 0 {
		return v.String()
	}
	return "+" + v.String()
}

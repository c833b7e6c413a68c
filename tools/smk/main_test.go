package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/odds"
)

func TestMain(m *testing.M) {
	testscript.Main(m, helpers)
}

// helpers are the programs that the tests start, by their names.
var helpers = map[string]func(){
	"smk": main, "joinbot": joinBot, "fanout": mainOf(runFanOut), "burn": mainOf(runBurn),
}

// TestScripts runs the program as a user does; testdata/script says what it prints.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"summary":  checkSummary,
			"takeport": takePort,
			"oneline":  oneLine,
		},
	})
}

// checkSummary holds the last command's output to what a demo of that many orders has to say.
func checkSummary(ts *testscript.TestScript, neg bool, args []string) {
	var want int
	if _, err := fmt.Sscan(args[0], &want); err != nil {
		ts.Fatalf("summary: %v", err)
	}
	var s summary
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		ts.Fatalf("summary: %v", err)
	}
	o := s.Orders
	switch {
	case o.Created < want || o.Created > want+100 || o.Accepted+o.Rejected+o.Lost != o.Created ||
		o.Filled+o.Replaced+o.Cancelled != o.Accepted || o.Live != 0:
		ts.Fatalf("orders do not add up: %+v", o)
	case s.Cut.Count < 1 || s.Cut.Replaces < 1 || s.Cut.InDoubt < 1 || s.Cut.Seconds <= 0:
		ts.Fatalf("cut: %+v", s.Cut)
	case s.RoundTrip.Count > int64(o.Accepted) || s.RoundTrip.Count+int64(s.Cut.InDoubt) < int64(o.Accepted) ||
		s.RoundTrip.P50 <= 0 || s.RoundTrip.P50 > s.RoundTrip.P99 ||
		s.RoundTrip.P99 > s.RoundTrip.Max:
		ts.Fatalf("round trips: %+v", s.RoundTrip)
	case s.Position.Net != int64(s.Fills.Bought)-int64(s.Fills.Sold):
		ts.Fatalf("position %+v of fills %+v", s.Position, s.Fills)
	case len(s.Positions) != 3 || len(s.Outcomes) != 3 || s.Money.Cash != 10_000*1e8 ||
		s.Money.Available != s.Money.Cash-s.Money.WorstCase:
		ts.Fatalf("positions %+v, outcomes %+v, money %+v", s.Positions, s.Outcomes, s.Money)
	case !profitsAddUp(&s):
		ts.Fatalf("positions %+v, outcomes %+v", s.Positions, s.Outcomes)
	case s.Fills.Count < o.Filled:
		ts.Fatalf("%d fills, %d orders filled", s.Fills.Count, o.Filled)
	case s.Messages.In < uint64(want) || s.Messages.Out < uint64(want):
		ts.Fatalf("messages: %+v", s.Messages)
	case !s.Agrees || len(s.Differences) > 0 || !s.CleanLogout:
		ts.Fatalf("agrees %v, clean %v, %v", s.Agrees, s.CleanLogout, s.Differences)
	case want >= 1000 && s.AllocationsPerMessage >= 0.05: // a few are made once
		ts.Fatalf("%v allocations a message", s.AllocationsPerMessage)
	}
}

// profitsAddUp holds the profit of each outcome to the positions. The demo's accounts pay no commission.
func profitsAddUp(s *summary) bool {
	for i, held := range s.Positions {
		if o := s.Outcomes[i]; o.Contract != held.Contract || o.Profit != s.Position.Cash+held.Net*1e4 {
			return false
		}
	}
	return true
}

func TestOutcomesOfUntraded(t *testing.T) {
	held := []holding{{Contract: 7, Name: "Home", Net: 3, Cash: -1}, {Contract: 8, Name: "Draw"}}
	got := outcomes(held, slices.Values([]order.Profit{{Contract: 7, Net: 29_999}, {Net: -1}}))
	if want := []outcome{{7, "Home", 29_999}, {8, "Draw", -1}}; !slices.Equal(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// takePort listens on a port for the rest of the script and puts its address into a variable.
func takePort(ts *testscript.TestScript, neg bool, args []string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	ts.Setenv(args[0], l.Addr().String())
}

// oneLine holds the last command to saying exactly one line on its standard error.
func oneLine(ts *testscript.TestScript, neg bool, args []string) {
	said := ts.ReadFile("stderr")
	if strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "smk: ") {
		ts.Fatalf("not one line: %q", said)
	}
}

func TestDoubleDashes(t *testing.T) {
	got := doubleDashes([]string{"demo", "-json", "--orders=5", "-h", "-addr=:1", "-", "--", "-json"})
	want := []string{"demo", "--json", "--orders=5", "-h", "--addr=:1", "-", "--", "-json"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestCompare holds that no difference between bot and exchange passes unseen.
func TestCompare(t *testing.T) {
	bot := summary{
		Orders:    orderCounts{Created: 3, Accepted: 3, Filled: 1, Cancelled: 2},
		Fills:     fillCounts{Count: 2, Bought: 50, Sold: 30},
		Positions: []holding{{1, "Home", 20, -77}, {2, "Away", 0, 0}},
		Money:     money{Cash: 1000, Available: 900, WorstCase: 100},
	}
	for _, c := range []struct {
		name string
		edit func(*truth)
		want int
	}{
		{"nothing", func(*truth) {}, 0},
		{"an order", func(t *truth) { t.Orders++ }, 1},
		{"a live order", func(t *truth) { t.Live = 1 }, 1},
		{"bought", func(t *truth) { t.Bought++ }, 1},
		{"sold", func(t *truth) { t.Sold-- }, 1},
		{"position and flow", func(t *truth) { t.Positions[1].Net, t.Positions[1].Cash = 1, -1 }, 2},
		{"a contract", func(t *truth) { t.Positions = t.Positions[:1] }, 1},
		{"cash", func(t *truth) { t.Money.Cash++ }, 1},
		{"available", func(t *truth) { t.Money.Available++ }, 1},
		{"worst case", func(t *truth) { t.Money.WorstCase++ }, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := bot
			theirs := truth{
				Orders: 3, Bought: 50, Sold: 30, Positions: slices.Clone(bot.Positions), Money: bot.Money,
			}
			c.edit(&theirs)
			s.compare(theirs)
			if s.Agrees != (c.want == 0) || len(s.Differences) != c.want {
				t.Errorf("agrees %v, differences %q, want %d", s.Agrees, s.Differences, c.want)
			}
			var text bytes.Buffer
			if err := s.writeText(&text); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(text.String(), "DIFFERS") != (c.want > 0) {
				t.Errorf("text says %s", &text)
			}
		})
	}
}

// TestLiveIsNotFlat holds that an account with a live order at the end does not pass, even if both agree on it.
func TestLiveIsNotFlat(t *testing.T) {
	s := summary{Orders: orderCounts{Accepted: 1, Live: 1}}
	if s.compare(truth{Orders: 1, Live: 1}); s.Agrees {
		t.Error("agrees")
	}
}

func TestSigned(t *testing.T) {
	for v, want := range map[odds.Quantity]string{0: "+0.00", 12345: "+1.2345", -12345: "-1.2345", -5: "-0.0005"} {
		if got := signed(v); got != want {
			t.Errorf("%d is %q, want %q", v, got, want)
		}
	}
}

// TestExchangeOutlivesNothing holds that an exchange whose starter is gone ends by itself: its
// standard input has ended.
func TestExchangeOutlivesNothing(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"exchange"}, stdio{strings.NewReader(""), &out, &errs}); code != exitOK {
		t.Fatalf("exit %d: %s", code, &errs)
	}
	var h hello
	var last truth
	dec := json.NewDecoder(&out)
	if err := dec.Decode(&h); err != nil || h.Address == "" {
		t.Errorf("hello %+v: %v", h, err)
	}
	if err := dec.Decode(&last); err != nil || last.Orders != 0 || len(last.Positions) != len(h.Contracts) ||
		last.Money.Available != last.Money.Cash {
		t.Errorf("truth %+v: %v", last, err)
	}
}

// TestExchangeRefuses holds that what it does not understand ends the exchange with an error.
func TestExchangeRefuses(t *testing.T) {
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"exchange"}, stdio{strings.NewReader("kc?"), &out, &errs})
	if code != exitFailed || !strings.Contains(errs.String(), "'?'") {
		t.Errorf("exit %d: %s", code, &errs)
	}
}

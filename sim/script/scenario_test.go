package script

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
)

// Every built-in scenario meets its expectations, with several seeds.
func TestBuiltin(t *testing.T) {
	list := Builtin()
	if len(list) < 10 {
		t.Fatalf("only %d are built in", len(list))
	}
	for _, s := range list {
		t.Run(s.Name, func(t *testing.T) {
			checks := 0
			for _, st := range s.statements {
				if st.expects {
					checks++
				}
			}
			if checks < 3 {
				t.Errorf("it expects only %d things", checks)
			}
			for seed := range uint64(8) {
				config := sim.DefaultConfig()
				config.Seed = seed
				if err := s.Run(config); err != nil {
					t.Errorf("seed %d: %v", seed, err)
				}
			}
		})
	}
	if Find("goal") == nil || Find("goal.txt") == nil || Find("nonsense") != nil {
		t.Error("scenarios are not found by their names")
	}
}

// README.md lists every scenario.
func TestBuiltinIsDocumented(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range Builtin() {
		if !strings.Contains(string(readme), fmt.Sprintf("| [`%s`](scenarios/%s.txt) | %s |", s.Name, s.Name,
			s.About)) {
			t.Errorf("README.md does not list %s: %s", s.Name, s.About)
		}
	}
}

// An expectation that fails is reported with its line.
func TestExpectationsFail(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"market 100000 HALTED", "market 100000 is MARKET_STATE_LIVE"},
		{"order a executed 1", "order a has executed 4000, want 1"},
		{"order a executed 4000 available 1", "order a has available 6000, want 1"},
		{"order b executed 1", "the exchange has no order b"},
		{"account demo live 2", "demo has live 1, want 2"},
		{"account demo cash 1", "demo has cash 10000.00, want 1.00"},
		{"bot demo eto.pong 1", "bot demo has eto.pong 0 times, want 1"},
		{"bot demo order_accepted >=2", "bot demo has order_accepted 1 times, want >=2"},
		{"bot demo lacks", "bot demo has every report"},
		{"bot rival agrees", "bot rival lacks report 1 of 2"},
	} {
		text := "about x\nconfig life 0\n0s bot demo login\n0s bot demo create a buy 10000@3000\n" +
			"1s place rival r sell 4000@3000\n2s expect " + c.line
		s, err := Parse("f", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", c.line, err)
			continue
		}
		if err := s.Run(sim.DefaultConfig()); err == nil || err.Error() != "f:6: "+c.want {
			t.Errorf("%s: %v, want %s", c.line, err, c.want)
		}
	}
}

func TestScenarioErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "f:1: missing statement: about TEXT"},
		{"about x", "f:1: has no timed statement"},
		{"about x\nabout y", "f:2: about is given twice"},
		{"\ufeffabout x\nabout y", "f:2: about is given twice"},
		{"about x\n\n# remark\nsoon goal 1", `f:4: "soon" is neither about, config nor a time such as 10s`},
		{"about x\n5s", `f:2: no statement at 5s`},
		{"about x\n5s note a\n4s note b", `f:3: 4s comes after 5s`},
		{"about x\n25h note a", `f:2: "25h" is neither`},
		{"about x\n5s dance", `f:2: unknown statement "dance"`},
		{"about x\n5s goal", `f:2: missing market`},
		{"about x\n5s goal x", `f:2: market: "x" is not a number of 0 to 4294967295`},
		{"about x\n5s state 1 NEW", `f:2: a state: "NEW" is not one of HALTED, LIVE, OPEN`},
		{"about x\n5s managed 1 soon", `f:2: a time: "soon" is not a duration such as 8s`},
		{"about x\n5s suspend-trading maybe", `f:2: on or off: "maybe" is not one of off, on`},
		{"about x\n5s suspend-trading on now", `f:2: unexpected "now"`},
		{"about x\n5s stake-limit demo much", `f:2: "much" is neither an amount nor off`},
		{"about x\n5s throttle 0 1 1s", `f:2: a throttle has a rate and a burst of at least 1`},
		{"about x\n5s faults lag=1%", `f:2: "lag" is not a fault; there are drop, `},
		{"about x\n5s force lag 1", `f:2: a fault: "lag" is not one of coalesce, `},
		{"about x\n5s place demo a buy ten", `f:2: "ten" is not QUANTITY@PRICE`},
		{"about x\n5s place demo a buy 1@2x", `f:2: "1@2x" is not QUANTITY@PRICE`},
		{"about x\n5s place demo a buy 1@2/x", `f:2: "1@2/x" is not QUANTITY@PRICE/CONTRACT`},
		{"about x\n5s burst demo 100001 buy 1@2", `f:2: how many: "100001" is not a number of 0 to 100000`},
		{"about x\n5s bot demo dance", `f:2: unknown bot statement "dance"`},
		{"about x\n5s bot demo create a buy 1@2 fok", `f:2: a kind of order: "fok" is not one of ioc, keep`},
		{"about x\n5s expect rain", `f:2: unknown expectation "rain"`},
		{"about x\n5s expect order a price 1", `f:2: "price" is not one of available, executed`},
		{"about x\n5s expect order a executed x", `f:2: executed: "x" is not a number`},
		{"about x\n5s expect account demo cash", `f:2: missing a value`},
		{"about x\n5s expect bot demo eto.pong x", `f:2: "x" is neither a number nor >= and a number`},
		{"about x\nconfig speed 2", `f:2: unknown setting "speed"`},
		{strings.Repeat("#", scenarioBytesMax+1), `f:1: is longer than 1048576 bytes`},
		{"about x\n" + strings.Repeat("0s note\n", statementsMax+1), `f:10002: has more than 10000 statements`},
	} {
		_, err := Parse("f", []byte(c.text))
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60q: %v, want %s", c.text, err, c.want)
		}
	}
}

// Run reports objects that the exchange lacks before it starts.
func TestCheck(t *testing.T) {
	for line, want := range map[string]string{
		"goal 7":                           "f:2: the exchange has no market 7",
		"settle 100000 7":                  "f:2: the exchange has no contract 7",
		"ball 7 SAFE":                      "f:2: the exchange has no event 7",
		"forget nobody":                    "f:2: the exchange has no account nobody",
		"place demo a buy 1000@1000/7":     "f:2: the exchange has no contract 7",
		"expect bot nobody eto.pong 0":     "f:2: the exchange has no account nobody",
		"remove-runner 7 7 price 100 gone": "f:2: the exchange has no market 7",
	} {
		s, err := Parse("f", []byte("about x\n0s "+line))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Run(sim.DefaultConfig()); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
}

// Start leaves out bots and expectations and reports every statement at its time, with its error.
func TestStart(t *testing.T) {
	s, err := Parse("f", []byte(`about x
0s bot demo login
1s goal 100000 goal
1s expect market 100000 LIVE
2s place demo a buy 1000@1000
3s state 100000 LIVE
4s void 100000
5s note the end`))
	if err != nil {
		t.Fatal(err)
	}
	on, err := sim.New(sim.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer on.Close()
	var reported []string
	r := s.Start(on, func(at time.Duration, text string, err error) {
		if on.Now() != sim.Beginning+int64(at) {
			t.Errorf("%s at %d", text, on.Now()-sim.Beginning)
		}
		if err != nil {
			text += " ! " + err.Error()
		}
		reported = append(reported, text)
	}, func() { reported = append(reported, "done") })
	for on.Now() < sim.Beginning+int64(10*time.Second) {
		on.Tick(on.Tick(on.Now()))
	}
	want := []string{
		"goal 100000 goal", "place demo a buy 1000@1000 ! f:5: order a is rejected: ORDER_REJECTED_MARKET_HALTED",
		"state 100000 LIVE", "void 100000", "note the end", "done",
	}
	if !r.Done() || strings.Join(reported, "\n") != strings.Join(want, "\n") {
		t.Errorf("reported %q", reported)
	}
	if on.Exchange.State(100000) != msg.MarketStateVoided {
		t.Error("not voided")
	}
}

// FuzzScenario checks that no file panics and that errors have a line of the file.
func FuzzScenario(f *testing.F) {
	for _, s := range Builtin() {
		b, err := scenarioFiles.ReadFile("scenarios/" + s.Name + ".txt")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := Parse("f", b)
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Line < 1 || e.Line > 1+strings.Count(string(b), "\n")) {
			t.Errorf("%v", err)
		}
	})
}

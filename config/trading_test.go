package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/risk"
)

// TestRiskSettings reads amounts exactly, and percentages and lists.
func TestRiskSettings(t *testing.T) {
	s, dir, err := loadText(t, `
[risk]
order_quantity_max = 50.0001
order_stake_max = 0.00000001
loss_max = 100
drift_max = 0.10
collar_fraction = 2.5%%
markets = 100000,100001
watchdog = 10s
halt_file = stop/halt
halt_incomplete = sequence_reset, overflow
on_unresolved = halt
on_loss = reduce
[orders]
commission = 100
retain_for = 1m
`)
	if err != nil {
		t.Fatal(err)
	}
	c := s.Engine.State
	if r := c.Risk; r.OrderQuantityMax != 500_001 || r.OrderStakeMax != 1 || r.LossMax != 100e8 || r.DriftMax != 1e7 ||
		r.Collar.Fraction != 250 || !slices.Equal(r.Markets, []uint32{100000, 100001}) ||
		r.Watchdog != 10*time.Second || r.OnLoss != risk.RespondReduce {
		t.Errorf("%+v", r)
	}
	if c.HaltFile != filepath.Join(dir, "stop/halt") || c.HaltIncomplete != order.SequenceReset|order.Overflowed ||
		c.OnUnresolved != engine.HaltUnresolved || c.Orders.Commission != 10_000 ||
		c.Orders.RetainFor != int64(time.Minute) {
		t.Errorf("%+v", c)
	}
}

// TestExplainTrading names the line of a setting that the packages of the trading state refuse.
func TestExplainTrading(t *testing.T) {
	for text, key := range map[string]string{
		"[risk]\nburst = 5":                         "risk.burst",
		"[risk]\nrate = 2000000000":                 "risk.rate",
		"[risk]\nhalt_file_period = 1s":             "risk.halt_file_period",
		"[risk]\nhalt_incomplete = not_caught_up":   "risk.halt_incomplete",
		"[orders]\nfills = 2000000000":              "orders.fills",
		"[books]\ndepth_max = 1000":                 "books.depth_max",
		"[quotes]\nlevels = 100":                    "quotes.levels",
		"[quotes]\nignore = pulled, gap":            "",
		"[quotes]\nretry_min = 25h":                 "quotes.retry_min",
		"[engine]\nstate_off = yes\n[risk]\nrate=5": "risk.rate",
	} {
		s, dir, err := loadText(t, text+"\n")
		if err != nil {
			t.Fatal(err)
		}
		c := s.Engine
		c.Session.Username, c.Session.Password = "user", "secret"
		e, err := engine.New(c)
		if key == "" {
			if err != nil {
				t.Error(err)
			}
			_ = e.Close()
			continue
		}
		var wrong *Error
		if err = s.Explain(err); !errors.As(err, &wrong) || wrong.Key != key ||
			wrong.Origin.File != filepath.Join(dir, "bot.conf") || wrong.Origin.Line == 0 {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestGuideSettings loads the settings that the guide of bots and the package's comment show, and makes an engine of
// them.
func TestGuideSettings(t *testing.T) {
	guide, err := os.ReadFile("../docs/bot.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(guide), "```ini\n")
	shown, _, ok := strings.Cut(rest, "```")
	comment, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(comment), "//\t[risk]\n")
	own, _, end := strings.Cut(rest, "//\n// Each setting")
	if !ok || !found || !end {
		t.Fatal("no settings")
	}
	for _, text := range []string{shown, "[risk]\n" + strings.NewReplacer("//\t", "", "//\n", "\n").Replace(own)} {
		s, _, err := loadText(t, text)
		if err != nil {
			t.Fatal(err)
		}
		c := s.Engine
		if c.State.Risk.LossMax == 0 || c.State.Orders.Commission != 200 || c.State.HaltIncomplete == 0 {
			t.Errorf("%+v", c.State)
		}
		c.Session.Username, c.Session.Password = "user", "secret"
		e, err := engine.New(c)
		if err != nil {
			t.Fatal(err)
		}
		_ = e.Close()
	}
}

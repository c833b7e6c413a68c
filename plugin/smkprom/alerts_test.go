package smkprom_test

import (
	"context"
	"errors"
	"math"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/smk-go/smk/engine"
)

// The parts of a rule that firing understands: a figure of now, or what a counter grew by between two scrapes, or the
// most that a gauge was at them, compared with a number.
var (
	rulePart = regexp.MustCompile(`^(?:sum by \([a-z, ]+\) \()?(?:(increase|rate|max_over_time|abs)\()?` +
		`(smk_\w+)(?:\{(\w+)="(\w+)"\})?(?:\[\w+\])?\)*\s*(==|>)\s*([0-9.e]+)$`)
	ruleName = regexp.MustCompile(`alert: (\w+)\n(?:\s+#.*\n)*\s+expr: (.+)\n`)
)

// rules returns the expressions of all alerts.
func rules(t *testing.T) map[string]string {
	t.Helper()
	content, err := os.ReadFile(alertsFile)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, m := range ruleName.FindAllStringSubmatch(string(content), -1) {
		all[m[1]] = m[2]
	}
	return all
}

// firing returns the alerts whose conditions hold at the second of two scrapes, and how many were understood.
func firing(t *testing.T, before, now map[string]*dto.MetricFamily, passed time.Duration) (list []string, known int) {
	t.Helper()
	holds := func(part string) (is, ok bool) {
		if strings.Contains(part, "(ALERTS{") {
			return false, true // no alert fired before
		}
		m := rulePart.FindStringSubmatch(strings.TrimSpace(part))
		if m == nil {
			return false, false
		}
		limit, err := strconv.ParseFloat(m[6], 64)
		if err != nil {
			t.Fatal(err)
		}
		for i, metric := range now[m[2]].GetMetric() {
			if m[3] != "" && labelsOf(metric)[m[3]] != m[4] {
				continue
			}
			v, was := figure(metric), math.NaN()
			if b := before[m[2]].GetMetric(); i < len(b) {
				was = figure(b[i])
			}
			switch m[1] {
			case "increase":
				v -= was
			case "rate":
				v = (v - was) / passed.Seconds()
			case "max_over_time":
				v = max(v, was)
			case "abs":
				v = math.Abs(v)
			}
			is = is || m[5] == ">" && v > limit || m[5] == "==" && v == limit
		}
		return is, true
	}
	for name, expr := range rules(t) {
		fires, understood := false, true
		for either := range strings.SplitSeq(expr, " or ") {
			all := true
			for part := range strings.SplitSeq(either, " and ") {
				is, ok := holds(part)
				all, understood = all && is, understood && ok
			}
			fires = fires || all
		}
		if understood {
			known++
		}
		if fires {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list, known
}

func figure(m *dto.Metric) float64 {
	if m.Counter != nil {
		return m.Counter.GetValue()
	}
	return m.Gauge.GetValue()
}

// TestAlertsQuiet has no alert fire for a bot that does nothing, and has no market, nor for one that trades: neither
// has its account's history, which is usual without Session.AccountFromStart.
func TestAlertsQuiet(t *testing.T) {
	for _, trades := range []bool{false, true} {
		withBot(t, recorded(t), func(t *testing.T, b *bot) {
			before := gather(t, b)
			if trades {
				b.trade()
			}
			b.advance(10 * time.Minute)
			list, known := firing(t, before, gather(t, b), 10*time.Minute)
			if len(list) > 0 || known < 19 {
				t.Errorf("trades %t: %v fire; %d rules are understood", trades, list, known)
			}
		})
	}
}

// TestAlertsFire has alerts fire for a bot that is halted, for one that has ended, and for one that has no exchange.
func TestAlertsFire(t *testing.T) {
	withBot(t, recorded(t), func(t *testing.T, b *bot) {
		before := gather(t, b)
		if err := b.Halt("a test"); err != nil {
			t.Fatal(err)
		}
		b.advance(time.Minute)
		if list, _ := firing(t, before, gather(t, b), time.Minute); !slices.Equal(list, []string{"SmkHalted"}) {
			t.Errorf("halted: %v fire", list)
		}
		b.Stop()
		b.advance(time.Minute)
		want := []string{"SmkDown", "SmkLoopSilent"}
		if list, _ := firing(t, before, gather(t, b), time.Minute); !slices.Equal(list, want) {
			t.Errorf("ended: %v fire", list)
		}
	})
	nobody := func(c *engine.Config) {
		c.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("nobody") }
	}
	withBot(t, nobody, func(t *testing.T, b *bot) {
		before := gather(t, b)
		b.advance(10 * time.Minute)
		want := []string{"SmkDown", "SmkNotCaughtUp", "SmkReconnects"}
		if list, _ := firing(t, before, gather(t, b), 10*time.Minute); !slices.Equal(list, want) {
			t.Errorf("no exchange: %v fire", list)
		}
	})
}

// TestAlertGone: a process that is not there exports nothing, so that only what Prometheus says of the target itself
// can tell; its name is the README's.
func TestAlertGone(t *testing.T) {
	readme, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	job := regexp.MustCompile(`job_name: (\w+)`).FindStringSubmatch(string(readme))
	if job == nil {
		t.Fatal("the README has no job")
	}
	if expr := rules(t)["SmkGone"]; expr != `up{job="`+job[1]+`"} == 0` {
		t.Errorf("SmkGone is %q, and the job is %s", expr, job[1])
	}
}

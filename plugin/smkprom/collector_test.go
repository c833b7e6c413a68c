package smkprom_test

import (
	"bytes"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	dto "github.com/prometheus/client_model/go"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/plugin/smkprom"
)

// gather returns what a collector exports, by name.
func gather(t *testing.T, c prometheus.Collector) map[string]*dto.MetricFamily {
	t.Helper()
	registry := prometheus.NewPedanticRegistry() // compares descriptions with metrics
	if err := registry.Register(c); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]*dto.MetricFamily)
	for _, f := range families {
		all[f.GetName()] = f
	}
	return all
}

// labelsOf returns the labels of a metric.
func labelsOf(m *dto.Metric) map[string]string {
	labels := make(map[string]string)
	for _, l := range m.GetLabel() {
		labels[l.GetName()] = l.GetValue()
	}
	return labels
}

// valueOf returns the value of the metric with a name and a value of its label, "" for the only one.
func valueOf(t *testing.T, all map[string]*dto.MetricFamily, name, label string) float64 {
	t.Helper()
	for _, m := range all[name].GetMetric() {
		labels := labelsOf(m)
		delete(labels, "account")
		for _, is := range labels {
			if is != label {
				m = nil
			}
		}
		if m == nil {
			continue
		}
		switch {
		case m.Counter != nil:
			return m.Counter.GetValue()
		case m.Gauge != nil:
			return m.Gauge.GetValue()
		}
		return float64(m.Histogram.GetSampleCount())
	}
	t.Errorf("no %s of %q", name, label)
	return math.NaN()
}

// TestCollector exports what a bot that has traded counts.
func TestCollector(t *testing.T) {
	withBot(t, recorded(t), func(t *testing.T, b *bot) {
		b.trade()
		all := gather(t, b)
		for _, want := range []struct {
			name, label string
			value       float64
		}{
			{"smk_session_state", "established", 1},
			{"smk_session_state", "disconnected", 0},
			{"smk_connections_total", "", 1},
			{"smk_connections_lost_total", "silent", 0},
			{"smk_logins_total", "", 1},
			{"smk_received_messages_total", "order_accepted", 3},
			{"smk_received_messages_total", "order_cancelled", 1},
			{"smk_acknowledgement_seconds", "create", 3},
			{"smk_acknowledgement_seconds", "cancel", 1},
			{"smk_acknowledgement_seconds", "replace", 0},
			{"smk_loop_answered", "", 1},
			{"smk_risk_mode", "active", 1},
			{"smk_risk_mode", "halted", 0},
			{"smk_kill_switch", "idle", 1},
			{"smk_orders", "", 2},
			{"smk_orders_in_doubt", "", 0},
			{"smk_orders_max", "", 100},
			{"smk_positions", "", 1},
			{"smk_account_caught_up", "", 1},
			{"smk_account_exposure_max", "", 10_000},
			{"smk_account_loss_max", "", 500},
			{"smk_account_drift", "cash", 0},
			{"smk_order_events_total", "order_accepted", 3},
			{"smk_order_events_total", "order_cancelled", 1},
			{"smk_orders_admitted_total", "", 3},
			{"smk_orders_refused_total", "halted", 0},
			{"smk_submit_queue_length", "", 1},
			{"smk_journal_failed", "", 0},
			{"smk_journal_lost_records_total", "", 0},
		} {
			if got := valueOf(t, all, want.name, want.label); got != want.value {
				t.Errorf("%s of %q is %v, want %v", want.name, want.label, got, want.value)
			}
		}
		for _, positive := range [][2]string{
			{"smk_received_bytes_total", ""},
			{"smk_sent_bytes_total", ""},
			{"smk_handler_seconds", ""},
			{"smk_loop_delay_seconds", ""},
			{"smk_socket_seconds", ""},
			{"smk_account_cash", ""},
			{"smk_account_exposure", "total"},
			{"smk_account_exposure", "open"},
			{"smk_throttle_tokens", "creates"},
			{"smk_throttle_tokens", "cancels"},
			{"smk_journal_records_total", ""},
		} {
			if got := valueOf(t, all, positive[0], positive[1]); got <= 0 {
				t.Errorf("%s of %q is %v, want more", positive[0], positive[1], got)
			}
		}
		refused := map[string]bool{}
		for name, f := range all {
			for _, m := range f.GetMetric() {
				if labels := labelsOf(m); labels["account"] != "main" || len(labels) > 2 {
					refused[name] = true
				}
			}
		}
		if len(refused) > 0 {
			t.Errorf("labels of %v are not account and one more", refused)
		}
	})
}

// TestHaltIsExported at once, and the engine is not ready then.
func TestHaltIsExported(t *testing.T) {
	withBot(t, nil, func(t *testing.T, b *bot) {
		b.trade()
		if err := b.Halt("test"); err != nil {
			t.Fatal(err)
		}
		b.advance(time.Second)
		all := gather(t, b)
		if valueOf(t, all, "smk_risk_mode", "halted") != 1 || valueOf(t, all, "smk_risk_mode", "active") != 0 ||
			valueOf(t, all, "smk_kill_switch", "flat") != 1 || valueOf(t, all, "smk_orders", "") != 0 {
			t.Error("a halt is not exported")
		}
		if err := b.Ready(); err != smkprom.ErrHalted {
			t.Errorf("ready: %v, want ErrHalted", err)
		}
	})
}

// TestLint has the client library's linter judge names, types and help.
func TestLint(t *testing.T) {
	withBot(t, recorded(t), func(t *testing.T, b *bot) {
		problems, err := testutil.CollectAndLint(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range problems {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	})
}

// TestStuckLoop: a scrape ends although a handler does not return, again and again, and says so.
func TestStuckLoop(t *testing.T) {
	for _, disable := range []bool{false, true} {
		set := func(c *engine.Config) {
			if disable {
				c.State, c.DisableReferences = engine.StateConfig{Disable: true}, true
			}
		}
		withBot(t, set, func(t *testing.T, b *bot) {
			if err := b.Ready(); err != nil {
				t.Errorf("ready: %v", err)
			}
			release := make(chan struct{})
			if err := b.Submitter().Do(func() { <-release }, nil); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				begun := time.Now()
				all := gather(t, b)
				if took := time.Since(begun); took > smkprom.Timeout { // on the bubble's clock
					t.Errorf("a scrape took %v", took)
				}
				if valueOf(t, all, "smk_loop_answered", "") != 0 || all["smk_orders"] != nil {
					t.Error("a loop that is stuck has answered")
				}
				if valueOf(t, all, "smk_logins_total", "") != 1 {
					t.Error("what is published is not exported")
				}
			}
			if err := b.Ready(); err != smkprom.ErrStale {
				t.Errorf("ready: %v, want ErrStale", err)
			}
			if err := b.Live(); err != nil {
				t.Errorf("live: %v", err)
			}
			close(release)
			b.advance(time.Second)
			all := gather(t, b)
			if valueOf(t, all, "smk_loop_answered", "") != 1 || (all["smk_orders"] == nil) != disable {
				t.Error("the loop has not answered since")
			}
		})
	}
}

// TestEnded is not live.
func TestEnded(t *testing.T) {
	withBot(t, nil, func(t *testing.T, b *bot) {
		_ = b.Close()
		if live, ready := b.Live(), b.Ready(); live != smkprom.ErrEnded || ready != smkprom.ErrEnded {
			t.Errorf("live %v, ready %v, want ErrEnded", live, ready)
		}
		if all := gather(t, b); valueOf(t, all, "smk_loop_answered", "") != 0 {
			t.Error("an engine that has ended has answered")
		}
	})
}

// TestNotStarted is not ready, and scrapes of it leave the submit queue to others.
func TestNotStarted(t *testing.T) {
	e, err := engine.New(engine.Config{
		Session: session.Config{Username: username, Password: password}, SubmitSlots: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	c, err := smkprom.New(e, smkprom.Options{Timeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if all := gather(t, c); valueOf(t, all, "smk_loop_answered", "") != 0 {
			t.Error("an engine that does not run has answered")
		}
	}
	if err := c.Ready(); err != smkprom.ErrStale {
		t.Errorf("ready: %v, want ErrStale", err)
	}
	if err := e.Submitter().Do(func() {}, nil); err != nil {
		t.Errorf("the queue is full of scrapes: %v", err)
	}
}

// TestOptions are checked.
func TestOptions(t *testing.T) {
	for _, o := range []smkprom.Options{
		{Account: strings.Repeat("a", 65)}, {Account: "\xff"}, {Timeout: -1}, {Timeout: time.Minute},
	} {
		if _, err := smkprom.New(nil, o); err == nil {
			t.Errorf("%+v is not refused", o)
		}
	}
}

// TestNoCredentials: no page has the username or password.
func TestNoCredentials(t *testing.T) {
	withBot(t, recorded(t), func(t *testing.T, b *bot) {
		b.trade()
		h, err := smkprom.Handler(smkprom.AdminConfig{Collectors: []*smkprom.Collector{b.Collector}})
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range []string{
			"/metrics", "/healthz", "/readyz", "/debug/pprof/", "/debug/pprof/goroutine?debug=1",
		} {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost"+page, nil))
			if w.Code != http.StatusOK || w.Body.Len() == 0 {
				t.Errorf("%s: %d", page, w.Code)
			}
			for _, secret := range []string{username, password} {
				if bytes.Contains(w.Body.Bytes(), []byte(secret)) {
					t.Errorf("%s has %q", page, secret)
				}
			}
		}
	})
}

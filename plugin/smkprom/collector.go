package smkprom

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
)

// Defaults and bounds of Options.
const (
	Timeout    = 250 * time.Millisecond
	TimeoutMax = 10 * time.Second
	AccountMax = 64 // bytes
)

// Options are the settings of a Collector.
type Options struct {
	// Account is the alias of the account, the value of the label account. It is for people: no username or other
	// credential belongs in it. At most 64 bytes; "" means "default".
	Account string

	// Timeout is how long a scrape waits for the engine's loop. 0 means 250 ms; at most 10 s.
	Timeout time.Duration
}

// Collector is a prometheus.Collector of one engine. All methods may be called from any goroutine.
type Collector struct {
	engine  *engine.Engine
	account string
	timeout time.Duration
	descs   map[string]*prometheus.Desc

	mu      sync.Mutex // guards what follows: one scrape at a time
	latency engine.Latency
	totals  *engine.Snapshot
	answer  engine.Submission // of an engine without a trading state
}

// New returns a collector of an engine. The error says which option cannot be used.
func New(e *engine.Engine, o Options) (*Collector, error) {
	if o.Account == "" {
		o.Account = "default"
	}
	if len(o.Account) > AccountMax || !utf8.ValidString(o.Account) {
		most := strconv.Itoa(AccountMax)
		return nil, errors.New("smkprom: Options.Account must be UTF-8 of at most " + most + " bytes")
	}
	if o.Timeout == 0 {
		o.Timeout = Timeout
	}
	if o.Timeout < 0 || o.Timeout > TimeoutMax {
		return nil, errors.New("smkprom: Options.Timeout must be 0 to " + TimeoutMax.String())
	}
	return &Collector{
		engine: e, account: o.Account, timeout: o.Timeout, descs: descriptions(o.Account),
		totals: &engine.Snapshot{OnlyTotals: true},
	}, nil
}

// Describe sends the descriptions of all metrics.
func (c *Collector) Describe(to chan<- *prometheus.Desc) {
	for _, m := range metrics {
		to <- c.descs[m.name]
	}
}

// Collect sends all metrics as of now. It waits for the engine's loop for Options.Timeout at most, and leaves out what
// that did not say by then.
func (c *Collector) Collect(to chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := scrape{c, to}
	stats := c.engine.Stats()
	s.connection(&stats)
	s.messages(&stats)
	s.loop(&stats)
	c.engine.Latency(&c.latency)
	s.latency(&c.latency)
	err := c.ask()
	s.gauge("smk_loop_answered", boolean(err == nil || errors.Is(err, engine.ErrNoState)))
	if err == nil {
		s.trading(c.totals)
		s.money(c.totals)
	}
	s.journal()
}

// ask has the loop fill in totals. An engine without a trading state is asked for nothing but an answer, and the error
// is engine.ErrNoState then.
func (c *Collector) ask() error {
	ctx, cancel := context.WithTimeout(context.Background(), c.timeout)
	defer cancel()
	err := c.engine.Submitter().Snapshot(ctx, c.totals)
	if !errors.Is(err, engine.ErrNoState) {
		return err
	}
	if err := c.engine.Submitter().Do(func() {}, &c.answer); err != nil {
		return err
	}
	if _, err := c.answer.Wait(ctx); err != nil {
		return err
	}
	return engine.ErrNoState
}

// scrape is one call of Collect.
type scrape struct {
	*Collector
	to chan<- prometheus.Metric
}

func (s scrape) value(kind prometheus.ValueType, name string, v float64, labels []string) {
	s.to <- prometheus.MustNewConstMetric(s.descs[name], kind, v, labels...)
}

func (s scrape) count(name string, v uint64, labels ...string) {
	s.value(prometheus.CounterValue, name, float64(v), labels)
}

func (s scrape) gauge(name string, v float64, labels ...string) {
	s.value(prometheus.GaugeValue, name, v, labels)
}

// states sends a 1 for the value that an enumeration has and 0 for its others.
func (s scrape) states(name string, is uint8, all []string) {
	for i, value := range all {
		s.gauge(name, boolean(int(is) == i), value)
	}
}

// counts sends one counter for each value of an enumeration.
func (s scrape) counts(name string, counts []uint64, all []string) {
	for i, value := range all {
		if i < len(counts) {
			s.count(name, counts[i], value)
		}
	}
}

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// The values of labels.
var (
	sessionStates = values(session.Disconnected)
	lossCauses    = values(engine.CauseTransport)
	requestKinds  = values(engine.RequestCreate)
	riskModes     = values(risk.Active)
	killStates    = values(risk.KillIdle)
	riskLimits    = values(risk.LimitNone)
	orderEvents   = values(order.EventKind(0))
	messageTypes  = func() (names []string) {
		names = append(names, "unknown")
		for t := msg.PayloadType(1); int(t) < len(engine.Stats{}.Received); t++ {
			names = append(names, strings.ToLower(strings.TrimPrefix(t.String(), "PAYLOAD_")))
		}
		return names
	}()
)

func (s scrape) connection(stats *engine.Stats) {
	s.states("smk_session_state", uint8(stats.State), sessionStates)
	s.count("smk_connections_total", stats.Connected)
	s.counts("smk_connections_lost_total", stats.Lost[:], lossCauses)
	s.count("smk_logins_total", stats.Session.Logins)
	s.count("smk_received_bytes_total", stats.BytesIn)
	s.count("smk_sent_bytes_total", stats.BytesOut)
	s.counts("smk_received_messages_total", stats.Received[:], messageTypes)
	s.count("smk_sent_messages_total", stats.Session.MessagesOut)
}

func (s scrape) messages(stats *engine.Stats) {
	n := &stats.Session
	s.count("smk_gaps_total", n.Gaps)
	s.count("smk_replayed_messages_total", n.Replayed)
	s.count("smk_duplicate_messages_total", n.Duplicates)
	s.count("smk_account_gaps_total", n.AccountGaps)
	s.count("smk_account_lost_messages_total", n.AccountLost)
	s.count("smk_account_resets_total", n.AccountResets)
	s.count("smk_throttled_total", n.Throttled)
	s.count("smk_throttle_exceeded_total", n.ThrottleExceeded+n.ThrottleRejected)
	s.count("smk_requests_unanswered_total", n.Unanswered)
	s.count("smk_requests_resolved_total", n.Resolved)
	s.count("smk_requests_unresolved_total", n.Unresolved)
	s.count("smk_answer_mismatches_total", n.AnswerMismatches)
	s.count("smk_unknown_fields_total", n.Unknown.Fields+n.Unknown.Values)
}

func (s scrape) loop(stats *engine.Stats) {
	s.count("smk_slow_handlers_total", stats.SlowHandlers)
	s.gauge("smk_handler_max_seconds", stats.HandlerMax.Seconds())
	s.count("smk_loop_delays_total", stats.LoopDelays)
	s.gauge("smk_loop_delay_max_seconds", stats.LoopDelayMax.Seconds())
	s.count("smk_lags_total", stats.Lags)
	s.gauge("smk_lag_max_seconds", stats.LagMax.Seconds())
	s.gauge("smk_submit_queue_peak", float64(stats.SubmittedPeak))
	s.gauge("smk_unsent_peak_bytes", float64(stats.UnsentPeak))
	s.count("smk_log_records_lost_total", stats.LogsLost)
}

func (s scrape) latency(l *engine.Latency) {
	account := &dto.LabelPair{Name: new("account"), Value: new(s.account)}
	for i := range l.Acknowledgement {
		labels := []*dto.LabelPair{account, {Name: new("request"), Value: new(requestKinds[i])}}
		s.to <- newHistogram(s.descs["smk_acknowledgement_seconds"], labels, &l.Acknowledgement[i])
	}
	labels := []*dto.LabelPair{account}
	s.to <- newHistogram(s.descs["smk_tick_to_order_seconds"], labels, &l.TickToOrder)
	s.to <- newHistogram(s.descs["smk_handler_seconds"], labels, &l.Handler)
	s.to <- newHistogram(s.descs["smk_loop_delay_seconds"], labels, &l.LoopDelay)
	s.to <- newHistogram(s.descs["smk_submit_seconds"], labels, &l.Submit)
	s.to <- newHistogram(s.descs["smk_socket_seconds"], labels, &l.Socket)
}

func (s scrape) trading(t *engine.Snapshot) {
	s.states("smk_risk_mode", uint8(t.Mode.Mode), riskModes)
	s.states("smk_kill_switch", uint8(t.Mode.Kill), killStates)
	s.gauge("smk_orders", float64(t.Totals.Orders))
	s.gauge("smk_orders_in_doubt", float64(t.Mode.InDoubt))
	s.gauge("smk_orders_max", float64(t.Totals.OrdersMax))
	s.gauge("smk_positions", float64(t.Totals.Positions))
	s.gauge("smk_account_complete", boolean(t.Completeness.Complete))
	s.gauge("smk_account_caught_up", boolean(caughtUp(t)))
	s.counts("smk_order_events_total", t.Totals.Events[1:], orderEvents[1:])
	s.count("smk_orders_admitted_total", t.Risk.Admitted)
	s.counts("smk_orders_refused_total", t.Risk.Refused[1:], riskLimits[1:])
	s.gauge("smk_throttle_tokens", float64(t.Totals.Creates), "creates")
	s.gauge("smk_throttle_tokens", float64(t.Totals.Cancels), "cancels")
	s.gauge("smk_submit_queue_length", float64(t.Totals.Submitted))
}

func (s scrape) money(t *engine.Snapshot) {
	a := &t.Account
	s.gauge("smk_account_cash", a.Cash.Float())
	s.gauge("smk_account_exposure", a.Final.Float(), "final")
	s.gauge("smk_account_exposure", a.Open.Float(), "open")
	s.gauge("smk_account_exposure", a.Provision.Float(), "provisional")
	s.gauge("smk_account_exposure", a.Replacing.Float(), "replacing")
	s.gauge("smk_account_exposure", a.Asked.Float(), "asked")
	s.gauge("smk_account_exposure", a.WorstCase.Float(), "total")
	s.gauge("smk_account_exposure_max", t.Totals.AccountExposureMax.Float())
	s.gauge("smk_account_realised_profit", a.Realised.Float())
	s.gauge("smk_account_loss_max", t.Totals.LossMax.Float())
	s.gauge("smk_account_drift", t.Totals.Drift[order.Exposure].Float(), "exposure")
	s.gauge("smk_account_drift", t.Totals.Drift[order.Cash].Float(), "cash")
}

func (s scrape) journal() {
	j, ok := s.engine.JournalStats()
	if !ok {
		return
	}
	s.count("smk_journal_records_total", j.Records)
	s.count("smk_journal_bytes_total", j.Bytes)
	s.count("smk_journal_lost_records_total", j.Lost)
	s.count("smk_journal_syncs_total", j.Syncs)
	s.gauge("smk_journal_lag_bytes", float64(j.LagBytes))
	s.gauge("smk_journal_lag_records", float64(j.LagRecords))
	s.gauge("smk_journal_failed", boolean(j.Failed != nil))
	s.gauge("smk_journal_last_sync_timestamp_seconds", float64(j.LastSync)/float64(time.Second))
}

// caughtUp reports whether everything was received that the exchange repeats after a login.
func caughtUp(t *engine.Snapshot) bool { return t.Completeness.Why&order.NotCaughtUp == 0 }

package smkprom

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// kind is a metric's type.
type kind string

const (
	counter   kind = "counter"
	gauge     kind = "gauge"
	histogram kind = "histogram"
)

// metric is one of the collector's. The table below is what README.md has.
type metric struct {
	name  string
	kind  kind
	label string // beside account, "" for none
	help  string
}

// metrics are all that a Collector exports, in the order of the README's table.
var metrics = []metric{
	// From Stats.
	{"smk_session_state", gauge, "state", "1 for the state that the session is in."},
	{"smk_connections_total", counter, "", "Connections that were opened."},
	{"smk_connections_lost_total", counter, "cause", "Connections that ended, and failed attempts, by cause."},
	{"smk_logins_total", counter, "", "Logins that the exchange answered."},
	{"smk_received_bytes_total", counter, "", "Bytes read from the socket, after TLS."},
	{"smk_sent_bytes_total", counter, "", "Bytes written to the socket, before TLS."},
	{"smk_received_messages_total", counter, "type", "Application messages received, by type."},
	{"smk_sent_messages_total", counter, "", "Messages of both layers queued, without those sent again."},
	{"smk_gaps_total", counter, "", "Gaps in the sequence of messages, each of which a replay was requested for."},
	{"smk_replayed_messages_total", counter, "", "Application messages that the exchange marked as sent again."},
	{"smk_duplicate_messages_total", counter, "", "Messages discarded because they had been received before."},
	{"smk_account_gaps_total", counter, "", "Ranges of account messages that were missing for a while."},
	{"smk_account_lost_messages_total", counter, "", "Account messages that are not requested any more."},
	{"smk_account_resets_total", counter, "", "Account sequences that neither followed nor repeated the last ones."},
	{"smk_throttled_total", counter, "", "Sends refused by the engine's own throttle."},
	{"smk_throttle_exceeded_total", counter, "", "Messages that the exchange dropped or rejected for its throttle."},
	{"smk_requests_unanswered_total", counter, "", "Requests that got no answer, so that their fate was reported."},
	{"smk_requests_resolved_total", counter, "", "Requests in doubt that were answered after all."},
	{"smk_requests_unresolved_total", counter, "", "Requests in doubt that nothing will resolve any more."},
	{"smk_answer_mismatches_total", counter, "", "Messages that contradict the request that they name."},
	{"smk_unknown_fields_total", counter, "", "Fields received that the schema does not have."},
	{"smk_slow_handlers_total", counter, "", "Calls of handlers that took Config.SlowHandler or longer."},
	{"smk_handler_max_seconds", gauge, "", "Longest time of a handler."},
	{"smk_loop_delays_total", counter, "", "Loop delays of Config.LoopDelay or longer."},
	{"smk_loop_delay_max_seconds", gauge, "", "Longest time between two polls of the socket, without sleep."},
	{"smk_lags_total", counter, "", "Lags of Config.LoopDelay or longer behind what had arrived."},
	{"smk_lag_max_seconds", gauge, "", "Longest lag behind what had arrived."},
	{"smk_submit_queue_peak", gauge, "", "Most submissions of other goroutines taken without finding the queue empty."},
	{"smk_unsent_peak_bytes", gauge, "", "Most bytes that waited for the socket at a write."},
	{"smk_log_records_lost_total", counter, "", "Log records lost because the logger was too slow, or panicked."},

	// From Latency.
	{"smk_acknowledgement_seconds", histogram, "request", "Time from the send of a request to its answer."},
	{"smk_tick_to_order_seconds", histogram, "", "Time from the read of messages to the write of orders they led to."},
	{"smk_handler_seconds", histogram, "", "Time of handlers, decoding included."},
	{"smk_loop_delay_seconds", histogram, "", "Time between two polls of the socket, without sleep."},
	{"smk_submit_seconds", histogram, "", "Wait of submissions for the loop; empty without Config.TimeSubmissions."},
	{"smk_socket_seconds", histogram, "", "Time until the socket had accepted what was to be written."},

	// From a Snapshot.
	{"smk_loop_answered", gauge, "", "1 if the loop answered in time; else the next ones are absent."},
	{"smk_risk_mode", gauge, "mode", "1 for the trading mode in force."},
	{"smk_kill_switch", gauge, "state", "1 for the state that the kill switch is in."},
	{"smk_orders", gauge, "", "Orders that are not terminal."},
	{"smk_orders_in_doubt", gauge, "", "Orders of which nobody knows whether they are live."},
	{"smk_orders_max", gauge, "", "Limit of open orders, 0 if there is none."},
	{"smk_positions", gauge, "", "Contracts with an order or a position."},
	{"smk_account_complete", gauge, "", "1 if orders, positions and money are complete as far as is known."},
	{"smk_account_caught_up", gauge, "", "1 if everything that the exchange repeats after a login was received."},
	{"smk_account_cash", gauge, "", "Available balance and reserve, in the account's currency."},
	{
		"smk_account_exposure", gauge, "part",
		"Worst case by part, in the account's currency; total is the most to lose.",
	},
	{"smk_account_exposure_max", gauge, "", "Limit of the account's exposure in its currency, 0 if there is none."},
	{"smk_account_realised_profit", gauge, "", "Result of settled markets, in the account's currency."},
	{"smk_account_loss_max", gauge, "", "Limit of the realised loss in the account's currency, 0 if there is none."},
	{"smk_account_drift", gauge, "amount", "What the exchange reports less our own figure, in the account's currency."},
	{"smk_order_events_total", counter, "event", "Events of orders, those that the exchange repeated included."},
	{"smk_orders_admitted_total", counter, "", "Creates and replaces that the risk checks let pass."},
	{"smk_orders_refused_total", counter, "limit", "Creates and replaces that the risk checks refused, by limit."},
	{"smk_throttle_tokens", gauge, "requests", "Requests that the throttle would let pass now."},
	{"smk_submit_queue_length", gauge, "", "Submissions that wait for the loop, the scrape's included."},

	// From JournalStats, if there is a journal.
	{"smk_journal_records_total", counter, "", "Records that the journal has written."},
	{"smk_journal_bytes_total", counter, "", "Bytes that the journal has written."},
	{"smk_journal_lost_records_total", counter, "", "Records that the journal has lost."},
	{"smk_journal_syncs_total", counter, "", "Times that the journal was made durable."},
	{"smk_journal_lag_bytes", gauge, "", "Bytes that wait to be written to the journal."},
	{"smk_journal_lag_records", gauge, "", "Records that wait to be written to the journal."},
	{"smk_journal_failed", gauge, "", "1 if the journal's disk fails at the moment."},
	{"smk_journal_last_sync_timestamp_seconds", gauge, "", "When the journal was last made durable, 0 if never."},
}

// descriptions returns the descriptions of all metrics of an account, by name.
func descriptions(account string) map[string]*prometheus.Desc {
	all := make(map[string]*prometheus.Desc, len(metrics))
	for _, m := range metrics {
		var labels []string
		if m.label != "" {
			labels = []string{m.label}
		}
		all[m.name] = prometheus.NewDesc(m.name, m.help, labels, prometheus.Labels{"account": account})
	}
	return all
}

// underscored makes the values of labels of names in the library.
var underscored = strings.NewReplacer(" ", "_", "-", "_")

// namer is an enumeration.
type namer interface {
	~uint8
	String() string
}

// values returns the names of an enumeration from its first value on, as values of a label.
func values[E namer](first E) (names []string) {
	for v := first; ; v++ {
		name := v.String()
		if strings.HasPrefix(name, "unknown ") {
			return names
		}
		names = append(names, underscored.Replace(name))
	}
}

// Names returns the names of all metrics, in the order of the README.
func Names() (names []string) {
	for _, m := range metrics {
		names = append(names, m.name)
	}
	return names
}

package replica

import (
	"errors"
	"strconv"
	"strings"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
)

// What the engine's log says that is applied: texts, and beginnings of texts.
const (
	LogDisconnected      = "session disconnected"
	LogCaughtUp          = "account messages caught up"
	LogNoAccountMessages = "the exchange has no account messages"
	LogGap               = "gap"
	LogGapRecovered      = "gap recovered"

	logAccountLost  = "account messages lost"
	logAccountReset = "account sequence reset"
	logNoAnswer     = "message without an answer"
)

// log follows a line of the engine's log.
func (m *Replica) log(r *journal.Record) {
	l := parseLog(string(r.Payload))
	s := &m.session
	switch text := l["msg"]; {
	case text == LogDisconnected:
		s.gap = false
		m.books.Disconnected(r.At)
		m.orderEvents(m.orders.Disconnected(r.At))
	case text == LogGap:
		s.gap, s.gapfills = true, 0
		m.books.Gap(r.At)
	case text == LogGapRecovered:
		s.gap = false
		m.books.Recovered(s.gapfills == 0, r.At)
	case text == logNoAnswer:
		m.fate(l, r.At)
	case text == engine.LogDecision:
		m.decision(strings.Fields(l["by"]), r.At)
	default:
		m.accountLog(text, l, r.At)
	}
	m.c.Observer.Log(r, l)
}

// accountLog follows a line about the account's messages.
func (m *Replica) accountLog(text string, l map[string]string, now int64) {
	number := func(key string) uint64 {
		n, _ := strconv.ParseUint(l[key], 10, 64)
		return n
	}
	switch {
	case strings.HasPrefix(text, LogCaughtUp), strings.HasPrefix(text, LogNoAccountMessages):
		var cause error
		if l["cause"] != "" {
			cause = errors.New(l["cause"])
		}
		m.orderEvents(m.orders.CaughtUp(text == LogCaughtUp, cause, now))
	case text == logAccountLost:
		m.orderEvents(m.orders.AccountLost(number("from"), number("to"), now))
	case text == logAccountReset:
		m.session.account = number("to")
		m.orderEvents(m.orders.AccountReset(now))
	}
}

// decision follows what the engine or its user decided about orders without a message.
func (m *Replica) decision(words []string, now int64) {
	if len(words) == 0 {
		return
	}
	numbers, yes := [4]uint64{}, [4]bool{}
	var winners []uint32
	for i, w := range words[1:] {
		n, _ := strconv.ParseUint(w, 10, 64)
		if i > 0 {
			winners = append(winners, uint32(n))
		}
		if i < len(numbers) {
			numbers[i], yes[i] = n, w == "true"
		}
	}
	outcome := order.Outcome{Placed: yes[1], OrderID: numbers[2], Ended: yes[3]}
	events := func() (events []order.Event) {
		switch words[0] {
		case engine.DecisionOverdue:
			events, _ = m.orders.ResolveOverdue(yes[1], int64(numbers[0]), now)
		case engine.DecisionResolve:
			events, _ = m.orders.Resolve(numbers[0], outcome, now)
		case engine.DecisionResolveID:
			events, _ = m.orders.ResolveID(numbers[0], outcome, now)
		case engine.DecisionReconciled:
			events = m.orders.Reconciled(now)
		case engine.DecisionSettle:
			events, _ = m.orders.SettleMarket(uint32(numbers[0]), winners, now)
		case engine.DecisionDefine:
			_ = m.orders.DefineMarket(uint32(numbers[0]), yes[1]) // the bot had the error, too
		case engine.DecisionUnfollowed:
			events = m.orders.Unfollowed(yes[0], now)
		case engine.DecisionRenew:
			m.session.renewed = uint32(numbers[0])
		case engine.DecisionLeave:
			m.books.Unsubscribed(uint32(numbers[0]), now)
		case engine.DecisionUntracked: // as if it had not been sent
			events = m.orders.ApplyFate(msg.PayloadType(numbers[0]), numbers[1], numbers[2], order.FateNotSent, now)
		case engine.DecisionLost:
			events = m.orders.AccountLost(1, 0, now)
		}
		return events
	}
	for m.orderEvents(events()); m.orders.More(); {
		m.orderEvents(events())
	}
}

// fate follows what became of a request without an answer.
func (m *Replica) fate(l map[string]string, now int64) {
	fate := order.Fate(0)
	for _, is := range [...]order.Fate{order.FateNotSent, order.FateNotDelivered, order.FateInDoubt} {
		if is.String() == l["fate"] {
			fate = is
		}
	}
	typ, ok := typesByName[l["type"]]
	if fate == 0 || !ok {
		return
	}
	reference, _ := strconv.ParseUint(l["reference"], 10, 64)
	seq, _ := strconv.ParseUint(l["seq"], 10, 64)
	m.orderEvents(m.orders.ApplyFate(typ, reference, seq, fate, now))
}

// typesByName are the types of messages by their names.
var typesByName = func() map[string]msg.PayloadType {
	all := map[string]msg.PayloadType{}
	for t := msg.PayloadEto; t <= msg.PayloadOrderCancelReplaceRejected; t++ {
		all[t.String()] = t
	}
	return all
}()

// parseLog reads a line of the engine's log: key=value, texts quoted.
func parseLog(line string) map[string]string {
	values := map[string]string{}
	for line != "" {
		key, rest, ok := strings.Cut(strings.TrimLeft(line, " "), "=")
		if !ok {
			break
		}
		if quoted, err := strconv.QuotedPrefix(rest); err == nil {
			value, _ := strconv.Unquote(quoted)
			values[key], line = value, rest[len(quoted):]
			continue
		}
		values[key], line, _ = strings.Cut(rest, " ")
	}
	return values
}

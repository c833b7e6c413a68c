package screen

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
)

// log follows a line of the engine's log: key=value, texts quoted.
func (m *Model) log(r *journal.Record) {
	f := &m.facts
	l := parseLog(string(r.Payload))
	text := l["msg"]
	kind, level := KindEngine, ""
	switch l["level"] {
	case "WARN":
		level = levelWarn
	case "ERROR":
		level = levelBad
	}
	switch {
	case strings.HasPrefix(text, "session "):
		kind = KindSession
		f.strip.Session, f.strip.Since = strings.TrimPrefix(text, "session "), f.at
		if text == "session disconnected" {
			f.strip.Connected, f.strip.CaughtUp, f.strip.Gap = false, false, false
			f.bucket = bucket{}
			if level != "" {
				m.mark(KindGap)
				level = levelBad
			}
			f.latency.disconnected()
			m.books.Disconnected(r.At)
			m.orderEvents(m.orders.Disconnected(r.At))
		}
	case strings.HasPrefix(text, "mode is "):
		kind = KindMode
		f.strip.Mode, f.strip.Cause = strings.TrimPrefix(text, "mode is "), printable(l["by"])
		if f.strip.Mode == "halted" {
			kind, level = KindHalt, levelBad
			m.mark(KindHalt)
		}
	case text == "gap":
		kind = KindGap
		f.strip.Gaps++
		f.strip.Gap, f.session.gapfills = true, 0
		m.mark(KindGap)
		m.books.Gap(r.At)
	case text == "gap recovered":
		kind = KindGap
		f.strip.Gap = false
		m.books.Recovered(f.session.gapfills == 0, r.At)
	case strings.HasPrefix(text, "account "), strings.HasPrefix(text, logNoAccountMessages):
		kind = KindSession
		m.accountLog(text, l, r.At)
	case text == "message without an answer":
		m.fate(l, r.At)
		kind = KindOrder
	case text == logNamed:
		m.named(l)
		return
	case m.knows(text):
		return
	}
	if l["by"] != "" {
		text += ": " + l["by"]
	}
	if l["cause"] != "" {
		text += ": " + l["cause"]
	}
	if l["fate"] != "" {
		text += fmt.Sprintf(": %s %s, %s", l["type"], l["reference"], l["fate"])
	}
	if n := l["took_ns"]; n != "" {
		text += fmt.Sprintf(": %s %s us", l["handler"], strings.TrimSuffix(n, "000"))
	}
	m.line(kind, level, printable(text))
}

// logNamed is what the log of an imported journal says of a contract, with its number and its name.
const logNamed = "contract named"

// nameBytesMax is how much of a name is shown.
const nameBytesMax = 64

// named follows the name of a contract.
func (m *Model) named(l map[string]string) {
	id, err := strconv.ParseUint(l["contract"], 10, 32)
	f := &m.facts
	if _, known := f.names[uint32(id)]; err != nil || !known && len(f.names) >= contractsMax {
		return
	}
	if f.names == nil {
		f.names = map[uint32]string{}
	}
	name := l["name"]
	f.names[uint32(id)] = printable(name[:min(len(name), nameBytesMax)])
}

// knows reports whether the model says by itself what a line of the log says: what orders found out.
func (m *Model) knows(text string) bool {
	for k := order.OrderAccepted; k <= order.Overflow; k++ {
		if strings.HasPrefix(text, k.String()) {
			return true
		}
	}
	return strings.HasPrefix(text, "complete") || strings.HasPrefix(text, "not complete")
}

// What the engine's log says when an account is caught up with: beginnings of texts.
const (
	logCaughtUp          = "account messages caught up"
	logNoAccountMessages = "the exchange has no account messages"
)

// accountLog follows a line about the account's messages.
func (m *Model) accountLog(text string, l map[string]string, now int64) {
	number := func(key string) uint64 {
		n, _ := strconv.ParseUint(l[key], 10, 64)
		return n
	}
	switch {
	case strings.HasPrefix(text, logCaughtUp), strings.HasPrefix(text, logNoAccountMessages):
		m.facts.strip.CaughtUp = true
		var cause error
		if m.facts.lacking = printable(l["cause"]); m.facts.lacking != "" {
			cause = errors.New(m.facts.lacking)
		}
		m.orderEvents(m.orders.CaughtUp(text == logCaughtUp, cause, now))
	case text == "account messages lost":
		m.orderEvents(m.orders.AccountLost(number("from"), number("to"), now))
	case text == "account messages may be lost":
		m.mark(KindGap)
	case text == "account sequence reset":
		m.orderEvents(m.orders.AccountReset(now))
	}
}

// fate follows what became of a request without an answer.
func (m *Model) fate(l map[string]string, now int64) {
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

// parseLog reads a line of the engine's log.
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

// tape follows what the loop found out: when bytes left, and that a round is over.
func (m *Model) tape(r *journal.Record) {
	l := &m.facts.latency
	m.facts.lastInbound = 0 // what is sent in a later round answers something else
	if len(l.unsent) == 0 {
		return
	}
	for e, err := range engine.TapeEntries(r) {
		switch {
		case err != nil:
			return
		case e.Kind == engine.TapeWrite && e.Bytes > 0 && e.Bytes == e.Offered:
			l.wrote = true
		case e.Kind == engine.TapeClock && l.wrote:
			l.written(e.At)
		}
	}
}

// bucket is the exchange's throttle, as far as what was sent and the limits tell.
type bucket struct {
	known       bool
	rate, burst int64
	tick        int64 // ns
	tokens      int64 // thousandths
	filled      int64 // clock reading
	taken       int64 // before the limits were known
}

const bucketToken = 1000

func (b *bucket) begin(now int64) { *b = bucket{filled: now} }

// change applies limits that the exchange sent.
func (b *bucket) change(now int64, rate, burst, tickMs uint32) {
	b.fill(now)
	if !b.known {
		b.tokens = max(int64(burst)-b.taken, 0) * bucketToken
	}
	b.known, b.rate, b.burst, b.tick, b.filled = true, int64(rate), int64(burst), int64(tickMs)*1e6, now
	b.tokens = min(b.tokens, b.burst*bucketToken)
}

// fill adds what came in.
func (b *bucket) fill(now int64) {
	elapsed := now - b.filled
	if !b.known || elapsed <= 0 || elapsed < b.tick {
		return
	}
	if b.tick > 0 {
		elapsed -= elapsed % b.tick
	}
	b.filled += elapsed
	const hour = int64(3600 * 1e9)
	more := float64(min(elapsed, hour)) / 1e9 * float64(b.rate) * bucketToken
	b.tokens = min(b.tokens+int64(min(more, math.MaxInt64/4)), b.burst*bucketToken)
}

// take takes a token for a message.
func (b *bucket) take(now int64) {
	b.fill(now)
	b.taken++
	b.tokens = max(b.tokens-bucketToken, 0)
}

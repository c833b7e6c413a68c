package screen

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/replica"
	"github.com/smk-go/smk/journal"
)

// log follows a line of the engine's log.
func (m *Model) log(r *journal.Record, l map[string]string) {
	f := &m.facts
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
		if text == replica.LogDisconnected {
			f.strip.Connected, f.strip.CaughtUp, f.strip.Gap = false, false, false
			f.bucket = bucket{}
			if level != "" {
				m.mark(KindGap)
				level = levelBad
			}
			f.latency.disconnected()
		}
	case strings.HasPrefix(text, "mode is "):
		kind = KindMode
		f.strip.Mode, f.strip.Cause = strings.TrimPrefix(text, "mode is "), printable(l["by"])
		if f.strip.Mode == "halted" {
			kind, level = KindHalt, levelBad
			m.mark(KindHalt)
		}
	case text == replica.LogGap:
		kind = KindGap
		f.strip.Gaps++
		f.strip.Gap = true
		m.mark(KindGap)
	case text == replica.LogGapRecovered:
		kind = KindGap
		f.strip.Gap = false
	case strings.HasPrefix(text, "account "), strings.HasPrefix(text, replica.LogNoAccountMessages):
		kind = KindSession
		m.accountLog(text, l)
	case text == "message without an answer":
		kind = KindOrder
	case text == engine.LogDecision:
		kind = KindOrder
		switch by, _, _ := strings.Cut(l["by"], " "); by {
		case engine.DecisionOverdue, engine.DecisionRenew, engine.DecisionLeave:
			return // the orders say it, or the books
		}
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
		text = fmt.Sprintf("%s: %s %s %s", text, l["type"], l["reference"], l["fate"])
	}
	if l["handler"] != "" {
		text += ": " + l["handler"]
	}
	if ns, err := strconv.ParseInt(l["took_ns"], 10, 64); err == nil {
		text += ": " + time.Duration(ns).Round(time.Microsecond).String()
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

// accountLog follows a line about the account's messages.
func (m *Model) accountLog(text string, l map[string]string) {
	switch {
	case strings.HasPrefix(text, replica.LogCaughtUp), strings.HasPrefix(text, replica.LogNoAccountMessages):
		m.facts.strip.CaughtUp, m.facts.lacking = true, printable(l["cause"])
	case text == "account messages may be lost":
		m.mark(KindGap)
	}
}

// tape follows what the loop found out: when bytes left, and that a round is over.
func (m *Model) tape(r *journal.Record) {
	l := &m.facts.latency
	m.facts.lastInbound = 0 // what is sent in a later round answers something else
	if len(l.unsent) == 0 {
		return
	}
	at, wrote, ok := engine.TapeWritten(r, l.wrote)
	if l.wrote = wrote; ok {
		l.written(at)
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

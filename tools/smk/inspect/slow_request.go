package inspect

import (
	"strconv"
	"strings"

	"github.com/smk-go/smk/journal"
)

// answered are the requests that have an answer, by how it names them.
var answered = map[string]bool{
	typeCreate: true, typeCancel: true, typeReduce: true, typeReplace: true, typeCancelAll: true, typePing: true,
}

// request notes a request.
func (s *tracker) request(e *Entry, f *frame) {
	m := e.Message
	if !answered[m.Type] || s.count >= pendingMax {
		return
	}
	r := &RoundTrip{
		Time: e.Time().Format(timeLayout), Type: m.Type, Seq: m.Seq, Reference: m.Reference, Record: e.Seq,
		Epoch: e.Epoch, Order: max(m.Order, m.Original),
		progress: progress{start: e.At, queued: e.At, out: f, led: s.lastIn},
	}
	if r.led != nil {
		r.start = r.led.at
	}
	if h, ok := s.throttled[m.Type]; ok {
		delete(s.throttled, m.Type)
		r.Held, r.Refusals = e.At-h.since, h.count
		r.start = min(r.start, h.since)
	}
	key := requestKey{"seq", m.Type, m.Seq}
	switch {
	case m.Type == typePing:
		key = requestKey{"", m.Type, 0}
	case m.Reference != 0:
		key = requestKey{"reference", m.Type, m.Reference}
	case m.Type == typeCancel || m.Type == typeReduce || m.Type == typeReplace:
		key = requestKey{"order", m.Type, r.Order}
	case m.Type == typeCancelAll:
		key = requestKey{"", m.Type, 0}
	}
	s.pending[key] = append(s.pending[key], r)
	s.count++
}

// answer finds the request that a message answers.
func (s *tracker) answer(e *Entry, f *frame) {
	m := e.Message
	var types []string
	order := m.Order
	switch m.Type {
	case typePong:
		types = []string{typePing}
	case typeAccepted, typeRejected, typeInvalid:
		types = []string{typeCreate}
	case typeCancelled:
		types = []string{typeCancel}
	case typeCancelRejected:
		types = []string{typeCancel, typeReplace}
	case typeReduced, typeReduceRejected:
		types = []string{typeReduce}
	case typeReplaceAccepted, typeReplaceRejected:
		types, order = []string{typeReplace}, m.Original
	case typeCancelAllAccepted, typeCancelAllRejected:
		types = []string{typeCancelAll}
	}
	for _, typ := range types {
		keys := [...]requestKey{
			{"reference", typ, m.Reference}, {"seq", typ, m.number("seq")}, {"order", typ, order}, {"", typ, 0},
		}
		for _, key := range keys {
			if key.value == 0 && key.by != "" || len(s.pending[key]) == 0 {
				continue
			}
			s.close(s.pending[key][0], key, e, f)
			return
		}
	}
}

// close ends a round trip.
func (s *tracker) close(r *RoundTrip, key requestKey, e *Entry, f *frame) {
	if s.count--; len(s.pending[key]) == 1 {
		delete(s.pending, key)
	} else {
		s.pending[key] = s.pending[key][1:]
	}
	r.Answer, r.Answered, r.taken, r.back = e.Message.Type, e.Place(), e.At, f
	if r.Order == 0 {
		r.Order = e.Message.Order
	}
	r.refused = strings.Contains(e.Message.Reason, "THROTTLE")
	s.waiting = append(s.waiting, r)
}

// note keeps what may explain a round trip.
func (s *tracker) note(e *Entry) {
	text := string(e.Payload)
	switch e.Kind {
	case journal.KindRefusal:
		typ, reason, _ := strings.Cut(text, ": ")
		typ = strings.TrimPrefix(typ, typePrefix)
		if !strings.Contains(reason, "throttle") {
			return
		}
		h := s.throttled[typ]
		if h.count++; h.count == 1 {
			h.since = e.At
		}
		s.throttled[typ] = h
	case journal.KindGC:
		if i, err := journal.DecodeGC(e.Payload); err == nil {
			// The goroutine that asks stands still in a pause, too.
			from := e.At - gcWindow - max(i.Pause, 0)
			s.evidence = append(s.evidence, evidence{from: from, to: e.At, kind: e.Kind, gc: i, record: e.Seq})
		}
	case journal.KindLog:
		v := logValues(text)
		took, _ := strconv.ParseInt(v["took_ns"], 10, 64)
		if took == 0 {
			return
		}
		name := v["handler"]
		if name == "" {
			name = v["by"]
		}
		s.evidence = append(s.evidence, evidence{
			from: e.At - took, to: e.At, kind: e.Kind, name: name, record: e.Seq, took: took,
			slow: v["msg"] == "slow handler", stopped: name == "the process did not run",
		})
	}
}

// logValues reads a line of the engine's log: key=value, texts in quotes.
func logValues(line string) map[string]string {
	values := make(map[string]string)
	for line != "" {
		key, rest, ok := strings.Cut(line, "=")
		if !ok {
			break
		}
		value, quoted := rest, ""
		if q, err := strconv.QuotedPrefix(rest); err == nil {
			quoted = q
			value, _ = strconv.Unquote(q)
			line = strings.TrimPrefix(rest[len(quoted):], " ")
		} else {
			value, line, _ = strings.Cut(rest, " ")
		}
		values[strings.TrimSpace(key)] = value
	}
	return values
}

package inspect

import (
	"cmp"
	"context"
	"slices"

	"github.com/smk-go/smk/journal"
)

// How a round trip is taken apart.
//
// A payload's record has the clock reading at which it was queued, or taken out of the receive buffer. When its bytes
// were written or read is found by counting: a frame was read by the read that brought its last byte, and the tape has
// the bytes of each read and write. A read is followed by a clock reading at once; a write counts as of the next
// reading of its round, which is behind what the handlers of the round took, or of the last one if none follows.

// RoundTrip is a request and its answer. Times are in ns; a stage that is not known is 0.
type RoundTrip struct {
	Time      string `json:"time"` // when the request was queued
	Total     int64  `json:"total_ns"`
	Type      string `json:"type"`
	Answer    string `json:"answer"`
	Seq       uint64 `json:"session_seq"`
	Reference uint64 `json:"reference,omitempty"`
	Order     uint64 `json:"order,omitempty"`
	Record    uint64 `json:"record"` // of the request
	Answered  Place  `json:"answered"`
	Epoch     uint32 `json:"epoch"`

	Stages

	Cause string `json:"cause"` // one of the Cause constants
	Why   string `json:"why"`

	Meanwhile
	progress
}

// Stages are how long a round trip took where, in ns.
type Stages struct {
	Held    int64 `json:"held_ns"`    // from the first refusal by the throttle to the request
	Handler int64 `json:"handler_ns"` // from the read of the message that led to the request
	Ring    int64 `json:"ring_ns"`    // from queued to written
	Network int64 `json:"network_ns"` // exchange and network: from written to read
	Queue   int64 `json:"queue_ns"`   // from read to taken out of the receive buffer
}

// Meanwhile is what happened during a round trip.
type Meanwhile struct {
	Refusals    int    `json:"refusals,omitempty"`     // by the throttle, before
	SlowHandler string `json:"slow_handler,omitempty"` // of the longest call
	LongestCall int64  `json:"longest_call_ns"`        // time without a poll of the socket, at most
	Busy        int64  `json:"busy_ns"`                // time in which the loop had something to do
	Messages    int    `json:"messages_before"`        // taken out meanwhile, before the answer
	Bytes       int    `json:"bytes_before"`           // of these
	Collections uint64 `json:"collections,omitempty"`  // garbage collections about then
	PauseMax    int64  `json:"gc_pause_max_ns,omitempty"`
}

// progress is what the stages are made of.
type progress struct {
	start, queued, written, read, taken int64  // clock readings
	out, back, led                      *frame // request, answer, and the message that led to the request
	connections                         int    // that were opened meanwhile
	refused                             bool   // by the exchange's throttle
	stopped                             int64  // time in which the process did not run
}

// Causes of slow round trips.
const (
	CauseThrottle   = "throttle"
	CauseConnection = "connection lost"
	CauseGC         = "garbage collection"
	CauseStopped    = "process stopped"
	CauseHandler    = "slow handler"
	CauseBacklog    = "backlog"
	CausePeer       = "exchange or network"
	CauseUnknown    = "unknown"
)

// Limits of what is remembered while a journal is read.
const (
	gcWindow    = 1e9 // ns before its record in which a collection paused: the journal asks when it is over
	evidenceFor = 3e9 // ns for which a round trip waits for what is recorded later
	recentMax   = 1 << 16
	pendingMax  = 1 << 20 // requests without an answer
)

// Slowest returns the slowest round trips of a journal, the slowest first, at most top. Of a
// damaged journal it returns those before the damage, and the *journal.DamageError.
func Slowest(ctx context.Context, dir string, top int) ([]*RoundTrip, error) {
	s := newTracker(top)
	var damage error
	for e, err := range Read(ctx, dir, Options{Tape: true}) {
		if isDamage(err) {
			damage = err
			break
		}
		if err != nil {
			return nil, err
		}
		s.add(e)
	}
	s.finishAll()
	return s.slowest, damage
}

// tracker follows requests, answers and what the loop did.
type tracker struct {
	top     int
	run     int
	epoch   uint32
	now     int64
	slowest []*RoundTrip
	waiting []*RoundTrip // for evidence

	pending   map[requestKey][]*RoundTrip
	count     int // of pending
	lastIn    *frame
	out, in   stream
	taken     taken
	recent    []*frame // inbound, the newest last
	busy      []span
	evidence  []evidence
	throttled map[string]held // by type
}

// requestKey is what an answer names: a reference, an order, a sequence number, or nothing.
type requestKey struct {
	by    string
	typ   string
	value uint64
}

// held is refusals by the throttle.
type held struct {
	since int64
	count int
}

// span is a time in which the loop was busy, without a poll.
type span struct {
	from, to int64
	after    string // type of the message taken out before
}

// evidence is a record that may explain something.
type evidence struct {
	from, to int64
	kind     journal.Kind
	name     string // of a handler, or of what the time was spent on
	slow     bool   // a slow handler or a loop delay
	stopped  bool   // the process did not run
	took     int64
	gc       journal.GCInfo
	record   uint64
}

func newTracker(top int) *tracker {
	return &tracker{top: top, pending: map[requestKey][]*RoundTrip{}, throttled: map[string]held{}}
}

func (s *tracker) add(e *Entry) {
	if e.Run != s.run {
		s.finishAll()
		*s = tracker{
			top: s.top, run: e.Run, slowest: s.slowest, pending: map[requestKey][]*RoundTrip{},
			throttled: map[string]held{},
		}
	}
	if !e.Own || e.Kind == journal.KindGC {
		s.now = max(s.now, e.At)
	}
	switch e.Kind {
	case journal.KindOutbound:
		s.connect(e)
		f := s.out.queue(e)
		s.taken.sent(e.Message)
		if !e.Message.Replay {
			s.request(e, f)
		}
	case journal.KindInbound:
		s.connect(e)
		f := s.in.queue(e)
		f.typ = e.Message.Type
		s.lastIn = f
		if s.recent = append(s.recent, f); len(s.recent) > 2*recentMax {
			s.recent = slices.Clone(s.recent[recentMax:])
		}
		if s.taken.takes(e) {
			s.answer(e, f)
		}
	case journal.KindTape:
		s.tape(e)
	case journal.KindRefusal, journal.KindLog, journal.KindGC:
		s.note(e)
	case journal.KindLost:
		s.out.markBroken()
		s.in.markBroken()
		s.taken.next = 0
	}
	s.finish(s.now - evidenceFor)
}

// connect follows a new connection.
func (s *tracker) connect(e *Entry) {
	if e.Epoch == s.epoch {
		return
	}
	s.epoch = e.Epoch
	s.out, s.in, s.lastIn = stream{}, stream{}, nil
	for key, trips := range s.pending {
		if key.typ == typePing { // nobody answers them any more
			s.count -= len(trips)
			delete(s.pending, key)
			continue
		}
		for _, r := range trips {
			r.connections++
		}
	}
}

// finish judges round trips that were answered before a clock reading.
func (s *tracker) finish(before int64) {
	n := 0
	for n < len(s.waiting) && s.waiting[n].taken < before {
		s.judge(s.waiting[n])
		n++
	}
	if n > 0 {
		s.waiting = slices.Delete(s.waiting, 0, n)
	}
	s.forget(before)
}

func (s *tracker) finishAll() { s.finish(1<<63 - 1) }

// forget drops evidence that nothing needs any more.
func (s *tracker) forget(before int64) {
	if len(s.busy) < recentMax && len(s.evidence) < recentMax {
		return
	}
	for _, r := range s.waiting {
		before = min(before, r.start)
	}
	s.busy = slices.DeleteFunc(s.busy, func(b span) bool { return b.to < before })
	s.evidence = slices.DeleteFunc(s.evidence, func(v evidence) bool { return v.to < before })
	if len(s.busy) >= recentMax {
		s.busy = slices.Delete(s.busy, 0, recentMax/2)
	}
	if len(s.evidence) >= recentMax {
		s.evidence = slices.Delete(s.evidence, 0, recentMax/2)
	}
}

// keep keeps a round trip if it is among the slowest.
func (s *tracker) keep(r *RoundTrip) {
	i, _ := slices.BinarySearchFunc(s.slowest, r, func(a, b *RoundTrip) int { return cmp.Compare(b.Total, a.Total) })
	if s.slowest = slices.Insert(s.slowest, i, r); len(s.slowest) > s.top {
		s.slowest = s.slowest[:s.top]
	}
}

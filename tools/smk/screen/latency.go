package screen

import (
	"maps"
	"slices"

	"github.com/smk-go/smk/engine/latency"
	"github.com/smk-go/smk/gen/msg"
)

// The stages of a request, in the order in which it passes them.
const (
	stageDecide    = iota // from the message that led to it to the request
	stageWrite            // from the request to the reading after its write
	stageExchange         // from there to the answer: network and exchange
	stageRoundTrip        // from the request to the answer
	stages
)

var stageNames = [stages]string{"decide", "write", "exchange", "round trip"}

// requestsMax is of how many requests without an answer the times are kept.
const requestsMax = 1 << 13

// latencies are the times of requests.
type latencies struct {
	all     [stages]latency.Histogram // since the run began
	second  [stages]latency.Histogram
	waiting map[uint64]request // by reference
	unsent  []uint64           // references that no write was seen for
	wrote   bool               // the write was seen, but not the clock reading behind it
}

// request is when a request was made and when it left.
type request struct{ at, written int64 }

func (l *latencies) begin() { *l = latencies{waiting: map[uint64]request{}} }

func (l *latencies) clone() latencies {
	c := *l
	c.waiting, c.unsent = maps.Clone(l.waiting), slices.Clone(l.unsent)
	return c
}

func (l *latencies) record(stage int, ns int64) {
	l.all[stage].Record(ns)
	l.second[stage].Record(ns)
}

// sent notes a request. led is the clock reading of the message before it in the same round, 0 if there was none.
func (l *latencies) sent(typ msg.PayloadType, reference uint64, now, led int64) {
	if led != 0 {
		l.record(stageDecide, max(now-led, 0))
	}
	switch typ {
	case msg.PayloadOrderCreate, msg.PayloadOrderCancelReplace:
	default:
		return
	}
	if reference == 0 || len(l.waiting) >= requestsMax || l.waiting == nil {
		return
	}
	l.waiting[reference] = request{at: now}
	l.unsent = append(l.unsent, reference)
}

// written notes that everything which was to be sent left.
func (l *latencies) written(now int64) {
	for _, reference := range l.unsent {
		if r, ok := l.waiting[reference]; ok {
			r.written = max(now, r.at)
			l.record(stageWrite, r.written-r.at)
			l.waiting[reference] = r
		}
	}
	l.unsent, l.wrote = l.unsent[:0], false
}

// answered notes an answer.
func (l *latencies) answered(p *msg.Payload, now int64) {
	reference := uint64(0)
	switch p.GetType() {
	case msg.PayloadOrderAccepted:
		reference = p.GetOrderAccepted().GetReference()
	case msg.PayloadOrderRejected:
		reference = p.GetOrderRejected().GetReference()
	case msg.PayloadOrderCancelReplaceAccepted:
		reference = p.GetOrderCancelReplaceAccepted().GetReference()
	case msg.PayloadOrderCancelReplaceRejected:
		reference = p.GetOrderCancelReplaceRejected().GetReference()
	default:
		return
	}
	r, ok := l.waiting[reference]
	if !ok || p.GetEtoPayload().GetIsReplay() {
		return
	}
	delete(l.waiting, reference)
	l.record(stageRoundTrip, now-r.at)
	if r.written != 0 {
		l.record(stageExchange, max(now-r.written, 0))
	}
}

// disconnected forgets requests: answers of a later connection say nothing about time.
func (l *latencies) disconnected() {
	clear(l.waiting)
	l.unsent, l.wrote = l.unsent[:0], false
}

// stages returns what was counted.
func (l *latencies) stages() []Stage {
	all := make([]Stage, 0, stages)
	for i := range l.all {
		h := &l.all[i]
		all = append(all, Stage{
			stageNames[i], h.Count(), int64(h.Quantile(0.5)), int64(h.Quantile(0.99)), int64(h.Quantile(0.999)),
			int64(h.Max()),
		})
	}
	return all
}

// beginSecond ends the second that is over, if one is.
func (m *Model) beginSecond(wall int64) {
	f := &m.facts
	at := wall / 1e9
	if f.second.At == at {
		return
	}
	if f.second.At != 0 {
		s := f.second
		for i := range f.latency.second {
			h := &f.latency.second[i]
			s.P50[i], s.P99[i] = cut32(int64(h.Quantile(0.5))), cut32(int64(h.Quantile(0.99)))
			*h = latency.Histogram{}
		}
		closed, how := m.closed()
		s.Known, s.Closed = how != closedUnknown, closed+int64(m.replica.Orders().Realised())
		f.seconds = appendRing(f.seconds, s, secondsMax)
	}
	f.second = Second{At: at}
}

func cut32(n int64) uint32 { return uint32(min(max(n, 0), 1<<32-1)) }

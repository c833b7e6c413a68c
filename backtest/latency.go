package backtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/smk-go/smk/gen/msg"
)

// Latency is how long something takes on its way: Constant, and with Samples one of them at random besides. The zero
// value takes no time.
type Latency struct {
	Constant time.Duration   `json:"constant_ns"`
	Samples  []time.Duration `json:"-"`
}

// Latencies are those of a connection, each way.
type Latencies struct {
	Feed     Latency // from the exchange to the bot, of market data, beside what the recording has in its times
	Entry    Latency // from the bot to the exchange
	Response Latency // from the exchange to the bot, of what concerns its orders
}

// none reports whether nothing takes any time.
func (l *Latencies) none() bool { return l.Feed.none() && l.Entry.none() && l.Response.none() }

func (l *Latency) none() bool { return l.Constant == 0 && len(l.Samples) == 0 }

// draw returns one.
func (l *Latency) draw(r *rand.Rand) int64 {
	d := int64(l.Constant)
	if n := len(l.Samples); n > 0 {
		d += int64(l.Samples[r.IntN(n)])
	}
	return d
}

// String returns the latency for people.
func (l Latency) String() string {
	switch {
	case l.none():
		return "none"
	case len(l.Samples) == 0:
		return l.Constant.String()
	}
	s := slices.Clone(l.Samples)
	slices.Sort(s)
	text := fmt.Sprintf("measured, %d samples, median %v", len(s), s[len(s)/2])
	if l.Constant > 0 {
		text += fmt.Sprintf(", plus %v", l.Constant)
	}
	return text
}

// ParseLatency reads a latency of a command line: "none", a time such as "2ms", or "measured", which is what measured
// says.
func ParseLatency(text string, measured []time.Duration) (Latency, error) {
	switch strings.TrimSpace(text) {
	case "", "none":
		return Latency{}, nil
	case "measured":
		if len(measured) == 0 {
			return Latency{}, &ConfigError{"latency", "nothing was measured: the recording has no answered requests"}
		}
		return Latency{Samples: measured}, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > time.Hour {
		return Latency{}, &ConfigError{
			"latency", fmt.Sprintf("%q is neither none, measured nor a time such as 2ms", text),
		}
	}
	return Latency{Constant: d}, nil
}

// Measured is what a journal says of the latencies when it was recorded.
type Measured struct {
	RoundTrips []time.Duration // from a request to its answer, by the recorder's clock
}

// OneWay returns half of each round trip: a journal does not say how a round trip is divided.
func (m *Measured) OneWay() []time.Duration {
	oneWay := make([]time.Duration, len(m.RoundTrips))
	for i, d := range m.RoundTrips {
		oneWay[i] = d / 2
	}
	return oneWay
}

// measure finds out how long the answers to requests took.
type measure struct {
	sent   map[uint64]int64 // by reference
	trips  []time.Duration
	seen   uint64
	random *rand.Rand
}

// disconnected forgets what has no answer yet: one that comes on the next connection has waited for that.
func (m *measure) disconnected() { clear(m.sent) }

func (m *measure) outbound(at int64, p *msg.Payload) {
	var reference uint64
	switch p.GetType() {
	case msg.PayloadOrderCreate:
		reference = p.GetOrderCreate().GetReference()
	case msg.PayloadOrderCancel:
		reference = p.GetOrderCancel().GetReference()
	case msg.PayloadOrderCancelReplace:
		reference = p.GetOrderCancelReplace().GetReference()
	}
	if reference == 0 || p.GetEtoPayload().GetIsReplay() {
		return
	}
	if len(m.sent) >= createsMax {
		clear(m.sent) // rejected, or so old that no answer comes any more
	}
	m.sent[reference] = at
}

func (m *measure) inbound(at int64, p *msg.Payload) {
	var reference uint64
	switch p.GetType() {
	case msg.PayloadOrderAccepted:
		reference = p.GetOrderAccepted().GetReference()
	case msg.PayloadOrderRejected:
		reference = p.GetOrderRejected().GetReference()
	case msg.PayloadOrderCancelled:
		reference = p.GetOrderCancelled().GetReference()
	case msg.PayloadOrderPendingReplace:
		reference = p.GetOrderPendingReplace().GetReference()
	}
	begun, ok := m.sent[reference]
	if !ok || reference == 0 {
		return
	}
	delete(m.sent, reference)
	m.add(time.Duration(at - begun))
}

// add keeps a sample of all, each with the same probability.
func (m *measure) add(d time.Duration) {
	if d < 0 {
		return
	}
	if m.seen++; len(m.trips) < samplesMax {
		m.trips = append(m.trips, d)
		return
	}
	if m.random == nil {
		m.random = rand.New(rand.NewPCG(1, 0x1a7))
	}
	if i := m.random.Uint64N(m.seen); i < samplesMax {
		m.trips[i] = d
	}
}

func (m *measure) result() Measured { return Measured{RoundTrips: m.trips} }

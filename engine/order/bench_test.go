package order_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
)

// BenchmarkApply measures applying messages against decoding them, by kind of message and live orders. Chunks are
// decoded, and decoded and applied, in turn; the medians are reported.
func BenchmarkApply(b *testing.B) {
	for _, kind := range feedKinds {
		for _, live := range []int{10, 1_000, 10_000} {
			b.Run(fmt.Sprintf("%s/live=%d", kind, live), func(b *testing.B) {
				const chunks = 1500
				benchmarkFeed(b, newFeed(b, kind, live, chunks))
			})
		}
	}
}

func benchmarkFeed(b *testing.B, f *feed) {
	var decode, both []float64
	var p msg.Payload
	var u msg.Unknown
	n := 0
	var m *order.Manager
	var now int64
	for b.Loop() {
		if n%len(f.chunks) == 0 {
			b.StopTimer()
			m, now = must(b, order.Config{}), 0
			for i := range f.setup {
				now++
				f.setup[i].do(b, m, &p, now)
			}
			b.StartTimer()
		}
		c := &f.chunks[n%len(f.chunks)]
		for i := range c.before {
			now++
			c.before[i].do(b, m, &p, now)
		}
		warm := byte(0)
		for i := range c.measured {
			for k := 0; k < len(c.measured[i].raw); k += 32 {
				warm += c.measured[i].raw[k]
			}
		}
		for part := range 2 {
			if part == n&1 {
				t := time.Now()
				for i := range c.measured {
					_ = p.Decode(c.measured[i].raw, &u)
				}
				decode = append(decode, float64(time.Since(t))/float64(len(c.measured)))
				continue
			}
			t := time.Now()
			for i := range c.measured {
				_ = p.Decode(c.measured[i].raw, &u)
				m.Apply(&p, order.Input{Now: now})
			}
			both = append(both, float64(time.Since(t))/float64(len(c.measured)))
		}
		n++
		sink += warm
	}
	clock := clockCost() / chunkEvents
	d, a := median(decode)-clock, median(both)-clock
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(d, "decode-ns")
	b.ReportMetric(a-d, "apply-ns")
	b.ReportMetric((a-d)/d, "apply/decode")
}

var sink byte

// do sends a request, or decodes and applies a message.
func (s *step) do(t testing.TB, m *order.Manager, p *msg.Payload, now int64) []order.Event {
	if s.sent {
		if m.Admit(&s.keys) != nil || m.Sent(&s.keys, s.seq, now) != nil {
			t.Fatal("refused")
		}
		return nil
	}
	if err := p.Decode(s.raw, nil); err != nil {
		t.Fatal(err)
	}
	return m.Apply(p, order.Input{Now: now})
}

// clockCost is how many nanoseconds measuring one takes.
func clockCost() float64 {
	var list []float64
	for range 1000 {
		t := time.Now()
		list = append(list, float64(time.Since(t)))
	}
	return median(list)
}

func median(list []float64) float64 {
	slices.Sort(list)
	if len(list) == 0 {
		return 0
	}
	return list[len(list)/2]
}

// TestFeeds: what the benchmarks measure is as it should be. Nothing is out of the ordinary in them, and no order or
// amount is in doubt.
func TestFeeds(t *testing.T) {
	for _, kind := range feedKinds {
		f := newFeed(t, kind, 100, 20)
		m := must(t, order.Config{})
		now, p := int64(0), new(msg.Payload)
		run := func(steps []step) {
			for i := range steps {
				now++
				for _, ev := range steps[i].do(t, m, p, now) {
					switch ev.Kind {
					case order.OrderAccepted, order.OrderFilled, order.OrderCancelled, order.OrderReduced,
						order.ReplacePending, order.OrderReplaced:
					default:
						t.Fatalf("%s: %v %v", kind, ev.Kind, ev.Anomaly)
					}
				}
			}
		}
		run(f.setup)
		for _, c := range f.chunks {
			run(c.before)
			run(c.measured)
		}
		if n := m.LiveCount(); n < 100 || n > 150 {
			t.Errorf("%s: %d live orders", kind, n)
		}
		if m.Due() != 1<<63-1 {
			t.Errorf("%s: the amounts do not agree", kind)
		}
	}
}

package risk

import (
	"testing"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// BenchmarkAdmit is an order's way through the gate, Sent included where it is admitted.
func BenchmarkAdmit(b *testing.B) {
	unlimited := strict()
	unlimited.Rate, unlimited.Burst = RateMax, RateMax // or the bucket would refuse what comes so fast
	unlimited.Watchdog = TimeMax
	crossed := quiet()
	crossed.Own.Offer = 4900
	for _, c := range []struct {
		name   string
		config Config
		s      Snapshot
		typ    msg.PayloadType
		want   Limit
	}{
		{"no limits", Config{}, quiet(), msg.PayloadOrderCreate, LimitNone},
		{"all limits", unlimited, quiet(), msg.PayloadOrderCreate, LimitNone},
		{"all limits, replace", unlimited, quiet(), msg.PayloadOrderCancelReplace, LimitNone},
		{"all limits, refused", unlimited, crossed, msg.PayloadOrderCreate, LimitSelfCross},
		{"cancel", unlimited, quiet(), msg.PayloadOrderCancel, LimitNone},
	} {
		b.Run(c.name, func(b *testing.B) {
			g := newGate(b, c.config)
			keys := create(odds.Buy, 5000, 1000)
			keys.Type = c.typ
			var now int64
			b.ReportAllocs()
			for b.Loop() {
				if now += 1_000_000; now&0xfffff == 0 {
					g.Beat(now)
				}
				keys.Quantity = 1000 + uint64(now/1_000_000)&0xffff // no duplicates within a second
				if g.Admit(now, &keys, &c.s) == nil {
					g.Sent(now, &keys)
				}
			}
			if got := g.LastRefusal().Limit; got != c.want {
				b.Errorf("refused by %v, want %v", got, c.want)
			}
		})
	}
}

// Package settings is where the engines of the benchmarks have their settings from.
package settings

import (
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/risk"
)

// Plain returns what every engine begins with: the defaults, over plain TCP and without the trading state.
func Plain() engine.Config {
	return engine.Config{DisableTLS: true, State: engine.StateConfig{Disable: true}}
}

// EnableState turns the trading state on, without limits.
func EnableState(c *engine.Config) { c.State.Disable = false }

// Limit turns every risk check on. None refuses the orders of a benchmark, which are in n markets from first on.
func Limit(c *engine.Config, first, n uint32) {
	const much = 1 << 50
	c.State.Risk = risk.Config{
		OrderQuantityMax: much >> 4, OrderStakeMax: much, OrderLiabilityMax: much,
		Collar: risk.Collar{
			Ticks: 250, Fraction: 5_000, MaxAge: time.Hour, OnAbsent: risk.SkipCollar,
		},
		RefuseSelfCross: true, ContractOrdersMax: 100, OrdersMax: 1 << 14,
		ContractExposureMax: much, MarketExposureMax: much, AccountExposureMax: much,
		LossMax: much, DriftMax: much, Rate: risk.RateMax, DuplicateWindow: 10 * time.Microsecond,
		DuplicateOrders: 1 << 14,
		Watchdog:        risk.TimeMax,
	}
	for i := range n {
		c.State.Risk.Markets = append(c.State.Risk.Markets, first+i)
	}
}

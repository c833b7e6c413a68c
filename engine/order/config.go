package order

import (
	"fmt"

	"github.com/smk-go/smk/odds"
)

// Limits of a Manager.
const (
	// QuantityMax is the largest quantity of an order or a fill, 7 billion of the currency.
	QuantityMax odds.Quantity = 1 << 46

	quantitySumMax = int64(QuantityMax) // of one order's fills
	costSumMax     = quantitySumMax * moneyPerUnit
	cashMax        = 1 << 62
	grossMax       = 1 << 61 // of all quantities of an account as money, so that no sum overflows
	moneyPerUnit   = 10_000  // the money in one unit of quantity

	ordersMax    = 1 << 21
	requestsMax  = 1 << 20
	contractsMax = 1 << 20
	fillsMax     = 1 << 23
	sequenceMax  = 1 << 48 // of an account; a larger one is taken for none
	stampMax     = 1 << 62
	windowBits   = 1 << 16 // account sequences that are remembered one by one
	eventsMax    = 64      // of one call
	eventsSpare  = 16      // of these, for one step of a call that takes several
	lastMax      = 8       // messages that a drift names

	ordersDefault     = 1 << 14
	retainedDefault   = 1 << 14
	requestsDefault   = 1 << 12
	contractsDefault  = 1 << 12
	fillsDefault      = 1 << 16
	goneAfter         = int64(1e9)
	driftAfterDefault = int64(1e9)
	driftAfterMax     = int64(3600e9)
	driftTimes        = 10 // times DriftAfter that a difference lasts at most without being reported
)

// Relations that do not compile when they are broken.
const (
	_ = uint64(1<<63 - 1 - costSumMax*12)
	_ = uint64(odds.QuantityMax - QuantityMax)
	_ = uint(eventsMax - 2*eventsSpare)
)

// Config configures a [Manager]. The zero value is good; capacities are claimed by New.
type Config struct {
	Orders    int // orders that are not terminal; 0 means 16384
	Retained  int // terminal orders kept for confirmations, voids and reductions of their fills; 0 means 16384
	Requests  int // cancels, reduces, replaces and cancel-alls without an answer; 0 means 4096
	Contracts int // contracts with orders or a position, and as many markets; 0 means 4096
	Fills     int // fills kept one by one, for reductions of runners; 0 means 65536

	// RetainFor forgets terminal orders after so many nanoseconds at the latest, but not while a fill of theirs is
	// provisional. 0 means only when their room is needed.
	RetainFor int64

	// IndependentContracts says that in markets which [Manager.DefineMarket] does not define each contract wins
	// or loses by itself. Otherwise one wins.
	IndependentContracts bool

	// Commission is the rate charged on a market's net winnings, for [Manager.Outcomes]. It is rounded up to a
	// whole cent, against the account.
	Commission odds.Rate

	// Tolerance is how far the exchange's amounts may differ from ours without a [Drift].
	Tolerance odds.Money

	// DriftAfter is for how many nanoseconds they have to differ without a newer report, or ten times as long with
	// newer ones: the exchange reports the balance after a whole command with the first of its messages. Then the
	// difference is pending, and reported when [Manager.Confirm] is called. 0 means a second, the longest is an hour.
	DriftAfter int64
}

// ConfigError reports an invalid field of a [Config].
type ConfigError struct {
	Field string
	Text  string
}

func (e *ConfigError) Error() string { return "order: " + e.Field + ": " + e.Text }

func (c *Config) resolve() error {
	for _, f := range []struct {
		name     string
		value    *int
		standard int
		max      int
	}{
		{"Orders", &c.Orders, ordersDefault, ordersMax},
		{"Retained", &c.Retained, retainedDefault, ordersMax},
		{"Requests", &c.Requests, requestsDefault, requestsMax},
		{"Contracts", &c.Contracts, contractsDefault, contractsMax},
		{"Fills", &c.Fills, fillsDefault, fillsMax},
	} {
		if *f.value == 0 {
			*f.value = f.standard
		}
		if *f.value < 1 || *f.value > f.max {
			return &ConfigError{f.name, fmt.Sprintf("must be 1 to %d", f.max)}
		}
	}
	if c.DriftAfter == 0 {
		c.DriftAfter = driftAfterDefault
	}
	switch {
	case c.RetainFor < 0:
		return &ConfigError{"RetainFor", "is negative"}
	case c.Commission > odds.RateMax:
		return &ConfigError{"Commission", "is more than 100 %"}
	case c.Tolerance < 0:
		return &ConfigError{"Tolerance", "is negative"}
	case c.DriftAfter < 0 || c.DriftAfter > driftAfterMax:
		return &ConfigError{"DriftAfter", "must be 0 to an hour"}
	}
	return nil
}

// FullError says that there is no room for a request. Nothing was recorded.
type FullError struct {
	What     string // "orders", "requests", "contracts", "markets" or "exposure"
	Capacity int64
}

func (e *FullError) Error() string {
	return fmt.Sprintf("order: no room for more %s than %d", e.What, e.Capacity)
}

// SafeToResend returns true, for session.SafeToResend: nothing was sent.
func (e *FullError) SafeToResend() bool { return true }

package risk

import (
	"slices"
	"strconv"
	"time"

	"github.com/smk-go/smk/odds"
)

// Defaults and bounds of [Config].
const (
	DuplicateOrders = 4096                   // Config.DuplicateOrders
	CancelAllRetry  = 500 * time.Millisecond // Config.CancelAllRetry
	CancelAllTries  = 10                     // Config.CancelAllTries
	Refusals        = 1024                   // Config.Refusals

	RateMax           = 1_000_000 // Config.Rate and Config.Burst
	OrdersMax         = 1 << 20   // Config.OrdersMax, ContractOrdersMax and DuplicateOrders
	MarketsMax        = 1 << 16   // Config.Markets and Config.MarketsMax
	FractionMax       = 10_000    // Collar.Fraction
	TimeMax           = 24 * time.Hour
	CancelAllTriesMax = 1000
	CancelAllRetryMin = 10 * time.Millisecond
	RefusalsMax       = 1 << 20
)

// Config are the limits of a [Gate]. The zero value of a setting switches it off unless its comment says
// something else; the zero Config limits nothing, but can be halted. Each maximum is still allowed, except LossMax.
type Config struct {
	// OrderQuantityMax is the largest quantity of an order. Of a replace it is, as for the two limits below, what the
	// original has not executed.
	OrderQuantityMax odds.Quantity

	// OrderStakeMax is the largest backer's stake of an order, of whichever side: quantity times price.
	OrderStakeMax odds.Money

	// OrderLiabilityMax is the most that an order may lose: the stake of a buyer, the rest of the payoff of a seller.
	OrderLiabilityMax odds.Money

	// Collar bounds prices by the book.
	Collar Collar

	// RefuseSelfCross refuses a price at which an order would trade with an own open order of the other side. An order
	// whose cancel was sent is open until that is answered.
	RefuseSelfCross bool

	// ContractOrdersMax and OrdersMax are the most open orders of a contract and of the account.
	ContractOrdersMax int
	OrdersMax         int

	// ContractExposureMax, MarketExposureMax and AccountExposureMax are the largest worst-case losses.
	// What does not raise the worst case passes beyond them too.
	ContractExposureMax odds.Money
	MarketExposureMax   odds.Money
	AccountExposureMax  odds.Money

	// LossMax is the realised loss from which on OnLoss answers it; the zero value of OnLoss halts. Whatever
	// OnLoss is, orders that do not reduce the market's worst case are refused while the loss is as large.
	LossMax odds.Money
	OnLoss  Response

	// DriftMax is the largest difference between the own figures and the exchange's that OnDrift does not answer; the
	// zero value of OnDrift halts.
	DriftMax odds.Money
	OnDrift  Response

	// Rate is how many messages of order entry may leave in a second, and Burst how many at once; 0 is Rate.
	// Cancels and reductions count and are not refused.
	Rate  int
	Burst int

	// DuplicateWindow is for how long after an order was sent another of the same market, contract, side, price and
	// quantity is refused. A replace counts as such an order. DuplicateOrders is how many orders of a window are
	// remembered, beyond which orders are refused; 0 means the constant of the same name.
	DuplicateWindow time.Duration
	DuplicateOrders int

	// Markets are those that may be traded, with none all. MarketsMax is how many there may be with those that
	// AllowMarket adds, 0 means twice as many as Markets.
	Markets    []uint32
	MarketsMax int

	// Watchdog halts if Beat was not called for that long. It begins with the first reading that the gate is given; in
	// an engine, with the first login.
	Watchdog time.Duration

	// CancelAllRetry is how long the kill switch waits for an order_cancel_all to do its work before it asks for
	// another one, and CancelAllTries how many it asks for on one connection. 0 means the constants of the same names.
	CancelAllRetry time.Duration
	CancelAllTries int

	// Refusals is how many different refusals keep their amounts until Renew is called; 0 means the constant of
	// the same name.
	Refusals int
}

// Collar bounds the price of an order: a buyer's from above and a seller's from below. It is off if Ticks and
// Fraction are 0; with both the tighter one holds.
type Collar struct {
	// Ticks is how many ticks of the ladder an order may be beyond the reference price, at most odds.TickCount.
	Ticks int

	// Fraction is how far beyond the reference price it may be in 1/10000 of that, rounded down to a whole price.
	Fraction int

	// Micro makes the micro price the reference. Without it the reference is the touch of the other side, the price
	// that the order would trade at, or that of its own side if there is no other.
	Micro bool

	// MaxAge is the age beyond which a live book counts as suspect.
	MaxAge time.Duration

	// What happens if there is no book, a suspect one, or a live one that has no reference price. The zero value
	// refuses.
	OnAbsent, OnSuspect, OnEmpty BookPolicy
}

// BookPolicy says what a collar does with a book that is not as it should be.
type BookPolicy uint8

// The policies.
const (
	RefuseOrder BookPolicy = iota // the order is refused with LimitNoPrice
	SkipCollar                    // the order passes the collar
	UseBook                       // a suspect book is good enough; only for Collar.OnSuspect
)

var policyNames = [...]string{"refuse order", "skip collar", "use book"}

// String returns the policy's name.
func (p BookPolicy) String() string {
	if int(p) < len(policyNames) {
		return policyNames[p]
	}
	return "unknown policy"
}

// Response is the answer to a loss or drift beyond its limit.
type Response uint8

// The responses. Each makes an event.
const (
	RespondHalt   Response = iota // the kill switch
	RespondReduce                 // mode Reducing
	RespondReport                 // the event alone
)

var responseNames = [...]string{"halt", "reduce", "report"}

// String returns the response's name.
func (r Response) String() string {
	if int(r) < len(responseNames) {
		return responseNames[r]
	}
	return "unknown response"
}

// ConfigError says which setting cannot be used and why.
type ConfigError struct {
	Field  string
	Reason string
}

// Error names both.
func (e *ConfigError) Error() string { return "risk: Config." + e.Field + " " + e.Reason }

// Check returns what New would refuse: a *[ConfigError], or nil.
func (c Config) Check() error {
	_, err := c.resolve()
	return err
}

// resolve replaces zeros by defaults and checks.
func (c Config) resolve() (Config, error) {
	for _, s := range []struct {
		name  string
		value int64
		max   int64
	}{
		{"OrderQuantityMax", int64(c.OrderQuantityMax), int64(odds.QuantityMax)},
		{"OrderStakeMax", int64(c.OrderStakeMax), int64(odds.MoneyMax)},
		{"OrderLiabilityMax", int64(c.OrderLiabilityMax), int64(odds.MoneyMax)},
		{"Collar.Ticks", int64(c.Collar.Ticks), odds.TickCount},
		{"Collar.Fraction", int64(c.Collar.Fraction), FractionMax},
		{"Collar.MaxAge", int64(c.Collar.MaxAge), int64(TimeMax)},
		{"ContractOrdersMax", int64(c.ContractOrdersMax), OrdersMax},
		{"OrdersMax", int64(c.OrdersMax), OrdersMax},
		{"ContractExposureMax", int64(c.ContractExposureMax), int64(odds.MoneyMax)},
		{"MarketExposureMax", int64(c.MarketExposureMax), int64(odds.MoneyMax)},
		{"AccountExposureMax", int64(c.AccountExposureMax), int64(odds.MoneyMax)},
		{"LossMax", int64(c.LossMax), int64(odds.MoneyMax)},
		{"DriftMax", int64(c.DriftMax), int64(odds.MoneyMax)},
		{"Rate", int64(c.Rate), RateMax},
		{"Burst", int64(c.Burst), RateMax},
		{"DuplicateWindow", int64(c.DuplicateWindow), int64(TimeMax)},
		{"DuplicateOrders", int64(c.DuplicateOrders), OrdersMax},
		{"Markets", int64(len(c.Markets)), MarketsMax},
		{"MarketsMax", int64(c.MarketsMax), MarketsMax},
		{"Watchdog", int64(c.Watchdog), int64(TimeMax)},
		{"CancelAllRetry", int64(c.CancelAllRetry), int64(TimeMax)},
		{"CancelAllTries", int64(c.CancelAllTries), CancelAllTriesMax},
		{"Refusals", int64(c.Refusals), RefusalsMax},
	} {
		if s.value < 0 || s.value > s.max {
			return c, &ConfigError{s.name, "must be 0 to " + strconv.FormatInt(s.max, 10)}
		}
	}
	if err := c.checkRelations(); err != nil {
		return c, err
	}
	c.Burst = withDefault(c.Burst, c.Rate)
	c.DuplicateOrders = withDefault(c.DuplicateOrders, DuplicateOrders)
	c.MarketsMax = withDefault(c.MarketsMax, min(2*len(c.Markets), MarketsMax))
	c.CancelAllRetry = withDefault(c.CancelAllRetry, CancelAllRetry)
	c.CancelAllTries = withDefault(c.CancelAllTries, CancelAllTries)
	c.Refusals = withDefault(c.Refusals, Refusals)
	return c, nil
}

// checkRelations checks what one setting says about another.
func (c *Config) checkRelations() error {
	collar := &c.Collar
	for _, p := range []struct {
		name  string
		value BookPolicy
		last  BookPolicy
	}{
		{"Collar.OnAbsent", collar.OnAbsent, SkipCollar},
		{"Collar.OnSuspect", collar.OnSuspect, UseBook},
		{"Collar.OnEmpty", collar.OnEmpty, SkipCollar},
	} {
		if p.value > p.last {
			return &ConfigError{p.name, "is not one of its policies"}
		}
	}
	needs := func(set, on bool, field, other string) error {
		if set && !on {
			return &ConfigError{field, "needs " + other}
		}
		return nil
	}
	rest := *collar
	rest.Ticks, rest.Fraction = 0, 0
	for _, err := range []error{
		needs(rest != Collar{}, collar.on(), "Collar", "Ticks or Fraction"),
		needs(c.OnLoss != 0, c.LossMax > 0, "OnLoss", "LossMax"),
		needs(c.OnDrift != 0, c.DriftMax > 0, "OnDrift", "DriftMax"),
		needs(c.Burst > 0, c.Rate > 0, "Burst", "Rate"),
		needs(c.DuplicateOrders > 0, c.DuplicateWindow > 0, "DuplicateOrders", "DuplicateWindow"),
		needs(c.MarketsMax > 0, len(c.Markets) > 0, "MarketsMax", "Markets"),
	} {
		if err != nil {
			return err
		}
	}
	switch {
	case c.OnLoss > RespondReport:
		return &ConfigError{"OnLoss", "is not one of the responses"}
	case c.OnDrift > RespondReport:
		return &ConfigError{"OnDrift", "is not one of the responses"}
	case c.MarketsMax > 0 && c.MarketsMax < len(c.Markets):
		return &ConfigError{"MarketsMax", "is less than there are Markets"}
	case slices.Contains(c.Markets, 0):
		return &ConfigError{"Markets", "must not have 0, which is no market"}
	case c.CancelAllRetry > 0 && c.CancelAllRetry < CancelAllRetryMin:
		return &ConfigError{"CancelAllRetry", "must be at least " + CancelAllRetryMin.String()}
	}
	return nil
}

// on reports whether there is a collar.
func (c *Collar) on() bool { return c.Ticks > 0 || c.Fraction > 0 }

// withDefault returns n, or unset if it is 0.
func withDefault[T ~int | ~int64](n, unset T) T {
	if n == 0 {
		return unset
	}
	return n
}

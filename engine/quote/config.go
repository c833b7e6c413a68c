package quote

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Limits of a Config.
const (
	ContractsMax = 1 << 20
	OrdersMax    = 1 << 22
	ActionsMax   = 1 << 16
	LevelsMax    = 8
)

// Defaults of a Config.
const (
	defaultContracts = 1024
	defaultLevels    = 1
	defaultActions   = 256
	defaultRetryMin  = int64(250 * time.Millisecond)
	defaultRetryMax  = int64(10 * time.Second)
	defaultAttempts  = 5
	defaultGiveUp    = int64(time.Minute)
	defaultOverdue   = int64(10 * time.Second)
)

// Config is what a Quoter is made with. Zero values stand for defaults.
type Config struct {
	// Contracts is how many contracts can be quoted or have own orders; default 1024, at most ContractsMax.
	Contracts int

	// Levels is how many levels a side of a wish can have; default 1, at most LevelsMax.
	Levels int

	// Orders is how many own orders can be known at a time, the quoter's and others. The default is four for
	// each level of each side of each contract, but at most OrdersMax.
	Orders int

	// Actions is how many actions one step can return; default 256, at most ActionsMax.
	Actions int

	// Ignore are the reasons for which quotes are not pulled.
	Ignore Reasons

	// DisableReplace makes cancel and create do the work of replaces.
	DisableReplace bool

	// RetryMin and RetryMax are the shortest and the longest wait after a refusal, in nanoseconds; default 250 ms
	// and 10 s.
	RetryMin, RetryMax int64

	// AttemptsMax is after how many refusals in a row a side gives up; default 5, at most 255. GiveUpFor is for how
	// long, in nanoseconds; default 1 min, at most 24 h.
	AttemptsMax int
	GiveUpFor   int64

	// OverdueAfter is for how long an order may wait for an answer, or be in doubt, before NextOverdue returns it, in
	// nanoseconds; default 10 s. It is longer than the exchange takes to answer.
	OverdueAfter int64

	// ResumeAfter is for how long all reasons to hold have to be gone before a contract is quoted again, in
	// nanoseconds; default 0. When reasons come back within twice RetryMax, again and again, the wait is RetryMin,
	// doubled each time up to RetryMax.
	ResumeAfter int64
}

// Errors of a Quoter. They are constants in use and may be kept.
var (
	// ErrConfig says that a Config has a value out of range.
	ErrConfig = errors.New("quote: setting out of range")
	// ErrContractsFull says that Config.Contracts contracts are known.
	ErrContractsFull = errors.New("quote: no room for another contract")
	// ErrOrdersFull says that Config.Orders orders are known.
	ErrOrdersFull = errors.New("quote: no room for another order")
	// ErrLevels says that a side of a wish has more than Config.Levels levels, or twice the same price.
	ErrLevels = errors.New("quote: too many levels or equal prices")
	// ErrPrice says that a price is not from 1 to 9999.
	ErrPrice = errors.New("quote: invalid price")
	// ErrQuantity says that a quantity is not from 1 to odds.QuantityMax.
	ErrQuantity = errors.New("quote: invalid quantity")
	// ErrCrossed says that a wish has a bid that is not below every ask.
	ErrCrossed = errors.New("quote: bid not below ask")
	// ErrOrder says that an order has no key, no side, or a side or contract other than before.
	ErrOrder = errors.New("quote: invalid order")

	// ErrContract says that a contract has the number 0.
	ErrContract = errors.New("quote: no contract")
)

// ConfigError says which field of a [Config] is out of range. It is ErrConfig too.
type ConfigError struct {
	Field    string
	Min, Max int64
}

// Error returns the field and its range.
func (e *ConfigError) Error() string {
	return fmt.Sprintf("quote: Config.%s must be %d to %d", e.Field, e.Min, e.Max)
}

// Unwrap returns ErrConfig.
func (e *ConfigError) Unwrap() error { return ErrConfig }

// resolve puts defaults in place of zeros and checks the limits.
func (c *Config) resolve() error {
	for _, f := range [...]struct {
		name           string
		value          *int
		standard, most int
	}{
		{"Contracts", &c.Contracts, defaultContracts, ContractsMax},
		{"Levels", &c.Levels, defaultLevels, LevelsMax},
		{"Actions", &c.Actions, defaultActions, ActionsMax},
		{"AttemptsMax", &c.AttemptsMax, defaultAttempts, math.MaxUint8},
		{"Orders", &c.Orders, 0, OrdersMax},
	} {
		if f.value == &c.Orders {
			f.standard = min(c.Contracts*c.Levels*2*4, OrdersMax)
		}
		if *f.value == 0 {
			*f.value = f.standard
		}
		if *f.value < 1 || *f.value > f.most {
			return &ConfigError{f.name, 1, int64(f.most)}
		}
	}
	if c.RetryMin == 0 {
		c.RetryMin = defaultRetryMin
	}
	const waitMax = int64(24 * time.Hour)
	for _, f := range [...]struct {
		name            string
		value           *int64
		standard, least int64
	}{
		{"RetryMin", &c.RetryMin, 0, 1},
		{"RetryMax", &c.RetryMax, max(defaultRetryMax, c.RetryMin), max(c.RetryMin, 1)},
		{"GiveUpFor", &c.GiveUpFor, defaultGiveUp, 1},
		{"OverdueAfter", &c.OverdueAfter, defaultOverdue, 1},
		{"ResumeAfter", &c.ResumeAfter, 0, 0},
	} {
		if *f.value == 0 {
			*f.value = f.standard
		}
		if *f.value < f.least || *f.value > waitMax {
			return &ConfigError{f.name, f.least, waitMax}
		}
	}
	if c.Ignore&^allReasons != 0 {
		return &ConfigError{"Ignore", 0, int64(allReasons)}
	}
	return nil
}

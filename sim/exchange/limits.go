package exchange

import "fmt"

// Limits of an exchange. A configuration beyond them is refused.
const (
	PriceMin = 1    // the lowest price, in 1/100 %
	PriceMax = 9999 // the highest price, in 1/100 %

	// PriceSum is the price of a certain payoff: the prices of both sides sum to it.
	PriceSum = 10000

	accountsMax  = 1 << 16
	marketsMax   = 1 << 16
	contractsMax = 1024 // of one market
	eventsMax    = 1 << 16
	depthMax     = 64 // visible levels of one side
	labelMax     = 64 // bytes of a label that are kept
	labelsMax    = 1 << 16

	orderIndexBits = 22
	ordersMax      = 1 << orderIndexBits
	historyMax     = 1 << 20 // reports kept for one account
	provisionalMax = 1 << 16 // provisional fills of one market
	finalMax       = 1 << 17 // fills of one market that are kept for a reduction
	replacesMax    = 1 << 12 // replacements between their stages

	quantityMaxMax = 900_000_000_000_000 // keeps quantity times 10000 within 63 bits
	balanceSumMax  = Money(1) << 61      // of all accounts together

	depthDefault       = 5
	ordersDefault      = 1 << 17
	historyDefault     = 1024
	quantityMinDefault = 1000
	quantityMaxDefault = 1<<31 - 1
	orderChunk         = 1024 // orders allocated at a time
)

const (
	_ = uint(ordersMax - ordersDefault)
	_ = uint(historyMax - historyDefault)
	_ = uint64(1<<63 - 1 - quantityMaxMax*PriceSum)
	_ = uint64(quantityMaxMax - quantityMaxDefault)
	_ = uint(ordersMax % orderChunk * -1) // whole chunks
)

// ConfigError reports an invalid field of a configuration. It never quotes a credential.
type ConfigError struct {
	Field string // as in Go: "Accounts[2].Balance"
	Text  string // what is wrong with it
}

func (e *ConfigError) Error() string { return "sim: " + e.Field + ": " + e.Text }

func configError(text string, field string, args ...any) error {
	return &ConfigError{Field: fmt.Sprintf(field, args...), Text: text}
}

package book

import "github.com/smk-go/smk/odds"

// Config says how much a [Books] holds. Zero values mean the defaults. What is held is claimed by [New].
type Config struct {
	Markets   int // subscribed to or with own orders; 0 means 256
	Contracts int // of all markets; 0 means 2048
	Orders    int // own ones; 0 means 1024

	// Depth is how many levels of a side the exchange is taken to show until it shows more; 0 means 5, what it
	// documents. If it is DepthMax, books are cut nowhere else. Until a message shows that the window is deeper
	// than Depth, levels that were cut may be back in it without a message, and a book lacks them.
	Depth int
	// DepthMax is how many levels of a side are kept at most; 0 means 16. What shows more is refused.
	DepthMax int

	SnapshotTimeout int64 // ns that a snapshot is waited for before it is asked for again; 0 means 5 s
	CrossedTimeout  int64 // ns that a book may stay crossed before a snapshot is asked for; 0 means 2 s
	// MaxAge is how many ns without a message about a market make its books suspect, and a snapshot asked
	// for; 0 means never. Quiet markets send nothing.
	MaxAge int64
	// Resubscriptions is how often a snapshot is asked for in a row before it is given up; 0 means 6. Each
	// wait is twice the one before. A minute without trouble begins anew.
	Resubscriptions int

	// InPlaceReplaces says that others may replace their orders at the same price, which is not seen. The
	// lower bounds of every [Queue] are 0 then.
	InPlaceReplaces bool
}

const (
	marketsDefault        = 256
	marketsMax            = 1 << 20
	contractsMax          = 1 << 20
	ordersDefault         = 1024
	ordersMax             = 1 << 23
	depthDefault          = 5
	depthMaxDefault       = 16
	depthMaxMax           = 128
	second          int64 = 1_000_000_000
	snapshotTimeout       = 5 * second
	crossedTimeout        = 2 * second
	timeoutMax            = 3600 * second
	resubscriptions       = 6
	resubscribeMax        = 16
	calm                  = 60 * second // without trouble, after which attempts are counted anew
)

// ContractsDefault is the default of Config.Contracts.
const ContractsDefault = 2048

// A level is a word: its key, which is higher for a better price, above its quantity.
const (
	quantityBits = 50
	quantityMask = 1<<quantityBits - 1
	whole        = 10_000 // a bid and an offer cross if their keys sum to so much
)

// Relations that do not compile when they are broken.
const (
	_ = uint64(quantityMask - odds.QuantityMax)
	_ = uint64(1<<(64-quantityBits) - 1 - odds.PriceMax)
	_ = uint8(depthMaxMax)
	_ = int64(1<<62 - timeoutMax<<resubscribeMax)        // the longest wait does not overflow
	_ = uint64(1<<63 - 1 - depthMaxMax*odds.QuantityMax) // nor does the sum of a side
)

// resolve replaces zeros by defaults and checks the ranges.
func (c *Config) resolve() error {
	if c.DepthMax == 0 {
		c.DepthMax = min(max(depthMaxDefault, c.Depth), depthMaxMax)
	}
	for _, f := range [...]struct {
		name       string
		value      *int
		zero, most int
	}{
		{"Markets", &c.Markets, marketsDefault, marketsMax},
		{"Contracts", &c.Contracts, ContractsDefault, contractsMax},
		{"Orders", &c.Orders, ordersDefault, ordersMax},
		{"DepthMax", &c.DepthMax, 0, depthMaxMax},
		{"Depth", &c.Depth, min(depthDefault, c.DepthMax), c.DepthMax},
		{"Resubscriptions", &c.Resubscriptions, resubscriptions, resubscribeMax},
	} {
		if *f.value == 0 {
			*f.value = f.zero
		}
		if *f.value < 1 || *f.value > f.most {
			return &ConfigError{Field: f.name, Min: 1, Max: int64(f.most)}
		}
	}
	for _, f := range [...]struct {
		name  string
		value *int64
		zero  int64
	}{
		{"SnapshotTimeout", &c.SnapshotTimeout, snapshotTimeout},
		{"CrossedTimeout", &c.CrossedTimeout, crossedTimeout},
		{"MaxAge", &c.MaxAge, 0},
	} {
		if *f.value == 0 {
			*f.value = f.zero
		}
		if *f.value < 0 || *f.value > timeoutMax {
			return &ConfigError{Field: f.name, Min: 0, Max: timeoutMax}
		}
	}
	return nil
}

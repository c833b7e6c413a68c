package betfair

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// change is a line.
type change struct {
	Op      string         `json:"op"`
	Time    int64          `json:"pt"` // ms since 1970
	Markets []marketChange `json:"mc"`
}

type marketChange struct {
	ID         string         `json:"id"` // 1.123456789
	Image      bool           `json:"img"`
	Definition *definition    `json:"marketDefinition"`
	Runners    []runnerChange `json:"rc"`
}

type definition struct {
	Status   string   `json:"status"`
	InPlay   bool     `json:"inPlay"`
	BetDelay int      `json:"betDelay"` // seconds
	Winners  int      `json:"numberOfWinners"`
	Runners  []runner `json:"runners"`
}

type runner struct {
	ID         uint64  `json:"id"`
	Name       string  `json:"name"` // of historical data
	Handicap   float64 `json:"hc"`
	Status     string  `json:"status"`
	Adjustment float64 `json:"adjustmentFactor"` // percent
}

type runnerChange struct {
	ID       uint64      `json:"id"`
	Handicap float64     `json:"hc"`
	Image    bool        `json:"img"`
	ToBack   [][]float64 `json:"atb"` // price, size
	ToLay    [][]float64 `json:"atl"`
	BestBack [][]float64 `json:"batb"` // position, price, size
	BestLay  [][]float64 `json:"batl"`
	Traded   [][]float64 `json:"trd"` // price, volume so far
	Last     float64     `json:"ltp"`
}

// Errors of lines.
var (
	errNoChange = errors.New("is no market change message")
	errTime     = errors.New("has no time")
)

// parse reads a line.
func parse(line []byte) (*change, error) {
	var c change
	if err := json.Unmarshal(line, &c); err != nil {
		return nil, err
	}
	switch {
	case c.Op != "mcm":
		return nil, errNoChange
	case c.Time <= 0 || c.Time > math.MaxInt64/1_000_000:
		return nil, errTime
	}
	for i := range c.Markets {
		if err := c.Markets[i].check(); err != nil {
			return nil, err
		}
	}
	return &c, nil
}

// check checks what cannot be ignored.
func (m *marketChange) check() error {
	if _, err := marketID(m.ID); err != nil {
		return err
	}
	for i := range m.Runners {
		r := &m.Runners[i]
		if r.ID == 0 || r.ID > math.MaxUint32 {
			return fmt.Errorf("market %s: runner %d is no number of 32 bits", m.ID, r.ID)
		}
		for _, l := range []struct {
			list [][]float64
			n    int
		}{{r.ToBack, 2}, {r.ToLay, 2}, {r.BestBack, 3}, {r.BestLay, 3}, {r.Traded, 2}} {
			for _, x := range l.list {
				if err := checkLevel(x, l.n); err != nil {
					return fmt.Errorf("market %s, runner %d: %w", m.ID, r.ID, err)
				}
			}
		}
	}
	return nil
}

// sizeMax is the largest size of a level, in whole currency.
const sizeMax = 1e9

func checkLevel(x []float64, n int) error {
	if len(x) != n {
		return fmt.Errorf("a level has %d numbers, not %d", len(x), n)
	}
	price, size := x[n-2], x[n-1]
	if n == 3 && (x[0] < 0 || x[0] > depthMax) {
		return fmt.Errorf("position %v", x[0])
	}
	if n == 3 && size == 0 {
		return nil // removed: the price may be 0
	}
	if !(price >= 1.01 && price <= 1000) || !(size >= 0 && size <= sizeMax) {
		return fmt.Errorf("a level of %v at %v", size, price)
	}
	return nil
}

// marketID returns the number of a market.
func marketID(id string) (uint32, error) {
	_, number, ok := strings.Cut(id, ".")
	n, err := strconv.ParseUint(number, 10, 32)
	if !ok || err != nil || n == 0 {
		return 0, fmt.Errorf("market %q is not of the form 1.123456789", id)
	}
	return uint32(n), nil
}

// priceOf returns a price in 1/100 % of decimal odds.
func priceOf(decimal float64) uint32 {
	return uint32(min(max(math.RoundToEven(10_000/decimal), 1), 9999))
}

// payoffOf returns the payoff of a backer's stake at decimal odds, in 1/10000.
func payoffOf(stake, decimal float64) uint64 { return uint64(math.Round(stake * decimal * 10_000)) }

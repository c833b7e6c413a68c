package backtest

import (
	"errors"
	"io"
	"slices"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// Comparison is a bot's own recorded day beside its backtest.
type Comparison struct {
	Tolerance time.Duration     `json:"tolerance"` // fills further apart in time are different ones
	Live      LiveDay           `json:"live"`
	Models    []ModelComparison `json:"models"`
	Inside    bool              `json:"inside"` // the live profit is in the band of the models
	Low       exchange.Money    `json:"low"`    // of the band
	High      exchange.Money    `json:"high"`
}

// LiveDay is what the recording account did.
type LiveDay struct {
	Orders int            `json:"orders"`
	Fills  []FillResult   `json:"fills"` // but those that were voided
	Filled uint64         `json:"filled"`
	Profit exchange.Money `json:"profit"` // valued as the models are, after the same commission
	Path   []Held         `json:"path"`
}

// Held is a position from a time on.
type Held struct {
	At       int64 `json:"at"`
	Position int64 `json:"position"` // payoff bought less sold, over all contracts
}

// ModelComparison compares a model with the live day. Quantities are of payoff.
type ModelComparison struct {
	Queue        string         `json:"queue"`
	Matched      uint64         `json:"matched"`
	Missed       uint64         `json:"missed"`   // filled live, not in the backtest
	Invented     uint64         `json:"invented"` // filled in the backtest, not live
	Fills        []ComparedFill `json:"fills"`    // in the order of their times
	Profit       exchange.Money `json:"profit"`
	Difference   exchange.Money `json:"difference"`    // of the model's profit from the live one
	ApartMost    int64          `json:"apart_most"`    // of the positions in a contract
	ApartMostAt  int64          `json:"apart_most_at"` // when
	Causes       []Cause        `json:"causes"`        // the largest first
	LargestCause string         `json:"largest_cause"`
}

// ComparedFill is what was filled in both, or in one of them.
type ComparedFill struct {
	At       int64         `json:"at"`
	Apart    time.Duration `json:"apart"` // of a matched one: the backtest's time less the live one
	What     string        `json:"what"`  // matched, missed or invented
	Market   uint32        `json:"market"`
	Contract uint32        `json:"contract"`
	Side     string        `json:"side"`
	Price    uint32        `json:"price"`
	Quantity uint64        `json:"quantity"`
	Cause    string        `json:"cause,omitempty"`
}

// Cause is why fills differ.
type Cause struct {
	Text     string `json:"text"`
	Fills    int    `json:"fills"`
	Quantity uint64 `json:"quantity"`
}

// Words of a comparison.
const (
	whatMatched  = "matched"
	whatMissed   = "missed"
	whatInvented = "invented"
)

// ToleranceUsual is how far apart in time fills may be to count as the same.
const ToleranceUsual = time.Second

// Compare compares what the recording account did with what its backtest, r, came to. tolerance is how far apart in
// time the same fill may be; 0 means [ToleranceUsual]. The error is one of the journal.
func Compare(rec *Recording, r *Result, tolerance time.Duration) (*Comparison, error) {
	if tolerance == 0 {
		tolerance = ToleranceUsual
	}
	live, orders, err := liveDay(rec)
	if err != nil {
		return nil, err
	}
	live.Profit = valued(rec, r, live.Fills)
	c := &Comparison{Tolerance: tolerance, Live: *live, Low: r.Band.ProfitLow, High: r.Band.ProfitHigh}
	c.Inside = live.Profit >= c.Low && live.Profit <= c.High
	for i := range r.Models {
		c.Models = append(c.Models, compareModel(live, orders, &r.Models[i], tolerance))
	}
	return c, nil
}

// liveDay reads what the recording account did.
func liveDay(rec *Recording) (*LiveDay, []OrderResult, error) {
	r, err := rec.Reader()
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = r.Close() }()
	d := &LiveDay{}
	var orders []OrderResult
	byID := make(map[uint64]int)
	r.own.watch = func(rep Report) {
		switch rep.Kind {
		case ReportAccepted:
			if !rep.Earlier {
				d.Orders++
			}
			byID[rep.Order] = len(orders)
			orders = append(orders, OrderResult{
				Order: rep.Order, Reference: rep.Reference, Market: rep.Market, Contract: rep.Contract,
				Side: sideText(rep.Side), Price: rep.Price, Quantity: rep.Quantity, Accepted: rep.At,
			})
		case ReportFilled:
			f := FillResult{
				At: rep.At, Order: rep.Order, Market: rep.Market, Contract: rep.Contract, Side: sideText(rep.Side),
				Price: rep.Price, Quantity: rep.Quantity,
			}
			if i, ok := byID[rep.Order]; ok {
				f.Reference, f.Waited = orders[i].Reference, time.Duration(rep.At-orders[i].Accepted)
				if orders[i].Filled += rep.Quantity; orders[i].Filled >= orders[i].Quantity {
					orders[i].Ended = rep.At
				}
			}
			if !rep.Earlier {
				d.Fills = append(d.Fills, f)
			}
		case ReportFillVoided:
			i := slices.IndexFunc(d.Fills, func(f FillResult) bool {
				return f.Order == rep.Order && f.Price == rep.Price && f.Quantity == rep.Quantity
			})
			if i >= 0 {
				d.Fills = slices.Delete(d.Fills, i, i+1)
			}
		case ReportCancelled, ReportReplaced, ReportVoided:
			if i, ok := byID[rep.Order]; ok {
				orders[i].Ended = rep.At
			}
		}
	}
	for {
		if _, err := r.Next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, nil, err
		}
	}
	for _, f := range d.Fills {
		d.Filled += f.Quantity
	}
	d.Path = pathOf(d.Fills)
	return d, orders, nil
}

// pathOf returns the positions that fills lead to.
func pathOf(fills []FillResult) (path []Held) {
	var position int64
	for _, f := range fills {
		if f.Voided {
			continue
		}
		if position += int64(f.Quantity); f.Side == sideText(msg.SideSell) {
			position -= 2 * int64(f.Quantity)
		}
		path = append(path, Held{f.At, position})
	}
	return path
}

// valued returns what fills bring, by the outcomes and last prices of a result, after commission.
func valued(rec *Recording, r *Result, fills []FillResult) (profit exchange.Money) {
	all := make(map[bookID][]FillResult)
	for _, f := range fills {
		id := bookID{f.Market, f.Contract}
		all[id] = append(all[id], f)
	}
	for i := range r.Outcomes {
		end := &r.Outcomes[i]
		m := rec.Market(end.Market)
		if m == nil {
			continue
		}
		var sum exchange.Money
		for _, contract := range m.Contracts {
			sum += m.value(all[bookID{m.ID, contract}], contract, end)
		}
		if sum > 0 {
			sum -= sum / exchange.PriceSum * exchange.Money(r.Settings.Commission)
		}
		profit += sum
	}
	return profit
}

// compareModel matches the fills of a model with live ones.
func compareModel(live *LiveDay, orders []OrderResult, m *Model, tolerance time.Duration) ModelComparison {
	c := ModelComparison{Queue: m.Queue, Profit: m.Profit, Difference: m.Profit - live.Profit}
	missed, invented := newCauses(m.Orders, tolerance, &missedCauses), newCauses(orders, tolerance, &inventedCauses)
	left := make([]uint64, len(m.Fills)) // of the model's fills
	for i := range m.Fills {
		if !m.Fills[i].Voided {
			left[i] = m.Fills[i].Quantity
		}
	}
	pairs := match(live.Fills, m.Fills, tolerance)
	for i := range live.Fills {
		f := &live.Fills[i]
		rest := f.Quantity
		for ; len(pairs) > 0 && pairs[0].live == i; pairs = pairs[1:] {
			p := &pairs[0]
			rest, left[p.model] = rest-p.quantity, left[p.model]-p.quantity
			c.Matched += p.quantity
			c.add(f, p.quantity, whatMatched, "", time.Duration(m.Fills[p.model].At-f.At))
		}
		if rest > 0 {
			c.Missed += rest
			c.add(f, rest, whatMissed, missed.why(f), 0)
		}
	}
	for i, n := range left {
		if f := &m.Fills[i]; n > 0 {
			c.Invented += n
			c.add(f, n, whatInvented, invented.why(f), 0)
		}
	}
	slices.SortStableFunc(c.Fills, func(a, b ComparedFill) int { return int(min(max(a.At-b.At, -1), 1)) })
	c.path(live, m)
	c.causes()
	return c
}

func (c *ModelComparison) add(f *FillResult, n uint64, what, cause string, apart time.Duration) {
	c.Fills = append(c.Fills, ComparedFill{
		At: f.At, Apart: apart, What: what, Market: f.Market, Contract: f.Contract, Side: f.Side, Price: f.Price,
		Quantity: n, Cause: cause,
	})
}

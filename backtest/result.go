package backtest

import (
	"cmp"
	"slices"
	"time"

	"github.com/smk-go/smk/sim/exchange"
)

// Result is what became of a bot in a recorded market under each assumption about the queue. Times are ns since 1970,
// prices 1/100 % of payoff, quantities 1/10000 and money 10^-8 of the currency.
type Result struct {
	Version   string      `json:"version"` // of the library, as far as the build says it
	Recording string      `json:"recording"`
	Begin     int64       `json:"begin"`
	End       int64       `json:"end"`
	Seed      uint64      `json:"seed"`
	Settings  Settings    `json:"settings"`
	Outcomes  []MarketEnd `json:"outcomes"` // how each market ended, and how that is known
	Warnings  []string    `json:"warnings"`
	Models    []Model     `json:"models"` // pessimistic, proportional, optimistic, as far as they were asked for
	Band      Band        `json:"band"`
}

// Settings are those of a run that change its result.
type Settings struct {
	Balance     exchange.Money    `json:"balance"`
	Commission  uint32            `json:"commission"` // 1/100 % of the net winnings of a market
	Feed        string            `json:"feed_latency"`
	Entry       string            `json:"entry_latency"`
	Response    string            `json:"response_latency"`
	VoidReasons []string          `json:"void_reasons"`
	Labels      map[string]string `json:"labels,omitempty"` // of the caller: parameters of the bot
}

// MarketEnd is how a market ended.
type MarketEnd struct {
	Market  uint32   `json:"market"`
	Winners []uint32 `json:"winners"`
	Assumed bool     `json:"assumed"` // the contract with the highest last price: the stream does not say who won
	Ended   bool     `json:"ended"`   // in the recording; else positions are valued at the last prices
	Voided  bool     `json:"voided"`  // nobody won or lost
	Each    bool     `json:"each"`    // contracts win or lose each by itself; else one takes all
	Places  int      `json:"places"`  // of a dead heat: the payoffs of so many are divided among the winners; else 0
}

// pays returns what a position in a winner gets.
func (e MarketEnd) pays(net int64) exchange.Money {
	all := exchange.Money(net) * exchange.PriceSum
	if e.Places == 0 {
		return all
	}
	return exchange.Share(all, e.Places, len(e.Winners))
}

// Model is a run under one assumption.
type Model struct {
	Queue     string           `json:"queue"`
	Profit    exchange.Money   `json:"profit"`     // after commission: settled, or at the last prices
	Gross     exchange.Money   `json:"gross"`      // before commission
	Paid      exchange.Money   `json:"commission"` // commission
	Contracts []ContractResult `json:"contracts"`
	Orders    []OrderResult    `json:"orders"`
	Fills     []FillResult     `json:"fills"`
	Path      []Point          `json:"path"`
	Figures   Figures          `json:"figures"`
	Digest    string           `json:"digest"` // of all the exchange reported: the same for the same run
	End       string           `json:"end"`    // the engine's outcome
}

// Figures are a run's numbers.
type Figures struct {
	Messages        uint64            `json:"messages"` // of the recording that were played
	Requests        uint64            `json:"requests"` // of the bot that were answered
	Orders          uint64            `json:"orders"`   // accepted
	Rejected        uint64            `json:"rejected"`
	Fills           uint64            `json:"fills"`
	Bought          uint64            `json:"bought"` // payoff
	Sold            uint64            `json:"sold"`
	Ordered         uint64            `json:"ordered"` // payoff of accepted orders
	FillRatio       float64           `json:"fill_ratio"`
	OrderToTrade    float64           `json:"order_to_trade"`   // requests for each fill; 0 without fills
	ThrottlePeak    uint64            `json:"throttle_peak"`    // requests in the busiest second
	ThrottleUse     float64           `json:"throttle_use"`     // that, of what is allowed in a second
	Throttled       uint64            `json:"throttled"`        // requests that were rejected for it
	QueueTimeMean   time.Duration     `json:"queue_time_mean"`  // from acceptance to fill
	QueueTimeMost   time.Duration     `json:"queue_time_most"`  // likewise
	ExposureMost    exchange.Money    `json:"exposure_most"`    // reserved
	Drawdown        exchange.Money    `json:"drawdown"`         // the most that was lost from a peak of the path
	Reasons         map[string]uint64 `json:"reasons"`          // payoff filled, by reason
	Adverse         []Adverse         `json:"adverse"`          // after 1, 10 and 60 s
	Voided          uint64            `json:"voided"`           // payoff of provisional fills that were voided
	RecordingGaps   int               `json:"recording_gaps"`   // spans of which nothing is known
	RefusedEvents   uint64            `json:"refused_events"`   // of the recording that the exchange did not accept
	OrdersForgotten uint64            `json:"orders_forgotten"` // beyond what is kept
	FillsUnreduced  uint64            `json:"fills_unreduced"`  // that no removed runner reduces: so many are not kept
}

// Adverse is how the market moved after fills: what the fills would have brought at the middle price a while later.
// Less than 0 is against the bot.
type Adverse struct {
	After    time.Duration  `json:"after"`
	Fills    uint64         `json:"fills"` // whose contract had a middle price then
	Quantity uint64         `json:"quantity"`
	Money    exchange.Money `json:"money"`
	Ticks    float64        `json:"ticks"` // for each unit of payoff, in 1/100 %
}

// ContractResult is what a contract brought.
type ContractResult struct {
	Market   uint32         `json:"market"`
	Contract uint32         `json:"contract"`
	Bought   uint64         `json:"bought"`
	Sold     uint64         `json:"sold"`
	Net      int64          `json:"net"`     // payoff held at the end
	Flow     exchange.Money `json:"flow"`    // received for sales less paid for purchases
	Profit   exchange.Money `json:"profit"`  // settled, or at the last price
	IfWins   exchange.Money `json:"if_wins"` // of the whole market, if this contract wins and no other does
}

// OrderResult is what became of an order.
type OrderResult struct {
	Order     uint64 `json:"order"`
	Reference uint64 `json:"reference"`
	Market    uint32 `json:"market"`
	Contract  uint32 `json:"contract"`
	Side      string `json:"side"`
	Price     uint32 `json:"price"`
	Quantity  uint64 `json:"quantity"`
	Filled    uint64 `json:"filled"`
	Accepted  int64  `json:"accepted"`
	Ended     int64  `json:"ended"` // 0 if it was live at the end
	Ahead     uint64 `json:"ahead"` // in the queue when it was added to the book
	Hidden    bool   `json:"hidden"`
}

// FillResult is a fill.
type FillResult struct {
	At        int64             `json:"at"`
	Order     uint64            `json:"order"`
	Reference uint64            `json:"reference"`
	Market    uint32            `json:"market"`
	Contract  uint32            `json:"contract"`
	Side      string            `json:"side"`
	Price     uint32            `json:"price"`
	Quantity  uint64            `json:"quantity"`
	Reason    string            `json:"reason"`
	Waited    time.Duration     `json:"waited"` // since the order was accepted
	Voided    bool              `json:"voided"`
	After     [3]exchange.Money `json:"after"` // what it would have brought at the middle price 1, 10 and 60 s later
	Known     [3]bool           `json:"known"` // whether there was one
}

// Point is a point of the path of a run.
type Point struct {
	At       int64          `json:"at"`
	Equity   exchange.Money `json:"equity"`   // settled, and the rest at middle prices, without commission
	Position int64          `json:"position"` // payoff bought less sold, over all contracts
	Exposure exchange.Money `json:"exposure"` // reserved
}

// Band is the span of the models.
type Band struct {
	ProfitLow  exchange.Money `json:"profit_low"`
	ProfitMid  exchange.Money `json:"profit_mid"` // proportional
	ProfitHigh exchange.Money `json:"profit_high"`
	FilledLow  uint64         `json:"filled_low"`
	FilledMid  uint64         `json:"filled_mid"`
	FilledHigh uint64         `json:"filled_high"`
}

// QueuedContract is what a model made of a contract.
type QueuedContract struct {
	Queue string // the model's
	ContractResult
}

// Contracts returns what all models made of all contracts, by contract.
func (r *Result) Contracts() (list []QueuedContract) {
	for i := range r.Models {
		for _, c := range r.Models[i].Contracts {
			list = append(list, QueuedContract{r.Models[i].Queue, c})
		}
	}
	slices.SortStableFunc(list, func(a, b QueuedContract) int {
		return cmp.Or(cmp.Compare(a.Market, b.Market), cmp.Compare(a.Contract, b.Contract))
	})
	return list
}

// Model returns the run under an assumption, nil if there is none.
func (r *Result) Model(q exchange.Queue) *Model {
	for i := range r.Models {
		if r.Models[i].Queue == q.String() {
			return &r.Models[i]
		}
	}
	return nil
}

// findBand computes the band of the models.
func (r *Result) findBand() {
	for i := range r.Models {
		m := &r.Models[i]
		filled := m.Figures.Bought + m.Figures.Sold
		b := &r.Band
		if i == 0 {
			*b = Band{m.Profit, m.Profit, m.Profit, filled, filled, filled}
		}
		b.ProfitLow, b.ProfitHigh = min(b.ProfitLow, m.Profit), max(b.ProfitHigh, m.Profit)
		b.FilledLow, b.FilledHigh = min(b.FilledLow, filled), max(b.FilledHigh, filled)
		if m.Queue == exchange.QueueProportional.String() {
			b.ProfitMid, b.FilledMid = m.Profit, filled
		}
	}
}

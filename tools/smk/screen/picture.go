package screen

import "encoding/json"

// Picture is what there is to see at a moment. It has no pointers into a [Model].
type Picture struct {
	Record  uint64 `json:"record"` // the last one that it has
	At      int64  `json:"at"`     // wall clock of that
	Started int64  `json:"started"`
	Name    string `json:"name"` // of the journal
	Strip   Strip  `json:"strip"`
	Money   Money  `json:"money"`

	Contracts []Contract `json:"contracts"`
	Markets   []Market   `json:"markets"`
	Stages    []Stage    `json:"stages"`
	Seconds   []Second   `json:"seconds"` // the last ones, oldest first
	Log       []Line     `json:"log"`     // the newest lines, oldest first
	Left      int        `json:"left"`    // contracts that are not in the picture
}

// JSON returns the picture as the dashboard's page reads it: equal pictures have equal bytes.
func (p *Picture) JSON() []byte {
	b, err := json.Marshal(p)
	if err != nil {
		panic("BUG: screen: " + err.Error())
	}
	return b
}

// Strip is the state of the session and of trading.
type Strip struct {
	Session   string `json:"session"` // "established", "disconnected", ...
	Since     int64  `json:"since"`   // wall clock of the last change of Session
	Connected bool   `json:"connected"`
	Ended     string `json:"ended"` // why nothing follows: "run ended", or ""
	Run       int    `json:"run"`
	Epoch     uint32 `json:"epoch"`
	CaughtUp  bool   `json:"caught_up"`
	Lacks     string `json:"lacks"` // why orders and positions are not complete, "" if they are
	Mode      string `json:"mode"`
	Cause     string `json:"cause"` // of the mode
	Gap       bool   `json:"gap"`   // messages are missing now
	Gaps      int    `json:"gaps"`
	Orders    int    `json:"orders"`
	InDoubt   int    `json:"in_doubt"`

	Tokens  int64 `json:"tokens"` // of the throttle, as far as can be told from what was sent; -1 if it is not known
	Burst   int64 `json:"burst"`
	Rate    int64 `json:"rate"`
	Refused int   `json:"refused"` // sends that were refused before they left
	Lost    int64 `json:"lost"`    // records that the journal has not
	In      int64 `json:"in"`      // messages
	Out     int64 `json:"out"`
	Fills   int64 `json:"fills"`
}

// Money is the account's, in 1e-8 of the currency.
type Money struct {
	Known     bool  `json:"known"` // the exchange has reported Cash
	Cash      int64 `json:"cash"`
	Available int64 `json:"available"`
	Reserved  int64 `json:"reserved"`
	Worst     int64 `json:"worst"` // the most that can be lost
	Realised  int64 `json:"realised"`
	Closed    int64 `json:"closed"`   // profit if every position was closed at the prices of the moment
	Closable  bool  `json:"closable"` // the books have enough for that
	About     bool  `json:"about"`    // they have not: Closed takes the rest at the last prices that are shown
	Drift     int64 `json:"drift"`    // exchange's cash less ours
	DriftRisk int64 `json:"drift_exposure"`
	Drifting  bool  `json:"drifting"`
}

// Contract is a contract's ladder and what the account has in it.
type Contract struct {
	Market   uint32 `json:"market"`
	ID       uint32 `json:"id"`
	Name     string `json:"name"`
	Exchange string `json:"exchange"` // state as the exchange says: "live", "halted", ...
	Book     string `json:"book"`     // "live", "suspect", "awaiting", "empty"
	Why      string `json:"why"`      // the causes of a suspect one
	Updated  int64  `json:"updated"`  // wall clock

	Bids   []Level `json:"bids"` // best first
	Offers []Level `json:"offers"`
	Traded int64   `json:"traded"` // since the snapshot
	Last   *Trade  `json:"last"`
	Orders []Order `json:"orders"`

	Net         int64 `json:"net"`         // position by final fills
	Provisional int64 `json:"provisional"` // by fills that may be voided
	Wins        int64 `json:"wins"`        // result of final fills if it wins
	Loses       int64 `json:"loses"`
	Closed      int64 `json:"closed"`   // profit if the position was closed at the prices of the moment
	Closable    bool  `json:"closable"` // the book has enough for that
	About       bool  `json:"about"`    // it has not: Closed takes the rest at the last price that is shown
	Settled     bool  `json:"settled"`
}

// Level is a price of a side.
type Level struct {
	Price    uint32 `json:"p"`
	Quantity int64  `json:"q"`
	Own      int64  `json:"own"`
	Ahead    int64  `json:"ahead"` // of the first own order there, at most; -1 if it is not known
	Least    int64  `json:"least"` // likewise, at least
	Traded   int64  `json:"t"`     // executed at the price since the journal began or the snapshot before
}

// Trade is the last execution.
type Trade struct {
	Price    uint32 `json:"p"`
	Quantity int64  `json:"q"`
	Side     string `json:"side"` // of the resting order
	At       int64  `json:"at"`
}

// Order is an own order that is not ended.
type Order struct {
	ID        uint64 `json:"id"`
	Reference uint64 `json:"ref"`
	Side      string `json:"side"`
	Price     uint32 `json:"p"`
	Quantity  int64  `json:"q"`
	Open      int64  `json:"open"`
	State     string `json:"state"`
	Overlay   string `json:"overlay"`
	Least     int64  `json:"least"` // ahead of it, at least
	Ahead     int64  `json:"ahead"` // at most; -1 if it is not known
}

// Market is a market with the profit by its outcomes.
type Market struct {
	ID       uint32    `json:"id"`
	State    string    `json:"state"`
	Book     string    `json:"book"`
	Volume   int64     `json:"volume"`
	Worst    int64     `json:"worst"`
	Outcomes []Outcome `json:"outcomes"`
	Realised int64     `json:"realised"`
}

// Outcome is what a market brings if a contract wins.
type Outcome struct {
	Contract    uint32 `json:"contract"` // 0 for any other
	Name        string `json:"name"`
	Final       int64  `json:"final"`       // by final fills
	Provisional int64  `json:"provisional"` // by those that may be voided, too
	Net         int64  `json:"net"`         // Final after commission
}

// Stage is how long a step took, in nanoseconds, since the run began.
type Stage struct {
	Name  string `json:"name"`
	Count uint64 `json:"count"`
	P50   int64  `json:"p50"`
	P99   int64  `json:"p99"`
	P999  int64  `json:"p999"`
	Max   int64  `json:"max"`
}

// Second is a second of the past.
type Second struct {
	At     int64          `json:"at"` // seconds since the Unix epoch
	In     uint32         `json:"in"`
	Out    uint32         `json:"out"`
	Fills  uint32         `json:"fills"`
	Closed int64          `json:"closed"` // Money.Closed at its end, plus what was realised
	Known  bool           `json:"known"`  // Money.Closable or Money.About at its end
	P50    [stages]uint32 `json:"p50"`    // of the stages, in nanoseconds
	P99    [stages]uint32 `json:"p99"`
}

// Line is a line of the event log.
type Line struct {
	Record uint64 `json:"record"`
	At     int64  `json:"at"`
	Kind   Kind   `json:"kind"`
	Level  string `json:"level"` // "", "warn" or "bad"
	Text   string `json:"text"`
}

// Kind says what a line of the event log is about.
type Kind string

// The kinds of lines.
const (
	KindFill    Kind = "fill"
	KindOrder   Kind = "order" // refusals, voids, doubts
	KindMarket  Kind = "market"
	KindSession Kind = "session"
	KindGap     Kind = "gap"
	KindMode    Kind = "mode"
	KindHalt    Kind = "halt" // of trading by the bot, or of a market
	KindMoney   Kind = "money"
	KindEngine  Kind = "engine"
)

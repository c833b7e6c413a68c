package exchange

import "github.com/smk-go/smk/gen/msg"

// Event is a sports event, such as a match or a race. A market may belong to one.
type Event struct {
	ID   uint32 // unique, not 0
	Name string
}

// Market configures a market.
type Market struct {
	ID        uint32 // unique, not 0
	EventID   uint32 // 0 means none; otherwise one of the events
	Name      string
	State     msg.MarketStateType // 0 means OPEN
	Contracts []Contract          // at least one

	// WinnerTakesAll says that exactly one contract wins. Otherwise each contract wins or loses by
	// itself.
	WinnerTakesAll bool

	// PendingTimeout makes the market a managed one: while it is live, fills are provisional for
	// this many nanoseconds. 0 means that fills are final.
	PendingTimeout int64

	// NonRunners allows contracts to be removed and the fills of the others to be reduced. Every
	// fill of such a market is kept, 131072 at most, with its orders, until its contract is settled
	// or voided.
	NonRunners bool
}

// Contract configures one of a market's outcomes.
type Contract struct {
	ID   uint32 // unique, not 0
	Name string
}

// market is the state of a market.
type market struct {
	config         Market
	id             uint32
	index          int // in the exchange's list
	state          msg.MarketStateType
	winnerTakesAll bool
	managed        bool
	contracts      []*contract
	volume         uint64  // payoff matched
	reserved       []Money // by account: worst case of its final fills
	subscribers    []*Login
	provisional    fillQueue // provisional fills, oldest first
	final          fillQueue // fills that a removed runner may reduce
}

// contract is the state and the book of a contract.
type contract struct {
	id        uint32
	index     int
	name      string
	market    *market
	state     msg.ContractStateType
	settled   bool             // settled or voided
	recorded  *[2]recordedSide // nil unless the exchange plays a recording
	worst     [2]uint32        // visible prices, by side, of the recording
	unchanged [2]bool          // sides whose levels are as they were published
	updated   [2]uint32        // of a side of which one level's quantity alone has changed, its key
	positions []*position      // by account

	reduceType   msg.ReduceType // of a reduced contract
	reduceFactor uint32

	lastExecution execution // the newest execution; price 0 before the first
	high, low     uint32
	shown         [2][]shownLevel // the visible levels as last published
	stale         bool            // shown is older than the levels, because nobody subscribes
	changed       bool            // in buf.changed
	executions    []execution     // since the last publish

	sides [2]ladder // last, because they are large
}

// shownLevel is one visible level.
type shownLevel struct {
	key      uint32
	quantity uint64
}

// execution is one published execution.
type execution struct {
	price        uint32
	liquidity    uint8 // side of the resting order
	quantity     uint64
	microseconds uint64
}

// tradable reports whether orders are matched.
func (m *market) tradable() bool {
	return m.state == msg.MarketStateOpen || m.state == msg.MarketStateLive
}

// contractByID returns one of the market's contracts, or nil.
func (m *market) contractByID(id uint32) *contract {
	for _, c := range m.contracts {
		if c.id == id {
			return c
		}
	}
	return nil
}

package quote

import (
	"math"

	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/odds"
)

// never is a clock reading that does not come.
const never = int64(math.MaxInt64)

// Quoter compares wanted quotes with own orders.
type Quoter struct {
	config Config
	now    int64 // of the last step

	contracts     []contract
	freeContract  int32 // chain by link[0]
	contractCount int
	byContract    table
	levels        []Level // of the wishes: for each contract Config.Levels bids, then as many asks

	markets    []market
	freeMarket int32 // chain by first
	byMarket   table

	orders     []order
	freeOrder  int32 // chain by next
	orderCount int
	byKey      table

	holds   Reasons
	dropped bool // an order was dropped because its contract had no room
	changed queue
	adding  queue // planned, with creates or replaces to send
	waiting waitList
	timers  timers
	births  uint64 // orders that were seen

	actions    []Action
	unreported int
	events     []Event
	plans      [2]plan // of the contract that was planned last
	stats      Stats
}

// waitList is the list of orders that wait for an answer, the longest wait first. The links are kept in the orders.
type waitList struct {
	head, tail int32
}

// market is a market with contracts, or with a reason to hold.
type market struct {
	id    uint32
	holds Reasons
	first int32 // contract

	clearing    uint64 // the request that cancels all its orders, 0 if none is under way
	clearingAt  int64  // clock reading
	clearBefore uint64 // it is about orders born until then
}

// contract is a contract with a wish, orders, or a reason to hold.
type contract struct {
	id        Contract
	tolerance Tolerance
	sides     [2]side // bid, ask
	wakeAt    int64
	resumeAt  int64
	resumedAt int64 // when it was quoted again, 0 if it never was held
	heapPos   int32 // in the timers
	market    int32
	next      int32    // in the market
	prev      int32    // in the market
	link      [2]int32 // in the queues
	queued    [2]bool
	adds      [2]bool // sides that had creates or replaces to send when they were planned last
	wanted    bool    // not pulled by the bot
	held      bool    // when it was planned last
	relapses  uint8
	holds     Reasons
	reported  Reasons // in the last event
}

// side is one side of a contract.
type side struct {
	retryAt     int64 // no creates and replaces before, after a refusal
	pausedUntil int64 // likewise, for the throttle
	refusedAt   int64
	gaveUpUntil int64 // likewise, after refusal upon refusal
	reported    int64 // gaveUpUntil of the last event
	first       int32 // order
	levels      uint8 // of the wish
	attempts    uint8 // refusals in a row
}

// order is an own order.
type order struct {
	key        uint64
	retryAt    int64 // not touched before
	open       odds.Quantity
	executed   odds.Quantity
	reduced    odds.Quantity // what a pending reduce leaves
	price      odds.Price
	contract   int32
	next, prev int32      // of the side
	other      int32      // the other leg of a replace
	state      State      //
	offered    ActionKind // what was returned by the last step and not reported yet
	side       uint8      // 0 bid, 1 ask
	attempts   uint8      // refusals in a row
	failed     uint8      // refused reduces and replaces
	managed    bool
	second     bool // the leg of a replace that is to come
	late       bool // the other leg ended first

	watch
}

// New returns a Quoter with all its memory, or ErrConfig.
func New(c Config) (*Quoter, error) {
	if err := c.resolve(); err != nil {
		return nil, err
	}
	q := &Quoter{
		config:    c,
		contracts: make([]contract, c.Contracts),
		levels:    make([]Level, c.Contracts*c.Levels*2),
		markets:   make([]market, c.Contracts),
		orders:    make([]order, c.Orders),
		timers:    timers{make([]int32, 0, c.Contracts)},
		actions:   make([]Action, 0, c.Actions),
		events:    make([]Event, 0, c.Contracts*eventsEach),
	}
	q.byContract.init(c.Contracts)
	q.byMarket.init(c.Contracts)
	q.byKey.init(c.Orders)
	q.changed.init(0)
	q.adding.init(1)
	q.waiting.head, q.waiting.tail = none, none
	for i := range q.contracts {
		q.contracts[i].link[0] = int32(i + 1)
		q.markets[i].first = int32(i + 1)
	}
	for i := range q.orders {
		q.orders[i].next = int32(i + 1)
	}
	q.contracts[c.Contracts-1].link[0], q.markets[c.Contracts-1].first, q.orders[c.Orders-1].next = none, none, none
	return q, nil
}

// tableKey is a contract's key in the table; market and contract 0 both are not a key.
func (c Contract) tableKey() uint64 { return uint64(c.Market)<<32 | uint64(c.ID) }

// claim returns the slot of a contract, a new one if it has none.
func (q *Quoter) claim(id Contract) (int32, error) {
	if slot := q.byContract.find(id.tableKey()); slot != none {
		return slot, nil
	}
	if id.ID == 0 {
		return none, ErrContract
	}
	if q.freeContract == none || q.dropped {
		marks.Hit(marks.QuotesFull)
		return none, ErrContractsFull
	}
	m, err := q.claimMarket(id.Market)
	if err != nil {
		return none, err
	}
	slot := q.freeContract
	c := &q.contracts[slot]
	q.freeContract = c.link[0]
	*c = contract{id: id, heapPos: none, market: m, next: q.markets[m].first, prev: none, link: [2]int32{none, none}}
	c.sides[0].first, c.sides[1].first = none, none
	if c.next != none {
		q.contracts[c.next].prev = slot
	}
	q.markets[m].first = slot
	q.byContract.add(id.tableKey(), slot)
	q.contractCount++
	return slot, nil
}

// release frees the slot of a contract that is in no queue.
func (q *Quoter) release(slot int32) {
	c := &q.contracts[slot]
	q.setWake(slot, never)
	if c.prev != none {
		q.contracts[c.prev].next = c.next
	} else {
		q.markets[c.market].first = c.next
	}
	if c.next != none {
		q.contracts[c.next].prev = c.prev
	}
	q.releaseMarket(c.market)
	q.byContract.remove(c.id.tableKey())
	c.link[0], q.freeContract = q.freeContract, slot
	q.contractCount--
}

// marketKey is a market's key in the table.
func marketKey(id uint32) uint64 { return uint64(id) | 1<<32 }

func (q *Quoter) claimMarket(id uint32) (int32, error) {
	if m := q.byMarket.find(marketKey(id)); m != none {
		return m, nil
	}
	m := q.freeMarket
	if m == none {
		return none, ErrContractsFull
	}
	q.freeMarket = q.markets[m].first
	q.markets[m] = market{id: id, first: none}
	q.byMarket.add(marketKey(id), m)
	return m, nil
}

// releaseMarket frees a market without contracts and reasons.
func (q *Quoter) releaseMarket(m int32) {
	if q.markets[m].first != none || q.markets[m].holds != 0 {
		return
	}
	q.byMarket.remove(marketKey(q.markets[m].id))
	q.markets[m].first, q.freeMarket = q.freeMarket, m
}

package book

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// Sides as array indices.
const (
	bids   = 0
	offers = 1
)

// none ends a list of slots.
const none int32 = -1

// Books keeps the books of many markets. Make one with [New].
type Books struct {
	config Config
	depth  int    // levels of the window
	stride int    // words of a side
	causes Causes // of every market
	fed    bool   // the price feed is on

	index     index // of contracts, by market and contract
	markets   slots // of market
	contracts slots // of contract
	market    []market
	contract  []contract
	trades    []trades // by contract
	levels    []uint64 // by contract and side, best first; see quantityBits
	byMarket  index
	absent    market // stands for those that are not there

	orders  slots
	order   []own
	byOrder index

	out      [2][]uint64 // sides that do not fit while a message is applied
	due      int64       // no market's deadline is before
	events   []Event
	stats    Stats
	fullness [3]LimitError
}

// market is a market's slot.
type market struct {
	id        uint32
	contracts int32 // first of the list
	state     msg.MarketStateType
	causes    Causes
	flags     marketFlags
	attempts  uint8
	crossed   int32 // contracts that are
	volume    odds.Quantity
	since     int64 // of its State
	updated   int64 // by the last message about it
	snapshot  int64 // the last one
	asked     int64 // when a snapshot was asked for, the last time
}

type marketFlags uint8

const (
	flagSubscribed marketFlags = 1 << iota
	flagFed                    // known by the price feed
	flagKnown                  // a snapshot came
	flagBase                   // updates can be applied to what is known
	flagAwaiting               // a snapshot is under way
	flagClosed                 // settled or voided
	flagGivenUp
)

func (m *market) is(f marketFlags) bool { return m.flags&f != 0 }

// contract is a contract's slot, a cache line.
type contract struct {
	market, id   uint32
	slot         int32 // of the market
	next         int32 // of the market's, or of the unused
	n            [2]uint8
	cut          uint8 // the smallest depth at which a side was cut since the snapshot, 0 if none was
	flags        contractFlags
	causes       Causes
	crossings    uint16   // each soon after the one before
	own          [2]int32 // first of the own orders, best price first, oldest first
	updated      int64
	crossedSince int64
	state        msg.ContractStateType
	orders       int32         // own ones of both sides
	traded       odds.Quantity // executions of updates
}

type contractFlags uint8

const (
	contractClosed   contractFlags = 1 << iota // settled or voided
	contractFollowed                           // own orders to buy know whether their levels are visible
	_                                          // contractFollowed << offers: likewise those to sell
)

// trades is what is known of a contract's executions.
type trades struct {
	last         odds.Price // 0 if there is none
	high, low    odds.Price // 0 if unknown
	liquidity    odds.Side
	lastQuantity odds.Quantity
	lastMicros   uint64
}

// New returns empty books. The error is a [*ConfigError].
func New(c Config) (*Books, error) {
	if err := c.resolve(); err != nil {
		return nil, err
	}
	b := &Books{
		config:   c,
		depth:    c.Depth,
		stride:   c.DepthMax,
		market:   make([]market, c.Markets),
		contract: make([]contract, c.Contracts),
		trades:   make([]trades, c.Contracts),
		levels:   make([]uint64, 2*c.DepthMax*c.Contracts),
		order:    make([]own, c.Orders),
		events:   make([]Event, 0, 2*c.Markets+2*c.Contracts+eventsSpare),
		due:      never,
		absent:   market{contracts: none},
		fullness: [3]LimitError{
			{Field: "Markets", Limit: c.Markets}, {Field: "Contracts", Limit: c.Contracts}, {
				Field: "Orders",
				Limit: c.Orders,
			},
		},
	}
	b.markets.init(c.Markets)
	b.contracts.init(c.Contracts)
	b.orders.init(c.Orders)
	b.byMarket.init(c.Markets)
	b.index.init(c.Contracts)
	b.byOrder.init(c.Orders)
	for side := range b.out {
		b.out[side] = make([]uint64, (1+changesMax)*c.DepthMax)
	}
	return b, nil
}

const (
	changesMax  = 2 // an update removes and adds a window of levels at most
	eventsSpare = 8
	never       = 1<<63 - 1
)

// Depth returns how many levels of a side the exchange is taken to show.
func (b *Books) Depth() int { return b.depth }

// Stats returns the counts.
func (b *Books) Stats() Stats { return b.stats }

// Events returns what the last call that took a message or a clock reading found out. They are valid until the next
// such call.
func (b *Books) Events() []Event { return b.events }

// emit adds an event.
func (b *Books) emit(e Event) {
	if len(b.events) == cap(b.events) {
		b.stats.Dropped++
		return
	}
	b.events = append(b.events, e)
}

// ignore counts a message that is about nothing that is kept.
func (b *Books) ignore(err Error) error {
	b.stats.Ignored++
	return err
}

// reject counts a message of a market that is refused, and makes its books suspect.
func (b *Books) reject(m *market, err error, now int64) error {
	b.stats.Invalid++
	cause := Invalid
	if _, full := err.(*LimitError); full {
		cause = Full
	}
	b.addCause(m, cause, now)
	for i := m.contracts; i != none; i = b.contract[i].next {
		b.relevel(i)
	}
	return err
}

// find returns the slot of a contract, or none.
func (b *Books) find(marketID, id uint32) int32 { return b.index.find(contractKey(marketID, id)) }

func contractKey(marketID, id uint32) uint64 { return uint64(marketID)<<32 | uint64(id) }

// marketByID returns a market, or nil.
func (b *Books) marketByID(id uint32) *market {
	i := b.byMarket.find(uint64(id))
	if i == none {
		return nil
	}
	return &b.market[i]
}

// claimMarket returns the slot of a market, which it makes if there is room.
func (b *Books) claimMarket(id uint32, now int64) (int32, error) {
	if id == 0 {
		return none, ErrNoMarket
	}
	if i := b.byMarket.find(uint64(id)); i != none {
		return i, nil
	}
	i := b.markets.claim()
	if i == none {
		return none, &b.fullness[0]
	}
	b.market[i] = market{id: id, contracts: none, since: now}
	b.byMarket.add(uint64(id), i)
	return i, nil
}

// claimContract returns the slot of a contract of a market, which it makes if there is room.
func (b *Books) claimContract(slot int32, id uint32) (int32, error) {
	if id == 0 {
		return none, ErrNoMarket
	}
	m := &b.market[slot]
	if i := b.find(m.id, id); i != none {
		return i, nil
	}
	i := b.contracts.claim()
	if i == none {
		return none, &b.fullness[1]
	}
	b.contract[i] = contract{market: m.id, id: id, slot: slot, next: m.contracts, own: [2]int32{none, none}}
	b.trades[i] = trades{}
	m.contracts = i
	b.words(i)[0], b.words(i)[b.stride] = 0, 0
	b.index.add(contractKey(m.id, id), i)
	return i, nil
}

// words returns the words of a contract: as many bids as it can have, then as many offers.
func (b *Books) words(i int32) []uint64 {
	at := int(i) * 2 * b.stride
	return b.levels[at : at+2*b.stride : at+2*b.stride]
}

// side returns the words of a side, as many as it has.
func (b *Books) side(i int32, side int) []uint64 {
	return b.words(i)[side*b.stride:][:b.contract[i].n[side]]
}

// clear empties a contract's book.
func (b *Books) clear(i int32, now int64) {
	b.empty(i, now)
	b.setCrossed(i, now)
	b.relevel(i)
}

// empty removes the levels of a contract.
func (b *Books) empty(i int32, now int64) {
	c := &b.contract[i]
	c.n, c.cut, c.updated, c.traded = [2]uint8{}, 0, now, 0
	b.words(i)[0], b.words(i)[b.stride] = 0, 0
}

// release gives back the slots of a market's contracts without own orders, and the market's if nothing is left.
func (b *Books) release(slot int32) {
	m := &b.market[slot]
	if m.is(flagSubscribed | flagFed) {
		return
	}
	for link := &m.contracts; *link != none; {
		i := *link
		c := &b.contract[i]
		if c.orders > 0 {
			link = &c.next
			continue
		}
		*link = c.next
		b.index.remove(contractKey(c.market, c.id))
		b.contracts.release(i)
		c.market, c.id = 0, 0
	}
	if m.contracts == none {
		b.byMarket.remove(uint64(m.id))
		b.markets.release(slot)
		m.id = 0
	}
}

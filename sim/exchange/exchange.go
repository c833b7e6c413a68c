package exchange

import (
	"github.com/smk-go/smk/gen/msg"
)

// Config configures an exchange. [New] copies and checks it.
type Config struct {
	Accounts []Account
	Events   []Event
	Markets  []Market

	Depth       int    // visible levels per side; 0 means 5
	QuantityMin uint64 // of an order, in 1/10000 of payoff; 0 means 1000
	QuantityMax uint64 // of an order, in 1/10000 of payoff; 0 means 2147483647
	OrdersMax   int    // orders kept, live and ended, rounded up to a multiple of 1024; 0 means 131072
	HistoryMax  int    // reports kept per account; 0 means 1024
	Now         int64  // the first clock reading, nanoseconds since 1970

	Recorded Recorded // the zero value means that the markets are not recorded ones
}

// Exchange is a betting exchange. It belongs to one goroutine.
type Exchange struct {
	depth       int
	quantityMin uint64
	quantityMax uint64

	now      int64
	accounts []*account
	byName   map[string]*account
	byToken  map[string]*account
	events   []*event
	byEvent  map[uint32]*event
	markets  []*market
	byMarket map[uint32]*market
	orders   orders
	labels   map[string]string
	feeds    feeds

	unavailable   bool // the back end is down
	suspended     bool // trading, in every market
	forcedRejects map[msg.PayloadType]forcedReject

	provisional  int // number of provisional fills in all markets
	replaces     replaceQueue
	replaceDelay int64

	recording *recording // nil unless the exchange plays a recording

	buf buffers
}

// buffers are reused by every command.
type buffers struct {
	report  Report
	fills   []fill
	changed []*contract // whose books are to be published
	removed []*order    // that are to be reported and retired
	windows [2][]shownLevel
	parts   []uint64 // of a recorded trade, by order of its level

	quotes      msg.ContractQuotes
	snapshot    msg.MarketQuotes
	state       msg.MarketState
	managed     msg.MarketManagedState
	runningball msg.RunningballNotification
}

// event is the state of an event.
type event struct {
	config      Event
	subscribers []*Login
	state       msg.RunningballState
}

// New returns an exchange. The error is a [*ConfigError] that names the first invalid field.
func New(c Config) (*Exchange, error) {
	if err := c.resolve(); err != nil {
		return nil, err
	}
	x := &Exchange{
		depth:         c.Depth,
		quantityMin:   c.QuantityMin,
		quantityMax:   c.QuantityMax,
		now:           c.Now,
		byName:        make(map[string]*account, len(c.Accounts)),
		byToken:       make(map[string]*account, len(c.Accounts)),
		byEvent:       make(map[uint32]*event, len(c.Events)),
		byMarket:      make(map[uint32]*market, len(c.Markets)),
		labels:        make(map[string]string),
		forcedRejects: make(map[msg.PayloadType]forcedReject),
	}
	x.orders.max = c.OrdersMax
	x.buf.windows = [2][]shownLevel{make([]shownLevel, 0, c.Depth), make([]shownLevel, 0, c.Depth)}
	for i, is := range c.Accounts {
		if err := x.addAccount(i, is, c.HistoryMax); err != nil {
			return nil, err
		}
	}
	for i, is := range c.Events {
		if is.ID == 0 || x.byEvent[is.ID] != nil {
			return nil, configError("is 0 or used twice", "Events[%d].ID", i)
		}
		e := &event{config: is}
		x.events = append(x.events, e)
		x.byEvent[is.ID] = e
	}
	for i, is := range c.Markets {
		if err := x.addMarket(i, is); err != nil {
			return nil, err
		}
	}
	if err := x.startRecorded(c.Recorded); err != nil {
		return nil, err
	}
	return x, nil
}

// resolve replaces zeros by defaults and checks the limits.
func (c *Config) resolve() error {
	if c.Depth == 0 {
		c.Depth = depthDefault
	}
	if c.QuantityMin == 0 {
		c.QuantityMin = quantityMinDefault
	}
	if c.QuantityMax == 0 {
		c.QuantityMax = max(quantityMaxDefault, c.QuantityMin)
	}
	if c.OrdersMax == 0 {
		c.OrdersMax = ordersDefault
	}
	if c.HistoryMax == 0 {
		c.HistoryMax = historyDefault
	}
	switch {
	case c.Depth < 1 || c.Depth > depthMax:
		return configError("must be 1 to 64", "Depth")
	case c.QuantityMax > quantityMaxMax:
		return configError("is too large to be priced exactly", "QuantityMax")
	case c.QuantityMin > c.QuantityMax:
		return configError("is above QuantityMax", "QuantityMin")
	case c.OrdersMax < 1 || c.OrdersMax > ordersMax:
		return configError("must be 1 to 4194304", "OrdersMax")
	case c.HistoryMax < 1 || c.HistoryMax > historyMax:
		return configError("must be 1 to 1048576", "HistoryMax")
	case len(c.Accounts) > accountsMax:
		return configError("has too many", "Accounts")
	case len(c.Events) > eventsMax:
		return configError("has too many", "Events")
	case len(c.Markets) > marketsMax:
		return configError("has too many", "Markets")
	}
	c.OrdersMax = (c.OrdersMax + orderChunk - 1) / orderChunk * orderChunk
	var sum Money
	for i, a := range c.Accounts {
		if a.Balance < 0 || a.Balance > balanceSumMax-sum {
			return configError("is negative, or more than can be counted exactly", "Accounts[%d].Balance", i)
		}
		sum += a.Balance
	}
	return nil
}

func (x *Exchange) addAccount(i int, is Account, historyMax int) error {
	switch {
	case is.Username == "":
		return configError("is empty", "Accounts[%d].Username", i)
	case x.byName[is.Username] != nil:
		return configError("is used twice", "Accounts[%d].Username", i)
	case is.Token != "" && x.byToken[is.Token] != nil:
		return configError("is used twice", "Accounts[%d].Token", i)
	case is.StakeLimit < 0:
		return configError("is negative", "Accounts[%d].StakeLimit", i)
	case is.OrdersMax < 0:
		return configError("is negative", "Accounts[%d].OrdersMax", i)
	}
	if is.ID == 0 {
		is.ID = uint64(i) + 1
	}
	a := &account{index: i, config: is, cash: is.Balance}
	if !is.House {
		a.history.max = historyMax
	}
	a.internal = &Login{exchange: x, account: a}
	x.accounts = append(x.accounts, a)
	x.byName[is.Username] = a
	if is.Token != "" && !is.House {
		x.byToken[is.Token] = a
	}
	return nil
}

func (x *Exchange) addMarket(i int, is Market) error {
	switch {
	case is.ID == 0 || x.byMarket[is.ID] != nil:
		return configError("is 0 or used twice", "Markets[%d].ID", i)
	case is.EventID != 0 && x.byEvent[is.EventID] == nil:
		return configError("is not one of the events", "Markets[%d].EventID", i)
	case len(is.Contracts) == 0 || len(is.Contracts) > contractsMax:
		return configError("must be 1 to 1024", "Markets[%d].Contracts", i)
	case is.PendingTimeout < 0 || is.PendingTimeout >= 1000*second:
		return configError("must be 0 to 999 s", "Markets[%d].PendingTimeout", i)
	case is.State < 0 || is.State > msg.MarketStateHalted:
		return configError("must be NEW, OPEN, LIVE or HALTED", "Markets[%d].State", i)
	}
	if is.State == 0 {
		is.State = msg.MarketStateOpen
	}
	is.Contracts = append([]Contract(nil), is.Contracts...)
	m := &market{
		config: is, id: is.ID, index: len(x.markets), state: is.State,
		winnerTakesAll: is.WinnerTakesAll, managed: is.PendingTimeout > 0,
	}
	for j, ci := range is.Contracts {
		if ci.ID == 0 || m.contractByID(ci.ID) != nil {
			return configError("is 0 or used twice", "Markets[%d].Contracts[%d].ID", i, j)
		}
		m.contracts = append(m.contracts, &contract{
			id: ci.ID, index: j, name: ci.Name, market: m, state: contractState(is.State),
			shown: [2][]shownLevel{make([]shownLevel, 0, x.depth), make([]shownLevel, 0, x.depth)},
		})
	}
	x.markets = append(x.markets, m)
	x.byMarket[is.ID] = m
	return nil
}

// contractState returns the state of an ordinary contract of a market: the numbers are the same up to
// VOIDED.
func contractState(s msg.MarketStateType) msg.ContractStateType { return msg.ContractStateType(s) }

// Now returns the latest clock reading.
func (x *Exchange) Now() int64 { return x.now }

// Advance advances the exchange's clock to now, nanoseconds since 1970, and does what is due. A reading
// that is not later than the latest one does nothing.
func (x *Exchange) Advance(now int64) {
	if now <= x.now {
		return
	}
	x.now = now
	x.confirmDue()
	x.finishDueReplaces()
}

// intern returns label as a string, cut to labelMax bytes. It does not allocate for a known label.
func (x *Exchange) intern(label []byte) string {
	if len(label) == 0 {
		return ""
	}
	if len(label) > labelMax {
		label = label[:labelMax]
	}
	if s, ok := x.labels[string(label)]; ok {
		return s
	}
	s := string(label)
	if len(x.labels) < labelsMax {
		x.labels[s] = s
	}
	return s
}

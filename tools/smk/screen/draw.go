package screen

import (
	"cmp"
	"slices"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/replica"
	"github.com/smk-go/smk/odds"
)

// Picture returns what there is to see as of the last record.
func (m *Model) Picture() *Picture {
	f := &m.facts
	p := &Picture{
		Record: f.record, At: f.at, Started: f.started, Name: printable(f.name), Strip: f.strip,
		Contracts: []Contract{}, Markets: []Market{}, Stages: f.latency.stages(),
		Seconds: append([]Second{}, newest(f.seconds, secondsMax)...),
	}
	m.drawStrip(&p.Strip)
	m.drawMoney(&p.Money)
	for _, id := range m.markets() {
		m.drawMarket(p, id)
	}
	p.Log = append(append([]Line{}, newest(f.fills, fillLines)...), newest(f.others, otherLines)...)
	slices.SortStableFunc(p.Log, func(a, b Line) int { return cmp.Compare(a.Record, b.Record) })
	return p
}

func (m *Model) drawStrip(s *Strip) {
	s.Orders, s.InDoubt = m.replica.Orders().LiveCount(), m.replica.Orders().InDoubtCount()
	if b := &m.facts.bucket; b.known {
		s.Tokens, s.Burst, s.Rate = b.tokens/bucketToken, b.burst, b.rate
	}
	if c := m.replica.Orders().Completeness(); !c.Complete {
		c.Cause = nil // which a checkpoint does not keep
		if s.Lacks = c.String(); m.facts.lacking != "" && c.Why&order.CatchUpLacking != 0 {
			s.Lacks += ": " + m.facts.lacking
		}
	}
	switch {
	case !m.replica.Known() && m.facts.record > 0:
		s.Lacks = "the journal does not have the orders and positions that the run began with"
	case !m.replica.Complete() && s.Run > 0:
		s.Lacks = "more than the screen has room for"
	}
}

func (m *Model) drawMoney(to *Money) {
	a := m.replica.Orders().Account()
	closed, how := m.closed()
	*to = Money{
		Known: a.CashKnown, Cash: int64(a.Cash), Available: int64(a.Available), Reserved: int64(a.Reserved),
		Worst: int64(a.WorstCase), Realised: int64(a.Realised), Closed: closed,
		Closable: how == closedExactly, About: how == closedAbout,
		Drift: m.facts.drift[0], DriftRisk: m.facts.drift[1], Drifting: m.facts.drifting,
	}
}

// contractsOf are the contracts of a market that orders or books have, by number.
func (m *Model) contractsOf(market uint32) (ids []uint32) {
	if is, ok := m.replica.Books().Market(market); ok {
		for c := range is.Contracts() {
			ids = append(ids, c.ID())
		}
	}
	m.replica.Orders().Positions(func(of, contract uint32) bool {
		if of == market {
			ids = append(ids, contract)
		}
		return true
	})
	slices.Sort(ids)
	return slices.Compact(ids)
}

// markets are those that orders or books have, by number.
func (m *Model) markets() (ids []uint32) {
	for i := range m.replica.Books().Places() {
		if c, ok := m.replica.Books().ContractAt(i); ok {
			ids = append(ids, c.Market())
		}
	}
	m.replica.Orders().Positions(func(market, _ uint32) bool {
		ids = append(ids, market)
		return true
	})
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (m *Model) drawMarket(p *Picture, id uint32) {
	contracts := m.contractsOf(id)
	drawn := Market{ID: id, State: "unknown", Book: "not subscribed", Outcomes: []Outcome{}}
	if is, ok := m.replica.Books().Market(id); ok {
		drawn.State, drawn.Volume = stateName(is.ExchangeState().String()), int64(is.Volume())
		if is.ExchangeState() == 0 {
			drawn.State = "live"
		}
		state, causes := is.State()
		drawn.Book = state.String()
		if state == book.Suspect {
			drawn.Book += ": " + causes.String()
		}
	}
	stake := m.replica.Orders().Market(id)
	drawn.Worst, drawn.Realised = int64(stake.WorstCase), int64(stake.Realised)
	drawn.Outcomes = m.outcomes(id, contracts)
	p.Markets = append(p.Markets, drawn)
	for _, c := range contracts {
		if len(p.Contracts) == contractsShown {
			p.Left++
			continue
		}
		p.Contracts = append(p.Contracts, m.drawContract(id, c))
	}
}

// outcomes returns the profit by each outcome: of each contract, and of none of them if that is another one.
func (m *Model) outcomes(market uint32, contracts []uint32) []Outcome {
	list := []Outcome{}
	var others order.Profit
	final := map[uint32]order.Profit{}
	m.replica.Orders().Outcomes(market, func(p order.Profit) bool {
		if p.Contract == 0 {
			others = p
		}
		final[p.Contract] = p
		return true
	})
	flow := odds.Money(0) // of provisional fills
	provisional := map[uint32]odds.Quantity{}
	for _, c := range contracts {
		p := m.replica.Orders().Position(market, c)
		if !p.Settled {
			flow += p.ProvisionalFlow
			provisional[c] = p.Provisional
		}
	}
	for _, c := range contracts {
		is, traded := final[c]
		if !traded {
			is = others
		}
		list = append(list, Outcome{
			c, m.name(c), int64(is.Gross), int64(is.Gross + flow + odds.Money(provisional[c])*payoff),
			int64(is.Net),
		})
	}
	return list
}

func (m *Model) drawContract(market, id uint32) Contract {
	c := Contract{
		Market: market, ID: id, Name: m.name(id), Exchange: "unknown", Book: "empty",
		Bids: []Level{}, Offers: []Level{}, Orders: []Order{},
	}
	m.replica.Orders().LiveOf(market, id, func(o *order.Order) bool {
		if len(c.Orders) == ordersShown {
			return false
		}
		c.Orders = append(c.Orders, m.drawOrder(o))
		return true
	})
	slices.SortFunc(c.Orders, func(a, b Order) int {
		return cmp.Or(cmp.Compare(a.Side, b.Side), cmp.Compare(a.Price, b.Price), cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.Reference, b.Reference))
	})
	m.drawBook(&c)
	p := m.replica.Orders().Position(market, id)
	c.Net, c.Provisional, c.Settled = int64(p.Final), int64(p.Provisional), p.Settled
	c.Wins, c.Loses = int64(p.IfWins), int64(p.IfLoses)
	closed, how := m.closedContract(market, id)
	c.Closed, c.Closable, c.About = int64(closed), how == closedExactly, how == closedAbout
	return c
}

func (m *Model) drawBook(c *Contract) {
	is, ok := m.replica.Books().Contract(c.Market, c.ID)
	if !ok {
		return
	}
	state, causes := is.State()
	if c.Book = state.String(); state == book.Suspect {
		c.Why = causes.String()
	}
	c.Exchange = "live"
	if s := is.ExchangeState(); s != 0 {
		c.Exchange = stateName(s.String())
	}
	if at := is.Updated(); at != 0 {
		c.Updated = at + m.facts.offset
	}
	c.Traded = int64(is.Traded())
	if last, ok := is.Last(); ok {
		c.Last = &Trade{uint32(last.Price), int64(last.Quantity), last.Side.String(), int64(last.Microseconds) * 1000}
	}
	c.Bids, c.Offers = m.drawSide(is, c, odds.Buy), m.drawSide(is, c, odds.Sell)
}

func (m *Model) drawSide(is book.Contract, c *Contract, side odds.Side) []Level {
	m.scratch = is.Levels(m.scratch[:0], side)
	list := make([]Level, 0, len(m.scratch))
	for _, l := range m.scratch {
		drawn := Level{
			Price: uint32(l.Price), Quantity: int64(l.Quantity), Ahead: -1,
			Traded: m.facts.traded[place{c.ID, uint32(l.Price)}],
		}
		for i := range c.Orders {
			o := &c.Orders[i]
			if o.Price != drawn.Price || o.Side != side.String() {
				continue
			}
			if drawn.Own == 0 || o.Ahead >= 0 && (drawn.Ahead < 0 || o.Ahead < drawn.Ahead) {
				drawn.Ahead, drawn.Least = o.Ahead, o.Least
			}
			drawn.Own += o.Open
		}
		list = append(list, drawn)
	}
	return list
}

func (m *Model) drawOrder(o *order.Order) Order {
	drawn := Order{
		ID: o.ID, Reference: o.Reference, Side: o.Side.String(), Price: uint32(o.Price), Quantity: int64(o.Quantity),
		Open: int64(replica.Open(o)), State: o.State.String(), Ahead: -1,
	}
	if o.Overlay != 0 {
		drawn.Overlay = o.Overlay.String()
	}
	if q, ok := m.replica.Books().Queue(replica.Key(o)); ok && q.Upper != odds.QuantityMax {
		drawn.Least, drawn.Ahead = int64(q.Lower), int64(q.Upper)
	}
	return drawn
}

// closeness says how well it is known what closing a position brings.
type closeness uint8

const (
	closedExactly closeness = iota
	closedAbout             // a book has not enough
	closedUnknown           // a book is not to be trusted, or empty
)

// closed returns what is won if every position is closed at the prices of the moment.
func (m *Model) closed() (profit int64, how closeness) {
	m.replica.Orders().Positions(func(market, contract uint32) bool {
		closed, known := m.closedContract(market, contract)
		profit += int64(closed)
		how = max(how, known)
		return true
	})
	return profit, how
}

// closedContract returns what a contract brings, whichever wins, once its position is closed. Where the book has not
// enough the rest is taken at the last price that is shown.
func (m *Model) closedContract(market, id uint32) (odds.Money, closeness) {
	p := m.replica.Orders().Position(market, id)
	net, flow := p.Final+p.Provisional, p.FinalFlow+p.ProvisionalFlow
	if p.Settled {
		return 0, closedExactly
	}
	if net == 0 {
		return flow, closedExactly
	}
	c, ok := m.replica.Books().Contract(market, id)
	if !ok {
		return flow, closedUnknown
	}
	side, sign := odds.Buy, odds.Money(1)
	if net < 0 {
		side, sign, net = odds.Sell, -1, -net
	}
	t := c.WithoutOwn().Take(side, net)
	state, _ := c.State()
	switch rest := net - t.Quantity; {
	case state != book.Live || t.Quantity == 0:
		return flow, closedUnknown
	case rest > 0:
		return flow + sign*(t.Stake+odds.Money(rest)*odds.Money(t.Limit)), closedAbout
	}
	return flow + sign*t.Stake, closedExactly
}

// payoff is what a quantity pays if its contract wins: amounts are in quantity times price, and a win is 100 %.
const payoff odds.Money = 10_000

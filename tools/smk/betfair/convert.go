package betfair

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
)

// sink takes the messages that lines become, with their times in ns since 1970.
type sink func(at int64, m *seto.Payload) error

// converter turns lines into messages of the exchange.
type converter struct {
	markets map[uint32]*market
	out     sink
	seq     uint64
	begin   func(at int64, market uint32) error              // before a market's first message
	named   func(at int64, runner uint32, name string) error // before a runner's first message
	report  *Report
}

// apply turns a line into messages.
func (c *converter) apply(ch *change) error {
	for i := range ch.Markets {
		if err := c.market(ch.Time*1_000_000, &ch.Markets[i]); err != nil {
			return err
		}
	}
	return nil
}

func (c *converter) market(at int64, ch *marketChange) error {
	id, _ := marketID(ch.ID)
	m := c.markets[id]
	if m == nil {
		if len(c.markets) >= marketsMax {
			c.report.Ignored++
			return nil
		}
		m = &market{
			id: id, runners: make(map[uint32]*book), removed: make(map[uint32]float64), gone: make(map[uint32]bool),
		}
		c.markets[id] = m
		c.report.Markets++
	}
	if m.finished {
		c.report.Ignored++
		return nil
	}
	if d := ch.Definition; d != nil {
		for i := range d.Runners {
			if err := c.runner(at, m, &d.Runners[i]); err != nil {
				return err
			}
		}
	}
	if ch.Image {
		for _, b := range m.runners {
			b.clear()
		}
	}
	traded := make(map[uint32][]*seto.Execution)
	for i := range ch.Runners {
		r := &ch.Runners[i]
		if r.Handicap != 0 {
			c.report.Handicaps++
			continue
		}
		if b := m.book(uint32(r.ID)); b != nil {
			traded[uint32(r.ID)] = append(traded[uint32(r.ID)], b.apply(r, at)...)
		}
	}
	if err := c.books(at, m, traded, !m.begun || ch.Image); err != nil {
		return err
	}
	if ch.Definition != nil {
		return c.state(at, m, ch.Definition)
	}
	return nil
}

// runner notes a runner that a definition names.
func (c *converter) runner(at int64, m *market, r *runner) error {
	if r.Handicap != 0 || r.ID == 0 || r.ID > 1<<32-1 {
		c.report.Handicaps++
		return nil
	}
	b := m.book(uint32(r.ID))
	if r.Status == "REMOVED" && !m.gone[uint32(r.ID)] { // every later definition says it again
		m.removed[uint32(r.ID)] = r.Adjustment
	}
	if b == nil || r.Name == "" || b.name == r.Name {
		return nil
	}
	b.name = r.Name
	return c.named(at, uint32(r.ID), r.Name)
}

// book returns the book of a runner, nil if there are too many.
func (m *market) book(id uint32) *book {
	b := m.runners[id]
	if b == nil && len(m.runners) < runnersMax {
		b = newBook()
		m.runners[id] = b
		m.order = append(m.order, id)
	}
	return b
}

// apply applies a runner's changes and returns what was traded.
func (b *book) apply(r *runnerChange, at int64) (traded []*seto.Execution) {
	if r.Image {
		b.clear()
	}
	for _, t := range r.Traded { // against the books of before
		volume := t[1] - b.traded[t[0]]
		if b.traded[t[0]] = t[1]; volume <= 0 {
			continue
		}
		price := priceOf(t[0])
		if q := payoffOf(volume/2, t[0]); q > 0 { // both sides' stakes are counted
			traded = append(traded, &seto.Execution{
				Price: &price, Quantity: &q, Liquidity: b.resting(price).Enum(), Microseconds: new(uint64(at / 1000)),
			})
		}
	}
	for _, l := range r.ToBack {
		b.set(offers, l[0], l[1])
	}
	for _, l := range r.ToLay {
		b.set(bids, l[0], l[1])
	}
	for _, l := range r.BestBack {
		b.setPosition(offers, int(l[0]), l[1], l[2])
	}
	for _, l := range r.BestLay {
		b.setPosition(bids, int(l[0]), l[1], l[2])
	}
	return traded
}

// resting guesses which side rested: the one whose best price is nearer.
func (b *book) resting(price uint32) seto.Side {
	bid, offer := int64(-1<<20), int64(1<<20)
	if w := b.shown[bids]; len(w) > 0 {
		bid = int64(w[0].price)
	}
	if w := b.shown[offers]; len(w) > 0 {
		offer = int64(w[0].price)
	}
	if p := int64(price); abs(p-bid) <= abs(offer-p) {
		return seto.Side_SIDE_BUY
	}
	return seto.Side_SIDE_SELL
}

func abs(n int64) int64 { return max(n, -n) }

// books writes the books that changed, or all of them as complete ones.
func (c *converter) books(at int64, m *market, traded map[uint32][]*seto.Execution, complete bool) error {
	all := &seto.MarketQuotes{
		MarketId: &m.id, PriceType: seto.PriceType_PRICE_PERCENT_ODDS.Enum(),
		QuantityType: seto.QuantityType_QUANTITY_PAYOFF_CURRENCY.Enum(),
	}
	for _, id := range m.order {
		b := m.runners[id]
		var q [2][]*seto.Quote
		for side := range q {
			now := b.window(side)
			changed := b.changes(side, now)
			if complete {
				changed = now
			}
			for _, l := range changed {
				q[side] = append(q[side], &seto.Quote{Price: &l.price, Quantity: &l.quantity})
			}
		}
		quotes := &seto.ContractQuotes{
			MarketId: &m.id, ContractId: new(id), Bids: q[bids], Offers: q[offers],
		}
		switch {
		case complete:
			all.ContractQuotes = append(all.ContractQuotes, quotes)
			continue
		case len(q[bids])+len(q[offers])+len(traded[id]) == 0:
			continue
		}
		quotes.Executions = traded[id]
		c.report.Trades += len(traded[id])
		err := c.send(at, &seto.Payload{Type: seto.PayloadType_PAYLOAD_CONTRACT_QUOTES.Enum(), ContractQuotes: quotes})
		if err != nil {
			return err
		}
	}
	if !complete {
		return nil
	}
	if !m.begun {
		if err := c.begin(at, m.id); err != nil {
			return err
		}
	}
	m.begun = true
	return c.send(at, &seto.Payload{Type: seto.PayloadType_PAYLOAD_MARKET_QUOTES.Enum(), MarketQuotes: all})
}

// state writes the state of a market if it changed.
func (c *converter) state(at int64, m *market, d *definition) error {
	won := winners(d)
	same := m.status == d.Status && m.inPlay == d.InPlay && m.delay == d.BetDelay
	if same && len(m.removed) == 0 {
		return nil
	}
	m.status, m.inPlay, m.delay = d.Status, d.InPlay, d.BetDelay
	st := &seto.MarketState{MarketId: &m.id, State: stateOf(d).Enum()}
	switch {
	case d.Status == "CLOSED":
		m.finished = true
		if !d.voided() && len(m.removed) > 0 { // before the others win or lose
			halted := &seto.MarketState{MarketId: &m.id, State: seto.MarketStateType_MARKET_STATE_HALTED.Enum()}
			halted.Contracts = m.remove()
			err := c.send(at, &seto.Payload{Type: seto.PayloadType_PAYLOAD_MARKET_STATE.Enum(), MarketState: halted})
			if err != nil {
				return err
			}
		}
		if len(won) > 0 {
			st.Reason = new("won by " + strings.Join(won, ","))
			if n := d.Winners; n > 0 && n <= runnersMax && n+len(won) > 2 { // more winners than places: a dead heat
				*st.Reason += fmt.Sprintf("; places: %d", n)
			}
		}
	case d.BetDelay > 0:
		st.Reason = new(fmt.Sprintf("orders are delayed by %d s", d.BetDelay))
	}
	st.Contracts = m.remove()
	return c.send(at, &seto.Payload{Type: seto.PayloadType_PAYLOAD_MARKET_STATE.Enum(), MarketState: st})
}

// remove returns the states of contracts after those that were removed since the last call, and by how much the fills
// of the others are reduced.
func (m *market) remove() (list []*seto.ContractState) {
	factor := 0.0
	for _, id := range slices.Sorted(maps.Keys(m.removed)) {
		factor += m.removed[id]
		m.gone[id] = true
		list = append(list, &seto.ContractState{
			ContractId: new(id), State: seto.ContractStateType_CONTRACT_STATE_VOIDED.Enum(),
		})
	}
	clear(m.removed)
	if !(factor > 0 && factor < 100) {
		return list
	}
	for _, id := range m.order {
		if !m.gone[id] {
			list = append(list, &seto.ContractState{
				ContractId: new(id), State: seto.ContractStateType_CONTRACT_STATE_REDUCED.Enum(),
				ReduceType:   seto.ReduceType_REDUCE_TYPE_PRICE.Enum(),
				ReduceFactor: new(uint32(factor*100 + 0.5)),
			})
		}
	}
	return list
}

func stateOf(d *definition) seto.MarketStateType {
	switch {
	case d.Status == "CLOSED" && d.voided():
		return seto.MarketStateType_MARKET_STATE_VOIDED
	case d.Status == "CLOSED":
		return seto.MarketStateType_MARKET_STATE_SETTLED
	case d.Status == "INACTIVE":
		return seto.MarketStateType_MARKET_STATE_NEW
	case d.Status != "OPEN":
		return seto.MarketStateType_MARKET_STATE_HALTED
	case d.InPlay:
		return seto.MarketStateType_MARKET_STATE_LIVE
	}
	return seto.MarketStateType_MARKET_STATE_OPEN
}

// voided reports whether every runner was removed: then nobody has won or lost.
func (d *definition) voided() bool {
	return len(d.Runners) > 0 && !slices.ContainsFunc(d.Runners, func(r runner) bool { return r.Status != "REMOVED" })
}

// winners returns the numbers of the runners that won.
func winners(d *definition) (list []string) {
	for _, r := range d.Runners {
		if r.Status == "WINNER" && r.Handicap == 0 {
			list = append(list, fmt.Sprint(r.ID))
		}
	}
	return list
}

// send numbers and writes a message.
func (c *converter) send(at int64, m *seto.Payload) error {
	c.seq++
	m.EtoPayload = &eto.Payload{Seq: new(c.seq), IsReplay: new(false)}
	c.report.Messages++
	return c.out(at, m)
}

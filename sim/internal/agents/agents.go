package agents

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// Config configures the participants. The zero value means none.
type Config struct {
	// Rate is how many actions all participants together take per second: an order, a cancel or a
	// trade. 0 means none; at most 1,000,000.
	Rate int

	Makers   int            // accounts that quote; 0 means 4
	Takers   int            // accounts that trade; 0 means 4
	Depth    int            // orders of the makers per side of a contract; 0 means 12
	Quantity uint64         // the largest of one order; 0 means 200000
	Step     uint32         // between the makers' prices; 0 means 10
	Spread   uint32         // from the fair price to the makers' best prices; 0 means 30
	Balance  exchange.Money // of each participant; 0 means 10 million
}

const (
	rateMax      = 1_000_000
	tickActions  = 1_000_000 // the most that one Tick takes
	takePercent  = 30        // of the actions are trades
	driftPercent = 20        // of the actions move a fair price
	fairMin      = 300
	fairMax      = 9700
)

// Resolve replaces zeros by defaults. The error is an [*exchange.ConfigError].
func (c Config) Resolve() (Config, error) {
	for _, f := range []struct {
		name string
		v    *int
		zero int
		most int
	}{
		{"Makers", &c.Makers, 4, 1000},
		{"Takers", &c.Takers, 4, 1000},
		{"Depth", &c.Depth, 12, 1000},
	} {
		if *f.v == 0 {
			*f.v = f.zero
		}
		if *f.v < 0 || *f.v > f.most {
			return c, &exchange.ConfigError{Field: "Agents." + f.name, Text: fmt.Sprintf("must be 0 to %d", f.most)}
		}
	}
	if c.Quantity == 0 {
		c.Quantity = 200_000
	}
	if c.Step == 0 {
		c.Step = 10
	}
	if c.Spread == 0 {
		c.Spread = 30
	}
	if c.Balance == 0 {
		c.Balance = 10_000_000 * exchange.Currency
	}
	switch {
	case c.Rate < 0 || c.Rate > rateMax:
		return c, &exchange.ConfigError{Field: "Agents.Rate", Text: "must be 0 to 1000000"}
	case c.Quantity < 10_000:
		return c, &exchange.ConfigError{Field: "Agents.Quantity", Text: "must be at least 10000"}
	case c.Step > 1000 || c.Spread > 1000:
		return c, &exchange.ConfigError{Field: "Agents.Step", Text: "Step and Spread must be at most 1000"}
	case c.Balance < 0:
		return c, &exchange.ConfigError{Field: "Agents.Balance", Text: "is negative"}
	}
	return c, nil
}

// Accounts returns the participants' accounts, for the exchange's configuration.
func (c Config) Accounts() []exchange.Account {
	if c.Rate == 0 {
		return nil
	}
	var list []exchange.Account
	add := func(kind string, n int) {
		for i := range n {
			list = append(list, exchange.Account{
				Username: fmt.Sprintf("%s %d", kind, i+1), House: true, Balance: c.Balance,
			})
		}
	}
	add(maker, c.Makers)
	add(taker, c.Takers)
	return list
}

const (
	maker = "house maker"
	taker = "house taker"
)

// Agents are the participants of one exchange.
type Agents struct {
	config    Config
	exchange  *exchange.Exchange
	source    *rand.PCG
	random    *rand.Rand
	makers    []*exchange.Login
	takers    []*exchange.Login
	contracts []contract
	start     int64
	actions   int64 // taken since start
}

// contract is a contract that they trade.
type contract struct {
	market, id uint32
	fairPrice  int32
	resting    [2][]resting // by side: a ring of the makers' orders
	next       [2]int       // the oldest order of each ring
}

type resting struct {
	owner *exchange.Login
	id    uint64
}

// New returns the participants of an exchange that was created with their accounts. They act from start on,
// a clock reading in nanoseconds. The config must be resolved.
func New(x *exchange.Exchange, c Config, seed uint64, start int64) *Agents {
	source := rand.NewPCG(seed, 0x11fe)
	a := &Agents{config: c, exchange: x, start: start, source: source, random: rand.New(source)}
	if c.Rate == 0 {
		return a
	}
	for i := range c.Makers {
		a.makers = append(a.makers, x.Login(fmt.Sprintf("%s %d", maker, i+1), nil))
	}
	for i := range c.Takers {
		a.takers = append(a.takers, x.Login(fmt.Sprintf("%s %d", taker, i+1), nil))
	}
	for _, m := range x.Markets() {
		fair := int32(exchange.PriceSum / max(len(m.Contracts), 2))
		for _, ct := range m.Contracts {
			p := contract{market: m.ID, id: ct.ID, fairPrice: min(max(fair, fairMin), fairMax)}
			for side := range p.resting {
				p.resting[side] = make([]resting, c.Depth)
			}
			a.contracts = append(a.contracts, p)
		}
	}
	return a
}

// SetRate sets how many actions are taken per second from now on, 0 to 1,000,000. It reports false if there
// are no participants or the rate is out of range.
func (a *Agents) SetRate(now int64, rate int) bool {
	if len(a.makers) == 0 || rate < 0 || rate > rateMax {
		return false
	}
	a.config.Rate, a.start, a.actions = rate, now, 0
	return true
}

// Tick takes every action that is due at now, at most 1,000,000, and drops the others. It returns when the next
// one is due.
func (a *Agents) Tick(now int64) (next int64) {
	rate := int64(a.config.Rate)
	if rate == 0 || len(a.contracts) == 0 {
		return 1<<63 - 1
	}
	elapsed := max(now-a.start, 0)
	if elapsed >= int64(time.Hour) { // keep the product below in range
		a.start, a.actions = now, 0
		elapsed = 0
	}
	due := elapsed * rate / int64(time.Second)
	a.actions = max(a.actions, due-tickActions)
	for ; a.actions < due; a.actions++ {
		a.act()
	}
	return a.start + ((a.actions+1)*int64(time.Second)+rate-1)/rate
}

// act takes one random action.
func (a *Agents) act() {
	p := &a.contracts[a.random.IntN(len(a.contracts))]
	if a.random.IntN(100) < driftPercent {
		drift := int32(a.random.IntN(int(2*a.config.Step)+1)) - int32(a.config.Step)
		p.fairPrice = min(max(p.fairPrice+drift, fairMin), fairMax)
	}
	if a.random.IntN(100) < takePercent {
		a.take(p)
	} else {
		a.quote(p)
	}
}

// quantity returns a random quantity, in whole tenths of a unit.
func (a *Agents) quantity() uint64 {
	return (1 + a.random.Uint64N(a.config.Quantity/1000)) * 1000
}

// quote replaces the makers' oldest order of a side by a new one near the fair price. It never crosses the
// book.
func (a *Agents) quote(p *contract) {
	side := a.random.IntN(2)
	slot := &p.resting[side][p.next[side]]
	p.next[side] = (p.next[side] + 1) % len(p.resting[side])
	if slot.id != 0 {
		slot.owner.Cancel(&exchange.Cancel{OrderID: slot.id})
		slot.id = 0
	}
	distance := int32(a.config.Spread) + int32(a.random.IntN(a.config.Depth))*int32(a.config.Step)
	price := p.fairPrice - distance
	bid, offer := a.exchange.Best(p.market, p.id)
	s := msg.SideBuy
	if side == 1 {
		s, price = msg.SideSell, max(p.fairPrice+distance, int32(bid)+1)
	} else if offer > 0 {
		price = min(price, int32(offer)-1)
	}
	if price < exchange.PriceMin || price > exchange.PriceMax {
		return
	}
	slot.owner = a.makers[a.random.IntN(len(a.makers))]
	slot.id, _ = slot.owner.Create(&exchange.Create{
		Market: p.market, Contract: p.id, Side: s, Price: uint32(price), Quantity: a.quantity(),
	})
}

// take trades with a side's best level if its price is not far from the fair price.
func (a *Agents) take(p *contract) {
	bid, offer := a.exchange.Best(p.market, p.id)
	c := exchange.Create{
		Market: p.market, Contract: p.id, Side: msg.SideBuy, Price: offer,
		Quantity: a.quantity(), TIF: msg.ImmediateOrCancel,
	}
	limit := int32(a.config.Spread + uint32(a.config.Depth)*a.config.Step)
	if a.random.IntN(2) == 1 {
		c.Side, c.Price = msg.SideSell, bid
	}
	if c.Price == 0 || int32(c.Price) > p.fairPrice+limit || int32(c.Price) < p.fairPrice-limit {
		return
	}
	a.takers[a.random.IntN(len(a.takers))].Create(&c)
}

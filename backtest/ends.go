package backtest

import (
	"fmt"
	"slices"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// contractEnd is how a contract ended.
type contractEnd uint8

const (
	contractOpen contractEnd = iota
	contractLost
	contractWon
	contractVoided
)

// Reduction is the removal of a runner, by which fills of the other contracts before it are reduced.
type Reduction struct {
	At     int64 // ns since 1970
	Type   msg.ReduceType
	Factor uint32 // 1/100 %
}

// endedContracts notes how contracts ended while their market went on.
func (m *RecordedMarket) endedContracts(e *Event) {
	if e.State == msg.MarketStateSettled || e.State == msg.MarketStateVoided || m.End >= msg.MarketStateSettled {
		return
	}
	t, factor := reduction(e.Contracts)
	for i := range e.Contracts {
		switch id := e.Contracts[i].GetContractId(); {
		case slices.Contains(m.Voided, id) || slices.Contains(m.Settled, id):
		case e.Contracts[i].GetState() == msg.ContractStateSettled:
			m.Settled = append(m.Settled, id)
		case e.Contracts[i].GetState() == msg.ContractStateVoided:
			m.Voided = append(m.Voided, id)
			if factor != 0 { // of all that are removed together
				m.Reductions = append(m.Reductions, Reduction{e.At, t, factor})
				factor = 0
			}
		}
	}
}

// assumed returns the contracts that win as far as the last prices say. each is whether each contract wins or loses by
// itself.
func (m *RecordedMarket) assumed(each bool) (winners []uint32) {
	best := func(may func(id uint32) bool) (id uint32, found bool) {
		var last uint32
		for i, c := range m.Contracts {
			if may(c) && (!found || m.Last[i] > last) {
				id, last, found = c, m.Last[i], true
			}
		}
		return id, found
	}
	voided := func(id uint32) bool { return slices.Contains(m.Voided, id) }
	if each {
		for i, id := range m.Contracts {
			if m.Last[i] > exchange.PriceSum/2 && !voided(id) {
				winners = append(winners, id)
			}
		}
		return winners
	}
	// A contract that was settled before its market has lost, unless all were.
	id, found := best(func(id uint32) bool { return !voided(id) && !slices.Contains(m.Settled, id) })
	if !found {
		id, found = best(func(id uint32) bool { return !voided(id) })
	}
	if found {
		winners = append(winners, id)
	}
	return winners
}

// ends returns how the markets end.
func (c *Config) ends() []MarketEnd {
	ends := make([]MarketEnd, 0, len(c.Recording.Markets))
	r := c.Recording
	for i := range r.Markets {
		m := &r.Markets[i]
		e := MarketEnd{
			Market: m.ID, Ended: m.End >= msg.MarketStateSettled, Voided: m.End == msg.MarketStateVoided,
		}
		said, known := c.Winners[m.ID]
		switch {
		case e.Voided:
		case known:
			e.Winners = said
		case r.Approx && len(m.Winners) > 0:
			if e.Winners = m.Winners; m.Places < len(m.Winners) {
				e.Places = m.Places
			}
		default:
			e.Assumed = true
			e.Winners = m.assumed(slices.Contains(c.EachWins, m.ID))
		}
		if e.Winners == nil {
			e.Winners = []uint32{}
		}
		e.Each = !c.takesAll(&e)
		ends = append(ends, e)
	}
	return ends
}

// takesAll reports whether exactly one contract of a market wins.
func (c *Config) takesAll(e *MarketEnd) bool {
	said, known := c.Winners[e.Market]
	nobody := known && len(said) == 0
	return len(e.Winners) < 2 && !nobody && !slices.Contains(c.EachWins, e.Market)
}

// endWarnings returns what is to be known of how a market ended.
func (c *Config) endWarnings(e *MarketEnd) (list []string) {
	switch n := len(e.Winners); {
	case !e.Ended:
	case e.Assumed && n == 1:
		list = append(list, fmt.Sprintf(
			"who won market %d is not in the stream: contract %d is assumed, by its last price",
			e.Market, e.Winners[0]))
	case e.Assumed:
		list = append(list, fmt.Sprintf(
			"who won market %d is not in the stream: %d contracts are assumed, by their last prices: %v",
			e.Market, n, e.Winners))
	case e.Places == 1: // all of them tied
	case e.Places > 1:
		list = append(list, fmt.Sprintf(
			"market %d has %d winners in %d places: which of them tied is not known, each is paid %d/%d of the payoff",
			e.Market, n, e.Places, e.Places, n))
	case n > 1 && !slices.Contains(c.EachWins, e.Market) && c.Recording.Market(e.Market).Places < n:
		list = append(list, fmt.Sprintf(
			"market %d has %d winners, each of which is paid in full: after a dead heat it would be less", e.Market, n))
	}
	return list
}

// value returns what fills of one contract bring: valued at its last price while it is open, and reduced by the runners
// that were removed.
func (m *RecordedMarket) value(fills []FillResult, contract uint32, e *MarketEnd) exchange.Money {
	end := m.ended(e, contract)
	if end == contractVoided {
		return 0
	}
	var net int64
	var flow exchange.Money
	for _, f := range fills {
		quantity, price := f.Quantity, f.Price
		for _, r := range m.Reductions {
			if r.At >= f.At && quantity > 0 {
				quantity, price = exchange.ReduceFill(quantity, price, r.Type, r.Factor)
			}
		}
		n := int64(quantity)
		if f.Side == sideText(msg.SideSell) {
			n = -n
		}
		net += n
		flow -= exchange.Money(n) * exchange.Money(price)
	}
	switch end {
	case contractWon:
		flow += e.pays(net)
	case contractOpen:
		flow += exchange.Money(net * m.lastOf(contract) / 2)
	}
	return flow
}

// ended returns how a contract of a market ended.
func (m *RecordedMarket) ended(e *MarketEnd, id uint32) contractEnd {
	switch {
	case e.Voided || slices.Contains(m.Voided, id):
		return contractVoided
	case slices.Contains(e.Winners, id) && (e.Ended || e.Each && slices.Contains(m.Settled, id)):
		return contractWon // where one takes all, it is settled with its market
	case !e.Ended && (slices.Contains(e.Winners, id) || !slices.Contains(m.Settled, id)):
		return contractOpen
	}
	return contractLost
}

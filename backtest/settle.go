package backtest

import (
	"fmt"

	"github.com/smk-go/smk/sim/exchange"
)

// settling notes what is held of a market that is about to end, or of which a contract is.
func (c *collector) settling(market uint32) {
	t, _ := c.x.Truth(c.account)
	for _, p := range t.Positions {
		if p.Market == market {
			h := c.holdings[bookID{p.Market, p.Contract}]
			if h != nil && (p.Net != 0 || p.Flow != 0 || p.PendingFills > 0) {
				h.before = p
			}
		}
	}
}

// finish completes the result of a run, whose feed knows how contracts ended.
func (c *collector) finish(r *Recording, commission int, f *feed) Model {
	m := &c.model
	c.final = true
	for _, h := range c.list {
		if mk := r.Market(h.id.market); mk != nil {
			h.last = mk.lastOf(h.id.contract)
		}
	}
	c.point(c.x.Now())
	t, _ := c.x.Truth(c.account)
	open := make(map[bookID]exchange.PositionTruth)
	for _, p := range t.Positions {
		open[bookID{p.Market, p.Contract}] = p
	}
	settled := t.Cash - c.cash // of all markets that ended
	m.Gross = settled
	byMarket := make(map[uint32]exchange.Money)
	for _, h := range c.list {
		p, live := open[h.id]
		cr := ContractResult{Market: h.id.market, Contract: h.id.contract, Bought: h.bought, Sold: h.sold}
		if live && (p.Net != 0 || p.Flow != 0 || p.PendingFills > 0) {
			cr.Net, cr.Flow = p.Net+p.PendingNet, p.Flow+p.PendingFlow
			cr.Profit = cr.Flow + exchange.Money(cr.Net*c.middle(h.id.market, h.id.contract)/2)
			m.Gross += cr.Profit
		} else if end := f.how(h.id); end != contractVoided { // its fills are undone
			cr.Net, cr.Flow = h.before.Net+h.before.PendingNet, h.before.Flow+h.before.PendingFlow
			if cr.Profit = cr.Flow; end == contractWon {
				cr.Profit += f.outcomes[h.id.market].pays(cr.Net)
			}
		}
		byMarket[h.id.market] += cr.Profit
		m.Contracts = append(m.Contracts, cr)
	}
	for i := range m.Contracts {
		for _, other := range m.Contracts {
			if other.Market == m.Contracts[i].Market {
				m.Contracts[i].IfWins += other.Flow
			}
		}
		m.Contracts[i].IfWins += exchange.Money(m.Contracts[i].Net) * exchange.PriceSum
	}
	for _, mk := range r.Markets {
		if p := byMarket[mk.ID]; p > 0 {
			m.Paid += p / exchange.PriceSum * exchange.Money(commission)
		}
	}
	m.Profit = m.Gross - m.Paid
	c.figures()
	m.Digest = fmt.Sprintf("%016x", c.digest.Sum64())
	return c.model
}

// figures computes the numbers that are of the whole run.
func (c *collector) figures() {
	f := &c.model.Figures
	f.ExposureMost = c.exposure
	if f.Fills > 0 {
		f.OrderToTrade = float64(f.Requests) / float64(f.Fills)
		f.QueueTimeMean = c.waited / durationOf(f.Fills)
	}
	if f.Ordered > 0 {
		f.FillRatio = float64(f.Bought+f.Sold) / float64(f.Ordered)
	}
	for i, s := range c.sums {
		s.After = horizons[i]
		if s.Quantity > 0 {
			s.Ticks = float64(s.Money) / float64(s.Quantity)
		}
		f.Adverse = append(f.Adverse, s)
	}
}

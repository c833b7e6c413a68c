package agents

import (
	"math"

	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/internal/codec"
)

// Code writes or reads what the participants know: their random numbers, fair prices and orders. It is read into new
// participants with the same configuration, of the exchange that their orders are of.
func (a *Agents) Code(c *codec.Coder) {
	codec.Source(c, a.source)
	codec.Int(c, &a.start, 0, math.MaxInt64)
	codec.Int(c, &a.actions, 0, math.MaxInt64)
	codec.Int(c, &a.config.Rate, 0, rateMax)
	if c.Reading() && len(a.makers) == 0 {
		a.config.Rate = 0
	}
	owners := make(map[*exchange.Login]int, len(a.makers))
	for i, l := range a.makers {
		owners[l] = i
	}
	if n := codec.Count(c, len(a.contracts), math.MaxInt32); n != len(a.contracts) {
		c.Fail("the other participants trade in %d contracts, and in %d of the configuration", n, len(a.contracts))
	}
	for i := range a.contracts {
		p := &a.contracts[i]
		codec.Int(c, &p.fairPrice, fairMin, fairMax)
		for side := range p.resting {
			p.code(c, side, a.makers, owners)
		}
	}
}

// code codes the ring of a side's orders.
func (p *contract) code(c *codec.Coder, side int, makers []*exchange.Login, owners map[*exchange.Login]int) {
	ring := p.resting[side]
	if n := codec.Count(c, len(ring), math.MaxInt32); n != len(ring) {
		c.Fail("the other participants have %d orders of a side, and %d in the configuration", n, len(ring))
	}
	codec.Int(c, &p.next[side], 0, int64(len(ring)-1))
	for i := range ring {
		r := &ring[i]
		codec.Uint(c, &r.id, math.MaxUint64)
		owner := owners[r.owner]
		codec.Int(c, &owner, 0, int64(len(makers)-1))
		if c.Failed() {
			return
		}
		if c.Reading() && r.id != 0 {
			r.owner = makers[owner]
		}
	}
}

// Shift moves the participants' clock forward by d nanoseconds: they do not catch up with time in which there was no
// exchange.
func (a *Agents) Shift(d int64) { a.start += d }

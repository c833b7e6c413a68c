package gateway

import (
	"math"
	"slices"

	"github.com/smk-go/smk/sim/internal/codec"
)

// switchesMax is how many dead man's switches a state holds.
const switchesMax = 1 << 20

// Code writes or reads what outlives every session, for package sim: the random numbers of session names, and dead
// man's switches. A session that is connected when it is written has lost its connection when it is read, so its
// switch is armed from the exchange's latest clock reading on. It is read into a new gateway.
func (g *Gateway) Code(c *codec.Coder, known func(username string) bool) {
	codec.Source(c, g.source)
	list := g.armed()
	last := int64(0)
	for i := range codec.Count(c, len(list), switchesMax) {
		var username string
		var at int64
		if !c.Reading() {
			username, at = list[i].s.username, list[i].at
		}
		codec.String(c, &username, math.MaxInt16)
		codec.Int(c, &at, last, math.MaxInt64)
		if c.Failed() {
			return
		}
		last = at
		if c.Reading() {
			if !known(username) {
				c.Fail("a dead man's switch of no account")
				return
			}
			g.Arm(username, at)
		}
	}
}

// armed returns the switches that are armed once every connection is lost, in the order in which they fire.
func (g *Gateway) armed() []deadManSwitch {
	var list []deadManSwitch
	for _, d := range g.switches {
		if !g.superseded(d.s) {
			list = append(list, d)
		}
	}
	for _, c := range g.conns {
		if s := c.session; s.login != nil && s.cancelOnFailure && !s.switchFired && !g.superseded(s) {
			list = append(list, deadManSwitch{s, g.now + int64(g.config.FailureDelay)})
		}
	}
	slices.SortStableFunc(list, func(a, b deadManSwitch) int { return int(max(min(a.at-b.at, 1), -1)) })
	return list
}

package prove

import (
	"math"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/pipe"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/fault"
	"github.com/smk-go/smk/wire"
)

// Small is a world so small that everything that can happen in it can be tried: a bot does Script, another participant
// trades with its first order, and the connection breaks, or loses a message, at any moment. Which of the messages
// under way arrives next, in which direction, and when the bot goes on are choices, and [Explore] takes all of them.
type Small struct {
	Script []Action // of the bot, in this order
	Fills  int      // trades of the other participant
	Cuts   int      // broken connections
	Losses int      // messages of the bot that the exchange does not get, so that it requests a replay
}

// Action is what the bot of a small world does.
type Action uint8

// The actions. Those about the first order wait for its acceptance.
const (
	PlaceFirst Action = iota
	PlaceSecond
	ReplaceFirst
	ReduceFirst
	CancelFirst
	CancelAll
)

var actionNames = [...]string{
	"place first", "place second", "replace first", "reduce first", "cancel first", "cancel all",
}

// String returns the action's name.
func (a Action) String() string {
	if int(a) < len(actionNames) {
		return actionNames[a]
	}
	return "unknown action"
}

// SmallWorlds are those that smk prove --small tries.
var SmallWorlds = []Small{
	{Script: []Action{PlaceFirst, PlaceSecond}, Cuts: 1},
	{Script: []Action{PlaceFirst, PlaceSecond}, Losses: 1},
	{Script: []Action{PlaceFirst, CancelFirst}, Fills: 1, Cuts: 1},
	{Script: []Action{PlaceFirst, ReplaceFirst}, Fills: 1, Cuts: 1},
}

// choices is a path through the tree of all choices.
type choices struct {
	taken []int // what was taken at each choice
	of    []int // of how many
	at    int
}

// choose returns which of n to take.
func (c *choices) choose(n int) int {
	if c.at == len(c.taken) {
		c.taken, c.of = append(c.taken, 0), append(c.of, n)
	}
	if c.of[c.at] != n {
		panic("BUG: prove: the same choices led elsewhere")
	}
	c.at++
	return c.taken[c.at-1]
}

// advance moves on to the next path, and reports false if there is none.
func (c *choices) advance() bool {
	c.at = 0
	for n := len(c.taken) - 1; n >= 0; n-- {
		if c.taken[n]+1 < c.of[n] {
			c.taken[n]++
			c.taken, c.of = c.taken[:n+1], c.of[:n+1]
			return true
		}
	}
	return false
}

// Explore runs every history of a small world, but at most limit of them, and returns how many it ran, whether these
// are all, and the first failure.
func Explore(s Small, limit int) (runs int, complete bool, failure *Failure) {
	for c := new(choices); runs < limit; {
		runs++
		if f := s.run(c); f != nil {
			return runs, false, f
		}
		if !c.advance() {
			return runs, true, nil
		}
	}
	return runs, false, nil
}

// smallSchedule is a day on which nothing happens by itself.
var smallSchedule = Schedule{Seed: 1, Bots: []Role{Idle}, History: 1 << 14}

// run runs one history: the choices, and then a rest in which everything comes out.
func (s Small) run(c *choices) *Failure {
	w, err := newWorld(smallSchedule, nil, nil)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	defer w.close()
	w.sim.SetAgentRate(0)
	b := w.bots[0]
	for limit := w.now + int64(stepTime)*1000; !b.checks.caughtUp && w.now < limit; {
		w.round(w.now + int64(stepTime))
	}
	p := player{small: s, world: w, bot: b, choices: c}
	p.play()
	w.faulty = false
	w.calm()
	w.rest()
	if !w.failed() {
		b.compare()
	}
	return w.result.Failure
}

// stepTime is the time between two choices.
const stepTime = 1_000_000

// player makes the choices of one history.
type player struct {
	small   Small
	world   *World
	bot     *bot
	choices *choices
	acted   int
	first   placed
	fills   int
	cuts    int
	losses  int
}

// play makes choices until there are none.
func (p *player) play() {
	w, l := p.world, p.bot.link
	l.manual = true
	for !w.failed() {
		var enabled []func()
		if p.acted < len(p.small.Script) && p.may(p.small.Script[p.acted]) {
			enabled = append(enabled, p.act)
		}
		if p.fills < p.small.Fills && p.restingFirst() {
			enabled = append(enabled, p.fill)
		}
		if l.out.Holds() {
			enabled = append(enabled, func() { l.out.Release(w.now) })
			if p.losses < p.small.Losses {
				enabled = append(enabled, p.dropMessage)
			}
		}
		if l.in.Holds() {
			enabled = append(enabled, func() { l.in.Release(w.now) })
		}
		if p.cuts < p.small.Cuts && p.acted > 0 {
			enabled = append(enabled, p.cut)
		}
		if len(enabled) == 0 {
			break
		}
		enabled[p.choices.choose(len(enabled))]()
		w.now += stepTime
		w.pump()
		p.bot.run()
		w.pump()
		p.bot.check()
		if l.endAt != math.MaxInt64 {
			break // what follows takes its course
		}
	}
	l.manual = false
	releaseAll(&l.out, w.now)
	releaseAll(&l.in, w.now)
	for p.acted < len(p.small.Script) && !w.failed() { // what the bot did not come to do
		w.round(w.now + stepTime)
		if p.may(p.small.Script[p.acted]) && p.bot.engine.State() == session.Established {
			p.act()
		} else if w.now > w.begun+int64(calmMax) {
			return
		}
	}
}

// may reports whether an action is possible.
func (p *player) may(a Action) bool {
	if a == PlaceFirst || a == PlaceSecond || a == CancelAll {
		return true
	}
	o := p.first.Order()
	return o == nil || o.ID != 0 || o.State.Terminal()
}

// act does the next action. What is refused is not sent.
func (p *player) act() {
	a := p.small.Script[p.acted]
	p.acted++
	place := func(contract uint32, price odds.Price) placed {
		one, _ := p.bot.engine.Place(order.Limit{
			Market: football, Contract: contract, Side: odds.Buy, Price: price, Quantity: 100_000,
		})
		return one
	}
	switch a {
	case PlaceFirst:
		p.first = place(1000, 5000)
	case PlaceSecond:
		place(1001, 4000)
	case ReplaceFirst:
		if o := p.first.Order(); o != nil {
			_, _ = p.first.Replace(5100, o.Executed+80_000)
		}
	case ReduceFirst:
		_ = p.first.Reduce(50_000)
	case CancelFirst:
		_ = p.first.Cancel()
	case CancelAll:
		_, _ = p.bot.engine.SendOrderCancelAll(new(msg.OrderCancelAll))
	}
}

// restingFirst reports whether there is something on the book to trade with.
func (p *player) restingFirst() bool {
	bid, _ := p.world.sim.Exchange.Best(football, 1000)
	return bid != 0
}

func (p *player) fill() {
	p.fills++
	bid, _ := p.world.sim.Exchange.Best(football, 1000)
	p.world.sim.Exchange.Submit("bot1", exchange.Create{
		Market: football, Contract: 1000, Side: msg.SideSell, Price: bid, Quantity: 30_000,
	})
}

func (p *player) cut() {
	p.cuts++
	p.bot.link.cut(p.world.now)
}

// dropMessage makes the exchange miss the next message of the bot.
func (p *player) dropMessage() {
	p.losses++
	p.bot.link.exchange.Force(fault.DropIn, 1)
	p.bot.link.out.Release(p.world.now)
}

func releaseAll(p *pipe.Pipe, now int64) {
	for p.Holds() {
		p.Release(now)
	}
}

// holdFrames puts messages on their way one by one, to wait for choices.
func holdFrames(p *pipe.Pipe, b []byte) {
	for len(b) > 0 {
		_, n, err := wire.Scan(b, wire.Limits{})
		if err != nil || n == 0 {
			n = len(b) // a part of a message
		}
		p.Hold(b[:n])
		b = b[n:]
	}
}

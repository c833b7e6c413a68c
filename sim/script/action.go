package script

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
	"github.com/smk-go/smk/sim/fault"
)

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

var states = map[string]msg.MarketStateType{
	"NEW": msg.MarketStateNew, "OPEN": msg.MarketStateOpen, "LIVE": msg.MarketStateLive,
	"HALTED": msg.MarketStateHalted, "SETTLED": msg.MarketStateSettled, "VOIDED": msg.MarketStateVoided,
}

// tradingStates are the states that a market can be put into.
var tradingStates = map[string]msg.MarketStateType{
	"OPEN": msg.MarketStateOpen, "LIVE": msg.MarketStateLive, "HALTED": msg.MarketStateHalted,
}

var matchStates = map[string]msg.RunningballState{
	"SAFE": msg.RunningballStateSafe, "DANGER": msg.RunningballStateDanger,
	"ALERT": msg.RunningballStateAlert, "FINISHED": msg.RunningballStateFinished,
}

var logoutReasons = map[string]msg.EtoLogoutReason{
	"NONE": msg.EtoLogoutNone, "DOWNTIME": msg.EtoLogoutDowntime, "UNAUTHORISED": msg.EtoLogoutUnauthorised,
	"SERVICE_TEMPORARILY_UNAVAILABLE": msg.EtoLogoutServiceTemporarilyUnavailable,
}

var sides = map[string]msg.Side{"buy": msg.SideBuy, "sell": msg.SideSell}

var reduceTypes = map[string]msg.ReduceType{"quantity": msg.ReduceTypeQuantity, "price": msg.ReduceTypePrice}

// config parses what follows "config".
func (p *parser) config() func(*sim.Config) error {
	switch name := p.word("a setting"); name {
	case "life":
		n := int(p.number("a rate", 1_000_000))
		return func(c *sim.Config) error { c.Agents.Rate = n; return nil }
	case "history":
		n := int(p.number("a number of reports", 1<<20))
		return func(c *sim.Config) error { c.Limits.History = n; return nil }
	case "heartbeat":
		d := p.span("an interval")
		return func(c *sim.Config) error { c.HeartbeatInterval = d; return nil }
	case "failure-delay":
		d := p.span("a delay")
		return func(c *sim.Config) error { c.FailureDelay = d; return nil }
	case "non-runners":
		id := p.id("market")
		return func(c *sim.Config) error {
			for i := range c.Markets {
				if c.Markets[i].ID == id {
					c.Markets[i].NonRunners = true
				}
			}
			return nil
		}
	case "markets-open":
		return func(c *sim.Config) error {
			for i := range c.Markets {
				c.Markets[i].State = msg.MarketStateOpen
			}
			return nil
		}
	default:
		p.fail("unknown setting %q", name)
		return nil
	}
}

// action parses an event.
func (p *parser) action(verb string) func(*Runner) error {
	switch verb {
	case "state":
		m, to, reason := p.id("market"), choice(p, "a state", tradingStates), p.rest()
		return func(r *Runner) error { return r.exchange.SetState(m, to, reason) }
	case "goal":
		m, reason := p.id("market"), p.rest()
		return func(r *Runner) error { return r.exchange.Goal(m, reason) }
	case "managed":
		m := p.id("market")
		if len(p.words) > 0 && p.words[0] == "off" {
			p.words = p.words[1:]
			return func(r *Runner) error { return r.exchange.SetManaged(m, false, 0) }
		}
		d := p.span("a time")
		return func(r *Runner) error { return r.exchange.SetManaged(m, true, int64(d)) }
	case "ball":
		e, state, details := p.id("event"), choice(p, "a state", matchStates), p.rest()
		return func(r *Runner) error {
			return r.exchange.Runningball(e, exchange.Notification{State: state, Details: details})
		}
	case "settle":
		m, c, reason := p.id("market"), p.id("contract"), p.rest()
		return func(r *Runner) error { return r.exchange.Settle(m, reason, c) }
	case "void":
		m, reason := p.id("market"), p.rest()
		return func(r *Runner) error { return r.exchange.VoidMarket(m, reason) }
	case "remove-runner":
		m, c, how := p.id("market"), p.id("contract"), choice(p, "how to reduce", reduceTypes)
		factor, reason := uint32(p.number("a factor", 9999)), p.rest()
		return func(r *Runner) error { return r.exchange.RemoveRunner(m, c, how, factor, reason) }
	case "place":
		user, name, o := p.user(), p.word("a name"), p.order()
		return func(r *Runner) error { return r.submit(user, name, o) }
	case "burst":
		user, n, o := p.user(), int(p.number("how many", burstMax)), p.order()
		return func(r *Runner) error {
			for range n {
				r.exchange.Submit(user, o)
			}
			return nil
		}
	case "withdraw":
		user, name := p.user(), p.word("an order's name")
		return func(r *Runner) error { return r.withdraw(user, name) }
	case "note":
		p.rest()
		return func(*Runner) error { return nil }
	}
	return p.operator(verb)
}

// operator parses an operator command or a fault.
func (p *parser) operator(verb string) func(*Runner) error {
	switch verb {
	case "suspend-trading":
		on := p.onOff()
		return alwaysOK(func(r *Runner) { r.exchange.SuspendTrading(on) })
	case "suspend-account":
		user, on := p.user(), p.onOff()
		return alwaysOK(func(r *Runner) { r.exchange.SuspendAccount(user, on) })
	case "stake-limit":
		user, w := p.user(), p.word("an amount or off")
		amount, ok := ParseMoney(w)
		if p.err == nil && !ok && w != "off" {
			p.fail("%q is neither an amount nor off", w)
		}
		return alwaysOK(func(r *Runner) { r.exchange.SetStakeLimit(user, amount) })
	case "unavailable":
		on := p.onOff()
		return alwaysOK(func(r *Runner) { r.exchange.SetUnavailable(on) })
	case "throttle":
		rate, burst := uint32(p.number("a rate", 1_000_000)), uint32(p.number("a burst", 1_000_000))
		t := sim.Throttle{Rate: rate, Burst: burst, Tick: p.span("a tick")}
		if p.err == nil && (rate == 0 || burst == 0 || t.Tick < time.Millisecond || t.Tick > time.Hour) {
			p.fail("a throttle has a rate and a burst of at least 1 and a tick of 1ms to 1h")
		}
		return alwaysOK(func(r *Runner) { r.sim.SetThrottle(t) })
	case "logout":
		reason := choice(p, "a reason", logoutReasons)
		return alwaysOK(func(r *Runner) { r.sim.LogoutAll(reason) })
	case "refuse-logins":
		reasons := maps.Clone(logoutReasons)
		reasons["off"] = 0
		reason := choice(p, "a reason or off", reasons)
		return alwaysOK(func(r *Runner) { r.sim.RefuseLogins(reason) })
	case "forget":
		user := p.user()
		return alwaysOK(func(r *Runner) { r.exchange.ForgetReports(user) })
	case "restart":
		return alwaysOK(func(r *Runner) { r.sim.Restart() })
	case "restart-numbers":
		return alwaysOK(func(r *Runner) { r.exchange.RestartSequences() })
	case "skip-numbers":
		user, n := p.user(), p.number("how many", 1<<62)
		return alwaysOK(func(r *Runner) { r.exchange.SkipSequences(user, n) })
	case "life":
		n := int(p.number("a rate", 1_000_000))
		return alwaysOK(func(r *Runner) { r.sim.SetAgentRate(n) }) // without participants it has no effect
	case "faults":
		return p.faults()
	case "force":
		kinds := make(map[string]fault.Kind)
		for k := range fault.Kinds {
			kinds[k.String()] = k
		}
		k, n := choice(p, "a fault", kinds), int(p.number("how often", burstMax))
		return alwaysOK(func(r *Runner) {
			for _, l := range r.sim.Faults.Conns() {
				l.Force(k, n)
			}
		})
	}
	p.fail("unknown statement %q", verb)
	return nil
}

// alwaysOK adapts an action that cannot fail.
func alwaysOK(f func(*Runner)) func(*Runner) error {
	return func(r *Runner) error { f(r); return nil }
}

func (p *parser) faults() func(*Runner) error {
	w := p.word("a plan")
	if w == "swarm" {
		return alwaysOK(func(r *Runner) { r.sim.Faults.SetSwarm() })
	}
	plan, err := fault.Parse(w)
	if err != nil {
		p.fail("%w", err)
	}
	return alwaysOK(func(r *Runner) { r.sim.Faults.Set(plan) })
}

// order parses a side and QUANTITY@PRICE[/CONTRACT].
func (p *parser) order() exchange.Create {
	o := exchange.Create{Market: sim.DemoMarket, Contract: sim.DemoHome, Side: choice(p, "a side", sides)}
	w := p.word("an order")
	text, contract, other := strings.Cut(w, "/")
	if other {
		if _, err := fmt.Sscanf(contract, "%d", &o.Contract); err != nil {
			p.fail("%q is not QUANTITY@PRICE/CONTRACT", w)
		}
	}
	var end string
	if n, _ := fmt.Sscanf(text, "%d@%d%s", &o.Quantity, &o.Price, &end); n != 2 {
		p.fail("%q is not QUANTITY@PRICE", w)
	}
	p.require("market", o.Market, "")
	p.require("contract", o.Contract, "")
	return o
}

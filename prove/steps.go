package prove

import (
	"strings"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
)

var markets = [...]uint32{football, goals, race}

// logoutReasons are those after which a client logs in again.
var logoutReasons = [...]msg.EtoLogoutReason{
	msg.EtoLogoutHeartbeatTimeout, msg.EtoLogoutServiceTemporarilyUnavailable, msg.EtoLogoutDowntime,
}

// take carries out a step. What the exchange's rules do not allow at the moment does not happen.
func (w *World) take(s *Step) {
	w.trace(nil, "%v", *s)
	x := w.sim.Exchange
	b := w.byIndex(s.Bot)
	market := markets[s.N%uint64(len(markets))]
	contract := contracts[market][s.N>>8%uint64(len(contracts[market]))]
	switch s.Kind {
	case CutConn:
		b.breakOff(s)
	case LogoutAll:
		w.sim.LogoutAll(logoutReasons[s.N%3])
	case RefuseConns:
		w.sim.Faults.RefuseNext(int(1 + s.N%4))
	case StopProcess:
		b.stoppedUntil = w.now + int64(s.For)
	case KillProcess:
		if s.N>>40%2 == 0 {
			b.doomed = s.For // as soon as a request leaves
			break
		}
		b.kill(s.For, false)
	case CutPower:
		b.kill(s.For, true)
	case FillDisk:
		b.setDisk(s.For, func(d *disk, on bool) { d.full = on })
	case LyingDisk:
		b.lied = true
		b.setDisk(s.For, func(d *disk, on bool) { d.lies = on })
	case SlowHandler:
		b.slow = min(s.For, 2*time.Second)
	case HaltMarket:
		if x.Halt(market, strings.Repeat("halted ", int(s.N>>24%60))) == nil {
			w.after(s.For, func() { w.open(market) })
		}
	case Goal:
		if x.Goal(football, "goal") == nil {
			w.disposed[football] = true
			w.after(s.For, func() { w.open(football) })
		}
	case SettleMarket, VoidMarket, VoidContract, RemoveRunner:
		w.unsure = w.now + int64(time.Minute)
		if w.disposed[market] = true; s.Kind == RemoveRunner {
			w.disposed[race] = true
		}
		w.dispose(s, market, contract)
	case RestartExchange:
		if s.N>>32%2 == 0 || w.schedule.Disorder { // out of order, a new numbering cannot be told from late messages
			w.sim.DropSessions()
			break
		}
		w.renumbered = true
		w.sim.Restart()
		for _, b := range w.bots {
			b.sequencesRestarted = true
		}
	case ForgetReports:
		x.ForgetReports(b.account)
		for _, o := range w.bots {
			o.forgotten = o.forgotten || o.account == b.account
		}
		b.breakSoon(s)
	case SkipSequences:
		if truth, _ := x.Truth(b.account); w.skipped[b.account] == 0 && b.engine != nil &&
			b.engine.AccountSequence() == truth.AccountSequence && truth.AccountSequence > 0 {
			w.skipped[b.account] = truth.AccountSequence + 1
		}
		x.SkipSequences(b.account, 1+s.N%5)
		b.breakSoon(s)
	case Throttle:
		w.throttled = true
		w.sim.SetThrottle(sim.Throttle{
			Rate: uint32(
				1 + s.N%200,
			),
			Burst: uint32(1 + s.N>>8%100),
			Tick:  time.Duration(1+s.N>>16%500) * time.Millisecond,
		})
		w.after(s.For, func() { w.sim.SetThrottle(sim.Throttle{}) })
	case Outage:
		x.SetUnavailable(true)
		w.after(s.For, func() { x.SetUnavailable(false) })
	case Reject:
		w.reject(s.N)
	case ReplaceDelay:
		x.SetReplaceDelay(int64(s.For))
	case KillSwitch:
		if s.N%2 == 0 {
			b.haltFor = s.For // in a handler
			break
		}
		b.halt(s.For)
	case Lapse:
		b.lapse(s.For, s.N%3 == 0)
	case HandOver:
		b.handOver(s.For)
	default:
		w.takeRare(s, b, market, contract)
	}
}

// dispose ends a market, a contract, or a runner's part in a race.
func (w *World) dispose(s *Step, market, contract uint32) {
	switch x := w.sim.Exchange; s.Kind {
	case SettleMarket:
		if x.Settle(market, "over", contract) == nil {
			w.winners[contract] = true
		}
	case VoidMarket:
		for _, c := range contracts[market] {
			if _, settled := w.winners[c]; settled {
				return // nobody voids what was paid: its result would be in no state of the market
			}
		}
		_ = x.VoidMarket(market, "void")
	case VoidContract:
		_ = x.VoidContract(market, contract, "void")
	case RemoveRunner:
		reduce := msg.ReduceTypePrice
		if s.N>>16%2 == 0 {
			reduce = msg.ReduceTypeQuantity
		}
		if x.RemoveRunner(race, contracts[race][s.N>>8%4], reduce, uint32(1+s.N>>20%9999), "") == nil {
			w.after(s.For, func() { w.open(race) })
		}
	}
}

// setDisk changes how the bot's disk works, for a while.
func (b *bot) setDisk(d time.Duration, set func(d *disk, on bool)) {
	if b.disk != nil {
		set(b.disk, true)
		b.world.after(d, func() { set(b.disk, false) })
	}
}

// reject makes the exchange reject the next requests of a type.
func (w *World) reject(n uint64) {
	count := int(1 + n>>8%5)
	r := &rejections[n%uint64(len(rejections))]
	w.sim.Exchange.ForceReject(r.typ, r.reason, count)
}

// rejections are reasons that are true whatever the state of the order.
var rejections = [...]struct {
	typ    msg.PayloadType
	reason int32
}{
	{msg.PayloadOrderCreate, int32(msg.OrderRejectedInsufficientFunds)},
	{msg.PayloadOrderCancel, int32(msg.OrderCancelRejectedServiceTemporarilyUnavailable)},
	{msg.PayloadOrderQuantityReduce, int32(msg.OrderQuantityReduceRejectedCapacityReached)},
	{msg.PayloadOrderCancelReplace, int32(msg.OrderCancelReplaceRejectedServiceTemporarilyUnavailable)},
	{msg.PayloadOrderCancelAll, int32(msg.OrderCancelAllRejectedUnknownError)},
	{msg.PayloadOrderPendingReplace, int32(msg.OrderCancelReplaceRejectedTooLate)},
}

// byIndex returns the bot of a place in the schedule. Their order in the world changes.
func (w *World) byIndex(i int) *bot {
	i %= len(w.bots)
	for _, b := range w.bots {
		if b.index == i {
			return b
		}
	}
	panic("BUG: no such bot")
}

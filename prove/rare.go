package prove

import (
	"slices"
	"time"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/exchange"
)

// refusedLogins are the reasons for which logins are refused for a while. After some of them a client ends: it is
// started again.
var refusedLogins = [...]msg.EtoLogoutReason{
	msg.EtoLogoutServiceTemporarilyUnavailable, msg.EtoLogoutUnknownSession, msg.EtoLogoutDowntime,
	msg.EtoLogoutLoginTimeout, msg.EtoLogoutLoginNotFirstSeq, msg.EtoLogoutUnauthorised,
}

// takeRare carries out a step that take does not.
func (w *World) takeRare(s *Step, b *bot, market, contract uint32) {
	x := w.sim.Exchange
	switch s.Kind {
	case StopBot:
		b.restart(s.For)
	case SettleContract:
		w.unsure = w.now + int64(time.Minute)
		if win := s.N>>32%2 == 0; x.SettleContract(market, contract, win, "over") == nil {
			w.winners[contract], w.disposed[market] = win, true
		}
	case AdminCancel:
		if all := x.Orders(b.account); len(all) > 0 {
			x.AdminCancel(all[s.N%uint64(len(all))].ID)
		}
	case SuspendAccount:
		x.SuspendAccount(b.account, true)
		w.after(s.For, func() { x.SuspendAccount(b.account, false) })
	case StakeLimit:
		x.SetStakeLimit(b.account, exchange.Money(1+s.N%20)*exchange.Currency)
		w.after(s.For, func() { x.SetStakeLimit(b.account, 0) })
	case RefuseLogins:
		w.sim.RefuseLogins(refusedLogins[s.N%uint64(len(refusedLogins))])
		w.after(min(s.For, time.Second), func() { w.sim.RefuseLogins(0) })
	case UserSettles:
		b.sayResult(market)
	case BadRequests:
		b.byItself(func() { b.sendBad(s.N) })
	case ClogConn:
		b.clog(min(s.For, 2*time.Second), s.N%3 == 0)
	case Resubscribe:
		b.subscribeAgain(market)
	}
}

// breakOff breaks the bot's connection: at once, or after nothing could be written for a while, and then again soon
// after the next one is there, perhaps with the session.
func (b *bot) breakOff(s *Step) {
	w := b.world
	if s.N%2 == 0 || b.link == nil {
		if b.link != nil {
			b.link.cut(w.now)
		}
		return
	}
	clogged := min(s.For, 300*time.Millisecond)
	b.clog(clogged, true)
	if s.N%4 == 1 {
		return
	}
	w.after(clogged+time.Duration(s.N>>8%200)*time.Millisecond, func() {
		if b.link != nil {
			b.link.cut(w.now)
		}
		if s.N>>16%2 == 0 {
			w.sim.DropSessions()
		}
	})
}

// breakSoon may break the bot's connection after a while: the next login finds that something is missing.
func (b *bot) breakSoon(s *Step) {
	if s.N>>48%2 == 0 {
		return
	}
	b.world.after(min(s.For, time.Second), func() {
		if b.link != nil {
			b.link.cut(b.world.now)
		}
	})
}

// fillRing sends what changes nothing until there is no room for more.
func (b *bot) fillRing() {
	var m msg.MarketUnsubscribe
	m.SetMarketId(9999)
	for n := 0; b.engine != nil && n < 4096; n++ {
		if _, err := b.engine.SendMarketUnsubscribe(&m); err != nil {
			return
		}
	}
}

// clog makes the bot's connection take nothing for a while, after which it may break.
func (b *bot) clog(pause time.Duration, breaks bool) {
	l := b.link
	if l == nil {
		return
	}
	if l.clogged = true; b.limits.roomy {
		b.fillRing()
	}
	b.world.after(pause, func() {
		if l.clogged, b.writable = false, true; breaks {
			l.cut(b.world.now)
		}
	})
}

// restart stops the engine, which cancels its orders and logs out, and starts another one after a while.
func (b *bot) restart(pause time.Duration) {
	if b.engine == nil || b.restarting {
		return
	}
	b.restarting = true
	b.deadUntil = b.world.now + int64(pause)
	b.engine.Stop()
}

// sayResult says what a market that the exchange has settled brought, as a user would who knows the result.
func (b *bot) sayResult(market uint32) {
	if b.engine == nil || b.world.sim.Exchange.State(market) != msg.MarketStateSettled {
		return
	}
	var winners []uint32
	for _, c := range contracts[market] {
		if b.world.winners[c] {
			winners = append(winners, c)
		}
	}
	_ = b.engine.SettleMarket(market, winners...)
}

// sendBad sends a request that makes no sense, or that is about nothing.
func (b *bot) sendBad(n uint64) {
	if b.engine == nil || b.halted || b.restarting {
		return
	}
	var err error
	market, contract := b.anywhere()
	switch n % 9 {
	case 0, 1, 2, 3:
		var m msg.OrderCreate
		m.SetMarketId(market)
		m.SetContractId(contract)
		m.SetSide(msg.SideBuy)
		m.SetPrice(5000)
		m.SetQuantity(10_000)
		switch n % 9 {
		case 0:
			m.SetPrice(uint32(n>>16)%2*20_000 + 1)
		case 1:
			m.SetQuantity(n >> 16 % 2 * uint64(odds.QuantityMax) * 2)
		case 2:
			m.SetContractId(999_999)
		case 3:
			m.SetQuantity(uint64(order.QuantityMax))
		}
		_, err = b.engine.SendOrderCreate(&m)
	case 4:
		var m msg.OrderCancel
		m.SetOrderId(n)
		_, err = b.engine.SendOrderCancel(&m)
	case 5:
		var m msg.OrderCancelReplace
		m.SetMarketId(market)
		m.SetOrigOrderId(n)
		m.SetPrice(5000)
		m.SetQuantity(10_000)
		_, err = b.engine.SendOrderCancelReplace(&m)
	case 6:
		var m msg.OrderQuantityReduce
		if i := slices.IndexFunc(b.placed, func(p placed) bool { return p.Order() != nil }); i >= 0 {
			m.SetOrderId(b.placed[i].Order().ID)
		}
		_, err = b.engine.SendOrderQuantityReduce(&m)
	case 7:
		var m msg.OrderCancel // of an order that ended
		for o := range b.world.sim.Exchange.Orders(b.account) {
			if o := &b.world.sim.Exchange.Orders(b.account)[o]; o.State != exchange.OrderLive {
				m.SetOrderId(o.ID)
			}
		}
		_, err = b.engine.SendOrderCancel(&m)
	case 8:
		for range 40 {
			if _, err = b.engine.SendOrderCancelAll(new(msg.OrderCancelAll)); err != nil {
				break
			}
		}
	}
	if err != nil && !session.SafeToResend(err) {
		b.world.fail("send", b, "%v", err)
	}
}

// subscribeAgain ends a subscription and begins it again.
func (b *bot) subscribeAgain(market uint32) {
	if b.engine == nil || b.role == Idle || !b.subscribes(market) {
		return
	}
	var end msg.MarketUnsubscribe
	end.SetMarketId(market)
	if _, err := b.engine.SendMarketUnsubscribe(&end); err != nil {
		return
	}
	// A snapshot of the subscription that ends may still be on its way, and come before the changes that are missed.
	b.momentAt = max(b.momentAt, b.world.now+int64(time.Second))
	b.world.after(10*time.Millisecond, func() { b.subscribe(market) })
}

// subscribes reports whether the bot subscribes to a market itself.
func (b *bot) subscribes(market uint32) bool {
	return b.role != Idle && (!b.world.schedule.Settings.has(FewSubscriptions) || market == goals)
}

// subscribe subscribes to a market, now or as soon as that is possible.
func (b *bot) subscribe(market uint32) {
	e := b.engine
	if e == nil {
		return // it subscribes when it is started
	}
	var m msg.MarketSubscribe
	m.SetMarketId(market)
	if _, err := e.SendMarketSubscribe(&m); err != nil && !b.restarting {
		if !session.SafeToResend(err) {
			b.world.fail("subscribe", b, "%v", err)
		}
		_, _ = e.After(20*time.Millisecond, func() { b.subscribe(market) })
	}
}

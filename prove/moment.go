package prove

import (
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/quote"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/exchange"
)

// momentEvery is the virtual time between two moments at which a bot is compared with the exchange in full.
const momentEvery = int64(150 * time.Millisecond)

// reported is what is known to be missing although the account's messages have been caught up with. A new account has
// nothing to repeat from, and numbers that are never sent look like lost messages.
const reported = order.CatchUpLacking | order.MessagesLost

// watch is what a bot is checked by.
type watch struct {
	stream      stream
	limits      limits
	momentAt    int64 // when it is compared with the exchange next
	actedAt     int64 // when its timer fired last
	period      time.Duration
	haltFor     time.Duration // the kill switch is to be thrown by a handler
	submissions [4]*submission
	lease       lease
	ahead       int64 // of its clock before the world's
	unknown     *link // of a process that was killed: it may have requests that the present one knows nothing of
}

// stream follows what arrives on the connection of a bot, independently of its session.
type stream struct {
	epoch  uint32
	next   uint64 // the sequence before which everything has arrived
	high   uint64 // the highest that has arrived
	login  uint64 // that of the answer to the login
	caught bool   // the account is caught up with on this connection
}

// arrived follows a payload of the exchange.
func (s *stream) arrived(r *engine.TapRecord) {
	env, err := envelope.Parse(r.Payload)
	if err != nil {
		return
	}
	if r.Epoch != s.epoch {
		s.epoch, s.login, s.caught = r.Epoch, 0, false
	}
	if env.Type == uint32(msg.PayloadEto) && env.EtoType == envelope.EtoLoginResponse && !env.IsReplay {
		s.login = env.Seq // whether the session goes on is not known yet
		return
	}
	if s.login != 0 && env.Seq == s.next {
		s.next++
	}
	s.high = max(s.high, env.Seq)
}

// missing reports whether something is missing before what has arrived.
func (s *stream) missing() bool { return s.login != 0 && s.high >= s.next }

// loggedIn says whether the session goes on.
func (s *stream) loggedIn(resumed bool) {
	if !resumed {
		s.next, s.high = 1, 0
	}
	if s.login == s.next {
		s.next++
	}
}

// informed reports whether a bot has received everything that the exchange has said, and is caught up with its account.
func (b *bot) informed() bool {
	if b.engine == nil || b.checks.ended || b.link == nil || b.link.endAt <= b.world.now || b.link.abandoned ||
		b.link.closed || !b.stream.caught || b.world.now < b.stoppedUntil ||
		b.engine.State() != session.Established {
		return false
	}
	next, held := b.link.exchange.NextSequence()
	return next == b.stream.next && !held
}

// checkSuspect checks that no book counts as what the exchange shows while messages are missing, or without a
// connection.
func (b *bot) checkSuspect() {
	w := b.world
	if b.engine == nil || b.checks.ended || w.now < b.stoppedUntil || w.failed() {
		return
	}
	state := b.engine.State()
	if b.engine.Completeness().Complete && (!state.LoggedIn() || !b.stream.caught) {
		w.fail("suspect", b, "the account is complete, state %v", state)
	}
	if state.LoggedIn() && !b.stream.missing() {
		return
	}
	for _, market := range markets {
		for _, contract := range contracts[market] {
			if c, ok := b.engine.Book(market, contract); ok && c.Live() {
				w.fail("suspect", b, "book %d %d is live, state %v, %+v", market, contract, state, b.stream)
				return
			}
		}
	}
}

// moment compares a bot that is informed with the exchange, now and then: it knows all that can be known.
func (b *bot) moment() {
	w := b.world
	b.checkTimer()
	b.checkSuspect()
	b.checkArrived()
	if w.failed() {
		return
	}
	if !b.informed() {
		b.quoting.movedAt = w.now // which holds quotes
		return
	}
	if w.now < b.momentAt {
		return
	}
	b.momentAt = w.now + momentEvery
	w.result.Moments++
	b.compareBooks()
	if b.uncertain() {
		return
	}
	why := b.engine.Completeness().Why &^ reported
	if why&^(order.Inexact|order.ResultUnknown|order.Unfollowed) != 0 {
		return
	}
	b.compareLive()
	if kill := b.engine.Mode().Kill; kill == risk.KillFlat && !b.shared() {
		if truth, _ := w.sim.Exchange.Truth(b.account); truth.Live != 0 {
			w.fail("kill switch", b, "%d orders are live, the switch says flat", truth.Live)
		}
	}
	b.checkHeld()
	b.checkSteady()
	b.checkLimits()
	b.checkSides()
	if w.now >= w.unsure && why&(order.Inexact|order.ResultUnknown) == 0 {
		b.compareFunds()
		b.compareOwnBooks()
	}
}

// checkHeld checks that quotes are held while the bot or the market is halted.
func (b *bot) checkHeld() {
	for _, market := range markets {
		want := quote.Reasons(0)
		if b.halted {
			want = quote.Halted
		}
		if b.world.sim.Exchange.State(market) == msg.MarketStateHalted {
			want |= quote.MarketHalted
		}
		for _, contract := range contracts[market] {
			if _, ok := b.wanted[quoteKey{market, contract}]; !ok {
				continue
			}
			s := b.engine.QuoteStatus(market, contract)
			want := want
			if s.Reasons&quote.SuspectBook != 0 {
				want &^= quote.MarketHalted // what says so may be missing
			}
			if s.Reasons&want != want && s.Reasons&quote.Pulled == 0 { // what is pulled may be forgotten
				b.world.fail("held", b, "%d %d: %+v instead of %v", market, contract, s, want)
			}
		}
	}
}

// compareLive compares the orders of a bot with those of the exchange while requests are under way.
func (b *bot) compareLive() {
	w := b.world
	x := w.sim.Exchange
	known := 0
	for o := range b.engine.Orders() {
		if o.ID == 0 || o.State == order.PendingNew {
			continue
		}
		have, ok := x.Order(o.ID)
		if !ok || have.State != exchange.OrderLive {
			if o.Overlay&order.InDoubt == 0 {
				w.fail("live orders", b, "order %+v, the exchange has %t %+v", *o, ok, have)
			}
			continue
		}
		known++
		if uint64(o.Price) != uint64(have.Price) || uint64(o.Executed) != have.Executed ||
			uint64(o.Available) != have.Available || uint64(o.Quantity) != have.Quantity {
			w.fail("live orders", b, "order %+v, the exchange has %+v", *o, have)
		}
	}
	if truth, _ := x.Truth(b.account); known != truth.Live {
		w.fail("live orders", b, "%d are known, the exchange has %d", known, truth.Live)
	}
}

// compareFunds compares money and positions of a bot while requests are under way.
func (b *bot) compareFunds() {
	a := b.engine.Account()
	if asked := a.Asked; asked < 0 {
		b.world.fail("money", b, "asked %v", asked)
	}
	b.compareMoney(false)
}

// compareOwnBooks compares the books without the own orders.
func (b *bot) compareOwnBooks() {
	w := b.world
	if b.shared() || len(b.checks.doubted) > 0 {
		return
	}
	type level struct {
		contract uint32
		side     odds.Side
		price    odds.Price
	}
	own := make(map[level]odds.Quantity)
	for o := range b.engine.Orders() {
		open := o.Available
		if o.State == order.PendingNew {
			open = o.Quantity // taken to be on the book
		}
		if o.Overlay&^order.PendingCancel != 0 || o.State == order.PendingNew && o.Original != 0 {
			return
		}
		own[level{o.Contract, o.Side, o.Price}] += open
	}
	for _, market := range markets {
		for _, contract := range contracts[market] {
			c, ok := b.engine.Book(market, contract)
			if !ok || !c.Live() {
				continue
			}
			for _, side := range [...]odds.Side{odds.Buy, odds.Sell} {
				var want []book.Level
				for _, l := range c.Levels(nil, side) {
					if l.Quantity -= own[level{contract, side, l.Price}]; l.Quantity > 0 {
						want = append(want, l)
					}
				}
				got := c.WithoutOwn().Levels(nil, side)
				same := len(got) == len(want)
				for i := 0; same && i < len(got); i++ {
					same = got[i] == want[i]
				}
				if !same {
					w.fail("own books", b, "%d %d %v: %v instead of %v", market, contract, side, got, want)
				}
			}
		}
	}
}

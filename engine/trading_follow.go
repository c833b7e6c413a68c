package engine

import (
	"math"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
)

// followEvery is how often markets are looked over that the engine follows by itself; one without anything at stake is
// released then.
const followEvery = int64(10 * time.Second)

// follower subscribes to markets in which the account has orders or a position and which the bot has not subscribed to:
// nothing else says that they are settled.
type follower struct {
	list  []uint32 // markets that the engine subscribed to by itself; its capacity is SubscriptionsMax
	due   int64    // clock reading
	seen  uint64   // markets of the orders at the last time
	ready bool     // the account is caught up with
	sends bool     // a subscription of the engine's own is being sent
	left  bool     // there was no room for a market
}

func newFollower(config *Config) (f follower) {
	f.due = math.MaxInt64
	if !config.State.DisableFollow {
		f.list = make([]uint32, 0, config.SubscriptionsMax)
	}
	return f
}

// index returns the index of a market, or -1.
func (f *follower) index(market uint32) int {
	for i, id := range f.list {
		if id == market {
			return i
		}
	}
	return -1
}

// remove forgets a market.
func (f *follower) remove(market uint32) {
	if i := f.index(market); i >= 0 {
		f.list = append(f.list[:i], f.list[i+1:]...)
	}
}

// hasWork reports whether markets have to be looked over.
func (f *follower) hasWork(now int64, markets uint64) bool {
	return f.ready && cap(f.list) > 0 && (now >= f.due || markets != f.seen)
}

// followAgain begins anew after a login: subscriptions of the engine's own are not restored, but made again once it is
// known what the account has.
func (e *Engine) followAgain(resumed bool) {
	t := e.trading
	if resumed {
		return
	}
	for _, id := range t.follow.list {
		e.decided(DecisionLeave, id)
		t.releaseContracts(id)
		t.books.Unsubscribed(id, e.now)
		e.bookEvents(t.books.Events())
	}
	t.follow.list, t.follow.ready = t.follow.list[:0], false
	t.orders.FollowNone()
}

// followMarkets subscribes to markets with something at stake, and ends subscriptions of its own to others. What finds
// no room in the send ring is tried again.
func (e *Engine) followMarkets() {
	t := e.trading
	f := &t.follow
	f.seen, f.due = t.orders.Markets(), e.now+followEvery
	if f.seen == 0 {
		f.due = math.MaxInt64
	}
	for i := 0; i < len(f.list); {
		if t.orders.AtStake(f.list[i]) && len(f.list) <= e.followRoom() {
			i++
			continue
		}
		if !e.unfollow(f.list[i]) {
			break
		}
	}
	left := false
	t.orders.ToFollow(func(id uint32) bool {
		switch {
		case e.subscriptions.markets.has(id) || f.index(id) >= 0 || e.subscriptions.marketFeed:
			t.orders.Follow(id, true)
		case len(f.list) >= e.followRoom():
			marks.Hit(marks.FollowFull)
			left = true
			return false
		default:
			if !e.followMarket(id) {
				f.due = e.now + quoteRetry
				marks.Hit(marks.FollowRetry)
				return false
			}
		}
		return true
	})
	if left != f.left {
		f.left = left
		events := t.orders.Unfollowed(left, e.now)
		if len(events) > 0 {
			t.persist.noteRare()
			e.decided(DecisionUnfollowed, left)
		}
		t.ordersEvents(events, e.now)
	}
}

// followRoom returns how many markets the engine may subscribe to by itself: the bot's come first.
func (e *Engine) followRoom() int {
	return cap(e.trading.follow.list) - len(e.subscriptions.markets.list)
}

// followMarket subscribes to a market. It reports false if nothing could be sent.
func (e *Engine) followMarket(id uint32) bool {
	t := e.trading
	t.subscribe.Reset()
	t.subscribe.SetMarketId(id)
	keys := t.subscribe.Keys()
	t.follow.sends = true
	_, err := e.send(&t.subscribe, &keys, fromRestore)
	t.follow.sends = false
	if err != nil {
		return false
	}
	t.follow.list = append(t.follow.list, id)
	marks.Hit(marks.FollowBegins)
	t.orders.Follow(id, true)
	return true
}

// unfollow ends a subscription of the engine's own. It reports false if nothing could be sent. With DisableRestore it
// is only forgotten: the bot may have subscribed too, which is not known.
func (e *Engine) unfollow(id uint32) bool {
	t := e.trading
	if !e.config.DisableRestore {
		t.unsubscribe.Reset()
		t.unsubscribe.SetMarketId(id)
		keys := t.unsubscribe.Keys()
		t.follow.sends = true
		_, err := e.send(&t.unsubscribe, &keys, fromRestore)
		t.follow.sends = false
		if err != nil {
			return false
		}
	}
	t.follow.remove(id)
	marks.Hit(marks.FollowEnds)
	t.orders.Follow(id, false)
	return true
}

// botSubscribed follows a subscription of the bot's own: it is not the engine's any more.
func (t *trading) botSubscribed(keys *msg.Keys) {
	if t.follow.sends || t.healing {
		return
	}
	switch keys.Type {
	case msg.PayloadMarketSubscribe:
		t.follow.remove(keys.Market)
		t.orders.Follow(keys.Market, true)
	case msg.PayloadMarketUnsubscribe:
		t.follow.remove(keys.Market)
		t.orders.Follow(keys.Market, false)
	}
	t.follow.due = 0
}

// SettleMarket settles a market by the user's word, where [Engine.Completeness] says that its result is not known, or
// it was settled unseen: the named contracts won and the others lost, and the account has nothing in it any more. The
// error is ErrNoState or order.ErrMarketUnknown, or ErrClosed once the engine has ended: nothing would keep it.
func (e *Engine) SettleMarket(market uint32, winners ...uint32) error {
	if e.trading == nil {
		return ErrNoState
	}
	if e.life.phase == phaseEnded {
		return ErrClosed
	}
	events, err := e.trading.orders.SettleMarket(market, winners, e.now)
	if err != nil {
		return err
	}
	e.trading.persist.noteRare()
	arguments := []any{market}
	for _, w := range winners {
		arguments = append(arguments, w)
	}
	e.decided(DecisionSettle, arguments...)
	e.trading.ordersEvents(events, e.now)
	return nil
}

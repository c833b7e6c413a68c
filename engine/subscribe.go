package engine

import (
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
)

// Subscribe subscribes to a market's books and state, from now on and after each login: at once if the engine is logged
// in, else at the next login. It may be called before Run, and again: a market that is subscribed to stays so. The
// error is one of [Engine.Send], and then the market is not subscribed to. With Config.DisableRestore it is
// SendMarketSubscribe.
func (e *Engine) Subscribe(market uint32) error {
	if e.life.phase == phaseEnded {
		return ErrClosed
	}
	if err := e.unsafe(); err != nil {
		return err
	}
	s := e.subscriptions
	if !s.disabled {
		switch {
		case s.markets.has(market):
			return nil
		case s.markets.full(market):
			return ErrSubscriptions
		case !e.maySubscribe():
			s.markets.add(market)
			s.unsent, s.next = true, 0
			return nil
		}
	}
	var m msg.MarketSubscribe
	m.SetMarketId(market)
	_, err := e.SendMarketSubscribe(&m)
	return err
}

// maySubscribe reports whether the session takes subscriptions now; otherwise the next login restores them.
func (e *Engine) maySubscribe() bool {
	s := e.session.State()
	return (s == session.Established || s == session.Recovering) && !e.gate.has(gateRestoring)
}

// Unsubscribe ends the bot's subscription to a market. The error is one of [Engine.Send]; without a session there is
// none, and the market is not subscribed to again. A market in which the account has orders or a position the engine
// subscribes to by itself, unless Config.State.DisableFollow is set, and one that is quoted with the next quote:
// [Engine.Pull] its quotes first.
func (e *Engine) Unsubscribe(market uint32) error {
	if e.life.phase == phaseEnded {
		return ErrClosed
	}
	if err := e.unsafe(); err != nil {
		return err
	}
	if s := e.subscriptions; !s.disabled && !e.session.State().LoggedIn() {
		s.markets.remove(market)
		return nil
	}
	var m msg.MarketUnsubscribe
	m.SetMarketId(market)
	_, err := e.SendMarketUnsubscribe(&m)
	return err
}

// subscribeQuoted subscribes to a market that is quoted and has no book, which holds quotes back while it cannot be
// trusted.
func (e *Engine) subscribeQuoted(market uint32) error {
	t := e.trading
	if _, ok := t.books.Market(market); ok || t.config.DisableFollow || e.subscriptions.disabled {
		return nil
	}
	return e.Subscribe(market)
}

package smkcontrol

import (
	"errors"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// closeFor is how long closing orders have before the bot is halted, and tryEvery how often one is tried that cannot
// leave yet.
const (
	closeFor = time.Second
	tryEvery = 20 * time.Millisecond
)

// errNobody says that the book has nothing that would take a position.
var errNobody = errors.New("nobody in the book takes it")

// place is a contract.
type place struct{ market, contract uint32 }

// closing sends an order for each position that takes what the book has for it, and has the bot halted a moment later.
// Meanwhile the quotes of its contracts stay pulled, whatever the bot asks for: an order that would meet a quote of our
// own has to wait for its cancellation. What finds no counterparty, or the bot's limits refuse, stays: a halt does not
// close positions. The loop only.
type closing struct {
	engine   *engine.Engine
	reason   string
	left     map[place]error // positions without an order, and why
	sent     int
	handlers []engine.Registration
	done     chan struct{} // closed when each position has its order, or the bot is halted
	over     bool
}

// beginClosing begins; held are the contracts with a position or orders.
func beginClosing(e *engine.Engine, held []engine.ContractPosition, reason string) *closing {
	c := &closing{engine: e, reason: reason, left: map[place]error{}, done: make(chan struct{})}
	all := map[place]bool{}
	for _, h := range held {
		all[place{h.Market, h.Contract}] = true
		c.left[place{h.Market, h.Contract}] = nil
	}
	pull := func(at place) {
		if all[at] {
			e.Pull(at.market, at.contract)
			c.try(at)
		}
	}
	for at := range all {
		pull(at)
	}
	if c.sent == 0 && len(c.left) == 0 {
		c.end()
		return c
	}
	c.handlers = []engine.Registration{
		e.OnBook(func(b book.Contract) { pull(place{b.Market(), b.ID()}) }),
		e.OnOrder(func(o *order.Order, _ *order.Event) { pull(place{o.Market, o.Contract}) }),
	}
	again, err := e.Every(tryEvery, func() {
		for at := range c.left {
			pull(at)
		}
	})
	if err == nil {
		c.handlers = append(c.handlers, again)
		_, err = e.After(closeFor, c.end)
	}
	if err != nil {
		c.end()
	}
	return c
}

// try sends the order that closes a position, if it has none.
func (c *closing) try(at place) {
	if _, waits := c.left[at]; !waits || c.over {
		return
	}
	now := c.engine.Position(at.market, at.contract)
	net := now.Final + now.Provisional
	side, quantity := odds.Sell, net
	if net < 0 {
		side, quantity = odds.Buy, -net
	}
	if net != 0 && !now.Settled {
		b, ok := c.engine.Book(at.market, at.contract)
		if !ok {
			c.left[at] = errNobody
			return
		}
		t := b.WithoutOwn().Take(opposite(side), quantity)
		if t.Quantity == 0 {
			c.left[at] = errNobody
			return
		}
		if _, err := c.engine.Place(order.Limit{
			Market: at.market, Contract: at.contract, Side: side, Price: t.Limit, Quantity: t.Quantity,
			TimeInForce: msg.ImmediateOrCancel,
		}); err != nil {
			c.left[at] = err
			return
		}
		c.sent++
	}
	if delete(c.left, at); len(c.left) == 0 {
		c.finish()
	}
}

// finish lets the request be answered.
func (c *closing) finish() {
	select {
	case <-c.done:
	default:
		close(c.done)
	}
}

// end halts the bot.
func (c *closing) end() {
	c.over = true
	for _, h := range c.handlers {
		h.Remove()
	}
	_ = c.engine.Halt(c.reason)
	c.finish()
}

func opposite(s odds.Side) odds.Side {
	if s == odds.Buy {
		return odds.Sell
	}
	return odds.Buy
}

package smkcontrol

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// closeFor is how long closing orders have before the bot is halted, and tryEvery how often one is tried that cannot
// leave yet.
const (
	closeFor = time.Second
	tryEvery = 20 * time.Millisecond
)

// Why a position stays.
var (
	errNobody = errors.New("nobody in the book takes it")
	errShort  = errors.New("the book had less than that, or it changed meanwhile")
)

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
	done     chan struct{} // closed when the bot is halted
	over     bool
}

// flatten closes positions, and says in the end which ones stay: it waits for the halt, and until its cancellations are
// done, so that no fill comes behind its answer.
func (s *Server) flatten(w http.ResponseWriter, r *http.Request) {
	reason, ok := reasonOf(w, r)
	if !ok {
		return
	}
	held, err := s.positions(r)
	if err != nil {
		notDone(w, err)
		return
	}
	var c *closing
	if !s.do(w, r, func() {
		if s.closing == nil || s.closing.over {
			s.closing = beginClosing(s.engine, held.Positions, reason)
		}
		c = s.closing
	}) {
		return
	}
	a, err := s.closed(r, c)
	switch {
	case err != nil:
		answer(w, http.StatusServiceUnavailable, Answer{
			Unknown: true,
			Error: "positions are being closed, and the bot is halted then, but what became of them is not known: " +
				err.Error(),
		})
	case a.Error != "":
		answer(w, http.StatusConflict, a)
	default:
		answer(w, http.StatusOK, a)
	}
}

// positions returns orders and positions as of now.
func (s *Server) positions(r *http.Request) (*engine.Snapshot, error) {
	ctx, cancel := context.WithTimeout(r.Context(), s.timeout)
	defer cancel()
	held := &engine.Snapshot{}
	err := s.engine.Submitter().Snapshot(ctx, held)
	if errors.Is(err, context.DeadlineExceeded) {
		err = errBusy
	}
	return held, err
}

// closed waits until positions are closed as far as can be, and returns what stays.
func (s *Server) closed(r *http.Request, c *closing) (a Answer, err error) {
	ctx, cancel := context.WithTimeout(r.Context(), s.timeout)
	defer cancel()
	select {
	case <-c.done:
	case <-s.engine.Done():
		return a, errEnded
	case <-ctx.Done():
		return a, errBusy
	}
	var left map[place]error
	for {
		var kill risk.KillState
		if err := s.onLoop(r, func() {
			a, left, kill = s.state(), c.left, s.engine.Mode().Kill
			a.Closing = c.sent
		}); err != nil {
			return a, err
		}
		if kill.Done() {
			break
		}
		select {
		case <-time.After(tryEvery):
			continue
		case <-ctx.Done():
		}
		break
	}
	held, err := s.positions(r)
	if err != nil {
		return a, err
	}
	for _, h := range held.Positions {
		if h.Settled || h.Final+h.Provisional == 0 {
			continue
		}
		why := left[place{h.Market, h.Contract}] // over: it does not change any more
		if why == nil {
			why = errShort
		}
		a.Left++
		a.Error = fmt.Sprintf("the bot is halted, but %d positions stay, one of them in contract %d: %v",
			a.Left, h.Contract, why)
	}
	switch {
	case a.Left > 0:
	case a.Open > 0:
		a.Error = fmt.Sprintf("the bot is halted, but %d orders are left, which may be filled: kill switch %s",
			a.Open, a.Kill)
	case held.Completeness.Why&order.NotCaughtUp != 0:
		a.Error = "the bot is halted, but there may be positions that it does not know: " +
			held.Completeness.Why.String()
	}
	return a, nil
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
	delete(c.left, at)
}

// end halts the bot, and has the request answered.
func (c *closing) end() {
	if c.over {
		return
	}
	c.over = true
	for _, h := range c.handlers {
		h.Remove()
	}
	_ = c.engine.Halt(c.reason)
	close(c.done)
}

func opposite(s odds.Side) odds.Side {
	if s == odds.Buy {
		return odds.Sell
	}
	return odds.Buy
}

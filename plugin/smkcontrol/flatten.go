package smkcontrol

import (
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// closeFor is how long closing orders have before the bot is halted.
const closeFor = time.Second

// flatten sends an order for each position that takes what the book has for it, pulls the quotes of its contract, and
// has the bot halted a moment later. It returns how many orders it sent. What finds no counterparty, or the bot's own
// limits refuse, stays: a halt does not close positions. held are the contracts with a position or orders. The loop
// only.
func flatten(e *engine.Engine, held []engine.ContractPosition, reason string) (sent int) {
	for _, h := range held {
		e.Pull(h.Market, h.Contract)
		now := e.Position(h.Market, h.Contract)
		net := now.Final + now.Provisional
		c, ok := e.Book(h.Market, h.Contract)
		if net == 0 || now.Settled || !ok {
			continue
		}
		side, quantity := odds.Sell, net
		if net < 0 {
			side, quantity = odds.Buy, -net
		}
		t := c.WithoutOwn().Take(opposite(side), quantity)
		if t.Quantity == 0 {
			continue
		}
		if _, err := e.Place(order.Limit{
			Market: h.Market, Contract: h.Contract, Side: side, Price: t.Limit, Quantity: t.Quantity,
			TimeInForce: msg.ImmediateOrCancel,
		}); err == nil {
			sent++
		}
	}
	if sent == 0 {
		_ = e.Halt(reason)
	} else if _, err := e.After(closeFor, func() { _ = e.Halt(reason) }); err != nil {
		_ = e.Halt(reason)
	}
	return sent
}

func opposite(s odds.Side) odds.Side {
	if s == odds.Buy {
		return odds.Sell
	}
	return odds.Buy
}

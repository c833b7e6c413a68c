package exchange

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/internal/codec"
)

// Bounds of what a state may hold.
const (
	cashMax  = int64(balanceSumMax)
	netMax   = int64(quantityMaxMax)
	namesMax = 1 << 12 // bytes of a text that is not a label
)

// Code writes or reads what the exchange knows between two commands, for package sim: money, positions, orders, books,
// provisional fills, replaces under way, reports and numbers, the states of markets and events, and what operators
// changed. Logins and subscriptions are not among it. It is read into a new exchange with the same accounts, events
// and markets. After an error, which the Coder has, the exchange must not be used.
func (x *Exchange) Code(c *codec.Coder) {
	codec.Int(c, &x.now, 0, math.MaxInt64)
	codec.Bool(c, &x.unavailable)
	codec.Bool(c, &x.suspended)
	codec.Int(c, &x.replaceDelay, 0, math.MaxInt64)
	x.codeForcedRejects(c)
	if n := codec.Count(c, len(x.accounts), accountsMax); n != len(x.accounts) {
		c.Fail("there are %d accounts, and %d in the configuration, with the other participants", n, len(x.accounts))
	}
	for _, a := range x.accounts {
		a.code(c)
	}
	if n := codec.Count(c, len(x.events), eventsMax); n != len(x.events) {
		c.Fail("there are %d events, and %d in the configuration", n, len(x.events))
	}
	for _, e := range x.events {
		codec.Same(c, fmt.Sprint(e.config.ID), "an event")
		codec.Int(c, &e.state, 0, math.MaxInt32)
	}
	if n := codec.Count(c, len(x.markets), marketsMax); n != len(x.markets) {
		c.Fail("there are %d markets, and %d in the configuration", n, len(x.markets))
	}
	for _, m := range x.markets {
		x.codeMarket(c, m)
	}
	orders := orderCoder{c, x, nil}
	orders.code()
	if !c.Reading() || c.Failed() {
		return
	}
	x.derive()
	if text := x.Audit(); text != "" {
		c.Fail("%s", text)
	}
}

func (x *Exchange) codeForcedRejects(c *codec.Coder) {
	types := slices.Sorted(maps.Keys(x.forcedRejects))
	for i := range codec.Count(c, len(types), 64) {
		var t msg.PayloadType
		var f forcedReject
		if !c.Reading() {
			t, f = types[i], x.forcedRejects[types[i]]
		}
		codec.Int(c, &t, 0, math.MaxInt32)
		codec.Int(c, &f.reason, 0, math.MaxInt32)
		codec.Int(c, &f.count, 0, math.MaxInt32)
		if c.Reading() && !c.Failed() {
			x.forcedRejects[t] = f
		}
	}
}

func (a *account) code(c *codec.Coder) {
	codec.Same(c, a.config.Username, "the account")
	codec.Same(c, a.config.Balance.String(), "the balance at the start of an account")
	codec.Int(c, &a.cash, 0, cashMax)
	codec.Uint(c, &a.sequence, math.MaxUint64)
	codec.Bool(c, &a.config.Suspended)
	codec.Int(c, &a.config.StakeLimit, 0, cashMax)
	var kept []Report
	a.history.since(0, func(r *Report) { kept = append(kept, *r) })
	last := uint64(0)
	for i := range codec.Count(c, len(kept), historyMax) {
		var r Report
		if !c.Reading() {
			r = kept[i]
		}
		r.code(c)
		if c.Failed() {
			return
		}
		if !c.Reading() {
			continue
		}
		if r.AccountSequence <= last || r.AccountSequence > a.sequence {
			c.Fail("report %d of %s follows %d, of %d", r.AccountSequence, a.config.Username, last, a.sequence)
			return
		}
		last = r.AccountSequence
		a.history.push(&r)
	}
}

// historyTypes are the types of reports that are kept.
var historyTypes = []msg.PayloadType{
	msg.PayloadOrderAccepted, msg.PayloadOrderExecuted, msg.PayloadOrderCancelled, msg.PayloadOrderRejected,
	msg.PayloadOrderCancelRejected, msg.PayloadOrderCancelAllAccepted, msg.PayloadOrderCancelAllRejected,
	msg.PayloadOrderExecuteConfirmed, msg.PayloadOrderExecuteVoided, msg.PayloadOrderQuantityReduced,
	msg.PayloadOrderQuantityReduceRejected, msg.PayloadOrderReduced, msg.PayloadOrderVoided,
	msg.PayloadOrderPendingReplace, msg.PayloadOrderCancelReplaceAccepted, msg.PayloadOrderCancelReplaceRejected,
}

func (r *Report) code(c *codec.Coder) {
	codec.Int(c, &r.Type, 0, math.MaxInt32)
	codec.Int(c, &r.Side, 0, int64(msg.SideSell))
	codec.Int(c, &r.Reason, 0, math.MaxInt32)
	for _, v := range []*uint64{
		&r.AccountSequence, &r.Seq, &r.Reference, &r.OrderID, &r.OrigOrderID, &r.Quantity, &r.NewQuantity,
		&r.SourceQuantity, &r.ExecutedQuantity, &r.AvailableQuantity,
	} {
		codec.Uint(c, v, math.MaxUint64)
	}
	for _, v := range []*uint32{
		&r.Market, &r.Contract, &r.Price, &r.OrigPrice, &r.AveragePrice, &r.PendingTimeout,
	} {
		codec.Uint(c, v, math.MaxUint32)
	}
	codec.Int(c, &r.AvailableBalance, -cashMax, cashMax)
	codec.Int(c, &r.Exposure, -cashMax, cashMax)
	codec.String(c, &r.Label, labelMax)
	codec.Bool(c, &r.HasReference)
	if c.Reading() && !c.Failed() && !slices.Contains(historyTypes, r.Type) {
		c.Fail("a report of type %v", r.Type)
	}
}

func (x *Exchange) codeMarket(c *codec.Coder, m *market) {
	codec.Same(c, fmt.Sprint(m.id, m.winnerTakesAll, m.config.NonRunners, len(m.contracts)), "the market")
	codec.Int(c, &m.state, int64(msg.MarketStateNew), int64(msg.MarketStateVoided))
	codec.Bool(c, &m.managed)
	codec.Int(c, &m.config.PendingTimeout, 0, 1000*second-1)
	codec.Uint(c, &m.volume, math.MaxUint64)
	for _, ct := range m.contracts {
		codec.Same(c, fmt.Sprint(ct.id), "the contract")
		codec.Int(c, &ct.state, int64(msg.ContractStateNew), math.MaxInt8)
		codec.Bool(c, &ct.settled)
		codec.Int(c, &ct.reduceType, 0, math.MaxInt8)
		codec.Uint(c, &ct.reduceFactor, PriceSum)
		e := &ct.lastExecution
		codec.Uint(c, &e.price, PriceMax)
		codec.Uint(c, &e.liquidity, sell)
		codec.Uint(c, &e.quantity, quantityMaxMax)
		codec.Uint(c, &e.microseconds, math.MaxUint64)
		codec.Uint(c, &ct.high, PriceMax)
		codec.Uint(c, &ct.low, PriceMax)
		x.codePositions(c, ct)
		if c.Failed() {
			return
		}
	}
}

// codePositions codes the positions that accounts ever had in a contract.
func (x *Exchange) codePositions(c *codec.Coder, ct *contract) {
	var holders []int
	for i, p := range ct.positions {
		if p != nil {
			holders = append(holders, i)
		}
	}
	for i := range codec.Count(c, len(holders), len(x.accounts)) {
		var index int
		if !c.Reading() {
			index = holders[i]
		}
		codec.Int(c, &index, 0, int64(len(x.accounts)-1))
		if c.Failed() {
			return
		}
		p := ct.ensurePosition(x.accounts[index])
		codec.Int(c, &p.net, -netMax, netMax)
		codec.Int(c, &p.flow, -cashMax, cashMax)
	}
}

// derive computes what follows from the rest: reserves and the visible books.
func (x *Exchange) derive() {
	for _, a := range x.accounts {
		for _, m := range x.markets {
			m.updateReserve(a)
		}
		a.pending = provisionalReserve(x, a)
	}
	for _, m := range x.markets {
		for _, ct := range m.contracts {
			for side := range ct.sides {
				x.window(ct, side)
				ct.shown[side] = append(ct.shown[side][:0], x.buf.windows[side]...)
			}
		}
	}
}

package backtest

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// supply is what a recording has at a price of a side at each moment, at most: what was traded, and what was visible.
type supply struct {
	traded []amount // against resting orders of the side
	added  []amount // to what others have there, from nothing if what was there before is not known
	last   uint64   // what they have
}

type amount struct {
	at       int64
	quantity uint64
}

// supplyMoment is a side of a contract at a clock reading.
type supplyMoment struct {
	contract uint32
	side     int
	at       int64
}

type supplyID struct {
	contract uint32
	side     int
	price    uint32
}

// supplies reads a recording once more, without any of what a run does with it.
func supplies(t *testing.T, dir string) (all map[supplyID]*supply, volume map[uint32]uint64) {
	t.Helper()
	r, err := openReader(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	all, volume = make(map[supplyID]*supply), make(map[uint32]uint64)
	at := func(contract uint32, side msg.Side, price uint32) *supply {
		id := supplyID{contract, sideIndex(side), price}
		if all[id] == nil {
			all[id] = new(supply)
		}
		return all[id]
	}
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all, volume
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, tr := range e.Change.Trades {
			s := at(e.Contract, tr.Side, tr.Price)
			s.traded = append(s.traded, amount{e.At, tr.Quantity})
			volume[e.Contract] += tr.Quantity
		}
		for id, s := range all {
			hidden := keyOf(id.side, id.price) < worstOf(id.side, e.Change.Worst[id.side])
			if e.Kind == EventBook && id.contract == e.Contract && (e.Change.Reset || hidden) {
				s.last = 0
			}
		}
		for _, l := range e.Change.Levels {
			s := at(e.Contract, l.Side, l.Price)
			s.added = append(s.added, amount{e.At, l.Quantity - min(l.Quantity, s.last)})
			s.last = l.Quantity
		}
	}
}

func worstOf(side int, price uint32) uint32 {
	if price == 0 {
		return 0
	}
	return keyOf(side, price)
}

// TestInvariants checks every fill of runs with latencies against the recording.
func TestInvariants(t *testing.T) {
	for seed := range uint64(4) {
		for _, l := range []Latency{{}, {Constant: 2e6, Samples: []time.Duration{1e6, 5e6, 9e6}}} {
			t.Run(fmt.Sprintf("seed %d, latency %v", seed, l), func(t *testing.T) { checkInvariants(t, seed, l) })
		}
	}
}

func checkInvariants(t *testing.T, seed uint64, l Latency) {
	d := record(t, dayConfig{
		seed: seed + 5000, duration: 20 * time.Second, rate: 120, turn: proofTurn, most: 60_000, goals: seed%2 == 1,
	})
	least, most := l.Constant, l.Constant
	if len(l.Samples) > 0 {
		least, most = least+slices.Min(l.Samples), most+slices.Max(l.Samples)
	}
	c := Config{
		Dir: d.dir, Seed: seed, Winners: d.winners(), Balance: 100_000 * exchange.Currency,
		Latency: Latencies{Feed: l, Entry: l, Response: l},
	}
	run := func() *Result {
		r, err := Run(c, botConfig(d.seed), d.again(proofTurn))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := run()
	all, volume := supplies(t, d.dir)
	sent, cancelled := make(map[uint64]int64), make(map[uint64]int64) // by reference, when they have arrived
	for turn, list := range d.actions {
		at := r.Begin + int64(proofTurn)*int64(turn+1)
		for _, a := range list {
			switch {
			case a.cancel == 0:
				sent[a.limit.Reference] = at + int64(least)
			case a.reduce == 0:
				cancelled[a.cancel] = at + int64(most)
			}
		}
	}
	for i := range r.Models {
		checkModel(t, &r.Models[i], all, volume)
		checkAccounts(t, r, &r.Models[i])
		for _, o := range r.Models[i].Orders {
			if at := sent[o.Reference]; o.Accepted < at || o.Accepted > at+int64(most-least) {
				t.Errorf("%s: sent to arrive at %d: %+v", r.Models[i].Queue, at, o)
			}
		}
		for _, f := range r.Models[i].Fills {
			if at, ok := cancelled[f.Reference]; ok && f.At > at {
				t.Errorf("%s: filled after its cancel had arrived: %+v", r.Models[i].Queue, f)
			}
		}
	}
	for i, m := range run().Models {
		if m.Digest != r.Models[i].Digest || len(m.Fills) != len(r.Models[i].Fills) || m.Profit != r.Models[i].Profit {
			t.Errorf("%s: another run came to %s, %d fills, %v, the first to %s, %d, %v",
				m.Queue, m.Digest, len(m.Fills), m.Profit,
				r.Models[i].Digest, len(r.Models[i].Fills), r.Models[i].Profit)
		}
	}
}

func checkModel(t *testing.T, m *Model, all map[supplyID]*supply, volume map[uint32]uint64) {
	t.Helper()
	orders := make(map[uint64]*OrderResult)
	for i := range m.Orders {
		orders[m.Orders[i].Order] = &m.Orders[i]
	}
	passive := make(map[uint32]uint64) // filled by trades, by contract
	moments := make(fillsOfMoments)    // likewise
	levels := make(fillsOfMoments)     // filled from visible levels, at any time
	taken := make(map[supplyID]uint64)
	filled := make(map[uint64]uint64)
	for _, f := range m.Fills {
		o := orders[f.Order]
		switch {
		case o == nil:
			t.Fatalf("%s: a fill of an unknown order: %+v", m.Queue, f)
		case f.At < o.Accepted:
			t.Errorf("%s: filled before it arrived: %+v, %+v", m.Queue, f, o)
		case o.Ended != 0 && f.At > o.Ended:
			t.Errorf("%s: filled after its end: %+v, %+v", m.Queue, f, o)
		case f.Side == "buy" && f.Price > o.Price || f.Side == "sell" && f.Price < o.Price:
			t.Errorf("%s: filled at a worse price than its own: %+v, %+v", m.Queue, f, o)
		}
		if filled[f.Order] += f.Quantity; filled[f.Order] > o.Quantity {
			t.Errorf("%s: more is filled than ordered: %+v", m.Queue, o)
		}
		side := msg.SideBuy
		if f.Side == "sell" {
			side = msg.SideSell
		}
		switch f.Reason {
		case exchange.FillQueueReached.String(), exchange.FillTradedThrough.String():
			passive[f.Contract] += f.Quantity
			moment := supplyMoment{f.Contract, sideIndex(side), f.At}
			moments.add(moment, f.Price, f.Quantity)
			at := all[supplyID{f.Contract, sideIndex(side), f.Price}]
			if f.Reason == exchange.FillQueueReached.String() && tradedBy(at, f.At) == 0 {
				t.Errorf("%s: no trade at the price of %+v", m.Queue, f)
			}
		case exchange.FillTook.String():
			id := supplyID{f.Contract, 1 - sideIndex(side), f.Price}
			if taken[id] += f.Quantity; taken[id] > addedBy(all[id], f.At) {
				t.Errorf("%s: took %d of %d that were visible: %+v", m.Queue, taken[id], addedBy(all[id], f.At), f)
			}
			levels.add(supplyMoment{f.Contract, sideIndex(side), 0}, f.Price, f.Quantity)
		case exchange.FillCrossed.String():
			levels.add(supplyMoment{f.Contract, sideIndex(side), 0}, f.Price, f.Quantity)
		default:
			t.Errorf("%s: a fill for no reason: %+v", m.Queue, f)
		}
	}
	moments.check(t, m.Queue+", by trades", all, tradedThrough)
	levels.check(t, m.Queue+", by levels", all, crossing)
	for contract, n := range passive {
		if n > volume[contract] {
			t.Errorf("%s: contract %d: trades filled %d, the recording has %d", m.Queue, contract, n, volume[contract])
		}
	}
}

// checkAccounts expects the money of a model to add up to the last unit, by fill, by contract and as a whole.
func checkAccounts(t *testing.T, r *Result, m *Model) {
	t.Helper()
	f := &m.Figures
	var reasons, voided, filled uint64
	flows := make(map[bookID]exchange.Money)
	nets := make(map[bookID]int64)
	for _, n := range f.Reasons {
		reasons += n
	}
	for _, x := range m.Fills {
		if x.Voided {
			voided += x.Quantity
			continue
		}
		filled += x.Quantity
		sign := int64(1)
		if x.Side == "sell" {
			sign = -1
		}
		id := bookID{x.Market, x.Contract}
		nets[id] += sign * int64(x.Quantity)
		flows[id] -= exchange.Money(sign) * exchange.Money(x.Quantity*uint64(x.Price))
	}
	if filled != f.Bought+f.Sold || voided != f.Voided || reasons != filled+voided {
		t.Errorf("%s: %d filled, %d and %d by side; %d voided, %d by fill; %d by reason",
			m.Queue, filled, f.Bought, f.Sold, f.Voided, voided, reasons)
	}
	var gross, paid exchange.Money
	byMarket := make(map[uint32]exchange.Money)
	for _, c := range m.Contracts {
		id := bookID{c.Market, c.Contract}
		want := flows[id]
		for _, end := range r.Outcomes {
			if end.Market == c.Market && slices.Contains(end.Winners, c.Contract) {
				want += exchange.Money(nets[id]) * exchange.PriceSum
			}
		}
		if c.Net != nets[id] || c.Flow != flows[id] || c.Profit != want {
			t.Errorf("%s: %+v, want %d for %v, profit %v", m.Queue, c, nets[id], flows[id], want)
		}
		gross += c.Profit
		byMarket[c.Market] += c.Profit
	}
	for _, p := range byMarket {
		if p > 0 {
			paid += p / exchange.PriceSum * exchange.Money(r.Settings.Commission)
		}
	}
	if m.Gross != gross || m.Paid != paid || m.Profit != gross-paid {
		t.Errorf("%s: %v less %v is %v, want %v less %v", m.Queue, m.Gross, m.Paid, m.Profit, gross, paid)
	}
}

// fillsOfMoments is what was filled at moments, by price.
type fillsOfMoments map[supplyMoment]map[uint32]uint64

func (f fillsOfMoments) add(m supplyMoment, price uint32, quantity uint64) {
	if f[m] == nil {
		f[m] = make(map[uint32]uint64)
	}
	f[m][price] += quantity
}

// check expects no more to be filled at a price, and worse ones, than there was for orders there.
func (f fillsOfMoments) check(t *testing.T, what string, all map[supplyID]*supply,
	most func(map[supplyID]*supply, supplyMoment, uint32) uint64,
) {
	t.Helper()
	for m, prices := range f {
		for price := range prices {
			n := uint64(0)
			for p, quantity := range prices {
				if keyOf(m.side, p) <= keyOf(m.side, price) {
					n += quantity
				}
			}
			if n > most(all, m, price) {
				t.Errorf("%s: %d filled of %d at %d in moment %+v", what, n, most(all, m, price), price, m)
			}
		}
	}
}

// tradedThrough returns what was traded at a moment at a price or worse ones, for resting orders there.
func tradedThrough(all map[supplyID]*supply, m supplyMoment, price uint32) (n uint64) {
	for id, s := range all {
		if id.contract == m.contract && id.side == m.side && keyOf(m.side, id.price) <= keyOf(m.side, price) {
			n += tradedBy(s, m.at)
		}
	}
	return n
}

// crossing returns what was visible at any time on the other side, at prices that an order matches.
func crossing(all map[supplyID]*supply, m supplyMoment, price uint32) (n uint64) {
	for id, s := range all {
		if id.contract == m.contract && id.side != m.side &&
			keyOf(m.side, price)+keyOf(id.side, id.price) >= exchange.PriceSum {
			n += addedBy(s, math.MaxInt64)
		}
	}
	return n
}

// tradedBy returns what was traded at a moment.
func tradedBy(s *supply, at int64) (n uint64) {
	if s == nil {
		return 0
	}
	for _, a := range s.traded {
		if a.at == at {
			n += a.quantity
		}
	}
	return n
}

// addedBy returns what of a level was visible up to a moment: what was there, and what was added.
func addedBy(s *supply, at int64) (n uint64) {
	if s == nil {
		return 0
	}
	for _, a := range s.added {
		if a.at <= at {
			n += a.quantity
		}
	}
	return n
}

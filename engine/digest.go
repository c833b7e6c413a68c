package engine

import (
	"fmt"
	"math/bits"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
)

// digest is a rolling hash of numbers, which tells one history from another; it is no protection against anybody.
type digest uint64

func (d *digest) add(v uint64) {
	x := (uint64(*d) ^ v) * 0x9e3779b97f4a7c15
	*d = digest(bits.RotateLeft64(x, 29) ^ x>>32)
}

// countOther counts an event that is no message, after its handlers, and adds it to the digest of the run. Of messages
// that is done for one in digestEvery.
func (e *Engine) countOther(ev *Event) {
	if t := e.tape; t != nil { // the handlers may have ended the engine
		t.events++
		e.digestEvent(ev)
	}
}

// digestEvent adds to the digest where the run is and what it has come to, and with a connection's begin or end, and
// after many events, all of its state.
func (e *Engine) digestEvent(ev *Event) {
	t := e.tape
	connection := ev.Kind == session.StateChanged || ev.Kind == session.LoggedIn
	t.digest.add(uint64(ev.Kind)<<32 | uint64(ev.Seq)&0xffffffff)
	t.digest.add(t.events)
	if s := e.trading; s != nil {
		t.digest.add(uint64(s.orders.LiveCount())<<32 ^ uint64(s.orders.Realised()))
		if connection || t.events%stateDigestEvery == 0 {
			t.digest.add(e.StateDigest())
		}
	}
	if connection || t.events%digestEvery == 0 {
		t.noteDigest()
	}
}

// noteDigest notes the digest, or compares it in a replay. What was sent before it is recorded, or compared, first.
func (t *tape) noteDigest() {
	t.session.RecordNow()
	if t.rec == nil {
		p := t.player
		if !p.expect(t, tapeDigest) {
			return
		}
		if recorded := p.number(); recorded != uint64(t.digest) {
			const field = "digest of the state after an event"
			p.differs(p.at, field, fmt.Sprintf("%016x", recorded), fmt.Sprintf("%016x", uint64(t.digest)))
		}
		p.digests++
		return
	}
	t.note(tapeDigest)
	t.number(uint64(t.digest))
	t.rec.Append2(journal.KindDigest, 0, t.epoch, t.clock, uint64(t.digest), t.events)
}

// StateDigest returns a hash over the trading state: orders that are not terminal, positions, money of the account,
// and the books with their levels. Two engines that were given the same have the same digest. It takes as long as it
// takes to walk all of that, and is 0 without a trading state.
func (e *Engine) StateDigest() uint64 {
	t := e.trading
	if t == nil {
		return 0
	}
	var d digest
	for o := range t.orders.Live {
		d.addOrder(o)
	}
	for market, contract := range t.orders.Positions {
		p := t.orders.Position(market, contract)
		d.add(uint64(market)<<32 | uint64(contract))
		for _, v := range [...]int64{
			int64(p.Final), int64(p.FinalFlow), int64(p.Provisional), int64(p.ProvisionalFlow), int64(p.Buying),
			int64(p.Selling), int64(p.AskedBuying), int64(p.AskedSelling), int64(p.Open), int64(p.Asked),
		} {
			d.add(uint64(v))
		}
	}
	a := t.orders.Account()
	for _, m := range [...]odds.Money{a.Cash, a.Reserved, a.Asked, a.Awaiting, a.Realised} {
		d.add(uint64(m))
	}
	for place, left := 0, t.books.Count(); left > 0; place++ {
		if c, ok := t.books.ContractAt(place); ok {
			d.addBook(c)
			left--
		}
	}
	return uint64(d)
}

func (d *digest) addOrder(o *order.Order) {
	d.add(o.ID)
	d.add(o.Reference)
	d.add(uint64(o.Market)<<32 | uint64(o.Contract))
	d.add(uint64(o.Side) | uint64(o.State)<<8 | uint64(o.Overlay)<<16 | uint64(o.Price)<<32)
	for _, q := range [...]odds.Quantity{o.Quantity, o.Executed, o.Provisional, o.Available} {
		d.add(uint64(q))
	}
}

func (d *digest) addBook(c book.Contract) {
	state, causes := c.State()
	d.add(uint64(c.Market())<<32 | uint64(c.ID()))
	d.add(uint64(state) | uint64(causes)<<8)
	for _, side := range [...]odds.Side{odds.Buy, odds.Sell} {
		var room [64]book.Level
		for _, l := range c.Levels(room[:0], side) {
			d.add(uint64(l.Price)<<48 ^ uint64(l.Quantity))
		}
	}
}

package backtest

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// pendingBooks are changes of books whose reports, if there are any, are behind them in the recording: the exchange
// sends the books that a request changed before the reports about it.
type pendingBooks struct {
	list     [pendingMax]pendingBook
	n        int
	reported bool // reports have been read behind the newest one
}

// pendingBook is a change of a contract's book.
type pendingBook struct {
	at     int64
	id     bookID
	sides  *twoSides
	levels []exchange.ChangedLevel // with own orders
	trades []exchange.Trade        // likewise
	taken  []takenLevel            // by incoming orders of the recording account
}

// takenLevel is what incoming orders of the recording account took from a level.
type takenLevel struct {
	ownLevel
	quantity uint64
}

// update takes a change of a book.
func (r *Reader) update(at int64, q *msg.ContractQuotes) {
	id := bookID{q.GetMarketId(), q.GetContractId()}
	w := r.find(id)
	if w == nil {
		return // there was no complete book yet
	}
	p := &r.pending
	if p.reported || p.n == len(p.list) || w.waits {
		r.flush()
	}
	b := &p.list[p.n]
	p.n++
	b.at, b.id, b.sides, w.waits = at, id, w, true
	b.levels = appendLevels(b.levels[:0], msg.SideBuy, q.GetBids())
	b.levels = appendLevels(b.levels, msg.SideSell, q.GetOffers())
	b.trades, b.taken = b.trades[:0], b.taken[:0]
	for i := range q.GetExecutions() {
		x := &q.GetExecutions()[i]
		if n := x.GetQuantity(); n > 0 && validPrice(x.GetPrice()) && validSide(x.GetLiquidity()) {
			b.trades = append(b.trades, exchange.Trade{
				Side: x.GetLiquidity(), Price: x.GetPrice(), Quantity: n, Others: n, Microseconds: x.GetMicroseconds(),
			})
		}
	}
}

func validPrice(p uint32) bool { return p >= exchange.PriceMin && p <= exchange.PriceMax }
func validSide(s msg.Side) bool {
	return s == msg.SideBuy || s == msg.SideSell
}

func appendLevels(to []exchange.ChangedLevel, side msg.Side, quotes []msg.Quote) []exchange.ChangedLevel {
	for i := range quotes {
		if q := &quotes[i]; validPrice(q.GetPrice()) {
			to = append(to, exchange.ChangedLevel{Side: side, Price: q.GetPrice(), Quantity: q.GetQuantity()})
		}
	}
	return to
}

// flush turns the books that wait into events, with the reports that were read behind them.
func (r *Reader) flush() {
	p := &r.pending
	for i := range p.n {
		r.change(&p.list[i])
		p.list[i].sides.waits = false
	}
	at := r.last
	if p.n > 0 {
		at = p.list[p.n-1].at
	}
	p.n, p.reported = 0, false
	if len(r.own.changed)+len(r.own.fills)+len(r.own.voided) > 0 {
		r.applyOwn(at)
	}
}

// change turns a change of a book into an event, unless all of it was the recording account's own.
func (r *Reader) change(b *pendingBook) {
	w := b.sides
	if len(r.own.fills) > 0 {
		r.takeOwnTrades(b)
	}
	e := r.event(EventBook, b.at)
	e.Market, e.Contract = b.id.market, b.id.contract
	e.Change.Trades = append(e.Change.Trades, b.trades...)
	before := [2]uint32{w.sides[buy].worst(buy), w.sides[sell].worst(sell)}
	if len(b.taken) > 0 {
		r.taken[b.id] = append(r.taken[b.id], b.taken...)
	} else if len(r.taken) > 0 {
		r.restore(e, w)
	}
	for i := range b.levels {
		r.changeLevel(e, w, &b.levels[i])
	}
	for w.stale {
		side, price, found := w.uncross()
		if !found {
			break
		}
		e.Change.Levels = append(e.Change.Levels, exchange.ChangedLevel{Side: sideOf(side), Price: price})
	}
	for side := range w.sides {
		if s := &w.sides[side]; len(s.levels) > s.depth {
			for i := range b.levels {
				if l := &b.levels[i]; l.Quantity > 0 && sideIndex(l.Side) == side {
					s.raise(keyOf(side, l.Price))
				}
			}
			s.trim()
		}
		e.Change.Worst[side] = w.sides[side].worst(side)
	}
	if len(e.Change.Levels)+len(e.Change.Trades) == 0 && before == e.Change.Worst {
		r.ready = r.ready[:len(r.ready)-1]
	}
}

// restore adds to an event the levels that the recording account took from before, as it left them. What it took is
// left until the next change that the others make, so that a bot which does the same finds what it found; what that
// change says of such a level is behind it in the event.
func (r *Reader) restore(e *Event, w *twoSides) {
	list := r.taken[bookID{e.Market, e.Contract}]
	if len(list) == 0 {
		return
	}
	delete(r.taken, bookID{e.Market, e.Contract})
	for _, l := range list {
		var others uint64
		if i, found := w.sides[l.side].find(l.key); found {
			level := &w.sides[l.side].levels[i]
			level.others = r.others(l.ownLevel, level.quantity)
			others = level.others
		}
		e.Change.Levels = append(e.Change.Levels, exchange.ChangedLevel{
			Side: sideOf(l.side), Price: keyOf(l.side, l.key), Quantity: others,
		})
	}
}

// takenAt returns what the recording account has taken from a level since the others last changed the book.
func (r *Reader) takenAt(l ownLevel) (n uint64) {
	if len(r.taken) == 0 {
		return 0
	}
	for _, t := range r.taken[bookID{l.market, l.contract}] {
		if t.ownLevel == l {
			n += t.quantity
		}
	}
	return n
}

// changeLevel applies a level, and adds it to an event if what the others have there has changed.
func (r *Reader) changeLevel(e *Event, w *twoSides, l *exchange.ChangedLevel) {
	side := sideIndex(l.Side)
	key := keyOf(side, l.Price)
	others := r.others(ownLevel{e.Market, e.Contract, side, key}, l.Quantity)
	before, found := w.sides[side].set(key, l.Quantity, others)
	if found && before == others && !tradedAt(e.Change.Trades, l) {
		return
	}
	if !found && others == 0 && !tradedAt(e.Change.Trades, l) {
		return
	}
	e.Change.Levels = append(e.Change.Levels, exchange.ChangedLevel{Side: l.Side, Price: l.Price, Quantity: others})
}

// others returns what of a level is not the recording account's, as if that had not taken from it.
func (r *Reader) others(l ownLevel, quantity uint64) uint64 {
	mine := r.own.at(l)
	if mine > quantity && quantity > 0 {
		r.count.Unpaired++
	}
	return quantity - min(quantity, mine) + r.takenAt(l)
}

func tradedAt(trades []exchange.Trade, l *exchange.ChangedLevel) bool {
	for i := range trades {
		if trades[i].Side == l.Side && trades[i].Price == l.Price {
			return true
		}
	}
	return false
}

// takeOwnTrades finds the recording account's fills among the trades of a book. Those that filled its resting orders
// stay with what others got of them, those of its incoming orders go.
func (r *Reader) takeOwnTrades(b *pendingBook) {
	for i := range r.own.fills {
		f := &r.own.fills[i]
		if f.market != b.id.market || f.contract != b.id.contract || f.quantity == 0 {
			continue
		}
		for exact := true; ; exact = false {
			if takeOwnTrade(b, f, exact) || !exact {
				break
			}
		}
	}
	kept := b.trades[:0]
	for _, t := range b.trades {
		if t.Quantity > 0 {
			kept = append(kept, t)
		}
	}
	b.trades = kept
}

// takeOwnTrade takes a fill out of the first trade of its price and quantity, or of at least its quantity.
func takeOwnTrade(b *pendingBook, f *ownFill, exact bool) bool {
	for i := range b.trades {
		t := &b.trades[i]
		if t.Price != f.price || t.Others < f.quantity || exact && t.Others != f.quantity {
			continue
		}
		if t.Others -= f.quantity; sideIndex(t.Side) != f.side {
			t.Quantity -= f.quantity
			side := sideIndex(t.Side)
			b.taken = append(b.taken, takenLevel{
				ownLevel{b.id.market, b.id.contract, side, keyOf(side, t.Price)}, f.quantity,
			})
		}
		f.quantity = 0
		return true
	}
	return false
}

// applyOwn takes note of own orders that changed without a change of the book's level: of those that are not visible,
// nothing follows; else what the others have there is another quantity than it was.
func (r *Reader) applyOwn(at int64) {
	for _, l := range r.own.changed {
		w := r.books[bookID{l.market, l.contract}]
		if w == nil {
			continue
		}
		i, found := w.sides[l.side].find(l.key)
		if !found {
			continue
		}
		level := &w.sides[l.side].levels[i]
		others := r.others(l, level.quantity)
		if others == level.others {
			continue
		}
		level.others = others
		e := r.event(EventBook, at)
		e.Market, e.Contract = l.market, l.contract
		e.Change.Worst = [2]uint32{w.sides[buy].worst(buy), w.sides[sell].worst(sell)}
		e.Change.Levels = append(e.Change.Levels, exchange.ChangedLevel{
			Side: sideOf(l.side), Price: keyOf(l.side, l.key), Quantity: others,
		})
	}
	for _, market := range r.own.voided {
		r.event(EventVoid, at).Market = market
	}
	r.own.clear()
}

// find is book, faster for contracts of which something was received lately.
func (r *Reader) find(id bookID) *twoSides {
	f := &r.found[id.contract%uint32(len(r.found))]
	if f.sides == nil || f.id != id {
		f.id, f.sides = id, r.book(id)
	}
	return f.sides
}

// book returns the windows of a contract of which complete books were received, nil of any other. A contract that they
// do not name is empty.
func (r *Reader) book(id bookID) *twoSides {
	w := r.books[id]
	contracts, known := r.contracts[id.market]
	if w == nil && known && len(contracts) < contractsMax {
		w = &twoSides{sides: [2]window{{depth: depthLeast}, {depth: depthLeast}}}
		r.books[id] = w
		r.contracts[id.market] = append(contracts, id.contract)
	}
	return w
}

// snapshot takes the complete books of a market.
func (r *Reader) snapshot(at int64, q *msg.MarketQuotes) {
	market := q.GetMarketId()
	if _, known := r.contracts[market]; !known && len(r.contracts) >= marketsMax {
		return
	}
	named := q.GetContractQuotes()
	for _, contract := range r.contracts[market] {
		id := bookID{market, contract}
		if w := r.books[id]; !names(named, contract) && len(w.sides[buy].levels)+len(w.sides[sell].levels) > 0 {
			r.complete(at, id, w, nil)
		}
	}
	if r.contracts[market] == nil {
		r.contracts[market] = []uint32{}
	}
	for i := range named {
		id := bookID{market, named[i].GetContractId()}
		if w := r.book(id); w != nil {
			r.complete(at, id, w, &named[i])
		}
	}
}

func names(list []msg.ContractQuotes, contract uint32) bool {
	for i := range list {
		if list[i].GetContractId() == contract {
			return true
		}
	}
	return false
}

// complete replaces a book; q is nil for an empty one.
func (r *Reader) complete(at int64, id bookID, w *twoSides, q *msg.ContractQuotes) {
	e := r.event(EventBook, at)
	e.Market, e.Contract, e.Change.Reset = id.market, id.contract, true
	delete(r.taken, id)
	w.stale = false
	for side := range w.sides {
		w.sides[side].levels = w.sides[side].levels[:0]
	}
	if q != nil {
		var levels []exchange.ChangedLevel
		levels = appendLevels(levels, msg.SideBuy, q.GetBids())
		levels = appendLevels(levels, msg.SideSell, q.GetOffers())
		for i := range levels {
			l := &levels[i]
			side := sideIndex(l.Side)
			key := keyOf(side, l.Price)
			others := r.others(ownLevel{id.market, id.contract, side, key}, l.Quantity)
			w.sides[side].set(key, l.Quantity, others)
			l.Quantity = others
			e.Change.Levels = append(e.Change.Levels, *l)
		}
	}
	for side := range w.sides {
		w.sides[side].depth = max(w.sides[side].depth, min(len(w.sides[side].levels), depthMost))
		w.sides[side].trim()
		e.Change.Worst[side] = w.sides[side].worst(side)
	}
}

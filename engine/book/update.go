package book

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/odds"
)

// ApplyUpdate applies a contract_quotes message that came by itself, at a clock reading, and returns the contract.
// The message is applied as a whole, or not at all if there is an error: an [Error] or a [*LimitError]. A message
// that is refused for what it says makes the market's books suspect.
func (b *Books) ApplyUpdate(q *msg.ContractQuotes, now int64) (Contract, error) {
	b.events = b.events[:0]
	i := b.index.find(contractKey(q.GetMarketId(), q.GetContractId()))
	if i == none {
		var err error
		if i, err = b.newcomer(q, now); err != nil {
			return Contract{}, err
		}
	}
	c := &b.contract[i]
	m := &b.market[c.slot]
	if m.flags&(flagBase|flagClosed) != flagBase || c.flags&contractClosed != 0 {
		return Contract{}, b.untimely(m)
	}
	qb, qo, executions := q.GetBids(), q.GetOffers(), q.GetExecutions()
	if max(len(qb), len(qo)) > changesMax*b.stride {
		marks.Hit(marks.UpdateTooManyLevels)
		return Contract{}, b.reject(m, ErrTooManyLevels, now)
	}
	traded := len(executions) > 0 || q.HasHighPrice() || q.HasLowPrice()
	if traded {
		if err := checkTrades(q, executions); err != nil {
			marks.Hit(marks.UpdateBadTrade)
			return Contract{}, b.reject(m, err, now)
		}
	}
	words := b.words(i)
	nb, no := int(c.n[bids]), int(c.n[offers])
	if nb+len(qb) > b.stride || no+len(qo) > b.stride {
		marks.Hit(marks.UpdateLarge)
		if err := b.mergeLarge(c, words, [2][]msg.Quote{qb, qo}, now); err != nil {
			marks.Hit(marks.UpdateTooDeep)
			return Contract{}, b.reject(m, err, now)
		}
	} else {
		several := len(qb)+len(qo) > 1 // a single level is valid, or changes nothing
		if several {
			keep(b.out[bids], words, nb)
			keep(b.out[offers], words[b.stride:], no)
		}
		if len(qb) > 0 {
			nb = merge(words, nb, bids, qb)
		}
		if len(qo) > 0 && nb != invalid {
			no = merge(words[b.stride:], no, offers, qo)
		}
		if nb == invalid || no == invalid {
			if several {
				b.restore(c, words)
			}
			marks.Hit(marks.UpdateBadQuote)
			return Contract{}, b.reject(m, checkQuotes(qb, qo), now)
		}
		if max(nb, no) > b.depth {
			nb = b.trim(c, words, nb, bids, qb, now)
			marks.Hit(marks.BookTrimmed)
			no = b.trim(c, words[b.stride:], no, offers, qo, now)
		}
		c.n = [2]uint8{uint8(nb), uint8(no)}
		if min(nb, no) == 0 {
			terminate(c, words)
		}
	}
	if traded {
		b.applyTrades(i, q, executions)
	}
	c.updated, m.updated = now, now
	b.stats.Updates++
	if isCrossed(words) != c.causes.Has(Crossed) {
		b.setCrossed(i, now)
	}
	if c.orders > 0 {
		if c.own[bids] != none && len(qb)+len(executions) > 0 {
			b.updateQueues(c, i, bids, qb, executions)
		}
		if c.own[offers] != none && len(qo)+len(executions) > 0 {
			b.updateQueues(c, i, offers, qo, executions)
		}
	}
	return Contract{b: b, market: c.market, id: c.id, slot: i}, nil
}

// newcomer makes the slot of a contract that a snapshot left out.
func (b *Books) newcomer(q *msg.ContractQuotes, now int64) (int32, error) {
	slot := b.byMarket.find(uint64(q.GetMarketId()))
	if slot == none {
		marks.Hit(marks.UpdateUnknownMarket)
		return none, b.ignore(ErrUnknownMarket)
	}
	m := &b.market[slot]
	if m.flags&(flagBase|flagClosed) != flagBase {
		return none, b.untimely(m)
	}
	i, err := b.claimContract(slot, q.GetContractId())
	if err != nil {
		marks.Hit(marks.UpdateFull)
		return none, b.reject(m, err, now)
	}
	b.contract[i].updated = m.snapshot
	marks.Hit(marks.UpdateNewContract)
	return i, nil
}

// untimely returns why an update cannot be applied.
func (b *Books) untimely(m *market) error {
	switch {
	case m.is(flagBase):
		marks.Hit(marks.UpdateOfClosed)
		return b.ignore(ErrClosed)
	case m.is(flagSubscribed | flagFed):
		marks.Hit(marks.UpdateBeforeSnapshot)
		return b.ignore(ErrNoSnapshot)
	}
	return b.ignore(ErrUnknownMarket)
}

// keep copies the first n words of a side.
func keep(to, words []uint64, n int) {
	const few = 8
	if n <= few && len(words) >= few {
		*(*[few]uint64)(to) = [few]uint64(words) // no call
		return
	}
	copy(to, words[:n])
}

// restore undoes what was changed after both sides were copied to out.
func (b *Books) restore(c *contract, words []uint64) {
	copy(words, b.out[bids][:c.n[bids]])
	copy(words[b.stride:], b.out[offers][:c.n[offers]])
	terminate(c, words)
}

// terminate sets the first word of an empty side to 0.
func terminate(c *contract, words []uint64) {
	for side, n := range c.n {
		if n == 0 {
			words[side*len(words)/2] = 0
		}
	}
}

// mergeLarge applies a message that may have more levels than there is room for. Both sides are merged elsewhere
// before one is changed.
func (b *Books) mergeLarge(c *contract, words []uint64, quotes [2][]msg.Quote, now int64) error {
	var count [2]int
	for side := range quotes {
		out := b.out[side]
		n := copy(out, words[side*b.stride:][:c.n[side]])
		if n = merge(out, n, side, quotes[side]); n == invalid {
			return checkQuotes(quotes[bids], quotes[offers])
		}
		if n > b.stride && keyWord(out[b.stride]) >= lowestKey(side, quotes[side]) {
			return ErrTooManyLevels
		}
		count[side] = n
	}
	for side := range quotes {
		out := b.out[side]
		n := b.trim(c, out, count[side], side, quotes[side], now)
		copy(words[side*b.stride:], out[:n])
		c.n[side] = uint8(n)
	}
	terminate(c, words)
	return nil
}

// trim returns how many of n words are in the window. The exchange shows what it sends: if a level of a message is
// beyond the window, the window is deeper.
func (b *Books) trim(c *contract, words []uint64, n, side int, quotes []msg.Quote, now int64) int {
	if n <= b.depth {
		return n
	}
	lowest := lowestKey(side, quotes)
	if keyWord(words[b.depth]) >= lowest {
		rank := b.depth + 1
		for rank < n && keyWord(words[rank]) >= lowest {
			rank++
		}
		b.raise(rank, now)
		marks.Hit(marks.BookDepthRaised)
	}
	if n <= b.depth {
		return n
	}
	if c.cut == 0 || int(c.cut) > b.depth {
		c.cut = uint8(b.depth)
	}
	return b.depth
}

// raise makes the window deeper. Books that were cut at less lack levels.
func (b *Books) raise(depth int, now int64) {
	b.depth = depth
	b.emit(Event{Kind: DepthRaised, Depth: uint8(depth)})
	for i := range b.contract {
		if c := &b.contract[i]; c.cut > 0 && int(c.cut) < depth && c.market != 0 {
			b.addCause(&b.market[c.slot], Window, now)
			marks.Hit(marks.BookCutTooShort)
		}
	}
}

// isCrossed reports whether the best bid is at or above the best offer of a contract's words. The first word of an
// empty side is 0.
func isCrossed(words []uint64) bool {
	return keyWord(words[0])+keyWord(words[len(words)/2]) >= whole
}

// checkTrades returns what is wrong with the trades of a message.
func checkTrades(q *msg.ContractQuotes, executions []msg.Execution) error {
	for i := range executions {
		if err := checkTrade(&executions[i]); err != nil {
			return err
		}
	}
	if q.HasHighPrice() && q.GetHighPrice()-1 >= uint32(odds.PriceMax) ||
		q.HasLowPrice() && q.GetLowPrice()-1 >= uint32(odds.PriceMax) {
		return ErrPrice
	}
	return nil
}

func checkTrade(e *msg.Execution) error {
	if e.GetPrice()-1 >= uint32(odds.PriceMax) {
		return ErrPrice
	}
	if e.GetQuantity() > uint64(odds.QuantityMax) {
		return ErrQuantity
	}
	return nil
}

// applyTrades takes over the executions of an update, and the highest and lowest price.
func (b *Books) applyTrades(i int32, q *msg.ContractQuotes, executions []msg.Execution) {
	t, c := &b.trades[i], &b.contract[i]
	m := &b.market[c.slot]
	first := t.last == 0 // then nothing was traded before, and the prices are all there are
	for k := range executions {
		e := &executions[k]
		price, quantity := odds.Price(e.GetPrice()), odds.Quantity(e.GetQuantity())
		if t.high != 0 || first {
			t.high = max(t.high, price)
		}
		if t.low != 0 {
			t.low = min(t.low, price)
		} else if first {
			t.low = price
		}
		c.traded = min(c.traded+quantity, odds.QuantityMax)
		m.volume = min(m.volume+quantity, odds.QuantityMax)
		t.setLast(e)
	}
	t.setExtremes(q)
}

// setLast takes over the newest execution.
func (t *trades) setLast(e *msg.Execution) {
	t.last, t.lastQuantity = odds.Price(e.GetPrice()), odds.Quantity(e.GetQuantity())
	t.liquidity, t.lastMicros = odds.Side(e.GetLiquidity()), e.GetMicroseconds()
	if !t.liquidity.Valid() {
		t.liquidity = 0
	}
}

func (t *trades) setExtremes(q *msg.ContractQuotes) {
	if q.HasHighPrice() {
		t.high = odds.Price(q.GetHighPrice())
	}
	if q.HasLowPrice() {
		t.low = odds.Price(q.GetLowPrice())
	}
}

package book

import (
	"github.com/smk-go/smk/gen/msg"
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
	if max(len(qb), len(qo)) > cap(b.in[0]) {
		return Contract{}, b.reject(m, ErrTooManyLevels, now)
	}
	changed, err := pack(b.in[bids][:0], bids, qb)
	if err != nil {
		return Contract{}, b.reject(m, err, now)
	}
	changedOffers, err := pack(b.in[offers][:0], offers, qo)
	if err != nil {
		return Contract{}, b.reject(m, err, now)
	}
	traded := len(executions) > 0 || q.HasHighPrice() || q.HasLowPrice()
	if traded {
		if err := checkTrades(q, executions); err != nil {
			return Contract{}, b.reject(m, err, now)
		}
	}
	if int(c.n[bids])+len(qb) > b.stride || int(c.n[offers])+len(qo) > b.stride {
		if err := b.mergeLarge(i, [2][]uint64{changed, changedOffers}, now); err != nil {
			return Contract{}, b.reject(m, err, now)
		}
	} else {
		if len(qb) > 0 {
			b.mergeSide(i, bids, changed, now)
		}
		if len(qo) > 0 {
			b.mergeSide(i, offers, changedOffers, now)
		}
	}
	if traded {
		b.applyTrades(i, q, executions)
	}
	c.updated, m.heard = now, now
	b.stats.Updates++
	if b.isCrossed(i) != c.causes.Has(Crossed) {
		b.setCrossed(i, now)
	}
	if c.orders > 0 {
		b.updateQueues(c, i, executions)
	}
	return Contract{b: b, market: c.slot, slot: i, id: c.id}, nil
}

// newcomer makes the slot of a contract that a snapshot left out.
func (b *Books) newcomer(q *msg.ContractQuotes, now int64) (int32, error) {
	slot := b.byMarket.find(uint64(q.GetMarketId()))
	if slot == none {
		return none, b.ignore(ErrUnknownMarket)
	}
	m := &b.market[slot]
	if m.flags&(flagBase|flagClosed) != flagBase {
		return none, b.untimely(m)
	}
	i, err := b.claimContract(slot, q.GetContractId())
	if err != nil {
		return none, b.reject(m, err, now)
	}
	b.contract[i].updated = m.heard
	return i, nil
}

// untimely returns why an update cannot be applied.
func (b *Books) untimely(m *market) error {
	switch {
	case m.is(flagBase):
		return b.ignore(ErrClosed)
	case m.is(flagSubscribed | flagFed):
		return b.ignore(ErrNoSnapshot)
	}
	return b.ignore(ErrUnknownMarket)
}

// mergeSide applies changes to a side that has room for all of them.
func (b *Books) mergeSide(i int32, side int, changes []uint64, now int64) {
	words := b.side(i, side)
	n, lowest := merge(words, int(b.contract[i].n[side]), changes)
	if n > b.depth {
		n = b.trim(i, words, n, lowest, now)
	}
	if n == 0 {
		words[0] = 0
	}
	b.contract[i].n[side] = uint8(n)
}

// mergeLarge is mergeSide for both sides of a large message. Both are merged before one is changed.
func (b *Books) mergeLarge(i int32, changes [2][]uint64, now int64) error {
	var count [2]int
	var lowest [2]uint64
	for side := range changes {
		words := b.out[side]
		n := copy(words, b.side(i, side)[:b.contract[i].n[side]])
		count[side], lowest[side] = merge(words, n, changes[side])
		if count[side] > b.stride && keyWord(words[b.stride]) >= keyWord(lowest[side]) {
			return ErrTooManyLevels
		}
	}
	for side := range changes {
		words, n := b.out[side], count[side]
		if n > b.depth {
			n = b.trim(i, words, n, lowest[side], now)
		}
		copied := b.side(i, side)
		copied[0] = 0
		copy(copied, words[:n])
		b.contract[i].n[side] = uint8(n)
	}
	return nil
}

// trim returns how many of n words are in the window. The exchange shows what it sends: if the lowest word of a
// message is beyond the window, the window is deeper.
func (b *Books) trim(i int32, words []uint64, n int, lowest uint64, now int64) int {
	if keyWord(words[b.depth]) >= keyWord(lowest) {
		rank := b.depth + 1
		for rank < n && keyWord(words[rank]) >= keyWord(lowest) {
			rank++
		}
		b.raise(rank, now)
	}
	if n <= b.depth {
		return n
	}
	if c := &b.contract[i]; c.cut == 0 || int(c.cut) > b.depth {
		c.cut = uint8(b.depth)
	}
	return b.depth
}

// raise makes the window deeper. Books that were cut at less lack levels.
func (b *Books) raise(depth int, now int64) {
	b.depth = depth
	b.tell(Event{Kind: DepthRaised, Depth: uint8(depth)})
	for i := range b.contract {
		if c := &b.contract[i]; c.cut > 0 && int(c.cut) < depth && c.market != 0 {
			b.addCause(&b.market[c.slot], Window, now)
		}
	}
}

// isCrossed reports whether the best bid is at or above the best offer. The first word of an empty side is 0.
func (b *Books) isCrossed(i int32) bool {
	at := int(i) * 2 * b.stride
	return keyWord(b.levels[at])+keyWord(b.levels[at+b.stride]) >= whole
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
	t, m := &b.trades[i], &b.market[b.contract[i].slot]
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
		t.traded = min(t.traded+quantity, odds.QuantityMax)
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

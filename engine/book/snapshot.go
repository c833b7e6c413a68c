package book

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/odds"
)

// ApplySnapshot applies a market_quotes message, at a clock reading: it replaces the books of all contracts of the
// market, and contracts that it leaves out are empty. It is applied as a whole, or not at all if there is an
// error: an [Error], which makes the books suspect if it is about what the snapshot says. With a [*LimitError] all
// contracts are applied that have room,
// and the market is suspect.
func (b *Books) ApplySnapshot(q *msg.MarketQuotes, now int64) error {
	b.events = b.events[:0]
	slot := b.byMarket.find(uint64(q.GetMarketId()))
	if slot == none && b.fed {
		var err error
		if slot, err = b.claimMarket(q.GetMarketId(), now); err != nil {
			b.stats.Invalid++
			return err
		}
	}
	if slot == none {
		return b.ignore(ErrUnknownMarket)
	}
	m := &b.market[slot]
	if b.fed {
		m.flags |= flagFed
	}
	if !m.is(flagSubscribed | flagFed) {
		return b.ignore(ErrUnknownMarket)
	}
	if m.is(flagClosed) {
		marks.Hit(marks.SnapshotOfClosed)
		return b.ignore(ErrClosed)
	}
	if err := b.checkSnapshot(q); err != nil {
		marks.Hit(marks.SnapshotRefused)
		return b.reject(m, err, now)
	}
	before := b.statusOf(m)
	for i := m.contracts; i != none; i = b.contract[i].next {
		b.empty(i, now)
		b.trades[i] = trades{}
	}
	m.flags = m.flags&^(flagAwaiting|flagGivenUp) | flagKnown | flagBase
	m.causes &^= mended
	m.updated, m.snapshot = now, now
	if q.HasExecutedVolume() {
		m.volume = odds.Quantity(min(q.GetExecutedVolume(), uint64(odds.QuantityMax)))
	}
	var full error
	list := q.GetContractQuotes()
	for k := range list {
		if err := b.fill(slot, &list[k], now); err != nil {
			full = err
		}
	}
	if full != nil {
		m.causes |= Full
		marks.Hit(marks.SnapshotFull)
	}
	for i := m.contracts; i != none; i = b.contract[i].next {
		b.setCrossed(i, now)
		b.relevel(i)
	}
	b.stats.Snapshots++
	b.schedule(m)
	b.changed(m, before, now)
	return full
}

// checkSnapshot returns what is wrong with a snapshot.
func (b *Books) checkSnapshot(q *msg.MarketQuotes) error {
	if q.HasPriceType() && q.GetPriceType() != msg.PricePercentOdds ||
		q.HasQuantityType() && q.GetQuantityType() != msg.QuantityPayoffCurrency {
		return ErrUnit
	}
	list := q.GetContractQuotes()
	for k := range list {
		c := &list[k]
		if c.HasMarketId() && c.GetMarketId() != q.GetMarketId() {
			return ErrWrongMarket
		}
		if c.GetContractId() == 0 {
			return ErrNoMarket
		}
		if max(len(c.GetBids()), len(c.GetOffers())) > b.stride {
			return ErrTooManyLevels
		}
		if err := checkQuotes(c.GetBids(), c.GetOffers()); err != nil {
			return err
		}
		if err := checkTrades(c, c.GetExecutions()); err != nil {
			return err
		}
		if c.HasLastExecution() {
			if err := checkTrade(c.GetLastExecution()); err != nil {
				return err
			}
		}
	}
	return nil
}

// fill applies a contract of a snapshot that has been checked.
func (b *Books) fill(slot int32, q *msg.ContractQuotes, now int64) error {
	i, err := b.claimContract(slot, q.GetContractId())
	if err != nil {
		return err
	}
	b.empty(i, now)
	if b.contract[i].flags&contractClosed == 0 {
		// it has been checked
		_ = b.mergeLarge(&b.contract[i], b.words(i), [2][]msg.Quote{q.GetBids(), q.GetOffers()}, now)
	}
	t := &b.trades[i]
	*t = trades{}
	if list := q.GetExecutions(); len(list) > 0 {
		t.setLast(&list[len(list)-1])
	}
	if q.HasLastExecution() {
		t.setLast(q.GetLastExecution())
	}
	t.setExtremes(q)
	return nil
}

// ApplyState applies a market_state message, at a clock reading. The error is an [Error] or a [*LimitError].
func (b *Books) ApplyState(s *msg.MarketState, now int64) error {
	b.events = b.events[:0]
	slot := b.byMarket.find(uint64(s.GetMarketId()))
	if slot == none {
		return b.ignore(ErrUnknownMarket)
	}
	m := &b.market[slot]
	before := b.statusOf(m)
	m.updated = now
	if s.HasState() {
		b.setMarketState(m, s.GetState(), now)
	}
	var full error
	list := s.GetContracts()
	for k := range list {
		i := b.find(m.id, list[k].GetContractId())
		if i == none {
			if m.is(flagClosed) || !m.is(flagSubscribed|flagFed) {
				continue
			}
			var err error
			if i, err = b.claimContract(slot, list[k].GetContractId()); err != nil {
				full = err
				continue
			}
			b.contract[i].updated = now
		}
		b.setContractState(i, list[k].GetState(), now)
	}
	if full != nil {
		b.stats.Invalid++
		marks.Hit(marks.StateFull)
		m.causes |= Full
	}
	b.schedule(m)
	b.changed(m, before, now)
	return full
}

// setMarketState sets a market's state.
func (b *Books) setMarketState(m *market, state msg.MarketStateType, now int64) {
	m.state = state
	m.causes &^= Halt
	switch state {
	case msg.MarketStateHalted:
		m.causes |= Halt
		marks.Hit(marks.BookHalted)
	case msg.MarketStateSettled, msg.MarketStateVoided:
		for i := m.contracts; i != none; i = b.contract[i].next {
			b.clear(i, now)
		}
		m.flags |= flagClosed
		marks.Hit(marks.BookClosed)
		m.flags &^= flagAwaiting
		return
	}
	if m.is(flagClosed) { // what happened since is unknown
		m.flags &^= flagClosed | flagKnown | flagBase
		marks.Hit(marks.BookReopened)
		b.expectSnapshot(m, now)
	}
}

// setContractState sets a contract's state.
func (b *Books) setContractState(i int32, state msg.ContractStateType, now int64) {
	c := &b.contract[i]
	before, was := c.causes, b.statusOfContract(c)
	c.state = state
	c.causes &^= Halt
	if state == msg.ContractStateHalted {
		c.causes |= Halt
	}
	switch {
	case state == msg.ContractStateSettled || state == msg.ContractStateVoided:
		c.flags |= contractClosed
		marks.Hit(marks.ContractClosed)
		b.clear(i, now)
	case c.flags&contractClosed != 0:
		c.flags &^= contractClosed
		marks.Hit(marks.ContractReopened)
		b.addCause(&b.market[c.slot], Invalid, now) // what happened since is unknown
	}
	if c.causes != before || b.statusOfContract(c).state != was.state {
		b.emitContract(i)
	}
}

package quote

import "github.com/smk-go/smk/internal/marks"

// Hold sets, or clears, reasons not to quote at all. Reasons that callers do not set, and those of Config.Ignore, have
// no effect. The next step cancels what is quoted; when all reasons are gone, quoting goes on by itself.
func (q *Quoter) Hold(r Reasons, on bool) {
	if holds := set(q.holds, r, on); holds != q.holds {
		q.holds = holds
		q.markAll()
	}
}

// HoldMarket is Hold for the contracts of one market, also those that are named later. It returns
// ErrContractsFull if there is no room for another market.
func (q *Quoter) HoldMarket(id uint32, r Reasons, on bool) error {
	m := q.byMarket.find(marketKey(id))
	if m == none {
		if !on || r&heldReasons == 0 {
			return nil
		}
		var err error
		if m, err = q.claimMarket(id); err != nil {
			return err
		}
	}
	holds := set(q.markets[m].holds, r, on)
	if holds == q.markets[m].holds {
		return nil
	}
	q.markets[m].holds = holds
	for slot := q.markets[m].first; slot != none; slot = q.contracts[slot].next {
		q.mark(slot)
	}
	q.releaseMarket(m)
	return nil
}

// HoldContract is Hold for one contract. It returns ErrContractsFull if there is no room for another contract.
func (q *Quoter) HoldContract(id Contract, r Reasons, on bool) error {
	slot := q.byContract.find(id.tableKey())
	if slot == none {
		if !on || r&heldReasons == 0 {
			return nil
		}
		var err error
		if slot, err = q.claim(id); err != nil {
			return err
		}
	}
	c := &q.contracts[slot]
	if holds := set(c.holds, r, on); holds != c.holds {
		c.holds = holds
		q.mark(slot)
	}
	return nil
}

func set(holds, r Reasons, on bool) Reasons {
	if on {
		return holds | r&heldReasons
	}
	return holds &^ r
}

// markAll makes the next step plan all contracts.
func (q *Quoter) markAll() {
	for i := range q.markets {
		if !q.inUse(int32(i)) {
			continue
		}
		for slot := q.markets[i].first; slot != none; slot = q.contracts[slot].next {
			q.mark(slot)
		}
	}
}

// inUse reports whether a slot of a market is not free.
func (q *Quoter) inUse(m int32) bool { return q.byMarket.find(marketKey(q.markets[m].id)) == m }

// reasons returns why a contract is not quoted.
func (q *Quoter) reasons(c *contract) Reasons {
	r := (q.holds | q.markets[c.market].holds | c.holds) &^ q.config.Ignore
	if !c.wanted {
		r |= Pulled
	}
	if c.resumeAt > q.now {
		r |= Resuming
		marks.Hit(marks.QuoteResuming)
	}
	return r
}

// resume starts and ends the wait of a contract after its reasons are gone: Config.ResumeAfter, or longer if they come
// back soon, again and again.
func (q *Quoter) resume(c *contract) {
	held := q.reasons(c)&heldReasons != 0
	switch {
	case held:
		if !c.held && c.resumedAt > 0 && q.now >= c.resumedAt {
			c.relapse(q.now, q.config.RetryMax)
			marks.Hit(marks.QuoteRelapsed)
		}
		c.resumeAt = 0
	case c.held:
		wait := q.config.ResumeAfter
		if c.relapses > 0 {
			wait = max(wait, q.wait(c.relapses))
			marks.Hit(marks.QuoteResumesLater)
		}
		if c.resumedAt = q.now + wait; wait > 0 {
			c.resumeAt = c.resumedAt
		}
	}
	c.held = held
}

// relapse counts how often in a row a contract was held soon after it was quoted again: each time it waits longer, for
// the quotes themselves may be what brings the reason about.
func (c *contract) relapse(now, soon int64) {
	if now-c.resumedAt > 2*soon {
		c.relapses = 0
		return
	}
	c.relapses = min(c.relapses, 254) + 1
}

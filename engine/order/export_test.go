package order

import (
	"fmt"
	"reflect"

	"github.com/smk-go/smk/odds"
)

// Audit recomputes every sum and walks every list, and returns the first violation, "" if there is none.
func (m *Manager) Audit() string {
	t := &m.orders
	used, live, uncounted := 0, 0, 0
	contracts := make(map[int32]booked)
	lists := make(map[int32]int)
	fills := 0
	for i := range t.entries {
		e := &t.entries[i]
		if !e.is(flagUsed) {
			continue
		}
		used++
		if e.uncounted {
			uncounted++
		}
		if e.is(flagListedLive) {
			live++
		}
		if e.Order.ID != 0 && t.findID(e.Order.ID) != int32(i) {
			return fmt.Sprintf("order %d is not found by its id", e.Order.ID)
		}
		if !e.Order.Foreign && e.Order.Reference != 0 && t.findRef(e.Order.Reference) == none {
			return fmt.Sprintf("reference %d is not found", e.Order.Reference)
		}
		if e.links.contract != none {
			b := contracts[e.links.contract]
			own := e.bookOf(&m.markets.contracts[e.links.contract])
			b.add(&own)
			if own != e.booked {
				return fmt.Sprintf("order %d has booked %+v, not %+v", e.Order.ID, e.booked, own)
			}
			contracts[e.links.contract] = b
			lists[e.links.contract]++
		}
		for k := e.links.fills; k != none; k = m.fills.list[k].next {
			fills++
		}
		was := *e
		e.update(e.Order.Updated)
		if *e != was {
			return fmt.Sprintf("order is not up to date: %+v, %+v", was, *e)
		}
	}
	for k := m.fills.free; k != none; k = m.fills.list[k].next {
		fills++
	}
	if fills != len(m.fills.list) {
		return fmt.Sprintf("%d of %d fills are in lists", fills, len(m.fills.list))
	}
	if live != int(t.live.n) || used != int(t.live.n+t.ended.n) || uncounted != m.uncounted {
		return fmt.Sprintf("%d orders, %d live, the lists have %d and %d", used, live, t.ended.n, t.live.n)
	}
	doubted := 0
	m.InDoubt(func(*Order) bool { doubted++; return true })
	if doubted != m.InDoubtCount() {
		return fmt.Sprintf("%d orders are in doubt, counted %d", doubted, m.InDoubtCount())
	}
	var a account
	requests := int64(0)
	for i := m.requests.oldest; i != none; i = m.requests.list[i].next {
		requests += m.requests.list[i].extra
	}
	a.asked, a.gross = requests, requests
	for at := range m.markets.markets {
		k := &m.markets.markets[at]
		if !k.used {
			continue
		}
		var sum, least, open, prov, asked, extra int64
		for i := k.contracts; i != none; i = m.markets.contracts[i].next {
			c := &m.markets.contracts[i]
			if n := int(c.live.n + c.ended.n); n != lists[i] {
				return fmt.Sprintf("contract %d counts %d orders, has %d", c.id, n, lists[i])
			}
			if d := m.auditLive(k.id, c); d != "" {
				return d
			}
			listed := contracts[i]
			base := c.booked.minus(&listed)
			if m.stats.Evicted == 0 && base != (booked{}) {
				return fmt.Sprintf("contract %d has booked what no order has: %+v", c.id, base)
			}
			base.final, base.flow, base.prov, base.provFlow, base.provRisk, base.gross = 0, 0, 0, 0, 0, 0
			if base != (booked{}) {
				return fmt.Sprintf("contract %d has booked what no order has: %+v", c.id, base)
			}
			b := &c.booked
			if c.closed && b.final|b.flow|b.prov|b.provFlow|b.provRisk != 0 {
				return fmt.Sprintf("contract %d is closed and has %+v", c.id, c.booked)
			}
			win, lose := min(b.final*moneyPerUnit+b.flow, 0), min(b.flow, 0)
			if k.independent {
				sum += min(win, lose)
			} else {
				sum, least = sum+lose, min(least, win-lose)
			}
			open, prov, asked, extra = open+b.openRisk, prov+b.provRisk, asked+b.askedRisk, extra+b.extra
			a.gross += b.gross
		}
		if k.matched() != -(sum+least) || k.openRisk != open || k.provRisk != prov || k.askedRisk != asked ||
			k.extra != extra {
			return fmt.Sprintf("market %d: %+v", k.id, *k)
		}
		a.matched += k.matched()
		a.openRisk, a.provRisk, a.asked, a.extra = a.openRisk+open, a.provRisk+prov, a.asked+asked, a.extra+extra
	}
	a.realised, a.cash, a.hasCash = m.account.realised, m.account.cash, m.account.hasCash
	if a != m.account {
		return fmt.Sprintf("the account is %+v, counted %+v", m.account, a)
	}
	return ""
}

// auditLive compares what is kept of the live orders of a contract with the orders.
func (m *Manager) auditLive(market uint32, c *contract) string {
	var bid, offer odds.Price
	n := 0
	for i := range m.orders.entries {
		e := &m.orders.entries[i]
		if o := &e.Order; e.is(flagListedLive) && e.links.contract != none && o.Market == market && o.Contract == c.id {
			n++
			asked := e.rare.askPrice
			if e.requests.asks == 0 || !asked.Valid() {
				asked = o.Price
			}
			for _, p := range [...]odds.Price{o.Price, asked} {
				if o.Side == odds.Buy {
					bid = max(bid, p)
				} else if p != 0 && (offer == 0 || p < offer) {
					offer = p
				}
			}
		}
	}
	var sums, orders Stake
	sums.Buying, sums.Selling = odds.Money(c.stakes[0]), odds.Money(c.stakes[1])
	sums.Asked = odds.Money(max(c.booked.askedRisk-c.created, 0))
	if m.addStakes(&orders, c); sums != orders && m.uncounted == 0 {
		return fmt.Sprintf("contract %d: stakes %+v, of the orders %+v", c.id, sums, orders)
	}
	b, s, live := m.BestLive(market, c.id)
	m.LiveOf(market, c.id, func(*Order) bool { n--; return true })
	if b != bid || s != offer || n != 0 || live != int(c.live.n) {
		return fmt.Sprintf("contract %d: best %d and %d of %d, of the orders %d and %d", c.id, b, s, live, bid, offer)
	}
	return ""
}

// Corrected returns a state with the checksum that its bytes have.
func Corrected(b []byte) []byte {
	if len(b) < stateTail {
		return b
	}
	return appendSum(b[:len(b)-stateTail], 0)
}

// Lists returns the types of what grows with the orders.
func Lists() []reflect.Type {
	return []reflect.Type{
		reflect.TypeFor[entry](), reflect.TypeFor[fill](), reflect.TypeFor[request](), reflect.TypeFor[contract](),
		reflect.TypeFor[market](), reflect.TypeFor[goneOrder](), reflect.TypeFor[Event](), reflect.TypeFor[Message](),
	}
}

// Effects yields the types of messages that the table has.
func Effects(yield func(int) bool) {
	for typ := range effects {
		if effects[typ].apply != nil && !yield(typ) {
			return
		}
	}
}

// Window is a window of account sequences.
type Window struct{ w window }

// Add applies an account sequence: 0 fresh, 1 repeated, 2 too old.
func (w *Window) Add(s uint64) int { return int(w.w.add(s)) }

// WindowBits is how many account sequences a window remembers.
const WindowBits = windowBits

// WithoutFastPath switches the fast path off.
func WithoutFastPath(m *Manager) { m.general = true }

// TakesFastPath reports whether the fast path applied the message that do applies.
func TakesFastPath(m *Manager, do func()) bool {
	m.report.typ = 0
	do()
	return m.report.typ == 0 && m.eventCount > 0
}

// Events returns the events of the last call.
func Events(m *Manager) []Event { return m.done() }

// Newest returns the newest account sequence that was applied.
func Newest(m *Manager) uint64 { return m.window.high - m.window.base }

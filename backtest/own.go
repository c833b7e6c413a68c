package backtest

import (
	"maps"
	"slices"

	"github.com/smk-go/smk/gen/msg"
)

// ownOrder is a live order of the recording account.
type ownOrder struct {
	id, reference    uint64
	market, contract uint32
	side             int
	price            uint32
	available        uint64
}

// ownCreate is an order that was sent: an acceptance may not say what it was.
type ownCreate struct {
	market, contract uint32
	side             int
	price            uint32
	quantity         uint64
}

// ownFill is an execution of the recording account, to be found among those of its contract's book.
type ownFill struct {
	market, contract uint32
	side             int
	price            uint32
	quantity         uint64
}

// own follows the orders of the account that recorded, by what the exchange reported of them.
type own struct {
	orders   map[uint64]*ownOrder
	creates  map[uint64]ownCreate // by reference
	levels   map[ownLevel]uint64  // what the account has on the books
	last     uint64               // account sequence of the last report that was applied
	account  uint64               // its number, 0 while that is not known
	anew     bool                 // there was a login to a new session since the last report that was not sent again
	resuming bool                 // the last login was one to the session before
	again    bool                 // the report that is applied was sent again
	earlier  bool                 // what is sent again happened before the recording
	changed  []ownLevel           // levels that the latest reports have changed
	fills    []ownFill            // of the latest reports
	voided   []uint32             // markets in which the latest reports voided fills
	watch    func(Report)         // may be nil
	holes    []hole               // numbers before last that have not come, the oldest first
	late     bool                 // the report that is applied has such a number
}

// hole is a range of account sequences.
type hole struct{ from, to uint64 }

// holesMax is how many ranges are kept; of more the oldest are taken to be lost.
const holesMax = 1024

// ownLevel names a level of a book.
type ownLevel struct {
	market, contract uint32
	side             int
	key              uint32
}

func newOwn() own {
	return own{
		orders: make(map[uint64]*ownOrder), creates: make(map[uint64]ownCreate), levels: make(map[ownLevel]uint64),
	}
}

// sent notes an order that leaves.
func (o *own) sent(m *msg.Payload) {
	switch m.GetType() {
	case msg.PayloadLogin:
		o.anew = len(m.GetEtoPayload().GetLogin().GetSession()) == 0
		o.resuming = !o.anew
		o.earlier = o.anew && o.last == 0 && len(o.creates) == 0
	case msg.PayloadOrderCreate:
		c := m.GetOrderCreate()
		if r := c.GetReference(); r != 0 {
			if len(o.creates) >= createsMax {
				clear(o.creates) // so old that no answer comes any more
			}
			o.creates[r] = ownCreate{
				c.GetMarketId(), c.GetContractId(), sideIndex(c.GetSide()), c.GetPrice(), c.GetQuantity(),
			}
		}
	}
}

// at returns what the account has at a level.
func (o *own) at(l ownLevel) uint64 {
	if len(o.levels) == 0 {
		return 0
	}
	return o.levels[l]
}

// add changes what the account has at a level.
func (o *own) add(ord *ownOrder, more, less uint64) {
	if ord.side != buy && ord.side != sell {
		return
	}
	l := ownLevel{ord.market, ord.contract, ord.side, keyOf(ord.side, ord.price)}
	n := o.levels[l] + more
	if n -= min(n, less); n == 0 {
		delete(o.levels, l)
	} else {
		o.levels[l] = n
	}
	o.changed = append(o.changed, l)
}

// setAvailable sets what is available of an order, and forgets it at 0.
func (o *own) setAvailable(ord *ownOrder, quantity uint64) {
	if quantity > ord.available {
		o.add(ord, quantity-ord.available, 0)
	} else if quantity < ord.available {
		o.add(ord, 0, ord.available-quantity)
	}
	if ord.available = quantity; quantity == 0 {
		delete(o.orders, ord.id)
	}
}

// fresh reports whether a report of this account sequence was not applied yet.
func (o *own) fresh(seq32 uint32, seq64 uint64) bool {
	seq := seq64
	if seq == 0 {
		seq = uint64(seq32)
	}
	if seq == 0 {
		return true
	}
	if o.late = o.fill(seq); o.late {
		return true
	}
	if seq <= o.last {
		if o.again || !o.anew {
			return false
		}
		o.forget() // the exchange numbers anew
		o.holes = o.holes[:0]
	} else if o.last != 0 && seq > o.last+1 {
		if len(o.holes) == holesMax {
			o.holes = slices.Delete(o.holes, 0, 1)
		}
		o.holes = append(o.holes, hole{o.last + 1, seq - 1})
	}
	if o.last = seq; !o.again {
		o.anew, o.earlier = false, false
	}
	return true
}

// fill takes a number out of the hole that it is in, and reports false if it is in none.
func (o *own) fill(seq uint64) bool {
	for i := range o.holes {
		h := &o.holes[i]
		switch {
		case seq < h.from || seq > h.to:
			continue
		case h.from == h.to:
			o.holes = slices.Delete(o.holes, i, i+1)
		case seq == h.from:
			h.from++
		case seq == h.to:
			h.to--
		default:
			after := hole{seq + 1, h.to}
			h.to = seq - 1
			if len(o.holes) < holesMax {
				o.holes = slices.Insert(o.holes, i+1, after)
			}
		}
		return true
	}
	return false
}

// loggedIn notes which account has logged in.
func (o *own) loggedIn(account uint64) {
	if account == 0 || account == o.account {
		return
	}
	if o.account != 0 {
		o.forget()
		o.last, o.earlier, o.holes = 0, true, o.holes[:0]
	}
	o.account = account
}

// forget forgets the live orders.
func (o *own) forget() {
	for _, id := range slices.Sorted(maps.Keys(o.orders)) {
		o.setAvailable(o.orders[id], 0)
	}
	clear(o.creates)
}

// apply applies a report about an order. It reports false for any other message.
func (o *own) apply(m *msg.Payload, at int64) bool {
	o.again = m.GetEtoPayload().GetIsReplay()
	switch m.GetType() {
	case msg.PayloadOrderAccepted:
		if b := m.GetOrderAccepted(); o.fresh(b.GetAccountSequence(), b.GetAccountSequence_64()) {
			o.accepted(b, at)
		}
	case msg.PayloadOrderExecuted:
		if b := m.GetOrderExecuted(); o.fresh(b.GetAccountSequence(), b.GetAccountSequence_64()) {
			o.executed(b, at)
		}
	case msg.PayloadOrderCancelled:
		if b := m.GetOrderCancelled(); o.fresh(b.GetAccountSequence(), b.GetAccountSequence_64()) {
			o.ended(b.GetOrderId(), at, ReportCancelled)
		}
	case msg.PayloadOrderQuantityReduced:
		if b := m.GetOrderQuantityReduced(); o.fresh(b.GetAccountSequence(), b.GetAccountSequence_64()) {
			if ord := o.orders[b.GetOrderId()]; ord != nil {
				o.setAvailable(ord, b.GetNewQuantity())
			}
		}
	case msg.PayloadOrderCancelReplaceAccepted:
		if b := m.GetOrderCancelReplaceAccepted(); o.fresh(b.GetAccountSequence(), b.GetAccountSequence_64()) {
			o.replaced(b, at)
		}
	default:
		return o.applyRare(m, at)
	}
	return true
}

// applyRare applies the reports that are less frequent.
func (o *own) applyRare(m *msg.Payload, at int64) bool {
	switch m.GetType() {
	case msg.PayloadOrderVoided:
		if b := m.GetOrderVoided(); o.fresh(b.GetAccountSequence(), b.GetAccountSequence_64()) {
			o.ended(b.GetOrderId(), at, ReportVoided)
		}
	case msg.PayloadOrderExecuteVoided:
		b := m.GetOrderExecuteVoided()
		if !o.fresh(b.GetAccountSequence(), b.GetAccountSequence_64()) {
			break
		}
		if !o.earlier {
			o.voided = append(o.voided, b.GetMarketId())
		}
		o.report(Report{
			Kind: ReportFillVoided, At: at, Order: b.GetOrderId(), Market: b.GetMarketId(), Contract: b.GetContractId(),
			Side: b.GetSide(), Price: b.GetPrice(), Quantity: b.GetQuantity(),
		})
	case msg.PayloadOrderReduced:
		b := m.GetOrderReduced()
		if ord := o.orders[b.GetOrderId()]; ord != nil && b.HasAvailableQuantity() &&
			o.fresh(b.GetAccountSequence(), b.GetAccountSequence_64()) {
			o.setAvailable(ord, b.GetAvailableQuantity())
		}
	case msg.PayloadEto:
		if e := m.GetEtoPayload(); e.HasLoginResponse() {
			o.loggedIn(e.GetLoginResponse().GetId())
		}
		return false
	case msg.PayloadOrderRejected:
		delete(o.creates, m.GetOrderRejected().GetReference())
	case msg.PayloadOrderInvalid:
		delete(o.creates, m.GetOrderInvalid().GetReference())
	case msg.PayloadOrderExecuteConfirmed,
		msg.PayloadOrderCancelRejected, msg.PayloadOrderQuantityReduceRejected, msg.PayloadOrderPendingReplace,
		msg.PayloadOrderCancelReplaceRejected, msg.PayloadOrderCancelAllAccepted, msg.PayloadOrderCancelAllRejected:
	default:
		return false
	}
	return true
}

func (o *own) accepted(b *msg.OrderAccepted, at int64) {
	c := o.creates[b.GetReference()]
	delete(o.creates, b.GetReference())
	ord := &ownOrder{
		id: b.GetOrderId(), reference: b.GetReference(), market: c.market, contract: c.contract, side: c.side,
		price: c.price, available: 0,
	}
	quantity := c.quantity
	if b.HasMarketId() && b.HasContractId() && b.HasSide() {
		ord.market, ord.contract, ord.side = b.GetMarketId(), b.GetContractId(), sideIndex(b.GetSide())
	}
	if b.HasPrice() {
		ord.price = b.GetPrice()
	}
	if b.HasQuantity() {
		quantity = b.GetQuantity()
	}
	o.live(ord, quantity, at)
}

// live notes an order that is on the book or about to be matched.
func (o *own) live(ord *ownOrder, quantity uint64, at int64) {
	if ord.market == 0 || ord.price == 0 || len(o.orders) >= ownOrdersMax {
		return
	}
	if !o.late { // what came before may have ended it
		o.orders[ord.id] = ord
		o.setAvailable(ord, quantity)
	}
	o.report(Report{
		Kind: ReportAccepted, At: at, Order: ord.id, Reference: ord.reference, Market: ord.market,
		Contract: ord.contract, Side: sideOf(ord.side), Price: ord.price, Quantity: quantity,
	})
}

func (o *own) executed(b *msg.OrderExecuted, at int64) {
	side := sideIndex(b.GetSide())
	ord := o.orders[b.GetOrderId()]
	if ord == nil { // accepted before the recording
		ord = &ownOrder{
			id: b.GetOrderId(), market: b.GetMarketId(), contract: b.GetContractId(), side: side,
			price: b.GetOrigPrice(),
		}
		if b.HasAvailableQuantity() && b.GetAvailableQuantity() > 0 && ord.price != 0 && !o.late &&
			len(o.orders) < ownOrdersMax {
			o.orders[ord.id] = ord
		}
	}
	available := ord.available - min(ord.available, b.GetQuantity())
	if b.HasAvailableQuantity() && !o.late {
		available = b.GetAvailableQuantity()
	}
	if o.orders[ord.id] != nil {
		o.setAvailable(ord, available)
	}
	o.fills = append(o.fills, ownFill{b.GetMarketId(), b.GetContractId(), side, b.GetPrice(), b.GetQuantity()})
	o.report(Report{
		Kind: ReportFilled, At: at, Order: b.GetOrderId(), Market: b.GetMarketId(), Contract: b.GetContractId(),
		Side: b.GetSide(), Price: b.GetPrice(), Quantity: b.GetQuantity(), Provisional: b.GetPendingTimeout() > 0,
	})
}

func (o *own) replaced(b *msg.OrderCancelReplaceAccepted, at int64) {
	o.ended(b.GetOrigOrderId(), at, ReportReplaced)
	o.live(&ownOrder{
		id: b.GetOrderId(), reference: b.GetReference(), market: b.GetMarketId(), contract: b.GetContractId(),
		side: sideIndex(b.GetSide()), price: b.GetPrice(),
	}, b.GetQuantityLeft(), at)
}

// ended notes that nothing of an order is on the book any more.
func (o *own) ended(id uint64, at int64, kind ReportKind) {
	if ord := o.orders[id]; ord != nil {
		o.report(Report{
			Kind: kind, At: at, Order: id, Reference: ord.reference, Market: ord.market, Contract: ord.contract,
			Side: sideOf(ord.side), Price: ord.price, Quantity: ord.available,
		})
		o.setAvailable(ord, 0)
	}
}

func (o *own) report(r Report) {
	if r.Earlier = o.earlier; o.watch != nil {
		o.watch(r)
	}
}

// clear forgets what the latest reports have changed.
func (o *own) clear() { o.changed, o.fills, o.voided = o.changed[:0], o.fills[:0], o.voided[:0] }

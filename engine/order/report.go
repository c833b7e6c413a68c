package order

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// has says which optional fields a report has.
type has uint16

const (
	hasReference has = 1 << iota
	hasQuantity
	hasTotal
	hasAverage
	hasAvailable
	hasSource
	hasNew
	hasBalance
	hasExposure
	hasOrigPrice
	hasPrice
)

// report is a message about orders, whatever its type.
type report struct {
	typ  msg.PayloadType
	has  has
	side odds.Side // 0 if absent

	market, contract uint32
	price            uint32
	origPrice        uint32
	average          uint32
	timeout          uint32
	reason           int32

	sequence  uint64
	stamp     uint64
	reference uint64
	seq       uint64
	id        uint64
	orig      uint64
	quantity  uint64
	total     uint64 // executed afterwards
	available uint64 // afterwards; quantity_left of a replacement
	source    uint64
	newQty    uint64
	balance   float64
	exposure  float64
}

// located is a message that may say where its order is.
type located interface {
	HasMarketId() bool
	GetMarketId() uint32
	GetContractId() uint32
	HasSide() bool
	GetSide() msg.Side
}

// locate reads where the order is.
func locate[M located](r *report, m M) {
	if m.HasMarketId() {
		r.market, r.contract = m.GetMarketId(), m.GetContractId()
	}
	if m.HasSide() {
		r.side = odds.Side(m.GetSide())
	}
}

// numbered is a message with an account sequence.
type numbered interface {
	HasAccountSequence_64() bool
	GetAccountSequence_64() uint64
	GetAccountSequence() uint32
}

// number reads the account sequence.
func number[M numbered](r *report, m M) {
	if m.HasAccountSequence_64() {
		r.sequence = m.GetAccountSequence_64()
	} else {
		r.sequence = uint64(m.GetAccountSequence())
	}
}

// referenced is a message that may repeat a reference.
type referenced interface {
	HasReference() bool
	GetReference() uint64
}

// refer reads the reference.
func refer[M referenced](r *report, m M) {
	if m.HasReference() {
		r.reference = m.GetReference()
		r.has |= hasReference
	}
}

// balanced is a message that may have the account's amounts.
type balanced interface {
	HasAvailableBalance() bool
	GetAvailableBalance() float64
	HasExposure() bool
	GetExposure() float64
}

// money reads the amounts.
func money[M balanced](r *report, m M) {
	if m.HasAvailableBalance() {
		r.balance = m.GetAvailableBalance()
		r.has |= hasBalance
	}
	if m.HasExposure() {
		r.exposure = m.GetExposure()
		r.has |= hasExposure
	}
}

// executed is what messages say about an order's executions.
func (r *report) executed(ok bool, total uint64, avgOK bool, average uint32) {
	if ok {
		r.total = total
		r.has |= hasTotal
	}
	if avgOK {
		r.average = average
		r.has |= hasAverage
	}
}

func (r *report) open(ok bool, available uint64) {
	if ok {
		r.available = available
		r.has |= hasAvailable
	}
}

func (r *report) placed(ok bool, price uint32) {
	if ok {
		r.origPrice = price
		r.has |= hasOrigPrice
	}
}

func (r *report) priced(ok bool, price uint32) {
	if ok {
		r.price = price
		r.has |= hasPrice
	}
}

func (r *report) sized(ok bool, quantity uint64) {
	if ok {
		r.quantity = quantity
		r.has |= hasQuantity
	}
}

// read reads a message about orders or money. It returns false for any other.
func (r *report) read(p *msg.Payload) bool {
	r.typ = p.GetType()
	switch r.typ {
	case msg.PayloadOrderExecuted:
		r.readExecuted(p.GetOrderExecuted())
	case msg.PayloadOrderAccepted:
		m := p.GetOrderAccepted()
		locate(r, m)
		number(r, m)
		refer(r, m)
		money(r, m)
		r.id, r.seq = m.GetOrderId(), m.GetSeq()
		r.priced(m.HasPrice(), m.GetPrice())
		r.sized(m.HasQuantity(), m.GetQuantity())
	case msg.PayloadOrderCancelled:
		m := p.GetOrderCancelled()
		locate(r, m)
		number(r, m)
		refer(r, m)
		money(r, m)
		r.id, r.reason = m.GetOrderId(), int32(m.GetReason())
		r.executed(m.HasExecutedQuantity(), m.GetExecutedQuantity(), m.HasExecutedAvgPrice(), m.GetExecutedAvgPrice())
		r.placed(m.HasOrigPrice(), m.GetOrigPrice())
	default:
		return r.readRare(p)
	}
	return true
}

// readExecuted reads the most frequent message, without calls through a dictionary.
func (r *report) readExecuted(m *msg.OrderExecuted) {
	if m.HasMarketId() {
		r.market, r.contract = m.GetMarketId(), m.GetContractId()
	}
	if m.HasSide() {
		r.side = odds.Side(m.GetSide())
	}
	if m.HasAccountSequence_64() {
		r.sequence = m.GetAccountSequence_64()
	} else {
		r.sequence = uint64(m.GetAccountSequence())
	}
	if m.HasAvailableBalance() {
		r.balance = m.GetAvailableBalance()
		r.has |= hasBalance
	}
	if m.HasExposure() {
		r.exposure = m.GetExposure()
		r.has |= hasExposure
	}
	r.id, r.timeout = m.GetOrderId(), m.GetPendingTimeout()
	r.priced(m.HasPrice(), m.GetPrice())
	r.sized(m.HasQuantity(), m.GetQuantity())
	r.executed(m.HasTotalExecutedQuantity(), m.GetTotalExecutedQuantity(), m.HasExecutedAvgPrice(),
		m.GetExecutedAvgPrice())
	r.open(m.HasAvailableQuantity(), m.GetAvailableQuantity())
	r.placed(m.HasOrigPrice(), m.GetOrigPrice())
}

// readRare is read for the less frequent types.
func (r *report) readRare(p *msg.Payload) bool {
	switch r.typ {
	case msg.PayloadOrderRejected:
		m := p.GetOrderRejected()
		number(r, m)
		refer(r, m)
		r.reason, r.seq = int32(m.GetReason()), m.GetSeq()
	case msg.PayloadOrderInvalid:
		m := p.GetOrderInvalid()
		refer(r, m)
		r.seq = m.GetSeq()
		if list := m.GetReasons(); len(list) > 0 {
			r.reason = int32(list[0])
		}
	case msg.PayloadOrderCancelRejected:
		m := p.GetOrderCancelRejected()
		locate(r, m)
		number(r, m)
		refer(r, m)
		r.id, r.orig, r.reason = m.GetOrderId(), m.GetOrigOrderId(), int32(m.GetReason())
	case msg.PayloadOrderExecuteConfirmed:
		m := p.GetOrderExecuteConfirmed()
		number(r, m)
		r.id = m.GetOrderId()
		r.priced(m.HasPrice(), m.GetPrice())
		r.sized(m.HasQuantity(), m.GetQuantity())
	case msg.PayloadOrderExecuteVoided:
		m := p.GetOrderExecuteVoided()
		locate(r, m)
		number(r, m)
		money(r, m)
		r.id = m.GetOrderId()
		r.priced(m.HasPrice(), m.GetPrice())
		r.sized(m.HasQuantity(), m.GetQuantity())
		r.executed(m.HasExecutedQuantity(), m.GetExecutedQuantity(), m.HasExecutedAvgPrice(), m.GetExecutedAvgPrice())
		r.open(m.HasAvailableQuantity(), m.GetAvailableQuantity())
		r.placed(m.HasOrigPrice(), m.GetOrigPrice())
	case msg.PayloadBalanceChanged:
		money(r, p.GetBalanceChanged())
	case msg.PayloadOrderCancelAllAccepted:
		number(r, p.GetOrderCancelAllAccepted())
		refer(r, p.GetOrderCancelAllAccepted())
	case msg.PayloadOrderCancelAllRejected:
		m := p.GetOrderCancelAllRejected()
		number(r, m)
		refer(r, m)
		r.reason = int32(m.GetReason())
	default:
		return r.readReduced(p) || r.readReplace(p)
	}
	return true
}

func (r *report) readReduced(p *msg.Payload) bool {
	switch r.typ {
	case msg.PayloadOrderQuantityReduced:
		m := p.GetOrderQuantityReduced()
		locate(r, m)
		number(r, m)
		refer(r, m)
		r.id, r.reason = m.GetOrderId(), int32(m.GetReason())
		r.executed(m.HasExecutedQuantity(), m.GetExecutedQuantity(), m.HasExecutedAvgPrice(), m.GetExecutedAvgPrice())
		r.placed(m.HasOrigPrice(), m.GetOrigPrice())
		if m.HasNewQuantity() {
			r.newQty = m.GetNewQuantity()
			r.has |= hasNew
		}
	case msg.PayloadOrderQuantityReduceRejected:
		m := p.GetOrderQuantityReduceRejected()
		number(r, m)
		refer(r, m)
		r.id, r.reason = m.GetOrderId(), int32(m.GetReason())
	case msg.PayloadOrderReduced:
		m := p.GetOrderReduced()
		locate(r, m)
		number(r, m)
		r.id = m.GetOrderId()
		r.sized(m.HasQuantity(), m.GetQuantity())
		r.executed(m.HasExecutedQuantity(), m.GetExecutedQuantity(), m.HasExecutedAvgPrice(), m.GetExecutedAvgPrice())
		if r.has&hasTotal == 0 && r.has&hasQuantity != 0 {
			r.executed(true, r.quantity, false, 0)
		}
		if m.HasPrice() {
			r.average = m.GetPrice()
			r.has |= hasAverage
		}
		if m.HasSourceQuantity() {
			r.source = m.GetSourceQuantity()
			r.has |= hasSource
		}
		r.open(m.HasAvailableQuantity(), m.GetAvailableQuantity())
		r.placed(m.HasOrigPrice(), m.GetOrigPrice())
	case msg.PayloadOrderVoided:
		m := p.GetOrderVoided()
		locate(r, m)
		number(r, m)
		r.id = m.GetOrderId()
		r.executed(true, m.GetExecutedQuantity(), m.HasExecutedAvgPrice(), m.GetExecutedAvgPrice())
		if m.HasSourceQuantity() {
			r.source = m.GetSourceQuantity()
			r.has |= hasSource
		}
		r.placed(m.HasOrigPrice(), m.GetOrigPrice())
	default:
		return false
	}
	return true
}

func (r *report) readReplace(p *msg.Payload) bool {
	switch r.typ {
	case msg.PayloadOrderPendingReplace:
		m := p.GetOrderPendingReplace()
		locate(r, m)
		number(r, m)
		refer(r, m)
		r.id, r.orig = m.GetOrderId(), m.GetOrigOrderId()
		r.priced(m.HasPrice(), m.GetPrice())
		r.sized(m.HasQuantity(), m.GetQuantity())
	case msg.PayloadOrderCancelReplaceAccepted:
		m := p.GetOrderCancelReplaceAccepted()
		locate(r, m)
		number(r, m)
		refer(r, m)
		r.id, r.orig = m.GetOrderId(), m.GetOrigOrderId()
		r.priced(m.HasPrice(), m.GetPrice())
		r.sized(m.HasQuantity(), m.GetQuantity())
		r.open(m.HasQuantityLeft(), m.GetQuantityLeft())
	case msg.PayloadOrderCancelReplaceRejected:
		m := p.GetOrderCancelReplaceRejected()
		locate(r, m)
		number(r, m)
		refer(r, m)
		r.id, r.orig, r.reason = m.GetOrderId(), m.GetOrigOrderId(), int32(m.GetReason())
	default:
		return false
	}
	return true
}

// valid reports whether every figure is in range.
func (r *report) valid() bool {
	const q = uint64(QuantityMax)
	if r.quantity > q || r.total > q || r.available > q || r.source > q || r.newQty > q {
		return false
	}
	for _, p := range [...]struct {
		has  has
		n    uint32
		zero bool
	}{{hasPrice, r.price, false}, {hasOrigPrice, r.origPrice, true}, {hasAverage, r.average, true}} {
		if r.has&p.has != 0 && !odds.Price(p.n).Valid() && !(p.zero && p.n == 0) || p.n > uint32(odds.PriceMax) {
			return false
		}
	}
	return r.side == 0 || r.side.Valid()
}

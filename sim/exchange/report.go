package exchange

import "github.com/smk-go/smk/gen/msg"

// Report is one execution report to an account. Type is the type of its message and decides which fields
// are set; the message's definition describes them. Prices are in 1/100 %, quantities in 1/10000 of payoff.
// It holds no borrowed memory and may be copied.
type Report struct {
	Type            msg.PayloadType
	Side            msg.Side
	Reason          int32  // of the enumeration of Type
	AccountSequence uint64 // 0 on an order_invalid, which has none
	Seq             uint64 // of the request that it answers; 0 if there is none or another login sent it
	Reference       uint64
	OrderID         uint64
	OrigOrderID     uint64 // of a cancel-replace

	Market, Contract uint32
	Price            uint32 // of the fill, or of the accepted order
	OrigPrice        uint32 // of the order
	AveragePrice     uint32 // of all fills, rounded half up
	PendingTimeout   uint32 // of a provisional fill

	Quantity          uint64 // of the fill, or of the accepted order
	NewQuantity       uint64 // of a reduce
	SourceQuantity    uint64 // before a reduction or a void
	ExecutedQuantity  uint64 // of the order, afterwards
	AvailableQuantity uint64 // of the order, afterwards

	AvailableBalance Money
	Exposure         Money // what is reserved, as a negative amount

	Label string // of the order; "" means none. The reason of a balance_changed

	HasReference bool
	InvalidCount uint8 // length of Invalid
	Invalid      [2]msg.OrderInvalidReason
}

// Message is an encodable message body.
type Message interface {
	PayloadType() msg.PayloadType
	SizeVT() int
	MarshalToSizedBufferVT([]byte) (int, error)
}

// Sink receives the messages to a [Login]. Its methods must not call the exchange.
type Sink interface {
	// Report is called with every report of the login's account. r is valid until Report returns.
	// replayed says that it is resent by [Login.Replay].
	Report(r *Report, replayed bool)

	// Publish is called with market data. m is valid until Publish returns.
	Publish(m Message)
}

// Pacer is a [Sink] that accepts snapshots of markets only while it has room for them. Any other Sink
// accepts all of them at once.
type Pacer interface {
	Sink

	// Room reports whether snapshots of at most n bytes can be accepted now. If it reported false
	// and has room again, [Login.SendSnapshots] continues.
	Room(n int) bool
}

// report gives a report its account sequence and sends it to every login of the account. Only origin, which
// sent the request, gets the request's Seq.
func (x *Exchange) report(a *account, origin *Login, r *Report) {
	a.sequence++
	r.AccountSequence = a.sequence
	a.history.push(r)
	seq := r.Seq
	for _, l := range a.logins {
		if l.sink == nil {
			continue
		}
		r.Seq = 0
		if l == origin {
			r.Seq = seq
		}
		l.sink.Report(r, false)
	}
}

// reportUnsequenced sends a report without an account sequence to every login of the account.
func (x *Exchange) reportUnsequenced(a *account, r *Report) {
	for _, l := range a.logins {
		if l.sink != nil {
			l.sink.Report(r, false)
		}
	}
}

// newReport returns the exchange's reused Report, filled from an order.
func (x *Exchange) newReport(t msg.PayloadType, o *order) *Report {
	a := o.account
	x.buf.report = Report{
		Type:              t,
		Side:              sideOf(int(o.side)),
		Reference:         o.reference,
		HasReference:      o.hasReference,
		OrderID:           o.id,
		Market:            o.contract.market.id,
		Contract:          o.contract.id,
		OrigPrice:         o.price,
		AveragePrice:      average(o.cost, o.executed),
		ExecutedQuantity:  o.executed,
		AvailableQuantity: o.available,
		AvailableBalance:  a.available(),
		Exposure:          -a.reserved(),
		Label:             o.label,
	}
	return &x.buf.report
}

// history is a ring of an account's newest reports, for a resume by account sequence.
type history struct {
	ring []Report
	max  int
	next int // where the next report goes once the ring is full
}

func (h *history) push(r *Report) {
	switch {
	case h.max == 0:
	case len(h.ring) < h.max:
		h.ring = append(h.ring, *r)
	default:
		h.ring[h.next] = *r
		h.next = (h.next + 1) % h.max
	}
}

func (h *history) clear() { h.ring, h.next = h.ring[:0], 0 }

// since calls yield for every kept report from an account sequence on, oldest first.
func (h *history) since(sequence uint64, yield func(*Report)) {
	for i := range h.ring {
		if r := &h.ring[(h.next+i)%len(h.ring)]; r.AccountSequence >= sequence {
			yield(r)
		}
	}
}

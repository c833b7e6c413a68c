package exchange

import "github.com/smk-go/smk/gen/msg"

// Report is one message to an account about an order or its money. Type names
// the message and thereby the fields that count; see the message's definition
// for their meaning. It holds no borrowed memory and may be copied.
type Report struct {
	Type            msg.PayloadType
	Side            msg.Side
	Reason          int32  // in the enumeration that belongs to Type
	AccountSequence uint64 // 0 on an order_invalid, which has none
	Seq             uint64 // of the request it answers; 0 if there is none, or another session sent it
	Reference       uint64
	OrderID         uint64
	OrigOrderID     uint64 // cancel-replace only

	Market, Contract uint32
	Price            uint32 // of the fill, or of the accepted order
	OrigPrice        uint32 // of the order
	AveragePrice     uint32 // of all fills, rounded half up
	PendingTimeout   uint32 // of a provisional fill

	Quantity          uint64 // of the fill, or of the accepted order
	NewQuantity       uint64 // reduce only
	SourceQuantity    uint64 // before a reduction or a void
	ExecutedQuantity  uint64 // of the order, afterwards
	AvailableQuantity uint64 // of the order, afterwards

	AvailableBalance Money
	Exposure         Money // what is reserved, as a negative amount

	Label string // of the order, or "" for none; text of a balance_changed

	HasReference bool
	InvalidCount uint8 // order_invalid: how many of Invalid count
	Invalid      [2]msg.OrderInvalidReason
}

// Message is a message body that can be encoded.
type Message interface {
	PayloadType() msg.PayloadType
	SizeVT() int
	MarshalToSizedBufferVT([]byte) (int, error)
}

// Sink receives what a [Login] is told. Its methods must not call back into
// the exchange.
type Sink interface {
	// Report is one report of the session's account. It belongs to the exchange
	// and is valid until Report returns. replayed says that it is re-sent on a
	// resume by account sequence.
	Report(r *Report, replayed bool)

	// Publish is market data. The message belongs to the exchange and is valid
	// until Publish returns.
	Publish(m Message)
}

// Pacer is a [Sink] that takes snapshots of markets only as it has room for them. A Sink that is
// none takes all at once.
type Pacer interface {
	Sink

	// Room reports whether snapshots of at most n bytes can be taken now. When it said
	// no and has room again, [Login.SendSnapshots] goes on.
	Room(n int) bool
}

// tell gives a report its account sequence and hands it to every session of the
// account. Only origin, who sent the request, is told the request's Seq.
func (x *Exchange) report(a *account, origin *Login, r *Report) {
	a.sequence++
	r.AccountSequence = a.sequence
	a.history.push(r)
	seq := r.Seq
	for _, s := range a.logins {
		if s.sink == nil {
			continue
		}
		r.Seq = 0
		if s == origin {
			r.Seq = seq
		}
		s.sink.Report(r, false)
	}
}

// inform hands a report without an account sequence to every session of the
// account.
func (x *Exchange) reportUnsequenced(a *account, r *Report) {
	for _, s := range a.logins {
		if s.sink != nil {
			s.sink.Report(r, false)
		}
	}
}

// report returns the exchange's one Report, with what is known of an order.
func (x *Exchange) newReport(t msg.PayloadType, o *order) *Report {
	a := o.account
	x.scratch = Report{
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
	return &x.scratch
}

// history is an account's newest reports, for a resume by account sequence.
type history struct {
	ring []Report
	max  int
	next int // where the next one goes once the ring has its full length
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

func (h *history) forget() { h.ring, h.next = h.ring[:0], 0 }

// from calls yield for every kept report from an account sequence on, oldest
// first.
func (h *history) since(sequence uint64, yield func(*Report)) {
	for i := range h.ring {
		if r := &h.ring[(h.next+i)%len(h.ring)]; r.AccountSequence >= sequence {
			yield(r)
		}
	}
}

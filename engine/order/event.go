package order

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// EventKind says what an [Event] reports.
type EventKind uint8

// The kinds of events. Every event has Kind, Replayed, Sequence and Now; those about an order have OrderID,
// Reference, Market, Contract, State and Before as far as they are known.
const (
	_ EventKind = iota

	OrderAccepted     // the exchange has the order
	OrderEnded        // rejected, invalid or not placed: State and Reason
	OrderFilled       // a fill: Fill
	FillConfirmed     // a provisional fill became final: Fill
	FillVoided        // a provisional fill was voided: Fill
	OrderCancelled    // what was available is cancelled: Reason
	CancelRejected    // a cancel had no effect: Reason
	OrderReduced      // on request: Fill.Quantity is what is available now
	ReduceRejected    // Reason
	ReplacePending    // first stage: the event is about the new order, Other is the original
	OrderReplaced     // second stage: the event is about the new order, Other is the original
	ReplaceRejected   // either stage: the event is about the original, Other is the new order if it had an id
	RunnerReduced     // fills were reduced for a non-runner: Expected and Reported are executed before and after
	OrderVoided       // Expected and Reported are executed before and after
	CancelAllAccepted // Reference, Market
	CancelAllRejected // Reference, Market, Reason

	// DoubtBegan says that an order, or a request about it, may or may not have been carried out: Request.
	DoubtBegan
	// DoubtResolved says that a report or the user resolved it: Request.
	DoubtResolved
	// MissedFill says that the exchange counts another executed quantity than the fills seen add up to: Expected
	// is the sum of the fills seen, Reported the exchange's figure. It comes when the difference changes, and
	// with equal figures when it is explained.
	MissedFill
	// Drift says that the exchange's available balance or exposure differs from ours: Expected is ours, Reported
	// the exchange's, Amount says which of them. It comes when the difference changes.
	Drift
	// DriftEnded says that they agree again.
	DriftEnded
	// MarketSettled says that a market, or one of its contracts, brings no profit or loss any more: Reported is
	// what it brought, Other the contract that won, 0 if that is not known.
	MarketSettled
	// CompletenessChanged says that [Manager.Completeness] did.
	CompletenessChanged
	// Anomaly says that a message contradicts what is known: Anomaly.
	Anomaly
	// Overflow says that there is no room for an order or a market, or that figures are too large to be
	// booked. Positions are incomplete from then on.
	Overflow
	eventsEnd
)

var eventNames = [...]string{
	"none", "order accepted", "order ended", "order filled", "fill confirmed", "fill voided", "order cancelled",
	"cancel rejected", "order reduced", "reduce rejected", "replace pending", "order replaced", "replace rejected",
	"runner reduced", "order voided", "cancel-all accepted", "cancel-all rejected", "doubt began", "doubt resolved",
	"missed fill", "drift", "drift ended", "market settled", "completeness changed", "anomaly", "overflow",
}

// String returns the kind's name.
func (k EventKind) String() string {
	if int(k) < len(eventNames) {
		return eventNames[k]
	}
	return "unknown kind"
}

// Fill is one execution of an order.
type Fill struct {
	Price       odds.Price
	Quantity    odds.Quantity
	Provisional bool // it may still be voided
}

// Event is what the Manager found out. It has no pointers and may be kept.
type Event struct {
	Kind     EventKind
	State    State // of the order afterwards; 0 if the event is about no order
	Before   State
	Replayed bool // by a message that the exchange sent again: what it says has happened before
	Foreign  bool // about an order of another session
	Side     odds.Side
	Anomaly  AnomalyKind
	Amount   AmountKind

	Market    uint32
	Contract  uint32
	OrderID   uint64
	Reference uint64 // of the order; of the request for cancel-alls
	Other     uint64
	Sequence  uint64          // account sequence of the message; 0 if it has none
	Request   msg.PayloadType // of the request in doubt
	Reason    Reason
	Fill      Fill

	Expected int64 // quantities in 1/10000, amounts in 1e-8 of the currency
	Reported int64
	Now      int64
}

// AmountKind says which amount a [Drift] is about.
type AmountKind uint8

// The amounts.
const (
	Exposure AmountKind = iota + 1 // what is reserved
	Cash                           // available balance and reserve together
)

var amountNames = [...]string{"none", "exposure", "cash"}

// String returns the amount's name.
func (k AmountKind) String() string {
	if int(k) < len(amountNames) {
		return amountNames[k]
	}
	return "unknown amount"
}

// AnomalyKind says how a message contradicts what is known.
type AnomalyKind uint8

// The anomalies.
const (
	BadField          AnomalyKind = iota + 1 // a price, quantity or side out of range, or an id is missing
	TooOld                                   // its account sequence is so old that it cannot be told from a repetition
	ReferenceMismatch                        // it has the reference of an order of ours and contradicts it
	FillAfterEnd                             // a fill of an order that had ended before
	NotProvisional                           // a confirmation or void of more than is provisional
	Reappeared                               // an order exists that was called not placed
	InexactReduction                         // the reduction of a runner is known as an average only
	UnknownOrder                             // it concerns fills of an order that is not kept any more
)

var anomalyNames = [...]string{
	"none", "bad field", "too old", "reference mismatch", "fill after end", "not provisional", "reappeared",
	"inexact reduction", "unknown order",
}

// String returns the anomaly's name.
func (k AnomalyKind) String() string {
	if int(k) < len(anomalyNames) {
		return anomalyNames[k]
	}
	return "unknown anomaly"
}

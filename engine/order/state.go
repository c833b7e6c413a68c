package order

import (
	"strconv"

	"github.com/smk-go/smk/gen/msg"
)

// State is the state of an order, derived from what is known of it.
type State uint8

// The states. From Filled on they are terminal: nothing of the order can be matched any more. Fills may still
// be confirmed, voided or reduced.
const (
	PendingNew         State = iota + 1 // sent and not answered, or a replacement before its second stage
	Live                                // on the book, nothing executed
	PartiallyFilled                     // on the book, some executed
	Filled                              // all of it executed
	Cancelled                           // nothing executed, the rest cancelled
	PartiallyCancelled                  // some executed, the rest cancelled
	Rejected                            // by order_rejected, or a replacement by order_cancel_replace_rejected
	Invalid                             // by order_invalid
	Replaced                            // another order took its place
	Voided                              // the order was voided after the fact
	NotPlaced                           // it did not reach the exchange, or so the user said
	statesEnd
)

var stateNames = [...]string{
	"none", "pending new", "live", "partially filled", "filled", "cancelled", "partially cancelled", "rejected",
	"invalid", "replaced", "voided", "not placed",
}

// String returns the state's name.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "unknown state"
}

// Terminal reports whether nothing of the order can be matched any more.
func (s State) Terminal() bool { return s >= Filled }

// Overlay is what is under way or uncertain about an order, beside its state. It is a set of bits.
type Overlay uint8

// The overlays.
const (
	PendingCancel  Overlay = 1 << iota // a cancel was sent and not answered
	PendingReduce                      // a reduce was sent and not answered
	PendingReplace                     // a replace was sent, or is between its stages
	InDoubt                            // the order may exist or not, or may have ended unseen
)

var overlayNames = [...]string{"pending cancel", "pending reduce", "pending replace", "in doubt"}

// String returns the names of the bits, "none" if there are none.
func (o Overlay) String() string {
	text := ""
	for i, name := range overlayNames {
		if o&(1<<i) == 0 {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += name
	}
	if text == "" {
		return "none"
	}
	return text
}

// Reason says why an order ended or a request was rejected: a code of the enumeration that the message of Type
// carries, or one of this package's own if Type is 0.
type Reason struct {
	Type msg.PayloadType
	Code int32
}

// Codes of this package's own.
const (
	reasonNotSent          int32 = iota + 1 // no byte of it left
	reasonNotDelivered                      // the exchange asked for it again and it was withheld
	reasonUser                              // the user resolved the doubt
	reasonReducedToNothing                  // a reduction left nothing available
	reasonNoTrace                           // the account's messages are complete without it
)

var ownReasons = [...]string{
	"none", "not sent", "not delivered", "resolved by the user", "reduced to nothing",
	"no trace of it",
}

// String returns the name of the reason.
func (r Reason) String() string {
	switch r.Type {
	case 0:
		if int(r.Code) < len(ownReasons) && r.Code >= 0 {
			return ownReasons[r.Code]
		}
	case msg.PayloadOrderRejected:
		return msg.OrderRejectedReason(r.Code).String()
	case msg.PayloadOrderInvalid:
		return msg.OrderInvalidReason(r.Code).String()
	case msg.PayloadOrderCancelled:
		return msg.OrderCancelledReason(r.Code).String()
	case msg.PayloadOrderCancelRejected:
		return msg.OrderCancelRejectedReason(r.Code).String()
	case msg.PayloadOrderQuantityReduced:
		return msg.OrderQuantityReducedReason(r.Code).String()
	case msg.PayloadOrderQuantityReduceRejected:
		return msg.OrderQuantityReduceRejectedReason(r.Code).String()
	case msg.PayloadOrderCancelReplaceRejected:
		return msg.OrderCancelReplaceRejectedReason(r.Code).String()
	case msg.PayloadOrderCancelAllRejected:
		return msg.OrderCancelAllRejectedReason(r.Code).String()
	}
	return r.Type.String() + " " + strconv.Itoa(int(r.Code))
}

// Fate is what is known of a request that was not answered. The numbers are those of package session.
type Fate uint8

// The fates.
const (
	FateNotSent      Fate = iota + 1 // no byte of it left
	FateNotDelivered                 // withheld from a replay: the exchange does not have it
	FateInDoubt                      // the exchange may have it
)

var fateNames = [...]string{"answered", "not sent", "not delivered", "in doubt"}

// String returns the fate's name.
func (f Fate) String() string {
	if int(f) < len(fateNames) {
		return fateNames[f]
	}
	return "unknown fate"
}

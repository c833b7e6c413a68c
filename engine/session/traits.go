package session

import "github.com/smk-go/smk/gen/msg"

// traits say what the session itself has to do for an application message, by the
// message's type. Of market data, which is nearly all that comes, it is nothing.
type traits uint8

const (
	numbered traits = 1 << iota // has an account sequence
	answers                     // may answer an order-entry message
	limits                      // tells the exchange's limits
	nameless                    // of a type that the schema does not name
)

// typesEnd is the number behind the last type of the schema.
const typesEnd = msg.PayloadOrderCancelReplaceRejected + 1

// traitsTable is the traits by type, as far as the schema's types go.
var traitsTable = withoutNames([typesEnd]traits{
	msg.PayloadOrderRejected:               numbered | answers,
	msg.PayloadOrderAccepted:               numbered | answers,
	msg.PayloadOrderExecuted:               numbered,
	msg.PayloadOrderCancelled:              numbered | answers,
	msg.PayloadOrderInvalid:                answers,
	msg.PayloadOrderCancelRejected:         numbered | answers,
	msg.PayloadOrderExecuteVoided:          numbered,
	msg.PayloadOrderExecuteConfirmed:       numbered,
	msg.PayloadOrderQuantityReduced:        numbered | answers,
	msg.PayloadOrderQuantityReduceRejected: numbered | answers,
	msg.PayloadOrderReduced:                numbered,
	msg.PayloadOrderCancelAllAccepted:      numbered | answers,
	msg.PayloadOrderCancelAllRejected:      numbered | answers,
	msg.PayloadThrottleLimitsChanged:       limits,
	msg.PayloadOrderVoided:                 numbered,
	msg.PayloadOrderPendingReplace:         numbered | answers,
	msg.PayloadOrderCancelReplaceAccepted:  numbered,
	msg.PayloadOrderCancelReplaceRejected:  numbered,
})

// withoutNames marks the numbers between the types that the schema does not name.
func withoutNames(table [typesEnd]traits) [typesEnd]traits {
	for i := range table {
		if !msg.PayloadType(i).Known() {
			table[i] = nameless
		}
	}
	return table
}

// traitsOf returns the traits of a type.
func traitsOf(typ msg.PayloadType) traits {
	if uint(typ) < uint(len(traitsTable)) {
		return traitsTable[typ]
	}
	return nameless
}

package session

import "github.com/smk-go/smk/gen/msg"

// concern says why an application message is the session's concern too.
type concern uint8

const (
	market   concern = iota // it is not: market data and whatever else is known
	orders                  // it is about orders: it may have an account sequence, and may be an answer
	limits                  // it tells the exchange's limits
	nameless                // the schema does not name its type
)

// typesEnd is the number behind the last type of the schema.
const typesEnd = msg.PayloadOrderCancelReplaceRejected + 1

// concerns are those of the schema's types.
var concerns = withoutNames([typesEnd]concern{
	msg.PayloadOrderRejected:               orders,
	msg.PayloadOrderAccepted:               orders,
	msg.PayloadOrderExecuted:               orders,
	msg.PayloadOrderCancelled:              orders,
	msg.PayloadOrderInvalid:                orders,
	msg.PayloadOrderCancelRejected:         orders,
	msg.PayloadOrderExecuteVoided:          orders,
	msg.PayloadOrderExecuteConfirmed:       orders,
	msg.PayloadOrderQuantityReduced:        orders,
	msg.PayloadOrderQuantityReduceRejected: orders,
	msg.PayloadOrderReduced:                orders,
	msg.PayloadOrderCancelAllAccepted:      orders,
	msg.PayloadOrderCancelAllRejected:      orders,
	msg.PayloadThrottleLimitsChanged:       limits,
	msg.PayloadOrderVoided:                 orders,
	msg.PayloadOrderPendingReplace:         orders,
	msg.PayloadOrderCancelReplaceAccepted:  orders,
	msg.PayloadOrderCancelReplaceRejected:  orders,
})

// withoutNames marks the numbers between the types that the schema does not name.
func withoutNames(table [typesEnd]concern) [typesEnd]concern {
	for i := range table {
		if !msg.PayloadType(i).Known() {
			table[i] = nameless
		}
	}
	return table
}

// concernOf returns the concern of a type.
func concernOf(typ msg.PayloadType) concern {
	if uint(typ) < uint(len(concerns)) {
		return concerns[typ]
	}
	return nameless
}

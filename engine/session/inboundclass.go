package session

import "github.com/smk-go/smk/gen/msg"

// inboundClass says what an application message that arrives means to the session.
type inboundClass uint8

const (
	marketData     inboundClass = iota // nothing: market data and whatever else is known
	orderReport                        // it may have an account sequence, and may be an answer
	throttleLimits                     // it names the exchange's limits
	unknownType                        // the schema does not name its type
)

// typesEnd is the number behind the last type of the schema.
const typesEnd = msg.PayloadOrderCancelReplaceRejected + 1

// inboundClasses are those of the schema's types.
var inboundClasses = withUnknown([typesEnd]inboundClass{
	msg.PayloadOrderRejected:               orderReport,
	msg.PayloadOrderAccepted:               orderReport,
	msg.PayloadOrderExecuted:               orderReport,
	msg.PayloadOrderCancelled:              orderReport,
	msg.PayloadOrderInvalid:                orderReport,
	msg.PayloadOrderCancelRejected:         orderReport,
	msg.PayloadOrderExecuteVoided:          orderReport,
	msg.PayloadOrderExecuteConfirmed:       orderReport,
	msg.PayloadOrderQuantityReduced:        orderReport,
	msg.PayloadOrderQuantityReduceRejected: orderReport,
	msg.PayloadOrderReduced:                orderReport,
	msg.PayloadOrderCancelAllAccepted:      orderReport,
	msg.PayloadOrderCancelAllRejected:      orderReport,
	msg.PayloadThrottleLimitsChanged:       throttleLimits,
	msg.PayloadOrderVoided:                 orderReport,
	msg.PayloadOrderPendingReplace:         orderReport,
	msg.PayloadOrderCancelReplaceAccepted:  orderReport,
	msg.PayloadOrderCancelReplaceRejected:  orderReport,
})

// withUnknown marks the numbers between the types that the schema does not name.
func withUnknown(table [typesEnd]inboundClass) [typesEnd]inboundClass {
	for i := range table {
		if !msg.PayloadType(i).Known() {
			table[i] = unknownType
		}
	}
	return table
}

// inboundClassOf returns the class of a type.
func inboundClassOf(typ msg.PayloadType) inboundClass {
	if uint(typ) < uint(len(inboundClasses)) {
		return inboundClasses[typ]
	}
	return unknownType
}

package exchange

import (
	"fmt"

	"github.com/smk-go/smk/gen/msg"
)

// CommandError says why the exchange's operator cannot have what was asked for.
// Nothing was changed.
type CommandError struct{ Text string }

func (e *CommandError) Error() string { return "sim: " + e.Text }

func commandErrorf(format string, args ...any) error {
	return &CommandError{Text: fmt.Sprintf(format, args...)}
}

// SetUnavailable takes the back end down or brings it up again: every request
// about orders is answered SERVICE_TEMPORARILY_UNAVAILABLE meanwhile, creates
// without a sequence.
func (x *Exchange) SetUnavailable(down bool) { x.unavailable = down }

// SuspendTrading stops all trading: creates are rejected. When trading resumes,
// every order that is still on a book is removed.
func (x *Exchange) SuspendTrading(on bool) {
	if x.suspended && !on {
		for _, m := range x.markets {
			x.removeOrders(m, nil, everyOrder)
		}
		x.publish()
		x.reportRemoved(msg.OrderCancelledTradingSuspended)
	}
	x.suspended = on
}

// SuspendAccount stops or allows an account's creates. Its orders stay.
func (x *Exchange) SuspendAccount(username string, on bool) {
	x.internalLogin(username).account.config.Suspended = on
}

// SetStakeLimit changes the most that one order of an account may risk; 0 means
// no limit.
func (x *Exchange) SetStakeLimit(username string, limit Money) {
	x.internalLogin(username).account.config.StakeLimit = max(limit, 0)
}

// AdminCancel cancels an order on the operator's account. It reports false if the
// order is not live.
func (x *Exchange) AdminCancel(id uint64) bool {
	o := x.orders.find(id)
	if o == nil || o.account == nil || o.state != OrderLive {
		return false
	}
	x.removeOrder(o, OrderCancelled)
	x.publish()
	x.reportCancelled(o, nil, msg.OrderCancelledAdminRequested, nil)
	x.retire(o)
	return true
}

// ForceReject answers the next count requests of a type, from whomever, with a
// reason, in the enumeration of the type's answer, whatever the books say. The
// types are ORDER_CREATE, ORDER_CANCEL, ORDER_QUANTITY_REDUCE, ORDER_CANCEL_ALL,
// and ORDER_CANCEL_REPLACE with the reason of the first stage, or
// ORDER_PENDING_REPLACE with that of the second.
func (x *Exchange) ForceReject(t msg.PayloadType, reason int32, count int) {
	x.forcedRejects[t] = forcedReject{reason, count}
}

type forcedReject struct {
	reason int32
	count  int
}

// takeForcedReject returns the reason to answer a request with, 0 for none.
func (x *Exchange) takeForcedReject(t msg.PayloadType) int32 {
	if len(x.forcedRejects) == 0 {
		return 0
	}
	p := x.forcedRejects[t]
	if p.count == 0 {
		return 0
	}
	p.count--
	x.forcedRejects[t] = p
	if p.count == 0 {
		delete(x.forcedRejects, t)
	}
	return p.reason
}

package exchange

import (
	"fmt"

	"github.com/smk-go/smk/gen/msg"
)

// CommandError reports why an operator's command was refused. The command had no effect.
type CommandError struct{ Text string }

func (e *CommandError) Error() string { return "sim: " + e.Text }

func commandErrorf(format string, args ...any) error {
	return &CommandError{Text: fmt.Sprintf(format, args...)}
}

// SetUnavailable simulates an outage of the back end: while it is down, every order request is answered
// SERVICE_TEMPORARILY_UNAVAILABLE, creates without a sequence.
func (x *Exchange) SetUnavailable(down bool) { x.unavailable = down }

// SuspendTrading suspends or resumes trading. While it is suspended, creates are rejected. A resumption
// cancels every order on the books.
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

// SuspendAccount suspends or allows an account's creates. Its orders stay. It panics if there is no
// such account.
func (x *Exchange) SuspendAccount(username string, on bool) {
	x.internalLogin(username).account.config.Suspended = on
}

// SetStakeLimit sets the most that one order of an account may risk; 0 means no limit. It panics if
// there is no such account.
func (x *Exchange) SetStakeLimit(username string, limit Money) {
	x.internalLogin(username).account.config.StakeLimit = max(limit, 0)
}

// AdminCancel cancels an order for the operator. It reports false if the order is not live.
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

// ForceReject rejects the next count requests of a type, from any account, with a reason of the
// enumeration of the type's answer. The types are ORDER_CREATE, ORDER_CANCEL, ORDER_QUANTITY_REDUCE,
// ORDER_CANCEL_ALL, and ORDER_CANCEL_REPLACE with the reason of the first stage, or
// ORDER_PENDING_REPLACE with that of the second.
func (x *Exchange) ForceReject(t msg.PayloadType, reason int32, count int) {
	x.forcedRejects[t] = forcedReject{reason, count}
}

type forcedReject struct {
	reason int32
	count  int
}

// takeForcedReject returns the reason to reject a request with, 0 for none.
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

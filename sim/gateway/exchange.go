package gateway

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim/exchange"
)

// Exchange is what a gateway serves: the simulated one by [Simulated], or another that has accounts and takes their
// requests. It belongs to the gateway's goroutine. Its requests and reports are those of package exchange.
type Exchange interface {
	// Now returns the latest clock reading. Advance advances the clock; a reading that is not later than the latest one
	// does nothing.
	Now() int64
	Advance(now int64)

	// ByPassword and ByToken return the account of a login, and false if there is none.
	ByPassword(username, password []byte) (exchange.Identity, bool)
	ByToken(token []byte) (exchange.Identity, bool)

	// Login opens a login of an account, by the username of an identity. What the sink is given before Login returns
	// would come before the answer to the login.
	Login(username string, sink Sink) Login

	// CancelAccount cancels every order of an account whose client is disconnected or silent.
	CancelAccount(username string)
}

// Login is one client's login of an account. Each request is answered by the login's [Sink], at once or later; what
// the methods return is for callers other than the gateway. The requests are valid until the method returns.
type Login interface {
	Subscribe(market uint32)
	Unsubscribe(market uint32)
	SubscribeEvent(event uint32)
	UnsubscribeEvent(event uint32)
	PriceFeed(on bool)
	MarketFeed(on bool)

	Create(c *exchange.Create) (id uint64, r exchange.Rejection)
	Cancel(c *exchange.Cancel) exchange.Rejection
	CancelAll(c *exchange.CancelAll) exchange.Rejection
	Reduce(c *exchange.Reduce) exchange.Rejection
	Replace(c *exchange.Replace) (id uint64, r exchange.Rejection)

	// Reject and its like answer a request that the gateway does not pass on.
	Reject(c *exchange.Create, reason msg.OrderRejectedReason)
	RejectCancel(c *exchange.Cancel, reason msg.OrderCancelRejectedReason) exchange.Rejection
	RejectCancelAll(c *exchange.CancelAll, reason msg.OrderCancelAllRejectedReason) exchange.Rejection
	RejectReduce(c *exchange.Reduce, reason msg.OrderQuantityReduceRejectedReason) exchange.Rejection
	RejectReplace(c *exchange.Replace, reason msg.OrderCancelRejectedReason) exchange.Rejection

	// Replay resends, marked as replayed, every kept message of the account from an account sequence on.
	Replay(from uint64)

	// HasPendingSnapshots reports whether snapshots wait for room in the sink, and SendSnapshots sends what fits.
	HasPendingSnapshots() bool
	SendSnapshots()

	// Logout ends the login: its sink is called no more.
	Logout()
}

// Sink receives the messages to a [Login].
type Sink interface {
	exchange.Pacer

	// Resend is Publish of a message that is marked as replayed.
	Resend(m exchange.Message)
}

// Simulated returns the simulated exchange as a gateway serves it.
func Simulated(x *exchange.Exchange) Exchange { return simulated{x} }

type simulated struct{ *exchange.Exchange }

// Login implements Exchange.
func (x simulated) Login(username string, sink Sink) Login {
	return x.Exchange.Login(username, sink)
}

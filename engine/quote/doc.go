// Package quote turns the quotes that a bot wants into the fewest requests that bring its own orders there.
//
// A [Quoter] holds, for each contract, the newest wish of the bot ([Quoter.Set], [Quoter.Pull]) and the bot's own
// orders as the caller's order state has them ([Quoter.Apply]). [Quoter.Step] compares the two and returns requests:
// cancels, reduces, replaces and creates, as flat [Action] values. The caller sends each of them, or fails to, and
// reports it with [Quoter.Sent] or [Quoter.Refused] before the next step.
//
//	q.Set(quote.Contract{Market: 1, ID: 2}, quote.Two{Bid: 4900, Ask: 5100, Size: 100_0000, Tolerance: 10})
//	for _, a := range q.Step(now, quote.Budget{Messages: 10, Adds: 8}) {
//		key, err := send(&a)
//		...
//		q.Sent(&a, key)
//	}
//
// # What is compared
//
// An order fits a level of the wish if its price is within Tolerance of the level's, its open quantity is within
// SizeTolerance of the level's, and its price does not cross the other side of the wish. An order that fits is left
// alone. One with a fitting price and too much quantity is reduced, and keeps its place in the queue. Another one is
// replaced. An order without a level is cancelled, a level without an order gets one. Which order goes with which
// level is chosen such that the number of messages is the smallest possible, then such that the fewest places in a
// queue are lost, then such that what is live is nearest to the wish.
//
// A fill makes an order smaller, and unless the bot wishes otherwise before the next step, the order is brought
// back to its size.
//
// # What is never done
//
//   - A create or replace never crosses an own order: live, in flight, being cancelled, in doubt, or not the
//     quoter's. It waits until the other order is out of the way.
//   - A create waits for the end of the order whose place it takes, so that there are never more orders on a side
//     than the wish has levels, or than there were. A replace counts once.
//   - An order of the quoter's in doubt blocks creates and replaces on its side until it is resolved. So that this
//     does not last, [Quoter.NextOverdue] names the orders that the caller has to ask about.
//   - Orders that the quoter did not create are never touched, unless they are adopted ([Quoter.Adopt]).
//   - A refused request is not repeated at once: its side, or its order, waits from Config.RetryMin on, doubled up
//     to Config.RetryMax; after Config.AttemptsMax refusals a side gives up until the wish changes, [Quoter.Retry], or
//     Config.GiveUpFor is over. Cancels do not give up.
//
// # Ownership
//
// One goroutine owns a Quoter. It does no I/O and reads no clock: clock readings are arguments, in nanoseconds from
// any origin. All memory is claimed by [New]; nothing allocates after it.
package quote

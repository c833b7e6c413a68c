// Package book keeps the order books of markets from the exchange's snapshots and updates, as it shows them: the
// best levels of each side. It knows which of the quantity is the user's own, and how much is queued ahead of
// each own order.
//
// A [Books] does no I/O, reads no clock and belongs to one goroutine. Clock readings are nanoseconds of any
// clock that does not go back. All memory is claimed by [New]; what does not fit is refused with a [LimitError].
//
// # Window
//
// The exchange sends the best levels of a side only, and does not say how many. A level that a better one pushes
// out is not mentioned, nor is what happens to it while it is out; when it returns it is sent with its quantity
// of then. So each side is cut to the depth of the window after an update. The depth begins at Config.Depth and
// rises when the exchange shows more. Books that were cut at a smaller depth lack levels then, and are suspect
// until a new snapshot.
//
// # States
//
// A market that the user subscribed to is awaited until its snapshot. Then its contracts are live, those too that
// the snapshot leaves out: they are empty. A book is suspect while something says that it may be wrong, see
// [Causes]; it keeps its levels. What a new snapshot can mend is asked for by an [Event] of kind [Resubscribe]:
// the engine sends the requests.
//
// # Own orders
//
// Own orders come in as calls, from the moment they are sent. [Contract.WithoutOwn] subtracts them. While
// reports of own orders are on their way, what it returns is too little rather than too much: the exchange sends
// updates before the reports of the same change.
package book

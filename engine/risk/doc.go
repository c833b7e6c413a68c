// Package risk decides which order may leave: pre-trade limits, trading modes and a kill switch, without I/O,
// clock, goroutine or lock.
//
// A [Gate] is asked by [Gate.Admit] before a message is sent and told by [Gate.Sent] that it was. Between
// the two lies all that can still refuse the message, so that a message that never left uses up nothing.
// The gate holds no orders and no books: what a limit needs of them comes with each call as a [Snapshot], a
// flat value, and [Gate.Needs] says which parts of it the limits in force read. A part that is needed and not
// known refuses the request: the gate fails closed.
//
// # What passes always
//
// Only order_create and order_cancel_replace can be refused. Cancels, cancel-all and reductions of an order's
// quantity always pass, in every mode and whatever the limits say. A create or replace that does not raise
// the worst case passes the limits of exposure, also where these are exceeded already.
//
// # Replaces
//
// Until a replace is answered either order may trade, so it is judged as the worse of both. Its own price
// and quantity are checked like those of a create, with the side, contract and market of the order that it
// replaces. It is no order more. For its exposure see [Exposure].
//
// # Modes
//
// In [Active] all that keeps the limits passes. In [Reducing] an order has to lower the worst case of its
// market once it is filled, and must not raise it before. In [Halted] no order passes. A mode that is stricter
// than the one in force can be set at any time; only [Gate.Resume] goes back.
//
// # Kill switch
//
// [Gate.Halt] is the kill switch. From the moment it returns Admit refuses every create and replace. It then
// asks for an order_cancel_all by [Gate.Tick], again after [Config.CancelAllRetry] if that did not help,
// [Config.CancelAllTries] times on each connection, and follows what becomes of the orders by [Gate.Orders] until
// each is terminal, or in doubt behind an order_cancel_all that the exchange accepted. [Gate.Status] has its progress.
//
// # Errors and memory
//
// A refusal is a *[Refusal], which nothing changes later, so it may be kept. [New] claims all memory; Admit, Sent
// and what follows the market allocate nothing, refused or not. Clock readings are nanoseconds of any clock
// that does not step backwards; one that does counts as the latest reading.
package risk

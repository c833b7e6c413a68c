// Package lease gives the right to trade for an account to one process at a time, by a key in a NATS bucket.
//
// A [Contender] waits for the lease and takes it when nobody has it: the key is created, or updated from the revision
// that said it was released, so that of several contenders one succeeds. The holder renews it by updates from the
// revision before; the bucket removes a key that was not renewed for the TTL. (A TTL of the key would not do: an update
// makes such a key immortal.)
//
// No answer to a renewal does not mean that the lease is lost, and an answer that is late does not mean that it is
// kept. So the holder fences itself: what it may do ends at the reading of the monotonic clock taken before the newest
// renewal that succeeded was sent, plus the TTL, less a margin; the server cannot have begun to count later than that.
// The deadline is an [engine.Fence], which the engine asks before each write to its socket.
//
// The revision at which the lease was acquired is its term: it grows from holder to holder, and goes into the high bits
// of references, see engine.Config.ReferenceTerm.
//
// # What it relies on
//
// The clocks of holder and servers run at the same rate within the margin, and a server's clock does not jump forward
// by more than it. Contenders also wait until the TTL has passed on their own clock since they saw the newest renewal,
// so that a key that disappears early, because of a server's clock or by somebody's hand, does not make two holders
// unless a contender has just begun. A machine that is suspended, or a virtual machine that is paused, may stop its
// monotonic clock: run holders on machines that are not. Servers must not forget what they acknowledged: three
// replicas, or sync_interval always.
package lease

package engine

import "sync/atomic"

// The bits of requests.
const (
	requestStop  = 1 << iota // log out, then end
	requestClose             // end
	requestPanic             // end as after a panic in a handler
	requestHalt              // throw the kill switch; withdrawn when the loop has
)

// requests are what the loop is asked to do at once, without a queue. Those about its own end are made once and never
// withdrawn.
type requests struct {
	bits    atomic.Uint32 // any goroutine
	handled uint32        // the loop only: those that it has acted on
}

// add makes a request.
func (r *requests) add(bit uint32) { r.bits.Or(bit) }

// pending returns the requests that the loop has not acted on. The loop only.
func (r *requests) pending() uint32 { return r.bits.Load() &^ r.handled }

// halting reports whether a halt was requested that is not applied.
func (r *requests) halting() bool { return r.bits.Load()&requestHalt != 0 }

// closing reports whether Close was called.
func (r *requests) closing() bool { return r.bits.Load()&requestClose != 0 }

// take returns the pending requests about the end, which count as acted on from then on. The loop only.
func (r *requests) take() uint32 {
	pending := r.pending() &^ requestHalt
	r.handled |= pending
	return pending
}

package engine

import "sync/atomic"

// The bits of requests.
const (
	requestStop  = 1 << iota // log out, then end
	requestClose             // end
	requestPanic             // end as after a panic in a handler
	requestHalt              // throw the kill switch; withdrawn when the loop has
	requestLeave             // log out and leave the orders, then end
)

// requests are what the loop is asked to do at once, without a queue. Those about its own end are made once and never
// withdrawn.
type requests struct {
	bits    atomic.Uint32 // any goroutine
	handled uint32        // the loop only: those that it has acted on
	seen    uint32        // the loop only: bits as load found them
	tape    *tape
}

// add makes a request.
func (r *requests) add(bit uint32) { r.bits.Or(bit) }

// load returns the bits. The loop only.
func (r *requests) load() uint32 {
	if r.tape != nil && !r.tape.silent {
		r.seen = uint32(r.tape.word(tapeRequests, uint64(r.bits.Load()), uint64(r.seen)))
		return r.seen
	}
	return r.bits.Load()
}

// pending returns the requests that the loop has not acted on. The loop only.
func (r *requests) pending() uint32 { return r.load() &^ r.handled }

// halting reports whether a halt was requested that is not applied.
func (r *requests) halting() bool { return r.load()&requestHalt != 0 }

// closing reports whether Close was called. Any goroutine.
func (r *requests) closing() bool { return r.bits.Load()&requestClose != 0 }

// take returns the pending requests about the end, which count as acted on from then on. The loop only.
func (r *requests) take() uint32 {
	pending := r.pending() &^ requestHalt
	r.handled |= pending
	return pending
}

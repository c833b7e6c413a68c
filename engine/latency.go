package engine

import (
	"github.com/smk-go/smk/engine/latency"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
)

// RequestKind classifies requests by what the exchange does for them.
type RequestKind uint8

// The kinds of requests.
const (
	RequestCreate RequestKind = iota
	RequestCancel
	RequestReduce
	RequestReplace
	RequestCancelAll
	RequestPing
	RequestKinds // how many there are
)

var requestKindNames = [RequestKinds]string{"create", "cancel", "reduce", "replace", "cancel all", "ping"}

// String returns the kind's name.
func (k RequestKind) String() string {
	if k < RequestKinds {
		return requestKindNames[k]
	}
	return "unknown request"
}

// requestKindsOf are the results of requestKindOf.
var requestKindsOf = func() (kinds [1 << 8]RequestKind) {
	for i := range kinds {
		kinds[i] = RequestKinds
	}
	kinds[msg.PayloadOrderCreate] = RequestCreate
	kinds[msg.PayloadOrderCancel] = RequestCancel
	kinds[msg.PayloadOrderQuantityReduce] = RequestReduce
	kinds[msg.PayloadOrderCancelReplace] = RequestReplace
	kinds[msg.PayloadOrderCancelAll] = RequestCancelAll
	return kinds
}()

// requestKindOf returns the kind of a type of order entry, RequestKinds for other types.
func requestKindOf(typ msg.PayloadType) RequestKind { return requestKindsOf[uint8(typ)] }

// Latency is how long things took since New, as histograms. It is some 60 KB and has no pointers: a copy is a snapshot.
//
// Times are differences between readings of the clock that the loop makes anyway, so what they begin or end with may be
// up to 32 quick handlers earlier or later; see [Stats.HandlerMax].
type Latency struct {
	// Acknowledgement is the time from the send of a request to its answer, by the kind of the request: acceptance or
	// rejection; of a replace the outcome, not that it is pending; of a ping its pong. It begins at the reading before
	// the handler that sends and ends at the one before the answer was taken out of the receive buffer, so it contains
	// the write, the exchange and the network. Answers to requests of an earlier connection are left out.
	Acknowledgement [RequestKinds]latency.Histogram

	// TickToOrder is the time from the read of messages whose handlers sent order entry to the reading after the write
	// that gave the first of that to the kernel: decoding, state, handlers, risk checks, encoding, write. One per write
	// at most, however many orders it has.
	TickToOrder latency.Histogram

	// Handler is the time of handlers, decoding included. Of several that are timed as one it is the mean of these, as
	// often as there were.
	Handler latency.Histogram

	// LoopDelay is the time between two polls of the socket and the timers, without sleep; see [Stats.LoopDelayMax].
	LoopDelay latency.Histogram

	// Submit is the time from [Submitter.Send] or Do to the reading before the loop took what was submitted. It is
	// empty without Config.TimeSubmissions.
	Submit latency.Histogram

	// Socket is the time from the first attempt to write bytes to the reading after which none were left: the write
	// itself, and the wait for a socket that accepts nothing.
	Socket latency.Histogram
}

// publish copies what changed since the last call.
func (l *Latency) publish(to *Latency) {
	for i := range l.Acknowledgement {
		l.Acknowledgement[i].Publish(&to.Acknowledgement[i])
	}
	l.TickToOrder.Publish(&to.TickToOrder)
	l.Handler.Publish(&to.Handler)
	l.LoopDelay.Publish(&to.LoopDelay)
	l.Submit.Publish(&to.Submit)
	l.Socket.Publish(&to.Socket)
}

// Latency copies the histograms to l, as they were when the loop last went to sleep, or, while it does not sleep, at
// most a tenth of a second ago. It allocates nothing. Any goroutine.
func (e *Engine) Latency(l *Latency) {
	e.published.mu.Lock()
	defer e.published.mu.Unlock()
	*l = e.published.latency
}

// measured is the latency so far, and what is being measured. The loop only.
type measured struct {
	Latency
	connectedAt int64  // clock reading of the login of this connection
	newest      uint64 // sequence of the newest request in flight that no read is to be measured for
	tickAt      int64  // clock reading of the read that led to order entry that is not written yet, 0 if there is none
	polledAt    int64  // clock reading at the end of the last poll of the socket
	unsentSince int64  // clock reading of the first attempt to write what was not written then, 0 if there was nothing
}

// connected begins to measure a connection.
func (m *measured) connected() { m.newest, m.tickAt, m.unsentSince = 0, 0, 0 }

// answered measures the answer to a request of a kind that was sent at a clock reading.
func (m *measured) answered(kind RequestKind, sent, took int64) {
	if kind < RequestPing && sent >= m.connectedAt {
		m.Acknowledgement[kind].Record(took)
	}
}

// ponged measures the answer to a ping.
func (m *measured) ponged(ev *Event) {
	if ev.Ping != 0 {
		m.Acknowledgement[RequestPing].Record(ev.RoundTrip)
	}
}

// handled measures handlers that took a time together.
func (m *measured) handled(took int64, calls int) {
	if calls == 1 {
		m.Handler.Record(took)
	} else {
		m.Handler.RecordMany(took/int64(calls), uint64(calls))
	}
}

// ticked notes whether handlers of what a read brought have sent order entry. read is the clock reading of the read.
func (m *measured) ticked(s *session.Session, read int64) {
	if m.tickAt == 0 && s.NewestRequest() > m.newest {
		m.tickAt = read
	}
}

// sentElsewhere notes that what was sent until now has nothing to do with the next read.
func (m *measured) sentElsewhere(s *session.Session) { m.newest = s.NewestRequest() }

// writing notes that there is something to write.
func (m *measured) writing(s *session.Session, now int64) {
	if m.sentElsewhere(s); m.unsentSince == 0 {
		m.unsentSince = now
	}
}

// timeWrites measures what was written since the last call, if that is all there was. read says that the clock was
// read since; otherwise it is, which is little beside a write.
func (e *Engine) timeWrites(read bool) {
	m := &e.measured
	if !e.conn.writable() || e.conn.stalled() || len(e.session.Pending()) > 0 {
		return
	}
	if !read {
		e.readClock()
	}
	m.Socket.Record(e.now - m.unsentSince)
	if m.tickAt != 0 {
		m.TickToOrder.Record(e.now - m.tickAt)
	}
	m.tickAt, m.unsentSince = 0, 0
}

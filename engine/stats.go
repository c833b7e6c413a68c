package engine

import (
	"sync"
	"time"

	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
)

// Stats is the state and the counters of an engine since New.
type Stats struct {
	// The session's state, the number of the connection, and the account sequence up to
	// which everything was handled.
	State           session.State
	Epoch           uint32
	AccountSequence uint64

	// Session counts messages, gaps, replays, duplicates, refusals of the
	// throttle, and fields and values that the schema does not have.
	Session session.Stats

	BytesIn  uint64 // read from the socket, after TLS
	BytesOut uint64 // written to it, before TLS

	// Received counts application messages by their payload type; index 0 is for types
	// that the schema does not have.
	Received [msg.PayloadOrderCancelReplaceRejected + 1]uint64

	// Connected counts connections that were opened, Lost those that ended, and
	// attempts that failed, by their cause.
	Connected uint64
	Lost      [causes]uint64

	// SubmittedPeak is the most submissions of other goroutines that the loop has taken
	// without finding the queue empty; UnsentPeak is the most bytes that waited for the
	// socket at a write.
	SubmittedPeak int
	UnsentPeak    int

	// HandlerMax is the longest time of a handler, and SlowestHandler its name;
	// SlowHandlers counts calls that took Config.SlowHandler or longer. The times
	// include decoding the message, and that of the last call of a round the write of
	// what was sent. While handlers take next to no time, up to 32 calls are timed as
	// one, and SlowestHandler names all of them.
	HandlerMax     time.Duration
	SlowestHandler string
	SlowHandlers   uint64

	// LoopDelayMax is the longest time between two polls of the socket and the timers, and
	// LoopDelayCause its cause: the name of a handler, if one call took half of that time.
	// LoopDelays counts those of Config.LoopDelay and longer. Sleep in the socket does not
	// count, but how late it ends does, because the process did not run. With Poll the
	// time between two calls counts, too.
	LoopDelayMax   time.Duration
	LoopDelayCause string
	LoopDelays     uint64

	// LagMax is the longest lag: the time from the arrival of bytes to the moment at which
	// the socket was empty and everything was handled. LagCause is the handler that took
	// longest meanwhile, or "many short calls". Lags counts those of Config.LoopDelay and
	// longer.
	LagMax   time.Duration
	LagCause string
	Lags     uint64

	// LogsLost counts records for Config.Logger that were lost because it was too slow, or
	// panicked.
	LogsLost uint64
}

// published are the counts as other goroutines see them.
type published struct {
	mu      sync.Mutex // guards stats and latency
	stats   Stats
	latency Latency
	at      int64 // clock reading of the last publish; the loop only
}

// load returns the counts that were published last. Any goroutine.
func (p *published) load() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats
}

// Stats returns the counts as they were when the loop last went to sleep, or,
// while it does not sleep, at most a tenth of a second ago. Any goroutine.
func (e *Engine) Stats() Stats { return e.published.load() }

// publish publishes the counts. It does nothing while another goroutine reads the last ones: the loop does not
// wait.
func (e *Engine) publish() {
	if !e.published.mu.TryLock() {
		return
	}
	e.stats.Session = e.session.Stats()
	e.stats.State, e.stats.Epoch = e.session.State(), e.session.Epoch()
	e.stats.AccountSequence = e.session.AccountSequence()
	e.stats.LogsLost = e.log.lost()
	e.published.stats = e.stats
	e.measured.publish(&e.published.latency)
	e.published.mu.Unlock()
	e.published.at = e.now
}

// received counts an application message.
func (s *Stats) received(typ msg.PayloadType) {
	if uint(typ) >= uint(len(s.Received)) {
		typ = 0
	}
	s.Received[typ]++
}

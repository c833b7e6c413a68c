package doctor

import (
	"fmt"
	"math"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/gen/msg"
)

// executionsWanted is how many trades the clock is compared with: of several the one that arrived fastest counts.
const executionsWanted = 5

// offset compares this machine's clock with the times of a market's executions, the only ones in the protocol. The time
// from an execution to its arrival is the offset of the clock and the delay of the message, so that the shortest one
// says most; one below zero is proof that this clock is behind.
type offset struct {
	live  int           // executions that arrived as they happened
	least time.Duration // from such a one to its arrival
	ahead time.Duration // of this clock, the most that an older execution leaves possible
	seen  int           // executions of both kinds
}

func newOffset() *offset { return &offset{least: math.MaxInt64, ahead: math.MaxInt64} }

// add takes an execution that arrived at a clock reading.
func (o *offset) add(e *msg.Execution, received int64, live bool) {
	if e == nil || !e.HasMicroseconds() || e.GetMicroseconds() > math.MaxInt64/1000 {
		return // of no use
	}
	lag := time.Duration(received - int64(e.GetMicroseconds())*1000)
	o.seen++
	o.ahead = min(o.ahead, lag)
	if live {
		o.live++
		o.least = min(o.least, lag)
	}
}

// snapshot takes what a market says first: each contract's last execution, which may be old.
func (o *offset) snapshot(ev *engine.Event, m *msg.MarketQuotes) {
	quotes := m.GetContractQuotes()
	for i := range quotes {
		o.add(quotes[i].GetLastExecution(), ev.Received, false)
	}
}

// change takes executions as they happen.
func (o *offset) change(ev *engine.Event, m *msg.ContractQuotes) {
	executions := m.GetExecutions()
	for i := range executions {
		o.add(&executions[i], ev.Received, true)
	}
}

// text returns what is known of the offset, and the offset; ok is false if it is not known.
func (o *offset) text(roundTrip time.Duration) (text string, ahead time.Duration, ok bool) {
	switch {
	case o == nil:
		return "offset to the exchange unknown, for no session message has a time (--market compares it with trades)",
			0, false
	case o.live > 0:
		ahead = o.least - roundTrip/2
	case o.seen > 0 && o.ahead < 0:
		ahead = o.ahead // or further behind
	default:
		return "offset to the exchange unknown: nothing was traded in the market meanwhile", 0, false
	}
	direction := "ahead of"
	if ahead < 0 {
		direction = "behind"
	}
	return fmt.Sprintf("about %v %s the exchange, by the times of %s", rounded(ahead.Abs()), direction,
		plural(o.seen, "trade", "trades")), ahead, true
}

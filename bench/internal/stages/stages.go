// Package stages measures what a message costs in the library, stage by stage, by the calls of production: bytes in to
// a bot's handler, a handler's send to bytes out, and both at once.
//
// A stage is a loop; the caller measures its time. The stages of one group do the same work up to different points,
// so that the difference of two is the cost between the points:
//
//	in     refill                stand-in for the socket: frames are copied and get their sequences
//	       scan                  frames cut from memory, nothing else
//	       scan+decode           and decoded: the work that no client can avoid
//	       buffer+decode         the same through the receive buffer, refilled
//	       session               and sequenced, as events
//	       engine                and passed to handlers by an engine's loop
//	order  encode+decode         an order encoded into a frame, its answer cut and decoded
//	       session               sent through throttle and send ring, its answer matched
//	       engine                the same through an engine and its handlers
//	trade  decode+encode+decode  a quote decoded, an order encoded, its answer decoded
//	       session               the same through a session
//	       engine                quote to handler to order out, its answer to its handler
//
// What the trading state adds is measured by groups of their own, see [Trading]. Their stages have something to
// prepare, such as an exchange's answers, that is not measured.
//
// The stages scan and scan+decode read from memory that stays as it is, while the others pay for the refill too:
// ratios err against this library.
package stages

import (
	"errors"

	"github.com/smk-go/smk/bench/internal/fixture"
)

// Stage is the work up to one point.
type Stage struct {
	Name string

	// Loop does n operations, and goes on where it was when it is called again.
	Loop func(n int) error

	close func() error // nil if there is nothing to release

	// Prepare makes the next n operations possible, which is not measured: Loop then does these n. It is nil if
	// nothing has to be.
	Prepare func() (n int, err error)
}

// Do does at least n operations with what prepares them.
func (s *Stage) Do(n int) error {
	for done := 0; done < n; {
		k, err := n, error(nil)
		if s.Prepare != nil {
			k, err = s.Prepare()
		}
		if err == nil {
			err = s.Loop(k)
		}
		if err != nil {
			return err
		}
		done += k
	}
	return nil
}

// Group is the stages that are compared with each other, the shortest first.
type Group struct {
	Name   string
	Base   string // the name of the stage that the others are compared with
	Stages []Stage
	Others int // of the stages, the last ones, are not this library's
}

// Close releases what the stages hold.
func (g Group) Close() (err error) {
	for _, s := range g.Stages {
		if s.close != nil {
			err = errors.Join(err, s.close())
		}
	}
	return err
}

// Groups returns what makes the groups, each to be made when it is its turn.
func Groups() (groups []func() Group) {
	for _, feed := range inbound() {
		groups = append(groups, func() Group { return In(feed) })
	}
	return append(groups, Order, Trade)
}

// Trading returns what makes the groups that compare what the trading state adds.
func Trading() []func() Group {
	return []func() Group{
		Orders,
		func() Group { return Books(3) },
		func() Group { return Books(10) },
		func() Group { return Received("fill", batch) },
		func() Group { return Received("quote", batch) },
		func() Group { return Gate(batch) },
		Quoting,
	}
}

func inbound() []fixture.Feed {
	return []fixture.Feed{fixture.ExecutedVar(), fixture.QuotesVar(), fixture.Mixed()}
}

// errMissing is returned by a stage that did not get the messages of its stream.
var errMissing = errors.New("stages: messages are missing")

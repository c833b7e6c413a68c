package smknats

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// madeStream is a stream that a server says was made at a time and has so many messages.
type madeStream struct {
	jetstream.Stream
	created time.Time
	first   uint64
	last    uint64
	err     error
	asked   int
}

func (s *madeStream) Info(context.Context, ...jetstream.StreamInfoOpt) (*jetstream.StreamInfo, error) {
	s.asked++
	state := jetstream.StreamState{FirstSeq: s.first, LastSeq: s.last}
	return &jetstream.StreamInfo{Created: s.created, State: state}, s.err
}

// TestWatchStream: a stream that was made anew is noticed whether it has fewer messages or more than were read, and
// while messages come.
func TestWatchStream(t *testing.T) {
	made := time.Unix(1, 0)
	away := errors.New("no right to ask")
	for _, test := range []struct {
		name   string
		stream madeStream
		flows  bool // messages come
		want   error
		every  bool
		behind uint64 // messages that are not taken
	}{
		{"the same", madeStream{created: made, last: 1e6}, false, context.DeadlineExceeded, false, 0},
		{"the same, and messages come", madeStream{created: made, last: 1e6}, true, context.DeadlineExceeded, false, 0},
		{"anew with more", madeStream{created: made.Add(1), last: 1e6}, false, errAnew, false, 0},
		{"anew with more, and messages come", madeStream{created: made.Add(1), last: 1e6}, true, errAnew, false, 0},
		{"without its end", madeStream{created: made, last: 9}, false, errAnew, false, 0},
		{
			"a server that is away",
			madeStream{created: made.Add(1), err: nats.ErrTimeout},
			false, context.DeadlineExceeded, false, 0,
		},
		{"nobody who may ask", madeStream{created: made, err: away}, false, away, false, 0},
		{"whose rest expired", madeStream{created: made, first: 12, last: 11}, false, errRemoved, true, 0},
		{
			"whose rest expired, and may have come",
			madeStream{created: made, first: 12, last: 11},
			false, context.DeadlineExceeded, true, 1,
		},
		{
			"whose past expired",
			madeStream{created: made, first: 11, last: 12},
			false, context.DeadlineExceeded, true, 0,
		},
		{
			"of last ones",
			madeStream{created: made, first: 12, last: 12},
			false, context.DeadlineExceeded, false, 0,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
				defer cancel()
				at := progress{every: test.every}
				at.last.Store(10)
				at.taken.Store(10 - test.behind)
				if test.flows {
					go func() {
						for ctx.Err() == nil {
							at.last.Add(1)
							_ = pause(ctx, 0)
						}
					}()
				}
				err := watchStream(ctx, &test.stream, made, &at)
				cancel()
				if !errors.Is(err, test.want) {
					t.Error(err)
				}
				// A thousand followers ask, too.
				if most := int(10 * time.Minute / quietAfter); test.stream.asked == 0 || test.stream.asked > most {
					t.Errorf("asked %d times", test.stream.asked)
				}
			})
		})
	}
}

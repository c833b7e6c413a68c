package smknats

import (
	"context"
	"errors"
	"sync/atomic"
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
	last    uint64
	err     error
	asked   int
}

func (s *madeStream) Info(context.Context, ...jetstream.StreamInfoOpt) (*jetstream.StreamInfo, error) {
	s.asked++
	return &jetstream.StreamInfo{Created: s.created, State: jetstream.StreamState{LastSeq: s.last}}, s.err
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
	}{
		{"the same", madeStream{created: made, last: 1e6}, false, context.DeadlineExceeded},
		{"the same, and messages come", madeStream{created: made, last: 1e6}, true, context.DeadlineExceeded},
		{"anew with more", madeStream{created: made.Add(1), last: 1e6}, false, errAnew},
		{"anew with more, and messages come", madeStream{created: made.Add(1), last: 1e6}, true, errAnew},
		{"without its end", madeStream{created: made, last: 9}, false, errAnew},
		{
			"a server that is away",
			madeStream{created: made.Add(1), err: nats.ErrTimeout},
			false,
			context.DeadlineExceeded,
		},
		{"nobody who may ask", madeStream{created: made, err: away}, false, away},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
				defer cancel()
				var last atomic.Uint64
				last.Store(10)
				if test.flows {
					go func() {
						for ctx.Err() == nil {
							last.Add(1)
							_ = pause(ctx, 0)
						}
					}()
				}
				err := watchStream(ctx, &test.stream, made, &last)
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

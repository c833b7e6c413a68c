package smknats

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Limits of reading a stream.
const (
	consumerGone = 30 * time.Second // a server forgets a consumer that is not there any more
	quietAfter   = 5 * time.Second  // without a message a stream is asked whether it is still the same
	quietsFlow   = 6                // of such times after which it is asked although messages come
)

// errAnew ends the reading of a stream that was made anew, or whose end is not what it was. A consumer of the library
// goes on behind the last message that it had, and in such a stream waits for a message of that number for long.
var errAnew = errors.New("smknats: the stream is another one")

// errRemoved ends the reading of a stream that has not the next message any more, nor has sent one behind it.
var errRemoved = fmt.Errorf("smknats: messages were removed before they were read: %w", errAnew)

// progress is how far the reading of a stream is.
type progress struct {
	last  atomic.Uint64 // message that came
	taken atomic.Uint64 // message that was taken: while it is not last, more may have come
	every bool          // message is to come, not only the last ones
}

// each calls f with each message of a stream that a consumer gets, and its sequence, until something fails.
func each(
	ctx context.Context, js jetstream.JetStream, name string, c jetstream.OrderedConsumerConfig,
	f func(m jetstream.Msg, sequence uint64) error, options ...jetstream.PullMessagesOpt,
) error {
	stream, err := js.Stream(ctx, name)
	if err != nil {
		return fmt.Errorf("smknats: stream %s: %w", name, err)
	}
	c.InactiveThreshold = consumerGone
	consumer, err := stream.OrderedConsumer(ctx, c)
	if err != nil {
		return fmt.Errorf("smknats: stream %s: %w", name, err)
	}
	messages, err := consumer.Messages(options...)
	if err != nil {
		return fmt.Errorf("smknats: stream %s: %w", name, err)
	}
	defer messages.Stop()
	reading, end := context.WithCancelCause(ctx)
	var at progress
	at.last.Store(max(c.OptStartSeq, 1) - 1)
	at.taken.Store(at.last.Load())
	at.every = c.DeliverPolicy != jetstream.DeliverLastPerSubjectPolicy
	var wait sync.WaitGroup
	created := stream.CachedInfo().Created // what asks for more changes it
	wait.Go(func() { end(watchStream(reading, stream, created, &at)) })
	defer wait.Wait()
	defer end(nil)
	for {
		m, err := messages.Next(jetstream.NextContext(reading))
		if err != nil {
			if ctx.Err() == nil && reading.Err() != nil {
				err = context.Cause(reading)
			}
			return fmt.Errorf("smknats: stream %s: %w", name, err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("smknats: stream %s: %w", name, err)
		}
		at.last.Store(meta.Sequence.Stream)
		if err := f(m, meta.Sequence.Stream); err != nil {
			return err
		}
		at.taken.Store(meta.Sequence.Stream)
	}
}

// watchStream returns errAnew when a stream is not the one any more that has the last message, errRemoved if all
// that came is taken and what is behind it is gone while nothing comes, and why it cannot be asked, unless that passes.
func watchStream(ctx context.Context, stream jetstream.Stream, created time.Time, at *progress) error {
	ticker := time.NewTicker(quietAfter)
	defer ticker.Stop()
	for n, before := 1, uint64(0); ; n++ {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		now := at.last.Load()
		quiet := before == now && at.taken.Load() == now
		if before != now && n%quietsFlow != 0 {
			before = now
			continue
		}
		before = now
		asking, cancel := context.WithTimeout(ctx, requestTimeout)
		info, err := stream.Info(asking)
		cancel()
		switch {
		case err != nil && !transient(err):
			return err
		case err == nil && (!info.Created.Equal(created) || info.State.LastSeq < now):
			return errAnew
		case err == nil && quiet && at.every && info.State.FirstSeq > now+1 && at.last.Load() == now:
			return errRemoved
		}
	}
}

package smknats

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// readBooks reads books until ctx ends: the last one of each contract, then what comes.
func (f *Follower) readBooks(ctx context.Context) error {
	subjects := []string{f.names.Books(0)}
	if f.c.Markets != nil {
		subjects = subjects[:0]
		for _, market := range f.c.Markets {
			subjects = append(subjects, f.names.Books(market))
		}
	}
	complete := false // the picture is
	for failures := 0; ctx.Err() == nil; failures++ {
		err := each(ctx, f.js, f.names.BookStream(), jetstream.OrderedConsumerConfig{
			FilterSubjects: subjects, DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy,
		}, func() {
			if failures = 0; !complete {
				complete = true
				f.push(ctx, item{complete: true})
			}
		}, func(m jetstream.Msg, sequence, pending uint64) error {
			failures = 0
			i := item{subject: m.Subject(), sequence: sequence, data: m.Data(), complete: pending == 0 && !complete}
			complete = complete || i.complete
			f.push(ctx, i)
			return nil
		})
		if !transient(err) && !absent(err) {
			return err
		}
		if err := pause(ctx, failures); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// consumerGone is after how long a server forgets a consumer that is not there any more.
const consumerGone = 30 * time.Second

// each calls f with each message of a stream that a consumer gets, with its sequence and how many are there behind it,
// until something fails. empty, if not nil, is called first if there is none.
func each(
	ctx context.Context, js jetstream.JetStream, name string, c jetstream.OrderedConsumerConfig, empty func(),
	f func(m jetstream.Msg, sequence, pending uint64) error,
) error {
	c.InactiveThreshold = consumerGone
	consumer, err := js.OrderedConsumer(ctx, name, c)
	if err != nil {
		return fmt.Errorf("smknats: stream %s: %w", name, err)
	}
	info, err := consumer.Info(ctx)
	if err != nil {
		return fmt.Errorf("smknats: stream %s: %w", name, err)
	}
	if info.NumPending == 0 && empty != nil {
		empty()
	}
	messages, err := consumer.Messages()
	if err != nil {
		return fmt.Errorf("smknats: stream %s: %w", name, err)
	}
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("smknats: stream %s: %w", name, err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("smknats: stream %s: %w", name, err)
		}
		if err := f(m, meta.Sequence.Stream, meta.NumPending); err != nil {
			return err
		}
	}
}

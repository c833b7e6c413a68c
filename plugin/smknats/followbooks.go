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
		missing, err := f.bookSubjects(ctx, subjects)
		if err == nil && len(missing) == 0 && !complete {
			complete = true
			f.push(ctx, item{complete: true})
		}
		if err == nil {
			err = f.eachBook(ctx, subjects, missing, &complete, &failures)
		}
		if !transient(err) && !absent(err) {
			return err
		}
		if err := pause(ctx, failures); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// eachBook reads books until something fails. The picture is complete when each subject that there was before has been
// seen. How many messages a server says are pending does not tell that: it counts those that were replaced since. One
// that was removed since does not come: after a while without a message it is asked again which there are.
func (f *Follower) eachBook(
	ctx context.Context, subjects []string, missing map[string]bool, complete *bool, failures *int,
) error {
	reading, end := context.WithCancel(ctx)
	defer end()
	quiet := time.AfterFunc(quietAfter, end)
	defer quiet.Stop()
	if *complete {
		quiet.Stop()
	}
	return each(reading, f.js, f.names.BookStream(), jetstream.OrderedConsumerConfig{
		FilterSubjects: subjects, DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy,
	}, func(m jetstream.Msg, sequence uint64) error {
		quiet.Stop()
		delete(missing, m.Subject())
		i := item{subject: m.Subject(), sequence: sequence, data: m.Data(), complete: len(missing) == 0 && !*complete}
		*failures, *complete = 0, *complete || i.complete
		f.push(ctx, i)
		if !*complete {
			quiet.Reset(quietAfter)
		}
		return nil
	})
}

// bookSubjects returns the subjects that have a book.
func (f *Follower) bookSubjects(ctx context.Context, filters []string) (map[string]bool, error) {
	stream, err := f.js.Stream(ctx, f.names.BookStream())
	if err != nil {
		return nil, fmt.Errorf("smknats: stream %s: %w", f.names.BookStream(), err)
	}
	subjects := map[string]bool{}
	for _, filter := range filters {
		if err := addSubjects(ctx, stream, filter, subjects, f.c.BooksMax); err != nil {
			return nil, err
		}
	}
	return subjects, nil
}

// subjectsMax is how many subjects a stream may have whose subjects are asked for: the answer has all that the filter
// lets through.
const subjectsMax = followMax

// addSubjects adds the subjects of a stream's messages, up to a limit. The error is a *LimitError or the server's.
func addSubjects(ctx context.Context, stream jetstream.Stream, filter string, to map[string]bool, limit int) error {
	name := stream.CachedInfo().Config.Name
	info, err := stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("smknats: stream %s: %w", name, err)
	}
	if info.State.NumSubjects > subjectsMax {
		return &LimitError{name, 0, "subjects", subjectsMax}
	}
	if info, err = stream.Info(ctx, jetstream.WithSubjectFilter(filter)); err != nil {
		return fmt.Errorf("smknats: stream %s: %w", name, err)
	}
	if len(to)+len(info.State.Subjects) > limit {
		return &LimitError{name, 0, "books", limit}
	}
	for subject := range info.State.Subjects {
		to[subject] = true
	}
	return nil
}

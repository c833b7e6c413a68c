package standby

import (
	"context"
	"errors"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/plugin/smknats"
)

// publishing is the log of a term on its way into the stream. nil is none.
type publishing struct {
	publisher *smknats.Publisher
	cancel    context.CancelFunc
	ended     chan struct{}
}

// publish begins to publish the journal of an engine, if that is wanted.
func (t *term) publish(e *engine.Engine) *publishing {
	if t.c.Log == nil {
		return nil
	}
	c := *t.c.Log
	c.Environment, c.Account, c.Dir = t.c.Lease.Environment, t.c.Lease.Account, t.c.Engine.Journal.Dir
	publisher, err := smknats.New(t.c.Lease.JetStream.Conn(), c)
	if err != nil {
		t.observe(LogFailed, t.lease.Term(), err)
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &publishing{publisher, cancel, make(chan struct{})}
	// A holder whose lease has ended must not write into what the next one continues.
	go func() {
		select {
		case <-t.lease.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	go func() {
		defer close(p.ended)
		err := publisher.Run(ctx)
		// A holder whose time is over is refused, as it has to be.
		if err != nil && !errors.Is(err, context.Canceled) && t.lease.Valid(time.Now()) {
			t.observe(LogFailed, t.lease.Term(), err)
		}
	}()
	return p
}

// finish waits until the stream has the end of the journal, until a time at most, and ends the publishing.
func (p *publishing) finish(e *engine.Engine, until time.Time) {
	if p == nil {
		return
	}
	defer func() {
		p.cancel()
		<-p.ended
	}()
	stats, _ := e.JournalStats()
	for p.publisher.Stats().Record < stats.Written {
		select {
		case <-p.ended:
			return
		case <-time.After(publishPoll):
			if !time.Now().Before(until) {
				return
			}
		}
	}
}

const publishPoll = 5 * time.Millisecond

package standby

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/plugin/smknats"
	"github.com/smk-go/smk/plugin/smknats/lease"
)

// standby is what Run has.
type standby struct {
	c         Config
	contender *lease.Contender
	store     *store

	events observed
}

// Run contends for the account's lease, and runs the engine whenever it has it, until ctx ends: then the engine stops
// as its OnStop says, the lease is released, and Run returns what the engine's Run did. It goes on as a standby after a
// lease that was lost and after a handover. Another end of the engine, such as a login that is refused or a panic of a
// handler, ends Run with its error, and the lease is released: the next machine may fare better.
//
// If ctx ends while it contends Run returns nil.
func Run(ctx context.Context, c Config) error {
	if err := c.complete(); err != nil {
		return err
	}
	names, err := smknats.NewNames(c.Lease.Environment)
	if err != nil {
		return err
	}
	s := &standby{c: c}
	if s.contender, err = lease.New(ctx, c.Lease); err != nil {
		return err
	}
	defer s.contender.Close()
	s.store, err = openStore(ctx, c.Lease.JetStream, names.StateBucket(c.Lease.Account), replicas(&c.Lease))
	if err != nil {
		return err
	}
	for {
		s.observe(Contending, 0, nil)
		l, err := s.contender.Acquire(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		t := s.newTerm(l)
		err = t.run(ctx)
		s.observe(Ended, l.Term(), err)
		switch {
		case ctx.Err() != nil && errors.Is(err, context.Canceled):
			return nil // before there was an engine
		case t.released && ctx.Err() == nil, errors.Is(err, engine.ErrFenced) && ctx.Err() == nil:
		case errors.Is(err, errLeaseEnded) && ctx.Err() == nil:
		default:
			return err
		}
	}
}

func replicas(c *lease.Config) int {
	switch {
	case c.Replicas != 0:
		return c.Replicas
	case c.JetStream.Conn().ConnectedClusterName() != "":
		return 3
	}
	return 1
}

func (s *standby) observe(kind EventKind, term uint64, err error) {
	s.events.add(Event{Kind: kind, At: time.Now(), Term: term, Err: err}, s.c.Observe)
	log := s.c.Lease.Logger
	attrs := []slog.Attr{slog.String("name", s.contender.Name()), slog.Uint64("term", term)}
	level := slog.LevelInfo
	if err != nil {
		level, attrs = slog.LevelError, append(attrs, slog.Any("cause", err))
	}
	log.LogAttrs(context.Background(), level, "standby: "+kind.String(), attrs...)
}

// errLeaseEnded means that the lease ended before there was an engine.
var errLeaseEnded = errors.New("standby: the lease ended before the engine began")

// term is the time of one lease.
type term struct {
	*standby
	lease    *lease.Lease
	handed   chan *lease.Handover // the request that the engine ends for
	handing  chan struct{}        // closed when none is waited for any more
	released bool                 // for a handover
}

func (s *standby) newTerm(l *lease.Lease) *term {
	return &term{standby: s, lease: l, handed: make(chan *lease.Handover, 1), handing: make(chan struct{})}
}

// run runs the engine of a term, and releases the lease unless that is lost.
func (t *term) run(ctx context.Context) error {
	number := t.lease.Term()
	t.observe(Acquired, number, nil)
	// What is prepared is given up when the lease ends.
	prepare, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-t.lease.Done():
			cancel()
		case <-prepare.Done():
		}
	}()
	image, err := t.prepare(prepare)
	if err != nil {
		if t.lease.Err() != nil {
			return errLeaseEnded
		}
		return errors.Join(err, t.release(""))
	}
	t.observe(Restored, number, nil)
	v := newSaver(t.store, func() bool { return t.lease.Valid(time.Now()) }, func(err error) {
		t.observe(StateFailed, number, err)
	})
	e, err := t.newEngine(image, v)
	if err == nil {
		if err = t.c.Start(e, Term{number, t.contender.Name(), image != nil}); err != nil {
			_ = e.Close()
		}
	}
	if err != nil {
		_ = v.finish(time.Now())
		return errors.Join(err, t.release(""))
	}
	publish := t.publish(e)
	go t.handOver(e)
	err = e.Run(ctx)
	return t.end(e, v, publish, err)
}

// prepare takes over what the holder before has left.
func (t *term) prepare(ctx context.Context) (image []byte, err error) {
	err = insist(ctx, func(ctx context.Context) (err error) {
		image, err = t.store.load(ctx, t.lease.Term())
		return err
	})
	if err != nil || t.c.Log == nil {
		return image, err
	}
	return image, insist(ctx, t.restoreLog)
}

// insist does something again while servers do not answer, or have no leader. What takes long has more time with each
// attempt, and goes on where it was.
func insist(ctx context.Context, f func(context.Context) error) error {
	attempt := insistFirst
	for tries := 1; ; tries++ {
		limited, cancel := context.WithTimeout(ctx, attempt)
		err := f(limited)
		cancel()
		if err == nil || final(err) || ctx.Err() != nil || tries == insistTries {
			return err // the next machine may fare better
		}
		attempt *= 2
		select {
		case <-ctx.Done(): // at the end of the lease at the latest
		case <-time.After(insistPause):
		}
	}
}

const (
	insistFirst = 500 * time.Millisecond
	insistTries = 10 // in all some eight minutes
	insistPause = 50 * time.Millisecond
)

// final reports whether an error will be the same the next time.
func final(err error) bool {
	var state *StateError
	var disk *journal.DiskError
	return errors.As(err, &state) || errors.As(err, &disk) || errors.Is(err, smknats.ErrMismatch) ||
		errors.Is(err, smknats.ErrGap) || errors.Is(err, smknats.ErrMessage) || errors.Is(err, errClaim)
}

// newEngine makes the engine.
func (t *term) newEngine(image []byte, v *saver) (*engine.Engine, error) {
	c := t.c.Engine
	c.Fence, c.ReferenceTerm = t.lease.Fence(), t.lease.Term()
	c.State.File, c.State.Files = stateFile, newFiles(image, v.image)
	e, err := engine.New(c)
	if err != nil {
		return nil, err
	}
	ready := false
	e.OnCaughtUp(func(*engine.Event) {
		if !ready {
			ready = true
			t.observe(Ready, t.lease.Term(), nil)
		}
	})
	return e, nil
}

// handOver ends the engine when the holder is asked to hand over.
func (t *term) handOver(e *engine.Engine) {
	defer close(t.handing)
	select {
	case h := <-t.lease.Handovers():
		t.handed <- h
		t.observe(HandingOver, t.lease.Term(), nil)
		e.Leave()
	case <-e.Done():
	}
}

// end saves the state and ends the log, and then releases the lease, unless it is lost: until then nobody else begins.
func (t *term) end(e *engine.Engine, v *saver, publish *publishing, err error) error {
	<-e.Done()
	until, open := t.lease.Fence().Until()
	if !open {
		until = time.Now()
	}
	if saved := v.finish(until); saved != nil && !errors.Is(err, engine.ErrFenced) {
		t.observe(StateFailed, t.lease.Term(), saved)
	}
	publish.finish(e, until)
	<-t.handing
	select {
	case h := <-t.handed: // before one that came later
		t.released = true
		t.handTo(h)
		return err
	default:
	}
	select {
	case h := <-t.lease.Handovers(): // the engine has ended by itself
		t.handTo(h)
		return err
	default:
	}
	return errors.Join(err, t.release(""))
}

// handTo releases the lease for a request. Whoever asked as well is told that it is too late.
func (t *term) handTo(h *lease.Handover) {
	t.lease.Answer(h, t.lease.Release(context.Background(), h.To))
	for {
		select {
		case late := <-t.lease.Handovers():
			t.lease.Answer(late, errHanded)
		default:
			return
		}
	}
}

// errHanded means that another request for a handover came first.
var errHanded = errors.New("standby: it was handed over for another request")

// release releases the lease. One that has ended needs no release, and one that cannot be released expires.
func (t *term) release(to string) error {
	if err := t.lease.Release(context.Background(), to); err != nil && t.lease.Err() == nil {
		return err
	}
	return nil
}

package lease

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/smk-go/smk/engine"
)

// Lease is a lease that was acquired. It is renewed by a goroutine of its own until it is released or ends. Its methods
// are for any goroutine.
type Lease struct {
	x     *Contender
	term  uint64
	fence *engine.Fence
	kill  *killTimer    // nil for none
	done  chan struct{} // closed at the end of the lease
	stop  chan struct{} // closed by Release
	ended chan struct{} // closed at the end of the renewals

	handovers *nats.Subscription
	asked     chan *Handover

	mu       sync.Mutex
	err      error // why it ended
	opened   bool  // the fence is extended
	until    time.Time
	revision uint64
	own      value
	tries    attempts
	renewals uint64
	stopping sync.Once
}

// newLease begins to renew a lease that was acquired at a revision by a value that was sent at a time.
func newLease(x *Contender, revision uint64, sent time.Time) (*Lease, error) {
	l := &Lease{
		x: x, term: revision, fence: engine.NewFence(), revision: revision, own: x.own, tries: x.tries,
		until: sent.Add(x.c.validFor()),
		done:  make(chan struct{}), stop: make(chan struct{}), ended: make(chan struct{}),
		asked: make(chan *Handover, 1),
	}
	l.own.Term = revision
	if x.c.Kill {
		var err error
		if l.kill, err = newKillTimer(); err != nil {
			return nil, err
		}
	}
	if err := l.listen(); err != nil {
		l.kill.disarm()
		return nil, err
	}
	go l.renew()
	return l, nil
}

// Fence returns up to when the holder may trade, for engine.Config.Fence. The lease extends and closes it.
func (l *Lease) Fence() *engine.Fence { return l.fence }

// Valid reports whether the holder may trade at a time that time.Now has just returned. It is one atomic load.
func (l *Lease) Valid(now time.Time) bool { return l.fence.Valid(now) }

// Term returns the revision at which the lease was acquired: every later holder has a larger one.
func (l *Lease) Term() uint64 { return l.term }

// Revision returns the newest revision, which each renewal makes larger.
func (l *Lease) Revision() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.revision
}

// Renewals returns how many renewals have succeeded.
func (l *Lease) Renewals() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.renewals
}

// Done returns a channel that is closed when the lease has ended.
func (l *Lease) Done() <-chan struct{} { return l.done }

// Err returns why the lease has ended: ErrExpired, ErrLost or ErrReleased; nil before.
func (l *Lease) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// open extends the fence from now on.
func (l *Lease) open() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opened = true
	l.extend()
}

// extend extends the fence up to until. l.mu is held.
func (l *Lease) extend() {
	if l.err == nil {
		l.kill.arm(l.until.Add(l.x.c.Margin / 2)) // before anything may be sent up to it
		l.fence.Extend(l.until)
	}
}

// end ends the lease, if it has not ended.
func (l *Lease) end(err error) {
	l.mu.Lock()
	first := l.err == nil
	if first {
		l.err = err
	}
	l.mu.Unlock()
	if !first {
		return
	}
	l.fence.Close()
	l.kill.disarm()
	_ = l.handovers.Unsubscribe()
	close(l.done)
	level := slog.LevelError
	if err == ErrReleased {
		level = slog.LevelInfo
	}
	l.x.c.Logger.Log(context.Background(), level, "lease ended", slog.String("name", l.x.c.Name),
		slog.Uint64("term", l.term), slog.Any("cause", err))
}

// renew renews the lease until it ends.
func (l *Lease) renew() {
	defer close(l.ended)
	c := &l.x.c
	ticker := time.NewTicker(c.renewEvery())
	defer ticker.Stop()
	expiry := time.NewTimer(0)
	defer expiry.Stop()
	for failures := 0; ; {
		l.mu.Lock()
		until := l.until
		l.mu.Unlock()
		expiry.Reset(time.Until(until))
		select {
		case <-l.stop:
			return
		case <-ticker.C:
		case <-expiry.C:
		}
		if !time.Now().Before(until) {
			l.end(ErrExpired) // a success would be too late for what asks the fence
			return
		}
		// An answer is awaited up to the deadline at most; a context that ends before is no answer.
		ctx, cancel := context.WithDeadline(context.Background(), until)
		lost, err := l.renewOnce(ctx)
		cancel()
		switch {
		case lost:
			l.end(ErrLost)
			return
		case err == nil:
			failures = 0
		default:
			if failures++; failures == 1 {
				c.Logger.Warn("lease not renewed", slog.String("name", c.Name), slog.Any("cause", err))
			}
		}
	}
}

// renewOnce sends a renewal. lost says that the lease is another's, or gone.
func (l *Lease) renewOnce(ctx context.Context) (lost bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, l.x.c.attempt())
	defer cancel()
	l.mu.Lock()
	v, over := l.own, l.revision
	sent := time.Now() // before anything is sent: the server cannot begin to count earlier
	v.N = l.tries.begin(sent)
	l.mu.Unlock()
	v.Wall = sent.UnixNano()
	revision, refused, err := l.x.bucket.write(ctx, v, over)
	switch {
	case err != nil:
		return false, err
	case !refused:
		l.renewed(revision, sent)
		return false, nil
	}
	// An earlier renewal whose answer was lost may have taken effect.
	e, found, err := l.x.bucket.read(ctx)
	switch {
	case err != nil:
		return false, err
	case !found || e.ID != v.ID || e.State != held:
		return true, nil
	case e.revision == over:
		return false, errRefusedNewest
	}
	l.mu.Lock()
	sent = l.tries.sent(e.N)
	l.mu.Unlock()
	l.renewed(e.revision, sent)
	return false, nil
}

// renewed takes note of a renewal that succeeded.
func (l *Lease) renewed(revision uint64, sent time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.revision, l.renewals = revision, l.renewals+1
	if until := sent.Add(l.x.c.validFor()); until.After(l.until) {
		l.until = until
	}
	if l.opened {
		l.extend()
	}
}

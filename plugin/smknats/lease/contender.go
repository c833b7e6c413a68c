package lease

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/plugin/smknats"
)

// Contender waits for the lease of an account. Its methods are for one goroutine, but for Close and Holder.
type Contender struct {
	c       Config
	names   smknats.Names
	bucket  bucket
	notices *nats.Subscription
	changed chan struct{} // somebody says that the key has changed
	closed  chan struct{}
	close   sync.Once
	holder  atomic.Pointer[Holder]

	// The newest entry that was read, and when a holder could last have renewed as far as that is known.
	seen    entry
	found   bool
	renewed time.Time

	tries    attempts
	own      value
	avoid    uint64 // revision of a release that is for another
	avoidTil time.Time
}

// New opens the bucket of a lease, which it makes if there is none, and contends for it when Acquire is called.
func New(ctx context.Context, c Config) (*Contender, error) {
	names, err := c.complete()
	if err != nil {
		return nil, err
	}
	b, err := openBucket(ctx, &c, names.LeaseBucket(c.Account))
	if err != nil {
		return nil, err
	}
	x := &Contender{c: c, names: names, bucket: b, changed: make(chan struct{}, 1), closed: make(chan struct{})}
	x.notices, err = c.JetStream.Conn().Subscribe(names.Lease(c.Account, aboutChanged), func(*nats.Msg) {
		select {
		case x.changed <- struct{}{}:
		default:
		}
	})
	if err != nil {
		return nil, err
	}
	return x, nil
}

// Name returns Config.Name, or what stands for it.
func (x *Contender) Name() string { return x.c.Name }

// Close ends Acquire. It does not release a lease.
func (x *Contender) Close() {
	x.close.Do(func() {
		_ = x.notices.Unsubscribe()
		close(x.closed)
	})
}

// Holder is what is known of who has the lease.
type Holder struct {
	Name string // "" if nobody has it
	Term uint64
	Seen time.Time // when it renewed last, as this process saw it
}

// Acquire waits until it has the lease, and until the deadline of the holder before has passed. It ends with an error
// when ctx ends or the contender is closed, and with a *TermError; servers that do not answer are asked again.
func (x *Contender) Acquire(ctx context.Context) (*Lease, error) {
	x.own = value{State: held, ID: hex.EncodeToString(randomBytes(idBytes)), Name: x.c.Name}
	x.tries = make(attempts)
	x.seen, x.found, x.renewed = entry{}, false, time.Now()
	for {
		l, err := x.try(ctx)
		if err != nil {
			return nil, err
		}
		if l != nil {
			if x.waitOut(ctx, l) {
				return l, nil
			}
			if ctx.Err() == nil { // lost meanwhile
				return x.Acquire(ctx)
			}
			return nil, errors.Join(ctx.Err(), l.release(context.WithoutCancel(ctx), ""))
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-x.closed:
			return nil, ErrClosed
		case <-x.changed:
		case <-time.After(x.c.pollEvery()):
		}
	}
}

// Holder returns who had the lease when Acquire read the key last. Any goroutine.
func (x *Contender) Holder() Holder {
	if h := x.holder.Load(); h != nil {
		return *h
	}
	return Holder{}
}

// try reads the key, and takes the lease if it can be had. It returns nil without an error if it cannot.
func (x *Contender) try(ctx context.Context) (*Lease, error) {
	e, found, err := x.read(ctx)
	if err != nil || ctx.Err() != nil {
		return nil, ctx.Err()
	}
	now := time.Now()
	if found && e.ID == x.own.ID { // an answer was lost
		return x.acquired(e.revision, x.tries.sent(e.N))
	}
	x.notice(e, found, now)
	if found && (e.State != released || !x.mayTake(e, now)) {
		return nil, nil
	}
	x.own.N, x.own.Wall = x.tries.begin(now), now.UnixNano()
	attempt, cancel := context.WithTimeout(ctx, x.c.attempt())
	defer cancel()
	revision, refused, err := x.bucket.write(attempt, x.own, e.revision)
	if refused || err != nil {
		return nil, ctx.Err() // the next read says who has it
	}
	return x.acquired(revision, now)
}

// notice takes note of what was read.
func (x *Contender) notice(e entry, found bool, now time.Time) {
	if found && e.State == held && e.revision != x.seen.revision {
		x.renewed = now
	}
	h := Holder{}
	if found && e.State == held {
		h = Holder{Name: e.Name, Term: e.Term, Seen: x.renewed}
		if h.Term == 0 {
			h.Term = e.revision
		}
	}
	x.holder.Store(&h)
	x.seen, x.found = e, found
}

func (x *Contender) read(ctx context.Context) (entry, bool, error) {
	attempt, cancel := context.WithTimeout(ctx, x.c.attempt())
	defer cancel()
	return x.bucket.read(attempt)
}

// mayTake reports whether a lease that was released may be taken: one that is for another only after that one had time
// to take it.
func (x *Contender) mayTake(e entry, now time.Time) bool {
	if e.To == "" && e.Name != x.c.Name || e.To == x.c.Name {
		return true
	}
	if x.avoid != e.revision {
		x.avoid, x.avoidTil = e.revision, now.Add(x.c.TTL/2)
	}
	return !now.Before(x.avoidTil)
}

// acquired begins to renew a lease whose acquisition was sent at a time.
func (x *Contender) acquired(revision uint64, sent time.Time) (*Lease, error) {
	if revision > engine.ReferenceTermMax {
		return nil, &TermError{revision}
	}
	x.c.Logger.Info("lease acquired", slog.String("name", x.c.Name), slog.Uint64("term", revision))
	return newLease(x, revision, sent)
}

// waitOut waits until no holder before can believe to have the lease still, and then opens the fence. It reports false
// if ctx ends or the lease is lost before.
func (x *Contender) waitOut(ctx context.Context, l *Lease) bool {
	if !x.found || x.seen.State != released {
		timer := time.NewTimer(x.c.TTL - time.Since(x.renewed))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-l.Done():
			return false
		case <-ctx.Done():
			return false
		}
	}
	l.open()
	return true
}

// attempts are when values were sent whose answers are not known, by their number.
type attempts map[uint64]time.Time

// begin notes another one.
func (a attempts) begin(now time.Time) (n uint64) {
	for k := range a {
		n = max(n, k)
	}
	n++
	a[n] = now
	delete(a, n-attemptsMax)
	return n
}

// attemptsMax is how many are remembered. Of an older one the answer is that it was sent long ago.
const attemptsMax = 64

func (a attempts) sent(n uint64) time.Time { return a[n] }

package prove

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/gen/msg"
)

// leasedEvery is how many days there are for one whose bots trade as long as they have a lease.
const leasedEvery = 10

// leaseTTL is how long a lease lasts that is not renewed. It is, four times as often.
const leaseTTL = int64(200 * time.Millisecond)

// The kinds of steps of days with leases.
const (
	Lapse    Kind = Kinds + iota // the lease is not renewed for a while, or is found to be lost
	HandOver                     // the bot leaves its orders, and is started again after a while
	leaseKinds
)

// drawLease makes some days such that bots have a lease.
func (s *Schedule) drawLease() {
	r := rand.New(rand.NewPCG(s.Seed, 0x1ea5e))
	if s.Leased = r.IntN(leasedEvery) == 0; !s.Leased {
		return
	}
	for range 1 + r.IntN(4) {
		s.Steps = append(s.Steps, Step{
			At:   time.Duration(r.Int64N(int64(s.Duration))),
			Kind: Lapse + Kind(r.IntN(int(leaseKinds-Lapse))), Bot: r.IntN(len(s.Bots)),
			For: time.Duration(1+r.Int64N(1<<uint(r.IntN(11)))) * time.Millisecond, N: r.Uint64(),
		})
	}
	slices.SortStableFunc(s.Steps, func(a, b Step) int { return int(a.At - b.At) })
}

// lease is what keeps a bot from sending when its time is over. A process that runs renews it; one that was stopped
// for too long finds that it is over.
type lease struct {
	fence   *engine.Fence // nil without one
	until   int64         // nothing may leave from then on
	renewAt int64
	lapsing bool // it is not renewed
	leaving bool // the process hands over
}

// acquire gives the next process a lease.
func (b *bot) acquire(c *engine.Config) {
	if b.lease = (lease{}); b.world.schedule.Leased {
		b.lease.fence = engine.NewFence()
		c.Fence = b.lease.fence
		b.renew()
	}
}

// renew renews the lease if it is time and it is not over.
func (b *bot) renew() {
	l, now := &b.lease, b.world.now
	if l.fence == nil || l.lapsing || now < l.renewAt || l.until != 0 && now >= l.until {
		return
	}
	ttl := leaseTTL
	if !b.world.faulty {
		ttl = int64(time.Hour) // nothing ends it any more
	}
	l.until, l.renewAt = now+ttl, now+ttl/4
	l.fence.Extend(time.Unix(0, l.until+b.ahead))
}

// renewDue returns when the lease is to be renewed.
func (b *bot) renewDue() int64 {
	if l := &b.lease; l.fence != nil && !l.lapsing && b.world.now < l.until {
		return l.renewAt
	}
	return math.MaxInt64
}

// lapse ends the lease: at once, as one that is found to be another's, or as it is not renewed any more.
func (b *bot) lapse(pause time.Duration, atOnce bool) {
	l := &b.lease
	if b.engine == nil || l.fence == nil || l.lapsing {
		return
	}
	if l.lapsing = true; atOnce {
		l.fence.Close()
		l.until = b.world.now
		return
	}
	b.world.after(pause, func() {
		if b.lease.fence == l.fence {
			b.lease.lapsing = false // another process may have it by now
		}
	})
}

// checkLease checks that nothing leaves when the lease is over.
func (b *bot) checkLease() {
	if l := &b.lease; l.fence != nil && b.world.now >= l.until {
		b.world.fail("fence", b, "bytes leave %v after the end of the lease", time.Duration(b.world.now-l.until))
	}
}

// fenced reports whether an engine has ended with its lease, and has the next one begin a while later.
func (b *bot) fenced(err error) bool {
	if b.lease.fence == nil || !errors.Is(err, engine.ErrFenced) {
		return false
	}
	if b.world.now < b.lease.until {
		early := time.Duration(b.lease.until - b.world.now)
		b.world.fail("fence", b, "the engine ended %v before the end of its lease", early)
	}
	b.leavesUnknown()
	b.restarting, b.engine = false, nil
	b.deadUntil = max(b.deadUntil, b.world.now+leaseTTL)
	return true
}

// handOver has the process leave.
func (b *bot) handOver(pause time.Duration) {
	if b.engine == nil || b.restarting {
		return
	}
	b.restarting, b.lease.leaving = true, true
	b.deadUntil = b.world.now + int64(pause)
	b.engine.Leave()
}

// checkLeft checks that a process that has handed over, and says that all is well, has left nothing without a fate.
func (b *bot) checkLeft(err error) {
	if !b.lease.leaving || !errors.Is(err, engine.ErrLoggedOut) || b.world.schedule.Wild || b.uncertain() {
		return
	}
	for reference, r := range b.checks.sent {
		if r.gone && !r.earlier && r.answered == 0 && r.resolved == 0 && r.ended == 0 {
			b.world.fail("handover", b, "%v with reference %d was left without a fate: %+v", r.typ, reference, *r)
		}
	}
}

// checkLeaving checks that a process which hands over, with the usual settings, leaves its orders as they are, but for
// what the bot itself cancels: one with a queue may do so at any time.
func (b *bot) checkLeaving(p *msg.Payload) {
	own := b.role == Submitter || b.engine.asked[p.GetEtoPayload().GetSeq()]
	if b.lease.leaving && !own && p.GetType() == msg.PayloadOrderCancelAll && !p.GetOrderCancelAll().HasMarketId() &&
		b.world.schedule.Settings == 0 && !b.halted && b.engine.Mode().Kill == risk.KillIdle {
		b.world.fail("handover", b, "everything is cancelled: %v", p)
	}
}

// leavesUnknown notes that requests may be under way that the next process knows nothing of.
func (b *bot) leavesUnknown() {
	if b.link != nil && !b.keepsIntents() && !b.link.abandoned {
		b.unknown = b.link
	}
}

package journal

import "time"

// patience is how long the Recorder waits for a writer that gives no room back. The time is waited for in parts, so
// that a process that was stopped meanwhile, for however long, has lost one of them and not its patience.
type patience struct {
	part  time.Duration
	timer *time.Timer
	ended func() // is called when it ends
}

// waitParts is in how many parts the time is waited for.
const waitParts = 10

func newPatience(most time.Duration) *patience {
	p := &patience{part: most / waitParts, timer: time.NewTimer(most), ended: func() {}}
	p.timer.Stop()
	return p
}

// wait waits for room or until a part of the time has passed, which it reports.
func (p *patience) wait(room <-chan struct{}) (passed bool) {
	p.timer.Reset(p.part)
	defer p.timer.Stop()
	select {
	case <-room:
		return false
	case <-p.timer.C:
		return true
	}
}

// awaitRoom commits what was appended and waits until the writer has given some room back. It reports false if it
// is not to be waited for.
func (r *Recorder) awaitRoom() bool {
	seen := r.seen // a commit may see a later one
	r.Commit()
	for parts := 0; ; {
		r.ring.waiting.Store(true)
		if parts == waitParts {
			r.ring.hangs.Store(true) // before the head is read: the writer does it the other way round
		}
		switch {
		case r.ring.head.Load() != seen:
			r.ring.waiting.Store(false)
			r.ring.hangs.Store(false)
			return true
		case parts == waitParts:
			r.ring.waiting.Store(false)
			r.patience.ended()
			return false
		case r.ring.absent.Load() || r.ring.hangs.Load():
			r.ring.waiting.Store(false)
			return false
		}
		r.ring.wake()
		if r.patience.wait(r.ring.room) {
			parts++
		}
	}
}

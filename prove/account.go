package prove

import (
	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
)

// account follows the numbers of the account's messages, independently of the session.
type account struct {
	upTo    uint64 // everything up to here was handled, or reported as lost
	handled map[uint64]bool
	lost    []session.AccountRange
	known   bool // the numbering is the one that the process began with
	several bool // numberings since a file began: its newest image may be of any of them
}

// begin begins with a process, which knows what an earlier one has handled if it has a file.
func (a *account) begin(e *engine.Engine, fromStart bool) {
	a.upTo = e.AccountSequence()
	if a.handled == nil || a.upTo == 0 && len(e.AccountApplied()) == 0 { // it resumes from nothing
		a.handled, a.lost, a.several = make(map[uint64]bool), nil, false
	}
	a.known = fromStart && !a.several
}

// applied follows a number.
func (a *account) applied(n uint64) {
	if len(a.handled) == 0 && a.upTo == 0 {
		a.upTo = n // nothing was repeated before it
	}
	a.handled[n] = true
}

// reset follows the beginning of another numbering.
func (a *account) reset() {
	a.known, a.several, a.lost = false, true, nil
	clear(a.handled)
}

// lostAccount follows a report of lost messages.
func (b *bot) lostAccount(ev *engine.Event) {
	b.digestEvent(ev)
	b.checks.lost = true
	if ev.From <= ev.To {
		b.accountLog.lost = append(b.accountLog.lost, session.AccountRange{From: ev.From, To: ev.To})
	}
	b.missing(ev)
}

// missing checks that messages which are reported as missing were not handled.
func (b *bot) missing(ev *engine.Event) {
	for n := ev.From; n <= ev.To && n-ev.From < 100; n++ {
		if b.checks.applied[n] {
			b.world.fail("account holes", b, "%d was handled and is reported as missing: %v", n, ev)
		}
	}
}

// checkAccount checks that the bot resumes from no number before which something was neither handled nor reported as
// lost.
func (b *bot) checkAccount() {
	a := &b.accountLog
	if !a.known || b.checks.ended {
		return
	}
	for a.handled[a.upTo+1] || a.gaveUp(a.upTo+1) {
		a.upTo++
	}
	if at := b.engine.AccountSequence(); at > a.upTo {
		b.world.fail("account holes", b, "everything up to %d counts as handled, %d was not", at, a.upTo+1)
	}
}

func (a *account) gaveUp(n uint64) bool {
	for _, r := range a.lost {
		if r.From <= n && n <= r.To {
			return true
		}
	}
	return false
}

// checkKill checks that the kill switch is not flat while there are orders.
func (b *bot) checkKill() {
	s := b.engine.Mode()
	if s.Kill != risk.KillFlat || b.checks.ended {
		return
	}
	for o := range b.engine.Orders() {
		if !o.State.Terminal() && o.Overlay&order.InDoubt == 0 {
			b.world.fail("kill switch", b, "it is flat, and there is %+v", *o)
			return
		}
	}
}

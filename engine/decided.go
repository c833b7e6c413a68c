package engine

import (
	"fmt"

	"github.com/smk-go/smk/engine/order"
)

// What the journal's log has of a decision about orders or books that no message shows: the text, and how LogDecision's
// field "by" begins, which the arguments follow. Who follows them by a journal applies it, see package replica.
const (
	LogDecision = "decision about orders"

	DecisionOverdue    = "overdue"    // the clock reading up to which they were sent, whether messages are complete
	DecisionResolve    = "resolve"    // reference, then the Outcome: placed, id, ended
	DecisionResolveID  = "resolve-id" // id, then the Outcome
	DecisionReconciled = "reconciled"
	DecisionSettle     = "settle"     // market, then the winners
	DecisionDefine     = "define"     // market, whether one of its contracts wins
	DecisionUnfollowed = "unfollowed" // whether there are markets without room
	DecisionUntracked  = "untracked"  // type, reference and sequence of a request that there is no room to follow
	DecisionRenew      = "renew"      // market that is unsubscribed from and subscribed to again, for a snapshot
	DecisionLeave      = "leave"      // market that the engine had subscribed to by itself before a new session
	DecisionLost       = "lost"       // messages of the account, of which the numbers are not known
)

// decided records a decision in the journal alone.
func (e *Engine) decided(decision string, arguments ...any) {
	if e.log == nil || !e.log.tape.recording() {
		return
	}
	for _, a := range arguments {
		decision += fmt.Sprint(" ", a)
	}
	e.log.tape.log(&record{at: e.now, text: LogDecision, cause: decision})
}

// outcomeOf returns an Outcome as decided takes it.
func outcomeOf(o order.Outcome) []any { return []any{o.Placed, o.OrderID, o.Ended} }

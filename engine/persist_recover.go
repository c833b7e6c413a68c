package engine

import (
	"encoding/binary"
	"time"

	"github.com/smk-go/smk/engine/internal/ownbook"
	"github.com/smk-go/smk/engine/internal/statefile"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
)

// Recovery is what a start with StateConfig.File found, and what the exchange's messages said of it since.
type Recovery struct {
	Found bool          // there was a file; otherwise this is the first start, which asks for the whole history
	Saved time.Time     // when its state was that of the engine
	Age   time.Duration // from then to the start
	Live  int           // orders that were not terminal then, intents not counted

	// Intents is how many requests the log of intents had that left, or were about to, after that: with
	// StateConfig.DurableIntents everything that was in flight. Torn says that the end of the log was not written
	// completely; what it had did not leave.
	Intents int
	Torn    bool

	InDoubt int // requests without an answer at the start, intents counted

	// The others are 0 until Done, at the first CaughtUp.
	Done     bool
	Complete bool  // nothing is known or suspected to be missing of what happened meanwhile
	Cause    error // why not, as in the event CaughtUp

	Fills   int // of orders, that happened meanwhile
	Ended   int // orders that ended meanwhile
	Adopted int // orders that were not known, and are ours by their references

	// Unknown are the references of orders that nothing says anything of: never received by the exchange, refused as
	// invalid, which has no account sequence and is not repeated, or live and not reported yet. They stay in doubt
	// until a message or [Engine.ResolveOrder] decides.
	Unknown []uint64

	reported bool
}

// Recovery returns what the start found. Without StateConfig.File it is zero.
func (e *Engine) Recovery() (r Recovery) {
	if e.trading == nil || e.trading.persist == nil {
		return r
	}
	return e.trading.persist.recovery
}

// OnRecovery registers a handler that is called once with StateConfig.File, at the first CaughtUp and before its
// handlers.
func (e *Engine) OnRecovery(handler func(Recovery)) Registration {
	return e.tradingHandlers("OnRecovery").recovery.add(handler)
}

// OnSaved registers a handler that is called when saving the state begins to fail, with the *StateFileError, and with
// nil when it works again.
func (e *Engine) OnSaved(handler func(error)) Registration {
	return e.tradingHandlers("OnSaved").saved.add(handler)
}

// readIntents applies the intents that the image does not cover.
func (p *persist) readIntents(orders *order.Manager) error {
	records, torn, err := p.store.ReadLog(p.covered)
	if err != nil {
		return err
	}
	if !p.recovery.Found && (len(records) > 0 || torn) {
		return statefile.Damaged(p.store.Path(), 0, "is missing, but not its log")
	}
	for i, b := range records {
		if b[0] == 0 {
			marks.Hit(marks.PersistIntentVoid)
			continue // void: it did not leave
		}
		p.recovery.Intents++
		marks.Hit(marks.PersistIntent)
		r, ok := parseIntent(b)
		if !ok {
			return statefile.Damaged(p.store.Path(), int64(p.covered)+int64(i), "an intent of its log makes no sense")
		}
		_ = orders.Sent(&r.Keys, r.Seq, r.Sent) // without room it is ours by its reference
	}
	p.covered += uint64(len(records))
	p.recovery.Torn = torn
	return nil
}

// appendIntent writes a request into a record of the log.
func appendIntent(b []byte, k *msg.Keys, seq uint64, now int64) {
	le := binary.LittleEndian
	b[0], b[1] = byte(k.Type), byte(k.Side)
	le.PutUint32(b[4:], k.Price)
	le.PutUint32(b[8:], k.Market)
	le.PutUint32(b[12:], k.Contract)
	for i, n := range [...]uint64{k.Reference, k.OrderID, k.Quantity, seq, uint64(now)} {
		le.PutUint64(b[16+8*i:], n)
	}
}

func parseIntent(b []byte) (r session.EarlierRequest, ok bool) {
	le := binary.LittleEndian
	r.Keys = msg.Keys{
		Type: msg.PayloadType(b[0]), Side: msg.Side(b[1]), Price: le.Uint32(b[4:]), Market: le.Uint32(b[8:]),
		Contract: le.Uint32(b[12:]), Reference: le.Uint64(b[16:]), OrderID: le.Uint64(b[24:]),
		Quantity: le.Uint64(b[32:]),
	}
	r.Seq, r.Sent = le.Uint64(b[40:]), int64(le.Uint64(b[48:]))
	return r, orderEntry(r.Keys.Type)
}

// orderEntry reports whether a message is about orders.
func orderEntry(typ msg.PayloadType) bool {
	switch typ {
	case msg.PayloadOrderCreate, msg.PayloadOrderCancel, msg.PayloadOrderCancelAll, msg.PayloadOrderQuantityReduce,
		msg.PayloadOrderCancelReplace:
		return true
	}
	return false
}

// recover makes the other parts of the trading state follow from the orders that were read, and returns the requests
// without an answer for the session, the newest of them if they are too many.
func (t *trading) recover(now int64, most int) []session.EarlierRequest {
	var doubts []session.EarlierRequest
	for u := range t.orders.Unanswered {
		doubts = append(doubts, session.EarlierRequest{Keys: u.Keys, Seq: u.Seq, Sent: u.Sent})
	}
	for i := range doubts {
		d := &doubts[i]
		k := &d.Keys
		if o := t.orders.ByID(k.OrderID); o != nil {
			t.recent.add(recentRequest{
				reference: k.Reference, order: o.ID, key: ownbook.Key(o), quantity: ownbook.Open(o), market: o.Market,
			})
		}
		t.ordersEvents(t.orders.ApplyFate(k.Type, k.Reference, d.Seq, order.FateInDoubt, now), now)
	}
	t.ordersEvents(t.orders.Disconnected(now), now)
	for o := range t.orders.Live {
		replaces := uint64(0)
		if original := t.orders.ByID(o.Original); original != nil {
			replaces = ownbook.Key(original)
		}
		_ = t.books.OwnAdded(ownbook.Own(o, replaces))
	}
	t.realised = t.orders.Account().Realised
	t.risk.Profit(now, t.realised)
	t.changed = true
	t.persist.recovery.InDoubt = len(doubts)
	if most == 0 {
		most = session.UnansweredMax
	}
	return doubts[max(len(doubts)-most, 0):]
}

// follow counts what happens until the account is caught up with.
func (p *persist) follow(t *trading, ev *order.Event) {
	if p == nil {
		return
	}
	p.dirty = true
	r := &p.recovery
	if r.Done {
		return
	}
	switch ev.Kind {
	case order.OrderFilled:
		r.Fills++
		marks.Hit(marks.PersistFills)
	case order.OrderAccepted, order.OrderReplaced:
		if o := t.orders.ByID(ev.OrderID); o != nil && !o.Foreign && o.Sent == 0 {
			r.Adopted++
			marks.Hit(marks.PersistAdopted)
		}
	}
	if ev.State.Terminal() && !ev.Before.Terminal() && !ev.Foreign {
		r.Ended++
		marks.Hit(marks.PersistEnded)
	}
}

// historyLost reports whether a catch-up lacked what no later login brings back: they resume from what followed.
func (t *trading) historyLost(ev *Event) bool {
	return t.persist != nil && ev.Cause == session.ErrHistory && t.persist.resumed
}

// caughtUp ends the recovery at the first CaughtUp: what is in doubt still is unknown, and orders of earlier quotes
// are the quoter's, which cancels those that the bot does not want to be quoted.
func (t *trading) caughtUp(ev *Event, now int64) {
	p := t.persist
	if p == nil {
		return
	}
	if t.historyLost(ev) {
		if n := p.claim(noteLost, now); n != nil {
			n.a, n.b = 1, 0
			marks.Hit(marks.PersistHistoryLost)
			p.publish()
		}
		t.ordersEvents(t.orders.AccountLost(1, 0, now), now)
	}
	if p.recovery.Done {
		return
	}
	r := &p.recovery
	r.Done, r.Complete, r.Cause = true, ev.Complete, ev.Cause
	for o := range t.orders.InDoubt {
		if o.ID == 0 && o.Sent < p.started {
			r.Unknown = append(r.Unknown, o.Reference)
			marks.Hit(marks.PersistUnknown)
		}
	}
	for o := range t.orders.Live {
		if !o.Foreign && p.isQuote(o.Reference) && o.Reference <= p.base {
			t.quoting = true
			marks.Hit(marks.PersistQuotesAdopted)
		}
	}
	if t.quoting {
		t.quotesOf(t.orders.Live)
	}
}

// reportRecovery calls the handlers of the first CaughtUp.
func (e *Engine) reportRecovery() {
	t := e.trading
	if t == nil || t.persist == nil || t.persist.recovery.reported || e.gate.has(gateMuted) {
		return
	}
	t.persist.recovery.reported = true
	r := t.persist.recovery
	notifyEach(e, &t.handlers.recovery, func(f func(Recovery)) { f(r) })
}

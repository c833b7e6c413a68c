package prove

import (
	"bytes"
	"errors"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/risk"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/sim/exchange"
)

// checks is what a bot's process has seen, to check that nothing is lost, doubled or invented.
type checks struct {
	epoch    uint32
	last     uint64              // sequence of the newest message of the epoch
	applied  map[uint64]bool     // account sequences
	sent     map[uint64]*request // by reference
	events   map[order.EventKind]int
	ending   bool
	caughtUp bool
	exceeded int // how often the exchange dropped requests for its throttle
	ended    bool

	tooFast int              // orders that the exchange refused for its throttle
	waited  int              // requests that were sent while the connection was clogged
	doubted map[uint64]bool  // replaces in doubt, of which the books keep what they would make
	asked   map[uint64]ghost // what replaces without an answer ask for
	ghosts  []ghost          // what failed ones would have made
	doubts  int              // requests that were in doubt
	lost    bool             // account messages were reported as lost
	fresh   uint32           // the last connection that did not resume a session

	fills    map[uint64]odds.Quantity // that handlers were called with, by order
	terminal map[uint64]int           // events that ended an order
}

// request is an order-entry message that left.
type request struct {
	typ      msg.PayloadType
	left     bool
	answered int
	resolved int
	doubt    uint32 // the connection after which it was in doubt, 0 if it was not
	ended    int    // the doubt stays for ever
	absent   bool   // the exchange did not get it
	absentAt int64  // clock reading at which that was reported
	gone     bool   // all of it left
	earlier  bool   // an earlier process sent it
	accepted bool   // the exchange said that it has the order
	roomless bool   // the table of requests had no room to follow it
}

func newChecks() checks {
	return checks{
		applied: make(map[uint64]bool), sent: make(map[uint64]*request), events: make(map[order.EventKind]int),
		doubted: make(map[uint64]bool), asked: make(map[uint64]ghost),
		fills: make(map[uint64]odds.Quantity), terminal: make(map[uint64]int),
	}
}

// payload sees every payload of both directions.
func (b *bot) payload(r *engine.TapRecord) {
	w := b.world
	w.digest.add(uint64(r.At))
	w.digest.addBytes(r.Payload)
	if bytes.Contains(r.Payload, []byte("secret-of-")) {
		w.fail("credentials", b, "a payload shows the password")
	}
	if r.Direction != session.Outbound {
		b.received = w.now
		if b.stream.arrived(r); w.output == nil {
			return
		}
	} else {
		b.outgoing.queue(r)
	}
	var p msg.Payload
	if err := p.Decode(r.Payload, nil); err != nil {
		w.fail("bytes", b, "an outbound payload does not decode: %v", err)
		return
	}
	typ := p.GetType()
	w.trace(b, "%v %v", r.Direction, &p)
	if r.Direction != session.Outbound {
		return
	}
	switch typ {
	case msg.PayloadOrderCreate, msg.PayloadOrderCancelReplace:
		if b.halted {
			w.fail("kill switch", b, "%v leaves after Halt", typ)
		}
	case msg.PayloadOrderCancel, msg.PayloadOrderCancelAll, msg.PayloadOrderQuantityReduce:
	default:
		return
	}
	w.result.Sent++
	b.leaves(&p, r.At)
}

// message sees every application message.
func (b *bot) message(ev *engine.Event) {
	c, w := &b.checks, b.world
	b.digestEvent(ev)
	if c.ended {
		w.fail("after the end", b, "message %d", ev.Seq)
	}
	if r := ev.Payload.GetOrderRejected(); ev.Payload.GetType() == msg.PayloadOrderRejected {
		b.rejected(r.GetReason())
	}
	b.followOrders(ev)
	if ev.Epoch != c.epoch {
		c.epoch, c.last = ev.Epoch, 0
	}
	if ev.Seq <= c.last {
		w.fail("sequence", b, "message %d after %d in epoch %d", ev.Seq, c.last, ev.Epoch)
	}
	c.last = ev.Seq
	if n := ev.AccountSequence; n != 0 {
		if c.applied[n] {
			w.fail("account once", b, "account message %d twice", n)
		}
		c.applied[n] = true
		b.accountLog.applied(n)
	}
	if q := ev.Request; q.Reference != 0 {
		delete(c.doubted, q.Reference)
		r := c.request(q.Reference, q.Type)
		if r.answered++; r.answered > 1 && q.Type != msg.PayloadOrderCancelReplace {
			w.fail("answer once", b, "%v with reference %d answered %d times", q.Type, q.Reference, r.answered)
		}
	}
}

func (c *checks) request(reference uint64, typ msg.PayloadType) *request {
	r := c.sent[reference]
	if r == nil {
		r = &request{typ: typ}
		c.sent[reference] = r
	}
	return r
}

// resolved sees what became of a message without an answer.
func (b *bot) resolved(ev *engine.Event) {
	b.digestEvent(ev)
	b.checkFate(ev)
	if ev.Reference == 0 {
		return
	}
	r := b.checks.request(ev.Reference, ev.Type)
	if w := b.world; w.strict && !b.hasty() && w.schedule.Faults.Inactive() &&
		errors.Is(ev.Cause, session.ErrNoAnswer) && !b.outgoing.filled[ev.Seq] {
		// A request that was sent twice and is too old for a third time may have been lost with both connections.
		w.fail("answers", b, "%v with reference %d is not answered, and nothing is lost", ev.Type, ev.Reference)
	}
	if ev.Fate == session.InDoubt {
		b.checks.doubts++
		if r.doubt = ev.Epoch; ev.Type == msg.PayloadOrderCancelReplace {
			b.checks.doubted[ev.Reference] = true
		}
	} else {
		r.absent, r.absentAt = true, b.world.now
		b.failed(ev.Reference, ghostsMax)
	}
	if r.resolved++; r.resolved > 1 || r.answered > 0 && ev.Type != msg.PayloadOrderCancelReplace {
		b.world.fail(
			"resolve once",
			b,
			"%v with reference %d resolved %d times, answered %d times",
			ev.Type,
			ev.Reference,
			r.resolved,
			r.answered,
		)
	}
}

// unresolved sees which doubts nothing will end any more.
func (b *bot) unresolved(ev *engine.Event) {
	b.digestEvent(ev)
	delete(b.checks.doubted, ev.Reference)
	b.failed(ev.Reference, ghostsMax)
	r := b.checks.request(ev.Reference, ev.Type)
	if r.ended++; r.ended > 1 {
		b.world.fail("resolve once", b, "%v with reference %d is unresolved twice", ev.Type, ev.Reference)
	}
	if r.accepted {
		b.world.fail("unresolved", b, "%v with reference %d is unresolved, and was accepted", ev.Type, ev.Reference)
	}
}

func (b *bot) digestEvent(ev *engine.Event) {
	b.world.trace(b, "event %v", ev)
	d := &b.world.digest
	d.add(uint64(b.index)<<56 | uint64(ev.Kind)<<48 | uint64(ev.Epoch)<<16 | uint64(ev.Type))
	d.add(ev.Seq)
	d.add(ev.AccountSequence)
	d.add(ev.Reference)
	d.add(uint64(ev.Received))
}

// orderEvent sees everything that happens to orders.
func (b *bot) orderEvent(o *order.Order, ev *order.Event) {
	b.world.trace(
		b,
		"order event %v order=%d ref=%d seq=%d %v %+v",
		ev.Kind,
		ev.OrderID,
		ev.Reference,
		ev.Sequence,
		ev.State,
		ev.Reason,
	)
	d := &b.world.digest
	d.add(uint64(ev.Kind)<<32 | uint64(ev.State)<<16 | uint64(ev.Anomaly))
	d.add(ev.OrderID)
	d.add(uint64(ev.Fill.Quantity))
	if o != nil {
		d.add(uint64(o.Executed)<<20 ^ uint64(o.Available))
	}
	b.checks.events[ev.Kind]++
	if b.checks.ended {
		b.world.fail("after the end", b, "%+v", *ev)
	}
	if o != nil && o.State.Terminal() && o.Overlay != 0 {
		b.world.fail("overlay", b, "an order that ended: %+v", *o)
	}
	if ev.OrderID != 0 && ev.State.Terminal() && !ev.Before.Terminal() && ev.Before != 0 {
		b.checks.terminal[ev.OrderID]++
	}
	if ev.Kind == order.OrderReplaced || ev.Kind == order.ReplaceRejected && ev.Other != 0 {
		b.checks.terminal[ev.Other]++
	}
	switch ev.Kind {
	case order.OrderAccepted:
		if r := b.checks.sent[ev.Reference]; r != nil && ev.Reference != 0 {
			r.accepted = true
		}
	case order.DoubtBegan:
		if ev.Request == msg.PayloadOrderCancelReplace && o == nil {
			b.replaces = append(b.replaces, ev.Reference)
		}
	case order.Overflow:
		if !b.uncertain() {
			b.world.fail("overflow", b, "%+v", *ev)
		}
	case order.Drift:
		if !b.uncertain() && len(b.world.disposed) == 0 && !b.world.schedule.Disorder {
			b.world.fail("drift", b, "%+v", *ev)
		}
	case order.Anomaly:
		// A runner that goes out while there is no connection, or a fill that is not kept, leaves an average.
		inexact := ev.Anomaly == order.InexactReduction && !b.connectedOnce()
		if !b.uncertain() && !b.world.schedule.Disorder && !inexact {
			b.world.fail("anomaly", b, "%+v", *ev)
		}
	}
}

// connectedOnce reports whether nothing has come between a bot with the usual settings and the exchange yet.
func (b *bot) connectedOnce() bool {
	return b.world.strict && b.checks.epoch == 1 && b.starts == 1 && b.role != Idle && !b.shared()
}

// uncertain reports whether the exchange has lost what a client needs to know everything.
func (b *bot) uncertain() bool {
	s := &b.world.schedule
	return b.uncertainFile || b.sequencesRestarted || b.forgotten || s.History < 1<<14 || s.Wild ||
		s.Settings.has(forgetful)
}

// check compares the bot with the exchange at a moment: its worst case is never below the truth.
func (b *bot) check() {
	w := b.world
	if b.engine == nil || w.failed() {
		return
	}
	a := b.engine.Account()
	w.digest.add(uint64(a.WorstCase))
	b.checkKill()
	b.checkAccount()
	if w.now < w.unsure || b.shared() || b.uncertain() || !b.engine.Completeness().Complete || b.hasUnknown() {
		return
	}
	truth, _ := w.sim.Exchange.Truth(b.account)
	if risk := truth.Resting + truth.Matched + truth.Pending; int64(a.WorstCase) < int64(risk) {
		w.fail("worst case", b, "%v is below the exchange's %v: %+v, %+v", a.WorstCase, risk, a, truth)
	}
}

// hasUnknown reports whether the exchange may have served requests of a process that was killed which the present one
// knows nothing of, and was sent nothing about yet.
func (b *bot) hasUnknown() bool {
	if b.unknown != nil && b.unknown.abandoned && b.informed() {
		b.unknown = nil
	}
	return b.unknown != nil
}

// shared reports whether another session trades on the account.
func (b *bot) shared() bool {
	for _, o := range b.world.bots {
		if o != b && o.account == b.account {
			return true
		}
	}
	return false
}

// heartbeats is in which time the exchange says something on a connection that works.
const heartbeats = 11 * time.Second

// unrest says what keeps a bot from being at rest, "" if nothing does.
func (b *bot) unrest() string {
	switch {
	case b.engine == nil:
		return "not running"
	case b.halted:
		return "halted"
	case b.engine.Mode().Mode != risk.Active: // by a limit
		if b.world.now >= b.resumeAt {
			b.resumeAt = b.world.now + int64(time.Second)
			if b.engine.Resume("a limit") != nil {
				b.quietOthers()
			}
		}
		return b.engine.Mode().Mode.String()
	case b.engine.State() != session.Established:
		return b.engine.State().String()
	case b.world.now-b.received > int64(heartbeats):
		return "receives nothing from the exchange"
	}
	text := ""
	for o := range b.engine.Orders() {
		if o.Overlay != 0 || o.State == order.PendingNew {
			text = "orders are under way"
			break
		}
	}
	if text == "" && len(b.replaces) > 0 {
		text = "replaces are in doubt"
	}
	if text != "" && !b.world.faulty && b.world.now >= b.resolveAt {
		b.resolveAt = b.world.now + int64(time.Minute)
		b.resolve()
	}
	return text
}

// compare compares everything that a bot knows with the exchange, at rest.
func (b *bot) compare() {
	w := b.world
	if w.failed() {
		return
	}
	if b.uncertain() {
		return
	}
	// What a runner that went out while there was no connection did to fills is known as an average only, and what a
	// settlement brought then by the next balance.
	reported := order.CatchUpLacking | order.MessagesLost | order.Inexact | order.ResultUnknown
	if w.schedule.Settings.has(FewSubscriptions) {
		reported |= order.Unfollowed
	}
	c := b.engine.Completeness()
	if !c.Complete && c.Why&^(reported|order.Inexact|order.ResultUnknown) != 0 {
		w.fail("complete", b, "%+v", c)
	}
	b.compareThrottle()
	b.compareOrders()
	if c.Why&(order.Inexact|order.ResultUnknown|order.Unfollowed) == 0 {
		b.compareMoney(true)
	}
	b.compareBooks()
}

// checkLive checks, at rest, that the books of markets that trade are live.
func (b *bot) checkLive() {
	w := b.world
	for _, market := range markets {
		if b.role == Idle || w.disposed[market] || w.sim.Exchange.State(market) != msg.MarketStateLive {
			continue
		}
		for _, contract := range contracts[market] {
			if _, over := w.winners[contract]; over {
				continue
			}
			if c, ok := b.engine.Book(market, contract); !ok || !c.Live() {
				state, causes := c.State()
				w.fail("live books", b, "%d %d is %v %v at rest", market, contract, state, causes)
			}
		}
	}
}

// resolve ends the doubts about orders as a user would: one that has an id is cancelled, which the answer makes
// certain, and one that was not live then has ended; one that the exchange does not have was never placed.
func (b *bot) resolve() {
	for _, reference := range b.replaces { // of orders that there are not
		b.engine.ResolveOrder(reference, order.Outcome{})
	}
	b.replaces = nil
	var orders []order.Order
	for o := range b.engine.Orders() {
		if o.Overlay&order.InDoubt != 0 || o.ID != 0 && (o.Overlay != 0 || o.State == order.PendingNew) {
			orders = append(orders, *o)
		}
	}
	for _, o := range orders {
		if o.ID == 0 {
			b.resolveUnnamed(&o)
			continue
		}
		if have, ok := b.world.sim.Exchange.Order(o.ID); ok && have.State != exchange.OrderLive && b.asked[o.ID] &&
			b.engine.ResolveOrderID(o.ID, order.Outcome{Placed: true, Ended: true}) {
			continue
		}
		var m msg.OrderCancel
		m.SetOrderId(o.ID)
		_, err := b.engine.SendOrderCancel(&m)
		if errors.Is(err, session.ErrFull) {
			return // the rest later
		}
		if b.asked[o.ID] = true; err != nil {
			b.world.fail("cancel", b, "%v", err)
		}
	}
}

func (b *bot) resolveUnnamed(o *order.Order) {
	// Complete messages have ended the doubt by now.
	if c := b.engine.Completeness(); c.Why&^(order.Inexact|order.ResultUnknown|order.FillsMissed) == 0 {
		b.world.fail("doubt for ever", b, "order %+v is in doubt, %+v", *o, c)
	}
	for _, have := range b.world.sim.Exchange.Orders(b.account) {
		if have.Reference != o.Reference || have.Reference == 0 {
			continue
		}
		if !b.uncertain() {
			b.world.fail("doubt", b, "order %+v is in doubt, the exchange has %+v", *o, have)
		}
		b.engine.ResolveOrder(o.Reference, order.Outcome{
			Placed: true, OrderID: have.ID, Ended: have.State != exchange.OrderLive,
		})
		return
	}
	b.engine.ResolveOrder(o.Reference, order.Outcome{})
}

func (b *bot) compareOrders() {
	w := b.world
	references := make(map[uint64]bool)
	for _, o := range w.sim.Exchange.Orders(b.account) {
		if o.HasReference && references[o.Reference] {
			w.fail("sent twice", b, "two orders with reference %d", o.Reference)
		}
		references[o.Reference] = true
	}
	type shown struct{ price, quantity, executed, available uint64 }
	live := make(map[uint64]shown)
	for _, o := range w.sim.Exchange.Orders(b.account) {
		if o.State == exchange.OrderLive {
			live[o.ID] = shown{uint64(o.Price), o.Quantity, o.Executed, o.Available}
		}
	}
	for o := range b.engine.Orders() {
		want, ok := live[o.ID]
		delete(live, o.ID)
		got := shown{uint64(o.Price), uint64(o.Quantity), uint64(o.Executed), uint64(o.Available)}
		if !ok || got != want || o.Overlay != 0 {
			w.fail("orders", b, "order %+v, the exchange has %v %+v", *o, ok, want)
		}
	}
	if len(live) != 0 {
		w.fail("orders", b, "orders of the exchange that are not known: %v", live)
	}
}

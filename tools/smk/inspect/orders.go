package inspect

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/smk-go/smk/journal"
)

// Life is what became of an order: one that a create or a replace asked for, or that the exchange told of.
type Life struct {
	Reference  uint64 `json:"reference,omitempty"`
	Order      uint64 `json:"order,omitempty"`
	Original   uint64 `json:"replaces,omitempty"`    // the order that it replaces
	ReplacedBy uint64 `json:"replaced_by,omitempty"` // the order that replaces it
	Market     uint32 `json:"market,omitempty"`
	Contract   uint32 `json:"contract,omitempty"`
	Side       string `json:"side,omitempty"`
	Price      uint32 `json:"price,omitempty"`    // hundredths of a percent of the payoff
	Quantity   uint64 `json:"quantity,omitempty"` // 1/10000 of the currency
	Filled     uint64 `json:"filled"`             // without what was voided

	Place           // of the first message about it
	Events  []Event `json:"events"`
	InDoubt bool    `json:"in_doubt"` // for a while, or still, it was not known whether the exchange has it
	State   string  `json:"state"`    // at the end of the journal

	// Uncertain says that what followed State may be lost.
	Uncertain bool `json:"uncertain,omitempty"`

	awaited   bool   // a create or replace that has no answer yet
	inherited uint64 // of Quantity, filled of the orders that it replaces
	filledAt  uint64 // account sequence of what said last how much is filled
	newest    uint64 // account sequence of the newest message about it
}

// Event is one thing that happened to an order.
type Event struct {
	Time string `json:"time"`
	Place
	What     string `json:"what"`
	Price    uint32 `json:"price,omitempty"`
	Quantity uint64 `json:"quantity,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Replayed bool   `json:"replayed,omitempty"`

	wall int64
}

// whatFilled begins Event.What of each fill.
const whatFilled = "filled"

// States of an order.
const (
	stateSent     = "sent"
	stateLive     = "live"
	stateFilled   = "filled"
	stateReplaced = "replaced"
	stateInDoubt  = "in doubt"
	stateRejected = "rejected"

	stateCancelled = "cancelled"
	stateVoided    = "voided"
)

// ended reports whether nothing of the order is on the book any more.
func (l *Life) ended() bool {
	switch l.State {
	case stateFilled, stateReplaced, stateRejected, stateCancelled, stateVoided:
		return true
	}
	return false
}

// end ends the order. What ended it first counts, but voids its fills later.
func (l *Life) end(state string) {
	if !l.ended() || state == stateVoided {
		l.State, l.Uncertain = state, false
	}
}

// Orders returns the orders of a journal in the order in which they were first heard of. Of a damaged journal it
// returns those before the damage, and the *journal.DamageError.
func Orders(ctx context.Context, dir string) (iter.Seq[*Life], error) {
	o := newOrders()
	var damage error
	for e, err := range Read(ctx, dir, Options{}) {
		if isDamage(err) {
			damage = err
			break
		}
		if err != nil {
			return nil, err
		}
		o.add(e)
	}
	return func(yield func(*Life) bool) {
		for _, l := range o.all {
			if !yield(l) {
				return
			}
		}
	}, damage
}

// orders collects lives.
type orders struct {
	all         []*Life
	byReference map[uint64]*Life
	byID        map[uint64]*Life
	seen        map[accountKey]bool
}

func newOrders() *orders {
	return &orders{byReference: map[uint64]*Life{}, byID: map[uint64]*Life{}, seen: map[accountKey]bool{}}
}

// accountKey is an account message; it may arrive again.
type accountKey struct {
	typ   string
	seq   uint64
	order uint64
}

func (o *orders) add(e *Entry) {
	m := e.Message
	switch {
	case m == nil:
		switch {
		case e.Kind == journal.KindLog:
			o.log(e)
		case beginsRun(&e.Record):
			o.doubt(e, "in doubt: the process ended")
		case e.Kind == journal.KindLost:
			o.lost(e, "the journal lacks records")
			o.doubt(e, "in doubt: the journal may lack the answer")
		}
		return
	case e.Outbound():
		if !m.Replay {
			o.request(e, m)
		}
		return
	}
	if m.AccountSequence != 0 {
		key := accountKey{m.Type, m.AccountSequence, m.Order}
		if o.seen[key] {
			return
		}
		o.seen[key] = true
	}
	o.report(e, m)
}

// request follows what was sent.
func (o *orders) request(e *Entry, m *Message) {
	switch m.Type {
	case typeCreate:
		l := o.begin(e, m)
		l.Market, l.Contract, l.Side, l.Price, l.Quantity = m.Market, m.Contract, m.Side, m.Price, m.Quantity
		l.event(e, "create sent")
	case typeReplace:
		l := o.begin(e, m)
		l.Original, l.Price, l.Quantity = m.Original, m.Price, m.Quantity
		if original := o.byID[m.Original]; original != nil {
			l.Market, l.Contract, l.Side = original.Market, original.Contract, original.Side
			original.event(e, "replace sent").take(m)
		}
		l.event(e, "replace sent")
	case typeCancel, typeReduce:
		if l := o.byID[m.Order]; l != nil {
			what := "cancel sent"
			if m.Type == typeReduce {
				what = "reduce sent"
			}
			l.event(e, what).take(m)
		}
	}
}

// begin returns the life of an order that is asked for.
func (o *orders) begin(e *Entry, m *Message) *Life {
	l := &Life{Reference: m.Reference, Place: e.Place(), State: stateSent, awaited: true}
	o.all = append(o.all, l)
	if m.Reference != 0 {
		o.byReference[m.Reference] = l
	}
	return l
}

// find returns the life that a report is about, a new one if nothing was known of it.
func (o *orders) find(e *Entry, m *Message) *Life {
	l, asked := o.byID[m.Order], o.asked(m)
	switch {
	case m.Order == 0 || l == nil:
		l = asked
	case asked != nil && asked != l: // its fills came before the answer
		o.join(asked, l)
		l = asked
	}
	if l == nil {
		l = &Life{Place: e.Place(), State: stateLive, Uncertain: true} // until something says that it is
		o.all = append(o.all, l)
	}
	l.awaited, l.newest = false, max(l.newest, m.AccountSequence)
	l.learn(m)
	if m.Order != 0 && o.byID[m.Order] == nil {
		l.Order = m.Order
		o.byID[m.Order] = l
	}
	return l
}

// asked returns the life of the create or replace that a message answers, nil if it answers none, or another order has
// the reference.
func (o *orders) asked(m *Message) *Life {
	if m.Reference == 0 || !m.namesOrder() {
		return nil
	}
	if l := o.byReference[m.Reference]; l != nil && (l.Order == 0 || m.Order == 0 || l.Order == m.Order) {
		return l
	}
	return nil
}

// namesOrder reports whether the reference is that of the request for the order, and not that of one about it.
func (m *Message) namesOrder() bool {
	switch m.Type {
	case typeAccepted, typeRejected, typeInvalid, typePendingReplace, typeReplaceAccepted, typeReplaceRejected:
		return true
	}
	return false
}

// join makes one of the life of a request and that of the order that came of it, which ends.
func (o *orders) join(l, of *Life) {
	l.Order, l.ReplacedBy, l.Filled, l.filledAt, l.State = of.Order, of.ReplacedBy, of.Filled, of.filledAt, of.State
	l.newest, l.Uncertain = of.newest, of.Uncertain
	l.Events = append(l.Events, of.Events...)
	slices.SortStableFunc(l.Events, func(a, b Event) int {
		return cmp.Or(cmp.Compare(a.Record, b.Record), cmp.Compare(a.Part, b.Part))
	})
	o.byID[l.Order] = l
	o.all = slices.DeleteFunc(o.all, func(one *Life) bool { return one == of })
}

// learn fills in what was not known.
func (l *Life) learn(m *Message) {
	if l.Market == 0 {
		l.Market = m.Market
	}
	if l.Contract == 0 {
		l.Contract = m.Contract
	}
	if l.Side == "" {
		l.Side = m.Side
	}
	if l.Reference == 0 && m.namesOrder() {
		l.Reference = m.Reference
	}
}

// report follows what the exchange says.
func (o *orders) report(e *Entry, m *Message) {
	switch m.Type {
	case typeAccepted:
		l := o.find(e, m)
		if m.Price != 0 {
			l.Price = m.Price
		}
		if m.Quantity != 0 {
			l.Quantity = m.Quantity
		}
		l.accepted(e, "accepted")
	case typeRejected, typeInvalid:
		l := o.find(e, m)
		l.event(e, "rejected").take(m)
		l.end(stateRejected)
	case typePendingReplace:
		l := o.find(e, m)
		l.Original, l.Price, l.Quantity = m.Original, m.Price, m.Quantity
		l.event(e, "replace pending")
	case typeReplaceAccepted:
		l := o.find(e, m)
		l.Original, l.Price, l.Quantity = m.Original, m.Price, m.Quantity
		l.inherited = m.Quantity - min(m.Quantity, m.number("quantity_left"))
		l.accepted(e, "accepted")
		if original := o.byID[m.Original]; original != nil && original != l {
			original.ReplacedBy = m.Order
			original.event(e, "replaced")
			original.end(stateReplaced)
		}
	case typeReplaceRejected:
		l := o.find(e, m)
		l.event(e, "replace rejected").take(m)
		l.end(stateRejected)
	case typeExecuted, typeConfirmed, typeExecutionVoided:
		o.find(e, m).fill(e, m)
	case typeCancelled:
		l := o.find(e, m)
		l.event(e, "cancelled").take(m)
		l.end(stateCancelled)
	case typeCancelRejected, typeReduceRejected:
		o.refusedChange(e, m)
	case typeReduced:
		l := o.find(e, m)
		l.event(e, "reduced").take(m)
		if l.ended() && m.AccountSequence >= l.newest { // it comes again
			return
		}
		filled := l.Filled
		if _, _, is := m.field("executed_quantity"); is {
			filled = m.number("executed_quantity")
		}
		if l.Quantity = l.inherited + filled + m.Quantity; m.Quantity == 0 {
			l.end(stateCancelled)
		} else {
			l.accepted(e, "")
		}
	case typeOrderReduced: // of what is filled
		l := o.find(e, m)
		l.event(e, "fills reduced").take(m)
		l.setFilled(m, int64(m.Quantity-m.number("source_quantity")))
	case typeVoided:
		l := o.find(e, m)
		l.event(e, "voided").take(m)
		l.Filled, l.filledAt = m.number("executed_quantity"), max(l.filledAt, m.AccountSequence)
		l.end(stateVoided)
	}
}

// refusedChange follows the refusal of a cancel or a reduce, or of a replace that names its own reference.
func (o *orders) refusedChange(e *Entry, m *Message) {
	if l := o.byReference[m.Reference]; l != nil && m.Reference != 0 && l.awaited {
		l.awaited, l.State = false, stateRejected
		l.event(e, "replace rejected").take(m)
		return
	}
	if l := o.byID[m.Order]; l != nil {
		what := "cancel rejected"
		if m.Type == typeReduceRejected {
			what = "reduce rejected"
		}
		l.event(e, what).take(m)
	}
}

// accepted follows that the exchange has the order.
func (l *Life) accepted(e *Entry, what string) {
	if what != "" {
		l.event(e, what)
	}
	if !l.ended() {
		l.State, l.Uncertain = stateLive, false
	}
}

// fill follows a fill, its confirmation, or its end.
func (l *Life) fill(e *Entry, m *Message) {
	switch m.Type {
	case typeConfirmed:
		l.event(e, "fill confirmed").take(m)
		return
	case typeExecutionVoided:
		l.event(e, "fill voided").take(m)
		l.setFilled(m, -int64(m.Quantity))
		return
	}
	what := whatFilled
	if m.number("pending_timeout") > 0 {
		what += " provisionally"
	}
	l.event(e, what).take(m)
	l.setFilled(m, int64(m.Quantity))
	left := m.Payload.GetOrderExecuted().AvailableQuantity
	if left != nil && *left == 0 || left == nil && l.inherited+l.Filled >= l.Quantity && l.Quantity > 0 {
		l.end(stateFilled)
	} else {
		l.accepted(e, "")
	}
}

// setFilled changes how much is filled: to what a message says, or by a difference.
func (l *Life) setFilled(m *Message, more int64) {
	total, is := m.number("executed_quantity"), false
	if _, _, is = m.field("executed_quantity"); !is {
		total = m.number("total_executed_quantity")
		_, _, is = m.field("total_executed_quantity")
	}
	switch {
	case m.AccountSequence != 0 && m.AccountSequence < l.filledAt: // of before
	case is:
		l.Filled, l.filledAt = total, m.AccountSequence
	default:
		l.Filled = uint64(max(int64(l.Filled)+more, 0))
	}
}

// event appends an event.
func (l *Life) event(e *Entry, what string) *Event {
	l.Events = append(l.Events, Event{
		Time: e.Time().Format(time.RFC3339Nano), Place: e.Place(), What: what, wall: e.Wall,
		Replayed: e.Message != nil && e.Message.Replay,
	})
	return &l.Events[len(l.Events)-1]
}

// take takes over what a message says.
func (ev *Event) take(m *Message) {
	ev.Quantity, ev.Reason = m.Quantity, strings.ToLower(m.Reason)
	if f, _, ok := m.field("price"); ok && f != nil {
		ev.Price = m.Price
	}
}

// Match reports whether the order is wanted.
func (l *Life) Match(f *Filter) bool {
	return (f.Order == 0 || l.Order == f.Order || l.Original == f.Order || l.ReplacedBy == f.Order) &&
		(f.Reference == 0 || l.Reference == f.Reference) && (f.Market == 0 || l.Market == f.Market) &&
		(f.Contract == 0 || l.Contract == f.Contract)
}

// Traded reports whether anything of the order was filled, even if all of it was voided later.
func (l *Life) Traded() bool {
	return slices.ContainsFunc(l.Events, func(ev Event) bool { return strings.HasPrefix(ev.What, whatFilled) })
}

// Text returns the order's life as one line for people: the first event with its time, the others by the time since.
func (l *Life) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "order %d reference %d contract %d %s %s @ %s: ", l.Order, l.Reference, l.Contract, l.Side,
		quantityText(l.Quantity), percent(l.Price))
	for i := range l.Events {
		ev := &l.Events[i]
		if i == 0 {
			fmt.Fprintf(&b, "%s %s", time.Unix(0, ev.wall).UTC().Format(timeLayout), ev.What)
		} else {
			fmt.Fprintf(&b, ", +%s %s", micros(ev.wall-l.Events[0].wall), ev.What)
		}
		if strings.HasPrefix(ev.What, "fill") {
			fmt.Fprintf(&b, " %s@%s", quantityText(ev.Quantity), percent(ev.Price))
		}
		if ev.Reason != "" {
			b.WriteString(" (" + ev.Reason + ")")
		}
		if ev.Replayed {
			b.WriteString(" [replayed]")
		}
	}
	fmt.Fprintf(&b, "; %s", l.State)
	if l.Uncertain {
		b.WriteString(", or what is lost ended it")
	}
	if l.Filled > 0 {
		fmt.Fprintf(&b, ", %s filled", quantityText(l.Filled))
	}
	if l.ReplacedBy != 0 {
		fmt.Fprintf(&b, " by %d", l.ReplacedBy)
	}
	if l.Original != 0 {
		fmt.Fprintf(&b, ", replaces %d", l.Original)
	}
	return b.String()
}

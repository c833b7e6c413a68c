package smknats

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/plugin/smknats/natspb"
)

// orderReader reads an account's order events: a picture, unless there is a State to go on from, then what follows.
type orderReader struct {
	f        *Follower
	name     string
	number   uint64 // of the last event
	sequence uint64 // of its message, or of the picture that has it
	created  int64  // when the stream was made, in ns since the Unix epoch; 0 if that is not known
	known    bool   // number and sequence are
	gap      bool   // one was said, and nothing was read since
}

// run reads until ctx ends.
func (r *orderReader) run(ctx context.Context) error {
	for failures := 0; ctx.Err() == nil; failures++ {
		switch err := r.read(ctx); {
		case errors.Is(err, ErrGap):
			r.known = false
		case !transient(err) && !absent(err):
			return err
		}
		if err := pause(ctx, failures); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// absent reports whether what is read is not there yet.
func absent(err error) bool {
	for _, is := range []error{
		jetstream.ErrStreamNotFound, jetstream.ErrConsumerNotFound, jetstream.ErrMsgIteratorClosed,
		jetstream.ErrConsumerDeleted, jetstream.ErrOrderedConsumerNotCreated, jetstream.ErrOrderedConsumerReset,
		jetstream.ErrNoHeartbeat, jetstream.ErrConnectionClosed, errAnew,
	} {
		if errors.Is(err, is) {
			return true
		}
	}
	return false
}

// read reads until something fails.
func (r *orderReader) read(ctx context.Context) error {
	stream, err := r.f.js.Stream(ctx, r.name)
	if err != nil {
		return err
	}
	created := stream.CachedInfo().Created.UnixNano()
	switch {
	case !r.known:
		r.created = created
		if err := r.picture(ctx, stream); err != nil {
			return err
		}
	case stream.CachedInfo().State.LastSeq < r.sequence, r.created != 0 && r.created != created:
		return r.missing(ctx, "the stream is another one")
	default:
		r.created = created
		if err := r.removed(ctx, stream); err != nil {
			return err
		}
	}
	subjects := []string{r.f.names.Orders(r.f.c.Account)}
	if r.sequence == 0 { // nothing is known, and the first that comes may be a picture
		subjects = append(subjects, r.f.names.OrderPicture(r.f.c.Account))
	}
	return each(ctx, r.f.js, r.name, jetstream.OrderedConsumerConfig{
		FilterSubjects: subjects,
		DeliverPolicy:  jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(r.sequence, 1),
	}, func(m jetstream.Msg, sequence uint64) error { return r.take(ctx, m, sequence) })
}

// removed says that events are missing if they were removed before they were read and none follows that would show it:
// the picture has the number of the last one.
func (r *orderReader) removed(ctx context.Context, stream jetstream.Stream) error {
	if stream.CachedInfo().State.FirstSeq <= max(r.sequence, 1) {
		return nil
	}
	m, p, err := r.newest(ctx, stream)
	if err != nil || p == nil || p.GetPicture().GetLast() < r.number {
		return err
	}
	if p.GetPicture().GetLast() == r.number {
		r.sequence = m.Sequence // there is nothing before it
		return nil
	}
	subject := jetstream.WithGetMsgSubject(r.f.names.Orders(r.f.c.Account))
	_, err = stream.GetMsg(ctx, max(r.sequence, 1), subject) // or one behind it
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return r.missing(ctx, fmt.Sprintf("order events %d to %d are missing",
			r.number+1, p.GetPicture().GetLast()))
	}
	return err
}

// missing says that events are missing, once until there is something to read.
func (r *orderReader) missing(ctx context.Context, text string) error {
	if !r.gap {
		r.gap = true
		r.f.push(ctx, item{gap: text})
	}
	return ErrGap
}

// picture reads the newest picture, if there is one. Without one there were no events.
func (r *orderReader) picture(ctx context.Context, stream jetstream.Stream) error {
	m, e, err := r.newest(ctx, stream)
	switch {
	case err != nil:
		return err
	case e == nil:
		r.number, r.sequence, r.known = 0, 0, true
		return nil
	}
	r.use(ctx, e, m.Sequence)
	return nil
}

// use goes on from a picture.
func (r *orderReader) use(ctx context.Context, e *natspb.Envelope, sequence uint64) {
	r.number, r.sequence, r.known = e.GetPicture().GetLast(), sequence, true
	r.gap = false
	r.f.push(ctx, item{envelope: e, sequence: sequence, created: r.created})
}

// newest returns the newest picture, nil if there is none.
func (r *orderReader) newest(
	ctx context.Context, stream jetstream.Stream,
) (*jetstream.RawStreamMsg, *natspb.Envelope, error) {
	m, err := stream.GetLastMsgForSubject(ctx, r.f.names.OrderPicture(r.f.c.Account))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	e, err := r.parse(m.Subject, m.Sequence, m.Data)
	if err == nil && e.GetPicture() == nil {
		err = &MessageError{m.Subject, m.Sequence, "no picture"}
	}
	return m, e, err
}

func (r *orderReader) parse(subject string, sequence uint64, data []byte) (*natspb.Envelope, error) {
	e, err := parseEnvelope(subject, sequence, data)
	switch {
	case err != nil:
	case e.GetAccount() != r.f.c.Account:
		err = &MessageError{subject, sequence, "of another account"}
	case len(e.GetOrders().GetEvents()) > eventsMessage:
		err = &LimitError{subject, sequence, "events", eventsMessage}
	case len(e.GetPicture().GetOrders()) > r.f.c.OrdersMax:
		err = &LimitError{subject, sequence, "orders", r.f.c.OrdersMax}
	case long(e.GetOrders().GetEvents()) || long(e.GetPicture().GetOrders()):
		err = &LimitError{subject, sequence, "bytes of an order", followOrder}
	}
	return e, err
}

// long reports whether one of the messages has more bytes than are kept of an order.
func long[M proto.Message](list []M) bool {
	return slices.ContainsFunc(list, func(m M) bool { return proto.Size(m) > followOrder })
}

// take takes a message with events, or the first picture: what is read from then on has events alone.
func (r *orderReader) take(ctx context.Context, m jetstream.Msg, sequence uint64) error {
	e, err := r.parse(m.Subject(), sequence, m.Data())
	if err != nil {
		return err
	}
	if p := e.GetPicture(); p != nil {
		switch {
		case p.GetLast() > r.number:
			return r.missing(ctx, fmt.Sprintf("order events %d to %d are missing", r.number+1, p.GetLast()))
		case r.sequence == 0:
			r.use(ctx, e, sequence)
		}
		return errAnew
	}
	o := e.GetOrders()
	n := uint64(len(o.GetEvents()))
	last := o.GetFirst() + n - 1
	switch {
	case o == nil || o.GetFirst() == 0 || n == 0 || last < o.GetFirst():
		return &MessageError{m.Subject(), sequence, "no order events"}
	case last <= r.number: // they were there before
		r.sequence = sequence
		return nil
	case o.GetFirst() > r.number+1:
		return r.missing(ctx, fmt.Sprintf("order events %d to %d are missing", r.number+1, o.GetFirst()-1))
	}
	if skip := r.number + 1 - o.GetFirst(); skip > 0 {
		first := r.number + 1
		o.Events, o.First = o.Events[skip:], &first
	}
	r.number, r.sequence = last, sequence
	r.gap = false
	r.f.push(ctx, item{envelope: e, sequence: sequence, created: r.created})
	return nil
}

// takeOrders makes events of a picture, or of a message with events.
func (f *Follower) takeOrders(i item) {
	e := i.envelope
	if p := e.GetPicture(); p != nil {
		clear(f.orders)
		for _, o := range p.GetOrders() {
			f.keep(orderFrom(o))
		}
		f.state.Number, f.state.Sequence, f.state.Created = p.GetLast(), i.sequence, i.created
		text := ""
		if !p.GetComplete() {
			text = p.GetWhy()
		}
		f.queue = append(f.queue, Event{Kind: OrdersPicture, Account: f.c.Account, Text: text})
		return
	}
	for n, o := range e.GetOrders().GetEvents() {
		ev := orderEventFrom(e, e.GetOrders().GetFirst()+uint64(n), o)
		f.queue = append(f.queue, Event{Kind: OrderChanged, Account: f.c.Account, Order: ev})
	}
	f.sequence, f.created = i.sequence, i.created
}

// applyOrder applies an event that Next returns. After a *LimitError nothing of it was.
func (f *Follower) applyOrder(e Event) error {
	if e.Kind != OrderChanged {
		return nil
	}
	if !f.room(e.Order) {
		subject := f.names.Orders(f.c.Account)
		return &LimitError{subject, f.sequence, "orders", f.c.OrdersMax}
	}
	f.state.Number, f.state.Sequence, f.state.Created = e.Order.Number, f.sequence, f.created
	if e.Order.Kind == KindRunBegan {
		clear(f.orders)
	}
	for _, o := range []*Order{e.Order.Second, e.Order.Order} {
		if o != nil {
			f.keep(o)
		}
	}
	return nil
}

// room reports whether the orders that there are after an event are not too many.
func (f *Follower) room(e *OrderEvent) bool {
	n := len(f.orders)
	if e.Kind == KindRunBegan {
		n = 0
	}
	for _, o := range []*Order{e.Second, e.Order} {
		if o == nil {
			continue
		}
		_, kept := f.orders[keyOf(o)]
		if _, sent := f.orders[orderKey{reference: o.Reference}]; sent {
			kept = true
		}
		switch kept = kept && e.Kind != KindRunBegan; {
		case kept && o.Ended:
			n--
		case !kept && !o.Ended:
			n++
		}
	}
	return n <= f.c.OrdersMax
}

// keyOf returns what an order is kept by.
func keyOf(o *Order) orderKey {
	if o.ID == 0 {
		return orderKey{reference: o.Reference}
	}
	return orderKey{id: o.ID}
}

// keep keeps an order in its newest state, or forgets one that has ended.
func (f *Follower) keep(o *Order) {
	k := keyOf(o)
	if o.ID != 0 {
		delete(f.orders, orderKey{reference: o.Reference}) // as it was known by before
	}
	if o.Ended {
		delete(f.orders, k)
		return
	}
	f.orders[k] = o
}

// begin takes over what a Follower before had.
func (f *Follower) begin(s *State) {
	f.state = State{Number: s.Number, Sequence: s.Sequence, Created: s.Created}
	for _, o := range s.Orders {
		f.keep(o)
	}
}

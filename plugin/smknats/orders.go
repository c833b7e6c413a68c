package smknats

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/plugin/smknats/natspb"
)

// Limits of order events and their pictures.
const (
	eventsMessage   = 512               // of a message, at most
	numbersMessage  = 2 * eventsMessage // more numbers than a message of the stream has ever taken
	pictureEvents   = 1000
	pictureEvery    = 10 * time.Second // if there were events
	pictureBytesMax = blockMax
)

// orderWriter publishes what became of orders, each event once and with its number, and now and then a picture of all
// orders. The messages are chained by the stream's sequence, which nobody else writes to, one at a time.
type orderWriter struct {
	p       *Publisher
	f       *feed
	name    string
	stream  jetstream.Stream
	last    uint64 // the stream's last message that is accounted for
	resumed bool   // last is known, and since something was sent is ours
	unknown bool   // last may not be the stream's
	checked int64  // wall clock, when the stream was asked whether it has what it had

	done     place  // events of records before it, and
	ofRecord uint32 // the first ones of it, are in the stream as it was when the publisher began
	doneID   recordID
	number   uint64 // of the last event in the stream
	begin    bool   // the first record was applied

	record  []*natspb.OrderEvent // of the record that is being applied
	batches []*natspb.Envelope   // to be sent; the first may be under way
	pending int                  // events in them
	since   int                  // events since the last picture
	picture bool                 // one is due
	drawn   int64                // wall clock of the last picture
}

// orderStream returns the settings of an account's order events.
func (p *Publisher) orderStream() jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: p.names.OrderStream(p.c.Account), Description: "smk: order events of an account, and their picture",
		Storage: jetstream.FileStorage, Replicas: p.c.replicas(p.js), MaxAge: p.c.LogAge, DenyDelete: true,
		MaxConsumers: consumersMax,
		AllowRollup:  true,
	}
}

// newOrders returns the writer of a feed's order events.
func (p *Publisher) newOrders(f *feed) *orderWriter {
	return &orderWriter{p: p, f: f, name: p.names.OrderStream(p.c.Account), picture: true}
}

// resume finds out what the stream has.
func (w *orderWriter) resume(ctx context.Context) (err error) {
	ctx, cancel := w.p.link.request(ctx)
	defer cancel()
	if w.stream == nil {
		w.stream, err = openStream(ctx, w.p.js, w.p.orderStream(), w.p.names.Orders(w.p.c.Account),
			w.p.names.OrderPicture(w.p.c.Account))
		if err != nil {
			return err
		}
	}
	picture := w.p.names.OrderPicture(w.p.c.Account)
	info, err := w.stream.Info(ctx, jetstream.WithSubjectFilter(picture))
	if err != nil {
		return fmt.Errorf("smknats: stream %s: %w", w.name, err)
	}
	w.picture = w.picture || info.State.Subjects[picture] == 0 // it alone was purged
	last := info.State.LastSeq
	if w.resumed && last > w.last {
		e, _, err := w.message(ctx, last)
		if err != nil {
			return err
		}
		if e.GetPublisher() != w.p.number {
			return &SecondWriterError{w.name, last, e.GetPublisher()}
		}
	}
	number, err := w.end(ctx, last)
	if err != nil {
		return err
	}
	if w.resumed && number < w.number || last < w.last {
		// The stream was made anew, expired or lost its end: no number is given twice, so that consumers find a gap.
		w.picture = true
	} else {
		w.number = number
	}
	w.landed()
	w.last, w.resumed, w.unknown = last, true, false
	return nil
}

// end finds out which events the stream has, whose last message has a sequence, and returns the number of the last one.
// If all has expired it is one that no event had yet, so that consumers of the events before find a gap.
func (w *orderWriter) end(ctx context.Context, last uint64) (number uint64, err error) {
	m, err := w.stream.GetLastMsgForSubject(ctx, w.p.names.Orders(w.p.c.Account))
	if errors.Is(err, jetstream.ErrMsgNotFound) { // none yet, or they have expired: a picture says how far they were
		m, err = w.stream.GetLastMsgForSubject(ctx, w.p.names.OrderPicture(w.p.c.Account))
	}
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		if w.resumed {
			return 0, nil
		}
		return last * numbersMessage, nil
	}
	if err != nil {
		return 0, fmt.Errorf("smknats: stream %s: %w", w.name, err)
	}
	e, err := parseEnvelope(m.Subject, m.Sequence, m.Data)
	if err != nil {
		return 0, err
	}
	if !w.begin {
		w.done = place{e.GetCursor().GetSegment(), int64(e.GetCursor().GetOffset())}
		w.doneID = recordID{e.GetCursor().GetRecord(), e.GetMonotonic(), e.GetWall()}
		if w.ofRecord = e.GetOrders().GetOfRecord(); e.GetPicture() != nil {
			w.ofRecord = math.MaxUint32
		}
	}
	if e.GetPicture() != nil {
		return e.GetPicture().GetLast(), nil
	}
	return e.GetOrders().GetFirst() + uint64(len(e.GetOrders().GetEvents())) - 1, nil
}

// message returns a message of the stream.
func (w *orderWriter) message(ctx context.Context, sequence uint64) (*natspb.Envelope, string, error) {
	m, err := w.stream.GetMsg(ctx, sequence)
	if err != nil {
		return nil, "", fmt.Errorf("smknats: stream %s: %w", w.name, err)
	}
	e, err := parseEnvelope(m.Subject, m.Sequence, m.Data)
	return e, m.Subject, err
}

// landed drops what the stream has of what is to be sent.
func (w *orderWriter) landed() {
	for len(w.batches) > 0 && w.batches[0].GetOrders().GetFirst() <= w.number {
		w.pending -= len(w.batches[0].GetOrders().GetEvents())
		w.batches = w.batches[1:]
	}
}

// first follows the first record of the journal. If the stream ends before it, events are missing: so is a number. So
// it is if the journal was begun anew since, and has nothing of what the stream has: a journal that only lost its end,
// or was restored without it, is older than that.
func (w *orderWriter) first(r *journal.Record) {
	if w.begin {
		return
	}
	w.begin = true
	switch {
	case w.done.segment == 0:
		return
	case r.Segment > w.done.segment:
	case r.Wall <= w.doneID.wall || w.doneID == recordAt(w.p.c.Dir, w.done):
		return
	default:
		w.done = place{}
	}
	w.number++
	w.picture = true
}

// KindRunBegan is the kind of the event that a run of the engine began: no order is known, until events tell of them.
const KindRunBegan = "run began"

// began notes that a run begins: what was known of orders before is void.
func (w *orderWriter) began() {
	w.record = append(w.record, &natspb.OrderEvent{Kind: proto.String(KindRunBegan)})
	w.picture = true
}

// add adds an event of the record that is being applied.
func (w *orderWriter) add(ev *order.Event) {
	e := eventOf(ev, w.f.replica.OrderOf(ev))
	if o := w.f.replica.Orders().ByID(ev.Other); ev.Other != 0 && o != nil {
		e.OtherOrder = orderOf(o)
	}
	w.record = append(w.record, e)
}

// endRecord ends a record: its events are numbered, but those that the stream has.
func (w *orderWriter) endRecord() {
	events := w.record
	if len(events) == 0 {
		return
	}
	w.record = nil
	at, skipped := place{w.f.last.Segment, w.f.last.Offset}, 0
	switch {
	case at.segment < w.done.segment || at.segment == w.done.segment && at.offset < w.done.offset:
		return
	case at == w.done:
		skipped = int(min(uint64(w.ofRecord), uint64(len(events))))
	}
	for events, of := events[skipped:], skipped; len(events) > 0; {
		n := min(len(events), eventsMessage)
		of += n
		w.batch(events[:n], uint32(of))
		events = events[n:]
	}
}

// batch adds events to the last batch if they fit, or to a new one.
func (w *orderWriter) batch(events []*natspb.OrderEvent, of uint32) {
	w.pending += len(events)
	w.since += len(events)
	// The first batch may have been sent without an answer: it stays as it is.
	if n := len(w.batches); n > 1 {
		o := w.batches[n-1].GetOrders()
		if len(o.Events)+len(events) <= eventsMessage {
			o.Events, o.OfRecord = append(o.Events, events...), &of
			w.mark(w.batches[n-1])
			return
		}
	}
	first := w.number + 1
	if n := len(w.batches); n > 0 {
		o := w.batches[n-1].GetOrders()
		first = o.GetFirst() + uint64(len(o.GetEvents()))
	}
	e := w.f.envelope()
	e.Body = &natspb.Envelope_Orders{Orders: &natspb.Orders{First: &first, Events: events, OfRecord: &of}}
	w.batches = append(w.batches, e)
}

// mark has an envelope follow from the last record.
func (w *orderWriter) mark(e *natspb.Envelope) {
	now := w.f.envelope()
	e.Cursor, e.Wall, e.Monotonic = now.Cursor, now.Wall, now.Monotonic
}

// flush sends what there is, and a picture if one is due.
func (w *orderWriter) flush(ctx context.Context) error {
	if err := w.check(ctx); err != nil {
		return err
	}
	for len(w.batches) > 0 {
		e := w.batches[0]
		e.Published = proto.Int64(w.p.c.Wall())
		if err := w.send(ctx, w.p.names.Orders(w.p.c.Account), e, nil); err != nil {
			return err
		}
		w.number = e.GetOrders().GetFirst() + uint64(len(e.GetOrders().GetEvents())) - 1
		w.p.landedOrders(len(e.GetOrders().GetEvents()), w.number)
		w.landed()
	}
	now := w.p.c.Wall()
	age := int64(w.stream.CachedInfo().Config.MaxAge)
	due := w.since >= pictureEvents || w.since > 0 && now-w.drawn >= int64(pictureEvery) ||
		age > 0 && now-w.drawn >= age/2 // before it expires
	if !w.f.live || !due && !w.picture {
		return nil
	}
	rollup := nats.Header{}
	rollup.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
	if err := w.send(ctx, w.p.names.OrderPicture(w.p.c.Account), w.draw(), rollup); err != nil {
		return err
	}
	w.since, w.picture, w.drawn = 0, false, now
	return nil
}

// check finds out what the stream has if that is not known, and once a beat, so that there is a picture in a stream
// that was made anew or purged while no order changes.
func (w *orderWriter) check(ctx context.Context) error {
	now := w.p.c.Wall()
	if d := now - w.checked; !w.unknown && (!w.f.live || d >= 0 && d < int64(w.p.c.Beat)) {
		return nil
	}
	w.checked = now
	err := w.resume(ctx)
	if errors.Is(err, jetstream.ErrStreamNotFound) && !w.unknown {
		w.p.fail(err) // it may be made anew just now
		return nil
	}
	return err
}

// send sends a message and waits until it is in the stream.
func (w *orderWriter) send(ctx context.Context, subject string, e *natspb.Envelope, h nats.Header) error {
	data, err := proto.Marshal(e)
	if err != nil {
		return fmt.Errorf("smknats: %s: %w", subject, err)
	}
	w.p.hook("orders")
	ctx, cancel := w.p.link.request(ctx)
	defer cancel()
	w.unknown = true
	ack, err := w.p.js.PublishMsg(ctx, &nats.Msg{Subject: subject, Header: h, Data: data},
		jetstream.WithExpectLastSequence(w.last), jetstream.WithExpectStream(w.name), jetstream.WithRetryAttempts(0))
	if err != nil {
		return fmt.Errorf("smknats: %s: %w", w.name, err)
	}
	w.last, w.unknown = ack.Sequence, false
	return nil
}

// draw returns a picture of all orders that have not ended.
func (w *orderWriter) draw() *natspb.Envelope {
	e := w.f.envelope()
	m := w.f.replica.Orders()
	p := &natspb.OrderPicture{Last: proto.Uint64(w.number)}
	c := m.Completeness()
	complete, why := c.Complete, ""
	if c.Cause = nil; !complete {
		why = c.String()
	}
	switch {
	case !w.f.replica.Known():
		complete, why = false, "the journal does not have the orders that the run began with"
	case !w.f.replica.Complete():
		complete, why = false, "more orders or markets than there is room for"
	}
	size := 0
	for o := range m.Live {
		one := orderOf(o)
		if size += proto.Size(one) + 4; size > pictureBytesMax {
			complete, why = false, "more orders than a message has room for"
			break
		}
		p.Orders = append(p.Orders, one)
	}
	p.Complete = &complete
	if why != "" {
		p.Why = &why
	}
	e.Body = &natspb.Envelope_Picture{Picture: p}
	return e
}

// eventOf returns an event as it is published.
func eventOf(ev *order.Event, o *order.Order) *natspb.OrderEvent {
	e := &natspb.OrderEvent{Kind: proto.String(ev.Kind.String())}
	if o != nil {
		e.Order = orderOf(o)
	}
	if ev.Fill.Quantity != 0 {
		e.FillPrice, e.FillQuantity = proto.Uint32(uint32(ev.Fill.Price)), proto.Uint64(uint64(ev.Fill.Quantity))
		e.FillProvisional = proto.Bool(ev.Fill.Provisional)
	}
	if ev.Reason != (order.Reason{}) {
		e.Reason = proto.String(ev.Reason.String())
	}
	if ev.Replayed {
		e.Replayed = proto.Bool(true)
	}
	for _, f := range []struct {
		to   **uint64
		from uint64
	}{
		{&e.OrderId, ev.OrderID},
		{&e.Reference, ev.Reference},
		{&e.Other, ev.Other},
		{&e.AccountSequence, ev.Sequence},
	} {
		if f.from != 0 {
			*f.to = proto.Uint64(f.from)
		}
	}
	return e
}

// orderOf returns an order as it is published.
func orderOf(o *order.Order) *natspb.Order {
	side := seto.Side_SIDE_BUY
	if o.Side == odds.Sell {
		side = seto.Side_SIDE_SELL
	}
	p := &natspb.Order{
		MarketId: proto.Uint32(o.Market), ContractId: proto.Uint32(o.Contract), Side: side.Enum(),
		Price: proto.Uint32(uint32(o.Price)), Quantity: proto.Uint64(uint64(o.Quantity)),
		Executed:  proto.Uint64(uint64(o.Executed)),
		Available: proto.Uint64(uint64(o.Available)), State: proto.String(o.State.String()),
	}
	for _, f := range []struct {
		to   **uint64
		from uint64
	}{{&p.Id, o.ID}, {&p.Reference, o.Reference}, {&p.Original, o.Original}, {&p.Provisional, uint64(o.Provisional)}} {
		if f.from != 0 {
			*f.to = proto.Uint64(f.from)
		}
	}
	if o.Overlay != 0 {
		p.Overlay = proto.String(o.Overlay.String())
	}
	if o.State.Terminal() {
		p.Ended = proto.Bool(true)
	}
	if o.Foreign {
		p.Foreign = proto.Bool(true)
	}
	return p
}

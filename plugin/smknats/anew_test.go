package smknats

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/odds"
	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
	"github.com/smk-go/smk/plugin/smknats/natspb"
	"github.com/smk-go/smk/sim"
)

// anew removes a stream and makes it again, with the settings that it had.
func anew(t *testing.T, js jetstream.JetStream, name string) {
	t.Helper()
	stream, err := js.Stream(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), stream.CachedInfo().Config); err != nil {
		t.Fatal(err)
	}
}

// TestOrdersStreamAnew has the stream of order events removed and made anew while it is published: numbers go on, and
// a follower finds a gap and has all orders.
func TestOrdersStreamAnew(t *testing.T) {
	t.Parallel() // it waits for a stream that is asked now and then
	d := newDay(t)
	s := natstest.Start(t, nil)
	c := dayConfig(d)
	c.DisableLog, c.DisableBooks = true, true
	p := run(t, s, c, nil)
	f := follow(t, s, FollowConfig{Account: "demo", NoBooks: true})
	d.trade(6)
	d.still()
	orders := d.orders()
	until(t, f, "orders", func(Event) bool { return slices.Equal(ordersOf(f.Orders()), orders) })
	before := f.State()
	anew(t, s.JetStream(), p.names.OrderStream("demo"))
	d.agents(1000)
	d.trade(3)
	d.still()
	gap, number := false, before.Number
	orders = d.orders()
	until(t, f, "orders behind the gap", func(e Event) bool {
		gap = gap || e.Kind == Gap
		if e.Kind == OrderChanged && e.Order.Number <= number {
			t.Fatalf("number %d after %d", e.Order.Number, number)
		}
		number = max(number, f.State().Number)
		return gap && slices.Equal(ordersOf(f.Orders()), orders)
	})
	// One that was away meanwhile finds out, too, by what it kept.
	late := follow(t, s, FollowConfig{Account: "demo", NoBooks: true, From: &before})
	gap = false
	until(t, late, "the gap", func(e Event) bool {
		gap = gap || e.Kind == Gap
		return gap && slices.Equal(ordersOf(late.Orders()), orders)
	})
}

// TestStateOfStreamBefore has a follower go on from what it kept of a stream that was made anew meanwhile, with more
// messages and the same numbers: it finds a gap, and does not take the orders of one for those of the other.
func TestStateOfStreamBefore(t *testing.T) {
	s := natstest.Start(t, nil)
	h := newHostile(t, s)
	for id := range uint64(3) {
		h.events(aboutOrder(anOrder(id+1, id+1)))
	}
	f := follow(t, s, FollowConfig{Account: "demo", NoBooks: true, StaleAfter: time.Hour})
	until(t, f, "orders", func(Event) bool { return len(f.Orders()) == 3 })
	state := f.State()
	f.Close()
	anew(t, s.JetStream(), h.p.names.OrderStream("demo"))
	h.first = 1
	for id := range uint64(6) {
		h.events(aboutOrder(anOrder(id+11, id+11)))
	}
	picture := h.p.envelope()
	picture.Body = &natspb.Envelope_Picture{Picture: &natspb.OrderPicture{
		Last: proto.Uint64(6), Orders: []*natspb.Order{anOrder(16, 16)}, Complete: proto.Bool(true),
	}}
	h.send(h.p.names.OrderPicture("demo"), picture)
	f = follow(t, s, FollowConfig{Account: "demo", NoBooks: true, StaleAfter: time.Hour, From: &state})
	gap := false
	until(t, f, "the orders of the other stream", func(e Event) bool {
		gap = gap || e.Kind == Gap
		orders := f.Orders()
		if e.Kind == OrderChanged && !gap {
			t.Fatalf("order %d of the other stream beside %d orders", e.Order.OrderID, len(orders))
		}
		return gap && len(orders) == 1 && orders[0].ID == 16
	})
}

// TestBooksStreamAnew has the stream of books removed and made anew while it is published and one book changes: the
// others are in it, too.
func TestBooksStreamAnew(t *testing.T) {
	d := newDay(t)
	d.still()
	s := natstest.Start(t, nil)
	c := dayConfig(d)
	c.DisableLog, c.DisableOrders = true, true
	p := run(t, s, c, nil)
	before := follow(t, s, FollowConfig{})
	until(t, before, "books", func(Event) bool { return live(before) == 3 })
	anew(t, s.JetStream(), p.names.BookStream())
	d.do(func(e *engine.Engine) { d.place(e, sim.DemoHome, odds.Buy, false) })
	d.quiet()
	stream, err := s.JetStream().Stream(t.Context(), p.names.BookStream())
	if err != nil {
		t.Fatal(err)
	}
	var info *jetstream.StreamInfo
	eventually(t, func() bool {
		info, err = stream.Info(t.Context())
		return err == nil && info.State.NumSubjects == 3
	}, func() { t.Fatalf("%+v, %v", info, err) })
	books := d.books()
	after := follow(t, s, FollowConfig{})
	until(t, after, "the books", func(Event) bool { return slices.Equal(booksOf(after), books) })
}

// TestPictureKept has all order events expire while orders rest: the picture does not, and the next publisher goes on
// with the numbers.
func TestPictureKept(t *testing.T) {
	t.Parallel() // it waits until events expire
	d := newDay(t)
	s := natstest.Start(t, nil)
	c := dayConfig(d)
	c.DisableLog, c.DisableBooks, c.LogAge = true, true, 3*time.Second
	p := run(t, s, c, nil)
	d.trade(3)
	d.still()
	orders := d.orders()
	p.until("events", func(s Stats) bool { return s.Events > 0 })
	stream, err := s.JetStream().Stream(t.Context(), p.names.OrderStream("demo"))
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		_, err := stream.GetLastMsgForSubject(t.Context(), p.names.Orders("demo"))
		return errors.Is(err, jetstream.ErrMsgNotFound)
	}, func() { t.Fatalf("%+v", p.Stats()) })
	f := follow(t, s, FollowConfig{Account: "demo", NoBooks: true})
	until(t, f, "orders", func(e Event) bool { return e.Kind == OrdersPicture })
	if got := ordersOf(f.Orders()); len(orders) == 0 || !slices.Equal(got, orders) {
		t.Fatalf("%v, want %v", got, orders)
	}
	number := f.State().Number
	_ = p.end()
	c.LogAge = 0
	p = run(t, s, c, nil)
	d.agents(1000)
	d.trade(1)
	p.until("events", func(s Stats) bool { return s.Number > 0 })
	if n := p.Stats(); n.Number <= number || n.Number-n.Events < number {
		t.Fatalf("%+v, the first publisher's last number is %d", n, number)
	}
}

// TestEventsBeforePicture has a publisher begin on a stream that has nothing but a picture: the events of the record
// that it was drawn behind are in it.
func TestEventsBeforePicture(t *testing.T) {
	s := natstest.Start(t, nil)
	h := newHostile(t, s)
	picture := h.p.envelope()
	picture.Cursor = &natspb.Cursor{Segment: proto.Uint64(1), Offset: proto.Uint64(100), Record: proto.Uint64(9)}
	picture.Body = &natspb.Envelope_Picture{Picture: &natspb.OrderPicture{
		Last: proto.Uint64(5), Complete: proto.Bool(true),
	}}
	h.send(h.p.names.OrderPicture("demo"), picture)
	f := &feed{p: h.p}
	w := h.p.newOrders(f)
	if err := w.resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		offset int64
		want   int // events that are to be published
	}{{90, 0}, {100, 0}, {110, 2}} {
		f.last.Segment, f.last.Offset = 1, test.offset
		w.record = []*natspb.OrderEvent{aboutOrder(anOrder(1, 1)), aboutOrder(anOrder(2, 2))}
		if w.endRecord(); w.pending != test.want {
			t.Errorf("at %d: %d events, want %d", test.offset, w.pending, test.want)
		}
	}
	if first := w.batches[0].GetOrders().GetFirst(); first != 6 {
		t.Errorf("the first one has number %d", first)
	}
}

// publishedLog returns the stream of the log of a random journal, whose publisher has ended.
func publishedLog(t *testing.T, seed uint64) (js jetstream.JetStream, name string) {
	t.Helper()
	s := natstest.Start(t, nil)
	w := newWriter(t, seed)
	w.add(2000, 1000)
	p := run(t, s, config(w.dir), nil)
	p.until("the log", func(s Stats) bool { return s.Record == w.last() })
	_ = p.end()
	return s.JetStream(), p.names.LogStream("an.account")
}

// TestRestoreStreamAnew has the log removed and made anew while it is restored: the restore ends instead of waiting for
// a message that does not come.
func TestRestoreStreamAnew(t *testing.T) {
	t.Parallel() // it waits for a stream that is asked now and then
	js, name := publishedLog(t, 1)
	seen := 0
	err := each(t.Context(), js, name, jetstream.OrderedConsumerConfig{}, func(jetstream.Msg, uint64) error {
		if seen++; seen == 3 {
			anew(t, js, name)
		}
		return nil
	}, jetstream.PullMaxMessages(2))
	wantError(t, err, errAnew)
}

// TestGapOnce has order events whose first ones, and whose picture, have expired: the gap is said once, however often
// the picture is looked for.
func TestGapOnce(t *testing.T) {
	s := natstest.Start(t, nil)
	h := newHostile(t, s)
	h.first = 5
	h.events(aboutOrder(anOrder(1, 1)))
	f := follow(t, s, FollowConfig{Account: "demo", NoBooks: true, StaleAfter: time.Hour})
	until(t, f, "the gap", func(e Event) bool { return e.Kind == Gap })
	ctx, cancel := context.WithTimeout(t.Context(), 5*retryWait)
	defer cancel()
	if e, err := f.Next(ctx); err == nil {
		t.Errorf("%v %q", e.Kind, e.Text)
	}
	picture := h.p.envelope()
	picture.Body = &natspb.Envelope_Picture{Picture: &natspb.OrderPicture{
		Last: proto.Uint64(5), Orders: []*natspb.Order{anOrder(1, 1)}, Complete: proto.Bool(true),
	}}
	h.send(h.p.names.OrderPicture("demo"), picture)
	until(t, f, "the picture", func(e Event) bool {
		if e.Kind == Gap {
			t.Errorf("%q again", e.Text)
		}
		return e.Kind == OrdersPicture && len(f.Orders()) == 1
	})
}

// TestRestoreStreamPurged has the log purged while it is restored: the restore says what is missing instead of waiting
// for it.
func TestRestoreStreamPurged(t *testing.T) {
	t.Parallel() // it waits for a stream that is asked now and then
	js, name := publishedLog(t, 2)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	d := disk{start: func(*os.File, int64, int64) error { return nil }}
	d.sync = func(*os.File) error { // the first segment is whole
		stream, err := js.Stream(ctx, name)
		if err != nil {
			return err
		}
		return stream.Purge(ctx)
	}
	r, err := restoreTo(ctx, js, "test", "an.account", t.TempDir(), d)
	var gap *GapError
	if !errors.As(err, &gap) || gap.Where != name || gap.Segment != r.Segment || gap.Offset != r.Offset ||
		r.Segment == 0 || gap.Next != 0 || !strings.Contains(err.Error(), "nothing follows") {
		t.Fatalf("%v; restored %+v", err, r)
	}
}

// TestOrdersPurged has order events removed that a follower has not read, and none follows: it finds a gap by the
// picture, which says how far they were, whether it was there or comes then.
func TestOrdersPurged(t *testing.T) {
	s := natstest.Start(t, nil)
	h := newHostile(t, s)
	h.events(aboutOrder(anOrder(1, 1)))
	c := FollowConfig{Account: "demo", NoBooks: true, StaleAfter: time.Hour}
	f := follow(t, s, c)
	until(t, f, "an order", func(Event) bool { return len(f.Orders()) == 1 })
	state := f.State()
	f.Close()
	c.From = &state
	h.events(aboutOrder(anOrder(2, 2)))
	picture := func() {
		e := h.p.envelope()
		e.Body = &natspb.Envelope_Picture{Picture: &natspb.OrderPicture{
			Last: proto.Uint64(h.first - 1), Orders: []*natspb.Order{anOrder(2, 2)}, Complete: proto.Bool(true),
		}}
		h.send(h.p.names.OrderPicture("demo"), e)
	}
	picture()
	stream, err := s.JetStream().Stream(t.Context(), h.p.names.OrderStream("demo"))
	if err != nil {
		t.Fatal(err)
	}
	// The event is there still: there is no gap, although messages before it are not.
	if err := stream.Purge(t.Context(), jetstream.WithPurgeSequence(2)); err != nil {
		t.Fatal(err)
	}
	f = follow(t, s, c)
	until(t, f, "the other order", func(e Event) bool {
		if e.Kind == Gap {
			t.Fatal(e.Text)
		}
		return len(f.Orders()) == 2
	})
	f.Close()
	if err := stream.Purge(t.Context(), jetstream.WithPurgeSubject(h.p.names.Orders("demo"))); err != nil {
		t.Fatal(err)
	}
	gap := false
	f = follow(t, s, c)
	until(t, f, "the picture", func(e Event) bool {
		gap = gap || e.Kind == Gap
		return gap && e.Kind == OrdersPicture && len(f.Orders()) == 1
	})
}

// TestNumbersAfterAllExpired has everything of a stream of orders expire while no publisher runs, and another journal
// published then: a follower that knows higher numbers than it has events finds a gap, and has its orders.
func TestNumbersAfterAllExpired(t *testing.T) {
	d := newDay(t)
	s := natstest.Start(t, nil)
	c := dayConfig(d)
	c.DisableLog, c.DisableBooks = true, true
	d.trade(1)
	d.still()
	orders := d.orders()
	h := newHostile(t, s)
	for id := range uint64(200) {
		h.events(aboutOrder(anOrder(id+1, id+1)), aboutOrder(anOrder(id+1, id+1)))
	}
	before := State{Number: h.first - 1, Sequence: h.last, Orders: []*Order{{ID: 1}}}
	stream, err := s.JetStream().Stream(t.Context(), h.p.names.OrderStream("demo"))
	if err != nil {
		t.Fatal(err)
	}
	before.Created = stream.CachedInfo().Created.UnixNano()
	if err := stream.Purge(t.Context()); err != nil { // as age does
		t.Fatal(err)
	}
	f := follow(t, s, FollowConfig{Account: "demo", NoBooks: true, From: &before})
	p := run(t, s, c, nil)
	p.until("events", func(s Stats) bool { return s.Events > 0 })
	if n := p.Stats(); n.Number-n.Events < before.Number {
		t.Errorf("%+v, numbers up to %d were given before", n, before.Number)
	}
	gap := false
	until(t, f, "the orders", func(e Event) bool {
		gap = gap || e.Kind == Gap
		if e.Kind == OrderChanged && !gap {
			t.Fatalf("event %d without a gap", e.Order.Number)
		}
		return gap && slices.Equal(ordersOf(f.Orders()), orders)
	})
}

// TestStreamsAnewWhileNothingChanges has the streams of books and orders purged, and removed and made anew, while no
// book and no order changes: who begins to follow then has all of them.
func TestStreamsAnewWhileNothingChanges(t *testing.T) {
	d := newDay(t)
	s := natstest.Start(t, nil)
	c := dayConfig(d)
	c.DisableLog = true
	p := run(t, s, c, nil)
	d.trade(3)
	d.still()
	books, orders := d.books(), d.orders()
	has := func() {
		t.Helper()
		f := follow(t, s, FollowConfig{Account: "demo"})
		until(t, f, "books and orders", func(Event) bool {
			return len(orders) > 0 && slices.Equal(booksOf(f), books) && slices.Equal(ordersOf(f.Orders()), orders)
		})
		f.Close()
	}
	has()
	for _, name := range []string{p.names.BookStream(), p.names.OrderStream("demo")} {
		stream, err := s.JetStream().Stream(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		has()
		anew(t, s.JetStream(), name)
		has()
	}
}

// TestSingleBooksPurged has single books purged from the middle of the stream while none changes: who begins to follow
// then has all of them.
func TestSingleBooksPurged(t *testing.T) {
	d := newDay(t)
	d.still()
	s := natstest.Start(t, nil)
	c := dayConfig(d)
	c.DisableLog, c.DisableOrders = true, true
	p := run(t, s, c, nil)
	books := d.books()
	first := follow(t, s, FollowConfig{})
	until(t, first, "the books", func(Event) bool { return slices.Equal(booksOf(first), books) })
	stream, err := s.JetStream().Stream(t.Context(), p.names.BookStream())
	if err != nil {
		t.Fatal(err)
	}
	has := func(subject string) uint64 {
		m, err := stream.GetLastMsgForSubject(t.Context(), subject)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return 0
		}
		if err != nil {
			t.Fatal(err)
		}
		return m.Sequence
	}
	var oldest string // what stays: the numbers of the stream begin with it
	contracts := []uint32{sim.DemoHome, sim.DemoDraw, sim.DemoAway}
	for _, contract := range contracts {
		if b := p.names.Book(sim.DemoMarket, contract); oldest == "" || has(b) < has(oldest) {
			oldest = b
		}
	}
	for _, contract := range contracts {
		b := p.names.Book(sim.DemoMarket, contract)
		if b == oldest {
			continue
		}
		if err := stream.Purge(t.Context(), jetstream.WithPurgeSubject(b)); err != nil {
			t.Fatal(err)
		}
		eventually(t, func() bool { return has(b) != 0 }, func() { t.Fatalf("%s is gone: %+v", b, p.Stats()) })
	}
	late := follow(t, s, FollowConfig{})
	until(t, late, "all books", func(e Event) bool { return e.Kind == BooksComplete })
	if got := booksOf(late); !slices.Equal(got, books) {
		t.Errorf("%v, want %v", got, books)
	}
}

// TestPicturePurged has the picture of the orders purged, and all events but the last one, while no order changes: who
// begins to follow then has all orders.
func TestPicturePurged(t *testing.T) {
	d := newDay(t)
	s := natstest.Start(t, nil)
	c := dayConfig(d)
	c.DisableLog, c.DisableBooks = true, true
	p := run(t, s, c, nil)
	d.trade(3)
	d.still()
	orders := d.orders()
	first := follow(t, s, FollowConfig{Account: "demo", NoBooks: true})
	until(t, first, "orders", func(Event) bool {
		return len(orders) > 0 && slices.Equal(ordersOf(first.Orders()), orders)
	})
	stream, err := s.JetStream().Stream(t.Context(), p.names.OrderStream("demo"))
	if err != nil {
		t.Fatal(err)
	}
	for subject, options := range map[string][]jetstream.StreamPurgeOpt{
		p.names.OrderPicture("demo"): nil, p.names.Orders("demo"): {jetstream.WithPurgeKeep(1)},
	} {
		if err := stream.Purge(t.Context(), append(options, jetstream.WithPurgeSubject(subject))...); err != nil {
			t.Fatal(err)
		}
	}
	late := follow(t, s, FollowConfig{Account: "demo", NoBooks: true})
	until(t, late, "all orders", func(e Event) bool {
		return e.Kind == OrdersPicture && slices.Equal(ordersOf(late.Orders()), orders)
	})
}

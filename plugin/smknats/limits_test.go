package smknats

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/replica"
	"github.com/smk-go/smk/gen/seto"
	"github.com/smk-go/smk/plugin/smknats/internal/natstest"
	"github.com/smk-go/smk/plugin/smknats/natspb"
)

// hostile writes to the streams of an account as somebody who may.
type hostile struct {
	t     *testing.T
	p     *Publisher
	js    jetstream.JetStream
	first uint64 // number of the next event
	last  uint64 // sequence of the last message
}

func newHostile(t *testing.T, s *natstest.Server) *hostile {
	t.Helper()
	js := s.JetStream()
	p, err := New(js.Conn(), Config{Environment: "test", Account: "demo", Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	h := &hostile{t, p, js, 1, 0}
	if _, err := openStream(t.Context(), js, p.bookStream(), p.names.Books(0)); err != nil {
		t.Fatal(err)
	}
	_, err = openStream(t.Context(), js, p.orderStream(), p.names.Orders("demo"), p.names.OrderPicture("demo"))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *hostile) send(subject string, e *natspb.Envelope) {
	h.t.Helper()
	data, err := proto.Marshal(e)
	if err != nil {
		h.t.Fatal(err)
	}
	header := nats.Header{}
	if e.GetPicture() != nil {
		header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
	}
	ack, err := h.js.PublishMsg(h.t.Context(), &nats.Msg{Subject: subject, Header: header, Data: data})
	if err != nil {
		h.t.Fatal(err)
	}
	h.last = ack.Sequence
}

func (h *hostile) books(contracts ...uint32) {
	h.t.Helper()
	for _, c := range contracts {
		e := h.p.envelope()
		e.Body = &natspb.Envelope_Book{Book: &natspb.Book{
			Quotes: &seto.ContractQuotes{MarketId: proto.Uint32(1), ContractId: proto.Uint32(c)},
		}}
		h.send(h.p.names.Book(1, c), e)
	}
}

func (h *hostile) events(events ...*natspb.OrderEvent) {
	h.t.Helper()
	first := h.first
	e := h.p.envelope()
	e.Body = &natspb.Envelope_Orders{Orders: &natspb.Orders{First: &first, Events: events}}
	h.first += uint64(len(events))
	h.send(h.p.names.Orders("demo"), e)
}

func anOrder(id, reference uint64) *natspb.Order {
	return &natspb.Order{Id: proto.Uint64(id), Reference: proto.Uint64(reference), State: proto.String("live")}
}

func aboutOrder(o *natspb.Order) *natspb.OrderEvent {
	return &natspb.OrderEvent{Kind: proto.String("order accepted"), Order: o}
}

// refused takes events until one is refused for a limit, and returns the error.
func refused(t *testing.T, f *Follower) *LimitError {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		_, err := f.Next(ctx)
		var limit *LimitError
		switch {
		case err == nil:
			continue
		case !errors.As(err, &limit) || !errors.Is(err, ErrLimit) ||
			!strings.Contains(err.Error(), fmt.Sprint(limit.Limit)):
			t.Fatalf("%v, want a limit's error", err)
		}
		if _, again := f.Next(ctx); again != err {
			t.Fatalf("%v after %v", again, err)
		}
		return limit
	}
}

// TestBooksLimit has somebody write more books than a consumer keeps: before it begins, and while it follows.
func TestBooksLimit(t *testing.T) {
	s := natstest.Start(t, nil)
	h := newHostile(t, s)
	h.books(1, 2, 3)
	f := follow(t, s, FollowConfig{BooksMax: 3})
	until(t, f, "picture", func(e Event) bool { return e.Kind == BooksComplete })
	h.books(3, 2, 4)
	want := LimitError{h.p.names.Book(1, 4), 6, "books", 3}
	if e := refused(t, f); *e != want || len(f.Books()) != 3 {
		t.Errorf("%+v, want %+v; %d books", e, want, len(f.Books()))
	}
	want = LimitError{h.p.names.BookStream(), 0, "books", 3}
	if e := refused(t, follow(t, s, FollowConfig{BooksMax: 3})); *e != want {
		t.Errorf("%+v, want %+v", e, want)
	}
	for round, ok := range []bool{true, true, false} { // the second takes the place of the first
		b := &heldBook{&Book{}, uint64(round), followBytes/2 + 1}
		err := f.keepBook(bookKey{1, 1 + uint32(round)/2}, b, "subject")
		if ok != (err == nil) || !ok && !errors.Is(err, ErrLimit) {
			t.Errorf("book %d of half of all bytes: %v", round, err)
		}
	}
}

// TestOrdersLimit has somebody write more orders than a consumer keeps, by events and by a picture, and orders and
// messages that are longer than any is. What the consumer has is what it had.
func TestOrdersLimit(t *testing.T) {
	s := natstest.Start(t, nil)
	h := newHostile(t, s)
	c := FollowConfig{Account: "demo", NoBooks: true, OrdersMax: 2}
	f := follow(t, s, c)
	ended := anOrder(0, 1)
	ended.Ended = proto.Bool(true)
	replace := &natspb.OrderEvent{OtherOrder: ended, Order: anOrder(9, 4)}
	h.events(aboutOrder(anOrder(0, 1)), aboutOrder(anOrder(0, 2)), aboutOrder(anOrder(7, 2)), replace,
		&natspb.OrderEvent{Kind: proto.String(KindRunBegan), Order: anOrder(0, 5)}, aboutOrder(anOrder(8, 6)),
		aboutOrder(anOrder(0, 0)))
	want := LimitError{h.p.names.Orders("demo"), 1, "orders", 2}
	if e := refused(t, f); *e != want || len(f.Orders()) != 2 || f.State().Number != 6 {
		t.Errorf("%+v, want %+v; state %+v", e, want, f.State())
	}
	from := f.State()
	from.Orders = append(from.Orders, &Order{ID: 10})
	c.From, c.Environment = &from, "test"
	var bad *ConfigError
	if _, err := Follow(t.Context(), s.Connect(), c); !errors.As(err, &bad) || bad.Field != "From" {
		t.Errorf("a state of too many orders: %v", err)
	}
	for what, event := range map[string][]*natspb.OrderEvent{
		"events":            make([]*natspb.OrderEvent, eventsMessage+1),
		"bytes of an order": {{Reason: proto.String(strings.Repeat("x", followOrder))}},
	} {
		for i := range event {
			if event[i] == nil {
				event[i] = aboutOrder(nil)
			}
		}
		h.events(event...)
		c := FollowConfig{Account: "demo", NoBooks: true, From: &State{
			Number: h.first - 1 - uint64(len(event)), Sequence: h.last,
		}}
		if e := refused(t, follow(t, s, c)); e.What != what || e.Sequence == 0 {
			t.Errorf("%+v, want %s", e, what)
		}
	}
	e := h.p.envelope()
	e.Body = &natspb.Envelope_Picture{Picture: &natspb.OrderPicture{
		Last: proto.Uint64(h.first - 1), Orders: []*natspb.Order{anOrder(1, 0), anOrder(2, 0), anOrder(3, 0)},
	}}
	h.send(h.p.names.OrderPicture("demo"), e)
	c.From = nil
	if e := refused(t, follow(t, s, c)); e.What != "orders" || e.Subject != h.p.names.OrderPicture("demo") {
		t.Errorf("%+v of a picture", e)
	}
}

// TestFollowLimits refuses limits that are out of theirs.
func TestFollowLimits(t *testing.T) {
	for _, c := range []FollowConfig{{BooksMax: -1}, {OrdersMax: followMax + 1}} {
		c.Environment = "test"
		var bad *ConfigError
		if _, err := c.complete(); !errors.As(err, &bad) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	c := FollowConfig{Environment: "test"}
	if _, err := c.complete(); err != nil || c.BooksMax != followBooks || c.OrdersMax != followOrders {
		t.Errorf("%+v, %v", c, err)
	}
	// What a run begins with counts, although orders of those names were there before.
	one, two := &Order{ID: 1}, &Order{ID: 2}
	f := &Follower{c: FollowConfig{OrdersMax: 1}, orders: map[orderKey]*Order{keyOf(one): one, keyOf(two): two}}
	if f.room(&OrderEvent{Kind: KindRunBegan, Order: one, Second: two}) {
		t.Error("two orders of a run that began, where there is room for one")
	}
	e := &natspb.Envelope{
		Version: proto.Uint32(version), Account: proto.String(strings.Repeat("x", nameBytesMax+1)),
		Publisher: proto.String("x"), Body: &natspb.Envelope_Beat{Beat: &natspb.Beat{}},
	}
	data, err := proto.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	_, err = parseEnvelope("subject", 1, data)
	wantError(t, err, ErrMessage)
}

// TestSentBooksLimit has an exchange name contracts without an end: what a publisher knows of books that the engine has
// not any more is forgotten, but for what it has to know of them.
func TestSentBooksLimit(t *testing.T) {
	r, err := replica.New(replica.Config{
		Books:  book.Config{Markets: 4, Contracts: 4, Orders: 4},
		Orders: order.Config{Orders: 4, Retained: 4, Contracts: 4},
	})
	if err != nil {
		t.Fatal(err)
	}
	names, err := NewNames("test")
	if err != nil {
		t.Fatal(err)
	}
	p := &Publisher{names: names}
	w := p.newBooks(&feed{p: p, replica: r})
	other := names.Book(1, 7)
	w.lasts[other] = lastBook{sequence: 70}
	flying := w.of(bookKey{1, 5})
	flying.flying = true
	for contract := range uint32(3 * sentBooksMax) {
		w.changed(1, contract+6)
		w.leave(contract)
	}
	if len(w.books) > sentBooksMax || w.books[bookKey{1, 5}] != flying || len(w.left) != 0 {
		t.Errorf("%d books, %d markets", len(w.books), len(w.left))
	}
	if b := w.of(bookKey{1, 7}); b.sequence != 70 {
		t.Errorf("the last message of a book of another run is %d", b.sequence)
	}
}

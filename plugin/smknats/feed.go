package smknats

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/engine/book"
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/replica"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/plugin/smknats/natspb"
)

// Limits of what a feed keeps.
const (
	contractsMax = 1 << 13
	marketsMax   = 1 << 12
	ordersMax    = 1 << 12 // their picture is one message
	recordsTurn  = 256     // records between two looks at what is due
	behindAfter  = time.Second
	silentAfter  = 30 * time.Second // six heartbeats of an engine, each of which is in its journal
)

// feed reads the journal from its beginning and publishes the books and orders that follow from it. Of what the journal
// had before the feed began, only what the streams do not have is published.
type feed struct {
	p       *Publisher
	replica *replica.Replica
	reader  *journal.Reader
	books   *bookWriter  // nil if books are not published
	orders  *orderWriter // nil if orders are not

	last journal.Record // without payload
	live bool           // it has been at the journal's end, or close to it
	ends uint64         // how often it was at the end
}

// feed publishes books and orders until ctx ends, or there is no way to go on. Of several publishers it is the log that
// decides who stops, or the orders if there is no log: one that has it begins again if another one was before it with
// the rest. Otherwise two that begin at the same moment could both end.
func (p *Publisher) feed(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-p.claimed:
	}
	for failures := 0; ; failures++ {
		err := (&feed{p: p}).run(ctx)
		var second *SecondWriterError
		if !errors.As(err, &second) {
			return err
		}
		mine := false
		if e := p.insist(ctx, func(ctx context.Context) (err error) {
			mine, err = p.first(ctx, second.Stream)
			return err
		}); e != nil || !mine {
			return err
		}
		p.fail(err)
		if err := pause(ctx, failures); err != nil {
			return err
		}
	}
}

// first reports whether the last message of the stream that decides is of this run. The one that another publisher was
// found in decides nothing.
func (p *Publisher) first(ctx context.Context, found string) (bool, error) {
	name := p.names.LogStream(p.c.Account)
	switch {
	case !p.c.DisableLog:
	case p.c.DisableOrders, found == p.names.OrderStream(p.c.Account):
		return false, nil
	default:
		name = p.names.OrderStream(p.c.Account)
	}
	ctx, cancel := p.link.request(ctx)
	defer cancel()
	stream, err := p.js.Stream(ctx, name)
	if err != nil {
		return false, fmt.Errorf("smknats: stream %s: %w", name, err)
	}
	last := stream.CachedInfo().State.LastSeq
	m, err := stream.GetMsg(ctx, last)
	if err != nil {
		return false, fmt.Errorf("smknats: stream %s: %w", name, err)
	}
	if !p.c.DisableLog {
		return m.Header.Get(headerPublisher) == p.number, nil
	}
	e, err := parseEnvelope(m.Subject, last, m.Data)
	return err == nil && e.GetPublisher() == p.number, err
}

// run reads the journal and publishes.
func (f *feed) run(ctx context.Context) (err error) {
	if err := f.open(ctx); err != nil {
		return err
	}
	f.replica, err = replica.New(replica.Config{
		Books:    book.Config{Markets: marketsMax, Contracts: contractsMax, Orders: ordersMax},
		Orders:   order.Config{Orders: ordersMax, Retained: ordersMax, Contracts: contractsMax},
		Observer: observer{f: f},
	})
	if err != nil {
		return err
	}
	f.reader, err = journal.OpenDir(f.p.c.Dir, journal.ReaderConfig{Follow: true, Poll: f.p.c.Poll})
	if err != nil {
		return err
	}
	defer func() { _ = f.reader.Close() }()
	return f.follow(ctx)
}

// open finds out what the streams have.
func (f *feed) open(ctx context.Context) error {
	if !f.p.c.DisableBooks {
		f.books = f.p.newBooks(f)
		if err := f.p.insist(ctx, f.books.open); err != nil {
			return err
		}
	}
	if !f.p.c.DisableOrders {
		f.orders = f.p.newOrders(f)
		return f.p.insist(ctx, f.orders.resume)
	}
	return nil
}

func (f *feed) follow(ctx context.Context) error {
	for n, looked := 1, time.Now(); ; n++ {
		waited := f.live
		r, err := f.reader.Next()
		switch {
		case err == nil:
			f.apply(r)
			if n%recordsTurn != 0 {
				continue
			}
			if !f.live && f.p.c.Wall()-r.Wall < int64(behindAfter) {
				f.live = true
			}
		case errors.Is(err, io.EOF):
			f.live = true
			f.ends++
		default:
			return err
		}
		f.p.follows(f, waited)
		// What is not published is not read on either, so that nothing piles up while servers are away.
		if err := f.p.insist(ctx, f.publish); err != nil {
			return err
		}
		if current := err != nil || f.p.c.Wall()-f.last.Wall < int64(behindAfter); current && f.landed() {
			f.p.caughtUp()
		}
		if err == nil {
			continue
		}
		if time.Since(looked) > existsAfter {
			looked = time.Now()
			if gone, _ := f.reader.Replaced(); gone {
				return &MismatchError{
					f.p.c.Account, f.p.c.Dir, f.last.Segment, f.last.Offset, "the journal was removed or replaced",
				}
			}
		}
		wait, cancel := context.WithTimeout(ctx, f.p.c.Conflate)
		_ = f.reader.Wait(wait)
		cancel()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// landed reports whether nothing that was published before was refused and has not been taken since.
func (f *feed) landed() bool { return f.live && (f.books == nil || len(f.books.refused) == 0) }

// apply applies a record.
func (f *feed) apply(r *journal.Record) {
	f.last = *r
	f.last.Payload, f.last.Raw = nil, nil
	if r.Kind == journal.KindEnd && !r.Own {
		f.p.engine(sessionEnded, "")
	}
	if f.orders != nil {
		f.orders.first(r)
	}
	f.replica.Apply(r)
	if f.orders != nil {
		f.orders.endRecord()
	}
}

// publish publishes what is due.
func (f *feed) publish(ctx context.Context) error {
	if f.orders != nil {
		if err := f.orders.flush(ctx); err != nil {
			return err
		}
	}
	if f.books != nil && f.live {
		return f.books.flush(ctx)
	}
	return nil
}

// envelope returns the envelope of a message that says what is so behind the last record.
func (f *feed) envelope() *natspb.Envelope {
	e := f.p.envelope()
	e.Cursor, e.Wall, e.Monotonic = cursorOf(&f.last), proto.Int64(f.last.Wall), proto.Int64(f.last.At)
	return e
}

func cursorOf(r *journal.Record) *natspb.Cursor {
	return &natspb.Cursor{
		Segment: proto.Uint64(r.Segment), Offset: proto.Uint64(uint64(r.Offset)), Record: proto.Uint64(r.Seq),
	}
}

// observer is told what the feed's replica finds.
type observer struct {
	replica.Ignore
	f *feed
}

// Began forgets what was said of the engine before.
func (o observer) Began(*journal.Record, bool) {
	o.f.p.engine("starting", "active")
	if o.f.books != nil {
		o.f.books.began()
	}
	if o.f.orders != nil {
		o.f.orders.began()
	}
}

// Applied notes that a book changed.
func (o observer) Applied(_ *journal.Record, p *msg.Payload, err error) {
	if o.f.books == nil || err != nil {
		return
	}
	switch p.GetType() {
	case msg.PayloadContractQuotes:
		q := p.GetContractQuotes()
		o.f.books.changed(q.GetMarketId(), q.GetContractId())
	case msg.PayloadMarketQuotes:
		o.f.books.marketChanged(p.GetMarketQuotes().GetMarketId())
	}
}

// Sent notes which markets the engine is subscribed to.
func (o observer) Sent(_ *journal.Record, k *msg.Keys) {
	if o.f.books == nil {
		return
	}
	switch k.Type {
	case msg.PayloadMarketSubscribe:
		delete(o.f.books.left, k.Market)
	case msg.PayloadMarketUnsubscribe:
		o.f.books.leave(k.Market)
	}
}

// OrderEvent notes an event of an order.
func (o observer) OrderEvent(ev *order.Event) {
	if o.f.orders != nil {
		o.f.orders.add(ev)
	}
}

// Log follows session and mode.
func (o observer) Log(_ *journal.Record, line map[string]string) {
	if s, ok := strings.CutPrefix(line["msg"], "session "); ok {
		o.f.p.engine(s, "")
	} else if s, ok := strings.CutPrefix(line["msg"], "mode is "); ok {
		o.f.p.engine("", s)
	}
}

package stages

import (
	"time"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/wire"
)

// batch is how many orders, or quotes, a burst has: what one read of a busy connection brings.
const batch = 64

// referenceTag is the tag of order_create's reference.
const referenceTag = 11 << 3

// Order returns the stages of an order and its acceptance. An operation is one order: sent, written, and answered.
func Order() Group {
	return orders(Group{Name: "order", Base: "encode+decode"}, accepted(16*batch), false)
}

// Trade returns the stages of a quote that a bot answers by an order, which is accepted. An operation is one quote,
// one order and one acceptance.
func Trade() Group {
	var quotes, both [][]byte
	var p msg.Payload
	for _, b := range fixture.Mixed().Payloads {
		fixture.Must(0, p.Decode(b, nil))
		if q := p.GetContractQuotes(); p.HasContractQuotes() && len(q.GetBids())+len(q.GetOffers()) <= 3 {
			quotes = append(quotes, b)
		}
	}
	for len(quotes) >= batch && len(both) < 32*batch {
		both = append(append(both, quotes[:batch]...), accepted(batch)...)
		quotes = quotes[batch:]
	}
	return orders(Group{Name: "trade", Base: "decode+encode+decode"}, both, true)
}

// accepted is so many acceptances.
func accepted(n int) (payloads [][]byte) {
	for range n {
		payloads = append(payloads, fixture.Accepted().Payloads[0])
	}
	return payloads
}

// orders adds the stages. What arrives is answers, or bursts of quotes before bursts of answers.
func orders(g Group, payloads [][]byte, quotes bool) Group {
	o := func() *ordering { return &ordering{stream: newStream(payloads), quotes: quotes} }
	g.Stages = []Stage{{Name: g.Base, Loop: o().codec()}, o().session(), o().engine()}
	return g
}

// ordering is what the stages of orders share.
type ordering struct {
	stream *stream
	quotes bool // each order has a quote
	create msg.OrderCreate

	inFlight int // orders that are sent before and wait for their answers all the time
}

// order returns the next order to be sent, without a reference: it is given one.
func (o *ordering) order() *msg.OrderCreate {
	m := &o.create
	m.SetSide(msg.SideBuy)
	m.SetQuantity(1_000_000)
	m.SetPrice(4_762)
	m.SetTif(msg.ImmediateOrCancel)
	m.SetMarketId(317_482)
	m.SetContractId(1_203_731)
	return m
}

// codec is the work that no client can avoid: encoding into a frame, cutting and decoding. What it reads comes from
// the same stand-in for a socket, so that the stages differ by the engine alone.
func (o *ordering) codec() (loop func(int) error) {
	limits := fixture.Must(wire.Limits{}.Resolve())
	region := new([envelope.EncodeFrameBytes]byte)
	p := new(msg.Payload)
	block := make([]byte, wire.BlockBytes+wire.SlackBytes)
	rest := block[:0]
	seq := uint64(sequenceBase)
	receive := func() error {
		for len(rest) == 0 {
			size, _ := o.stream.readFrames(block[:wire.BlockBytes], batch)
			rest = block[:size]
		}
		payload, size, err := wire.Scan(rest, limits)
		if err == nil {
			err = p.Decode(withSlack(rest, payload, size), nil)
		}
		rest = rest[size:]
		return err
	}
	return func(n int) error {
		for range n {
			if o.quotes {
				if err := receive(); err != nil {
					return err
				}
			}
			_, end := envelope.EncodeFrame(region, uint32(msg.PayloadOrderCreate), seq, o.order(), referenceTag, seq)
			if end == 0 {
				return errMissing
			}
			seq++
			if err := receive(); err != nil {
				return err
			}
		}
		return nil
	}
}

// session is the same through a session.
func (o *ordering) session() Stage {
	s := openSession()
	now := int64(startTime)
	send := func() error {
		m := o.order()
		var keys msg.Keys
		m.ReadKeys(&keys)
		_, err := s.Send(now, m, &keys)
		return err
	}
	// receive takes frames in, and sends an order for each quote.
	receive := func(frames int) error {
		for frames > 0 {
			e, err := s.Next(now)
			switch {
			case err != nil:
				return err
			case e == nil:
				now += readTime
				size, _ := o.stream.readFrames(s.Free(), frames)
				s.Filled(size)
				continue
			case e.Kind != session.Message:
				return errMissing
			case e.Payload.GetType() == msg.PayloadContractQuotes:
				if err := send(); err != nil {
					return err
				}
			}
			frames--
		}
		return nil
	}
	return Stage{Name: "session", Loop: func(n int) error {
		for done := 0; done < n; done += batch {
			var err error
			if o.quotes {
				err = receive(batch)
			} else {
				err = fixture.Repeat(batch, func(int) error { return send() })
			}
			if err != nil {
				return err
			}
			s.Written(len(s.Pending()))
			if err := receive(batch); err != nil {
				return err
			}
		}
		return nil
	}, close: s.Close}
}

// engine is the same through an engine's loop and its handlers.
func (o *ordering) engine() Stage {
	c := new(conn)
	answered, want := 0, 0 // in all
	var failed error
	e := openEngine(c, func(config *engine.Config) {
		if o.inFlight > 0 {
			config.Session.UnansweredMax = o.inFlight + batch
			config.Session.AnswerTimeout = time.Hour
		}
	})
	send := func() {
		if _, err := e.SendOrderCreate(o.order()); err != nil {
			failed = err
		}
	}
	e.OnContractQuotes(func(*engine.Event, *msg.ContractQuotes) { send() })
	e.OnOrderAccepted(func(_ *engine.Event, m *msg.OrderAccepted) {
		sink += m.GetOrderId()
		answered++
	})
	e.OnSendResolved(func(ev *engine.Event) { failed = ev.Err() })
	for range o.inFlight {
		send()
	}
	fixture.Must(0, failed)
	due := 0 // frames that the exchange has yet to send
	c.source = func(b []byte) int {
		size, frames := o.stream.readFrames(b, min(due, batch))
		due -= frames
		return size
	}
	return Stage{Name: "engine", Loop: func(n int) error {
		for goal := answered + n; want < goal; {
			want += batch
			due = batch
			if o.quotes {
				due = 2 * batch
			} else {
				for range batch {
					send()
				}
			}
			for answered < want && failed == nil {
				if err := e.Poll(); err != nil {
					return err
				}
			}
			if failed != nil {
				return failed
			}
		}
		return nil
	}, close: e.Close}
}

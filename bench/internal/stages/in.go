package stages

import (
	"errors"
	"os"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/journal"
	"github.com/smk-go/smk/wire"
)

// In returns the stages of inbound messages, for a feed of application messages. An operation is one message.
func In(feed fixture.Feed) Group {
	s := func() *stream { return newStream(feed.Payloads) }
	return Group{Name: "in " + feed.Name, Base: "scan+decode", Stages: []Stage{
		{Name: "refill", Loop: refill(s())},
		{Name: "scan", Loop: scan(s(), nil)},
		{Name: "scan+decode", Loop: scan(s(), new(msg.Payload))},
		bufferDecode(s()), sessionIn(s()), engineIn(s(), 0, nil), engineIn(s(), 0, recorded),
	}}
}

// refill is the stand-in for the socket alone.
func refill(s *stream) (loop func(int) error) {
	block := make([]byte, wire.BlockBytes)
	perMessage := len(s.frames) / len(s.payloads)
	return func(n int) error {
		for left := n * perMessage; left > 0; {
			left -= s.read(block)
		}
		return nil
	}
}

// scan cuts frames out of memory and decodes them into p unless it is nil.
func scan(s *stream, p *msg.Payload) (loop func(int) error) {
	limits := fixture.Must(wire.Limits{}.Resolve())
	rest := s.frames
	return func(n int) error {
		return fixture.Repeat(n, func(int) error {
			if len(rest) == 0 {
				rest = s.frames
			}
			payload, size, err := wire.Scan(rest, limits)
			if err == nil && p != nil {
				err = p.Decode(withSlack(rest, payload, size), nil)
			}
			rest = rest[size:]
			return err
		})
	}
}

// withSlack returns the payload that was cut from the front of block, as a receive buffer returns it: with the
// capacity to read beyond its end. Without that decoding copies first. None is padded.
func withSlack(block, payload []byte, size int) []byte { return block[size-len(payload) : size] }

// bufferDecode is scan and decode as production does it, through the receive buffer.
func bufferDecode(s *stream) Stage {
	buffer := fixture.Must(wire.NewBuffer(0, wire.Limits{}))
	p := new(msg.Payload)
	return Stage{Name: "buffer+decode", Loop: func(n int) error {
		return fixture.Repeat(n, func(int) error {
			payload, err := buffer.Next()
			for payload == nil && err == nil {
				buffer.Filled(s.read(buffer.Free()))
				payload, err = buffer.Next()
			}
			if err != nil {
				return err
			}
			return p.Decode(payload, nil)
		})
	}, close: buffer.Close}
}

// sessionIn takes events out of a session.
func sessionIn(stream *stream) Stage {
	s := openSession()
	now := int64(startTime)
	return Stage{Name: "session", Loop: func(n int) error {
		for n > 0 {
			e, err := s.Next(now)
			if err != nil {
				return err
			}
			if e == nil {
				now += readTime
				s.Filled(stream.read(s.Free()))
				continue
			}
			if e.Kind != session.Message {
				return errMissing
			}
			n--
		}
		return nil
	}, close: s.Close}
}

// engineIn is an engine's loop with a handler for each kind of message of the feeds and subscriptions to so many
// markets. set, which may be nil, changes its settings.
func engineIn(stream *stream, subscribed int, set func(*engine.Config)) Stage {
	handled, want := 0, 0
	c := new(conn)
	name, dir := "engine", ""
	e := openEngine(c, func(config *engine.Config) {
		if config.SubscriptionsMax = subscribed; set != nil {
			set(config)
		}
		if dir = config.Journal.Dir; dir != "" {
			name = "engine with a journal"
		}
	})
	var subscribe msg.MarketSubscribe
	for i := range subscribed {
		subscribe.SetMarketId(marketBase + uint32(i))
		fixture.Must(e.SendMarketSubscribe(&subscribe))
	}
	e.OnContractQuotes(func(_ *engine.Event, m *msg.ContractQuotes) {
		sink += uint64(m.GetContractId())
		handled++
	})
	e.OnOrderExecuted(func(_ *engine.Event, m *msg.OrderExecuted) {
		sink += m.GetOrderId()
		handled++
	})
	e.OnOrderAccepted(func(_ *engine.Event, m *msg.OrderAccepted) {
		sink += m.GetOrderId()
		handled++
	})
	c.source = stream.read
	return Stage{Name: name, Loop: func(n int) error {
		for want += n; handled < want; {
			if err := e.Poll(); err != nil {
				return err
			}
		}
		return nil
	}, close: func() error {
		err := e.Close()
		if dir != "" {
			err = errors.Join(err, os.RemoveAll(dir))
		}
		return err
	}}
}

// recorded sets a journal that is made durable group by group, of which a few segments are kept.
func recorded(c *engine.Config) {
	c.Journal = journal.Config{
		Dir: fixture.Must(os.MkdirTemp("", "journal")), Durability: journal.SyncGroup, KeepBytes: 256 << 20,
		RingBytes: 16 << 20,
	}
}

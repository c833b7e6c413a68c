package stages

import (
	"errors"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// In is the stages of the way in, for a feed of application messages. An operation is one message.
func In(feed fixture.Feed) (*Group, error) {
	g := &Group{Name: "in " + feed.Name, Base: "scan+decode"}
	var err error
	for _, stage := range []struct {
		name string
		open func(*stream) (func(int) error, func() error, error)
	}{
		{"refill", refill},
		{"scan", func(s *stream) (func(int) error, func() error, error) { return scan(s, nil), nil, nil }},
		{"scan+decode", func(s *stream) (func(int) error, func() error, error) { return scan(s, new(msg.Payload)), nil, nil }},
		{"buffer+decode", bufferDecode},
		{"session", sessionIn},
		{"engine", engineIn},
	} {
		err = g.add(err, stage.name, func() (func(int) error, func() error, error) {
			s, err := newStream(feed.Payloads)
			if err != nil {
				return nil, nil, err
			}
			return stage.open(s)
		})
	}
	if err != nil {
		_ = g.Close()
		return nil, err
	}
	return g, nil
}

// errLost is a stage that did not see what it was given.
var errLost = errors.New("messages were lost on the way")

// refill is the stand-in for the socket alone.
func refill(s *stream) (loop func(int) error, end func() error, err error) {
	block := make([]byte, wire.BlockBytes)
	perLap := len(s.frames) / len(s.payloads) // bytes of a message
	return func(n int) error {
		for left := n * perLap; left > 0; {
			left -= s.read(block)
		}
		return nil
	}, nil, nil
}

// scan cuts frames out of memory and decodes them into p unless it is nil.
func scan(s *stream, p *msg.Payload) (loop func(int) error) {
	limits, _ := wire.Limits{}.Resolve() // the defaults are within themselves
	rest := s.frames
	return func(n int) error {
		for range n {
			if len(rest) == 0 {
				rest = s.frames
			}
			payload, size, err := wire.Scan(rest, limits)
			if err != nil {
				return err
			}
			if p != nil {
				if err := p.Decode(withSlack(rest, payload, size), nil); err != nil {
					return err
				}
			}
			rest = rest[size:]
		}
		return nil
	}
}

// withSlack is the payload that was cut from the front of block, as a receive buffer hands it out:
// with the capacity to look beyond its end. Without that decoding copies first. None is padded.
func withSlack(block, payload []byte, size int) []byte { return block[size-len(payload) : size] }

// bufferDecode is scan and decode as production does it, through the receive buffer.
func bufferDecode(s *stream) (loop func(int) error, end func() error, err error) {
	buffer, err := wire.NewBuffer(0, wire.Limits{})
	if err != nil {
		return nil, nil, err
	}
	p := new(msg.Payload)
	return func(n int) error {
		for range n {
			payload, err := buffer.Next()
			for payload == nil && err == nil {
				buffer.Filled(s.read(buffer.Free()))
				payload, err = buffer.Next()
			}
			if err != nil {
				return err
			}
			if err := p.Decode(payload, nil); err != nil {
				return err
			}
		}
		return nil
	}, buffer.Close, nil
}

// sessionConfig is a session with everything on that is on by default, that goes on with the
// sequences of a stream.
func sessionConfig() session.Config {
	return session.Config{
		Token: "t", Resume: session.ResumeSession, AccountSequence: sequenceBase - 1,
		Earlier:       session.Resumption{ID: sessionID, In: sequenceBase - 2, Out: sequenceBase - 1},
		ReferenceBase: sequenceBase - 1,
	}
}

// openSession is a session that is logged in.
func openSession() (*session.Session, error) {
	s, err := session.New(sessionConfig())
	if err != nil {
		return nil, err
	}
	hello, err := greeting()
	if err == nil {
		err = s.Open(startTime)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.Filled(copy(s.Free(), hello))
	for {
		if e, err := s.Next(startTime); err != nil {
			return nil, errors.Join(err, s.Close())
		} else if e == nil {
			break
		}
	}
	s.Written(len(s.Pending()))
	return s, nil
}

// The clock of the stages that have no engine, in nanoseconds: where it starts, and how far it goes
// on with each read.
const (
	startTime = 1_000_000_000_000
	readTime  = 1000
)

// sessionIn takes events out of a session.
func sessionIn(stream *stream) (loop func(int) error, end func() error, err error) {
	s, err := openSession()
	if err != nil {
		return nil, nil, err
	}
	now := int64(startTime)
	return func(n int) error {
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
				return errLost
			}
			n--
		}
		return nil
	}, s.Close, nil
}

// openEngine is an engine with everything on that is on by default, logged in over c.
func openEngine(c *conn, register func(*engine.Engine)) (*engine.Engine, error) {
	return openEngineWith(engine.Config{Session: sessionConfig()}, c, register)
}

// openEngineWith is openEngine with settings, apart from those of the connection.
func openEngineWith(config engine.Config, c *conn, register func(*engine.Engine)) (*engine.Engine, error) {
	var err error
	if c.greeting, err = greeting(); err != nil {
		return nil, err
	}
	config.Plain, config.Dial = true, c.dial
	e, err := engine.New(config)
	if err != nil {
		return nil, err
	}
	register(e)
	loggedIn, limited := false, false
	first := e.OnLoggedIn(func(*engine.Event) { loggedIn = true })
	second := e.OnThrottleLimitsChanged(func(*engine.Event, *msg.ThrottleLimitsChanged) { limited = true })
	for err == nil && (!loggedIn || !limited) {
		yield()
		err = e.Poll()
	}
	first.Remove()
	second.Remove()
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// sink keeps what handlers read.
//
//lint:ignore U1000 it is written so that reading is not left out
var sink uint64

// engineIn is an engine's loop with a handler for each kind of message of the feeds.
func engineIn(stream *stream) (loop func(int) error, end func() error, err error) {
	handled := 0
	c := new(conn)
	e, err := openEngine(c, func(e *engine.Engine) {
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
	})
	if err != nil {
		return nil, nil, err
	}
	c.source = stream.read
	want := 0
	return func(n int) error {
		want += n
		for handled < want {
			if err := e.Poll(); err != nil {
				return err
			}
		}
		return nil
	}, e.Close, nil
}

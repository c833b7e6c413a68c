package session

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/smk-go/smk/gen/convert"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/wire"
)

// TestReceiveAsExamined plays random servers and clients to two sessions, of which one examines
// the envelope of every payload before it decodes it, and expects the same of both
// at every step: events with all they point to, errors, counts, counters, bytes sent
// and deadlines.
func TestReceiveAsExamined(t *testing.T) {
	seen := make(map[string]uint64)
	for seed := range uint64(250) {
		p := newPair(t, seed)
		for range 120 {
			p.act()
			p.compare()
		}
		p.close(seen)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	for _, what := range []string{
		"messages", "duplicates", "early", "gaps", "replayed", "account duplicates", "account gaps", "unknown types",
		"unknown fields", "unknown values", "heartbeats", "violations",
		"undecodable duplicates", "fates", "logins", "throttled",
	} {
		if seen[what] == 0 {
			t.Errorf("nothing brought about: %s", what)
		}
	}
}

// pair is two sessions to which the same happens.
type pair struct {
	t     *testing.T
	r     *rand.Rand
	fast  *Session
	plain *Session // examines every payload
	now   int64

	account               uint64 // the last account sequence that was new
	failures, undecodable uint64
}

func newPair(t *testing.T, seed uint64) *pair {
	p := &pair{t: t, r: rand.New(rand.NewPCG(seed, 7)), now: 1e12}
	config := Config{
		Token: "t", ReceiveBytes: 4096, Resume: ResumeMode(seed % 3), ReferenceBase: seed / 3 % 2,
		CancelAllOnFailure: seed/6%2 == 1, UnansweredMax: 8,
	}
	if config.Resume != ResumeNone {
		config.AccountSequence = seed % 5
	}
	if config.Resume == ResumeSession && seed%2 == 0 {
		config.ResumeFrom = Resumption{ID: "A", In: math.MaxUint64 - 10, Out: 7} // sequences come to their end
	}
	config.Send.Bytes, config.Send.Records = ringBytesMin, 16
	for _, s := range []**Session{&p.fast, &p.plain} {
		var err error
		if *s, err = New(config); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p *pair) close(seen map[string]uint64) {
	s := p.fast.Stats()
	for what, n := range map[string]uint64{
		"messages": s.MessagesIn, "duplicates": s.Duplicates, "early": s.Discarded, "gaps": s.Gaps,
		"replayed":           s.Replayed,
		"account duplicates": s.AccountDuplicates, "account gaps": s.AccountGaps, "unknown types": s.UnknownTypes,
		"unknown fields": s.Unknown.Fields, "unknown values": s.Unknown.Values, "heartbeats": s.HeartbeatsIn,
		"fates": s.Unanswered, "logins": s.Logins, "throttled": s.ThrottleRejected,
		"violations": p.failures, "undecodable duplicates": p.undecodable,
	} {
		seen[what] += n
	}
	for _, s := range []*Session{p.fast, p.plain} {
		if err := s.Close(); err != nil {
			p.t.Error(err)
		}
	}
}

// both does the same to both and expects the same answer.
func (p *pair) both(what string, do func(*Session) string) {
	p.t.Helper()
	if fast, plain := do(p.fast), do(p.plain); fast != plain {
		p.t.Errorf("%s:\n%s\nif examined:\n%s", what, fast, plain)
	}
}

func (p *pair) act() {
	switch p.r.IntN(20) {
	case 0:
		p.now += p.r.Int64N(6e9)
		p.both("Tick", func(s *Session) string { return fmt.Sprint(s.Tick(p.now)) })
	case 1:
		p.both("Ping", func(s *Session) string { seq, err := s.Ping(p.now); return fmt.Sprint(seq, err) })
	case 2, 3, 4:
		m := orderCreate()
		m.SetReference(p.r.Uint64N(3))
		p.both("Send", func(s *Session) string {
			seq, err := send(s, p.now, msg.PayloadOrderCreate, m)
			return fmt.Sprint(seq, err)
		})
	case 5:
		n := p.r.IntN(200)
		p.both("Written", func(s *Session) string {
			b := s.Pending()
			b = b[:min(n, len(b))]
			text := fmt.Sprintf("%x", b)
			s.Written(len(b))
			return text
		})
	case 6:
		if p.r.IntN(10) == 0 {
			p.both("Lost", func(s *Session) string { s.Lost(p.now, io.EOF); return "" })
		}
	default:
		if p.fast.State() == Disconnected {
			p.both("Open", func(s *Session) string { return fmt.Sprint(s.Open(p.now)) })
			p.feed(p.login())
			return
		}
		for range 1 + p.r.IntN(4) {
			p.feed(p.message())
		}
	}
}

// nextExamined is Next for a session that examines every payload, as if none were expected.
func nextExamined(s *Session, now int64) (*Event, error) {
	s.setClock(now)
	s.ackLast()
	s.clock.idle = false
	for {
		if event, err, ok := s.nextPending(); ok {
			return event, err
		}
		payload, err := s.buffer.Next()
		switch {
		case err != nil:
			s.violation(0, err)
		case payload == nil:
			return s.idle(), nil
		default:
			s.arrived++
			s.stats.MessagesIn++
			s.liveness.lastFrame = s.clock.fair()
			if event := s.examine(payload); event != nil {
				return event, nil
			}
		}
	}
}

// compare takes all events of both.
func (p *pair) compare() {
	p.t.Helper()
	for ended := false; !ended && !p.t.Failed(); {
		var failed error
		p.both("Next", func(s *Session) string {
			next := s.Next
			if s == p.plain {
				next = func(now int64) (*Event, error) { return nextExamined(s, now) }
			}
			e, err := next(p.now)
			failed, ended = err, e == nil && err == nil
			if e == nil {
				return fmt.Sprint(err)
			}
			if e.Payload != nil && e.Payload != &s.payload {
				p.t.Error("the payload is not the session's")
			}
			c := *e
			c.Payload = nil
			return fmt.Sprintf("%+v of %v", c, e.Payload)
		})
		if failed != nil {
			p.failures++
			p.both("Lost", func(s *Session) string { s.Lost(p.now, failed); return "" })
		}
		p.both("state", func(s *Session) string {
			in, out := s.Counters()
			return fmt.Sprintf("%v, in %d, out %d, account %d, deadline %d, pending %x, %+v",
				s.State(), in, out, s.AccountSequence(), s.Deadline(), s.Pending(), s.Stats())
		})
	}
}

func (p *pair) feed(payload []byte) {
	frame := wire.AppendFrame(nil, payload)
	p.both("Free", func(s *Session) string {
		n := copy(s.Free(), frame)
		s.Filled(n)
		return fmt.Sprint(n)
	})
	if p.r.IntN(2) == 0 {
		p.compare()
	}
}

func (p *pair) encode(m *msg.Payload) []byte {
	b, err := proto.MarshalOptions{AllowPartial: true}.Marshal(convert.PayloadToProto(m))
	if err != nil {
		p.t.Fatal(err)
	}
	return b
}

// login is the answer to a login, now and then something else.
func (p *pair) login() []byte {
	if p.r.IntN(8) == 0 {
		return p.message()
	}
	var m msg.Payload
	m.SetType(msg.PayloadEto)
	eto := m.MutableEtoPayload()
	eto.SetType(msg.EtoPayloadLoginResponse)
	in, out := p.fast.Counters()
	eto.SetSeq(in)
	eto.MutableLoginResponse().SetSessionString("A")
	eto.MutableLoginResponse().SetReset(out)
	return p.encode(&m)
}

// message is any message of a server, mostly the one that is expected, and often
// broken somehow.
func (p *pair) message() []byte {
	var m msg.Payload
	p.body(&m)
	eto := m.MutableEtoPayload()
	seq, _ := p.fast.Counters()
	if p.fast.sequence.delivered {
		seq++
	}
	duplicate := false
	switch p.r.IntN(16) {
	case 0:
		seq += 1 + p.r.Uint64N(3)
	case 1, 2:
		duplicate, seq = seq > 1, max(1, seq-min(seq, 1+p.r.Uint64N(3)))
	case 3:
		seq = p.r.Uint64() >> p.r.UintN(64)
	}
	eto.SetSeq(seq)
	if n := p.r.IntN(4); n < 2 {
		eto.SetIsReplay(n == 0)
	}
	b := p.encode(&m)
	switch p.r.IntN(12) {
	case 0:
		b[p.r.IntN(len(b))] ^= 1 << p.r.UintN(8)
	case 1:
		b = b[:p.r.IntN(len(b)+1)]
	case 2: // an unknown field
		b = append(b, 0xf8, 0x7f, byte(p.r.UintN(128)))
	case 3: // an envelope behind the body, merged with the one before it
		b = append(b, 0x12, 2, 0x08, byte(p.r.UintN(128)))
	case 4: // a type behind the body
		b = append(b, 0x08, byte(p.r.UintN(48)))
	}
	if duplicate && new(msg.Payload).Decode(b, nil) != nil {
		p.undecodable++
	}
	return b
}

// body draws the type of a message and what is in it.
func (p *pair) body(m *msg.Payload) {
	switch p.r.IntN(16) {
	case 0, 1:
		m.SetType(msg.PayloadEto)
		m.MutableEtoPayload().SetType(msg.EtoPayloadType(p.r.IntN(12)))
		if p.r.IntN(2) == 0 {
			m.GetEtoPayload().MutableReplay().SetSeq(p.r.Uint64N(20))
		}
	case 2, 3:
		a := m.MutableOrderAccepted()
		a.SetSeq(p.r.Uint64N(20))
		a.SetOrderId(p.r.Uint64N(4))
		a.SetReference(p.r.Uint64N(4))
		a.SetAccountSequence_64(p.number())
	case 4:
		a := m.MutableOrderRejected()
		a.SetSeq(p.r.Uint64N(20))
		a.SetReason(msg.OrderRejectedThrottleExceeded)
		a.SetAccountSequence(uint32(p.number()))
	case 5:
		m.SetType(msg.PayloadType(p.r.IntN(60) - 5))
	case 6:
		l := m.MutableThrottleLimitsChanged()
		l.SetAverageRatePs(p.r.Uint32N(100))
		l.SetBurstSize(p.r.Uint32N(100))
		l.SetTickMs(p.r.Uint32N(100))
	case 7, 8, 9:
		x := m.MutableOrderExecuted()
		x.SetOrderId(p.r.Uint64N(4))
		x.SetSide(msg.Side(p.r.IntN(4)))
		x.SetAccountSequence_64(p.number())
	default:
		q := m.MutableContractQuotes()
		q.SetMarketId(p.r.Uint32())
		for range p.r.IntN(4) {
			q.AddBids().SetPrice(p.r.Uint32N(10000))
		}
	}
}

// number is an account sequence, mostly the next one.
func (p *pair) number() uint64 {
	switch p.r.IntN(6) {
	case 0:
		p.account += p.r.Uint64N(4)
	case 1:
		return p.r.Uint64N(p.account + 1)
	default:
		p.account++
	}
	return p.account
}

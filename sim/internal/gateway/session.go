package gateway

import (
	"errors"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/sim/exchange"
)

// session is one login's life. It outlives its connection, so that it may be
// resumed.
type session struct {
	gateway  *Gateway
	conn     *Conn // nil while there is no connection
	login    *exchange.Login
	username string
	name     string

	out    *ring.Frames
	outSeq uint64 // the next outgoing sequence
	inSeq  uint64 // the next incoming sequence expected

	bucket          bucket
	unresumable     bool // something could not be kept: it cannot be resumed
	cancelOnFailure bool
	switchFired     bool   // its orders were cancelled since it lost its connection, or need not be
	loginsSeen      uint64 // how many logins the host had had when the client was last heard of
	disconnectedAt  int64

	eto     msg.EtoPayload // reused for every message out
	encoder reportEncoder  // likewise
}

// kind is what a session remembers of a message that it sent.
const kindGapfill = 1 // a replay sends a gapfill in its place

// append sends one message with the next sequence. Behind the last message of a
// connection it is only kept, for a resume.
func (s *session) enqueue(t msg.PayloadType, body exchange.Message, kind uint32) {
	if s.unresumable {
		return
	}
	s.eto.SetSeq(s.outSeq)
	err := writeFrame(s.out, &s.eto, t, body, ring.Record{Seq: s.outSeq, Stamp: s.gateway.now, Kind: kind})
	if err != nil {
		s.overflow(err)
		return
	}
	s.outSeq++
	if s.conn == nil {
		s.out.Drop() // kept for a resume, and not in anyone's way
		return
	}
	s.gateway.markDirty(s.conn)
}

// overflow cuts a client off that does not read what it is sent.
func (s *session) overflow(err error) {
	s.unresumable = true
	if s.conn == nil {
		return
	}
	s.conn.abort(&slowConsumerError{username: s.username, err: err})
}

// ErrSlowConsumer is why a connection ended whose client did not read what it was sent.
var ErrSlowConsumer = errors.New("sim: slow consumer")

// slowConsumerError is ErrSlowConsumer with the client and the ring's error.
type slowConsumerError struct {
	username string
	err      error
}

func (e *slowConsumerError) Error() string {
	return "sim: client " + e.username + " does not read: " + e.err.Error()
}

func (e *slowConsumerError) Unwrap() []error { return []error{ErrSlowConsumer, e.err} }

// envelope empties the reused envelope of an application message.
func (s *session) resetEnvelope(replayed bool) {
	s.eto.Reset()
	s.eto.SetIsReplay(replayed)
}

// send sends an application message, or leaves it to the tap.
func (s *session) send(body exchange.Message, replayed bool) {
	if s.conn != nil && s.conn.tap != nil {
		s.conn.tap.OnSend(body, replayed)
		return
	}
	s.sendDirect(body, replayed)
}

// sendDirect sends an application message.
func (s *session) sendDirect(body exchange.Message, replayed bool) {
	s.resetEnvelope(replayed)
	s.enqueue(body.PayloadType(), body, 0)
}

// control sends a session message; fill adds to its envelope.
func (s *session) sendEto(t msg.EtoPayloadType, kind uint32, fill func(*msg.EtoPayload)) {
	s.resetEnvelope(false)
	s.eto.SetType(t)
	if fill != nil {
		fill(&s.eto)
	}
	s.enqueue(msg.PayloadEto, nil, kind)
}

// Report implements exchange.Sink.
func (s *session) Report(r *exchange.Report, replayed bool) { s.send(s.encoder.encode(r), replayed) }

// Publish implements exchange.Sink.
func (s *session) Publish(m exchange.Message) { s.send(m, false) }

// Room implements exchange.Pacer. Snapshots take half of what may be unsent: the rest is for what
// cannot wait.
func (s *session) Room(n int) bool {
	if s.unresumable || s.conn == nil || s.conn.state != stateOpen {
		return false
	}
	unsent := s.out.PendingBytes()
	c := &s.gateway.config
	return unsent == 0 || unsent+n <= c.OutBytes/2 && s.out.Waiting() < c.OutFrames/2
}

// replay sends again everything from a sequence on. What makes no sense twice
// becomes a gapfill. It reports false if that is not all kept any more.
func (s *session) replay(from uint64) bool {
	end := s.outSeq
	for seq := max(from, 1); seq < end; seq++ {
		if !s.resend(seq) {
			return false
		}
	}
	return true
}

// resend sends one kept message again.
func (s *session) resend(seq uint64) bool {
	frame, rec, ok := s.out.Frame(seq)
	if !ok {
		return false
	}
	if rec.Kind == kindGapfill {
		s.resetEnvelope(true)
		s.eto.SetSeq(seq)
		s.eto.SetType(msg.EtoPayloadGapfill)
		if err := writeFrame(s.out, &s.eto, msg.PayloadEto, nil, ring.Record{}); err != nil {
			s.overflow(err)
			return true
		}
	} else {
		n := len(frame)
		b, err := s.out.Reserve(n)
		if err != nil {
			s.overflow(err)
			return true
		}
		// Making room may have evicted the very frame.
		if frame, _, ok = s.out.Frame(seq); !ok {
			return false
		}
		copy(b, frame)
		b[replayFlag(b)] = 1
		s.out.Commit(n, ring.Record{})
	}
	s.gateway.markDirty(s.conn)
	return true
}

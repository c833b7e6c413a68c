package gateway

import (
	"errors"

	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/sim/exchange"
)

// session is the server's side of a protocol session. It outlives its connection, so that it can be
// resumed.
type session struct {
	gateway  *Gateway
	conn     *Conn // nil while disconnected
	login    Login
	username string
	name     string

	out    *ring.SendRing
	outSeq uint64 // the next outgoing sequence
	inSeq  uint64 // the next incoming sequence expected

	throttle        Throttle
	bucket          bucket
	unresumable     bool // a message could not be kept
	cancelOnFailure bool
	switchFired     bool   // its orders were cancelled since it disconnected, or need not be
	loginsSeen      uint64 // new logins of the gateway when the client's last message came
	disconnectedAt  int64

	eto     msg.EtoPayload // reused for every outgoing message
	encoder reportEncoder  // likewise
}

// kindGapfill marks a sent message that a replay replaces by a gapfill.
const kindGapfill = 1

// enqueue queues one session message, whose envelope is set but for its sequence, with the next sequence. While
// disconnected it only keeps the message for a resume.
func (s *session) enqueue(kind uint32) {
	if s.unresumable {
		return
	}
	s.eto.SetSeq(s.outSeq)
	s.enqueued(writeFrame(s.out, &s.eto, s.record(kind)))
}

// record returns what is kept of the next message.
func (s *session) record(kind uint32) ring.Record {
	return ring.Record{Seq: s.outSeq, Stamp: s.gateway.now, Kind: kind}
}

// enqueued notes that a message is in the ring, unless there was an error.
func (s *session) enqueued(err error) {
	if err != nil {
		s.overflow(err)
		return
	}
	s.outSeq++
	if s.conn == nil {
		s.out.Drop() // keep it for a resume, but do not send it
		return
	}
	s.gateway.markDirty(s.conn)
}

// overflow aborts the connection of a client that does not read what it is sent.
func (s *session) overflow(err error) {
	s.unresumable = true
	if s.conn == nil {
		return
	}
	s.conn.abort(&slowConsumerError{username: s.username, err: err})
}

// ErrSlowConsumer is why a connection ended whose client did not read what it was sent.
var ErrSlowConsumer = errors.New("sim: slow consumer")

// slowConsumerError is ErrSlowConsumer with the username and the ring's error.
type slowConsumerError struct {
	username string
	err      error
}

func (e *slowConsumerError) Error() string {
	return "sim: client " + e.username + " does not read: " + e.err.Error()
}

func (e *slowConsumerError) Unwrap() []error { return []error{ErrSlowConsumer, e.err} }

// resetEnvelope prepares the reused envelope for an application message.
func (s *session) resetEnvelope(replayed bool) {
	s.eto.Reset()
	s.eto.SetIsReplay(replayed)
}

// send sends an application message, through the tap if there is one.
func (s *session) send(body exchange.Message, replayed bool) {
	if s.conn != nil && s.conn.tap != nil {
		s.conn.tap.OnSend(body, replayed)
		return
	}
	s.sendDirect(body, replayed)
}

// sendDirect sends an application message past the tap.
func (s *session) sendDirect(body exchange.Message, replayed bool) {
	if s.unresumable {
		return
	}
	if q, ok := body.(*msg.ContractQuotes); ok {
		if ok, err := s.gateway.quotes.writeQuotes(s.out, s.outSeq, q, replayed, s.record(0)); ok {
			s.enqueued(err)
			return
		}
	}
	s.enqueued(writeMessage(s.out, s.outSeq, body, replayed, s.record(0)))
}

// sendEto sends a session message; fill, if not nil, sets its fields.
func (s *session) sendEto(t msg.EtoPayloadType, kind uint32, fill func(*msg.EtoPayload)) {
	s.resetEnvelope(false)
	s.eto.SetType(t)
	if fill != nil {
		fill(&s.eto)
	}
	s.enqueue(kind)
}

// Report implements exchange.Sink.
func (s *session) Report(r *exchange.Report, replayed bool) { s.send(s.encoder.encode(r), replayed) }

// Publish implements exchange.Sink.
func (s *session) Publish(m exchange.Message) { s.send(m, false) }

// Resend implements Sink.
func (s *session) Resend(m exchange.Message) { s.send(m, true) }

// setThrottle changes the limits.
func (s *session) setThrottle(t Throttle) {
	s.throttle = t
	s.bucket.setLimits(t)
}

// Room implements exchange.Pacer. Snapshots get half of what may be unsent; the rest is for reports and
// updates, which cannot wait.
func (s *session) Room(n int) bool {
	if s.unresumable || s.conn == nil || s.conn.state != stateOpen {
		return false
	}
	unsent := s.out.PendingBytes()
	config := &s.gateway.config
	return unsent == 0 || unsent+n <= config.OutBytes/2 && s.out.Waiting() < config.OutFrames/2
}

// replay resends every message from a sequence on, session messages as gapfills. It reports false if
// they are not all kept any more.
func (s *session) replay(from uint64) bool {
	end := s.outSeq
	for seq := max(from, 1); seq < end; seq++ {
		if !s.resend(seq) {
			return false
		}
	}
	return true
}

// resend resends one kept message.
func (s *session) resend(seq uint64) bool {
	frame, rec, ok := s.out.Frame(seq)
	if !ok {
		return false
	}
	if rec.Kind == kindGapfill {
		s.resetEnvelope(true)
		s.eto.SetSeq(seq)
		s.eto.SetType(msg.EtoPayloadGapfill)
		if err := writeFrame(s.out, &s.eto, ring.Record{}); err != nil {
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
		// Reserve may have evicted this frame to make room.
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

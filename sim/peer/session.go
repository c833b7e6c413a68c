package peer

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/sim/core"
)

// session is one login's life. It outlives its connection, so that it may be
// resumed.
type session struct {
	host     *Host
	peer     *Peer // nil while there is no connection
	exchange *core.Session
	username string
	name     string

	out  *ring.Frames
	next uint64 // the next outgoing sequence
	in   uint64 // the next incoming sequence expected

	bucket          bucket
	broken          bool // something could not be kept: it cannot be resumed
	cancelOnFailure bool
	fired           bool   // its orders were cancelled since it lost its connection, or need not be
	heard           uint64 // how many logins the host had had when the client was last heard of
	lostAt          int64

	eto   msg.EtoPayload // reused for every message out
	reply reply          // likewise
}

// kind is what a session remembers of a message that it sent.
const kindGapfill = 1 // a replay sends a gapfill in its place

// append sends one message with the next sequence. Behind the last message of a
// connection it is only kept, for a resume.
func (s *session) append(t msg.PayloadType, body core.Message, kind uint32) {
	if s.broken {
		return
	}
	s.eto.SetSeq(s.next)
	err := put(s.out, &s.eto, t, body, ring.Record{Seq: s.next, Stamp: s.host.now, Kind: kind})
	if err != nil {
		s.overflow(err)
		return
	}
	s.next++
	if s.peer == nil {
		s.out.Drop() // kept for a resume, and not in anyone's way
		return
	}
	s.host.mark(s.peer)
}

// overflow cuts a client off that does not read what it is sent.
func (s *session) overflow(err error) {
	s.broken = true
	if s.peer == nil {
		return
	}
	s.peer.fail(&SlowError{Username: s.username, Err: err})
}

// SlowError says that a client was cut off because it did not read what it was
// sent.
type SlowError struct {
	Username string
	Err      error // the ring's
}

func (e *SlowError) Error() string {
	return "sim: client " + e.Username + " does not read: " + e.Err.Error()
}

// Unwrap returns the ring's error.
func (e *SlowError) Unwrap() error { return e.Err }

// envelope empties the reused envelope of an application message.
func (s *session) envelope(replayed bool) {
	s.eto.Reset()
	s.eto.SetIsReplay(replayed)
}

// send sends an application message, or leaves it to the tap.
func (s *session) send(body core.Message, replayed bool) {
	if s.peer != nil && s.peer.tap != nil {
		s.peer.tap.Sending(body, replayed)
		return
	}
	s.sendNow(body, replayed)
}

// sendNow sends an application message.
func (s *session) sendNow(body core.Message, replayed bool) {
	s.envelope(replayed)
	s.append(body.PayloadType(), body, 0)
}

// control sends a session message; fill adds to its envelope.
func (s *session) control(t msg.EtoPayloadType, kind uint32, fill func(*msg.EtoPayload)) {
	s.envelope(false)
	s.eto.SetType(t)
	if fill != nil {
		fill(&s.eto)
	}
	s.append(msg.PayloadEto, nil, kind)
}

// Report implements core.Sink.
func (s *session) Report(r *core.Report, replayed bool) { s.send(s.reply.of(r), replayed) }

// Publish implements core.Sink.
func (s *session) Publish(m core.Message) { s.send(m, false) }

// Room implements core.Pacer. Snapshots take half of what may be unsent: the rest is for what
// cannot wait.
func (s *session) Room(n int) bool {
	if s.broken || s.peer == nil || s.peer.state != stateOpen {
		return false
	}
	unsent := s.out.PendingBytes()
	c := &s.host.config
	return unsent == 0 || unsent+n <= c.OutBytes/2 && s.out.Waiting() < c.OutFrames/2
}

// replay sends again everything from a sequence on. What makes no sense twice
// becomes a gapfill. It reports false if that is not all kept any more.
func (s *session) replay(from uint64) bool {
	end := s.next
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
		s.envelope(true)
		s.eto.SetSeq(seq)
		s.eto.SetType(msg.EtoPayloadGapfill)
		if err := put(s.out, &s.eto, msg.PayloadEto, nil, ring.Record{}); err != nil {
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
	s.host.mark(s.peer)
	return true
}

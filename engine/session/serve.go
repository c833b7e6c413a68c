package session

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// noCopies is the lowest sequence that was sent again if none was.
const noCopies = ^uint64(0)

// serving is the answer to a replay request of the peer: everything from next to
// last again, from the send ring and with the old sequences. It goes on as there is
// room, and nothing new is sent before it is done, for the peer would discard it.
type serving struct {
	active bool
	asked  bool   // before login_response: from next, once we are logged in
	next   uint64 // sequence to send again
	last   uint64 // the last one
	kept   uint64 // the ring held everything from here on when the request came

	// What the peer has asked for on this connection.
	from   uint64 // the highest sequence: it has what is before
	since  int64  // it has asked again and again, and for nothing later than from
	asking int64  // it asked last
	window int64  // served counts from here on
	served int
}

// ask notes a request that cannot be served yet.
func (v *serving) ask(request *msg.EtoReplay) {
	from := max(request.GetSeq(), 1)
	if !v.asked || from < v.next {
		v.asked, v.next = true, from
	}
}

// admit reports whether a request is to be served now. A peer that gets on with what it
// is sent asks for later and later messages. Others may ask once for each message that
// they cannot use, all of which one replay serves, so that a few in a while are enough.
func (v *serving) admit(now, while int64, from uint64) bool {
	if from > v.from || now-v.asking > 2*while {
		v.since = now
	}
	if from > v.from || now-v.window >= while {
		v.window, v.served = now, 0
	}
	v.asking, v.from = now, max(v.from, from)
	if v.served == replaysMax {
		return false
	}
	v.served++
	return true
}

// serve answers a replay request. A newer one replaces what is left of an older
// one, which it contains or follows.
func (s *Session) serve(request *msg.EtoReplay) {
	if !request.HasSeq() {
		s.stats.Ignored++
		return
	}
	s.startServing(max(request.GetSeq(), 1))
}

// startServing begins to send again from a sequence on.
func (s *Session) startServing(from uint64) {
	v := &s.serving
	v.asked = false
	if from >= s.out {
		v.active = false
		s.stats.Ignored++ // it has everything
		return
	}
	kept := s.frames.Oldest()
	if kept == 0 {
		kept = s.out
	}
	if from < kept && kept-from > GapfillsMax {
		v.active = false
		s.violation(from, ErrReplayRange)
		return
	}
	s.checkUnresponsive()
	admitted := v.admit(s.fair(), int64(s.config.ReplayTimeout), from)
	switch {
	case s.fair()-v.since >= int64(s.config.PeerTimeout):
		s.fail(ErrUnresponsive)
		return
	case !admitted:
		s.stats.ReplaysRefused++
		return
	}
	s.stats.ReplaysServed++
	v.active, v.next, v.last, v.kept = true, from, s.out-1, kept
	s.copied = min(s.copied, v.next)
	for e := s.open.first(); e != nil && e.seq < kept; e = s.open.after(e) {
		if e.seq >= v.next {
			s.suppress(e)
		}
	}
	s.serveMore()
}

// serveMore sends again what there is room for.
func (s *Session) serveMore() {
	v := &s.serving
	for v.active {
		if !s.resend(v.next) {
			return
		}
		v.active = v.next < v.last
		v.next++
	}
}

// resend queues a copy of a message, or a gapfill in its place, and reports
// whether there was room.
func (s *Session) resend(seq uint64) bool {
	// Making room may evict the very frame that is to be copied, so first the room,
	// then the frame. The copy is at most three bytes longer: the flag, and a header
	// that grows.
	frame, _, ok := s.frames.Frame(seq)
	room := replayGrowth + len(frame)
	if !ok {
		room = gapfillBytesMax
	}
	region, err := s.reserveControl(room)
	if err != nil {
		return false
	}
	frame, rec, ok := s.frames.Frame(seq)
	var e *entry
	if seq >= s.serving.kept {
		e = s.request(seq)
	}
	if !ok || !s.worthRepeating(rec, e) {
		if e != nil {
			s.suppress(e)
		}
		s.gapfill(region, seq)
		return true
	}
	if e != nil {
		e.again = true
	}
	s.frames.Commit(copyFrame(region, frame, rec), ring.Record{})
	s.lastSent = s.now
	s.stats.MessagesAgain++
	return true
}

// gapfill queues a gapfill.
func (s *Session) gapfill(region []byte, seq uint64) {
	head := envelope.Header{Type: uint32(msg.PayloadEto), Seq: seq, EtoType: envelope.EtoGapfill, Replay: true}
	payload := head.Size()
	size := envelope.FrameSize(payload)
	head.Put(envelope.PutFrameHeader(region[:size], payload))
	s.frames.Commit(size, ring.Record{})
	s.lastSent = s.now
	s.stats.GapfillsOut++
}

// suppress notes that a message is filled instead of sent again, so that it does not
// reach the exchange any more. It may have, if a copy was sent for an earlier request:
// some peers ask once for each message that they cannot use. A replace that is pending
// has.
func (s *Session) suppress(e *entry) {
	if !e.again && !e.withheld && !e.pending {
		e.withheld = true
		s.withheld++
	}
}

// worthRepeating says whether a message goes out again as it was. Order entry only
// does while it waits for its answer, as e, and is fresh: what was answered the exchange
// has, and the market moves. What is still waiting for the socket goes out anyway.
func (s *Session) worthRepeating(rec ring.Record, e *entry) bool {
	typ, application := ofKind(rec.Kind)
	if application {
		return !classOf(typ).orderEntry() || e != nil && !e.pending &&
			(s.now-rec.Stamp <= int64(s.config.StaleAfter) || s.out-rec.Seq <= uint64(s.frames.Waiting()))
	}
	switch rec.Kind &^ kindSession {
	case envelope.EtoPing, envelope.EtoPong:
		return true
	}
	return false // login, replay request, heartbeat, logout
}

const (
	replayGrowth    = 3
	gapfillBytesMax = 24
)

// copyFrame writes a kept frame to region, marked as a replay, and returns its size.
// Only frames whose eto_payload ends with its type are copied: the mark goes
// behind it.
func copyFrame(region, frame []byte, rec ring.Record) int {
	typ, application := ofKind(rec.Kind)
	head := envelope.Header{Type: uint32(typ), Seq: rec.Seq}
	if !application {
		head.EtoType = rec.Kind &^ kindSession
	}
	old, _, err := wire.Scan(frame, wire.Limits{})
	if err != nil {
		panic("BUG: session: the send ring holds no frame: " + err.Error())
	}
	rest := old[head.Size():]
	head.Replay = true
	payload := head.Size() + len(rest)
	size := envelope.FrameSize(payload)
	place := envelope.PutFrameHeader(region[:size], payload)
	copy(place[head.Put(place):], rest)
	return size
}

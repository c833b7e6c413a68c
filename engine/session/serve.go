package session

import (
	"github.com/smk-go/smk/gen/msg"
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
}

// ask notes a request that cannot be served yet.
func (v *serving) ask(request *msg.EtoReplay) {
	from := max(request.GetSeq(), 1)
	if !v.asked || from < v.next {
		v.asked, v.next = true, from
	}
}

// serve answers a replay request. A newer one replaces what is left of an older
// one, which it contains or follows.
func (s *Session) serve(request *msg.EtoReplay) {
	if !request.HasSeq() {
		s.stats.Ignored++
		return
	}
	s.serving.ask(request)
	s.serving.next = max(request.GetSeq(), 1)
	s.startServing()
}

// startServing begins at serving.next.
func (s *Session) startServing() {
	v := &s.serving
	v.asked = false
	if v.next >= s.out {
		v.active = false
		s.stats.Ignored++ // it has everything
		return
	}
	kept := s.frames.Oldest()
	if kept == 0 {
		kept = s.out
	}
	if v.next < kept && kept-v.next > GapfillsMax {
		v.active = false
		s.violation(v.next, ErrReplayRange)
		return
	}
	s.stats.ReplaysServed++
	v.active, v.last, v.kept = true, s.out-1, kept
	s.copied = min(s.copied, v.next)
	for e := s.open.first(); e != nil && e.seq < kept; e = s.open.after(e) {
		if e.seq >= v.next {
			s.withhold(e)
		}
	}
	s.serveMore()
}

// serveMore sends again what there is room for.
func (s *Session) serveMore() {
	v := &s.serving
	for v.active {
		if !s.sendAgain(v.next) {
			return
		}
		v.active = v.next < v.last
		v.next++
	}
}

// sendAgain queues a copy of a message, or a gapfill in its place, and reports
// whether there was room.
func (s *Session) sendAgain(seq uint64) bool {
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
	if !ok || !s.worthRepeating(rec) {
		if seq >= s.serving.kept {
			if e := s.open.sequence(seq); e != nil {
				s.withhold(e)
			}
		}
		s.gapfill(region, seq)
		return true
	}
	if e := s.open.sequence(seq); e != nil {
		e.again = true
	}
	s.frames.Commit(copyFrame(region, frame, rec), ring.Record{})
	s.lastSent = s.now
	s.stats.MessagesAgain++
	return true
}

// gapfill queues a gapfill.
func (s *Session) gapfill(region []byte, seq uint64) {
	head := wire.Head{Type: uint32(msg.PayloadEto), Seq: seq, EtoType: wire.EtoGapfill, Replay: true}
	payload := head.Size()
	size := wire.FrameSize(payload)
	head.Put(wire.Enclose(region[:size], payload))
	s.frames.Commit(size, ring.Record{})
	s.lastSent = s.now
	s.stats.GapfillsOut++
}

// withhold notes that a message is filled instead of sent again, so that it does not
// reach the exchange any more. It may have, if a copy was sent for an earlier request:
// some peers ask once for each message that they cannot use.
func (s *Session) withhold(e *entry) {
	if !e.again && !e.withheld {
		e.withheld = true
		s.withheld++
	}
}

// worthRepeating says whether a message goes out again as it was. Order entry only
// does while it is fresh: the market has moved. What is still waiting for the
// socket goes out anyway.
func (s *Session) worthRepeating(rec ring.Record) bool {
	typ, application := ofKind(rec.Kind)
	if application {
		return !classOf(typ).orderEntry() || s.now-rec.Stamp <= int64(s.config.StaleAfter) ||
			s.out-rec.Seq <= uint64(s.frames.Waiting())
	}
	switch rec.Kind &^ kindSession {
	case wire.EtoPing, wire.EtoPong:
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
	head := wire.Head{Type: uint32(typ), Seq: rec.Seq}
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
	size := wire.FrameSize(payload)
	place := wire.Enclose(region[:size], payload)
	copy(place[head.Put(place):], rest)
	return size
}

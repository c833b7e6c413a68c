package session

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/ring"
	"github.com/smk-go/smk/wire"
)

// noCopies is the lowest sequence that was sent again if none was.
const noCopies = ^uint64(0)

// resender answers the replay requests of the exchange: everything from next to last again, from the send
// ring and with the old sequences. It goes on as there is room, and nothing new is sent before it is done,
// for the exchange would discard it.
type resender struct {
	active bool
	early  bool   // a request arrived before login_response: from next on, once we are logged in
	next   uint64 // sequence to send again
	last   uint64 // the last one
	kept   uint64 // the ring kept everything from here on at the time of the request
	copied uint64 // lowest sequence of the session that was sent again

	// What the exchange has requested on this connection; times are fair readings.
	from      uint64 // the highest sequence: it has everything before
	since     int64  // its requests go on and on, and for nothing later than from
	requested int64  // of the last request
	window    int64  // served counts from here on
	served    int

	limits resendLimits
	counts resendCounts
}

// resendLimits are durations of the settings, and what must not be sent again.
type resendLimits struct {
	window int64 // ReplayTimeout
	stuck  int64 // PeerTimeout
	stale  int64 // StaleAfter
	halted bool  // see Session.HoldCreates
}

type resendCounts struct {
	served   uint64 // requests
	refused  uint64 // requests beyond what is served without progress
	copies   uint64 // messages sent again
	gapfills uint64 // sent in place of others
}

// HoldCreates says whether messages that can bring an order to the book are not to be sent again when the exchange
// requests them: a gapfill goes in their place, so that they were not delivered. It is for a kill switch. Those that
// wait for the socket leave all the same.
func (s *Session) HoldCreates(on bool) { s.resender.limits.halted = on }

// init takes the limits from the settings.
func (r *resender) init(config *Config) {
	r.copied = noCopies
	r.limits = resendLimits{
		window: int64(config.ReplayTimeout), stuck: int64(config.PeerTimeout), stale: int64(config.StaleAfter),
	}
}

// open begins a connection. A fresh session has no copies yet.
func (r *resender) open(resuming bool) {
	if !resuming {
		r.copied = noCopies
	}
	*r = resender{copied: r.copied, limits: r.limits, counts: r.counts}
}

// requestEarly notes a request that cannot be served yet.
func (r *resender) requestEarly(from uint64) {
	if !r.early || from < r.next {
		r.early, r.next = true, from
	}
}

// replayVerdict says what becomes of a replay request.
type replayVerdict uint8

const (
	replayServed     replayVerdict = iota
	replayNothing                  // the exchange has everything
	replayRefused                  // there are too many without progress
	replayStuck                    // likewise, and for too long
	replayBeyondKept               // it is for more than GapfillsMax messages that are not kept
)

// request judges a replay request and, if it is to be served, begins to: step does. A newer one replaces
// what is left of an older one, which it contains or follows. next is the sequence to be used next, and
// oldest the oldest message that the ring holds, 0 if there is none.
func (r *resender) request(from, next, oldest uint64, fair int64) replayVerdict {
	r.early, r.active = false, r.active && from < next
	if from >= next {
		return replayNothing
	}
	kept := oldest
	if kept == 0 {
		kept = next
	}
	if from < kept && kept-from > GapfillsMax {
		r.active = false
		return replayBeyondKept
	}
	admitted := r.admit(fair, from)
	switch {
	case fair-r.since >= r.limits.stuck:
		return replayStuck
	case !admitted:
		r.counts.refused++
		marks.Hit(marks.ReplayRefused)
		return replayRefused
	}
	r.counts.served++
	r.active, r.next, r.last, r.kept = true, from, next-1, kept
	r.copied = min(r.copied, from)
	return replayServed
}

// admit reports whether a request is to be served now. An exchange that makes progress requests later and later
// messages. Others may send a request for each message that they cannot use, all of which one replay serves,
// so that replaysMax in a window are enough.
func (r *resender) admit(fair int64, from uint64) bool {
	if from > r.from || fair-r.requested > 2*r.limits.window {
		r.since = fair
	}
	if from > r.from || fair-r.window >= r.limits.window {
		r.window, r.served = fair, 0
	}
	r.requested, r.from = fair, max(r.from, from)
	if r.served == replaysMax {
		return false
	}
	r.served++
	return true
}

// resume sends again what there is room for.
func (r *resender) resume(o *outbox, q *requests, now int64) {
	for r.active {
		if !r.resend(o, q, now) {
			return
		}
		r.active = r.next < r.last
		r.next++
	}
}

// resend queues a copy of the next message, or a gapfill in its place, and reports whether there was room.
func (r *resender) resend(o *outbox, q *requests, now int64) bool {
	// Making room may evict the very frame that is to be copied, so first the room, then the frame. The copy
	// is at most three bytes longer: the flag, and a header that grows.
	seq := r.next
	frame, _, ok := o.frames.Frame(seq)
	room := replayGrowth + len(frame)
	if !ok {
		room = gapfillBytesMax
	}
	region, err := o.reserveControl(room)
	if err != nil {
		marks.Hit(marks.ReplayNoRoom)
		return false
	}
	frame, rec, ok := o.frames.Frame(seq)
	var e *entry
	if seq >= r.kept {
		e = q.bySequence(seq)
	}
	if !ok || !r.copyable(o, rec, e, now) {
		if e != nil {
			if e.flags == 0 && waits(o, seq) {
				e.flags = flagResent // the message leaves before the gapfill: nobody knows which of them counts
				marks.Hit(marks.GapfillBehindMessage)
			}
			q.suppress(e)
		}
		o.commitAgain(now, gapfill(region, seq))
		r.counts.gapfills++
		marks.Hit(marks.GapfillSent)
		return true
	}
	if e != nil {
		e.flags |= flagResent
		marks.Hit(marks.Resent)
	}
	o.commitAgain(now, copyFrame(region, frame, rec))
	r.counts.copies++
	return true
}

// copyable reports whether a message goes out again as it was. Order entry only does while it waits
// for its answer, as e, and is fresh: what was answered the exchange has, and the market moves. What is
// still waiting for the socket goes out anyway.
func (r *resender) copyable(o *outbox, rec ring.Record, e *entry, now int64) bool {
	typ, application := ofKind(rec.Kind)
	if application {
		c := classOf(typ)
		return !c.orderEntry() || e != nil && !e.is(flagPending|flagSuppressed) &&
			!(r.limits.halted && c == classCreate) && (now-rec.Stamp <= r.limits.stale || waits(o, rec.Seq))
	}
	switch rec.Kind &^ kindSession {
	case envelope.EtoPing, envelope.EtoPong:
		return true
	}
	return false // login, replay request, heartbeat, logout
}

// waits reports whether a message of ours waits for the socket.
func waits(o *outbox, seq uint64) bool { return o.next-seq <= uint64(o.frames.Waiting()) }

// fate returns what the state of a frame says about its message. A frame in the ring does not know of its
// copies.
func (r *resender) fate(seq uint64, state ring.SentState) Fate {
	if state == ring.NotSent && seq < r.copied {
		marks.Hit(marks.FateNotSent)
		return NotSent
	}
	return InDoubt
}

const (
	replayGrowth    = 3
	gapfillBytesMax = 24
)

// gapfill writes a gapfill to region and returns its frame.
func gapfill(region []byte, seq uint64) (frame []byte) {
	head := envelope.Header{Type: uint32(msg.PayloadEto), Seq: seq, EtoType: envelope.EtoGapfill, Replay: true}
	payload := head.Size()
	frame = region[:envelope.FrameSize(payload)]
	head.Put(envelope.PutFrameHeader(frame, payload))
	return frame
}

// copyFrame writes a kept frame to region, marked as a replay, and returns it. Only frames whose eto_payload
// ends with its type are copied: the mark goes behind it.
func copyFrame(region, frame []byte, rec ring.Record) (again []byte) {
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
	again = region[:envelope.FrameSize(payload)]
	place := envelope.PutFrameHeader(again, payload)
	copy(place[head.Put(place):], rest)
	return again
}

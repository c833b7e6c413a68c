package prove

import (
	"bytes"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/envelope"
	"github.com/smk-go/smk/wire"
)

// outgoing follows what a bot writes to its connections, byte by byte: what leaves is what was queued, in the same
// order, and what is said not to have left did not.
type outgoing struct {
	queued  []byte          // frames that were queued on this connection and have not left
	sizes   []int           // of their payloads
	partial []byte          // a frame of which the end has not left
	left    map[uint64]bool // sequences of this session that left as a whole
	copied  map[uint64]bool // those of which a copy was queued
	filled  map[uint64]bool // those in whose place a gapfill left after a copy
	last    uint64          // the highest of them
	login   bool            // the login has left: it is masked where it is queued
}

// opened begins a connection.
func (o *outgoing) opened() {
	o.queued, o.sizes, o.partial, o.login = o.queued[:0], o.sizes[:0], o.partial[:0], false
	if o.left == nil {
		o.left, o.copied, o.filled = make(map[uint64]bool), make(map[uint64]bool), make(map[uint64]bool)
	}
}

// queue notes a payload that was queued.
func (o *outgoing) queue(r *engine.TapRecord) {
	o.queued = append(o.queued, r.Payload...)
	o.sizes = append(o.sizes, len(r.Payload))
	if env, err := envelope.Parse(r.Payload); err == nil && env.IsReplay && env.EtoType != envelope.EtoGapfill {
		o.copied[env.Seq] = true
	}
}

// wrote follows bytes that the bot's newest connection took.
func (b *bot) wrote(taken []byte) {
	b.checkLease()
	o := &b.outgoing
	o.partial = append(o.partial, taken...)
	rest := o.partial
	for {
		payload, n, err := wire.Scan(rest, wire.Limits{})
		if err != nil {
			b.world.fail("wire", b, "no frame leaves: %v", err)
			return
		}
		if n == 0 {
			break
		}
		rest = rest[n:]
		b.frameLeft(payload)
	}
	o.partial = append(o.partial[:0], rest...)
}

// frameLeft follows a frame that left as a whole.
func (b *bot) frameLeft(payload []byte) {
	o := &b.outgoing
	if len(o.sizes) == 0 || o.sizes[0] != len(payload) || o.login && !bytes.Equal(o.queued[:o.sizes[0]], payload) {
		b.world.fail("wire", b, "what leaves was not queued next: % x", payload)
		return
	}
	o.queued = o.queued[:copy(o.queued, o.queued[o.sizes[0]:])]
	o.sizes = o.sizes[:copy(o.sizes, o.sizes[1:])]
	env, err := envelope.Parse(payload)
	if err != nil {
		b.world.fail("wire", b, "what leaves has no envelope: %v", err)
		return
	}
	if !o.login && env.Seq == 1 {
		clear(o.left) // a new session
		clear(o.copied)
		clear(o.filled)
		o.last = 0
	}
	o.login, o.left[env.Seq], o.last = true, true, max(o.last, env.Seq)
	if env.EtoType == envelope.EtoGapfill {
		o.filled[env.Seq] = o.copied[env.Seq]
	}
	if orderEntry(msg.PayloadType(env.Type)) {
		b.requestLeft(payload)
	}
}

// orderEntry reports whether messages of a type are requests about orders.
func orderEntry(typ msg.PayloadType) bool {
	switch typ {
	case msg.PayloadOrderCreate, msg.PayloadOrderCancel, msg.PayloadOrderCancelAll, msg.PayloadOrderQuantityReduce,
		msg.PayloadOrderCancelReplace:
		return true
	}
	return false
}

// checkArrived checks that the exchange expects no later message than the next one.
func (b *bot) checkArrived() {
	if b.engine == nil || b.link == nil || !b.engine.State().LoggedIn() || b.link.endAt <= b.world.now {
		return
	}
	next := b.outgoing.last + 1
	if got := b.link.exchange.ExpectedSequence(); got > next {
		b.world.fail("received", b, "the exchange expects %d, %d is next", got, next)
	}
}

// checkFate checks what became of a message, as far as the connection knows.
func (b *bot) checkFate(ev *engine.Event) {
	if ev.Fate == session.NotSent && b.outgoing.left[ev.Seq] {
		b.world.fail("not sent", b, "%v with sequence %d has left", ev.Type, ev.Seq)
	}
}

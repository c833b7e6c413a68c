package engine

import (
	"github.com/smk-go/smk/engine/order"
	"github.com/smk-go/smk/engine/session"
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/internal/marks"
	"github.com/smk-go/smk/ring"
)

// replica is a second copy of the orders, on the writer's goroutine. The loop notes in a queue what it applies to its
// own, and the writer applies the same: the state is a function of that, but for empty contracts of orders that were
// refused. So an image costs the loop nothing, however many orders there are, and what it notes costs a copy of the
// message. If the queue is full, because the disk is slow for a long time, the loop stops noting, and makes a copy of
// its state once the writer is idle again.
type replica struct {
	queue *ring.SPSC[note]

	// The loop only.
	stale bool // something was not noted

	// The loop while the queue is empty and no image is asked for, else the writer.
	reload []byte // a state to begin anew with

	// The writer only.
	orders  *order.Manager
	payload msg.Payload
	unknown msg.Unknown
	raw     []byte
}

const (
	replicaNotes = 1 << 14
	noteBytes    = 192 // most messages about orders fit
	rawBytesMax  = 64 << 10
)

// note is something that was applied, or a part of it.
type note struct {
	kind    noteKind
	flag    bool // replayed, complete, or placed
	ended   bool
	typ     msg.PayloadType
	size    int32 // of the message, of which data has the beginning and further notes the rest
	now     int64
	a, b, c uint64
	data    [noteBytes]byte
}

type noteKind uint8

const (
	noteMark noteKind = iota // an image is to be as of here
	noteReload
	noteSent
	noteMessage
	noteMore // more of a message
	noteFate
	noteResolve
	noteLost
	noteReset
	noteCaughtUp
	noteDisconnected
	noteTick
	noteConfirm
	noteOverdue
)

// newReplica makes a replica of a state.
func newReplica(c order.Config, of *order.Manager, own order.References) (*replica, error) {
	r := &replica{raw: make([]byte, 0, rawBytesMax)}
	var err error
	if r.queue, err = ring.NewSPSC[note](replicaNotes); err != nil {
		return nil, err
	}
	if r.orders, err = order.New(c); err != nil {
		return nil, err
	}
	r.orders.OwnReferences(own)
	if err := r.orders.LoadState(of.AppendState(nil)); err != nil {
		panic("BUG: engine: a state cannot be loaded again: " + err.Error())
	}
	return r, nil
}

// claim returns the next note to fill in, nil if there is no room for so many notes: the replica is stale then.
func (p *persist) claim(kind noteKind, now int64) *note {
	if p == nil || p.replica.stale {
		return nil
	}
	n := p.replica.queue.Claim()
	if n == nil {
		p.replica.stale, p.dirty = true, true
		marks.Hit(marks.ReplicaFull)
		return nil
	}
	n.kind, n.now, n.size = kind, now, 0
	return n
}

// publish passes on what claim returned.
func (p *persist) publish() {
	q := p.replica.queue
	if q.Publish(); q.Len() == replicaNotes/2 {
		p.writer.Read()
	}
}

// note notes a call without arguments.
func (p *persist) note(kind noteKind, now int64) {
	if p.claim(kind, now) != nil {
		p.publish()
	}
}

func (p *persist) noteSent(k *msg.Keys, seq uint64, now int64) {
	if n := p.claim(noteSent, now); n != nil {
		appendIntent(n.data[:], k, seq, now)
		p.publish()
	}
}

func (p *persist) noteFate(ev *Event, now int64) {
	if n := p.claim(noteFate, now); n != nil {
		n.typ, n.a, n.b, n.c = ev.Type, ev.Reference, ev.Seq, uint64(fateOf(ev.Fate))
		p.publish()
	}
}

func (p *persist) noteLost(ev *Event, now int64) {
	if n := p.claim(noteLost, now); n != nil {
		n.a, n.b = ev.From, ev.To
		p.publish()
	}
}

func (p *persist) noteCaughtUp(ev *Event, now int64) {
	if n := p.claim(noteCaughtUp, now); n != nil {
		n.flag = ev.Complete
		p.publish()
	}
}

func (p *persist) noteResolve(reference uint64, o order.Outcome, now int64) {
	if n := p.claim(noteResolve, now); n != nil {
		n.a, n.b, n.flag, n.ended = reference, o.OrderID, o.Placed, o.Ended
		p.publish()
	}
}

func (p *persist) noteOverdue(complete bool, sent, now int64) {
	if n := p.claim(noteOverdue, now); n != nil {
		n.flag, n.a = complete, uint64(sent)
		p.publish()
	}
}

// noteRare says that the loop did what has no note: the replica begins anew with a copy of the loop's state.
func (p *persist) noteRare() {
	if p != nil {
		p.replica.stale, p.dirty = true, true
		marks.Hit(marks.ReplicaRare)
	}
}

// noteMessage notes a message that orders follow.
func (p *persist) noteMessage(ev *Event) {
	raw := ev.Raw
	if p == nil || !order.Applies(ev.Payload.GetType()) {
		return
	}
	if p.dirty = true; len(raw) > rawBytesMax {
		p.replica.stale = true
		return
	}
	n := p.claim(noteMessage, ev.Received)
	if n == nil || p.replica.queue.Len()+notesOf(len(raw)) > replicaNotes {
		p.replica.stale = true
		return
	}
	n.size, n.flag = int32(len(raw)), ev.Origin == session.Replayed
	n.a, n.b = ev.AccountSequence, ev.Request.Seq
	for {
		copied := copy(n.data[:], raw)
		p.publish()
		if raw = raw[copied:]; len(raw) == 0 {
			return
		}
		n = p.claim(noteMore, ev.Received)
		marks.Hit(marks.ReplicaLongMessage)
	}
}

// notesOf returns how many notes a message takes.
func notesOf(size int) int { return max((size+noteBytes-1)/noteBytes, 1) }

// renew begins anew after the queue was full, once the writer has read it. It reports whether the replica may be
// saved.
func (p *persist) renew(orders *order.Manager) bool {
	r := p.replica
	if !r.stale {
		return true
	}
	if r.queue.Len() > 0 {
		p.writer.Read()
		marks.Hit(marks.ReplicaBehind)
		return false
	}
	r.reload = orders.AppendState(r.reload[:0])
	marks.Hit(marks.ReplicaReloaded)
	r.stale = false
	p.note(noteReload, 0)
	return true
}

// read applies what was noted, up to a mark.
func (r *replica) read() {
	for n := r.queue.Peek(); n != nil && n.kind != noteMark; n = r.queue.Peek() {
		if n.kind == noteMessage && r.queue.Len() < notesOf(int(n.size)) {
			return // the loop is noting the rest
		}
		r.apply(n)
		r.queue.Release()
	}
}

// readMark is read, and takes the mark.
func (r *replica) readMark() {
	r.read()
	if n := r.queue.Peek(); n == nil || n.kind != noteMark {
		panic("BUG: engine: an image without its mark")
	}
	r.queue.Release()
}

func (r *replica) apply(n *note) {
	o := r.orders
	switch n.kind {
	case noteReload:
		if err := o.LoadState(r.reload); err != nil {
			panic("BUG: engine: a state cannot be loaded again: " + err.Error())
		}
	case noteSent:
		s, _ := parseIntent(n.data[:])
		_ = o.Sent(&s.Keys, s.Seq, n.now)
	case noteMessage:
		r.message(n)
	case noteFate:
		o.ApplyFate(n.typ, n.a, n.b, order.Fate(n.c), n.now)
	case noteResolve:
		outcome := order.Outcome{Placed: n.flag, OrderID: n.b, Ended: n.ended}
		for o.Resolve(n.a, outcome, n.now); o.More(); {
			o.Resolve(n.a, outcome, n.now)
		}
	case noteLost:
		o.AccountLost(n.a, n.b, n.now)
	case noteReset:
		o.AccountReset(n.now)
	case noteCaughtUp:
		o.CaughtUp(n.flag, nil, n.now)
	case noteDisconnected:
		o.Disconnected(n.now)
	case noteTick:
		o.Tick(n.now)
	case noteOverdue:
		o.ResolveOverdue(n.flag, int64(n.a), n.now)
	case noteConfirm:
		o.Confirm(n.now)
	case noteMark, noteMore:
		panic("BUG: engine: a note out of its place")
	}
}

// message applies a message, the rest of which is in the notes that follow.
func (r *replica) message(n *note) {
	in := order.Input{Now: n.now, AccountSequence: n.a, RequestSeq: n.b, Replayed: n.flag}
	size := int(n.size)
	r.raw = append(r.raw[:0], n.data[:min(size, noteBytes)]...)
	for len(r.raw) < size {
		r.queue.Release()
		more := r.queue.Peek()
		r.raw = append(r.raw, more.data[:min(size-len(r.raw), noteBytes)]...)
	}
	if err := r.payload.Decode(r.raw, &r.unknown); err != nil {
		panic("BUG: engine: a message cannot be decoded again: " + err.Error())
	}
	r.orders.Apply(&r.payload, in)
}

package proxy

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/smk-go/smk/gen/msg"
)

// loader reads the records of a state's file into a new proxy.
type loader struct {
	p       *Proxy
	clients []*client // by the index in the file
}

// load reads all records. The error says what is wrong and where; a record that the end of the file cuts off was not
// written completely, so nothing followed from it.
func (l *loader) load(b []byte) (offset int64, err error) {
	at := headerBytes
	for at < len(b) {
		rest := b[at:]
		if len(rest) < prefixBytes {
			break
		}
		length := binary.LittleEndian.Uint32(rest)
		n := int(length)
		if length == 0 || length > recordMax || binary.LittleEndian.Uint32(rest[4:]) != ^length {
			if allZero(rest) {
				break // the file system grew the file and did not write it
			}
			return int64(at), fmt.Errorf("%w: a record of %d bytes", ErrDamaged, length)
		}
		if n > len(rest)-prefixBytes {
			break
		}
		body := rest[prefixBytes : prefixBytes+n]
		if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(rest[8:]) {
			if n == len(rest)-prefixBytes {
				break
			}
			return int64(at), errChecksum
		}
		if err := l.record(body[0], &reader{buf: body[1:]}); err != nil {
			return int64(at), err
		}
		at += prefixBytes + n
	}
	l.finish()
	return int64(at), nil
}

func allZero(b []byte) bool {
	for _, v := range b {
		if v != 0 {
			return false
		}
	}
	return true
}

// client reads a client's index.
func (l *loader) client(r *reader) *client {
	i := r.uint(clientsMax * 2)
	if r.err == nil && (i >= uint64(len(l.clients)) || l.clients[i] == nil) {
		r.fail("there is no client %d", i)
	}
	if r.err != nil {
		return nil
	}
	return l.clients[i]
}

func (l *loader) record(kind byte, r *reader) error {
	p := l.p
	switch kind {
	case recordClient:
		l.readClient(r)
	case recordRequest:
		q := l.readRequest(r)
		creates := r.bool()
		if q != nil && creates {
			o := &order{client: q.client, upstream: q.upstream}
			r.order(o)
			o.Reference, o.HasReference = q.reference, q.hasReference
			q.order = o
			l.add(q, o)
		}
	case recordOrder:
		q := l.readRequest(r)
		done := r.bool()
		if q == nil {
			break
		}
		o := &order{client: q.client, upstream: q.upstream}
		r.order(o)
		o.Reference, o.HasReference = q.reference, q.hasReference
		q.order = o
		l.add(q, o)
		if done {
			p.answered(q)
		}
	case recordMessage:
		l.readMessage(r)
	case recordHistory:
		if c := l.client(r); c != nil {
			m := message{r.uint(any64), []byte(r.text(recordMax))}
			l.keep(c, m, r)
		}
	case recordGone:
		if q := p.orders.byReference[r.uint(any64)]; q != nil {
			p.answered(q)
			if q.doubt, q.login = false, nil; q.creates() { // kept, because it may turn up after all
				p.orders.set(q.order, NotThere, 0)
			} else {
				p.orders.release(q)
			}
		}
	case recordApplied:
		p.apply(r.uint(any64))
		if q := p.orders.byReference[r.uint(any64)]; q != nil {
			p.answered(q)
			p.orders.release(q)
		}
	case recordCancel:
		if q := p.orders.byReference[r.uint(any64)]; q != nil && q.order != nil {
			q.order.wantCancel = true
		}
	case recordFailure:
		if c := l.client(r); c != nil {
			c.onFailure = r.bool()
		}
	case recordReset:
		p.forgetApplied()
	case recordEarly:
		e := earlyReport{r.uint(any64), r.uint(any64), []byte(r.text(recordMax))}
		if err := p.out.Decode(e.payload, nil); err != nil {
			r.fail("a message: %v", err)
		}
		p.orders.addEarly(e)
	default:
		r.fail("a record of an unknown kind %q", kind)
	}
	return r.end()
}

// add adds an order that was read.
func (l *loader) add(q *request, o *order) {
	state, available, id := o.State, o.Available, o.ID
	o.State, o.Available, o.ID = 0, 0, 0
	if l.p.orders.named(o, id); !o.unanswered() && state != Sent && state != InDoubt && state != NotThere {
		o.stamps = stamps{1, 1, 1, 1} // of messages that came
	}
	if state == Live {
		o.rest = o.Quantity - min(o.Quantity, o.Executed+available)
	}
	if l.p.orders.set(o, state, available); !o.open() {
		l.p.orders.ended = append(l.p.orders.ended, o)
	}
}

func (l *loader) readClient(r *reader) {
	p := l.p
	i, name := r.uint(clientsMax*2), r.text(nameMax)
	space, counter, sequence := uint16(r.uint(1<<16-1)), r.uint(1<<counterBits-1), r.uint(any64)
	if r.err != nil {
		return
	}
	for uint64(len(l.clients)) <= i {
		l.clients = append(l.clients, nil)
	}
	c := p.byName[name]
	if c == nil { // it is not among the settings any more: its orders are nobody else's
		c = &client{
			Client: Client{Name: name}.resolve(), index: len(p.clients), retired: true,
			history: history{max: p.config.History}, orders: map[*order]struct{}{},
			subjects: map[subject]int{},
		}
		p.clients = append(p.clients, c)
		p.byName[name] = c
	}
	c.space, c.counter, c.sequence = space, counter, sequence
	l.clients[i] = c
}

func (l *loader) readRequest(r *reader) *request {
	c := l.client(r)
	q := &request{
		client: c, typ: msg.PayloadType(r.uint(any32)), upstream: r.uint(any64), reference: r.uint(any64),
		hasReference: r.bool(), orderID: r.uint(any64), newQuantity: r.uint(any64), own: r.bool(),
	}
	if r.err != nil {
		return nil
	}
	l.p.orders.byReference[q.upstream] = q
	c.waiting++
	if uint16(q.upstream>>counterBits) == c.space {
		c.counter = max(c.counter, q.upstream&(1<<counterBits-1)) // orders are in no order in the file
	}
	if o := l.p.orders.byID[q.orderID]; o != nil && q.typ != msg.PayloadOrderCancelReplace {
		q.order = o
	}
	return q
}

// readMessage reads a message, and has it change what it changed when it was sent.
func (l *loader) readMessage(r *reader) {
	p, c := l.p, l.client(r)
	upstream, reference := r.uint(any64), r.uint(any64)
	m := message{r.uint(any64), []byte(r.text(recordMax))}
	if c == nil || !l.keep(c, m, r) {
		return
	}
	if upstream == 0 && reference == 0 {
		return // an answer of the proxy's own
	}
	if upstream != 0 {
		p.apply(upstream)
	}
	body, _ := reportOf(&p.out)
	q := p.orders.byReference[reference]
	o := p.orderFor(body, q)
	if o == nil {
		o = p.adopt(c, body, reference)
	}
	if o != nil {
		p.orders.apply(body, o, upstream)
	} else {
		p.orders.keepEarly(body, &p.out, upstream)
	}
	p.resolveRequest(body, q, o, upstream)
}

// keep adds a message to a client's history. It is left decoded in p.out.
func (l *loader) keep(c *client, m message, r *reader) bool {
	if r.err != nil {
		return false
	}
	if err := l.p.out.Decode(m.payload, nil); err != nil {
		r.fail("a message: %v", err)
		return false
	}
	if _, ok := reportOf(&l.p.out); !ok {
		r.fail("a message of type %v", l.p.out.GetType())
		return false
	}
	c.sequence = max(c.sequence, m.sequence)
	c.history.push(m)
	return true
}

// finish puts requests without an answer in doubt: the process that sent them is gone.
func (l *loader) finish() {
	p := l.p
	if f := p.file; f != nil && len(f.recently) == appliedMax {
		p.appliedTo = max(p.appliedTo, slices.Min(f.recently))
	}
	for _, q := range p.orders.byReference {
		q.login = nil
		if q.done {
			continue
		}
		p.answered(q)
		q.doubt = true
		if q.creates() && q.order.State == Sent && q.order.ID == 0 {
			p.orders.set(q.order, InDoubt, 0)
		}
		p.earlier = append(p.earlier, q)
	}
	slices.SortFunc(p.earlier, func(a, b *request) int { // as they were sent
		return cmp.Or(cmp.Compare(a.client.index, b.client.index), cmp.Compare(a.upstream, b.upstream))
	})
	for _, c := range p.clients {
		for o := range c.orders {
			o.cancelling = false
		}
	}
}

package session

import (
	"math/bits"

	"github.com/smk-go/smk/gen/msg"
)

// inFlight is the table of order-entry messages that wait for their answers, by the key that the answer
// will carry, oldest first. It is claimed once and never grows.
type inFlight struct {
	entries []entry
	heads   []int32 // first entry of each hash chain, by the key's hash
	shift   uint
	free    int32 // chain of unused entries by next
	oldest  int32
	newest  int32
	n       int
	limit   int // from so many on only what is urgent joins
}

// keyLowBits is how many bits of a key say which chain it is next to.
const keyLowBits = 12

// none ends a chain.
const none = -1

// keyKind is the field that links an answer to its request.
type keyKind uint8

const (
	byReference keyKind = iota + 1
	bySequence          // a create without a reference
	byOrder             // another request without one: the order it is about
	byNothing           // no answer can be linked to it any more
)

// entry is one message. It fills a cache line.
type entry struct {
	kind  keyKind
	typ   uint8 // msg.PayloadType
	side  uint8 // msg.Side of a create
	flags entryFlags
	away  uint32 // the clock's time away at the send, in units of 1<<awayShift ns

	key  uint64
	seq  uint64
	sent int64 // clock reading

	// What its answer can contradict.
	subject  uint64 // the quantity of a create; the order that another request is about
	price    uint32 // of a create
	market   uint32 // likewise
	contract uint32 // likewise

	chain      int32 // next with the same hash
	prev, next int32 // by age
}

// awayShift makes the unit of entry.away about a millisecond.
const awayShift = 20

// entryFlags say what has happened to a message since it was sent.
type entryFlags uint8

const (
	flagResent     entryFlags = 1 << iota // a copy was sent
	flagSuppressed                        // the exchange will not get it, which is to be reported
	flagPending                           // a replace: the exchange has it, and says later whether it is carried out
	flagDetached                          // in doubt: it was sent in an earlier session
)

// is reports whether a flag is set.
func (r *entry) is(f entryFlags) bool { return r.flags&f != 0 }

// waited returns for how long, in fair time, the message has been under way.
func (r *entry) waited(c *fairClock) int64 { return c.now - r.due(c, 0) }

// due returns the clock reading at which the message has been under way for a fair time.
func (r *entry) due(c *fairClock, after int64) int64 {
	return r.sent + int64(uint32(c.away>>awayShift)-r.away)<<awayShift + after
}

// request returns the message as events name it.
func (r *entry) request() Request {
	return Request{Seq: r.seq, Sent: r.sent, Type: r.payloadType(), Reference: r.reference()}
}

const _ = uint8(msg.PayloadOrderCancelReplace) // every order-entry type fits

// reference returns the message's reference, 0 if it has none.
func (r *entry) reference() uint64 {
	if r.kind == byReference {
		return r.key
	}
	return 0
}

// copyFrom takes over what another entry says of its message, but for what it is found by.
func (r *entry) copyFrom(of *entry) {
	r.typ, r.side, r.flags, r.away, r.seq, r.sent = of.typ, of.side, of.flags&flagPending, of.away, of.seq, of.sent
	r.subject, r.price, r.market, r.contract = of.subject, of.price, of.market, of.contract
}

// payloadType returns the message's type.
func (r *entry) payloadType() msg.PayloadType { return msg.PayloadType(r.typ) }

// init claims the table for limit messages, and what is kept for urgent ones.
func (u *inFlight) init(limit int) {
	size := max(1<<bits.Len(uint(2*limit-1)), 4) // for the kinds of keys to differ in two bits
	u.limit = limit
	limit += cancelsKept + cancelAllsKept
	u.entries, u.heads = make([]entry, limit), make([]int32, size)
	u.shift = 64 - uint(bits.Len(uint(size-1)))
	u.oldest, u.newest = none, none
	for i := range u.heads {
		u.heads[i] = none
	}
	for i := range u.entries {
		u.entries[i].next = int32(i + 1)
	}
	u.entries[limit-1].next = none
}

// full reports whether the table has no room for what can raise the risk.
func (u *inFlight) full() bool { return u.n >= u.limit }

// refuses reports whether it has none for a message of a class.
func (u *inFlight) refuses(c class) bool {
	switch c {
	case classCancelAll:
		return u.n == len(u.entries)
	case classCancel:
		return u.n >= len(u.entries)-cancelAllsKept
	}
	return u.full()
}

// first returns the oldest, or nil.
func (u *inFlight) first() *entry {
	if u.oldest == none {
		return nil
	}
	return &u.entries[u.oldest]
}

// head returns the chain for a key. Keys that count up have chains side by side, which
// is where the last one was; what is above their low bits is spread by Fibonacci
// hashing, for keys that count in their high bits.
func (u *inFlight) head(kind keyKind, key uint64) *int32 {
	high := (key>>keyLowBits ^ uint64(kind)<<62) * 0x9e3779b97f4a7c15 >> (u.shift & 63)
	return &u.heads[(key^high)&uint64(len(u.heads)-1)]
}

// add makes the newest entry, with a key, and returns it for the caller to fill in.
// The caller has checked that there is room.
func (u *inFlight) add(kind keyKind, key uint64) *entry {
	i := u.free
	e := &u.entries[i]
	u.free = e.next
	head := u.head(kind, key)
	e.kind, e.key = kind, key
	e.chain, e.prev, e.next = *head, u.newest, none
	e.flags = 0
	*head = i
	if u.newest == none {
		u.oldest = i
	} else {
		u.entries[u.newest].next = i
	}
	u.newest = i
	u.n++
	return e
}

// find returns the oldest with a key that fits, or nil, and what links to it in its
// chain, for remove; and the oldest with the key that does not fit, or nil.
func (u *inFlight) find(kind keyKind, key uint64, fits func(*entry) bool) (found *entry, link *int32, misfit *entry) {
	for at := u.head(kind, key); *at != none; {
		e := &u.entries[*at]
		if e.key == key && e.kind == kind {
			if fits(e) {
				if found == nil || e.seq < found.seq {
					found, link = e, at
				}
			} else if misfit == nil || e.seq < misfit.seq {
				misfit = e
			}
		}
		at = &e.chain
	}
	return found, link, misfit
}

// after returns the next younger one, or nil.
func (u *inFlight) after(e *entry) *entry {
	if e.next == none {
		return nil
	}
	return &u.entries[e.next]
}

// bySequence returns the one that was sent with a bySequence, or nil. It walks from the
// oldest: it is for those that the send ring does not hold any more.
func (u *inFlight) bySequence(seq uint64) *entry {
	e := u.first()
	for e != nil && e.seq < seq {
		e = u.after(e)
	}
	if e == nil || e.seq != seq {
		return nil
	}
	return e
}

// firstSuppressed returns the oldest that is suppressed, or nil.
func (u *inFlight) firstSuppressed() *entry {
	e := u.first()
	for e != nil && !e.is(flagSuppressed) {
		e = u.after(e)
	}
	return e
}

// link returns what links to e in its chain.
func (u *inFlight) link(e *entry) *int32 {
	at := u.head(e.kind, e.key)
	for &u.entries[*at] != e {
		at = &u.entries[*at].chain
	}
	return at
}

// remove ends the wait of e, which is one of ours and which link links to.
func (u *inFlight) remove(e *entry, link *int32) {
	i := *link
	*link = e.chain
	if e.prev == none {
		u.oldest = e.next
	} else {
		u.entries[e.prev].next = e.next
	}
	if e.next == none {
		u.newest = e.prev
	} else {
		u.entries[e.next].prev = e.prev
	}
	e.next, u.free = u.free, i
	u.n--
}

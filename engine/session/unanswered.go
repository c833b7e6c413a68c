package session

import (
	"math/bits"

	"github.com/smk-go/smk/gen/msg"
)

// unanswered holds the order-entry messages that wait for their answers, by the key
// that the answer will carry, oldest first. It is claimed once and never grows.
type unanswered struct {
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
	kind     keyKind
	typ      uint8 // msg.PayloadType
	side     uint8 // msg.Side of a create
	again    bool  // a copy was sent
	withheld bool  // the exchange will not get it: Next is to tell
	pending  bool  // a replace: the exchange has it, and says later whether it is carried out

	key uint64
	seq uint64
	at  int64 // clock reading of the send

	// What its answer can contradict.
	subject  uint64 // the quantity of a create; the order that another request is about
	price    uint32 // of a create
	market   uint32 // likewise
	contract uint32 // likewise

	chain      int32 // next with the same hash
	prev, next int32 // by age
}

const _ = uint8(msg.PayloadOrderCancelReplace) // every order-entry type fits

// reference returns the message's reference, 0 if it has none.
func (e *entry) reference() uint64 {
	if e.kind == byReference {
		return e.key
	}
	return 0
}

// copyFrom takes over what another entry says of its message, but for what it is found by.
func (e *entry) copyFrom(of *entry) {
	e.typ, e.side, e.pending, e.seq, e.at = of.typ, of.side, of.pending, of.seq, of.at
	e.subject, e.price, e.market, e.contract = of.subject, of.price, of.market, of.contract
}

// payloadType returns the message's type.
func (e *entry) payloadType() msg.PayloadType { return msg.PayloadType(e.typ) }

// init claims the table for limit messages, and what is kept for urgent ones.
func (u *unanswered) init(limit int) {
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
func (u *unanswered) full() bool { return u.n >= u.limit }

// refuses reports whether it has none for a message of a class.
func (u *unanswered) refuses(c class) bool {
	switch c {
	case classCancelAll:
		return u.n == len(u.entries)
	case classCancel:
		return u.n >= len(u.entries)-cancelAllsKept
	}
	return u.full()
}

// first returns the oldest, or nil.
func (u *unanswered) first() *entry {
	if u.oldest == none {
		return nil
	}
	return &u.entries[u.oldest]
}

// head returns the chain for a key. Keys that count up have chains side by side, which
// is where the last one was; what is above their low bits is spread by Fibonacci
// hashing, for keys that count in their high bits.
func (u *unanswered) head(kind keyKind, key uint64) *int32 {
	high := (key>>keyLowBits ^ uint64(kind)<<62) * 0x9e3779b97f4a7c15 >> (u.shift & 63)
	return &u.heads[(key^high)&uint64(len(u.heads)-1)]
}

// add makes the newest entry, with a key, and returns it for the caller to fill in.
// The caller has asked full.
func (u *unanswered) add(kind keyKind, key uint64) *entry {
	i := u.free
	e := &u.entries[i]
	u.free = e.next
	head := u.head(kind, key)
	e.kind, e.key = kind, key
	e.chain, e.prev, e.next = *head, u.newest, none
	e.again, e.withheld, e.pending = false, false, false
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
func (u *unanswered) find(kind keyKind, key uint64, fits func(*entry) bool) (found *entry, link *int32, misfit *entry) {
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
func (u *unanswered) after(e *entry) *entry {
	if e.next == none {
		return nil
	}
	return &u.entries[e.next]
}

// sequence returns the one that was sent with a sequence, or nil. It walks from the
// oldest: it is for those that the send ring does not hold any more.
func (u *unanswered) sequence(seq uint64) *entry {
	e := u.first()
	for e != nil && e.seq < seq {
		e = u.after(e)
	}
	if e == nil || e.seq != seq {
		return nil
	}
	return e
}

// firstWithheld returns the oldest that is withheld, or nil.
func (u *unanswered) firstWithheld() *entry {
	e := u.first()
	for e != nil && !e.withheld {
		e = u.after(e)
	}
	return e
}

// link returns what links to e in its chain.
func (u *unanswered) link(e *entry) *int32 {
	at := u.head(e.kind, e.key)
	for &u.entries[*at] != e {
		at = &u.entries[*at].chain
	}
	return at
}

// remove ends the wait of e, which is one of ours and which link links to.
func (u *unanswered) remove(e *entry, link *int32) {
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

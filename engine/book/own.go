package book

import "github.com/smk-go/smk/odds"

// Own is an own order, as [Books.OwnAdded] takes it.
type Own struct {
	ID       uint64 // the caller's, unique; it stays the same from the send to the end
	Market   uint32
	Contract uint32
	Side     odds.Side
	Price    odds.Price
	Open     odds.Quantity // what is not filled
	Pending  bool          // sent and not answered yet
	Replaces uint64        // the own order in whose place it is sent, if any; OwnRemoved ends that one
}

// own is the slot of an own order.
type own struct {
	id       uint64
	open     odds.Quantity
	lower    odds.Quantity // of what is ahead
	upper    odds.Quantity
	behind   odds.Quantity // upper bound of what is behind
	total    odds.Quantity // of the level, if it is visible
	contract int32
	next     int32 // of the side: best price first, oldest first
	key      uint16
	side     uint8
	flags    ownFlags
}

type ownFlags uint8

const (
	ownPending  ownFlags = 1 << iota // not accepted yet
	ownJoined                        // pending, and an update may have been that of its arrival
	ownFilled                        // pending, and has fills
	ownReducing                      // a reduce is under way
	ownVisible                       // its level is in the window
)

func (o *own) is(f ownFlags) bool { return o.flags&f != 0 }

// unknown is the bound of a quantity of which nothing is known.
const unknown = odds.QuantityMax

// OwnAdded says that an own order was sent, or is known to be live if it is not pending. Its contract need not be
// subscribed to. Errors are ErrDuplicateOrder, ErrNoMarket, ErrPrice, ErrQuantity, ErrSide and [*LimitError].
func (b *Books) OwnAdded(o Own) error {
	switch {
	case !o.Price.Valid():
		return ErrPrice
	case !o.Open.Valid():
		return ErrQuantity
	case !o.Side.Valid():
		return ErrSide
	case b.byOrder.find(o.ID) != none:
		return ErrDuplicateOrder
	case len(b.orders.unused) == 0:
		return &b.fullness[2]
	}
	slot, err := b.claimMarket(o.Market, 0)
	if err != nil {
		return err
	}
	i, err := b.claimContract(slot, o.Contract)
	if err != nil {
		b.release(slot)
		return err
	}
	at := b.orders.claim()
	b.byOrder.add(o.ID, at)
	side := sideIndex(o.Side)
	p := &b.order[at]
	*p = own{
		id: o.ID, open: o.Open, contract: i, side: uint8(side), key: uint16(keyOf(side, uint32(o.Price))),
		upper: unknown, behind: unknown,
	}
	c := &b.contract[i]
	link := &c.own[side]
	for *link != none && b.order[*link].key >= p.key {
		link = &b.order[*link].next
	}
	p.next, *link = *link, at
	c.orders++
	b.findLevel(p)
	if o.Replaces != 0 && o.Replaces != o.ID && b.ownByID(o.Replaces) != nil {
		b.unsettle(p)
	}
	if o.Pending {
		p.flags |= ownPending
	} else {
		b.tighten(p)
	}
	return nil
}

// unsettle says that an order may join its level unseen: if it replaces another one there, what the level gained
// hides what it lost. So of the other own orders of the level it is not known any more what is behind.
func (b *Books) unsettle(o *own) {
	for at := b.contract[o.contract].own[o.side]; at != none; at = b.order[at].next {
		if p := &b.order[at]; p != o && p.key == o.key {
			p.lower, p.behind = 0, unknown
		}
	}
}

// ownByID returns an own order, or nil.
func (b *Books) ownByID(id uint64) *own {
	i := b.byOrder.find(id)
	if i == none {
		return nil
	}
	return &b.order[i]
}

// OwnAccepted says that a pending order is live with an open quantity, from which fills that are reported later have
// yet to be taken. The error is ErrUnknownOrder or ErrQuantity.
func (b *Books) OwnAccepted(id uint64, open odds.Quantity) error {
	o := b.ownByID(id)
	switch {
	case o == nil:
		return ErrUnknownOrder
	case !open.Valid():
		return ErrQuantity
	case !o.is(ownPending):
		o.open = open
		return nil
	}
	if !o.is(ownJoined) || open != o.open {
		b.unsettle(o)
		o.lower, o.upper, o.behind = 0, unknown, unknown
	}
	o.open = open
	if o.is(ownFilled) {
		o.lower, o.upper = 0, 0
	}
	o.flags &^= ownPending | ownJoined | ownFilled
	b.tighten(o)
	return nil
}

// OwnFilled says that an order was filled and how much of it is open. The order is then the first in its queue. The
// error is ErrUnknownOrder or ErrQuantity.
func (b *Books) OwnFilled(id uint64, open odds.Quantity) error {
	o := b.ownByID(id)
	switch {
	case o == nil:
		return ErrUnknownOrder
	case !open.Valid():
		return ErrQuantity
	}
	o.open = open
	if o.is(ownPending) {
		o.flags |= ownFilled
		return nil
	}
	o.lower, o.upper, o.behind = 0, 0, unknown
	b.tighten(o)
	return nil
}

// OwnReducing says that the reduction of an order was sent, or with false that it was refused. Between the two the
// open quantity is uncertain. The error is ErrUnknownOrder.
func (b *Books) OwnReducing(id uint64, on bool) error {
	o := b.ownByID(id)
	if o == nil {
		return ErrUnknownOrder
	}
	o.flags &^= ownReducing
	if on {
		o.flags |= ownReducing
	}
	return nil
}

// OwnChanged says how much of an order is open after a reduction, which it kept its place in the queue in. The
// error is ErrUnknownOrder or ErrQuantity.
func (b *Books) OwnChanged(id uint64, open odds.Quantity) error {
	o := b.ownByID(id)
	switch {
	case o == nil:
		return ErrUnknownOrder
	case !open.Valid():
		return ErrQuantity
	}
	switch less := o.open - open; {
	case less < 0: // not a reduction: its place is unknown
		o.lower, o.upper, o.behind = 0, unknown, unknown
	case !o.is(ownReducing): // the updates were understood with too large a quantity of its own
		o.upper = min(o.upper+less, unknown)
		o.behind = min(o.behind+less, unknown)
	}
	o.open = open
	o.flags &^= ownReducing
	b.tighten(o)
	return nil
}

// OwnRemoved says that an order ended: it was filled, cancelled, refused or never sent. The error is
// ErrUnknownOrder.
func (b *Books) OwnRemoved(id uint64) error {
	at := b.byOrder.find(id)
	if at == none {
		return ErrUnknownOrder
	}
	o := &b.order[at]
	c := &b.contract[o.contract]
	link := &c.own[o.side]
	for *link != at {
		link = &b.order[*link].next
	}
	*link = o.next
	c.orders--
	b.byOrder.remove(id)
	b.orders.release(at)
	if c.orders == 0 {
		b.release(c.slot)
	}
	return nil
}

// OwnOpen returns what is open of an own order by the last call about it. The error is ErrUnknownOrder.
func (b *Books) OwnOpen(id uint64) (odds.Quantity, error) {
	o := b.ownByID(id)
	if o == nil {
		return 0, ErrUnknownOrder
	}
	return o.open, nil
}

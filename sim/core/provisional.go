package core

// trade is one provisional fill: a match that a goal may undo.
type trade struct {
	buyer, seller *order
	quantity      uint64
	price         uint32
	due           int64 // when it is confirmed
}

// trades are a market's provisional fills, oldest first.
type trades struct{ list []trade }

// hold keeps a fill provisional: both parties reserve their own worst case,
// offset by nothing, until it is confirmed or voided.
func (x *Exchange) hold(o, maker *order, quantity uint64, price uint32) uint32 {
	m := o.contract.market
	buyer, seller := o, maker
	if o.side == sell {
		buyer, seller = maker, o
	}
	buyer.pending++
	seller.pending++
	buyer.account.pending += Money(quantity * uint64(price))
	seller.account.pending += Money(quantity * uint64(PriceSum-price))
	m.held.list = append(m.held.list, trade{buyer, seller, quantity, price, x.now + m.is.PendingTimeout})
	return uint32(m.is.PendingTimeout / 1_000_000_000)
}

func (x *Exchange) confirmDue() {}

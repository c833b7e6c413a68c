package quote

// Adopt is Apply for an order that becomes the quoter's, if it is not yet: one that an earlier run placed, for example.
// From the next step on it serves the wish of its contract like those that the quoter created: it is left alone where
// it fits, changed where it does not, and cancelled if nothing is wanted. So the wish, or a reason to hold that is
// ignored, has to be there before the next step if the order is to stay. While it is in flight or in doubt it waits,
// and nothing is added to its side beyond the wish.
//
// Of an order that is being replaced, whoever sent the replace, the caller adopts both. Adopt returns the errors of
// Apply. An order that ended is not adopted.
func (q *Quoter) Adopt(o *Order) error {
	adopted := *o
	adopted.Managed = true
	return q.Apply(&adopted)
}

// Manages reports whether an order is known and the quoter's. It is what a caller that stores orders stores with them
// to know which to adopt later.
func (q *Quoter) Manages(key uint64) bool {
	i := q.byKey.find(key)
	return i != none && q.orders[i].managed
}

package msg

// Keys are what identifies a message that a client sends and what it puts at stake, read once where it
// is sent: by the method Keys of the message, or by [DecodeKeys] from bytes. A field that the message
// does not have, or that is absent, is 0. Values are as they are on the wire and not checked.
type Keys struct {
	Type      PayloadType
	Side      Side   // neither SideBuy nor SideSell if absent
	Market    uint32 // market_id
	Contract  uint32 // contract_id
	Price     uint32 // hundredths of a percent of the payoff
	Reference uint64 // the client's number for the request
	OrderID   uint64 // order_id or orig_order_id: the order that the request is about
	Quantity  uint64 // quantity or new_quantity, in 1/10000 of the account's currency
}

package quote

import "github.com/smk-go/smk/odds"

// Contract names a contract.
type Contract struct {
	Market, ID uint32
}

// Level is a price and a quantity that is wanted there.
type Level struct {
	Price odds.Price
	Size  odds.Quantity
}

// Two is a quote with one level on each side. A Bid or Ask of 0 means none on that side.
type Two struct {
	Bid, Ask odds.Price
	Size     odds.Quantity // on each side

	Tolerance     odds.Price    // how far, in either direction, an order may be from its price
	SizeTolerance odds.Quantity // likewise for its open quantity
}

// Tolerance is how far an order may be from its level without being changed.
type Tolerance struct {
	Price odds.Price
	Size  odds.Quantity
}

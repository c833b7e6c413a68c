package order

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/odds"
)

// The errors of a [Limit].
var (
	ErrMarket   error = &limitError{"order: market or contract is 0"}
	ErrSide     error = &limitError{"order: side is neither buy nor sell"}
	ErrPrice    error = &limitError{"order: price is not 1 to 9999"}
	ErrQuantity error = &limitError{"order: quantity is not 1 to QuantityMax"}
	ErrMinimum  error = &limitError{"order: minimum is more than the quantity, or does not fit the message"}
	ErrTime     error = &limitError{"order: time in force is none of the protocol's"}

	// ErrReference refuses the reference of an order that has not ended: what is sent twice would be two orders.
	ErrReference error = &limitError{"order: reference is that of an order that has not ended"}
)

// Limit is an order to be placed.
type Limit struct {
	Market   uint32
	Contract uint32
	Side     odds.Side
	Price    odds.Price
	Quantity odds.Quantity

	TimeInForce msg.TimeInForceType // 0 means GOOD_TIL_CANCELLED
	Minimum     odds.Quantity       // that must match at once; 0 means none
	Reference   uint64              // of no other order of the account; 0 means that the session assigns one
	Label       []byte              // repeated on later messages; borrowed by the message
}

// Create fills in the message that places the order. It does not allocate.
func (l *Limit) Create(m *msg.OrderCreate) error {
	switch {
	case l.Market == 0 || l.Contract == 0:
		return ErrMarket
	case !l.Side.Valid():
		return ErrSide
	case !l.Price.Valid():
		return ErrPrice
	case l.Quantity < 1 || l.Quantity > QuantityMax:
		return ErrQuantity
	case l.Minimum < 0 || l.Minimum > l.Quantity || l.Minimum > 1<<32-1:
		return ErrMinimum
	case l.TimeInForce < 0 || l.TimeInForce > msg.GoodTillHalted:
		return ErrTime
	}
	m.Reset()
	m.SetMarketId(l.Market)
	m.SetContractId(l.Contract)
	m.SetSide(msg.Side(l.Side))
	m.SetPrice(uint32(l.Price))
	m.SetQuantity(uint64(l.Quantity))
	if l.TimeInForce != 0 {
		m.SetTif(l.TimeInForce)
	}
	if l.Minimum != 0 {
		m.SetMaq(uint32(l.Minimum))
	}
	if l.Reference != 0 {
		m.SetReference(l.Reference)
	}
	if len(l.Label) > 0 {
		m.SetLabel(l.Label)
	}
	return nil
}

// Liability returns what the order can lose.
func (l *Limit) Liability() (odds.Money, error) { return l.Side.Liability(l.Price, l.Quantity) }

// liability returns what a side can lose on a quantity at a price: all of it at one that is not known.
func liability(s odds.Side, q odds.Quantity, p odds.Price) odds.Money {
	switch {
	case !p.Valid():
		p = moneyPerUnit
	case s == odds.Sell:
		p = moneyPerUnit - p
	}
	return odds.Money(q) * odds.Money(p)
}

// limitError says why a limit cannot be sent.
type limitError struct{ text string }

func (e *limitError) Error() string { return e.text }

// SafeToResend returns true, for session.SafeToResend: nothing was sent.
func (e *limitError) SafeToResend() bool { return true }

package risk

// Limit is what refused a request. It is an error too, so that errors.Is(err, risk.LimitCollar) asks for one
// of them. Limits are checked in the order of their numbers, and the first that is broken is reported. What the
// amounts of a [Refusal] mean is said here as: limit in force / value of the request / what would be allowed.
type Limit uint8

// The limits.
const (
	// LimitNone is no limit; no refusal has it.
	LimitNone Limit = iota

	// LimitHalted is the mode Halted. No amounts.
	LimitHalted

	// LimitMarket refuses a market that is not among those allowed: 0 / market / 0.
	LimitMarket

	// LimitUnknown refuses what cannot be judged, because the snapshot does not know what a limit needs:
	// the parts needed / the parts missing / 0, all as [Parts].
	LimitUnknown

	// LimitRequest refuses a request whose worth cannot be told, because its side, price or quantity is
	// absent or out of range: 0 / the price if that is it, or else the quantity / 0.
	LimitRequest

	// LimitLoss refuses what raises the risk after a loss: Config.LossMax / the loss / 0, all odds.Money. It
	// is broken when the loss has reached the limit.
	LimitLoss

	// LimitReducing is the mode Reducing: the worst case of the market without the request / the largest of
	// those with it / 0, both odds.Money.
	LimitReducing

	// LimitQuantity is Config.OrderQuantityMax: all odds.Quantity.
	LimitQuantity

	// LimitStake is Config.OrderStakeMax: odds.Money / odds.Money / odds.Quantity at the request's price.
	LimitStake

	// LimitLiability is Config.OrderLiabilityMax: odds.Money / odds.Money / odds.Quantity at the request's price.
	LimitLiability

	// LimitNoPrice refuses what the collar has no price for: 0 / the book's [BookState] / 0.
	LimitNoPrice

	// LimitCollar is Config.Collar: the reference price / the request's price / the furthest price, all odds.Price.
	LimitCollar

	// LimitSelfCross refuses what would trade with an own order: the own order's price / the request's
	// price / the nearest price that would not, 0 if there is none, all odds.Price.
	LimitSelfCross

	// LimitContractOrders is Config.ContractOrdersMax: orders / orders with the request / orders more, 0.
	LimitContractOrders

	// LimitOrders is Config.OrdersMax: orders / orders with the request / orders more, 0.
	LimitOrders

	// LimitContractExposure, LimitMarketExposure and LimitAccountExposure are Config.ContractExposureMax,
	// MarketExposureMax and AccountExposureMax: odds.Money / the worst case with the request, odds.Money / the
	// odds.Quantity that is certain to pass this limit at the request's price, whatever it offsets.
	LimitContractExposure
	LimitMarketExposure
	LimitAccountExposure

	// LimitDuplicate is Config.DuplicateWindow: nanoseconds / nanoseconds since the same order was sent / nanoseconds
	// to wait.
	LimitDuplicate

	// LimitDuplicateOrders refuses an order because Config.DuplicateOrders were sent within the window, so that
	// none more can be remembered: orders / orders with the request / nanoseconds to wait.
	LimitDuplicateOrders

	// LimitRate is Config.Rate: messages a second / 0 / nanoseconds to wait.
	LimitRate

	// Limits is how many limits there are, LimitNone included.
	Limits
)

// unit is what an amount of a refusal is.
type unit uint8

const (
	unitNone unit = iota
	unitCount
	unitQuantity
	unitMoney
	unitPrice
	unitTime
	unitBook
	unitParts
)

// limitTexts has the name of each limit and the units of its amounts.
var limitTexts = [Limits]struct {
	name                string
	max, value, allowed unit
}{
	LimitNone:             {"none", unitNone, unitNone, unitNone},
	LimitHalted:           {"halted", unitNone, unitNone, unitNone},
	LimitMarket:           {"market", unitNone, unitCount, unitNone},
	LimitUnknown:          {"unknown state", unitParts, unitParts, unitNone},
	LimitRequest:          {"invalid request", unitNone, unitCount, unitNone},
	LimitLoss:             {"loss", unitMoney, unitMoney, unitNone},
	LimitReducing:         {"reducing", unitMoney, unitMoney, unitNone},
	LimitQuantity:         {"order quantity", unitQuantity, unitQuantity, unitQuantity},
	LimitStake:            {"order stake", unitMoney, unitMoney, unitQuantity},
	LimitLiability:        {"order liability", unitMoney, unitMoney, unitQuantity},
	LimitNoPrice:          {"no price", unitNone, unitBook, unitNone},
	LimitCollar:           {"collar", unitPrice, unitPrice, unitPrice},
	LimitSelfCross:        {"self-cross", unitPrice, unitPrice, unitPrice},
	LimitContractOrders:   {"orders of contract", unitCount, unitCount, unitNone},
	LimitOrders:           {"orders", unitCount, unitCount, unitNone},
	LimitContractExposure: {"exposure of contract", unitMoney, unitMoney, unitQuantity},
	LimitMarketExposure:   {"exposure of market", unitMoney, unitMoney, unitQuantity},
	LimitAccountExposure:  {"exposure of account", unitMoney, unitMoney, unitQuantity},
	LimitDuplicate:        {"duplicate", unitTime, unitTime, unitTime},
	LimitDuplicateOrders:  {"orders in duplicate window", unitCount, unitCount, unitTime},
	LimitRate:             {"message rate", unitCount, unitNone, unitTime},
}

// String returns the limit's name.
func (l Limit) String() string {
	if l < Limits {
		return limitTexts[l].name
	}
	return "unknown limit"
}

// Error is String.
func (l Limit) Error() string { return l.String() }

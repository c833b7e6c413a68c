package risk

import (
	"math"
	"time"

	"github.com/smk-go/smk/odds"
)

// limits are the settings as the judgement compares with them: one that is off is the largest value there is.
type limits struct {
	quantity  odds.Quantity
	stake     odds.Money
	liability odds.Money

	age            time.Duration // of a book
	contractOrders int           // the most that there may be beside the request
	orders         int

	contract odds.Money
	market   odds.Money
	account  odds.Money
}

// inForce returns the limits of a configuration.
func (c *Config) inForce() limits {
	return limits{
		quantity:       withDefault(c.OrderQuantityMax, odds.QuantityMax),
		stake:          withDefault(c.OrderStakeMax, odds.MoneyMax),
		liability:      withDefault(c.OrderLiabilityMax, odds.MoneyMax),
		age:            withDefault(c.Collar.MaxAge, math.MaxInt64),
		contractOrders: beside(c.ContractOrdersMax),
		orders:         beside(c.OrdersMax),
		contract:       withDefault(c.ContractExposureMax, odds.MoneyMax),
		market:         withDefault(c.MarketExposureMax, odds.MoneyMax),
		account:        withDefault(c.AccountExposureMax, odds.MoneyMax),
	}
}

// beside returns how many orders there may be beside a request, of which there may be n with it.
func beside(n int) int {
	if n == 0 {
		return math.MaxInt
	}
	return n - 1
}

// shown returns the limits that a setting is.
func (c *Config) shown() [Limits]int64 {
	return [Limits]int64{
		LimitLoss:             int64(c.LossMax),
		LimitQuantity:         int64(c.OrderQuantityMax),
		LimitStake:            int64(c.OrderStakeMax),
		LimitLiability:        int64(c.OrderLiabilityMax),
		LimitContractOrders:   int64(c.ContractOrdersMax),
		LimitOrders:           int64(c.OrdersMax),
		LimitContractExposure: int64(c.ContractExposureMax),
		LimitMarketExposure:   int64(c.MarketExposureMax),
		LimitAccountExposure:  int64(c.AccountExposureMax),
		LimitDuplicate:        int64(c.DuplicateWindow),
		LimitDuplicateOrders:  int64(c.DuplicateOrders),
		LimitRate:             int64(c.Rate),
	}
}

// needs returns the parts of a snapshot that a create is judged by in a mode.
func (c *Config) needs(m Mode) (p Parts) {
	for _, n := range []struct {
		needed bool
		part   Parts
	}{
		{c.Collar.on(), PartBook},
		{c.RefuseSelfCross, PartOwn},
		{c.ContractOrdersMax > 0 || c.OrdersMax > 0, PartOrders},
		{c.ContractExposureMax > 0, PartContract},
		{c.MarketExposureMax > 0 || c.LossMax > 0 || m == Reducing, PartMarket},
		{c.AccountExposureMax > 0, PartAccount},
		{c.LossMax > 0, PartProfit},
	} {
		if n.needed {
			p |= n.part
		}
	}
	return p
}

// checks returns what there is to look at in a mode.
func (c *Config) checks(m Mode) (all checks) {
	for _, n := range []struct {
		needed bool
		check  checks
	}{
		{len(c.Markets) > 0, checkMarkets},
		{c.OrderQuantityMax > 0 || c.OrderStakeMax > 0 || c.OrderLiabilityMax > 0, checkOrder},
		{c.ContractExposureMax > 0 || c.MarketExposureMax > 0 || c.AccountExposureMax > 0, checkOrder},
		{c.LossMax > 0, checkLoss},
		{m == Reducing, checkReducing},
		{c.Collar.on(), checkOrder | checkCollar},
		{c.RefuseSelfCross, checkOrder | checkCross},
		{c.DuplicateWindow > 0, checkOrder | checkDuplicates},
		{c.Rate > 0, checkRate},
	} {
		if n.needed {
			all |= n.check
		}
	}
	return all
}

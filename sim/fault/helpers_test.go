package fault_test

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/exchange"
)

func sell(quantity uint64, price uint32) exchange.Create {
	return exchange.Create{
		Market: sim.DemoMarket, Contract: sim.DemoHome, Side: msg.SideSell, Quantity: quantity,
		Price: price,
	}
}

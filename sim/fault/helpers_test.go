package fault_test

import (
	"github.com/smk-go/smk/gen/msg"
	"github.com/smk-go/smk/sim"
	"github.com/smk-go/smk/sim/core"
)

func sell(quantity uint64, price uint32) core.Create {
	return core.Create{Market: sim.DemoMarket, Contract: sim.DemoHome, Side: msg.SideSell, Quantity: quantity, Price: price}
}
